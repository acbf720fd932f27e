// Package watch sees whether the schedules of all instances bring Magento's orders in and their backfills get on, says so once when one does
// not, and once when it does again. Every process that lives keeps watch, so that a dead worker is noticed by the gateway, and a dead gateway
// hides nothing. It also puts away what a backfill that is gone has left, when somebody asks for that.
package watch

import (
	"cmp"
	"context"
	"errors"
	"time"

	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/api/serviceerror"
	"go.temporal.io/sdk/client"

	"datawald/store"
	"datawald/visibility"
	"datawald/workflows"
)

// Created is when the schedule was made; zero while there is none, or Temporal does not tell.
func (s *Schedule) Created() time.Time { return s.created }

// Upcoming are the next times at which runs are due, none while it is not on.
func (s *Schedule) Upcoming() []time.Time { return s.upcoming }

// States of a schedule.
const (
	On      = "on"
	Paused  = "paused"
	Missing = "missing"
	Unknown = "unknown" // Temporal does not answer
)

// Schedule is how the schedule of an instance does.
type Schedule struct {
	State string `json:"state" enum:"on,paused,missing,unknown" doc:"missing: run starter apply; unknown: Temporal does not answer"`
	// Note is what the operator wrote who paused it, or the one who let it go on.
	Note            string     `json:"note,omitempty" doc:"What the operator wrote who paused it or let it go on"`
	IntervalSeconds int64      `json:"interval_seconds,omitempty" doc:"The time between two runs"`
	NextRun         *time.Time `json:"next_run,omitempty" doc:"When the next run is due"`
	RunningSince    *time.Time `json:"running_since,omitempty" doc:"Since when a run is under way; absent when none is"`
	// Skipped and Missed count firings since the schedule was made.
	Skipped int `json:"skipped" doc:"Firings that found a run under way and started none, since the schedule was made"`
	Missed  int `json:"missed" doc:"Firings that Temporal slept through for longer than the catch-up window"`
	// ReadAt is when the latest reading of Magento began of which something was staged, or nothing was to be staged.
	ReadAt *time.Time `json:"read_at,omitempty" doc:"When the latest run began that had an answer of Magento and staged it"`
	Late   bool       `json:"late" doc:"No run has read Magento for longer than SYNC_ALARM_AFTER and two intervals"`
	Cause  string     `json:"cause,omitempty" enum:"no_temporal,no_schedule,paused,no_worker,no_attributes,run_hangs,runs_fail" doc:"Why it is late"`
	// Orders says why staged orders do not go to B1, when no worker takes them there.
	Orders string `json:"orders,omitempty" enum:"no_b1_worker" doc:"no_b1_worker: orders have waited for longer than SYNC_ALARM_AFTER, and no worker takes them to B1"`
	// Backfill says why the backfill that has not ended does not get on.
	Backfill string `json:"backfill,omitempty" enum:"backfill_no_worker,backfill_lost,backfill_stands" doc:"Why a backfill has not moved for twice SYNC_ALARM_AFTER: no worker takes it up, Temporal has it no longer, or it is under way and nothing moves"`
	// AlarmedAt is when the alarm was raised that stands.
	AlarmedAt *time.Time `json:"alarmed_at,omitempty" doc:"When the alarm for that was raised"`

	created time.Time
	// upcoming are the next times at which it fires, while it is on.
	upcoming []time.Time
	// noted is since when somebody knows that a schedule that was never made and never read brings nothing in.
	noted time.Time
	// labelled is true when its runs are to have search attributes.
	labelled bool
	// answered is true when Temporal answers and cannot show it, as when its runs name search attributes that are not there.
	answered bool
}

// Causes of a schedule that is late.
const (
	NoTemporal = "no_temporal" // Temporal does not answer
	NoSchedule = "no_schedule" // nobody has made it
	IsPaused   = "paused"      // an operator has paused it
	NoWorker   = "no_worker"   // nobody takes its runs up
	// NoAttributes: its runs name search attributes that the namespace lacks, so that neither they nor orders can be started.
	NoAttributes = "no_attributes"
	RunHangs     = "run_hangs" // a run is under way and does not end, so that all others are skipped
	RunsFail     = "runs_fail" // runs end, and have not read Magento
)

// Sight is what a watch looks with.
type Sight struct {
	Temporal client.Client
	Store    *store.Store
	// TaskQueue is where the runs wait for workers.
	TaskQueue string
	// After is how long beyond two intervals no run may have read Magento.
	After time.Duration
	// Namespace is that of Temporal, which has the search attributes of the runs, or lacks them.
	Namespace string
	// Hangs is how long a run may be under way before it is one that hangs; 0 for as long as a sound one may take.
	Hangs time.Duration
}

// hangsAfter is how long a run is under way that does not get on: a sound one waits for its orders for DefaultBudget.
const hangsAfter = workflows.DefaultBudget + 2*time.Minute

// lookFor bounds what Temporal may take to answer.
const lookFor = 5 * time.Second

// Look looks at the schedule of an instance. Temporal may be away, the store not. When it fails half-way, what it has seen comes with the error.
func (s Sight) Look(ctx context.Context, instance string) (*Schedule, error) {
	seen, err := s.look(ctx, instance)
	if err != nil {
		return nil, err
	}
	if !seen.since().IsZero() { // one that was never made and never read is not late
		s.judge(ctx, seen, seen.since())
	}
	if seen.State == Unknown && !seen.answered { // it would be asked for these in vain
		return seen, nil
	}
	if seen.Orders, err = s.unserved(ctx, instance); err == nil {
		seen.Backfill, err = s.stuckLong(ctx, instance)
	}
	return seen, err
}

