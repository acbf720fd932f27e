package main

import (
	"context"
	"encoding/json"
	"strings"
	"testing"
	"time"

	"go.temporal.io/sdk/client"

	"datawald/order"
	"datawald/sandbox/magentosim"
	"datawald/store"
	"datawald/watch"
)

func TestSyncWaitShowsWhatTheRunDid(t *testing.T) {
	r := newRig(t)
	r.startWorker()
	r.must("apply")
	r.firstRun()
	r.place("simple")
	r.place("forgotten")
	out := r.must("sync", "--wait")
	for _, part := range []string{"sync-orders:" + r.instance, " started\n", "read 2 (new 2), taken to B1 2 (posted 1, held 1)"} {
		if !strings.Contains(out, part) {
			t.Errorf("sync says %q, want %q in it", out, part)
		}
	}
}

func TestSyncWorksOnAPausedSchedule(t *testing.T) {
	r := newRig(t)
	r.startWorker()
	r.must("apply")
	r.firstRun()
	if err := r.schedule().Pause(t.Context(), client.SchedulePauseOptions{}); err != nil {
		t.Fatal(err)
	}
	if out := r.must("sync", "--wait", "--instance", r.instance); !strings.Contains(out, "read 0") {
		t.Errorf("sync says %q", out)
	}
}

func TestSyncStartsNoSecondRunBesideOneUnderWay(t *testing.T) {
	r := newRig(t)
	r.must("apply")
	if _, err := watch.Started(t.Context(), r.schedule(), nil); err != nil { // without a worker it stays open
		t.Fatal(err)
	}
	out := r.must("sync")
	if !strings.Contains(out, "is under way already; no other is started") {
		t.Errorf("sync says %q", out)
	}
	if n := r.describe().Info.NumActions; n != 1 {
		t.Errorf("%d runs, want 1", n)
	}
}

func TestSyncSaysThatNoWorkerListens(t *testing.T) {
	r := newRig(t)
	r.must("apply")
	ctx, cancel := context.WithCancel(t.Context())
	cancelled := make(chan struct{})
	heard := &listener{heard: func(s string) {
		if strings.Contains(s, "no worker listens") {
			cancel()
			close(cancelled)
		}
	}}
	code := run(ctx, []string{"sync", "--wait"}, streams{strings.NewReader(""), &strings.Builder{}, heard})
	<-cancelled
	if code != exitFailed || !strings.Contains(heard.all.String(), "stopped waiting; sync-orders:") {
		t.Errorf("exit %d: %s", code, heard.all.String())
	}
}

func TestSyncNeedsASchedule(t *testing.T) {
	r := newRig(t)
	code, _, errs := r.starter("sync")
	if want := "starter: " + r.instance + " has no schedule yet: create it with starter apply\n"; code != exitInput || errs != want {
		t.Errorf("exit %d: %q, want %q", code, errs, want)
	}
}

func TestResyncWaitNamesHeldAndMissingOrders(t *testing.T) {
	r := newRig(t)
	r.startWorker()
	posted, refused := r.place("simple"), r.place("forgotten")
	code, out, errs := r.starter("resync", posted, refused, posted, "999999999", "--wait")
	if code != exitHeld || errs != "" {
		t.Errorf("exit %d: %s", code, errs)
	}
	for _, part := range []string{
		"resync-orders:" + r.instance + ":", "read 2 (new 2), taken to B1 2 (posted 1, held 1)",
		"999999999 missing: Magento has no order with this number\n", r.instance + ":1:" + refused + " held: b1_refused: ",
	} {
		if !strings.Contains(out, part) {
			t.Errorf("resync says %q, want %q in it", out, part)
		}
	}
	if out := r.must("resync", posted, "--wait"); !strings.Contains(out, "taken to B1 0") {
		t.Errorf("resync of a posted order says %q", out)
	}
	code, out, _ = r.starter("resync", r.instance+":1:"+refused, r.instance+":2:"+refused, "--wait") // that of one store, and not of another
	if code != exitHeld || !strings.Contains(out, "read 1 ") || !strings.Contains(out, r.instance+":2:"+refused+" missing: ") || !strings.Contains(out, r.instance+":1:"+refused+" held: b1_refused: ") {
		t.Errorf("resync by keys: exit %d: %s", code, out)
	}
}

