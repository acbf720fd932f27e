package alarm

import (
	"cmp"
	"context"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"time"

	"datawald/config"
	"datawald/store"
	"datawald/watch"
)

// Keeper watches over instances, with the eyes of package watch.
type Keeper struct {
	watch.Sight
	Instances []string
	Limits    config.Alarms
	Log       *slog.Logger
	// Channels are the ways by which people are told.
	Channels []Channel

	// Pace says how often it looks and tells.
	Pace Pace
	// Clock is what time it is; nil for the machine's.
	Clock func() time.Time

	// blind has the instances at which it could not look last.
	blind map[string]bool
	// uncounted has those of which it did not learn last what is usual.
	uncounted map[string]bool
}

// New makes the keeper of a program.
func New(sight watch.Sight, instances []string, s config.Alarms, log *slog.Logger) (*Keeper, error) {
	channels, err := Channels(s)
	if err != nil {
		return nil, err
	}
	if len(channels) == 0 {
		log.Warn("nobody is told of alarms: neither ALARM_WEBHOOK_URL nor ALARM_SMTP_ADDRESS is set")
	}
	return &Keeper{Sight: sight, Instances: instances, Limits: s, Log: log, Channels: channels, Pace: ordinary}, nil
}

// Pace are the times of a keeper.
type Pace struct {
	// Look and Tell are the times between two looks, and between two times that it sees whether something is to be told.
	Look, Tell time.Duration
	// Hold is how long a cause must be seen before the alarm is raised, where the alarm itself says nothing; Clear how long it must be gone before it
	// is resolved: what comes and goes within minutes is one alarm.
	Hold, Clear time.Duration
	// Limit bounds one look at an instance; 0 for two minutes.
	Limit time.Duration
	// Settle is how old an event must be before it is told, so that what is raised by one cause is told together.
	Settle time.Duration
	// Usual is what the usual orders may take of a look; 0 for usualLimit.
	Usual time.Duration
}

// ordinary is the pace of the programs.
var ordinary = Pace{Look: time.Minute, Tell: 15 * time.Second, Hold: time.Minute, Clear: 5 * time.Minute, Settle: 10 * time.Second}

// lookLimit bounds one look at an instance: the first one of a large shop counts its orders of eight weeks.
const lookLimit = 2 * time.Minute

// noteAgain is how seldom the words of an alarm that stands are written anew.
const noteAgain = 10 * time.Minute

// Keep looks and tells until ctx ends. Nothing can be agreed on without the store; the next look tells what this one could not.
func (k *Keeper) Keep(ctx context.Context) {
	var both sync.WaitGroup
	both.Go(func() { each(ctx, k.Pace.Look, k.LookAll) })
	both.Go(func() { each(ctx, k.Pace.Tell, k.TellAll) })
	both.Wait()
}

func each(ctx context.Context, pause time.Duration, do func(context.Context)) {
	tick := time.NewTicker(pause)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
			do(ctx)
		}
	}
}

// LookAll looks at all instances once.
func (k *Keeper) LookAll(ctx context.Context) {
	for _, instance := range k.Instances {
		err := k.look(ctx, instance)
		if ctx.Err() != nil {
			return
		}
		if err != nil && !k.blind[instance] {
			k.Log.Warn("alarms cannot be looked at", "instance", instance, "error", err)
		}
		if k.blind == nil {
			k.blind = map[string]bool{}
		}
		k.blind[instance] = err != nil
	}
}

func (k *Keeper) now() time.Time {
	if k.Clock != nil {
		return k.Clock()
	}
	return time.Now().UTC().Truncate(time.Millisecond)
}

// look looks at an instance once.
func (k *Keeper) look(ctx context.Context, instance string) error {
	ctx, cancel := context.WithTimeout(ctx, cmp.Or(k.Pace.Limit, lookLimit))
	defer cancel()
	f, err := k.gather(ctx, instance)
	if err != nil {
		return err
	}
	known, err := k.Store.Alarms(ctx, instance)
	if err != nil {
		return err
	}
	at := func(name string) store.Alarm {
		if n := slices.IndexFunc(known, func(a store.Alarm) bool { return a.Name == name }); n >= 0 {
			return known[n]
		}
		return store.Alarm{}
	}
	verdicts := judge(f, func(name string) bool { return at(name).Raised })
	for _, c := range conditions {
		if a := at(c.name); !k.step(&a, verdicts[c.name], f.now) {
			continue // the store need not be asked again
		}
		if err := k.note(ctx, instance, c.name, verdicts[c.name], f.now); err != nil {
			return err
		}
	}
	return nil
}

// note writes what follows from a verdict, and says in the log what this process raised or resolved.
func (k *Keeper) note(ctx context.Context, instance, name string, v verdict, now time.Time) error {
	var was int64
	a, written, err := k.Store.ChangeAlarm(ctx, instance, name, func(a *store.Alarm) bool {
		was = a.Seq
		return k.step(a, v, now)
	})
	if err != nil || !written || a.Seq == was {
		return err
	}
	switch e := a.Events[len(a.Events)-1]; e.Kind {
	case store.AlarmRaised:
		k.Log.Warn("alarm raised", "instance", instance, "alarm", name, "what", e.What)
	case store.AlarmChanged:
		k.Log.Warn("alarm changed", "instance", instance, "alarm", name, "what", e.What)
	case store.AlarmResolved:
		k.Log.Warn("alarm resolved", "instance", instance, "alarm", name)
	}
	return nil
}

