package b1sim_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"testing"

	"github.com/shopspring/decimal"
	"pgregory.net/rapid"

	"datawald/sandbox/b1sim"
)

// cart is a generated document, beside what it is made of.
type cart struct {
	currency string
	discount decimal.Decimal
	lines    []cartLine
	charges  []cartLine
}

type cartLine struct {
	quantity, price, discount decimal.Decimal
	code                      string
}

var (
	cartRates    = map[string]decimal.Decimal{"Exempt": num("0"), "CA825": num("8.25"), "NY8875": num("8.875"), "T175": num("17.5")}
	cartDecimals = map[string]int32{"USD": 2, "EUR": 2, "BHD": 3, "JPY": 0}
	cartExchange = map[string]decimal.Decimal{"USD": num("1"), "EUR": num("1.08"), "BHD": num("2.65"), "JPY": num("0.0067")}
)

func drawCart(t *rapid.T) cart {
	draw := rapid.Custom(func(t *rapid.T) cartLine {
		return cartLine{
			quantity: decimal.New(rapid.Int64Range(1, 50).Draw(t, "quantity"), 0),
			price:    decimal.New(rapid.Int64Range(0, 99_999_999).Draw(t, "price"), -4),
			discount: decimal.New(rapid.Int64Range(0, 1000).Draw(t, "discount"), -1),
			code:     rapid.SampledFrom([]string{"Exempt", "CA825", "NY8875", "T175"}).Draw(t, "code"),
		}
	})
	return cart{
		currency: rapid.SampledFrom([]string{"USD", "EUR", "BHD", "JPY"}).Draw(t, "currency"),
		discount: decimal.New(rapid.Int64Range(-50_000, 999_999).Draw(t, "header discount"), -4),
		lines:    rapid.SliceOfN(draw, 1, 12).Draw(t, "lines"),
		charges:  rapid.SliceOfN(draw, 0, 3).Draw(t, "charges"),
	}
}

func (c cart) body() string {
	var lines, charges []map[string]any
	for _, l := range c.lines {
		lines = append(lines, map[string]any{
			"ItemCode": "A1", "Quantity": l.quantity, "UnitPrice": l.price, "DiscountPercent": l.discount, "TaxCode": l.code,
			"TaxTotal": "123.45", // of no consequence
		})
	}
	for _, ch := range c.charges {
		charges = append(charges, map[string]any{"ExpenseCode": 1, "LineTotal": ch.price, "TaxCode": ch.code})
	}
	b, err := json.Marshal(map[string]any{
		"CardCode": "C-WEB", "DocDueDate": "2030-01-31", "DocCurrency": c.currency, "DiscountPercent": c.discount,
		"DocumentLines": lines, "DocumentAdditionalExpenses": charges,
	})
	if err != nil {
		panic(err)
	}
	return string(b)
}

// sums adds up a posted document from its own lines.
type sums struct {
	net, tax, charges, chargeTax decimal.Decimal
	netByCode, taxByCode         map[string]decimal.Decimal
}

func addUp(answer *reply, c cart, amount func(path, local, foreign string) decimal.Decimal) sums {
	s := sums{netByCode: map[string]decimal.Decimal{}, taxByCode: map[string]decimal.Decimal{}}
	for i, l := range c.lines {
		path := fmt.Sprintf("DocumentLines.%d.", i)
		net, tax := amount(path, "LineTotal", "RowTotalFC"), amount(path, "TaxTotal", "NetTaxAmountFC")
		s.net, s.tax = s.net.Add(net), s.tax.Add(tax)
		s.netByCode[l.code] = s.netByCode[l.code].Add(net)
		s.taxByCode[l.code] = s.taxByCode[l.code].Add(tax)
	}
	for i := range c.charges {
		path := fmt.Sprintf("DocumentAdditionalExpenses.%d.", i)
		s.charges = s.charges.Add(amount(path, "LineTotal", "LineTotalFC"))
		s.chargeTax = s.chargeTax.Add(amount(path, "TaxSum", "TaxSumFC"))
	}
	return s
}

// Whatever is ordered, the document adds up: its total is lines less discount plus charges plus tax, its tax is that of
// its lines and charges, and the lines of each tax code carry exactly the rate on their common net.
func TestDocumentsAddUp(t *testing.T) {
	s := newSim(t, b1sim.Config{TaxCodes: cartRates})
	rapid.Check(t, func(t *rapid.T) {
		c := drawCart(t)
		answer := s.call("POST", "/b1s/v2/Orders", c.body())
		answer.want(t, http.StatusCreated)
		decimals := cartDecimals[c.currency]
		amount := func(path, local, foreign string) decimal.Decimal {
			if c.currency != "USD" {
				return num(answer.text(path + foreign))
			}
			return num(answer.text(path + local))
		}
		total, vat, off := amount("", "DocTotal", "DocTotalFc"), amount("", "VatSum", "VatSumFc"), amount("", "TotalDiscount", "TotalDiscountFC")
		sum := addUp(answer, c, amount)

		equal(t, "total", total, sum.net.Sub(off).Add(sum.charges).Add(vat))
		equal(t, "tax", vat, sum.tax.Add(sum.chargeTax))
		equal(t, "discount", off, sum.net.Mul(c.discount).Shift(-2).Round(decimals))
		equal(t, "local total", num(answer.text("DocTotal")), total.Mul(cartExchange[c.currency]).Round(localDecimals(c)))
		left := num("100").Sub(c.discount).Shift(-2)
		for code, net := range sum.netByCode {
			equal(t, "tax of "+code, sum.taxByCode[code], net.Mul(left).Mul(cartRates[code]).Shift(-2).Round(decimals))
		}
		for i, l := range c.lines {
			want := l.quantity.Mul(l.price).Mul(num("100").Sub(l.discount)).Shift(-2).Round(decimals)
			equal(t, fmt.Sprintf("line %d", i), amount(fmt.Sprintf("DocumentLines.%d.", i), "LineTotal", "RowTotalFC"), want)
		}
	})
}

// localDecimals is the accuracy of the local total: that of the document itself when it is local.
func localDecimals(c cart) int32 {
	if c.currency == "USD" {
		return cartDecimals["USD"]
	}
	return 2
}

// A document total that is sent is met to the accuracy of the percentage, and by a discount alone.
func TestDocTotalIsMetByDiscount(t *testing.T) {
	s := newSim(t, b1sim.Config{TaxCodes: cartRates})
	rapid.Check(t, func(t *rapid.T) {
		price := decimal.New(rapid.Int64Range(100, 500_000).Draw(t, "price"), -2)
		want := decimal.New(rapid.Int64Range(1, 500_000).Draw(t, "total"), -2)
		code := rapid.SampledFrom([]string{"Exempt", "CA825"}).Draw(t, "code")
		answer := s.call("POST", "/b1s/v2/Orders", orderWith(`"DocTotal":`+want.String(), taxed(price.String(), code)))
		answer.want(t, http.StatusCreated)
		equal(t, "line", num(answer.text("DocumentLines.0.LineTotal")), price)
		if got := num(answer.text("DocTotal")); got.Sub(want).Abs().GreaterThan(num("0.02")) {
			t.Fatalf("DocTotal %s, want about %s", got, want)
		}
	})
}

func equal(t *rapid.T, what string, got, want decimal.Decimal) {
	t.Helper()
	if !got.Equal(want) {
		t.Fatalf("%s = %s, want %s", what, got, want)
	}
}
