package mapping_test

import (
	"testing"

	"github.com/shopspring/decimal"
	"pgregory.net/rapid"

	"datawald/magento"
	"datawald/mapping"
	"datawald/order"
	"datawald/sandbox/b1sim"
	"datawald/sandbox/magentosim"
	"datawald/sapb1"
)

// b1 is a simulated company that computes totals by itself, with the items given.
func b1(t testing.TB, skus ...string) *sapb1.Client {
	t.Helper()
	var items []b1sim.Item
	for _, sku := range skus {
		items = append(items, b1sim.Item{Code: sku, Name: sku, Sales: true})
	}
	return company(t, b1sim.Config{Items: items})
}

func documentTotal(d *sapb1.Document) decimal.Decimal {
	if d.DocCurrency == "USD" {
		return d.DocTotal.Decimal
	}
	return d.DocTotalFc.Decimal
}

// Whatever a shop sells, B1's own arithmetic arrives at Magento's grand total, or the order is held.
func TestMap_B1ArrivesAtMagentosTotalForEveryGeneratedOrder(t *testing.T) {
	rules := exampleRules(t)
	client := b1(t, magentosim.Catalogue()...)
	held := 0
	for seed := range int64(3) {
		shop, err := magentosim.New(magentosim.Config{Seed: seed, Orders: 120})
		if err != nil {
			t.Fatal(err)
		}
		for _, p := range shop.Orders() {
			if p.Kind == "forgotten" {
				continue
			}
			raw, _ := shop.Document(int64(p.EntityID))
			o, err := magento.Convert("main", raw)
			if err != nil {
				t.Fatalf("seed %d, order %s: %v", seed, p.IncrementID, err)
			}
			if rules.Decide(o, today).Status != order.Pending {
				continue
			}
			r := rules.Map(mapping.Input{Order: o, Now: today})
			if r.Hold != nil {
				held++
				t.Logf("seed %d, order %s (%s): held: %s", seed, p.IncrementID, p.Kind, r.Hold)
				continue
			}
			created, err := client.CreateOrder(t.Context(), r.Document)
			if err != nil {
				t.Fatalf("seed %d, order %s: %v", seed, p.IncrementID, err)
			}
			want := o.Totals.Grand.Sub(o.Totals.Canceled).Sub(o.Totals.Refunded)
			if got := documentTotal(created); !got.Equal(want) || !r.Expect.Amount.Equal(want) {
				t.Errorf("seed %d, order %s (%s): B1 total %s, expected %s, Magento %s", seed, p.IncrementID, p.Kind, got, r.Expect, want)
			}
		}
	}
	if held > 3 {
		t.Errorf("%d of 360 sound orders are held", held)
	}
}

// The same for carts that no shop would think of: odd prices, quantities and discounts, tax rounded by row.
func TestMap_B1ArrivesAtMagentosTotalForAnyCart(t *testing.T) {
	rules := exampleRules(t)
	client := b1(t, "ANY")
	rapid.Check(t, func(t *rapid.T) {
		c := newCart()
		for range rapid.IntRange(1, 6).Draw(t, "lines") {
			price := decimal.New(rapid.Int64Range(1, 9_999_99).Draw(t, "price"), -2)
			qty := decimal.NewFromInt(rapid.Int64Range(1, 40).Draw(t, "qty"))
			gross := price.Mul(qty)
			discount := gross.Mul(decimal.New(rapid.Int64Range(0, 100).Draw(t, "discount percent"), -2)).Round(2)
			c.add(order.Line{SKU: "ANY", ProductType: order.Simple, QtyOrdered: qty, Price: price, Discount: discount})
			if rapid.Bool().Draw(t, "taxed") {
				tax := gross.Sub(discount).Mul(d("0.0825")).Round(2)
				c.taxed("8.25", tax.String())
			}
		}
		c.shipping(decimal.New(rapid.Int64Range(0, 5000).Draw(t, "shipping"), -2).String())
		o := c.order()
		if o.Totals.Grand.IsZero() {
			return
		}
		r := rules.Map(mapping.Input{Order: o, Now: today})
		if r.Hold != nil {
			if r.Hold.Code != "total_differs" {
				t.Fatalf("held: %s", r.Hold)
			}
			return
		}
		created, err := client.CreateOrder(t.Context(), r.Document)
		if err != nil {
			t.Fatal(err)
		}
		if got := documentTotal(created); !got.Equal(o.Totals.Grand) {
			t.Fatalf("B1 total %s, Magento %s: %s", got, o.Totals.Grand, shape(r))
		}
	})
}
