package mapping_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/shopspring/decimal"

	"datawald/order"
	"datawald/sapb1"
)

// byWeight are goods of which 12.5 are sold at 3.79: Magento books 47.38 for them, and the price with tax comes to the same
// subtotal by chance.
func byWeight(totals func(l *order.Line, stored, withTax decimal.Decimal)) *order.Order {
	c := newCart()
	for _, r := range []struct{ sku, qty, price, inclTax, tax, stored string }{
		{"TOWEL", "4", "6.49", "7.03", "2.14", "25.96"},
		{"ROPE", "12.5", "3.79", "4.10", "3.91", "47.38"},
		{"BELL", "2", "39.95", "43.25", "6.59", "79.90"},
		{"BAND", "2", "22", "23.82", "3.63", "44"},
	} {
		c.simple(r.sku, r.qty, r.price).taxed("8.25", r.tax)
		l := &c.o.Lines[len(c.o.Lines)-1]
		l.PriceInclTax = d(r.inclTax)
		totals(l, d(r.stored), d(r.stored).Add(d(r.tax)))
	}
	o := c.order()
	o.Totals.Subtotal, o.Totals.Grand = d("197.24"), d("213.51")
	return o
}

// Goods keep the shop's prices in every form in which releases of Magento write row totals. Fails without: rowTotals (the cents
// stand at other articles), each form of it, and the half cent for each row.
func TestMap_GoodsByWeightKeepTheShopsPrices(t *testing.T) {
	none := decimal.Decimal{}
	tests := map[string]func(l *order.Line, stored, withTax decimal.Decimal){
		"as the web API computes them": func(l *order.Line, stored, withTax decimal.Decimal) { l.RowTotal, l.RowTotalInclTax = none, withTax },
		"as they are stored":           func(l *order.Line, stored, withTax decimal.Decimal) { l.RowTotal, l.RowTotalInclTax = stored, none },
		"added up in floating point": func(l *order.Line, stored, withTax decimal.Decimal) {
			l.RowTotal, l.RowTotalInclTax = none, withTax.Add(d("0.000000000000006")).Round(6)
		},
		"rounded to cents, of rows that are stored exactly": func(l *order.Line, stored, withTax decimal.Decimal) {
			l.RowTotal, l.RowTotalInclTax = none, l.Price.Mul(l.QtyOrdered).Add(l.Tax).Round(2)
		},
		"a cent off, as taxes of parts are": func(l *order.Line, stored, withTax decimal.Decimal) {
			l.RowTotal, l.RowTotalInclTax = none, withTax
			if l.SKU == "BELL" {
				l.RowTotalInclTax = withTax.Add(d("0.01"))
			}
		},
		"for one unit (2.4.8)": func(l *order.Line, stored, withTax decimal.Decimal) {
			l.RowTotal, l.RowTotalInclTax = stored.DivRound(l.QtyOrdered, 4), withTax
		},
	}
	for name, totals := range tests {
		t.Run(name, func(t *testing.T) {
			r := mapped(byWeight(totals), exampleRules(t), today)
			if r.Hold != nil {
				t.Fatalf("held: %s", r.Hold.Error())
			}
			var got []string
			for _, l := range r.Document.Lines {
				if l.Part == sapb1.PartGoods {
					got = append(got, fmt.Sprintf("%s x %s @ %s", l.Quantity, l.ItemCode, l.UnitPrice))
				}
			}
			if want := "4 x TOWEL @ 6.49; 12.5 x ROPE @ 3.79; 2 x BELL @ 39.95; 2 x BAND @ 22"; strings.Join(got, "; ") != want {
				t.Errorf("lines %s; want %s", strings.Join(got, "; "), want)
			}
		})
	}
}

// Row totals that do not add up to the subtotal tell nothing, and hold no order. Fails without: a rest of less than nothing does
// not fit, in totalsBy.
func TestMap_RowTotalsThatDoNotAddUpTellNothing(t *testing.T) {
	plain := mapped(byWeight(func(*order.Line, decimal.Decimal, decimal.Decimal) {}), exampleRules(t), today)
	for _, first := range []string{"999999", "0"} {
		wild := byWeight(func(l *order.Line, _, _ decimal.Decimal) { l.RowTotal, l.RowTotalInclTax = d("-7"), d("999999") })
		wild.Lines[0].RowTotalInclTax = d(first)
		r := mapped(wild, exampleRules(t), today)
		if plain.Hold != nil || r.Hold != nil {
			t.Fatalf("held: %v, %v", plain.Hold, r.Hold)
		}
		if a, b := fmt.Sprintf("%+v", plain.Document.Lines), fmt.Sprintf("%+v", r.Document.Lines); a != b {
			t.Errorf("the first of %s: lines %s; want as without row totals: %s", first, b, a)
		}
	}
}

