package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"datawald/mapping"
	"datawald/order"
	"datawald/sandbox/magentosim"
	"datawald/sandbox/testkit"
	"datawald/store"
)

// rulesWith are the rules of the example, with the first text replaced by the second.
func rulesWith(t *testing.T, replace ...string) *mapping.Rules {
	t.Helper()
	raw, err := os.ReadFile(filepath.Join(testkit.Root(), "rules.example.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	text := string(raw)
	for i := 0; i < len(replace); i += 2 {
		if !strings.Contains(text, replace[i]) {
			t.Fatalf("the example rules hold no %q", replace[i])
		}
		text = strings.ReplaceAll(text, replace[i], replace[i+1])
	}
	rules, err := mapping.ParseRules([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return rules
}

func TestChangedRulesLetOrdersInByThemselves(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 0)
	excluded, unmapped, refused := w.place("simple", 1), w.place("simple", 1), w.place("forgotten", 1)
	set := func(p magentosim.Placed, change func(doc map[string]any)) {
		t.Helper()
		if err := w.shop.Update(p.EntityID, change); err != nil {
			t.Fatal(err)
		}
	}
	set(excluded, func(doc map[string]any) { doc["customer_group_id"] = 4 })
	set(unmapped, func(doc map[string]any) {
		doc["payment"].(map[string]any)["method"] = "sofort"
		doc["customer_note"] = "a column of the row"
	})
	w.settings.All[0].Rules = rulesWith(t, "# exclude_customer_groups: [4]", "exclude_customer_groups: [4]")
	stop := w.startWorker()
	w.sync()
	if d := w.get(excluded); d.Status != order.Excluded || d.Reason.Code != "customer_group:4" {
		t.Fatalf("the order of the group is %s (%v)", d.Status, d.Reason)
	}
	if d := w.get(unmapped); d.Status != order.Held || d.Reason.Code != "payment_method_unmapped" {
		t.Fatalf("the order with an unknown payment is %s (%v)", d.Status, d.Reason)
	}
	if d := w.get(refused); d.Status != order.Held || d.Reason.Code != "b1_refused" {
		t.Fatalf("the order that B1 refuses is %s (%v)", d.Status, d.Reason)
	}
	stop()

	calls := len(w.company.Orders())
	w.settings.All[0].Rules = rulesWith(t, "checkmo: {", "sofort: { method: Incoming CHK, terms: 1 }\n    checkmo: {")
	stop = w.startWorker()
	run := w.sync()
	if run.Counts.Posted != 2 || run.Counts.Held != 0 || len(run.Errors) > 0 || len(w.company.Orders()) != calls+2 {
		t.Errorf("the first run with new rules: %+v %q, want two posted and the refused one left alone", run.Counts, run.Errors)
	}
	for _, p := range []magentosim.Placed{excluded, unmapped} {
		if d := w.get(p); d.Status != order.Posted {
			t.Errorf("order %s is %s (%v)", p.IncrementID, d.Status, d.Reason)
		}
	}
	attempts := w.get(refused).Attempts
	p, err := w.db.Progress(t.Context(), w.instance, store.TaskOrders)
	if err != nil || p.Rules != w.settings.All[0].Rules.ID() {
		t.Errorf("noted are the rules %q (%v), want %q", p.Rules, err, w.settings.All[0].Rules.ID())
	}
	stop()

	// Rules that leave out more reach orders that still wait, and none that B1 has.
	w.settings.All[0].Rules = rulesWith(t, "# stores: [1, 2, 3]", "stores: [2]")
	w.startWorker()
	w.sync()
	if d := w.get(refused); d.Attempts != attempts || d.Status != order.Held {
		t.Errorf("the refused order: %s after %d attempts, want held after %d", d.Status, d.Attempts, attempts)
	}
	if d := w.get(excluded); d.Status != order.Posted {
		t.Errorf("the posted order is %s", d.Status)
	}
	w.checkLedger()
}
