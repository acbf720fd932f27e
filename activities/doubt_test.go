package activities_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/shopspring/decimal"
	"go.temporal.io/sdk/temporal"

	"datawald/activities"
	"datawald/order"
	"datawald/sapb1"
	"datawald/store"
)

// at gives the test document another content at another time.
func at(when string, changes ...string) string {
	pairs := append([]string{`"updated_at":"2026-11-01 10:00:00"`, `"updated_at":"2026-11-01 ` + when + `"`}, changes...)
	return strings.NewReplacer(pairs...).Replace(document)
}

// existing is a sales order as B1 would have it of the test document.
func existing(change func(*sapb1.Document)) sapb1.Document {
	d := sapb1.Document{DocEntry: 7, DocNum: 70, CardCode: "C-WEB", NumAtCard: "000000001", DocCurrency: "USD",
		DocTotal: sapb1.NewAmount(decimal.NewFromInt(24)), Lines: make([]sapb1.LineReadBack, 1), Cancelled: "tNO"}
	if change != nil {
		change(&d)
	}
	return d
}

var errLost = &order.Failure{Kind: order.Unknown, System: "b1", Op: "POST Orders", Code: "no_answer", Message: "no answer: timed out"}

// losing makes B1 lose the replies of so many sendings; committed says whether it has made the order all the same.
func losing(c *company, times int, committed bool) {
	c.onCreate = func(*sapb1.SalesOrder) error {
		if times == 0 {
			return nil
		}
		times--
		if committed {
			c.mu.Lock()
			c.orders = append(c.orders, existing(nil))
			c.mu.Unlock()
		}
		return errLost
	}
}

// untilSettled runs the activity as Temporal would, until the order is no longer pending.
func (b *bench) untilSettled() {
	b.t.Helper()
	b.until(func() bool { return b.get().Status != order.Pending })
}

// until runs the activity as Temporal would, each time after the wait that it asked for, until something is reached.
func (b *bench) until(reached func() bool) {
	b.t.Helper()
	for attempt := 0; !reached(); attempt++ {
		if attempt > 100 {
			b.t.Fatal("it is never reached")
		}
		err := b.insert()
		if err != nil && typeOf(err) != activities.TypeUnresolved && typeOf(err) != activities.TypeHeld {
			b.t.Fatal(err)
		}
		wait := comeBack(err)
		if wait > 20*time.Second {
			b.t.Fatalf("it wants to be tried again in %s only: %v", wait, err)
		}
		<-time.After(wait)
	}
}

// comeBack is when an attempt wants to be tried again; at once when it does not say.
func comeBack(err error) time.Duration {
	application, _ := errors.AsType[*temporal.ApplicationError](err)
	if application == nil {
		return 0
	}
	return application.NextRetryDelay()
}

func (b *bench) want(status order.Status, code string) {
	b.t.Helper()
	doc := b.get()
	got := ""
	if doc.Reason != nil {
		got = doc.Reason.Code
	}
	if doc.Status != status || got != code {
		b.t.Errorf("order is %s (%s: %v), want %s (%s)", doc.Status, got, doc.Reason, status, code)
	}
}

func TestInsertOrder_ASecondOrderUnderTheSameReferenceIsHeld(t *testing.T) {
	t.Parallel()
	b := newBench(t, &company{})
	if err := b.insert(); err != nil {
		t.Fatal(err)
	}
	b.key = b.stage(strings.Replace(document, `"store_id":1`, `"store_id":3`, 1))
	if err := b.insert(); typeOf(err) != activities.TypeHeld {
		t.Errorf("ended with %v, want held", err)
	}
	b.want(order.Held, "reference_taken")
}

func TestStage_AnOrderThatIsAgainWhatItWasIsTakenUpAgain(t *testing.T) {
	t.Parallel()
	b := newBench(t, &company{})
	b.stage(at("11:00:00", `"state":"processing"`, `"state":"holded"`))
	b.want(order.Excluded, "state:holded")
	b.stage(at("12:00:00"))
	b.want(order.Pending, "")
	b.stage(at("11:30:00", `"state":"processing"`, `"state":"holded"`)) // an older version, late
	b.want(order.Pending, "")
}

