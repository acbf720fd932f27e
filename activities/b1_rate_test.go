package activities_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/shopspring/decimal"

	"datawald/activities"
	"datawald/mapping"
	"datawald/order"
	"datawald/sandbox/b1sim"
	"datawald/sandbox/testkit"
	"datawald/sapb1"
)

// Without a rate no order of the currency can go; entered, it lets all of them. So none is held, B1 is asked once and not for
// each order, and one line in the log says it. Held one by one they would be hundreds for a person to resume.
func TestRate_OrdersWaitForItAndGoByThemselves(t *testing.T) {
	t.Parallel()
	for _, language := range []string{"en", "es"} {
		x := newExchange(t, b1sim.Config{Language: language})
		keys := []order.Key{x.buy(1, euros...), x.buy(2, euros...), x.buy(3, euros...)}
		for _, key := range keys {
			x.waits(key)
		}
		if sent, asked := x.b1.Traffic().Calls["POST Orders"], x.b1.Traffic().Calls["POST SBOBobService_GetCurrencyRate"]; sent != 1 || asked != 1 {
			t.Errorf("%s: three orders were sent %d times, and the rate asked for %d times; want once", language, sent, asked)
		}
		if n := x.calls(); n != 4 {
			t.Errorf("%s: three orders without a rate cost %d calls, want the two looks, the refusal and the question of the first: %v", language, n, x.b1.Traffic().Calls)
		}
		if n := strings.Count(x.log.String(), "level=WARN"); n != 1 || !strings.Contains(x.log.String(), "currency=EUR") {
			t.Errorf("%s: the log has %d warnings, want one about EUR:\n%s", language, n, x.log)
		}
		if due, err := x.db.NextDue(t.Context(), "main", "", 10); err != nil || len(due) != 0 {
			t.Errorf("%s: the queue has %v, %v; want nothing until they are due", language, due, err)
		}
		before := x.calls()
		x.waits(keys[0]) // somebody starts the workflow by hand
		if n := x.calls() - before; n != 0 {
			t.Errorf("%s: an order that waits costs B1 %d calls", language, n)
		}
		local := x.buy(4)
		if _, err := x.take(local); err != nil || x.order(local).Status != order.Posted {
			t.Errorf("%s: an order in the company's currency: %v, %s", language, err, x.order(local).Status)
		}

		x.b1.SetRate("EUR", decimal.RequireFromString("1.08"))
		x.acts = x.freshWorker() // as when the ten minutes are over
		for _, key := range keys {
			if _, err := x.take(key); err != nil || x.order(key).Status != order.Posted || x.order(key).Reason != nil {
				t.Errorf("%s: with the rate order %s is %s: %v", language, key, x.order(key).Status, err)
			}
		}
	}
}

// When the ten minutes are over and the rate is still missing, the order is not sent to be refused again: B1 is asked for the
// rate alone.
func TestRate_IsAskedForBeforeAnOrderThatWaitedIsSentAgain(t *testing.T) {
	t.Parallel()
	x := newExchange(t, b1sim.Config{})
	key := x.buy(1, euros...)
	x.waits(key)
	lines := len(x.order(key).Timeline)
	x.acts = x.freshWorker()
	before := x.calls()
	x.waits(key)
	if n, sent := x.calls()-before, x.b1.Traffic().Calls["POST Orders"]; n != 1 || sent != 1 {
		t.Errorf("%d calls, the order sent %d times; want one question and no sending", n, sent)
	}
	if now := len(x.order(key).Timeline); now != lines {
		t.Errorf("the timeline has %d more lines; a weekend has 300 such looks", now-lines)
	}
}

// A person who entered the rate and asks for the order by name does not wait for the ten minutes.
func TestRate_WhoeverAsksForTheOrderDoesNotWait(t *testing.T) {
	t.Parallel()
	x := newExchange(t, b1sim.Config{})
	key := x.buy(1, euros...)
	x.waits(key)
	x.resync(strings.NewReplacer(euros...).Replace(document))
	x.waits(key)
	if n := strings.Count(x.log.String(), "level=WARN"); n != 1 {
		t.Errorf("the log has %d warnings of one rate, want one", n)
	}
	x.b1.SetRate("EUR", decimal.RequireFromString("1.08"))
	x.resync(strings.NewReplacer(euros...).Replace(document))
	if _, err := x.take(key); err != nil || x.order(key).Status != order.Posted {
		t.Errorf("the order is %s: %v", x.order(key).Status, err)
	}
}

