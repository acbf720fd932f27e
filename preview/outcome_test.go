package preview_test

import (
	"slices"
	"testing"

	"datawald/mapping"
	"datawald/order"
	"datawald/preview"
	"datawald/sandbox/magentosim"
	"datawald/store"
)

// documentOf is an order of a kind, as Magento answers it.
func documentOf(t *testing.T, kind string) []byte {
	t.Helper()
	shop := shopOf(t, 0)
	p, err := shop.Place(magentosim.Placement{Kind: kind, StoreID: 1})
	if err != nil {
		t.Fatal(err)
	}
	raw, _ := shop.Document(p.EntityID)
	return raw
}

func subjectOf(t *testing.T, kind string) preview.Subject {
	t.Helper()
	return preview.FromDocument("main", documentOf(t, kind))
}

func TestTryTellsWhatBecomesOfAnOrder(t *testing.T) {
	for name, tc := range map[string]struct {
		change  func(*preview.Subject)
		replace []string
		verdict preview.Verdict
		rule    string
		hold    string
		whole   bool
	}{
		"it is posted": {verdict: preview.Post, whole: true},
		"a rule leaves it out": {replace: []string{"processing: post", "processing: exclude", "new: post", "new: exclude"},
			change: func(s *preview.Subject) { s.Order.State = "new" }, verdict: preview.LeftOut, rule: "state:new", hold: "state:new", whole: true},
		"a rule would leave it out, but B1 has it": {replace: []string{"new: post", "new: exclude"},
			change: func(s *preview.Subject) { s.Order.State, s.InB1 = "new", true }, verdict: preview.Post, whole: true},
		"B1 has it, and nothing of it is left today": {change: func(s *preview.Subject) {
			s.Order.State, s.InB1, s.Order.Lines = "closed", true, nil
		}, verdict: preview.LeftOut, rule: "state:closed", hold: "state:closed"},
		"B1 has it, and a rule is missing today": {change: func(s *preview.Subject) {
			s.InB1, s.Order.Payment.Method = true, "barter"
		}, verdict: preview.Held, hold: "payment_method_unmapped"},
		"it is cancelled in Magento": {change: func(s *preview.Subject) { s.Order.State = "canceled" },
			verdict: preview.LeftOut, rule: "cancelled_in_magento", hold: "cancelled_in_magento", whole: true},
		"it is cancelled for good": {change: func(s *preview.Subject) { s.Settled = &order.Reason{Code: "cancelled_in_b1"} },
			verdict: preview.LeftOut, rule: "cancelled_in_b1", hold: "cancelled_in_b1", whole: true},
		"a rule is missing": {change: func(s *preview.Subject) { s.Order.Payment.Method = "barter" },
			verdict: preview.Held, hold: "payment_method_unmapped"},
		"its money is overdue": {replace: []string{"payments: {}", `payments: { "*": { when: paid, ask_after: 1m } }`},
			change: func(s *preview.Subject) {
				s.Order.Totals.Paid, s.Order.CreatedAt = s.Order.Totals.Paid.Sub(s.Order.Totals.Paid), now.AddDate(0, 0, -1)
			}, verdict: preview.Held, hold: "payment_overdue", whole: true},
		"it cannot be read": {change: func(s *preview.Subject) {
			*s = preview.FromDocument("main", []byte(`{"entity_id": 1, "store_id": 1}`))
		}, verdict: preview.Held, hold: "document_unreadable"},
	} {
		t.Run(name, func(t *testing.T) {
			s := subjectOf(t, "simple")
			if tc.change != nil {
				tc.change(&s)
			}
			out := preview.Try(rules(t, tc.replace...), s, preview.At(now))
			hold := ""
			if out.Hold != nil {
				hold = out.Hold.Code
			}
			if out.Verdict != tc.verdict || out.Rule != tc.rule || hold != tc.hold || (out.Document != nil) != tc.whole {
				t.Errorf("verdict %s, rule %q, hold %q, document %t; want %s, %q, %q, %t", out.Verdict, out.Rule, hold, out.Document != nil, tc.verdict, tc.rule, tc.hold, tc.whole)
			}
		})
	}
}