func TestInsertOrder_AHeldOrderThatIsTriedAgainIsNotForgotten(t *testing.T) {
	t.Parallel()
	c := &company{onCreate: func(*sapb1.SalesOrder) error {
		return &order.Failure{Kind: order.Permanent, System: "b1", Op: "POST Orders", Code: "-10", Message: "no such item"}
	}}
	b := newBench(t, c)
	if err := b.insert(); typeOf(err) != activities.TypeHeld {
		t.Fatal(err)
	}
	losing(c, 1, true)
	if err := b.insert(); typeOf(err) != activities.TypeUnresolved {
		t.Fatalf("ended with %v, want unresolved", err)
	}
	b.want(order.Pending, "") // the next run comes back to it
	b.untilSettled()
	b.want(order.Posted, "")
	if c.created.Load() != 2 {
		t.Errorf("sent %d times, want 2: refused, then lost", c.created.Load())
	}
}

func TestInsertOrder_AnEditWhileItIsSentIsNoticed(t *testing.T) {
	t.Parallel()
	c := &company{}
	b := newBench(t, c)
	c.onCreate = func(*sapb1.SalesOrder) error {
		b.stage(at("11:00:00", "Long Lane 5", "Short Street 1"))
		c.mu.Lock()
		c.orders = append(c.orders, existing(nil))
		c.mu.Unlock()
		return errLost
	}
	b.untilSettled()
	if doc := b.get(); doc.Status != order.Posted || doc.Attention == nil || doc.Attention.Code != "changed_in_magento" {
		t.Errorf("order is %s with attention %v, want posted and a change noticed", doc.Status, doc.Attention)
	}
}

func TestInsertOrder_AnOrderInDoubtThatEndsInMagentoIsNotSentAgain(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		change []string
		status order.Status
		code   string
	}{
		"refunded":                  {[]string{`"state":"processing"`, `"state":"closed"`}, order.Excluded, "state:closed"},
		"cancelled":                 {[]string{`"state":"processing"`, `"state":"canceled"`}, order.Cancelled, "cancelled_in_magento"},
		"cancelled, the state lost": {[]string{`"state":"processing","status":"processing"`, `"status":"canceled"`}, order.Cancelled, "cancelled_in_magento"},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := &company{}
			losing(c, 1, false)
			b := newBench(t, c)
			if err := b.insert(); typeOf(err) != activities.TypeUnresolved {
				t.Fatal(err)
			}
			b.stage(at("11:00:00", tc.change...))
			b.untilSettled()
			b.want(tc.status, tc.code)
			if c.created.Load() != 1 {
				t.Errorf("sent %d times, want once", c.created.Load())
			}
		})
	}
}

func TestInsertOrder_NoClearAnswerAsksAPerson(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		answer string
		code   string
		sends  int32
	}{
		"a server error each time": {"500", "b1_no_clear_answer", 3},
		"a unique key elsewhere":   {"-2035", "b1_duplicate_key", 1},
		"no match and no draft":    {"-2028", "b1_no_match", 1},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := &company{onCreate: func(*sapb1.SalesOrder) error {
				return &order.Failure{Kind: order.Unknown, System: "b1", Op: "POST Orders", Code: tc.answer, Message: "hm"}
			}}
			b := newBench(t, c)
			b.untilSettled()
			b.want(order.Held, tc.code)
			if c.created.Load() != tc.sends {
				t.Errorf("sent %d times, want %d", c.created.Load(), tc.sends)
			}
		})
	}
}