// Once the rate is there, an order that is pending for another cause does not say that the rate is missing.
func TestRate_IsNotTheReasonAnyLongerWhenItIsThere(t *testing.T) {
	t.Parallel()
	x := newExchange(t, b1sim.Config{})
	key := x.buy(1, euros...)
	x.waits(key)
	x.b1.SetRate("EUR", decimal.RequireFromString("1.08"))
	if err := x.b1.Inject(b1sim.Rule{Fault: b1sim.CommitThenDrop, Times: 1}); err != nil {
		t.Fatal(err)
	}
	x.acts = x.freshWorker()
	if _, err := x.take(key); typeOf(err) != activities.TypeUnresolved {
		t.Fatalf("the reply is lost, and the attempt ends with %v", err)
	}
	if doc := x.order(key); doc.Status != order.Pending || doc.Reason != nil {
		t.Errorf("the order is %s with the reason %v, want pending without", doc.Status, doc.Reason)
	}
}

// rated is a B1 that refuses orders and answers the question for a rate as a test wants.
type rated struct {
	*company
	known bool
	err   error
	asked []string
}

func (r *rated) HasRate(_ context.Context, currency string, on sapb1.Date) (bool, error) {
	r.asked = append(r.asked, currency+" "+on.Format(time.DateOnly))
	return r.known, r.err
}

// The code of the refusal is not certain, its text is in the user's language, and other refusals look alike: what counts is B1's
// answer to the question. Where it gives none, the order is held as every refused one.
func TestRate_OnlyB1sWordMakesAnOrderWait(t *testing.T) {
	t.Parallel()
	refused := func(code, field, text string) *order.Failure {
		return &order.Failure{Kind: order.Permanent, System: "b1", Op: "POST Orders", Code: code, Field: field, Message: text}
	}
	foreign := strings.NewReplacer(euros...).Replace(document)
	down := errors.New("down")
	for name, c := range map[string]struct {
		document string
		refusal  *order.Failure
		known    bool
		err      error
		waits    string // the currency, empty for held
		asked    int
	}{
		"its own code":                    {foreign, refused("-4006", "", "Update the exchange rate   EUR"), false, nil, "EUR", 1},
		"a catch-all in another language": {foreign, refused("-10", "", "Actualice el tipo de cambio"), false, nil, "EUR", 1},
		"the rate is there":               {foreign, refused("-10", "", "Period locked"), true, nil, "", 1},
		"B1 does not say":                 {foreign, refused("-4006", "", "Update the exchange rate   EUR"), false, down, "", 1},
		"another place is named":          {foreign, refused("-10", "DocumentLines.ItemCode line 1", "Unknown item"), false, nil, "", 0},
		"the company's own currency":      {document, refused("-4006", "", "Update the exchange rate   USD"), false, nil, "", 0},
		"the system currency":             {document, refused("-4006", "", "Update the exchange rate   GBP"), false, nil, "GBP", 1},
		"no currency is named":            {document, refused("-4006", "", "Actualice"), false, nil, "", 0},
		"another refusal at home":         {document, refused("-5002", "", "(1) Not this CAD"), false, nil, "", 0},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b1 := &rated{company: &company{onCreate: func(*sapb1.SalesOrder) error { return c.refusal }}, known: c.known, err: c.err}
			b := newBench(t, b1.company)
			b.acts = activities.New(b.db, testkit.Silent(), activities.Instance{Name: "main", Rules: kiritimati(t), Company: b1, CompanyID: "b1/demo",
				CallTimeout: 20 * time.Millisecond, Settle: 50 * time.Millisecond, Looks: 3})
			b.key = b.stage(strings.Replace(c.document, "10:00:00", "10:00:01", 2))
			err := b.insert()
			doc := b.get()
			switch {
			case c.waits == "" && (doc.Status != order.Held || doc.Reason.Code != "b1_refused"):
				t.Errorf("the order is %s (%v), %v; want held as refused", doc.Status, doc.Reason, err)
			case c.waits != "" && (err != nil || doc.Status != order.Pending || !strings.Contains(doc.Reason.Message, c.waits)):
				t.Errorf("the order is %s (%v), %v; want it to wait for %s", doc.Status, doc.Reason, err, c.waits)
			}
			if len(b1.asked) != c.asked {
				t.Errorf("asked for %q, want %d questions", b1.asked, c.asked)
			}
			if want := time.Now().Add(14 * time.Hour).UTC().Format(time.DateOnly); c.waits != "" && b1.asked[0] != c.waits+" "+want {
				t.Errorf("asked for %s, want the company's day %s", b1.asked[0], want)
			}
		})
	}
}

// kiritimati are the example rules of a company whose days begin half a day before the others'.
func kiritimati(t *testing.T) *mapping.Rules {
	t.Helper()
	rules, err := mapping.ParseRules([]byte(strings.Replace(exampleRulesText(t), "\n  # time_zone: America/Los_Angeles", "\n  time_zone: Pacific/Kiritimati", 1)))
	if err != nil {
		t.Fatal(err)
	}
	return rules
}
