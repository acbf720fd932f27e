package main

import (
	"time"

	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/temporal"

	"datawald/config"
	"datawald/workflows"
)

const (
	// leastCatchup is the shortest catch-up window that the server takes.
	leastCatchup = 10 * time.Second
	// mostJitter spreads the runs of several instances, which all would begin at the same second.
	mostJitter = 10 * time.Second
	// runLimit also keeps a run that hangs from keeping the schedule from firing for ever.
	runLimit = workflows.RunLimit
)

// plan is one row of the table of schedules: what it does, when, and how firings relate.
type plan struct {
	id     string
	spec   client.ScheduleSpec
	policy client.SchedulePolicies
	action client.ScheduleWorkflowAction
	// keepAttributes leaves the search attributes of a schedule that is there as they are.
	keepAttributes bool
	// waits is true for what begins at its time and not when the schedule is made.
	waits bool
}

// beside is the plan for a schedule that is there.
func (p plan) beside(is client.Schedule) plan {
	if a, isRun := is.Action.(*client.ScheduleWorkflowAction); isRun && p.keepAttributes {
		p.action.TypedSearchAttributes, p.action.UntypedSearchAttributes = a.TypedSearchAttributes, a.UntypedSearchAttributes
	}
	return p
}

// schedules is the table that the settings ask for: one row for each instance. Its runs have search attributes where the namespace
// knows them.
func schedules(s *config.Starter, searchable bool) []plan {
	var table []plan
	for _, instance := range s.InstanceNames {
		var attributes temporal.SearchAttributes
		if searchable {
			attributes = workflows.RunAttributes(instance, workflows.SourceSync)
		}
		table = append(table, plan{
			id:   workflows.ScheduleID(instance),
			spec: client.ScheduleSpec{Intervals: []client.ScheduleIntervalSpec{{Every: s.SyncInterval}}, Jitter: min(s.SyncInterval/10, mostJitter)},
			policy: client.SchedulePolicies{
				// Two runs would read the same pages; the next one sees whatever a skipped one would have seen.
				Overlap: enumspb.SCHEDULE_OVERLAP_POLICY_SKIP,
				// After an outage one run is enough, and the default of a year would start one for each interval.
				CatchupWindow: max(s.SyncInterval, leastCatchup),
			},
			action: client.ScheduleWorkflowAction{
				ID:                       workflows.SyncOrdersID(instance),
				Workflow:                 workflows.SyncOrders,
				Args:                     []any{workflows.SyncOrdersInput{Instance: instance, Window: s.SyncWindow}},
				TaskQueue:                s.TaskQueue,
				WorkflowExecutionTimeout: runLimit,
				TypedSearchAttributes:    attributes,
				StaticSummary:            workflows.SyncSummary(instance),
			},
		})
		if s.ReconcileDays > 0 {
			table = append(table, reconcilePlan(s, instance, searchable))
		}
	}
	return table
}

// options are for creating the schedule; the first run of most starts at once.
func (p plan) options() client.ScheduleOptions {
	return client.ScheduleOptions{
		ID: p.id, Spec: p.spec, Action: &p.action,
		Overlap: p.policy.Overlap, CatchupWindow: p.policy.CatchupWindow, PauseOnFailure: p.policy.PauseOnFailure,
		TriggerImmediately: !p.waits,
	}
}

// schedule is for replacing what stands there; state (paused, note, remaining actions) is the operators' own.
func (p plan) schedule(state *client.ScheduleState) *client.Schedule {
	return &client.Schedule{Spec: &p.spec, Action: &p.action, Policy: &p.policy, State: state}
}