func TestInsertOrder_AnOrderInDoubtIsLookedForEvenIfItCouldNotBeSentToday(t *testing.T) {
	t.Parallel()
	c := &company{}
	losing(c, 1, true)
	b := newBench(t, c)
	if err := b.insert(); typeOf(err) != activities.TypeUnresolved {
		t.Fatal(err)
	}
	b.rules.Default.Payments = nil // nobody knows checkmo any more
	b.untilSettled()
	b.want(order.Posted, "")
}

func TestStage_AnUnreadableVersionIsNotReplacedByTheOneBefore(t *testing.T) {
	t.Parallel()
	c := &company{}
	b := newBench(t, c)
	b.stage(at("11:00:00", `"grand_total":24`, `"grand_total":{"a":1}`))
	b.want(order.Held, "document_unreadable")
	if err := b.insert(); typeOf(err) != activities.TypeHeld {
		t.Errorf("ended with %v, want held", err)
	}
	if c.created.Load() != 0 {
		t.Error("the version before was sent")
	}
}

func TestInsertOrder_DocumentsOfOthersAreNotTakenForOurs(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		document sapb1.Document
		status   order.Status
		code     string
		sends    int32
	}{
		"of another customer":                  {existing(func(d *sapb1.Document) { d.CardCode = "C20000" }), order.Held, "reference_in_use", 0},
		"of another customer, cancelled":       {existing(func(d *sapb1.Document) { d.CardCode, d.Cancelled = "C20000", "tYES" }), order.Posted, "", 1},
		"cancelled before this order was sent": {existing(func(d *sapb1.Document) { d.Cancelled = "tYES" }), order.Held, "reference_cancelled", 0},
		"ours, typed by a person":              {existing(nil), order.Posted, "", 0},
		"ours, with another total":             {existing(func(d *sapb1.Document) { d.DocTotal = sapb1.NewAmount(decimal.NewFromInt(23)) }), order.Held, "b1_total_differs", 0},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := &company{orders: []sapb1.Document{tc.document}}
			b := newBench(t, c)
			b.untilSettled()
			b.want(tc.status, tc.code)
			if c.created.Load() != tc.sends {
				t.Errorf("sent %d times, want %d", c.created.Load(), tc.sends)
			}
		})
	}
}

func TestInsertOrder_AResyncSendsACancelledOrderAnew(t *testing.T) {
	t.Parallel()
	c := &company{orders: []sapb1.Document{existing(func(d *sapb1.Document) { d.Cancelled = "tYES" })}}
	b := newBench(t, c)
	b.untilSettled()
	b.want(order.Held, "reference_cancelled")
	b.resync(document)
	b.untilSettled()
	b.want(order.Posted, "")
}

func TestInsertOrder_ADraftThatIsGoneAndSentAnewStaysProtected(t *testing.T) {
	t.Parallel()
	c := &company{}
	b := newBench(t, c)
	if _, err := b.db.Change(t.Context(), b.key, func(doc *store.Staged) error {
		doc.Status, doc.Reason = order.Held, &order.Reason{Code: "draft_rejected", Message: "rejected"}
		doc.BO = &store.BackOffice{DocEntry: 5, Draft: true, Reference: "000000001"}
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	losing(c, 1, true) // the draft was removed; the new sending is committed and its reply lost
	lose := c.onCreate
	c.onCreate = func(o *sapb1.SalesOrder) error {
		if n := b.get().Intent; n == nil || n.Replaces != 5 || !n.ReplacesDraft {
			t.Errorf("while B1 is at work the intent is %+v, want it to replace draft 5", n)
		}
		return lose(o)
	}
	if err := b.insert(); typeOf(err) != activities.TypeUnresolved {
		t.Fatal(err)
	}
	b.untilSettled()
	b.want(order.Posted, "")
	if c.created.Load() != 1 {
		t.Errorf("sent %d times, want once", c.created.Load())
	}
	if doc := b.get(); doc.PostedHash != doc.ContentHash || doc.Attention != nil {
		t.Errorf("posted hash %q of %q, attention %v", doc.PostedHash, doc.ContentHash, doc.Attention)
	}
}
