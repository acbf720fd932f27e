package main

import (
	"fmt"
	"time"

	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/temporal"

	"datawald/config"
	"datawald/workflows"
)

const (
	// reconcileJitter spreads the nightly reconciliations of several instances.
	reconcileJitter = 10 * time.Minute
	// reconcileCatchup is how late one may begin when the server was down at its time: in the morning it is still of use.
	reconcileCatchup = 6 * time.Hour
)

// reconcilePlan is the row of an instance's nightly reconciliation. An interval of a day with an offset is that time of day in UTC.
func reconcilePlan(s *config.Starter, instance string, searchable bool) plan {
	var attributes temporal.SearchAttributes
	if searchable {
		attributes = workflows.RunAttributes(instance, workflows.SourceReconcile)
	}
	return plan{
		id:    workflows.ReconcileScheduleID(instance),
		waits: true,
		spec:  client.ScheduleSpec{Intervals: []client.ScheduleIntervalSpec{{Every: 24 * time.Hour, Offset: s.ReconcileOffset()}}, Jitter: reconcileJitter},
		policy: client.SchedulePolicies{
			// One that has not ended after a day waits for something; the next one would wait as well.
			Overlap:       enumspb.SCHEDULE_OVERLAP_POLICY_SKIP,
			CatchupWindow: reconcileCatchup,
		},
		action: client.ScheduleWorkflowAction{
			ID:                       workflows.ReconcileID(instance),
			Workflow:                 workflows.Reconcile,
			Args:                     []any{workflows.ReconcileInput{Instance: instance, Days: s.ReconcileDays, Heal: s.ReconcileHeal, Most: s.ReconcileMostMissing, Actor: "schedule"}},
			TaskQueue:                s.TaskQueue,
			WorkflowExecutionTimeout: workflows.ReconcileLimit,
			TypedSearchAttributes:    attributes,
			StaticSummary:            workflows.ReconcileSummary(instance, "the schedule"),
			Priority:                 temporal.Priority{PriorityKey: workflows.ImportPriority},
		},
	}
}

// created says when the first run of a new schedule is.
func (p plan) created() string {
	every := p.spec.Intervals[0]
	if p.waits {
		return fmt.Sprintf("created, a run starts every day at %s UTC", time.Time{}.Add(every.Offset).Format("15:04"))
	}
	return fmt.Sprintf("created, a run starts now and then every %s", every.Every)
}

// removeReconciliations takes the schedules away that RECONCILE_DAYS=0 does not want.
func removeReconciliations(a *app, c client.Client, s *config.Starter) error {
	for _, instance := range s.InstanceNames {
		id := workflows.ReconcileScheduleID(instance)
		err := c.ScheduleClient().GetHandle(a.ctx, id).Delete(a.ctx)
		switch {
		case isNotFound(err):
		case err != nil:
			return refused(s, "schedule "+id, err)
		default:
			a.say("%s: removed", id)
		}
	}
	return nil
}