func TestResyncOfAnOrderThatMagentoCannotShow(t *testing.T) {
	r := newRig(t)
	r.startWorker()
	number := r.place("simple")
	if err := r.shop.SetFaults(func(f *magentosim.Faults) { f.PoisonEntityIDs, f.PoisonGetMissing = []int64{1}, true }); err != nil {
		t.Fatal(err)
	}
	code, out, errs := r.starter("resync", number, "--wait")
	if code != exitHeld || errs != "" || !strings.Contains(out, number+" held: magento_cannot_show: ") || strings.Contains(out, "missing") {
		t.Errorf("exit %d: %s%s, want it held as one that Magento cannot show", code, out, errs)
	}
	if code, out, errs := r.starter("resync", r.instance+":0:entity-1", "--wait"); code != exitHeld || !strings.Contains(out, "entity-1 held: magento_cannot_show: ") {
		t.Errorf("by its key: exit %d: %s%s", code, out, errs)
	}
	r.shop.ClearFaults()
	if out := r.must("resync", "entity-1", "--wait"); !strings.Contains(out, "posted 1") {
		t.Errorf("once it is mended: %s, want it posted", out)
	}
}

func TestResyncRefusesWhatIsNoNumber(t *testing.T) {
	r := newRig(t)
	for given, want := range map[string]string{
		"main:1:000000123": "main:1:000000123 is an order of the instance main, not of " + r.instance,
		"0000 0012":        "order 1 of those that are named: want an order's number, such as 000000123: 1 to 64 printable characters without spaces",
	} {
		if code, _, errs := r.starter("resync", given); code != exitInput || !strings.Contains(errs, want) {
			t.Errorf("resync %q: exit %d: %s", given, code, errs)
		}
	}
}

// statusShowsB1 wants the status to say how the way to B1 is. No worker runs yet, which would know better.
func (r *rig) statusShowsB1() {
	r.t.Helper()
	until := time.Date(2126, 11, 26, 5, 0, 0, 0, time.UTC)
	if err := r.db.NoteQuiet(r.t.Context(), r.instance, "b1/shop", until); err != nil {
		r.t.Fatal(err)
	}
	if text := strings.Join(strings.Fields(r.must("status")), " "); !strings.Contains(text, "B1 quiet, quiet hours until 2126-11-26T05:00:00Z") {
		r.t.Errorf("status says %q, want the quiet hours in it", text)
	}
	if _, _, err := r.db.NoteDown(r.t.Context(), "b1/shop", store.Trouble{Since: time.Now().Add(-time.Minute), Failure: "503", AlarmAfter: time.Hour}); err != nil {
		r.t.Fatal(err)
	}
	if text := strings.Join(strings.Fields(r.must("status")), " "); !strings.Contains(text, "B1 down since ") || !strings.Contains(text, "(503), too short for an alarm") {
		r.t.Errorf("status says %q, want B1 down in it", text)
	}
	if text := r.must("status", "--json"); !strings.Contains(text, `"b1":{"state":"down","since":`) {
		r.t.Errorf("status says %s, want B1 down in it", text)
	}
}

