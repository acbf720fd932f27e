package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"time"

	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/api/serviceerror"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/client"
	temporallog "go.temporal.io/sdk/log"

	"datawald/config"
	"datawald/order"
	"datawald/store"
	"datawald/visibility"
	"datawald/watch"
	"datawald/workflows"
)

type doctorTemporalCommand struct {
	instanceFlag
	JSON bool `help:"Print one line of JSON for programs."`
}

// Help is the long form of the command's help.
func (doctorTemporalCommand) Help() string {
	return `Looks at what moves the orders, one line for each check, and says what to do about anything that is wrong: whether Temporal and the store answer, the namespace, its search attributes, whether workers ask for the work of the instance and have the version that gets it, whether the schedule is there and as the settings want it, which rules are in force and whether the workers have taken them, and whether its runs read Magento. It needs the settings of the starter and writes nothing.

The exit code is 0 when nothing failed, 1 when Temporal, the store or the workers do not answer or the command was interrupted, and 2 when something must be changed.

Example:

    starter doctor temporal
    starter doctor temporal --instance eu
    starter doctor temporal --json`
}

// Run checks Temporal. The error has the exit code that Help names, and no text: the findings say it all.
func (cmd doctorTemporalCommand) Run(a *app) error {
	return diagnose(a, cmd.instanceFlag, cmd.JSON, (*diagnosis).examineTemporal)
}

// examineTemporal checks the settings, and then what they lead to.
func (d *diagnosis) examineTemporal(a *app) {
	s, err := config.LoadStarter()
	m := &movers{settings: s, instance: d.Instance, closeStore: func() {}}
	if err == nil {
		m.temporal, err = s.Lazy(temporallog.NewStructuredLogger(slog.New(slog.DiscardHandler)))
	}
	d.addSettings(err, func() string {
		return fmt.Sprintf("complete; SYNC_INTERVAL=%s, SYNC_WINDOW=%d", s.SyncInterval, s.SyncWindow)
	})
	var lost []string
	if err != nil {
		lost = []string{order.CheckSettings}
	} else {
		d.URL = s.TemporalAddress
		defer m.temporal.Close()
	}
	defer func() { m.closeStore() }()
	for f := range order.Examine(a.ctx, m, moverChecks, lost...) {
		d.add(f)
	}
}

// movers are what the checks look at.
type movers struct {
	settings *config.Starter
	instance string
	temporal client.Client
	db       *store.Store
	// closeStore ends the connection to the store; nothing until there is one.
	closeStore func()
}

var moverChecks = []order.Check[*movers]{
	{Name: "Temporal", Needs: []string{order.CheckSettings}, Look: (*movers).answers},
	{Name: "namespace", Needs: []string{"Temporal"}, Look: (*movers).namespace},
	{Name: "attributes", Needs: []string{"namespace"}, Look: (*movers).attributes},
	{Name: "workers", Needs: []string{"namespace"}, Look: (*movers).workers},
	{Name: "schedule", Needs: []string{"namespace"}, Look: (*movers).planned},
	{Name: "store", Needs: []string{order.CheckSettings}, Look: (*movers).stored},
	{Name: "rules", Needs: []string{"store"}, Look: (*movers).ruled},
	{Name: "runs", Needs: []string{"schedule", "store"}, Look: (*movers).runs},
}

// moverTime bounds each question.
const moverTime = 10 * time.Second

func fine(seen string, values ...any) []order.Finding {
	return []order.Finding{{Outcome: order.OutcomeOK, Seen: fmt.Sprintf(seen, values...)}}
}

func wrong(outcome order.Outcome, kind order.Kind, seen, mend string) []order.Finding {
	return []order.Finding{{Outcome: outcome, Kind: kind, Seen: seen, Mend: mend}}
}

func (m *movers) answers(ctx context.Context) []order.Finding {
	ctx, cancel := context.WithTimeout(ctx, moverTime)
	defer cancel()
	if _, err := m.temporal.CheckHealth(ctx, &client.CheckHealthRequest{}); err != nil {
		return wrong(order.OutcomeFail, order.Transient, m.settings.TemporalAddress+" does not answer: "+err.Error(), "Look at Temporal's server, at TEMPORAL_ADDRESS, and at TEMPORAL_TLS… and TEMPORAL_API_KEY where it wants them.")
	}
	return fine("%s answers", m.settings.TemporalAddress)
}