// step makes of an alarm what follows from a verdict; false when that is nothing.
func (k *Keeper) step(a *store.Alarm, v verdict, now time.Time) (changed bool) {
	switch v.state {
	case bad:
		return k.seen(a, v, now)
	case good:
		return k.gone(a, now)
	}
	return false
}

// seen notes that the cause is there.
func (k *Keeper) seen(a *store.Alarm, v verdict, now time.Time) (changed bool) {
	if !a.ClearSince.IsZero() {
		a.ClearSince, changed = time.Time{}, true
	}
	switch {
	case a.BadSince.IsZero(), !a.Raised && a.Subject != v.subject && v.count < a.SeenCount:
		a.BadSince, a.Subject, a.SeenCount, changed = now, v.subject, v.count, true
	case !a.Raised && a.Subject != v.subject:
		a.Subject, changed = v.subject, true
	}
	hold := v.hold
	if hold == 0 {
		hold = k.Pace.Hold
	}
	another, noted := k.another(a, v, hold, now)
	changed = changed || noted
	switch {
	case !a.Raised && now.Sub(a.BadSince) >= hold:
		a.Raised, a.RaisedAt, a.ResolvedAt = true, now, time.Time{}
		k.say(a, v, store.AlarmRaised, now)
	case another:
		k.say(a, v, store.AlarmChanged, now)
	case a.Raised && v.grows && len(a.Events) > 0 && v.count >= 2*max(a.Events[len(a.Events)-1].Count, 1):
		k.say(a, v, store.AlarmReminder, now)
	case a.Raised && k.Limits.Reminder > 0 && now.Sub(toldAt(a)) >= k.Limits.Reminder:
		k.say(a, v, store.AlarmReminder, now)
	case a.Raised && now.Sub(a.NotedAt) >= noteAgain && (a.What != v.what || a.Todo != v.todo || a.Count != v.count):
		word(a, v, now)
	default:
		return changed
	}
	return true
}

// another notes the cause that an alarm that stands has besides what was told, or instead of it. tell is true once that was seen for its time: one that
// is new for hold, one that is left of several for as long as an alarm must be gone.
func (k *Keeper) another(a *store.Alarm, v verdict, hold time.Duration, now time.Time) (tell, changed bool) {
	if !a.Raised || v.cause == "" {
		return false, false
	}
	if a.Cause == v.cause || a.Cause == "" { // nobody knows what a release before has told
		changed = a.Cause == "" || a.Other != ""
		a.Cause, a.Other, a.OtherSince = v.cause, "", time.Time{}
		return false, changed
	}
	if a.Other != v.cause {
		a.Other, a.OtherSince, changed = v.cause, now, true
	}
	told := strings.Fields(a.Cause)
	if !slices.ContainsFunc(strings.Fields(v.cause), func(c string) bool { return !slices.Contains(told, c) }) {
		hold = max(hold, k.Pace.Clear)
	}
	return now.Sub(a.OtherSince) >= hold, changed
}

// say makes an event of what is so.
func (k *Keeper) say(a *store.Alarm, v verdict, kind string, now time.Time) {
	word(a, v, now)
	a.Cause, a.Other, a.OtherSince = v.cause, "", time.Time{}
	k.event(a, kind, now)
}

// word writes what is so.
func word(a *store.Alarm, v verdict, now time.Time) {
	a.What, a.Todo, a.Count, a.NotedAt = v.what, v.todo, v.count, now
	if a.Since = v.since; a.Since.IsZero() {
		a.Since = a.BadSince
	}
}

// gone notes that the cause is not there.
func (k *Keeper) gone(a *store.Alarm, now time.Time) (changed bool) {
	if !a.Raised {
		changed = !a.BadSince.IsZero()
		a.BadSince, a.Subject, a.SeenCount = time.Time{}, "", 0
		return changed
	}
	if a.ClearSince.IsZero() {
		a.ClearSince, a.Other, a.OtherSince, changed = now, "", time.Time{}, true
	}
	if now.Sub(a.ClearSince) < k.Pace.Clear {
		return changed
	}
	a.Raised, a.ResolvedAt = false, now
	a.BadSince, a.ClearSince, a.Subject, a.SeenCount, a.Cause = time.Time{}, time.Time{}, "", 0, ""
	k.event(a, store.AlarmResolved, now)
	return true
}

// event adds an event. Channels that this process has are known to the alarm from its first event on, so that none is missed.
func (k *Keeper) event(a *store.Alarm, kind string, now time.Time) {
	for _, c := range k.Channels {
		if _, known := a.Told[c.Name()]; !known {
			if a.Told == nil {
				a.Told = map[string]int64{}
			}
			a.Told[c.Name()] = a.Seq
		}
	}
	a.Add(kind, now)
}

// toldAt is when the last event was.
func toldAt(a *store.Alarm) time.Time {
	if len(a.Events) == 0 {
		return a.RaisedAt
	}
	return a.Events[len(a.Events)-1].At
}
