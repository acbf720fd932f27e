package main

import (
	"bytes"
	"log/slog"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"go.temporal.io/sdk/client"

	"datawald/activities"
	deskof "datawald/gateway/desk"
	"datawald/order"
	"datawald/preview"
	"datawald/sandbox/magentosim"
	"datawald/sandbox/testkit"
	"datawald/store"
	"datawald/workflows"
)

// eraseAll erases what is final, whatever its age, as a worker does.
func (w *world) eraseAll() {
	w.t.Helper()
	for more := true; more; {
		var err error
		if _, more, err = activities.EraseOld(w.t.Context(), w.db, w.instance, -time.Hour, 2); err != nil {
			w.t.Fatal(err)
		}
	}
}

func (w *world) versions(p magentosim.Placed) int {
	w.t.Helper()
	all, err := w.db.PayloadVersions(w.t.Context(), w.key(p))
	if err != nil {
		w.t.Fatal(err)
	}
	return len(all)
}

func names(o *order.Order) string {
	return o.Customer.Email + o.Customer.LastName + o.Billing.LastName + strings.Join(o.Billing.Street, "") + o.Billing.City
}

// insert runs InsertOrder as somebody does who starts it by hand.
func (w *world) insert(key order.Key) {
	w.t.Helper()
	run, err := w.temporal.ExecuteWorkflow(w.t.Context(), client.StartWorkflowOptions{ID: workflows.InsertOrderID(key), TaskQueue: w.queue},
		"InsertOrder", workflows.InsertOrderInput{Key: key})
	if err != nil {
		w.t.Fatal(err)
	}
	if err := run.Get(w.t.Context(), nil); err != nil {
		w.t.Fatal(err)
	}
}