func (m *movers) namespace(ctx context.Context) []order.Finding {
	ctx, cancel := context.WithTimeout(ctx, moverTime)
	defer cancel()
	n, err := m.temporal.WorkflowService().DescribeNamespace(ctx, &workflowservice.DescribeNamespaceRequest{Namespace: m.settings.TemporalNamespace})
	if err != nil {
		return wrong(order.OutcomeFail, kindOf(err), fmt.Sprintf("%q cannot be seen: %v", m.settings.TemporalNamespace, err), "Create it, or correct TEMPORAL_NAMESPACE.")
	}
	return fine("%s; closed workflows are kept for %s", m.settings.TemporalNamespace, n.GetConfig().GetWorkflowExecutionRetentionTtl().AsDuration())
}

func (m *movers) attributes(ctx context.Context) []order.Finding {
	ctx, cancel := context.WithTimeout(ctx, moverTime)
	defer cancel()
	missing, err := visibility.Missing(ctx, m.temporal, m.settings.TemporalNamespace)
	if err != nil {
		return wrong(order.OutcomeWarn, "", err.Error(), "")
	}
	if len(missing) == 0 {
		return fine("all of the type Keyword: %s", strings.Join(workflows.SearchAttributes(), ", "))
	}
	names := strings.Join(missing, ", ")
	named := visibility.NamedBy(ctx, m.temporal, m.instance)
	if named == visibility.Names {
		return wrong(order.OutcomeFail, order.Config, "missing, or of another type than Keyword, and the runs of the schedule name them: "+names,
			watch.Alarm(watch.NoAttributes, m.instance)+".")
	}
	return wrong(order.OutcomeWarn, "", "missing, or of another type than Keyword: "+names,
		"Run starter apply. Until then workflows are not found by order, store, instance and source. "+named.Consequence(m.instance)+".")
}

// workers looks for those who take up the runs, and those who take orders to B1: their workflows, and the activities in which they are sent.
// A worker of a release that tried no order at once asks for the activities alone, and every order would wait.
func (m *movers) workers(ctx context.Context) (all []order.Finding) {
	for _, q := range []struct {
		name string
		kind enumspb.TaskQueueType
		lane string
	}{
		{m.settings.TaskQueue, enumspb.TASK_QUEUE_TYPE_WORKFLOW, config.LaneSync},
		{workflows.B1TaskQueue(m.instance), enumspb.TASK_QUEUE_TYPE_WORKFLOW, config.LaneB1},
		{workflows.B1TaskQueue(m.instance), enumspb.TASK_QUEUE_TYPE_ACTIVITY, config.LaneB1},
	} {
		ctx, cancel := context.WithTimeout(ctx, moverTime)
		queue, err := m.temporal.DescribeTaskQueue(ctx, q.name, q.kind)
		cancel()
		all = append(all, polled(queue, err, fmt.Sprintf("%s (%s)", q.name, asked[q.kind]), q.lane)...)
	}
	return all
}

// asked is what workers ask a queue for.
var asked = map[enumspb.TaskQueueType]string{enumspb.TASK_QUEUE_TYPE_WORKFLOW: "workflows", enumspb.TASK_QUEUE_TYPE_ACTIVITY: "activities"}

// polled says who asks for the work of a queue, and whether it is one to whom it is given.
func polled(queue *workflowservice.DescribeTaskQueueResponse, err error, name, lane string) []order.Finding {
	if err != nil {
		return wrong(order.OutcomeFail, order.Transient, "queue "+name+": "+err.Error(), "")
	}
	current := queue.GetVersioningInfo().GetCurrentDeploymentVersion()
	living, entitled := 0, 0
	for _, p := range queue.GetPollers() {
		if time.Since(p.GetLastAccessTime().AsTime()) >= watch.AskedWithin {
			continue
		}
		living++
		o := p.GetDeploymentOptions()
		versioned := o.GetWorkerVersioningMode() == enumspb.WORKER_VERSIONING_MODE_VERSIONED
		if versioned == (current != nil) && (!versioned || o.GetBuildId() == current.GetBuildId() && o.GetDeploymentName() == current.GetDeploymentName()) {
			entitled++
		}
	}
	work := "workers without a version"
	if current != nil {
		work = fmt.Sprintf("version %s of %s", current.GetBuildId(), current.GetDeploymentName())
	}
	switch {
	case living == 0:
		return wrong(order.OutcomeFail, order.Transient, "nobody asks for the work of queue "+name, fmt.Sprintf("Start a worker of this release that has %s in WORKER_LANES, or see in its log why it ended.", lane))
	case entitled == 0:
		return wrong(order.OutcomeFail, order.Config, fmt.Sprintf("queue %s: the work goes to %s, and all workers are others", name, work),
			"Make the version of the workers current (temporal worker deployment set-current-version), or start workers of that one.")
	}
	return fine("queue %s: %s ask for work", name, work)
}

