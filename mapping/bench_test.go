//go:build unix

package mapping_test

import (
	"syscall"
	"testing"
	"time"

	"datawald/magento"
	"datawald/mapping"
	"datawald/order"
	"datawald/sandbox/magentosim"
)

// eightFields are expressions as merchants write them, over the header, a list, an address, a date and each line.
const eightFields = `  fields:
    U_Coupon: 'order.coupon_code ?? "none"'
    U_Total: 'order.base_grand_total'
    U_Buyer: 'billing.firstname + " " + billing.lastname'
    U_Pieces: 'sum(order.items, .qty_ordered)'
    U_Placed: 'date(order.created_at)'
    U_Express: 'order.shipping_description contains "Express"'
  line_fields:
    U_Row: 'item.item_id'
    FreeText: 'parent.name ?? item.name'
`

// realistic is a generated order with a document of about 8 KB.
func realistic(b *testing.B) (raw []byte, o *order.Order) {
	b.Helper()
	shop, err := magentosim.New(magentosim.Config{Seed: 1, Orders: 120})
	if err != nil {
		b.Fatal(err)
	}
	rules := exampleRules(b)
	for _, p := range shop.Orders() {
		doc, _ := shop.Document(int64(p.EntityID))
		converted, err := magento.Convert("main", doc)
		if err != nil || rules.Map(mapping.Input{Order: converted, Now: today}).Hold != nil {
			continue
		}
		if raw == nil || apartFrom8KB(doc) < apartFrom8KB(raw) {
			raw, o = doc, converted
		}
	}
	return raw, o
}

func apartFrom8KB(doc []byte) int { return max(len(doc)-8<<10, 8<<10-len(doc)) }

func benchmarkMap(b *testing.B, settings string) {
	raw, o := realistic(b)
	rules := rulesWith(b, "default:\n", "default:\n"+settings)
	b.ReportAllocs()
	begin := processorTime(b)
	for b.Loop() {
		// A new Source for each order: its document is read once, as for orders that are posted.
		if r := rules.Map(mapping.Input{Order: o, Source: mapping.NewSource(raw), Now: today}); r.Hold != nil {
			b.Fatal(r.Hold)
		}
	}
	b.ReportMetric(float64(len(raw)), "bytes/order")
	b.ReportMetric(float64(b.N)/(processorTime(b)-begin).Seconds(), "orders/core-s")
}

// processorTime is what this process has used of processors: the clock would count what others use on a busy machine.
func processorTime(b *testing.B) time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		b.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// BenchmarkMap maps a realistic order by the example rules: 10,000 orders a second on one core, or more.
func BenchmarkMap(b *testing.B) { benchmarkMap(b, "") }

// BenchmarkMap_EightExpressions has eight expressions besides, for which the Magento document is read.
func BenchmarkMap_EightExpressions(b *testing.B) { benchmarkMap(b, eightFields) }

// BenchmarkMap_TwentyRows maps an order of twenty taxed and discounted rows.
func BenchmarkMap_TwentyRows(b *testing.B) {
	rules, c := exampleRules(b), newCart().shipping("5")
	for range 20 {
		c.simple("MUG", "3", "19.99").taxed("8.25", "4.45").discounted("6")
	}
	o := c.order()
	b.ReportAllocs()
	for b.Loop() {
		if r := rules.Map(mapping.Input{Order: o, Now: today}); r.Hold != nil {
			b.Fatal(r.Hold)
		}
	}
}