// Of orders that are done the personal data go and the account stays; nothing is posted again, brought in by rules, or brought back by what is the same. Who
// asks for an order by its number brings it back.
// Fails without: Final in what may be erased; ErasedAt in ruledOut, in post, in FromStore and in the desk's table; dropErased.
func TestRetention_TheAccountOfAnOrderStays(t *testing.T) {
	w := newWorld(t, 0)
	w.startWorker()
	posted, left := w.place("simple", 1), w.placeIn("pending_payment", "simple")
	held, skipped := w.place("forgotten", 1), w.place("forgotten", 1)
	w.sync()
	w.eventually("all are settled", func() bool {
		return w.get(posted).Status == order.Posted && w.get(held).Status == order.Held && w.get(skipped).Status == order.Held && w.get(left).Status == order.Excluded
	})
	if _, err := deskof.Do(t.Context(), w.db, w.key(skipped), deskof.Request{Action: deskof.Skip, By: "anna", Why: "double"}); err != nil {
		t.Fatal(err)
	}
	// A rule that has a term comes back to the order by itself; the term is over, and the rule says so no more.
	if _, err := w.db.Change(t.Context(), w.key(left), func(d *store.Staged) error { d.DueAt = time.Time{}; return nil }); err != nil {
		t.Fatal(err)
	}
	before := map[magentosim.Placed]*store.Staged{}
	for _, p := range []magentosim.Placed{posted, left, skipped, held} {
		before[p] = w.get(p)
	}
	w.eraseAll()
	for _, p := range []magentosim.Placed{posted, left, skipped} {
		was, is := before[p], w.get(p)
		if text := names(is.Order); text != "" || w.versions(p) != 0 || !is.Erased() {
			t.Errorf("order %s still says %q, and has %d documents", p.IncrementID, text, w.versions(p))
		}
		if is.Status != was.Status || is.ContentHash != was.ContentHash || is.PostedHash != was.PostedHash || is.Reference != was.Reference ||
			!is.Order.Totals.Grand.Equal(was.Order.Totals.Grand) || len(is.Order.Lines) != len(was.Order.Lines) || len(is.Timeline) != len(was.Timeline)+1 || (is.BO == nil) != (was.BO == nil) {
			t.Errorf("the account of order %s has changed: %+v, was %+v", p.IncrementID, is, was)
		}
	}
	if is := w.get(held); is.Erased() || names(is.Order) == "" || w.versions(held) != 1 {
		t.Error("a held order was erased: nobody can see what it is about")
	}
	rev := w.get(posted).Rev
	w.eraseAll() // what is erased is not written again
	if n := w.get(posted).Rev; n != rev {
		t.Errorf("the order was written %d times more", n-rev)
	}

	// The run reads back over the last minute: all of them come again as they were.
	if run := w.sync(); run.Counts.Read < 4 {
		t.Fatalf("the run read %d orders, want the overlap", run.Counts.Read)
	}
	for _, p := range []magentosim.Placed{posted, left, skipped} {
		if is := w.get(p); !is.Erased() || w.versions(p) != 0 {
			t.Errorf("order %s came back by itself, with %d documents", p.IncrementID, w.versions(p))
		}
	}
	// Somebody starts its workflow by hand, with rules that would let it in.
	i := w.settings.All[0]
	if _, err := w.db.Change(t.Context(), w.key(left), func(d *store.Staged) error { d.Magento.State, d.Order.State = "processing", "processing"; return nil }); err != nil {
		t.Fatal(err)
	}
	w.insert(w.key(left))
	if n := len(w.company.Orders()); n != 1 || w.get(left).Status != order.Excluded {
		t.Errorf("B1 has %d orders, and the order without a buyer is %s", n, w.get(left).Status)
	}
	s, err := preview.FromStore(t.Context(), w.db, w.get(left), i.Rules)
	if err != nil || s.Order != nil || s.Unreadable == nil || !strings.Contains(s.Unreadable.Message, "erased") {
		t.Errorf("its preview is %+v, %v", s, err)
	}
	if _, err := deskof.Do(t.Context(), w.db, w.key(skipped), deskof.Request{Action: deskof.Resume, By: "anna"}); err == nil || !strings.Contains(err.Error(), "erased") {
		t.Errorf("an order without a buyer was resumed: %v", err)
	}

	w.resync(workflows.ResyncOrdersInput{IncrementIDs: []string{posted.IncrementID, skipped.IncrementID}})
	for _, p := range []magentosim.Placed{posted, skipped} {
		if is := w.get(p); is.Erased() || names(is.Order) == "" || w.versions(p) != 1 || is.Status != before[p].Status || is.Attention != nil {
			t.Errorf("after a resync order %s is %+v", p.IncrementID, is)
		}
	}
	if n := len(w.company.Orders()); n != 1 {
		t.Errorf("B1 has %d orders, want 1: nothing is posted again", n)
	}
}

// Rules that changed since do not ask what was erased. Fails without: ErasedAt in ruledOut.
func TestRetention_ChangedRulesLeaveErasedOrdersAlone(t *testing.T) {
	w := newWorld(t, 0)
	w.startWorker()
	left := w.placeIn("pending_payment", "simple")
	w.sync()
	if _, err := w.db.Change(t.Context(), w.key(left), func(d *store.Staged) error { d.DueAt = time.Time{}; return nil }); err != nil {
		t.Fatal(err)
	}
	w.eraseAll()
	// By today's rules it would come in.
	if _, err := w.db.Change(t.Context(), w.key(left), func(d *store.Staged) error { d.Order.State, d.Order.Status = "processing", "processing"; return nil }); err != nil {
		t.Fatal(err)
	}
	a, i := activities.New(w.db, testkit.Silent(), activities.Instance{Name: w.instance, Rules: w.settings.All[0].Rules}), w.settings.All[0]
	result, err := a.Reconsider(t.Context(), activities.ReconsiderInput{Instance: w.instance, Rules: i.Rules.ID()})
	if err != nil || result.Open != 0 || w.get(left).Status != order.Excluded {
		t.Errorf("%+v, %v: the order is %s", result, err, w.get(left).Status)
	}
}