// only reads the one order of a store.
func only(t *testing.T, r preview.Range) (got preview.Subject) {
	t.Helper()
	if _, err := preview.Each(t.Context(), r, func(s preview.Subject) preview.Subject { return s }, func(s preview.Subject) error {
		got = s
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	return got
}

func TestStagedOrdersAreReadAsTheyAreNeeded(t *testing.T) {
	for name, tc := range map[string]struct {
		change     func(*store.Staged)
		readable   bool
		source     bool
		unreadable string
	}{
		"staged by this release":                             {readable: true},
		"staged by an earlier release":                       {change: func(d *store.Staged) { d.ContentHash = "0000-00"; d.Order.Lines = nil }, readable: true, source: true},
		"not understood when it came":                        {change: func(d *store.Staged) { d.Order = nil }, readable: true, source: true},
		"staged by an earlier release, its document is gone": {change: func(d *store.Staged) { d.ContentHash, d.PayloadHash = "0000-00", "gone" }, readable: true},
		"its document is gone":                               {change: func(d *store.Staged) { d.Order, d.PayloadHash = nil, "gone" }, unreadable: "document_missing"},
		"Magento could not show it": {change: func(d *store.Staged) {
			d.Order, d.PayloadHash, d.Reason = nil, "", &order.Reason{Code: "magento_cannot_show"}
		}, unreadable: "magento_cannot_show"},
		"never read, and nobody knows": {change: func(d *store.Staged) { d.Order, d.PayloadHash = nil, "" }, unreadable: "document_missing"},
	} {
		t.Run(name, func(t *testing.T) {
			got := only(t, stagedShop(t, 1, func(_ int, d *store.Staged) {
				if tc.change != nil {
					tc.change(d)
				}
			}))
			code := ""
			if got.Unreadable != nil {
				code = got.Unreadable.Code
			}
			if (got.Order != nil) != tc.readable || (got.Source != nil) != tc.source || code != tc.unreadable {
				t.Errorf("order %t, source %t, unreadable %q", got.Order != nil, got.Source != nil, code)
			}
			if got.Order != nil && len(got.Order.Lines) == 0 {
				t.Error("the order of the earlier release was taken as it stands")
			}
		})
	}
}

// An order whose Magento document was erased is tried as the worker tries it: rules that do not read the document take what
// was staged, those that do hold the order.
func TestAnErasedDocumentHoldsOrdersOfRulesThatReadIt(t *testing.T) {
	plain, reading := rules(t), rules(t, "  card_code: C-WEB\n", "  card_code: C-WEB\n  fields: { U_Note: order.customer_note }\n")
	for release, hash := range map[string]string{"this release": "", "an earlier release": "0000-00"} {
		r := stagedShop(t, 1, func(_ int, d *store.Staged) {
			d.PayloadHash, d.Order.State = "gone", "new"
			if hash != "" {
				d.ContentHash = hash
			}
		})
		r.Rules = []*mapping.Rules{plain, reading}
		s := only(t, r)
		if out := preview.Try(plain, s, preview.At(now)); out.Verdict != preview.Post || out.Document == nil {
			t.Errorf("%s: verdict %s, hold %v, want that it is posted as it was staged", release, out.Verdict, out.Hold)
		}
		if out := preview.Try(reading, s, preview.At(now)); out.Verdict != preview.Held || out.Hold.Code != "document_missing" {
			t.Errorf("%s: verdict %s, hold %v, want document_missing", release, out.Verdict, out.Hold)
		}
	}
}

func TestStatesOfStagedOrders(t *testing.T) {
	for name, tc := range map[string]struct {
		change        func(*store.Staged)
		inB1, settled bool
	}{
		"pending":           {change: func(*store.Staged) {}},
		"posted":            {change: func(d *store.Staged) { d.Status = order.Posted }, inB1: true},
		"draft":             {change: func(d *store.Staged) { d.Status, d.BO = order.Draft, &store.BackOffice{Draft: true} }, inB1: true},
		"perhaps sent":      {change: func(d *store.Staged) { d.Intent = &store.Intent{} }, inB1: true},
		"cancelled in B1":   {change: func(d *store.Staged) { d.Status, d.BO = order.Cancelled, &store.BackOffice{} }, settled: true},
		"held, not sent":    {change: func(d *store.Staged) { d.Status = order.Held }},
		"left out by rules": {change: func(d *store.Staged) { d.Status = order.Excluded }},
	} {
		t.Run(name, func(t *testing.T) {
			got := only(t, stagedShop(t, 1, func(_ int, d *store.Staged) { tc.change(d) }))
			if got.InB1 != tc.inB1 || (got.Settled != nil) != tc.settled {
				t.Errorf("in B1 %t, settled %v", got.InB1, got.Settled)
			}
		})
	}
}

func TestTallyCountsByCurrencyReasonAndRule(t *testing.T) {
	r := stagedShop(t, 400, nil)
	mine := rules(t)
	tally := preview.NewTally()
	var orders, held int
	_, err := preview.Each(t.Context(), r, func(s preview.Subject) preview.Outcome { return preview.Try(mine, s, preview.At(now)) },
		func(o preview.Outcome) error {
			orders++
			if o.Verdict == preview.Held {
				held++
			}
			tally.Add(&o)
			return nil
		})
	if err != nil {
		t.Fatal(err)
	}
	s := tally.Summary()
	posted := 0
	for _, a := range s.Post {
		posted += a.Orders
		if !a.Total.IsPositive() {
			t.Errorf("%d orders come to %s %s", a.Orders, a.Total, a.Currency)
		}
	}
	if s.Orders != orders || preview.Count(s.Held) != held || posted+held+preview.Count(s.LeftOut) != orders || s.States[order.Pending] != orders {
		t.Errorf("summary %+v of %d orders, %d held", s, orders, held)
	}
	for _, g := range append(slices.Clone(s.Held), s.LeftOut...) {
		if len(g.Examples) == 0 || len(g.Examples) > 3 || g.Name == "" {
			t.Errorf("group %+v, want a name and one to three examples", g)
		}
	}
	if len(s.Post) < 2 || len(s.LeftOut) < 2 {
		t.Errorf("the shop shows too little: %+v", s)
	}
}
