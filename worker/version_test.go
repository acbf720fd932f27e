package main

import (
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/sdk/client"

	"datawald/order"
	"datawald/sandbox/b1sim"
	"datawald/sandbox/process"
	"datawald/sandbox/testkit"
	"datawald/store"
	"datawald/workflows"
)

// upgrade is a world in which a worker process is replaced while a run is in the middle of its orders.
type upgrade struct {
	*world
	program, deployment string
	run                 client.WorkflowRun
}

// build starts a worker process of a version; empty for one without.
func (u *upgrade) build(id string) *process.Process {
	u.t.Helper()
	u.extra = []string{"WORKER_DEPLOYMENT=" + u.deployment, "WORKER_BUILD_ID=" + id}
	p := u.startProcess(u.program)
	if id != "" {
		u.eventually("Temporal knows version "+id, func() bool { return u.knows(id) })
	}
	return p
}

// knows reports whether Temporal has heard of a version, with both of its queues.
func (u *upgrade) knows(id string) bool {
	v, err := u.temporal.WorkerDeploymentClient().GetHandle(u.deployment).DescribeVersion(u.t.Context(), client.WorkerDeploymentDescribeVersionOptions{BuildID: id})
	if err != nil {
		return false
	}
	queues := map[string]bool{}
	for _, q := range v.Info.TaskQueuesInfos {
		queues[q.Name] = true
	}
	return queues[u.queue] && queues[workflows.B1TaskQueue(u.instance)]
}

// makeCurrent is what docs/operations.md tells the operator to do.
func (u *upgrade) makeCurrent(id string) {
	u.t.Helper()
	cmd := exec.CommandContext(u.t.Context(), filepath.Join(testkit.Root(), "bin", "temporal"), "worker", "deployment", "set-current-version",
		"--deployment-name", u.deployment, "--build-id", id, "--yes", "--address", u.settings.TemporalAddress)
	if out, err := cmd.CombinedOutput(); err != nil {
		u.t.Fatalf("%v\n%s", err, out)
	}
}

// begin starts a run of many orders and waits until it is among them.
func (u *upgrade) begin() {
	u.t.Helper()
	var err error
	u.run, err = u.temporal.ExecuteWorkflow(u.t.Context(), client.StartWorkflowOptions{ID: workflows.SyncOrdersID(u.instance), TaskQueue: u.queue},
		"SyncOrders", workflows.SyncOrdersInput{Instance: u.instance})
	if err != nil {
		u.t.Fatal(err)
	}
	u.eventually("some orders are posted", func() bool { return u.counts()[order.Posted] >= 5 })
}

// builds are the versions that went on with the run, in the order of its history.
func (u *upgrade) builds() (ids []string) {
	u.t.Helper()
	history := u.temporal.GetWorkflowHistory(u.t.Context(), u.run.GetID(), u.run.GetRunID(), false, enumspb.HISTORY_EVENT_FILTER_TYPE_ALL_EVENT)
	for history.HasNext() {
		e, err := history.Next()
		if err != nil {
			u.t.Fatal(err)
		}
		a := e.GetWorkflowTaskCompletedEventAttributes()
		if a == nil {
			continue
		}
		if id := a.GetDeploymentVersion().GetBuildId(); len(ids) == 0 || ids[len(ids)-1] != id {
			ids = append(ids, id)
		}
	}
	return ids
}

// finish waits for the run and its orders, and compares the books.
func (u *upgrade) finish() {
	u.t.Helper()
	var result store.Run
	if err := u.run.Get(u.t.Context(), &result); err != nil {
		u.t.Fatal(err)
	}
	if len(result.Errors) > 0 || result.Counts.Deferred > 0 {
		u.t.Errorf("the run met errors: %v, %+v", result.Errors, result.Counts)
	}
	u.eventually("every order is settled", func() bool { return u.counts()[order.Pending] == 0 })
	u.checkLedger()
	if n := len(u.company.DuplicateKeys()); n != 0 {
		u.t.Errorf("B1 has %d orders twice", n)
	}
}

// A worker that is replaced by one of a new version while a run is in the middle of its orders: the run goes on under the new version,
// and its orders come to B1 once each. Fails without: DeploymentOptions of b1Worker (the version does not serve the queue b1-<instance>), and with VersioningBehaviorPinned (where the old version was stopped, the run waits for it for ever).
func TestUpgrade_InTheMiddleOfARun(t *testing.T) {
	t.Parallel()
	program := buildWorker(t)
	for name, steps := range map[string]func(u *upgrade, old *process.Process){
		// What the documentation advises: never are both at work.
		"stopped before": func(u *upgrade, old *process.Process) {
			u.build("2")
			old.Stop(20 * time.Second)
			u.makeCurrent("2")
		},
		// A worker of the old version that somebody forgot.
		"forgotten": func(u *upgrade, old *process.Process) {
			u.build("2")
			u.makeCurrent("2")
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			u := newUpgrade(t, program)
			old := u.build("1")
			u.makeCurrent("1")
			u.begin()
			steps(u, old)
			u.finish()
			if ids := u.builds(); len(ids) != 2 || ids[0] != "1" || ids[1] != "2" {
				t.Errorf("the run went on under versions %q, want 1 and then 2", ids)
			}
		})
	}
}

// From workers without a version to such with one, as an installation does that takes versions up.
func TestUpgrade_FromWorkersWithoutVersion(t *testing.T) {
	t.Parallel()
	u := newUpgrade(t, buildWorker(t))
	old := u.build("")
	u.begin()
	u.build("1")
	old.Stop(20 * time.Second)
	u.makeCurrent("1")
	u.finish()
	if ids := u.builds(); len(ids) != 2 || ids[0] != "" || ids[1] != "1" {
		t.Errorf("the run went on under versions %q, want none and then 1", ids)
	}
}

func newUpgrade(t *testing.T, program string) *upgrade {
	u := &upgrade{world: newWorld(t, 90), program: program, deployment: testkit.Name(t)}
	u.company.SetLatency(b1sim.Latency{Read: 30 * time.Millisecond, Write: 400 * time.Millisecond})
	return u
}
