package watch

import (
	"context"
	"fmt"
	"log/slog"
	"math"
	"sync"
	"time"

	"datawald/store"
	"datawald/workflows"
)

// alarms are what is said of a schedule that is late, of orders that nobody takes, and of a backfill that does not get on, by the cause: what
// becomes of the orders, what to do.
var alarms = map[string]string{
	NoTemporal: "Magento is not read: Temporal does not answer. Look at its server and at TEMPORAL_ADDRESS",
	NoSchedule: "Magento is not read: the instance has no schedule. Run starter apply",
	IsPaused:   "Magento is not read: the schedule is paused. Let it go on when that is no longer wanted: temporal schedule toggle --unpause",
	NoWorker:   "Magento is not read: no worker takes up the runs. Start one, and see in its log why it ended",
	NoAttributes: "Magento is not read, and no order goes to B1: somebody took search attributes out of the namespace that runs and orders name. " +
		"Run starter apply; where it may not make them, see docs/operations.md, The schedule",
	RunHangs: "Magento is not read: a run is under way and does not get on, and all others are skipped. Look at it in Temporal and at the " +
		"worker's log; with worker versions, whether one is current",
	NoB1Worker:       noB1Worker,
	BackfillNoWorker: backfillNoWorker,
	BackfillLost:     backfillLost,
	RunsFail:         "Magento is not read: the runs end before they have. Their errors are in starter status; run starter doctor magento",
}

// Alarm is what is said for a cause, of an instance.
func Alarm(cause, instance string) string {
	if cause == BackfillStands {
		return fmt.Sprintf(backfillStands, workflows.BackfillOrdersID(instance))
	}
	return alarms[cause]
}

// Keep looks after the schedules and backfills of all instances until ctx ends, at least ten times in After. Whatever process sees one late
// first says it for all of them, once, level ERROR; and once, level WARN, that it is over. Orders wait in Magento meanwhile: none is lost.
func (s Sight) Keep(ctx context.Context, instances []string, log *slog.Logger) {
	if s.After < hangsAfter {
		log.Warn("SYNC_ALARM_AFTER is shorter than a sound run may take: there may be alarms for nothing",
			"is", s.After.String(), "want", hangsAfter.String())
	}
	var all sync.WaitGroup
	for _, instance := range instances {
		all.Go(func() { (&keeper{Sight: s, instance: instance, log: log, began: time.Now()}).keep(ctx) })
	}
	all.Wait()
}

// keeper looks after one schedule.
type keeper struct {
	Sight
	instance string
	log      *slog.Logger
	began    time.Time
	// interval is the last that was seen and noted in the store, for as long as Temporal does not answer.
	interval int64
	// wanted is since when the schedule is seen to be there and not paused; zero while it is not.
	wanted time.Time
	// stands is since when the backfill is seen to stand although a worker has taken it up; zero while it does not.
	stands time.Time
}

// The bounds of how often it looks.
const (
	lookAtMost  = 30 * time.Second
	lookAtLeast = 100 * time.Millisecond
)

func (k *keeper) keep(ctx context.Context) {
	tick := time.NewTicker(min(max(k.After/10, lookAtLeast), lookAtMost))
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
			// A store that does not answer is noticed by everybody else, and nothing can be agreed on without it; the next look tells
			// what this one could not.
			_ = k.once(ctx)
			_ = k.orders(ctx)
			_ = k.backfill(ctx)
		}
	}
}

// once looks once. Temporal is asked only when the store says that Magento was not read for long: each question to it is work for the server.
// An alarm ends by a reading alone that began after it was due: that all who watch see alike, whatever their settings, age and clocks.
func (k *keeper) once(ctx context.Context) error {
	progress, err := k.Store.Progress(ctx, k.instance, store.TaskOrders)
	if err != nil {
		return err
	}
	lane, err := k.Store.Lane(ctx, store.ScheduleOf(k.instance))
	if err != nil {
		return err
	}
	if !lane.DownSince.IsZero() && progress.Latest.Began.After(lane.DownSince) {
		return k.over(ctx)
	}
	if time.Since(progress.Latest.Began) < k.After && k.interval != 0 {
		return nil
	}
	seen, err := k.look(ctx, k.instance)
	if err != nil || ctx.Err() != nil {
		return err
	}
	if err := k.learn(ctx, seen); err != nil {
		return err
	}
	return k.tell(ctx, seen, lane)
}

// learn remembers what is wanted later, of a schedule that Temporal knows.
func (k *keeper) learn(ctx context.Context, seen *Schedule) error {
	switch {
	case seen.State == Paused || seen.State == Missing:
		k.wanted = time.Time{}
	case seen.State == On && k.wanted.IsZero():
		k.wanted = time.Now()
	}
	if seen.State != On && seen.State != Paused || seen.IntervalSeconds == k.interval {
		return nil
	}
	err := k.Store.NoteInterval(ctx, k.instance, seen.IntervalSeconds)
	if err == nil {
		k.interval = seen.IntervalSeconds
	}
	return err
}

// tell takes note of how the schedule does, in the store, where it is decided who speaks.
func (k *keeper) tell(ctx context.Context, seen *Schedule, lane store.Lane) error {
	trouble := store.Trouble{Since: seen.since()}
	if trouble.Since.IsZero() { // never made, never read: from when somebody could have; only noted, for all who begin later
		trouble.Since, trouble.AlarmAfter = k.began, math.MaxInt64
	} else if k.judge(ctx, seen, trouble.Since); !seen.Late {
		return nil
	}
	trouble.Failure, trouble.Cause, trouble.Anew = seen.Cause, seen.Cause, k.isAnew(seen, lane)
	raise, lane, err := k.Store.NoteDown(ctx, store.ScheduleOf(k.instance), trouble)
	if err != nil || !raise {
		return err
	}
	k.log.Error(Alarm(seen.Cause, k.instance), "instance", k.instance, "cause", seen.Cause, "since", stamp(lane.DownSince),
		"skipped", seen.Skipped, "missed", seen.Missed)
	return k.Store.Alarmed(ctx, store.ScheduleOf(k.instance), seen.Cause)
}

// isAnew reports whether a schedule that was not wanted when the alarm was raised has been for long, and brings nothing in all the same.
func (k *keeper) isAnew(seen *Schedule, lane store.Lane) bool {
	return isWish(lane.AlarmedFor) && !isWish(seen.Cause) && !k.wanted.IsZero() && time.Since(k.wanted) >= k.patience(seen)
}

// isWish reports whether somebody may want what the cause says.
func isWish(cause string) bool { return cause == IsPaused || cause == NoSchedule }

// over ends an alarm.
func (k *keeper) over(ctx context.Context) error {
	outage, say, err := k.Store.NoteUp(ctx, store.ScheduleOf(k.instance), nil)
	if err != nil || !say {
		return err
	}
	k.log.Warn("Magento is read again; what had changed meanwhile is staged, oldest first", "instance", k.instance,
		"since", stamp(outage.DownSince), "for", outage.UpSince.Sub(outage.DownSince).Round(time.Second).String())
	return k.Store.Over(ctx, outage)
}

func stamp(t time.Time) string { return t.UTC().Format(time.RFC3339) }
