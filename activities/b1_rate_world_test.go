package activities_test

import (
	"bytes"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/shopspring/decimal"

	"datawald/activities"
	"datawald/order"
	"datawald/sandbox/b1sim"
	"datawald/sandbox/testkit"
	"datawald/store"
	"datawald/workflows"
)

// euros makes the test document one in a currency that is not the company's.
var euros = []string{`"order_currency_code":"USD","base_currency_code":"USD"`, `"order_currency_code":"EUR","base_currency_code":"EUR"`}

// exchange is a B1 without a rate for euros, and a worker whose log is kept.
type exchange struct {
	*counter
	log *bytes.Buffer
}

func newExchange(t *testing.T, cfg b1sim.Config) *exchange {
	t.Helper()
	x := &exchange{counter: newCounter(t, cfg, "{}", 1), log: &bytes.Buffer{}}
	x.b1.SetRate("EUR", decimal.Zero)
	x.acts = x.freshWorker()
	return x
}

// freshWorker is a process that remembers nothing.
func (x *exchange) freshWorker() *activities.Activities {
	log := slog.New(slog.NewTextHandler(&locked{w: x.log}, nil))
	return activities.New(x.db, log, activities.Instance{Name: "main", Rules: x.rules, Company: x.client, CompanyID: "b1/demo",
		CallTimeout: 30 * time.Millisecond, Settle: counterSettle, Looks: 2})
}

// locked is a writer for many.
type locked struct {
	mu sync.Mutex
	w  *bytes.Buffer
}

func (l *locked) Write(b []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.w.Write(b)
}

// take runs the activity once for an order.
func (x *exchange) take(key order.Key) (*activities.InsertOrderResult, error) {
	x.t.Helper()
	env := testkit.Suite().NewTestActivityEnvironment()
	env.RegisterActivity(x.acts)
	value, err := env.ExecuteActivity(x.acts.InsertOrder, activities.InsertOrderInput{Key: key})
	if err != nil {
		return nil, err
	}
	var result activities.InsertOrderResult
	if err := value.Get(&result); err != nil {
		x.t.Fatal(err)
	}
	return &result, nil
}

func (x *exchange) order(key order.Key) *store.Staged {
	x.t.Helper()
	doc, err := x.db.Get(x.t.Context(), key)
	if err != nil {
		x.t.Fatal(err)
	}
	return doc
}

// waits checks that an order is out of the way until somebody has entered the rate.
func (x *exchange) waits(key order.Key) {
	x.t.Helper()
	result, err := x.take(key)
	if err != nil || result.Status != order.Pending || result.Note != workflows.Deferred {
		x.t.Fatalf("the attempt ends with %+v, %v; want a deferred order", result, err)
	}
	doc := x.order(key)
	if doc.Status != order.Pending || doc.Intent != nil || doc.Claim != nil || doc.Reason == nil || doc.Reason.Code != "b1_rate_missing" {
		x.t.Fatalf("order %s is %s (%v) with the intent %+v", key, doc.Status, doc.Reason, doc.Intent)
	}
	if !strings.Contains(doc.Reason.Message, "EUR") || !strings.Contains(doc.Reason.Message, time.Now().UTC().Format("2006-")) {
		x.t.Errorf("the message %q does not name currency and day", doc.Reason.Message)
	}
	if wait := time.Until(doc.DueAt); wait < 9*time.Minute || wait > 10*time.Minute {
		x.t.Errorf("it is due in %s, want ten minutes", wait)
	}
}