// cutOff is the order of goods by weight with a discount on its first row, of which the web API then tells nothing.
func cutOff(off string) *order.Order {
	o := byWeight(func(l *order.Line, stored, withTax decimal.Decimal) { l.RowTotalInclTax = withTax })
	o.Lines[0].Discount, o.Lines[0].RowTotalInclTax = d(off), decimal.Zero
	o.Totals.Discount = d(off).Neg()
	o.Totals.Grand = o.Totals.Sum()
	return o
}

// halfACent is a row whose half cent Magento rounds up, so that it alone would have all rows read by the price with tax, beside
// one that costs less than its discount.
func halfACent() *order.Order {
	c := newCart().simple("SILK", "2.5", "3.99").taxed("8.25", "0.82").simple("TOWEL", "4", "6.49").taxed("8.25", "2.14").discounted("28.12")
	silk, towel := &c.o.Lines[0], &c.o.Lines[1]
	silk.PriceInclTax, silk.RowTotalInclTax, towel.PriceInclTax = d("4.32"), d("10.80"), d("7.03")
	o := c.order()
	o.Totals.Subtotal = d("35.94")
	o.Totals.Grand = o.Totals.Sum()
	return o
}

// Of a row that costs less than its discount, the web API tells only what it costs at most: the rest of the subtotal is what it
// costs. Fails without: rest in rowTotals.apart (half a cent), and without open rows in totalsBy (more than rounding).
func TestMap_ARowCutOffAtNothingIsTheRestOfTheSubtotal(t *testing.T) {
	const freight, abroad = "  freight: { expense_code: 1 }\n", "    card_code: C-WEB-EU\n"
	rules := rulesWith(t, freight, freight+"  discount: { untaxed: { expense_code: 4, tax_code: Exempt } }\n",
		abroad, abroad+"    discount: { untaxed: null }\n")
	for name, tc := range map[string]struct {
		o    *order.Order
		want string
	}{
		"by a rounding":         {cutOff("28.12"), "25.96 47.38 79.90 44.00"},
		"by more than rounding": {cutOff("28.20"), "25.96 47.38 79.90 44.00"},
		"beside half a cent":    {halfACent(), "9.98 25.96"},
	} {
		t.Run(name, func(t *testing.T) {
			r := mapped(tc.o, rules, today)
			if r.Hold != nil {
				t.Fatalf("held: %s", r.Hold.Error())
			}
			var got []string
			for _, l := range r.Document.Lines {
				got = append(got, l.Quantity.Mul(l.UnitPrice.Decimal).StringFixed(2))
			}
			if strings.Join(got, " ") != tc.want {
				t.Errorf("the lines come to %s, want %s", strings.Join(got, " "), tc.want)
			}
		})
	}
}

// Two gifts of which Magento tells only what they cost at most, beside a row whose total a module rounded otherwise: by their sum alone the
// gifts would be read by the price with tax, 14.98 and 15.12 less their tax, and a cent would stand at the wrong article. Fails without:
// what an open row is more than its most, in rowTotals.apart.
func TestMap_RowsCutOffAtNothingAreEachNoMoreThanTheirMost(t *testing.T) {
	const freight, abroad = "  freight: { expense_code: 1 }\n", "    card_code: C-WEB-EU\n"
	rules := rulesWith(t, freight, freight+"  discount: { untaxed: { expense_code: 4, tax_code: Exempt } }\n",
		abroad, abroad+"    discount: { untaxed: null }\n")
	for _, noise := range []string{"0", "0.004", "0.01"} {
		c, subtotal := newCart(), decimal.Zero
		for _, r := range []struct{ sku, qty, price, incl, tax, total, off, shown string }{
			{"GIFTA", "3", "4.63", "5.01", "1.15", "13.88", "15.03", "0"},
			{"GIFTB", "3", "4.67", "5.06", "1.16", "14.02", "15.18", "0"},
			{"SOLD", "1", "9.56", "10.35", "0.79", "9.56", "0", "10.35"},
		} {
			c.add(order.Line{SKU: r.sku, Name: r.sku, ProductType: order.Simple, QtyOrdered: d(r.qty), Price: d(r.price), PriceInclTax: d(r.incl),
				Discount: d(r.off), RowTotalInclTax: d(r.shown)}).taxed("8.25", r.tax)
			subtotal = subtotal.Add(d(r.total))
		}
		o := c.order()
		o.Lines[2].RowTotalInclTax = o.Lines[2].RowTotalInclTax.Add(d(noise))
		o.Totals.Subtotal = subtotal
		o.Totals.Grand = o.Totals.Sum()
		r := mapped(o, rules, today)
		if r.Hold != nil {
			t.Fatalf("noise of %s: held: %s", noise, r.Hold.Error())
		}
		var got []string
		for _, l := range r.Document.Lines {
			got = append(got, l.Quantity.Mul(l.UnitPrice.Decimal).StringFixed(2))
		}
		if want := "13.88 14.02 9.56"; strings.Join(got, " ") != want {
			t.Errorf("noise of %s: the lines come to %s, want %s", noise, got, want)
		}
	}
}
