package api_test

import (
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"datawald/gateway/api"
	"datawald/store"
	"datawald/workflows"
)

// ran puts a record into the store, of a run that began so many days into November.
func (w *world) ran(id, kind string, n int, change func(*store.Run)) {
	w.t.Helper()
	workflowID, runID, _ := strings.Cut(id, "/")
	ended := day(n).Add(time.Minute)
	r := store.Run{ID: id, Kind: kind, Instance: w.instance, WorkflowID: workflowID, RunID: runID, StartedAt: day(n), EndedAt: &ended, Counts: store.Counts{Read: n}}
	if change != nil {
		change(&r)
	}
	if err := w.db.PutRun(w.t.Context(), r); err != nil {
		w.t.Fatal(err)
	}
}

// The list goes on page by page; each run has an address that finds it again, whatever its ID. Fails without: the cursor of runFilter, or recordID.
func TestRuns_AreListedAndFound(t *testing.T) {
	w := newWorld(t)
	sync, resync := workflows.SyncOrdersID(w.instance)+"-2026-11-03T12:00:00Z/r3", workflows.ResyncOrdersID(w.instance, "a b~c%")+"/r2"
	w.ran("sync:"+w.instance+":idle", "sync", 1, func(r *store.Run) { r.WorkflowID, r.RunID = "x", "y" })
	w.ran(resync, "resync", 2, func(r *store.Run) { r.Errors = []string{"read Magento: HTTP 503"} })
	w.ran(sync, "sync", 3, nil)
	w.ran(w.instance+"other", "sync", 4, func(r *store.Run) { r.Instance = "other" })
	var got []string
	for path := "/api/v1/runs?limit=1"; path != ""; {
		var list api.RunList
		w.get(path).ok(200, &list)
		for _, r := range list.Runs {
			got = append(got, r.WorkflowID)
			var one api.RunSummary
			if w.get(r.Links.Self).ok(200, &one); one.ID != r.ID || one.Counts == nil || *one.Counts != *r.Counts || one.State != "completed" || one.Shared != (r.WorkflowID == "x") {
				t.Errorf("run %+v, want %+v", one, r)
			}
		}
		if path = ""; list.Next != "" {
			path = "/api/v1/runs?limit=1&cursor=" + url.QueryEscape(list.Next)
		}
	}
	if want := []string{strings.TrimSuffix(sync, "/r3"), strings.TrimSuffix(resync, "/r2"), "x"}; !slices.Equal(got, want) {
		t.Errorf("runs %v, want %v", got, want)
	}
	var list api.RunList
	if w.get("/api/v1/runs?kind=resync&from=2026-11-02&to=2026-11-02").ok(200, &list); len(list.Runs) != 1 || !slices.Equal(list.Runs[0].Errors, []string{"read Magento: HTTP 503"}) {
		t.Errorf("resyncs %+v", list.Runs)
	}
	if w.get("/api/v1/runs?to=2026-10-31").ok(200, &list); list.Runs == nil || len(list.Runs) != 0 || list.UnderWay == nil || !list.UnderWayKnown {
		t.Errorf("list %+v, want an empty one", list)
	}
}

// Each kind of run may be asked for, and is shown as what it is. Fails without: KindRetry in RunKinds (422).
func TestRuns_OfEachKind(t *testing.T) {
	w := newWorld(t)
	for n, kind := range []string{"sync", "resync", "retry", "hint", "backfill"} {
		w.ran(kind+":"+w.instance+"/r", kind, n+1, nil)
		var list api.RunList
		if w.get("/api/v1/runs?kind="+kind).ok(200, &list); len(list.Runs) != 1 || list.Runs[0].Kind != kind {
			t.Errorf("runs of the kind %s: %+v", kind, list.Runs)
		}
	}
}

// A retry that is under way is shown as one, and ends at the latest when its time is over. Fails without: the case of retries in kindOf;
// WorkflowExecutionTimeout in begin.
func TestRuns_ARetryUnderWay(t *testing.T) {
	w := newWorld(t) // no worker takes it
	w.shelf(1)
	r := w.act(`{"action":"retry","keys":["` + string(w.key(1, "000000001")) + `"]}`)
	if len(r.Runs) != 1 {
		t.Fatalf("the answer is %+v", r)
	}
	d, err := w.temporal.DescribeWorkflowExecution(t.Context(), r.Runs[0].WorkflowID, "")
	if err != nil {
		t.Fatal(err)
	}
	if limit := d.GetExecutionConfig().GetWorkflowExecutionTimeout().AsDuration(); limit != workflows.RunLimit {
		t.Errorf("it may take %s, want %s", limit, workflows.RunLimit)
	}
	until(t, func() bool {
		var list api.RunList
		w.get("/api/v1/runs?kind=retry").ok(200, &list)
		return len(list.UnderWay) == 1 && list.UnderWay[0].Kind == "retry"
	})
}

func TestRuns_RefuseWhatMakesNoSense(t *testing.T) {
	w := newWorld(t)
	w.get("/api/v1/runs?kind=insert").problem(422, "invalid-request", "kind")
	w.get("/api/v1/runs?from=2026-11-02&to=2026-11-01").problem(422, "invalid-request", "query.to")
	w.get("/api/v1/runs?from=yesterday").problem(422, "invalid-request", "query.from")
	for _, cursor := range []string{"x", "e30", "bnVsbA"} {
		w.get("/api/v1/runs?cursor="+cursor).problem(422, "invalid-request", "query.cursor")
	}
	w.get("/api/v1/runs?limit=0").problem(422, "invalid-request", "limit")
	w.get("/api/v1/runs?instance=nowhere").problem(422, "unknown-instance", "nowhere")
	for _, id := range []string{"x", "sync-orders:" + w.instance + "-2026~", "sync-orders:" + w.instance + "~nothing", "resync-orders:" + w.instance + ":x~01931f0e-5b1c-7d63-9a51-6f2f3c1d8e77", "~", "%2F", "%00"} {
		w.get("/api/v1/runs/"+id).problem(404, "run-not-found", "/api/v1/runs")
	}
	w.ran("hidden/r", "sync", 1, func(r *store.Run) { r.Instance = "other" })
	w.get("/api/v1/runs/hidden~r").problem(404, "run-not-found")
	dead := serve(t, w.settings, deadStore(t), w.temporal)
	call(t, dead, http.MethodGet, "/api/v1/runs", "", nil).problem(503, "unavailable", "store")
	call(t, dead, http.MethodGet, "/api/v1/runs/a~b", "", nil).problem(503, "unavailable", "store")
}

// Without Temporal the records are there, and the list says that it does not know what is under way. Fails without: the false of liveRuns.
func TestRuns_WithoutTemporal(t *testing.T) {
	w := newWorld(t)
	w.ran(workflows.BackfillOrdersID(w.instance)+"/r", "backfill", 1, func(r *store.Run) { r.EndedAt, r.Backfill = nil, &store.BackfillProgress{} })
	var list api.RunList
	server := serve(t, w.settings, w.db, deadTemporal(t))
	if call(t, server, http.MethodGet, "/api/v1/runs", "", nil).ok(200, &list); list.UnderWayKnown || len(list.Runs) != 1 || list.Runs[0].State != "running" {
		t.Errorf("list %+v", list)
	}
	// Temporal knows better: that backfill is gone.
	if w.get("/api/v1/runs").ok(200, &list); !list.UnderWayKnown || list.Runs[0].State != "terminated" {
		t.Errorf("list %+v, want it terminated", list)
	}
}
