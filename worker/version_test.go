package main

import (
	"errors"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/api/serviceerror"
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
	moves               []move
}

// move made a version the one that gets the work: from begun on perhaps, from done on for certain.
type move struct {
	build       string
	begun, done time.Time
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

// knows reports whether Temporal has heard of a version, with all that it serves: a version that lacks one of these cannot be made current.
func (u *upgrade) knows(id string) bool {
	v, err := u.temporal.WorkerDeploymentClient().GetHandle(u.deployment).DescribeVersion(u.t.Context(), client.WorkerDeploymentDescribeVersionOptions{BuildID: id})
	if err != nil {
		return false
	}
	for _, queue := range []string{u.queue, workflows.B1TaskQueue(u.instance)} {
		for _, kind := range []client.TaskQueueType{client.TaskQueueTypeWorkflow, client.TaskQueueTypeActivity} {
			if !slices.ContainsFunc(v.Info.TaskQueuesInfos, func(q client.WorkerDeploymentTaskQueueInfo) bool { return q.Name == queue && q.Type == kind }) {
				return false
			}
		}
	}
	return true
}

// makeCurrent is what the worker and docs/operations.md tell the operator to do; empty for workers without a version.
func (u *upgrade) makeCurrent(id string) {
	u.t.Helper()
	command := setCurrent(u.deployment, id)
	if id == "" {
		command = "temporal worker deployment set-current-version --unversioned --yes --deployment-name " + u.deployment
	}
	m := move{build: id, begun: time.Now()}
	args := append(strings.Fields(command)[1:], "--address", u.settings.TemporalAddress)
	cmd := exec.CommandContext(u.t.Context(), filepath.Join(testkit.Root(), "bin", "temporal"), args...)
	if out, err := cmd.CombinedOutput(); err != nil {
		u.t.Fatalf("%v\n%s", err, out)
	}
	m.done = time.Now()
	u.moves = append(u.moves, m)
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

// turn is a workflow task that a version did.
type turn struct {
	build string
	// due is when the server had it for somebody, begun when somebody took it up.
	due, begun time.Time
}

// turns are those of a workflow, in the order of its history; none of one that there is not.
func (u *upgrade) turns(id, run string) (all []turn) {
	u.t.Helper()
	at := map[int64]time.Time{}
	history := u.temporal.GetWorkflowHistory(u.t.Context(), id, run, false, enumspb.HISTORY_EVENT_FILTER_TYPE_ALL_EVENT)
	for history.HasNext() {
		e, err := history.Next()
		if isMissing(err) {
			return nil
		}
		if err != nil {
			u.t.Fatal(err)
		}
		at[e.GetEventId()] = e.GetEventTime().AsTime()
		if a := e.GetWorkflowTaskCompletedEventAttributes(); a != nil {
			all = append(all, turn{build: a.GetDeploymentVersion().GetBuildId(), due: at[a.GetScheduledEventId()], begun: at[a.GetStartedEventId()]})
		}
	}
	return all
}

func isMissing(err error) bool {
	_, missing := errors.AsType[*serviceerror.NotFound](err)
	return missing
}

// builds are the versions that went on with the run, in the order of its history.
func (u *upgrade) builds() (ids []string) {
	u.t.Helper()
	for _, t := range u.turns(u.run.GetID(), u.run.GetRunID()) {
		if len(ids) == 0 || ids[len(ids)-1] != t.build {
			ids = append(ids, t.build)
		}
	}
	return ids
}

// checkTurns compares who did the tasks of the orders with who was to: what fell due and was taken up while a version
// was current, that version did.
func (u *upgrade) checkTurns() {
	u.t.Helper()
	done := map[string]int{}
	for _, p := range u.shop.Orders() {
		for _, t := range u.turns(workflows.InsertOrderID(u.key(p)), "") {
			done[t.build]++
			for n, m := range u.moves {
				stays := n == len(u.moves)-1 || t.begun.Before(u.moves[n+1].begun)
				if t.due.After(m.done) && stays && t.build != m.build {
					u.t.Errorf("order %s: version %q took up a task at %s, while %q was current", p.IncrementID, t.build, t.begun.Format(time.TimeOnly), m.build)
				}
			}
		}
	}
	for _, m := range u.moves {
		if done[m.build] == 0 {
			u.t.Errorf("version %q did nothing for the orders: %v", m.build, done)
		}
	}
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
	u.checkTurns()
}

// A worker that is replaced by one of a new version while a run is in the middle of its orders: the run goes on under the new version,
// and its orders come to B1 once each, from then on by the new version alone. Fails without: DeploymentOptions of b1Worker and of
// atOnceWorker (the version does not serve the queue b1-<instance>), and with VersioningBehaviorPinned (where the old version was stopped, the run waits for it for ever).
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

// A worker that is not current has no part in the orders, neither in their workflows nor at once. Fails without: DeploymentOptions of atOnceWorker.
func TestUpgrade_AVersionThatIsNotCurrentDoesNothing(t *testing.T) {
	t.Parallel()
	u := newUpgrade(t, buildWorker(t))
	u.build("1")
	u.makeCurrent("1")
	u.build("2")
	u.begin()
	u.finish()
	if ids := u.builds(); len(ids) != 1 || ids[0] != "1" {
		t.Errorf("the run went on under versions %q, want 1 alone", ids)
	}
}

// There and back, and back to workers without a version, all in one run. Fails without: DeploymentOptions of atOnceWorker.
func TestUpgrade_ThereAndBack(t *testing.T) {
	t.Parallel()
	u := newUpgrade(t, buildWorker(t))
	u.build("1")
	u.makeCurrent("1")
	u.build("2")
	u.build("")
	u.begin()
	for n, id := range []string{"2", "1", ""} {
		u.makeCurrent(id)
		u.eventually("more orders are posted", func() bool { return u.counts()[order.Posted] >= int64(15*(n+2)) })
	}
	u.finish()
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