// Two workers erase each old order once, and only one of them does it at a time; another goes on when that one stops.
// Fails without: the lease in look; EndLease in stop.
func TestRetention_OneWorkerAtATime(t *testing.T) {
	db := testkit.Store(t)
	place := func(number string) {
		t.Helper()
		if _, err := db.Change(t.Context(), order.Key("main:1:"+number), func(d *store.Staged) error {
			d.Status, d.Order = order.Posted, &order.Order{Customer: order.Customer{Email: "anna@example.com"}}
			return nil
		}); err != nil {
			t.Fatal(err)
		}
	}
	erased := func(number string) bool {
		doc, err := db.Get(t.Context(), order.Key("main:1:"+number))
		return err == nil && doc.Erased() && doc.Order.Customer.Email == ""
	}
	wait := func(number string) {
		t.Helper()
		for deadline := time.Now().Add(time.Minute); !erased(number); time.Sleep(10 * time.Millisecond) {
			if time.Now().After(deadline) {
				t.Fatalf("order %s is not erased", number)
			}
		}
	}
	place("1")
	time.Sleep(5 * time.Millisecond) // older than the age below
	first := retain(t.Context(), retainer{db: db, instances: []string{"main"}, age: time.Millisecond, log: testkit.Silent()}, 10*time.Millisecond)
	wait("1")
	r := retainer{db: db, instances: []string{"main"}, age: time.Millisecond, owner: "second", log: testkit.Silent()}
	if taken, err := db.Lease(t.Context(), retention("main"), r.owner, time.Minute); taken || err != nil {
		t.Fatalf("a second worker erases beside the first: %v", err)
	}
	first()
	place("2")
	time.Sleep(5 * time.Millisecond)
	r.look(t.Context())
	if !erased("2") {
		t.Error("nobody goes on when the first has stopped")
	}
}

// Nothing is erased without an age, or while another worker has the turn; the turn of one instance is not that of another. What was done is said, and what went wrong.
// Fails without: the age in retain; taken in look; the instance in the name of the lease; both lines of the log.
func TestRetention_ErasesInItsTurnAndSaysSo(t *testing.T) {
	db, database := testkit.Database(t)
	const key order.Key = "main:1:1"
	if _, err := db.Change(t.Context(), key, func(d *store.Staged) error { d.Status, d.Order = order.Posted, &order.Order{}; return nil }); err != nil {
		t.Fatal(err)
	}
	time.Sleep(5 * time.Millisecond) // older than the age below
	erased := func() bool {
		doc, err := db.Get(t.Context(), key)
		if err != nil {
			t.Fatal(err)
		}
		return doc.Erased()
	}
	stop := retain(t.Context(), retainer{db: db, instances: []string{"main"}, log: testkit.Silent()}, time.Millisecond)
	time.Sleep(300 * time.Millisecond) // that something does not happen takes its time to see
	if stop(); erased() {
		t.Fatal("it is erased without an age")
	}
	var said bytes.Buffer
	r := retainer{db: db, instances: []string{"main"}, age: time.Millisecond, owner: "mine", log: slog.New(slog.NewTextHandler(&said, nil))}
	for _, instance := range []string{"main", "eu"} {
		if taken, err := db.Lease(t.Context(), retention(instance), "worker of "+instance, time.Hour); err != nil || !taken {
			t.Fatal(taken, err)
		}
	}
	if r.look(t.Context()); erased() || said.Len() > 0 {
		t.Fatalf("it is erased beside another worker: %s", said.String())
	}
	if err := db.EndLease(t.Context(), retention("main"), "worker of main"); err != nil {
		t.Fatal(err)
	}
	if r.look(t.Context()); !erased() || !strings.Contains(said.String(), "personal data of old orders erased\" instance=main orders=1") {
		t.Errorf("erased %t: %s", erased(), said.String())
	}
	said.Reset()
	var deaf atomic.Bool
	r.db = testkit.TappedStore(t, database, func(message []byte) bool { return deaf.Load() && testkit.HasAll(message, "find", "cuts") })
	deaf.Store(true)
	if r.look(t.Context()); !strings.Contains(said.String(), "are not erased yet") {
		t.Errorf("of a store that does not answer it says %q", said.String())
	}
}
