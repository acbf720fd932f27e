package activities_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"datawald/activities"
	"datawald/order"
	"datawald/sandbox/b1sim"
	"datawald/sapb1"
	"datawald/store"
)

// rivalPairs are two deployments of the same name, and two of different ones whose rules give orders the same references.
var rivalPairs = [][]string{{"main", "main"}, {"main", "eu"}}

// Two deployments that share nothing but B1 send the same orders at the same moment, each after a look that found nothing. The
// first part shows that claims and looks are no help there: sent without the ledger, the orders are made twice.
func TestLedger_TwoDeploymentsWithoutACommonStoreMakeOneOrder(t *testing.T) {
	t.Parallel()
	const orders = 8
	t.Run("without it they make two", func(t *testing.T) {
		t.Parallel()
		r := newRivals(t, b1sim.Config{}, "", "main", "main")
		r.post(orders)
		if r.doubled(orders) == 0 {
			t.Errorf("no order of %d was made twice, so this test shows nothing", orders)
		}
	})
	table := []b1sim.UserTable{{Name: ledgerTable}}
	for _, fault := range []b1sim.Fault{"", b1sim.CommitThenDrop, b1sim.CommitThenBadGateway, b1sim.Commit1116Committed, b1sim.CommitFailed1116,
		b1sim.RefuseBeforeCommit, b1sim.BadGatewayBefore, b1sim.Empty500, b1sim.ReplyLate, b1sim.BatchVetoDrop, b1sim.SessionExpire} {
		for _, names := range rivalPairs {
			t.Run(fmt.Sprint(fault, " ", names), func(t *testing.T) {
				t.Parallel()
				timeout := patient
				if fault == b1sim.ReplyLate {
					timeout = hasty
				}
				r := newRivalsWith(t, timeout, b1sim.Config{UserTables: table}, ledgerTable, names...)
				for n := 1; fault != "" && n <= orders; n++ { // each order once: one that is struck three times is held
					rule := b1sim.Rule{Fault: fault, Times: 1, Match: "POST $batch", Key: fmt.Sprintf("%09d", n)}
					if fault == b1sim.ReplyLate {
						rule.Delay = b1sim.Duration(time.Second)
					}
					if err := r.b1.Inject(rule); err != nil {
						t.Fatal(err)
					}
				}
				for i, outcomes := range r.post(orders) {
					isPosted(t, outcomes)
					if n := r.b1.CountByNumAtCard(fmt.Sprintf("%09d", i+1)); n != 1 {
						t.Errorf("B1 has %d sales orders of order %d, want one", n, i+1)
					}
				}
				if rows := r.rows(); len(rows) != orders || !strings.HasSuffix(rows["000000001"], ":1:000000001") {
					t.Errorf("the ledger is %v, want a row for each of %d orders, named by its key", rows, orders)
				}
			})
		}
	}
}

// B1 goes on with an order whose caller has given up, and commits it when the looks are over and it is sent again. Without the
// ledger that makes two; this is what is left of doubt without it.
func TestLedger_AnOrderThatB1CommitsAfterTheLooksIsMadeOnce(t *testing.T) {
	t.Parallel()
	for table, want := range map[string]int{"": 2, ledgerTable: 1} {
		r := newRivalsWith(t, hasty, b1sim.Config{UserTables: []b1sim.UserTable{{Name: ledgerTable}}}, table, "main")
		if err := r.b1.Inject(b1sim.Rule{Fault: b1sim.Slow, Match: "POST Orders", Times: 1, Delay: b1sim.Duration(1500 * time.Millisecond)}); err != nil {
			t.Fatal(err)
		}
		isPosted(t, r.post(1)[0])
		r.server.Close() // waits for the slow call
		if n := r.b1.CountByNumAtCard("000000001"); n != want {
			t.Errorf("with the table %q B1 has %d sales orders, want %d", table, n, want)
		}
	}
}

// A table that the Service Layer does not show is nobody's order's fault: the run ends, and nothing is held.
func TestLedger_AMissingTableStopsTheLaneAndHoldsNothing(t *testing.T) {
	t.Parallel()
	r := newRivals(t, b1sim.Config{}, ledgerTable, "main")
	c := r.all[0]
	c.key = c.buy(1)
	err := c.insert()
	if typeOf(err) != activities.TypeConfig || !strings.Contains(err.Error(), "run starter b1 prepare, have the Service Layer restarted") {
		t.Errorf("error is %v, want one of configuration that says what to run", err)
	}
	if doc := c.get(); doc.Status != order.Pending || doc.Intent != nil || doc.Claim != nil {
		t.Errorf("the order is %s with the intent %+v, want pending without", doc.Status, doc.Intent)
	}
	if n := r.b1.Traffic().Calls["POST $batch"]; n != 0 {
		t.Errorf("it was sent %d times", n)
	}
}

// A row without an order (somebody deleted the order's document, or wrote the row by hand) keeps the order out for good; a person
// is told which row it is, and deleting it mends it.
func TestLedger_ARowWithoutAnOrderHoldsUntilItIsDeleted(t *testing.T) {
	t.Parallel()
	r := newRivals(t, b1sim.Config{UserTables: []b1sim.UserTable{{Name: ledgerTable}}}, ledgerTable, "main")
	c := r.all[0]
	remove := r.writeRow("000000001")
	doc := c.post(c.acts, c.buy(1))
	if doc.Status != order.Held || doc.Reason.Code != "b1_ledger_taken" {
		t.Fatalf("the order is %s: %v", doc.Status, doc.Reason)
	}
	for _, part := range []string{"@" + ledgerTable, "000000001", "sales order"} {
		if !strings.Contains(doc.Reason.Message, part) {
			t.Errorf("the message %q does not name %q", doc.Reason.Message, part)
		}
	}
	remove()
	c.resync(document)
	if doc := c.post(c.acts, doc.Key); doc.Status != order.Posted || r.b1.CountByNumAtCard("000000001") != 1 {
		t.Errorf("after the row was deleted the order is %s: %v", doc.Status, doc.Reason)
	}
}