// planned compares the schedule with the settings.
func (m *movers) planned(ctx context.Context) []order.Finding {
	ctx, cancel := context.WithTimeout(ctx, moverTime)
	defer cancel()
	d, err := m.temporal.ScheduleClient().GetHandle(ctx, workflows.ScheduleID(m.instance)).Describe(ctx)
	if isNotFound(err) {
		return wrong(order.OutcomeFail, order.Config, "there is none: no run begins by itself", "Run starter apply.")
	}
	if err != nil {
		return wrong(order.OutcomeFail, order.Transient, err.Error(), "")
	}
	missing, err := visibility.Missing(ctx, m.temporal, m.settings.TemporalNamespace)
	for _, p := range schedules(m.settings, err == nil && len(missing) == 0) {
		if p.id != workflows.ScheduleID(m.instance) {
			continue
		}
		p.keepAttributes = err != nil // they are not known to be wrong
		if differences := p.beside(d.Schedule).differences(d.Schedule); len(differences) > 0 {
			return wrong(order.OutcomeWarn, "", "not as the settings want it: "+strings.Join(differences, "; "), "Run starter apply.")
		}
	}
	if d.Schedule.State.Paused {
		return wrong(order.OutcomeWarn, "", "paused: "+d.Schedule.State.Note, "temporal schedule toggle --unpause -s "+workflows.ScheduleID(m.instance)+", when that is no longer wanted.")
	}
	return fine("every %s, as the settings want it", m.settings.SyncInterval)
}

func (m *movers) stored(ctx context.Context) []order.Finding {
	ctx, cancel := context.WithTimeout(ctx, moverTime)
	defer cancel()
	db, done, err := openStore(ctx, m.settings)
	if err != nil {
		return wrong(order.OutcomeFail, order.Transient, err.Error(), "Look at MongoDB, and at MONGODB_URI.")
	}
	m.db, m.closeStore = db, done
	return fine("answers")
}

// runs says whether the schedule brings in what it should.
func (m *movers) runs(ctx context.Context) []order.Finding {
	s, err := watch.Sight{Temporal: m.temporal, Store: m.db, TaskQueue: m.settings.TaskQueue, Namespace: m.settings.TemporalNamespace, After: m.settings.SyncAlarmAfter}.Look(ctx, m.instance)
	if err != nil {
		return wrong(order.OutcomeFail, order.Transient, err.Error(), "")
	}
	seen := "none has read Magento yet"
	if s.ReadAt != nil {
		seen = "Magento was read by one that began at " + s.ReadAt.Format(time.RFC3339)
	}
	seen += fmt.Sprintf("; skipped %d, missed %d", s.Skipped, s.Missed)
	if s.Late {
		return wrong(order.OutcomeFail, lateKind(s.Cause), seen, watch.Alarm(s.Cause, m.instance)+".")
	}
	return fine("%s", seen)
}

// kindOf tells an answer that may be another one soon from what a person must change.
func kindOf(err error) order.Kind {
	_, away := errors.AsType[*serviceerror.Unavailable](err)
	_, slow := errors.AsType[*serviceerror.DeadlineExceeded](err)
	_, busy := errors.AsType[*serviceerror.ResourceExhausted](err)
	if away || slow || busy || errors.Is(err, context.DeadlineExceeded) || errors.Is(err, context.Canceled) {
		return order.Transient
	}
	return order.Config
}

// lateKind is what kind of trouble makes a schedule late: with what does not answer somebody tries again, the rest is to be changed.
func lateKind(cause string) order.Kind {
	if cause == watch.NoTemporal || cause == watch.NoWorker {
		return order.Transient
	}
	return order.Config
}
