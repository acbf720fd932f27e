package main

import (
	"context"
	"fmt"
	"strings"
	"testing"

	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/api/operatorservice/v1"
	"go.temporal.io/api/serviceerror"
	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/worker"
	"go.temporal.io/sdk/workflow"

	"datawald/order"
	"datawald/sandbox/process"
	"datawald/sandbox/testkit"
	"datawald/workflows"
)

// examined runs the doctor and checks its exit code and lines.
func (r *rig) examined(code int, lines ...string) {
	r.t.Helper()
	got, out, errs := r.starter("doctor", "temporal")
	if got != code || errs != "" {
		r.t.Errorf("exit %d, want %d\n%s", got, code, errs)
	}
	for _, line := range lines {
		if !strings.Contains(out, line) {
			r.t.Errorf("want %q in\n%s", line, out)
		}
	}
}

// Before anything is there, and when all is well. Fails without: each check of moverChecks.
func TestDoctorTemporal_FromNothingToSound(t *testing.T) {
	r := newRig(t)
	r.examined(exitInput,
		"ok    Temporal         127.0.0.1:", "ok    namespace        default; closed workflows are kept for ", "ok    attributes       all of the type Keyword: OrderKey, ",
		"FAIL  workers          nobody asks for the work of queue "+r.queue+" (workflows)",
		"FAIL  workers          nobody asks for the work of queue b1-"+r.instance+" (workflows)", "FAIL  workers          nobody asks for the work of queue b1-"+r.instance+" (activities)",
		"FAIL  schedule         there is none", "-> Run starter apply.", "ok    store            answers", "skip  runs             not checked: it needs schedule")
	r.startWorker()
	r.until("B1's worker asks for work", func() bool {
		queue, err := r.temporal.DescribeTaskQueue(t.Context(), workflows.B1TaskQueue(r.instance), enumspb.TASK_QUEUE_TYPE_ACTIVITY)
		return err == nil && len(queue.Pollers) > 0
	})
	r.must("apply")
	r.firstRun()
	r.examined(exitOK, "ok    workers          queue "+r.queue+" (workflows): workers without a version ask for work",
		"ok    workers          queue b1-"+r.instance+" (workflows): ", "ok    workers          queue b1-"+r.instance+" (activities): ",
		"ok    schedule         every 24h0m0s, as the settings want it", "ok    runs             Magento was read by one that began at 2", "; skipped 0, missed 0")

	t.Setenv("SYNC_WINDOW", "8")
	r.examined(exitOK, `warn  schedule         not as the settings want it: input {"instance":"`+r.instance+`","window":40} -> `)
	t.Setenv("SYNC_WINDOW", "40")
	if err := r.schedule().Pause(t.Context(), client.SchedulePauseOptions{Note: "stocktaking"}); err != nil {
		t.Fatal(err)
	}
	r.examined(exitOK, "warn  schedule         paused: stocktaking")
}

// A worker of an earlier release asks B1's queue for activities alone: all orders wait for one that does more. Fails without: the workflows of
// that queue in workers.
func TestDoctorTemporal_AWorkerOfAnEarlierRelease(t *testing.T) {
	r := newRig(t)
	w := worker.New(r.temporal, workflows.B1TaskQueue(r.instance), worker.Options{DisableWorkflowWorker: true})
	w.RegisterActivityWithOptions(func() error { return nil }, activity.RegisterOptions{Name: "InsertOrder"})
	if err := w.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(w.Stop)
	r.until("Temporal knows the worker", func() bool {
		_, out, _ := r.starter("doctor", "temporal")
		return strings.Contains(out, "ok    workers          queue b1-"+r.instance+" (activities): ")
	})
	r.examined(exitInput, "FAIL  workers          nobody asks for the work of queue b1-"+r.instance+" (workflows)", "-> Start a worker of this release that has b1 in WORKER_LANES")
}

