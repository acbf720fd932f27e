package activities_test

import (
	"strings"
	"testing"

	"datawald/mapping"
	"datawald/order"
	"datawald/sandbox/b1sim"
	"datawald/store"
)

const (
	// refunded and cancelled say that one of the two mugs of the test document is given back.
	refunded = `"qty_ordered":2,"qty_invoiced":2,"qty_refunded":1`
	canceled = `"qty_ordered":2,"qty_canceled":1`
)

// given tells, an hour later, that a part of a document was given back.
func given(doc, part string) string {
	return strings.NewReplacer(`"qty_ordered":2`, part, `"updated_at":"2026-11-01 10:00:00"`, `"updated_at":"2026-11-01 11:00:00","total_refunded":12,"base_total_refunded":24`).Replace(doc)
}

// inBase is the test document of a shop that is paid in EUR and counts in USD.
var inBase = strings.NewReplacer(`"order_currency_code":"USD","base_currency_code":"USD"`,
	`"order_currency_code":"EUR","base_currency_code":"USD","global_currency_code":"USD","base_to_order_rate":0.5,"base_subtotal":48,"base_grand_total":48`,
	`"qty_ordered":2,"price":12`, `"qty_ordered":2,"price":12,"row_total":24,"base_price":24,"base_row_total":48`).Replace(document)

// withRules gives all workers the example's rules with changes: texts and their replacements.
func (c *counter) withRules(changes ...string) {
	c.t.Helper()
	rules, err := mapping.ParseRules([]byte(strings.NewReplacer(changes...).Replace(exampleRulesText(c.t))))
	if err != nil {
		c.t.Fatal(err)
	}
	*c.rules = *rules
}

// The order was right when it was sent. That Magento gave a part back before the reply was known makes it no other.
func TestInsertOrder_AnOrderInDoubtIsComparedWithWhatWasSent(t *testing.T) {
	t.Parallel()
	base := []string{"\n  card_code: C-WEB\n", "\n  card_code: C-WEB\n  currency: base\n"}
	hold := []string{"partly_cancelled: open", "partly_cancelled: hold"}
	tests := map[string]struct {
		document, part string
		rules          []string
		total          string
	}{
		"refunded":                  {document, refunded, nil, "24"},
		"cancelled":                 {document, canceled, nil, "24"},
		"refunded, and held now":    {document, refunded, hold, "24"},
		"in base currency":          {inBase, refunded, base, "48"},
		"in base currency and held": {inBase, refunded, append(hold, base...), "48"},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := newCounter(t, b1sim.Config{Partners: []b1sim.Partner{webPartner}, LocalCurrency: "USD"}, "{}", 1)
			c.withRules(tc.rules...)
			c.inject(b1sim.CommitThenDrop, "POST Orders")
			c.key = c.stage(tc.document)
			if err := c.insert(); err == nil {
				t.Fatal("the reply was not lost")
			}
			c.stage(given(tc.document, tc.part))
			c.wantPostedAsSent(c.post(c.acts, c.key), tc.total)
		})
	}
}

// wantPostedAsSent wants an order posted with the total that it was sent with, and what Magento gave back noticed.
func (c *counter) wantPostedAsSent(doc *store.Staged, total string) {
	c.t.Helper()
	c.orderOf(doc)
	if doc.BO.Total.Amount.String() != total || doc.Attention == nil || doc.Attention.Code != "refunded_in_magento" {
		c.t.Errorf("posted with %s, attention %v; want %s and the refund noticed", doc.BO.Total, doc.Attention, total)
	}
}

func TestInsertOrder_AnApprovedDraftIsComparedWithWhatWasSent(t *testing.T) {
	t.Parallel()
	c := newCounter(t, b1sim.Config{Partners: []b1sim.Partner{webPartner}, Approval: b1sim.Approval{On: true}}, "{}", 1)
	c.post(c.acts, c.buy(1))
	c.want(order.Draft, "")
	c.stage(given(document, refunded))
	if err := c.insert(); err != nil { // it still waits
		t.Fatal(err)
	}
	if err := c.b1.Approve("000000001"); err != nil {
		t.Fatal(err)
	}
	if err := c.insert(); err != nil {
		t.Fatal(err)
	}
	c.wantPostedAsSent(c.get(), "24")
}

// What B1 made wrong is no more right because Magento changed the order since.
func TestInsertOrder_ADocumentThatIsNotWhatWasSentIsHeld(t *testing.T) {
	t.Parallel()
	c := newCounter(t, b1sim.Config{Partners: []b1sim.Partner{webPartner}}, "{}", 1)
	c.inject(b1sim.CommitThenDrop, "POST Orders")
	c.buy(1)
	if err := c.insert(); err == nil {
		t.Fatal("the reply was not lost")
	}
	if _, err := c.db.Change(t.Context(), c.key, func(doc *store.Staged) error { doc.Intent.Sent.Lines = 2; return nil }); err != nil {
		t.Fatal(err)
	}
	c.stage(given(document, refunded))
	c.post(c.acts, c.key)
	c.want(order.Held, "b1_lines_differ")
}
