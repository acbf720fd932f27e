package mapping_test

import (
	"encoding/json"
	"fmt"
	"testing"

	"github.com/shopspring/decimal"
	"pgregory.net/rapid"

	"datawald/magento"
	"datawald/mapping"
)

// What a module, or a hand in the database, may do to an order so that its own figures no longer agree.
const (
	rowLeftOut      = "a row left out"
	totalOff        = "grand_total off"
	discountOfNone  = "a discount that no row has"
	taxOfNothing    = "a tax that belongs to nothing"
	rowOtherPrice   = "a row at another price"
	discountOnOne   = "a row's discount changed"
	shippingChanged = "shipping costs changed"
)

// damage is one of these, by so much.
type damage struct {
	what string
	by   decimal.Decimal
}

// drawDamage draws a damage that is larger than what Magento's rounding could make: half a cent for each piece, and a cent for
// each row and rate.
func drawDamage(t *rapid.T, x trial) damage {
	w := damage{what: pick(t, "damage", rowLeftOut, totalOff, discountOfNone, taxOfNothing, rowOtherPrice, discountOnOne, shippingChanged)}
	unit := decimal.Max(x.unit(), cent)
	w.by = unit.Mul(decimal.NewFromInt(rapid.Int64Range(2, 50).Draw(t, "units")))
	if w.what != totalOff && w.what != shippingChanged {
		w.by = w.by.Add(x.rowSlack())
	}
	return w
}

// rowSlack is by how much the rows of an order may miss its sums.
func (x trial) rowSlack() decimal.Decimal {
	sum := cent
	add := func(rows []*modelRow) {
		for _, r := range rows {
			sum = sum.Add(cent.Mul(r.qty.Add(d("2"))))
		}
	}
	add(x.quote.rows)
	for _, r := range x.quote.rows {
		add(r.children)
	}
	return sum
}

// shows reports whether the damage can be seen in the document at all.
func (w damage) shows(x trial) bool {
	t, first := x.quote.on[x.side()], x.quote.rows[0]
	a := first.on[x.side()]
	switch w.what {
	case rowLeftOut:
		return len(x.quote.rows) > 1 && a.total.Sub(a.discount).Add(a.comp).GreaterThan(x.rowSlack().Add(x.unit()))
	case rowOtherPrice:
		return !first.dynamic() && w.by.Mul(first.qty).GreaterThan(x.rowSlack())
	case discountOnOne:
		return !first.dynamic()
	case taxOfNothing:
		return t.weee.IsZero() // what is left of the tax is taken for that on fixed product taxes, which Magento names nowhere
	case totalOff, shippingChanged:
		return !w.by.Equal(t.giftWrapTax) && !w.by.Equal(t.weee)
	}
	return true
}

// apply changes the document. Both currencies are changed alike.
func (w damage) apply(t *rapid.T, raw []byte) []byte {
	doc := fields{}
	if err := json.Unmarshal(raw, &doc); err != nil {
		t.Fatal(err)
	}
	items := doc["items"].([]any)
	first := items[0].(fields)
	switch w.what {
	case rowLeftOut:
		doc["items"] = withoutRow(items, first["item_id"])
	case totalOff:
		add(doc, "grand_total", w.by)
	case discountOfNone:
		add(doc, "discount_amount", w.by.Neg())
		add(doc, "grand_total", w.by.Neg())
	case taxOfNothing:
		add(doc, "tax_amount", w.by)
		add(doc, "grand_total", w.by)
	case rowOtherPrice:
		add(first, "price", w.by)
		add(first, "price_incl_tax", w.by)
	case discountOnOne:
		add(first, "discount_amount", w.by)
	case shippingChanged:
		add(doc, "shipping_amount", w.by)
	}
	out, err := json.Marshal(doc)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// add adds to an amount, in both currencies.
func add(doc fields, name string, by decimal.Decimal) {
	for _, name := range []string{name, "base_" + name} {
		doc[name] = number(decimal.NewFromFloat(doc[name].(float64)).Add(by))
	}
}

func withoutRow(items []any, id any) (left []any) {
	for _, it := range items {
		if row := it.(fields); row["item_id"] != id && row["parent_item_id"] != id {
			left = append(left, it)
		}
	}
	return left
}

// A document whose figures do not agree is never posted, however generous the rules are with rounding.
func TestCarts_OrdersThatDoNotAddUpAreHeld(t *testing.T) {
	all, count := newBooks(t), map[string]map[string]int{}
	t.Cleanup(func() {
		for what, codes := range count {
			t.Logf("%s: held as %v", what, codes)
		}
	})
	rapid.Check(t, func(rt *rapid.T) {
		x := drawTrial(rt, pick(rt, "method", byUnit, byRow, byTotal))
		w := drawDamage(rt, x)
		if !w.shows(x) {
			return
		}
		r, wrong := all.mapped(x, w.apply(rt, x.document()))
		if wrong == "" && r.Hold == nil {
			wrong = "is posted"
		}
		if wrong != "" {
			rt.Fatalf("%s by %s: %s\n%s", w.what, w.by, wrong, x.tell(r))
		}
		if count[w.what] == nil {
			count[w.what] = map[string]int{}
		}
		count[w.what][r.Hold.Code]++
	})
}

// document is the order as Magento shows it.
func (x trial) document() []byte {
	w := &writer{q: x.quote, rest: x.rest, number: 17, virtual: x.quote.isVirtual(), noRates: x.noRates, shipTo: x.shipTo, billTo: x.billTo}
	return w.document()
}

// mapped maps a document under the rules of a trial.
func (k *books) mapped(x trial, raw []byte) (r mapping.Result, wrong string) {
	rules, err := k.rulesOf(x.books)
	if err != nil {
		return r, fmt.Sprint("the rules are refused: ", err)
	}
	o, err := magento.Convert("main", raw)
	if err != nil {
		return r, fmt.Sprint("the document is refused: ", err)
	}
	return rules.Map(mapping.Input{Order: o, Source: mapping.NewSource(raw), Now: today}), ""
}