// A worker of a version that was never made current asks, and gets nothing. Fails without: entitled in polled.
func TestDoctorTemporal_AVersionThatIsNotCurrent(t *testing.T) {
	r := newRig(t)
	w := worker.New(r.temporal, r.queue, worker.Options{DeploymentOptions: worker.DeploymentOptions{
		UseVersioning: true, Version: worker.WorkerDeploymentVersion{DeploymentName: r.instance, BuildID: "1"},
		DefaultVersioningBehavior: workflow.VersioningBehaviorAutoUpgrade}})
	w.RegisterWorkflow(workflows.InsertOrder)
	if err := w.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(w.Stop)
	r.until("Temporal knows the worker", func() bool {
		_, out, _ := r.starter("doctor", "temporal")
		return !strings.Contains(out, "nobody asks for the work of queue "+r.queue)
	})
	r.examined(exitInput, "FAIL  workers          queue "+r.queue+" (workflows): the work goes to workers without a version, and all workers are others")
}

// A run that nobody takes up is found by whoever looks, before the alarm is heard. Whoever starts a worker mends it: the exit
// code is that of what does not answer. Fails without: Late in runs, and lateKind.
func TestDoctorTemporal_ALateSchedule(t *testing.T) {
	r := newRig(t)
	r.hurried()
	r.must("apply")
	r.until("the schedule is late", func() bool { return r.scheduleStatus().Late })
	r.examined(exitFailed, "FAIL  runs             none has read Magento yet; skipped ", "-> Magento is not read: no worker takes up the runs.")
}

// A namespace that never had search attributes stops nothing, and one of which the schedule names some stops all: the doctor looks at the schedule.
// Fails without: NamedBy in attributes (see also TestWatch_SearchAttributesAreTakenOut, where the schedule names them).
func TestDoctorTemporal_ANamespaceWithoutSearchAttributes(t *testing.T) {
	r := newRig(t)
	var namespace string
	r.temporal, namespace = testkit.Namespace(t)
	t.Setenv("TEMPORAL_NAMESPACE", namespace)
	if _, err := r.temporal.OperatorService().AddSearchAttributes(t.Context(), &operatorservice.AddSearchAttributesRequest{
		Namespace: namespace, SearchAttributes: map[string]enumspb.IndexedValueType{"Store": enumspb.INDEXED_VALUE_TYPE_INT}}); err != nil {
		t.Fatal(err)
	}
	goOn := "No schedule of " + r.instance + " names them: its orders go to B1 all the same."
	r.examined(exitInput, "warn  attributes       missing, or of another type than Keyword: ", goOn, "FAIL  schedule         there is none")
	r.startWorker()
	if code, out, errs := r.starter("apply"); code != exitOK || !strings.Contains(out, "no schedule of INSTANCES names search attributes: the orders of their next runs go to B1 without them. What names them still waits") ||
		strings.Contains(errs, "all the same") {
		t.Errorf("apply: exit %d\n%s%s", code, out, errs)
	}
	r.until("Magento is read", func() bool { return r.scheduleStatus().ReadAt != nil })
	r.examined(exitOK, "warn  attributes       missing, or of another type than Keyword: ", goOn, "ok    schedule  ")
}

// Fails without: each case of kindOf (the exit code tells a script to try again, or not to).
func TestDoctorTemporal_TellsWhatPassesFromWhatAPersonChanges(t *testing.T) {
	for _, err := range []error{serviceerror.NewUnavailable(""), serviceerror.NewDeadlineExceeded(""), &serviceerror.ResourceExhausted{}, context.DeadlineExceeded, context.Canceled} {
		if kind := kindOf(fmt.Errorf("ask: %w", err)); kind != order.Transient {
			t.Errorf("%T is %s, want transient", err, kind)
		}
	}
	r := newRig(t)
	t.Setenv("TEMPORAL_NAMESPACE", "nowhere")
	r.examined(exitInput, `FAIL  namespace        "nowhere" cannot be seen`)
}

// Fails without: the check named Temporal (the others would wait for it, one after the other).
func TestDoctorTemporal_WithoutTemporal(t *testing.T) {
	r := newRig(t)
	port, err := process.FreePort()
	if err != nil {
		t.Fatal(err)
	}
	t.Setenv("TEMPORAL_ADDRESS", fmt.Sprintf("127.0.0.1:%d", port))
	r.examined(exitFailed, "FAIL  Temporal ", "skip  namespace        not checked: it needs Temporal", "ok    store            answers", "skip  runs ")
}