func (s Sight) look(ctx context.Context, instance string) (*Schedule, error) {
	progress, err := s.Store.Progress(ctx, instance, store.TaskOrders)
	if err != nil {
		return nil, err
	}
	lane, err := s.Store.Lane(ctx, store.ScheduleOf(instance))
	if err != nil {
		return nil, err
	}
	seen := s.describe(ctx, instance)
	if seen.State == Unknown { // a server with much to do may be slow once
		seen = s.describe(ctx, instance)
	}
	if seen.State == Unknown {
		seen.IntervalSeconds = lane.Interval
	}
	seen.ReadAt, seen.AlarmedAt, seen.noted = given(progress.Latest.Began), given(lane.AlarmedAt), lane.DownSince
	return seen, nil
}

// patience is for how long nothing may come of a schedule.
func (s Sight) patience(seen *Schedule) time.Duration {
	return s.After + 2*time.Duration(seen.IntervalSeconds)*time.Second
}

// judge says whether a schedule is late of which nothing came since then, and why.
func (s Sight) judge(ctx context.Context, seen *Schedule, since time.Time) {
	if seen.Late = time.Since(since) >= s.patience(seen); seen.Late {
		seen.Cause = s.cause(ctx, seen)
	}
}

// since is when Magento was read last; for a new schedule, when it was made; for one that was never made, since when somebody knows that;
// zero when nobody does.
func (s *Schedule) since() time.Time {
	if s.ReadAt == nil && s.created.IsZero() {
		return s.noted
	}
	if s.ReadAt != nil && s.ReadAt.After(s.created) {
		return *s.ReadAt
	}
	return s.created
}

// describe asks Temporal.
func (s Sight) describe(ctx context.Context, instance string) *Schedule {
	ctx, cancel := context.WithTimeout(ctx, lookFor)
	defer cancel()
	d, err := s.Temporal.ScheduleClient().GetHandle(ctx, workflows.ScheduleID(instance)).Describe(ctx)
	if _, missing := errors.AsType[*serviceerror.NotFound](err); missing {
		return &Schedule{State: Missing}
	}
	if err != nil {
		_, failed := errors.AsType[*serviceerror.Internal](err)
		return &Schedule{State: Unknown, answered: failed}
	}
	seen := &Schedule{State: On, Note: d.Schedule.State.Note, created: d.Info.CreatedAt,
		Skipped: d.Info.NumActionsSkippedOverlap, Missed: d.Info.NumActionsMissedCatchupWindow}
	if d.Schedule.State.Paused {
		seen.State = Paused
	}
	if all := d.Schedule.Spec.Intervals; len(all) > 0 {
		seen.IntervalSeconds = int64(all[0].Every / time.Second)
	}
	if next := d.Info.NextActionTimes; len(next) > 0 && seen.State == On {
		seen.NextRun, seen.upcoming = given(next[0]), next
	}
	seen.RunningSince, seen.labelled = runningSince(d.Info), visibility.Labelled(d.Schedule)
	return seen
}

// runningSince is when the run that is under way was started.
func runningSince(info client.ScheduleInfo) *time.Time {
	for _, running := range info.RunningWorkflows {
		for _, recent := range info.RecentActions {
			if started := recent.StartWorkflowResult; started != nil && *started == running {
				return given(recent.ActualTime)
			}
		}
	}
	return nil
}

// cause is why a schedule is late, what a person must mend first.
func (s Sight) cause(ctx context.Context, seen *Schedule) string {
	switch {
	case seen.State == Unknown && s.lacksAttributes(ctx): // the server describes no schedule whose runs name what it does not know
		return NoAttributes
	case seen.State == Unknown:
		return NoTemporal
	case seen.State == Missing:
		return NoSchedule
	case seen.State == Paused:
		return IsPaused
	case !s.hasWorker(ctx):
		return NoWorker
	case seen.labelled && s.lacksAttributes(ctx):
		return NoAttributes
	case seen.RunningSince != nil && time.Since(*seen.RunningSince) >= cmp.Or(s.Hangs, hangsAfter):
		return RunHangs
	}
	return RunsFail
}

// AskedWithin is how often a worker that lives asks for work at least: its question waits a minute for an answer.
const AskedWithin = 2 * time.Minute

// lacksAttributes reports whether the namespace lacks search attributes. When nobody knows, it has them.
func (s Sight) lacksAttributes(ctx context.Context) bool {
	ctx, cancel := context.WithTimeout(ctx, lookFor)
	defer cancel()
	missing, err := visibility.Missing(ctx, s.Temporal, s.Namespace)
	return err == nil && len(missing) > 0
}

// HasWorker reports whether somebody asks for the runs of all instances. It fails when Temporal does not tell.
func (s Sight) HasWorker(ctx context.Context) (bool, error) {
	return s.asked(ctx, s.TaskQueue, enumspb.TASK_QUEUE_TYPE_WORKFLOW)
}

// Served reports whether workers ask for the orders of an instance, to take them to B1. It fails when Temporal does not tell.
func (s Sight) Served(ctx context.Context, instance string) (bool, error) {
	return s.served(ctx, instance)
}

// hasWorker reports whether somebody asks for the runs. When nobody knows, somebody does.
func (s Sight) hasWorker(ctx context.Context) bool {
	asked, err := s.HasWorker(ctx)
	return asked || err != nil
}

func given(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	return new(t.UTC())
}
