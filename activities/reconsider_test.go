package activities_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"go.temporal.io/sdk/temporal"

	"datawald/activities"
	"datawald/mapping"
	"datawald/order"
	"datawald/sandbox/testkit"
	"datawald/sapb1"
	"datawald/store"
)

// waitsForMoney are the example rules by which the document's payment must be paid, with how long that may take, if given.
func waitsForMoney(t *testing.T, askAfter string) *mapping.Rules {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(testkit.Root(), "rules.example.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	rules, err := mapping.ParseRules([]byte(strings.Replace(string(text), "\n  payments: {}\n", "\n  payments: { \"*\": { when: paid"+askAfter+" } }\n", 1)))
	if err != nil {
		t.Fatal(err)
	}
	return rules
}

// reconsider goes through all orders with the rules of the desk.
func (d *desk) reconsider(t *testing.T) (open int) {
	t.Helper()
	a := d.worker()
	for next := (&activities.ReconsiderInput{Instance: "main", Rules: d.rules.Rules.ID()}); next != nil; {
		r, err := a.Reconsider(t.Context(), *next)
		if err != nil {
			t.Fatal(err)
		}
		open, next = open+r.Open, r.Next
	}
	p, err := d.db.Progress(t.Context(), "main", store.TaskOrders)
	if err != nil || p.Rules != d.rules.Rules.ID() {
		t.Fatalf("noted are the rules %q, %v", p.Rules, err)
	}
	return open
}

func TestReconsider_APatienceThatIsSetLaterHoldsOrdersThatWaitedLonger(t *testing.T) {
	d := newDesk(t)
	d.rules.Rules = waitsForMoney(t, "")
	d.read(t, versionOf("000000001", "Springfield", 1))
	get := func() *store.Staged {
		t.Helper()
		doc, err := d.db.Get(t.Context(), "main:1:000000001")
		if err != nil {
			t.Fatal(err)
		}
		return doc
	}
	if doc := get(); doc.Status != order.Excluded || !doc.DueAt.IsZero() {
		t.Fatalf("without patience it is %s, due %v; want it to wait for ever", doc.Status, doc.DueAt)
	}
	d.rules.Rules = waitsForMoney(t, ", ask_after: 3000d")
	d.reconsider(t)
	if doc := get(); doc.Status != order.Excluded || doc.DueAt.Before(time.Now()) || doc.Queue == "" {
		t.Errorf("with years of patience it is %s, due %v; want it to come up by then", doc.Status, doc.DueAt)
	}
	lines := len(get().Timeline)
	d.reconsider(t)
	if got := len(get().Timeline); got != lines {
		t.Errorf("the same rules again add %d lines", got-lines)
	}
	d.rules.Rules = waitsForMoney(t, ", ask_after: 1m")
	d.reconsider(t)
	if doc := get(); doc.Status != order.Held || doc.Reason.Code != "payment_overdue" {
		t.Errorf("with a minute of patience it is %s (%v), want it held", doc.Status, doc.Reason)
	}
	d.rules.Rules = exampleRules(t)
	if open := d.reconsider(t); open != 1 || get().Status != order.Pending {
		t.Errorf("without the rule %d orders come in and it is %s", open, get().Status)
	}
}

func TestReconsider_IsForAWorkerWithTheSameRules(t *testing.T) {
	d := newDesk(t)
	_, err := d.worker().Reconsider(t.Context(), activities.ReconsiderInput{Instance: "main", Rules: "others"})
	if f, ok := errors.AsType[*temporal.ApplicationError](err); !ok || f.Type() != activities.TypeTransient || f.NonRetryable() {
		t.Errorf("ended with %v, want it left to another worker", err)
	}
	if p, err := d.db.Progress(t.Context(), "main", store.TaskOrders); err != nil || p.Rules != "" {
		t.Errorf("noted are the rules %q, %v; want none", p.Rules, err)
	}
}

func TestReconsider_MagentoIsAskedAgainForOrdersOfEarlierReleases(t *testing.T) {
	d := newDesk(t)
	if _, err := d.db.Change(t.Context(), "main:0:entity-12", func(doc *store.Staged) error {
		doc.Status, doc.EntityID, doc.Reason = order.Held, 12, &order.Reason{Code: "magento_cannot_show"}
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	d.reconsider(t)
	next, err := d.worker().NextOrders(t.Context(), activities.NextOrdersInput{Instance: "main", Limit: 10})
	if err != nil || len(next.Reread) != 1 || next.Reread[0] != 12 || len(next.Orders) != 0 {
		t.Errorf("the queue holds %+v, %v; want Magento asked for entity_id 12", next, err)
	}
}

// quotingHook holds each order, and names its buyer in why.
type quotingHook struct{}

func (quotingHook) Name() string { return "quoting 1" }
func (quotingHook) Before(o *order.Order, _ *mapping.Source) *order.Reason {
	return &order.Reason{Code: "hook_holds", Message: "Call " + o.Billing.LastName + ".", Hint: "Ask " + o.Billing.LastName + "."}
}
func (quotingHook) After(*order.Order, *mapping.Source, *sapb1.SalesOrder) *order.Reason { return nil }

// Reasons are in lists that everybody sees, so that none may name the buyer. Fails without: withoutBuyer in reconsider; the hint in withoutBuyer.
func TestReconsider_KeepsTheBuyerOutOfReasons(t *testing.T) {
	d := newDesk(t)
	d.read(t, versionOf("000000001", "Springfield", 1))
	name := ""
	if _, err := d.db.Change(t.Context(), "main:1:000000001", func(doc *store.Staged) error {
		name = doc.Order.Billing.LastName
		doc.Status, doc.Reason, doc.DueAt = order.Excluded, &order.Reason{Code: "store:1"}, time.Time{}
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	d.rules.Rules.Use(quotingHook{})
	d.reconsider(t)
	doc, err := d.db.Get(t.Context(), "main:1:000000001")
	if err != nil || doc.Reason == nil || doc.Reason.Code != "hook_holds" || len(name) < 3 {
		t.Fatalf("it is %s (%v), %v", doc.Status, doc.Reason, err)
	}
	if strings.Contains(doc.Reason.Message+doc.Reason.Hint, name) || strings.Contains(doc.Search, strings.ToLower(name)) {
		t.Errorf("the reason is %+v", doc.Reason)
	}
}
