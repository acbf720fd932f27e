package watch

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"datawald/store"
)

// alarms are what is said of a schedule that is late, by its cause: what becomes of the orders, what to do.
var alarms = map[string]string{
	NoTemporal: "Magento is not read: Temporal does not answer. Look at its server and at TEMPORAL_ADDRESS",
	NoSchedule: "Magento is not read: the instance has no schedule. Run starter apply",
	IsPaused:   "Magento is not read: the schedule is paused. Let it go on when that is no longer wanted: temporal schedule toggle --unpause",
	NoWorker:   "Magento is not read: no worker takes up the runs. Start one, and see in its log why it ended",
	RunHangs:   "Magento is not read: a run is under way and does not get on, and all others are skipped. Look at it in Temporal and at the worker's log; with worker versions, whether one is current",
	RunsFail:   "Magento is not read: the runs end before they have. Their errors are in starter status; run starter doctor magento",
}

// Alarm is what is said of a schedule that is late for a cause.
func Alarm(cause string) string { return alarms[cause] }

// Keep looks after the schedules of all instances until ctx ends, at least ten times in After. Whatever process sees one late first says
// it for all of them, once, level ERROR; and once, level WARN, that it is over. Orders wait in Magento meanwhile: none is lost.
func (s Sight) Keep(ctx context.Context, instances []string, log *slog.Logger) {
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
	// interval is the last that was seen, for as long as Temporal does not answer.
	interval int64
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
		}
	}
}

// once looks once. Temporal is asked only when the store says that Magento was not read for long: each question to it is work for the server.
func (k *keeper) once(ctx context.Context) error {
	progress, err := k.Store.Progress(ctx, k.instance, store.TaskOrders)
	if err != nil {
		return err
	}
	if time.Since(progress.Latest.Began) < k.After {
		return k.over(ctx)
	}
	seen, err := k.look(ctx, k.instance)
	if err != nil || ctx.Err() != nil {
		return err
	}
	return k.tell(ctx, seen)
}

// tell takes note of how the schedule does, in the store, where it is decided who speaks.
func (k *keeper) tell(ctx context.Context, seen *Schedule) error {
	if seen.State == Unknown {
		seen.IntervalSeconds = k.interval
	}
	k.interval = seen.IntervalSeconds
	since := seen.since()
	if since.IsZero() { // never made, never read: from when somebody could have
		since = k.began
	}
	if k.judge(ctx, seen, since); !seen.Late {
		return k.over(ctx)
	}
	raise, lane, err := k.Store.NoteDown(ctx, store.ScheduleOf(k.instance), store.Trouble{Since: since, Failure: seen.Cause, Cause: seen.Cause})
	if err != nil || !raise {
		return err
	}
	k.log.Error(alarms[seen.Cause], "instance", k.instance, "cause", seen.Cause, "since", stamp(lane.DownSince), "skipped", seen.Skipped, "missed", seen.Missed)
	return k.Store.Alarmed(ctx, store.ScheduleOf(k.instance), seen.Cause)
}

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
