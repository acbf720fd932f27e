package main

import (
	"maps"
	"slices"
	"testing"
	"time"

	"github.com/shopspring/decimal"
	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"
	"go.temporal.io/sdk/client"

	"datawald/order"
	"datawald/sandbox/b1sim"
	"datawald/sandbox/magentosim"
	"datawald/store"
	"datawald/workflows"
)

// reconciled runs a reconciliation of all orders and gives its record.
func (w *world) reconciled(change ...func(*workflows.ReconcileInput)) store.Run {
	w.t.Helper()
	in := workflows.ReconcileInput{Instance: w.instance, From: time.Now().AddDate(-1, 0, 0).UTC(), To: time.Now().Add(time.Hour).UTC(), Heal: true, Actor: "test"}
	for _, c := range change {
		c(&in)
	}
	run, err := w.temporal.ExecuteWorkflow(w.t.Context(), client.StartWorkflowOptions{ID: workflows.ReconcileID(w.instance), TaskQueue: w.queue}, "Reconcile", in)
	if err != nil {
		w.t.Fatal(err)
	}
	var result store.Run
	if err := run.Get(w.t.Context(), &result); err != nil {
		w.t.Fatal("Reconcile:", err)
	}
	return result
}

// hide removes orders from the store, as a damaged disk or a hand would.
func (w *world) hide(keys []order.Key) {
	w.t.Helper()
	c, err := mongo.Connect(options.Client().ApplyURI(w.mongoURI))
	if err != nil {
		w.t.Fatal(err)
	}
	defer c.Disconnect(w.t.Context())
	gone, err := c.Database(w.database).Collection("orders").DeleteMany(w.t.Context(), bson.D{{Key: "_id", Value: bson.D{{Key: "$in", Value: keys}}}})
	if err != nil || gone.DeletedCount != int64(len(keys)) {
		w.t.Fatalf("%+v, %v: want %d hidden", gone, err, len(keys))
	}
}

// openFindings gives what is open, by kind and order.
func (w *world) openFindings() map[store.FindingKind][]order.Key {
	w.t.Helper()
	all, err := w.db.Findings(w.t.Context(), store.FindingFilter{Instance: w.instance, Open: true, Limit: 1000})
	if err != nil {
		w.t.Fatal(err)
	}
	open := map[store.FindingKind][]order.Key{}
	for _, f := range all {
		if f.Reason.Message == "" || f.Reason.Hint == "" || f.Reason.Code == "" {
			w.t.Errorf("the finding %s does not say what to do: %+v", f.ID, f.Reason)
		}
		open[f.Kind] = append(open[f.Kind], f.Key)
	}
	for _, keys := range open {
		slices.Sort(keys)
	}
	return open
}

// sums says what is wrong with an account: each order in one line, as many as the shop counts.
func (w *world) sums(run store.Run, placed int) {
	w.t.Helper()
	r, sum := run.Reconciliation, int64(0)
	for _, n := range r.Lines {
		sum += n
	}
	if sum != int64(placed) || r.Orders != sum || r.Total != sum || len(run.Errors) > 0 || r.Phase != store.ReconcileEnded || run.EndedAt == nil {
		w.t.Fatalf("the account of %d orders is %+v, errors %q", placed, r, run.Errors)
	}
}