// Without such a row it is another key of B1 that is taken, as without the ledger.
func TestLedger_AnotherKeyThatIsTakenIsToldAsWithoutIt(t *testing.T) {
	t.Parallel()
	c := &company{onCreate: func(*sapb1.SalesOrder) error {
		return &order.Failure{Kind: order.Unknown, System: "b1", Op: "POST $batch", Code: "-2035", Message: "This entry already exists"}
	}}
	b := newBench(t, c)
	b.useLedger()
	b.untilSettled()
	if doc := b.get(); doc.Status != order.Held || doc.Reason.Code != "b1_duplicate_key" || c.created.Load() != 1 {
		t.Errorf("after %d sendings the order is %s: %v", c.created.Load(), doc.Status, doc.Reason)
	}
}

// Whether the draft of an approval procedure outlives the change set in which B1 answers -2028 is not confirmed: both end well.
func TestLedger_AnApprovalProcedureEndsInADraftOrInAHoldThatNamesIt(t *testing.T) {
	t.Parallel()
	for _, outlives := range []bool{false, true} {
		t.Run(fmt.Sprint("the draft stays: ", outlives), func(t *testing.T) {
			t.Parallel()
			r := newRivals(t, b1sim.Config{UserTables: []b1sim.UserTable{{Name: ledgerTable}}, DraftOutlivesSet: outlives, Approval: b1sim.Approval{On: true}}, ledgerTable, "main")
			c := r.all[0]
			doc := c.post(c.acts, c.buy(1))
			if outlives {
				if doc.Status != order.Draft || len(r.b1.Drafts()) != 1 {
					t.Errorf("the order is %s: %v, with %d drafts", doc.Status, doc.Reason, len(r.b1.Drafts()))
				}
				return
			}
			if doc.Status != order.Held || doc.Reason.Code != "b1_no_match" || !strings.Contains(doc.Reason.Message, "ledger mode") ||
				!strings.Contains(doc.Reason.Hint, "approval procedure") {
				t.Errorf("the order is %s: %v (%s)", doc.Status, doc.Reason, doc.Reason.Hint)
			}
			r.b1.SetApproval(b1sim.Approval{})
			c.resync(document)
			if doc := c.post(c.acts, doc.Key); doc.Status != order.Posted {
				t.Errorf("after the procedure was taken away the order is %s: %v", doc.Status, doc.Reason)
			}
		})
	}
}

// The code follows from the reference alone, so that deployments of any name collide; one for each document that is replaced.
func TestLedger_TheRowFollowsFromTheReferenceAndFitsB1(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("ü", 60)
	key, longest := order.Key("main:1:000000001"), order.Key(strings.Repeat("i", 32)+":1:"+strings.Repeat("9", 90))
	for _, c := range []struct {
		key        order.Key
		intent     store.Intent
		code, name string // empty: whatever, as long as it fits
	}{
		{key, store.Intent{Reference: "000000001"}, "000000001", "main:1:000000001"},
		{"eu:1:000000001", store.Intent{Reference: "000000001"}, "000000001", "eu:1:000000001"},
		{key, store.Intent{Reference: "000000001", Replaces: 4711}, "000000001/4711", "main:1:000000001/4711"},
		{key, store.Intent{Reference: "000000001", Replaces: 4711, ReplacesDraft: true}, "000000001/D4711", "main:1:000000001/D4711"},
		{longest, store.Intent{Reference: long}, "", ""},
		{longest, store.Intent{Reference: long, Replaces: 2147483647, ReplacesDraft: true}, "", ""},
		{longest, store.Intent{Reference: long, Replaces: 2147483647}, "", ""},
		{key, store.Intent{Reference: strings.Repeat("x", 50)}, strings.Repeat("x", 50), ""},
		{key, store.Intent{Reference: strings.Repeat("x", 50), Replaces: 1}, "", ""},
	} {
		row := activities.LedgerRow(ledgerTable, c.key, &c.intent)
		if c.code != "" && row.Code != c.code || c.name != "" && row.Name != c.name {
			t.Errorf("%+v has the row %+v, want %s and %s", c.intent, row, c.code, c.name)
		}
		if n, m := len([]rune(row.Code)), len([]rune(row.Name)); n == 0 || n > 50 || m == 0 || m > 100 {
			t.Errorf("code %q and name %q have %d and %d characters, B1 takes 50 and 100", row.Code, row.Name, n, m)
		}
		if again := activities.LedgerRow(ledgerTable, "other:2:3", &c.intent); again.Code != row.Code {
			t.Errorf("the code is %q for one deployment and %q for another", row.Code, again.Code)
		}
		c.intent.Replaces++
		if other := activities.LedgerRow(ledgerTable, c.key, &c.intent); other.Code == row.Code || other.Name == row.Name {
			t.Errorf("%+v for another document replaced has the row %+v as well", c.intent, other)
		}
	}
}