func TestStatusAgreesWithTheStore(t *testing.T) {
	r := newRig(t)
	if out := r.must("status", "--json"); out != `{"orders":{"pending":0,"posted":0,"held":0,"excluded":0,"cancelled":0,"draft":0},"cut":"","lag_seconds":null,"schedule":{"state":"missing","skipped":0,"missed":0,"late":false}}`+"\n" {
		t.Errorf("status of an empty store: %s", out)
	}
	r.statusShowsB1()
	r.startWorker()
	r.place("simple")
	r.place("forgotten")
	r.place("forgotten")
	r.must("apply")
	r.firstRun()
	var s status
	if err := json.Unmarshal([]byte(r.must("status", "--json")), &s); err != nil {
		t.Fatal(err)
	}
	if s.Orders.Posted != 1 || s.Orders.Held != 2 || s.Orders.Pending != 0 || s.LagSeconds == nil {
		t.Errorf("status %+v, want 1 posted and 2 held", s)
	}
	if cut, err := time.Parse(time.RFC3339, s.Cut); err != nil || time.Since(cut) > time.Minute {
		t.Errorf("cut %q", s.Cut)
	}
	text := strings.Join(strings.Fields(r.must("status")), " ")
	if strings.Contains(text, "write-back") {
		t.Errorf("status %q speaks of write-backs where the rules ask for none", text)
	}
	for _, part := range []string{"instance " + r.instance, "posted 1", "held 2", "cut " + s.Cut, "last run ", "read 3 (new 3)", "held for b1_refused 2"} {
		if !strings.Contains(text, part) {
			t.Errorf("status says %q, want %q in it", text, part)
		}
	}
	for key, b := range map[string]store.WriteBackState{"1": store.WriteBackOpen, "2": store.WriteBackOpen, "3": store.WriteBackToLookAt} {
		if _, err := r.db.Change(t.Context(), order.Key(r.instance+":9:"+key), func(doc *store.Staged) error {
			doc.Status, doc.WriteBack = order.Posted, &store.WriteBack{State: b}
			return nil
		}); err != nil {
			t.Fatal(err)
		}
	}
	if text := strings.Join(strings.Fields(r.must("status")), " "); !strings.Contains(text, "write-back open 2, given up 0, to look at 1") {
		t.Errorf("status says %q, want the write-backs in it", text)
	}
}

func TestPreviewOfAStagedOrder(t *testing.T) {
	r := newRig(t)
	r.startWorker()
	number := r.place("bundle_dynamic")
	key := r.instance + ":1:" + number
	if code, _, errs := r.starter("preview", key); code != exitInput || !strings.Contains(errs, "order "+key+" is not staged: read it from Magento with starter resync") {
		t.Errorf("before it is staged: exit %d: %s", code, errs)
	}
	r.must("resync", number, "--wait")
	var p struct {
		Document struct{ NumAtCard string }
		Proof    struct{ Equal bool }
		Hold     any
	}
	if err := json.Unmarshal([]byte(r.must("preview", key)), &p); err != nil {
		t.Fatal(err)
	}
	if p.Document.NumAtCard != number || !p.Proof.Equal || p.Hold != nil {
		t.Errorf("preview %+v", p)
	}
	if code, _, errs := r.starter("preview", key, "--instance", "other"); code != exitInput || !strings.Contains(errs, "but the order key names "+r.instance) {
		t.Errorf("exit %d: %s", code, errs)
	}
}

func TestStatusOfSeveralInstances(t *testing.T) {
	r := newRig(t)
	t.Setenv("INSTANCES", r.instance+",other")
	text := strings.Join(strings.Fields(r.must("status")), " ")
	if !strings.Contains(text, "instance "+r.instance+" ") || !strings.Contains(text, "instance other ") {
		t.Errorf("status says %q, want both instances", text)
	}
	if code, out, errs := r.starter("status", "--json"); code != exitInput || out != "" || !strings.Contains(errs, "with --instance") {
		t.Errorf("exit %d: %s%s", code, out, errs)
	}
	r.must("status", "--json", "--instance", "other")
}

// firstRun waits for the run that began with the schedule.
func (r *rig) firstRun() {
	r.t.Helper()
	first, err := watch.Started(r.t.Context(), r.schedule(), nil)
	if err != nil {
		r.t.Fatal(err)
	}
	var result store.Run
	if err := r.temporal.GetWorkflow(r.t.Context(), first.WorkflowID, first.FirstExecutionRunID).Get(r.t.Context(), &result); err != nil {
		r.t.Fatal(err)
	}
}

// listener hears what a command writes while it runs.
type listener struct {
	all   strings.Builder
	heard func(string)
}

func (l *listener) Write(b []byte) (int, error) {
	l.heard(string(b))
	return l.all.Write(b)
}
