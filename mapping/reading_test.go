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

// Row totals that do not add up to the subtotal tell nothing, and hold no order.
func TestMap_RowTotalsThatDoNotAddUpTellNothing(t *testing.T) {
	plain := byWeight(func(*order.Line, decimal.Decimal, decimal.Decimal) {})
	wild := byWeight(func(l *order.Line, _, _ decimal.Decimal) { l.RowTotal, l.RowTotalInclTax = d("-7"), d("999999") })
	a, b := mapped(plain, exampleRules(t), today), mapped(wild, exampleRules(t), today)
	if a.Hold != nil || b.Hold != nil {
		t.Fatalf("held: %v, %v", a.Hold, b.Hold)
	}
	if a, b := fmt.Sprintf("%+v", a.Document.Lines), fmt.Sprintf("%+v", b.Document.Lines); a != b {
		t.Errorf("lines %s; want as without row totals: %s", b, a)
	}
}
