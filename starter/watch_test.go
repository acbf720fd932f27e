package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/log"
	"go.temporal.io/sdk/worker"
	"go.temporal.io/sdk/workflow"

	"datawald/sandbox/process"
	"datawald/sandbox/testkit"
	"datawald/store"
	"datawald/watch"
	"datawald/workflows"
)

// heard are the lines that all watches log, safe for use by many.
type heard struct {
	mu    sync.Mutex
	lines bytes.Buffer
}

// Write takes what a watch says.
func (h *heard) Write(p []byte) (int, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.lines.Write(p)
}

// count is how many lines have all of the words.
func (h *heard) count(words ...string) (n int) {
	h.mu.Lock()
	defer h.mu.Unlock()
lines:
	for line := range strings.Lines(h.lines.String()) {
		for _, w := range words {
			if !strings.Contains(line, w) {
				continue lines
			}
		}
		n++
	}
	return n
}

// hurried makes the runs of the rig due each second, and late after two more.
func (r *rig) hurried() {
	r.t.Setenv("SYNC_INTERVAL", "1s")
	r.t.Setenv("SYNC_ALARM_AFTER", "2s")
}

// keepWatch lets so many processes watch over the schedule, until the test ends.
func (r *rig) keepWatch(processes int) *heard {
	h := &heard{}
	ctx, cancel := context.WithCancel(context.Background())
	var all sync.WaitGroup
	sight := watch.Sight{Temporal: r.temporal, Store: r.db, TaskQueue: r.queue, Namespace: os.Getenv("TEMPORAL_NAMESPACE"), After: 2 * time.Second, Hangs: time.Second}
	for range processes {
		all.Go(func() { sight.Keep(ctx, []string{r.instance}, slog.New(slog.NewTextHandler(h, nil))) })
	}
	r.t.Cleanup(func() {
		cancel()
		all.Wait()
	})
	return h
}

// schedule of the status as programs see it.
func (r *rig) scheduleStatus() (s watch.Schedule) {
	r.t.Helper()
	var all struct{ Schedule watch.Schedule }
	if err := json.Unmarshal([]byte(r.must("status", "--json")), &all); err != nil {
		r.t.Fatal(err)
	}
	return all.Schedule
}

// Nobody takes the runs up: the first stays open, all others are skipped. That is seen in the status, and said once by all who watch; and
// once that it is over, as soon as a worker has read Magento. Fails without: NoteDown in tell (each watch speaks, again and again),
// NoteUp in over (it never ends), and the question for workers in cause.
func TestWatch_AScheduleWhoseRunsNobodyTakesUp(t *testing.T) {
	r := newRig(t)
	r.hurried()
	r.must("apply")
	h := r.keepWatch(3)
	r.until("the alarm", func() bool { return h.count("level=ERROR") > 0 })
	r.until("firings are skipped", func() bool { return r.scheduleStatus().Skipped > 3 })
	s := r.scheduleStatus()
	if s.State != watch.On || !s.Late || s.Cause != watch.NoWorker || s.AlarmedAt == nil || s.RunningSince == nil || s.IntervalSeconds != 1 {
		t.Errorf("status %+v", s)
	}
	if out := r.must("status"); !strings.Contains(out, "LATE: Magento is not read: no worker") || !strings.Contains(out, "a run is under way since") {
		t.Errorf("status says\n%s", out)
	}
	r.startWorker()
	r.until("the end of it", func() bool {
		return h.count("level=WARN", "Magento is read again", "instance="+r.instance) > 0
	})
	if s := r.scheduleStatus(); s.Late || s.Cause != "" || s.AlarmedAt != nil || s.ReadAt == nil {
		t.Errorf("status %+v afterwards", s)
	}
	if alarms, ends := h.count("level=ERROR"), h.count("level=WARN", "Magento is read again"); alarms != 1 || ends != 1 {
		t.Errorf("%d alarms and %d ends, want one of each:\n%s", alarms, ends, h.lines.String())
	}
	if h.count("level=ERROR", "cause=no_worker", "since=", "skipped=", "missed=0") != 1 {
		t.Errorf("the alarm says %s", h.lines.String())
	}
}

