package activities_test

import (
	"testing"

	"datawald/sandbox/b1sim"
)

// B1_ORDERS_PER_SECOND bounds orders, so whoever wants to bound calls must know how many calls an order is. docs/operations.md
// (Kind to B1) and .env.example give these numbers. A login is not among them: a worker has one session for all orders.
// Fails without: any change of the calls of an order, such as one more look, or a found buyer who is asked for again.
func TestInsertOrder_MakesAsManyCallsAsTheDocumentationSays(t *testing.T) {
	t.Parallel()
	jane := b1sim.Partner{Code: "C1", Email: "jane.doe@example.com", TaxID: "DE77"}
	vat := []string{`"customer_email"`, `"customer_taxvat":"XX1","customer_email"`}
	all := []b1sim.Partner{webPartner, jane}
	tests := map[string]struct {
		partner, setting string
		changes          []string
		there            []b1sim.Partner
		first, second    int // of the first order of a buyer, and of the next
	}{
		"a fixed partner":              {"{}", "", nil, all, 3, 3},
		"items by their barcodes":      {"{}", "items: {barcode: true}", nil, all, 4, 4},
		"found by e-mail":              {"{guests: find, find_by: [email]}", "", nil, all, 4, 3},
		"found by the second question": {"{guests: find, find_by: [tax_number, email]}", "", vat, all, 5, 3},
		"not found, so the store's":    {"{guests: find, find_by: [email]}", "", nil, all[:1], 4, 4},
		"created":                      {`{guests: find_or_create, create: {prefix: W-, currency: "##"}}`, "", nil, all, 4, 3},
		"looked for, and created":      {byPrefix, "", nil, all[:1], 6, 3},
		"created by a series":          {bySeries, "", nil, all[:1], 6, 3},
		"a contact person":             {"{contact: true}", "", nil, all[:1], 6, 3},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := newCounter(t, b1sim.Config{Partners: tc.there, PartnerSeries: series,
				Items: []b1sim.Item{{Code: "B1-MUG", Sales: true, Barcode: "A-1"}}}, tc.partner, 1)
			if tc.setting != "" {
				c.withSetting(tc.setting)
			}
			for n, want := range []int{tc.first, tc.second} {
				before := c.calls()
				c.orderOf(c.post(c.acts, c.buy(n+1, tc.changes...)))
				if got := c.calls() - before; got != want {
					t.Errorf("order %d of the buyer is %d calls, want %d: %v", n+1, got, want, c.b1.Traffic().Calls)
				}
			}
		})
	}
}

// calls counts what B1 was asked, but for logins.
func (c *counter) calls() (all int) {
	for name, n := range c.b1.Traffic().Calls {
		if name != "POST Login" {
			all += n
		}
	}
	return all
}
