package figures_test

import (
	"context"
	"testing"
	"time"

	"go.temporal.io/sdk/client"

	"datawald/gateway/figures"
	"datawald/order"
	"datawald/sandbox/magentosim"
	"datawald/sandbox/testkit"
	"datawald/store"
	"datawald/telemetry"
	"datawald/workflows"
)

func TestMain(m *testing.M) { testkit.Main(m) }

// asked asks all questions of an instance, and gives what failed by its part.
func asked(ctx context.Context, db *store.Store, temporal client.Client, instance string, f *telemetry.Figures) (failed map[string]error) {
	failed = map[string]error{}
	for _, q := range figures.Questions(db, temporal) {
		if err := q.Ask(ctx, instance, f); err != nil {
			failed[q.Part] = err
		}
	}
	return failed
}

// An instance of which nobody has heard has zeros, and neither ages nor a schedule.
func TestQuestions_OfAnEmptyStore(t *testing.T) {
	t.Parallel()
	var f telemetry.Figures
	if failed := asked(t.Context(), testkit.Store(t), testkit.Temporal(t), testkit.Name(t), &f); len(failed) > 0 {
		t.Fatal(failed)
	}
	if f.Schedule != nil || f.Reconciliation != nil || !f.ReadAt.IsZero() || !f.CutAt.IsZero() || f.Waiting == nil || !f.Waiting.IsZero() || f.Orders["pending"] != 0 ||
		len(f.Orders) == 0 || len(f.Held) != 0 || len(f.Alarms) != 0 {
		t.Errorf("%+v", f)
	}
}

func TestQuestions_TellWhatTheStoreAndTemporalKnow(t *testing.T) {
	t.Parallel()
	db, temporal, instance, ctx := testkit.Store(t), testkit.Temporal(t), testkit.Name(t), t.Context()
	shop, err := magentosim.New(magentosim.Config{Seed: 3, Orders: 6})
	if err != nil {
		t.Fatal(err)
	}
	placed := time.Now().Add(-3 * time.Hour).UTC().Truncate(time.Second)
	testkit.Stage(t, db, instance, shop, func(n int, doc *store.Staged) {
		doc.PlacedAt = placed.Add(time.Duration(n) * time.Minute)
		if n > 3 {
			doc.Status, doc.Reason = order.Held, &order.Reason{Code: "total_differs", Message: "differs"}
		}
	})
	began, changed := time.Now().Add(-time.Minute).UTC().Truncate(time.Second), time.Now().Add(-time.Hour).UTC().Truncate(time.Second)
	if err := db.AdvanceCut(ctx, instance, store.TaskOrders, order.Cut{UpdatedAt: changed, EntityID: 6}); err != nil {
		t.Fatal(err)
	}
	if err := db.CaughtUp(ctx, instance, store.TaskOrders, store.Reading{Began: began}); err != nil {
		t.Fatal(err)
	}
	if _, _, err := db.ChangeAlarm(ctx, instance, "lag", func(a *store.Alarm) bool {
		a.Raised = true
		return true
	}); err != nil {
		t.Fatal(err)
	}
	if _, _, err := db.ChangeAlarm(ctx, instance, "held_orders", func(a *store.Alarm) bool {
		a.BadSince = began
		return true
	}); err != nil {
		t.Fatal(err)
	}
	ended := time.Now().Add(-2 * time.Hour).UTC().Truncate(time.Second)
	if err := db.PutRun(ctx, store.Run{ID: instance, Instance: instance, Kind: store.KindReconcile, StartedAt: ended.Add(-time.Minute), EndedAt: &ended,
		Reconciliation: &store.Reconciliation{Phase: store.ReconcileEnded}}); err != nil {
		t.Fatal(err)
	}
	if err := db.Saw(ctx, instance, []store.Finding{{Instance: instance, Kind: store.FindDuplicate, Key: order.Key(instance + ":1:7"), PlacedAt: placed}}); err != nil {
		t.Fatal(err)
	}
	pausedSchedule(t, temporal, instance)

	var f telemetry.Figures
	if failed := asked(ctx, db, temporal, instance, &f); len(failed) > 0 {
		t.Fatal(failed)
	}
	if f.Orders["pending"] != 4 || f.Orders["held"] != 2 || f.Held["total_differs"] != 2 || !f.ReadAt.Equal(began) || !f.CutAt.Equal(changed) || !f.Waiting.Equal(placed) {
		t.Errorf("orders %+v", f)
	}
	if !f.Alarms["lag"] || f.Alarms["held_orders"] {
		t.Errorf("alarms %v, want lag alone", f.Alarms)
	}
	if f.Schedule == nil || !f.Schedule.Paused || f.Schedule.Skipped != 0 {
		t.Errorf("schedule %+v, want one that is paused", f.Schedule)
	}
	if r := f.Reconciliation; r == nil || r.Findings["duplicate"] != 1 || r.EndedAt.Sub(ended).Abs() > time.Second {
		t.Errorf("reconciliation %+v", r)
	}

	// A store that is gone: what it told before stays, and Temporal is asked all the same.
	over, cancel := context.WithCancel(ctx)
	cancel()
	before := f
	failed := asked(over, db, temporal, instance, &before)
	if len(failed) != len(figures.Questions(db, temporal)) {
		t.Errorf("failed %v, want all", failed)
	}
}

// pausedSchedule makes the schedule of an instance, paused.
func pausedSchedule(t *testing.T, temporal client.Client, instance string) {
	t.Helper()
	h, err := temporal.ScheduleClient().Create(t.Context(), client.ScheduleOptions{ID: workflows.ScheduleID(instance), Paused: true,
		Spec:   client.ScheduleSpec{Intervals: []client.ScheduleIntervalSpec{{Every: time.Hour}}},
		Action: &client.ScheduleWorkflowAction{ID: workflows.SyncOrdersID(instance), Workflow: "SyncOrders", TaskQueue: instance}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = h.Delete(context.Background()) })
}