// Each cause is told from the others. Fails without: the case of it in cause.
func TestWatch_TellsTheCauses(t *testing.T) {
	hangs := func(ctx workflow.Context, _ workflows.SyncOrdersInput) (*store.Run, error) {
		return nil, workflow.Await(ctx, func() bool { return false })
	}
	ends := func(workflow.Context, workflows.SyncOrdersInput) (*store.Run, error) { return &store.Run{}, nil }
	for cause, trouble := range map[string]func(r *rig){
		watch.NoSchedule: func(*rig) {},
		watch.IsPaused: func(r *rig) {
			r.must("apply")
			r.serveRuns(ends)
			if err := r.schedule().Pause(r.t.Context(), client.SchedulePauseOptions{Note: "stocktaking"}); err != nil {
				r.t.Fatal(err)
			}
		},
		watch.RunHangs: func(r *rig) {
			r.must("apply")
			r.serveRuns(hangs)
		},
		watch.RunsFail: func(r *rig) {
			r.must("apply")
			r.serveRuns(ends)
		},
	} {
		t.Run(cause, func(t *testing.T) {
			r := newRig(t)
			r.hurried()
			trouble(r)
			h := r.keepWatch(1)
			r.until("the alarm", func() bool { return h.count("level=ERROR") > 0 })
			if h.count("level=ERROR", "cause="+cause) != 1 {
				t.Errorf("said\n%s", h.lines.String())
			}
			if out := r.must("status"); cause == watch.IsPaused && !strings.Contains(out, "every 1s, paused: stocktaking; skipped ") {
				t.Errorf("status says\n%s", out)
			}
		})
	}
}

// With Temporal away those who can still reach the store say so. Fails without: Unknown in cause.
func TestWatch_TemporalIsAway(t *testing.T) {
	r := newRig(t)
	port, err := process.FreePort()
	if err != nil {
		t.Fatal(err)
	}
	away, err := client.NewLazyClient(client.Options{HostPort: fmt.Sprintf("127.0.0.1:%d", port), Logger: log.NewStructuredLogger(testkit.Silent())})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(away.Close)
	r.temporal = away
	h := r.keepWatch(2)
	r.until("the alarm", func() bool { return h.count("level=ERROR", "Temporal does not answer", "cause=no_temporal") > 0 })
}

// serveRuns works on the runs with a workflow in place of the real one.
func (r *rig) serveRuns(sync func(workflow.Context, workflows.SyncOrdersInput) (*store.Run, error)) {
	r.t.Helper()
	w := worker.New(r.temporal, r.queue, worker.Options{})
	w.RegisterWorkflowWithOptions(sync, workflow.RegisterOptions{Name: "SyncOrders"})
	if err := w.Start(); err != nil {
		r.t.Fatal(err)
	}
	r.t.Cleanup(w.Stop)
}

// With every worker dead it is the gateway that says so. Fails without: Keep in the gateway.
func TestWatch_TheGatewayNoticesThatNoWorkerLives(t *testing.T) {
	r := newRig(t)
	r.hurried()
	r.must("apply")
	t.Setenv("GATEWAY_ADDRESS", "127.0.0.1:0")
	t.Setenv("TEMPORAL_UI_URL", "")
	program := filepath.Join(t.TempDir(), "gateway")
	build := exec.CommandContext(t.Context(), "go", "build", "-o", program, "./gateway")
	build.Dir = testkit.Root()
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	h := &heard{}
	p, err := process.Start(process.Spec{Name: "gateway", Path: program, Env: os.Environ(), Output: h})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { p.Stop(10 * time.Second) })
	r.until("the gateway's alarm", func() bool { return h.count("level=ERROR", "no worker takes up the runs", "process=gateway") > 0 })
}

// Orders that wait for long while nobody takes them to B1 are seen in the status. Fails without: unserved in Look.
func TestStatus_NobodyTakesTheOrders(t *testing.T) {
	r := newRig(t)
	r.serve()
	r.place("simple")
	testkit.Stage(t, r.db, r.instance, r.shop, func(_ int, doc *store.Staged) { doc.StagedAt = doc.StagedAt.Add(-time.Hour) })
	out := r.must("status")
	if !strings.Contains(out, "STOPPED: orders wait, and no worker takes them to B1") || r.scheduleStatus().Orders != watch.NoB1Worker {
		t.Errorf("status says\n%s", out)
	}
	r.startWorker()
	r.until("somebody takes them", func() bool { return r.scheduleStatus().Orders == "" })
}

// Without Temporal the status says what the store knows, and that it does not know the rest. Fails without: Lazy.
func TestStatusWithoutTemporal(t *testing.T) {
	r := newRig(t)
	port, err := process.FreePort()
	if err != nil {
		t.Fatal(err)
	}
	t.Setenv("TEMPORAL_ADDRESS", fmt.Sprintf("127.0.0.1:%d", port))
	if out := r.must("status"); !strings.Contains(out, "not known: Temporal does not answer") || !strings.Contains(out, "pending") {
		t.Errorf("status says\n%s", out)
	}
}