// The whole: books are tampered with behind the code's back, in all ways at once; a reconciliation finds exactly that, mends what can be mended, and nothing
// is posted twice. Fails without: the second look under DocEntry (a renamed order is sent anew), the intent that healing leaves (a renamed one, when it is
// taken up), ReferenceOwner in notOthers.
func TestReconcile_FindsExactlyWhatWasTamperedWith(t *testing.T) {
	w := newWorld(t, 150)
	w.startWorker()
	w.sync()
	w.eventually("all orders are settled", func() bool { return w.counts()[order.Pending] == 0 })
	clean := w.reconciled()
	w.sums(clean, 150)
	if open := w.openFindings(); len(open) != 0 {
		t.Fatalf("books that agree have findings: %v", open)
	}

	var posted []magentosim.Placed
	for _, p := range w.shop.Orders() {
		if w.get(p).Status == order.Posted {
			posted = append(posted, p)
		}
	}
	if len(posted) < 60 {
		t.Fatalf("%d are posted, too few for this test", len(posted))
	}
	want := map[store.FindingKind][]order.Key{}
	part := func(kind store.FindingKind, n int) (some []magentosim.Placed) {
		some, posted = posted[:n], posted[n:]
		for _, p := range some {
			want[kind] = append(want[kind], w.key(p))
		}
		slices.Sort(want[kind])
		return some
	}
	tamper := func(do b1sim.Tamper, p magentosim.Placed) {
		t.Helper()
		do.Key = p.IncrementID
		if err := w.company.Tamper(do); err != nil {
			t.Fatal(err)
		}
	}
	deleted := part(store.FindMissingInB1, 37)
	for _, p := range deleted {
		tamper(b1sim.Tamper{Do: "remove"}, p)
	}
	for _, p := range part(store.FindDuplicate, 5) {
		tamper(b1sim.Tamper{Do: "duplicate"}, p)
	}
	for n, p := range part(store.FindTotalDiffers, 3) {
		tamper(b1sim.Tamper{Do: "add", Amount: []decimal.Decimal{decimal.RequireFromString("0.01"), decimal.RequireFromString("-1"), decimal.RequireFromString("100")}[n]}, p)
	}
	for _, p := range part(store.FindKeyChanged, 2) {
		tamper(b1sim.Tamper{Do: "rename", To: "by hand " + p.IncrementID}, p)
	}
	for _, p := range part(store.FindCancelledInB1, 2) {
		if err := w.company.Cancel(p.IncrementID); err != nil {
			t.Fatal(err)
		}
	}
	hidden := part(store.FindMissingInStore, 11)
	w.hide(want[store.FindMissingInStore])

	run := w.reconciled()
	w.sums(run, 150)
	if open := w.openFindings(); !maps.EqualFunc(open, want, slices.Equal) {
		t.Fatalf("found\n%v\nwant\n%v", open, want)
	}
	r := run.Reconciliation
	if r.Healed[store.FindMissingInB1] != 37 || r.Healed[store.FindMissingInStore] != 11 || r.Healed[store.FindCancelledInB1] != 2 || len(r.Healed) != 3 || r.Findings[store.FindDuplicate] != 5 {
		t.Fatalf("mended: %v of %v", r.Healed, r.Findings)
	}

	w.sync()
	w.eventually("all orders are settled", func() bool { return w.counts()[order.Pending] == 0 })
	again := w.reconciled()
	w.sums(again, 150)
	delete(want, store.FindMissingInB1)
	delete(want, store.FindMissingInStore)
	delete(want, store.FindCancelledInB1)
	if open := w.openFindings(); !maps.EqualFunc(open, want, slices.Equal) || again.Reconciliation.Resolved != 50 {
		t.Fatalf("after it is mended\n%v\nare open, want\n%v; %d resolved", open, want, again.Reconciliation.Resolved)
	}
	live := map[string]int{}
	for _, o := range w.company.Orders() {
		live[o.Key]++
	}
	for _, p := range append(deleted, hidden...) {
		if doc := w.get(p); doc.Status != order.Posted || live[p.IncrementID] != 1 {
			t.Errorf("order %s is %s (%+v), B1 has it %d times", p.IncrementID, doc.Status, doc.Reason, live[p.IncrementID])
		}
	}
	for key, n := range live {
		if n > 1 && !slices.ContainsFunc(want[store.FindDuplicate], func(k order.Key) bool { return k.IncrementID() == key }) {
			t.Errorf("B1 has %s %d times", key, n)
		}
	}
}
