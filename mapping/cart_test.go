package mapping_test

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/shopspring/decimal"

	"datawald/mapping"
	"datawald/order"
	"datawald/sandbox/testkit"
)

func d(s string) decimal.Decimal { return decimal.RequireFromString(s) }

// exampleText is the rules file that the project ships.
func exampleText(t testing.TB) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(testkit.Root(), "rules.example.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// exampleRules are its rules.
func exampleRules(t testing.TB) *mapping.Rules { return rulesWith(t) }

var today = time.Date(2026, 11, 23, 22, 0, 0, 0, time.UTC)

// cart builds an order whose totals are the sums of its lines, as Magento's are.
type cart struct{ o order.Order }

// newCart is an order of store 1 to California, without lines.
func newCart() *cart {
	a := order.Address{FirstName: "Jane", LastName: "Doe", Street: []string{"5 Long Lane", "Flat 2"}, City: "Oakland",
		Region: "California", RegionCode: "CA", RegionID: 12, Postcode: "94601", Country: "US", Telephone: "555-0100"}
	ship := a
	return &cart{order.Order{Key: "main:1:000000001", Instance: "main", StoreID: 1, IncrementID: "000000001", EntityID: 1,
		State: "processing", Status: "processing", Currency: "USD", BaseCurrency: "USD", Billing: a, Shipping: &ship,
		ShippingMethod: "flatrate_flatrate", Payment: order.Payment{Method: "checkmo"}}}
}

// add puts a row into the cart and its amounts into the totals, unless it is a child of a parent that has them.
func (c *cart) add(l order.Line) *cart {
	l.ItemID = int64(len(c.o.Lines) + 1)
	c.o.Lines = append(c.o.Lines, l)
	return c
}

func (c *cart) simple(sku, qty, price string) *cart {
	return c.add(order.Line{SKU: sku, Name: sku, ProductType: order.Simple, QtyOrdered: d(qty), Price: d(price)})
}

// taxed gives the last row a tax.
func (c *cart) taxed(percent, amount string) *cart {
	l := &c.o.Lines[len(c.o.Lines)-1]
	l.TaxPercent, l.Tax = d(percent), d(amount)
	return c
}

// discounted gives the last row a discount.
func (c *cart) discounted(amount string) *cart {
	c.o.Lines[len(c.o.Lines)-1].Discount = d(amount)
	return c
}

func (c *cart) shipping(amount string) *cart {
	c.o.Totals.Shipping = d(amount)
	return c
}

// order sums up the rows that count (those without a parent) and gives the finished order.
func (c *cart) order() *order.Order {
	o, t := c.o, &c.o.Totals
	t.Tax = t.ShippingTax
	t.Discount = t.ShippingDiscount.Neg()
	for _, l := range o.Lines {
		bundle := l.ProductType == order.Bundle && l.Tax.IsZero() && l.Discount.IsZero()
		if l.ParentItemID == 0 {
			t.Subtotal = t.Subtotal.Add(l.Price.Mul(l.QtyOrdered))
		}
		if l.ParentItemID == 0 && !bundle || l.ParentItemID != 0 && o.Lines[l.ParentItemID-1].ProductType == order.Bundle {
			t.Tax, t.Discount = t.Tax.Add(l.Tax), t.Discount.Sub(l.Discount)
			t.TaxCompensation = t.TaxCompensation.Add(l.TaxCompensation)
		}
	}
	t.Subtotal = t.Subtotal.Round(order.MinorUnits(o.Currency))
	t.Grand = t.Sum()
	o.Totals = *t
	return &o
}

// mapped maps an order without anything that B1 would be asked.
func mapped(o *order.Order, r *mapping.Rules, now time.Time) mapping.Result {
	return r.Map(mapping.Input{Order: o, Now: now})
}
