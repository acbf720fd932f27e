package alarm

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"datawald/store"
)

// Channel is a way by which people are told.
type Channel interface {
	// Name is the one by which the store knows it.
	Name() string
	// Send tells a message. Its error names no secret. A message may come twice where a process dies between sending and noting that it did.
	Send(ctx context.Context, m Message) error
}

// Partly is the error of a message that some got and others did not. It counts as told: those who got it need it no second time.
type Partly struct {
	// Refused of Of people did not get it.
	Refused, Of int
	// Why is what was said of the last of them, without his address.
	Why string
}

func (p *Partly) Error() string {
	return fmt.Sprintf("%d of %d recipients did not get it: %s", p.Refused, p.Of, p.Why)
}

const (
	// sendLimit bounds the sending of one message, lease is how long a process has a channel from one message to the next.
	sendLimit = 20 * time.Second
	lease     = time.Minute
	// together is how many events are told one by one; more are told in one message.
	together = 5
	// patience is how many times Settle the first of several events waits for the others.
	patience = 3
	// The pause after an attempt that failed doubles from the first to the longest.
	firstPause   = 30 * time.Second
	longestPause = 30 * time.Minute
	doublings    = 6 // of the first pause, after which it is the longest
	// mostFailure is how many characters of an error are kept.
	mostFailure = 300
)

// untold is an event that a channel has yet to tell.
type untold struct {
	instance, name string
	store.AlarmEvent
}

// TellAll tells by each channel what it has yet to tell, as far as no other process has it.
func (k *Keeper) TellAll(ctx context.Context) {
	for _, c := range k.Channels {
		// What could not be noted is seen again at the next time.
		_ = k.tell(ctx, c)
	}
}

func (k *Keeper) tell(ctx context.Context, to Channel) error {
	has, events, err := k.take(ctx, to)
	if has == nil || err != nil {
		return err
	}
	for _, some := range portions(events) {
		if kept, err := k.tellSome(ctx, to, has, some); !kept || err != nil {
			return err
		}
	}
	return k.giveBack(ctx, has)
}

// take takes a channel that has something to tell; nil when it has nothing, or another process has it.
func (k *Keeper) take(ctx context.Context, to Channel) (has *store.AlarmChannel, events []untold, err error) {
	ctx, cancel := context.WithTimeout(ctx, lease)
	defer cancel()
	if events, err := k.untold(ctx, to.Name()); err != nil || !k.isSettled(events) {
		return nil, nil, err
	}
	if has, err = k.Store.TakeAlarmChannel(ctx, to.Name(), k.now(), k.now().Add(lease)); has == nil || err != nil {
		return nil, nil, err
	}
	events, err = k.untold(ctx, to.Name()) // as it is now that nobody else tells
	return has, events, err
}

// tellSome tells a portion while the process has the channel, which it keeps for the next one. A store that hangs holds it no longer than that.
func (k *Keeper) tellSome(running context.Context, to Channel, has *store.AlarmChannel, some []untold) (kept bool, err error) {
	ctx, cancel := context.WithTimeout(running, lease)
	defer cancel()
	if err := k.send(ctx, to, some); err != nil {
		if running.Err() != nil { // the process stops: the channel has not failed
			return false, k.giveBack(running, has)
		}
		return false, k.putOff(running, has, err)
	}
	if err := k.sent(ctx, has, some); err != nil {
		return false, err
	}
	return k.Store.KeepAlarmChannel(ctx, has, k.now().Add(lease))
}

// backTime bounds the giving back of a channel, which a process does that stops as well.
const backTime = 5 * time.Second

// giveBack lets others have a channel.
func (k *Keeper) giveBack(ctx context.Context, has *store.AlarmChannel) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), backTime)
	defer cancel()
	_, err := k.Store.KeepAlarmChannel(ctx, has, time.Time{})
	return err
}

// untold gives all that a channel has yet to tell, the oldest first.
func (k *Keeper) untold(ctx context.Context, channel string) (events []untold, err error) {
	all, err := k.Store.Alarms(ctx, "")
	if err != nil {
		return nil, err
	}
	for _, a := range all {
		for _, e := range fresh(a, channel, k.now()) {
			events = append(events, untold{a.Instance, a.Name, e})
		}
	}
	slices.SortStableFunc(events, func(a, b untold) int { return cmp.Compare(a.At.UnixMilli(), b.At.UnixMilli()) })
	return events, nil
}

// staleAfter is the age from which an event is told only where it says how things stand: a channel that comes back after months is told what is so.
const staleAfter = 24 * time.Hour

// fresh are the events that a channel has yet to tell and that are of use still. Of old ones these are left out: reminders, and alarms that are over
// and were never told of. The end of one that was told is told.
func fresh(a store.Alarm, channel string, now time.Time) (events []store.AlarmEvent) {
	begun := a.Told[channel] > 0 // that the latest alarm up to here was told, so that its end is wanted
	for _, e := range a.Events {
		if e.Kind == store.AlarmRaised {
			begun = e.Seq <= a.Told[channel]
		}
		stale := now.Sub(e.At) >= staleAfter
		stands := (e.Kind == store.AlarmRaised || e.Kind == store.AlarmChanged) && a.Raised && !e.At.Before(a.RaisedAt)
		if !stale || stands || e.Kind == store.AlarmResolved && begun {
			events = append(events, e)
		}
	}
	untold := a.Untold(channel)
	return slices.DeleteFunc(events, func(e store.AlarmEvent) bool {
		return !slices.ContainsFunc(untold, func(u store.AlarmEvent) bool { return u.Seq == e.Seq })
	})
}

// isSettled reports whether there is something to tell, and nothing that belongs to it is about to come.
func (k *Keeper) isSettled(events []untold) bool {
	if len(events) == 0 {
		return false
	}
	now := k.now()
	return now.Sub(events[len(events)-1].At) >= k.Pace.Settle || now.Sub(events[0].At) >= patience*k.Pace.Settle
}

// portions are the events that go into one message each.
func portions(events []untold) [][]untold {
	if len(events) > together {
		return [][]untold{events}
	}
	return slices.Collect(slices.Chunk(events, 1))
}

func (k *Keeper) send(ctx context.Context, to Channel, events []untold) error {
	ctx, cancel := context.WithTimeout(ctx, sendLimit)
	defer cancel()
	err := to.Send(ctx, newMessage(events, k.Limits.Zone()))
	if some, ok := errors.AsType[*Partly](err); ok {
		k.Log.Warn("some are not told of an alarm", "channel", to.Name(), "refused", some.Refused, "of", some.Of, "why", some.Why)
		return nil
	}
	return err
}

// sent notes that events were told.
func (k *Keeper) sent(ctx context.Context, has *store.AlarmChannel, events []untold) error {
	for _, e := range events {
		if _, _, err := k.Store.ChangeAlarm(ctx, e.instance, e.name, func(a *store.Alarm) bool {
			if told, known := a.Told[has.Name]; known && told >= e.Seq {
				return false
			}
			if a.Told == nil {
				a.Told = map[string]int64{}
			}
			a.Told[has.Name] = e.Seq
			return true
		}); err != nil {
			return err
		}
	}
	if has.Attempts > 0 {
		k.Log.Warn("alarms are told again", "channel", has.Name, "failed_since", has.FailedSince.Format(time.RFC3339))
	}
	has.Attempts, has.FailedSince, has.Failure, has.NextAt, has.SentAt = 0, time.Time{}, "", time.Time{}, k.now()
	return nil
}

// putOff gives a channel back that could not tell, until some time has passed.
func (k *Keeper) putOff(ctx context.Context, has *store.AlarmChannel, failure error) error {
	now := k.now()
	if has.Attempts == 0 {
		has.FailedSince = now
		k.Log.Warn("alarms cannot be told", "channel", has.Name, "error", failure)
	}
	pause := longestPause
	if has.Attempts < doublings {
		pause = firstPause << has.Attempts
	}
	has.Attempts++
	has.Failure, has.NextAt = short(failure.Error()), now.Add(pause)
	return k.giveBack(ctx, has)
}

// short is the beginning of a text, on one line.
func short(text string) string {
	runes := []rune(strings.Join(strings.Fields(text), " "))
	if len(runes) > mostFailure {
		return string(runes[:mostFailure]) + "…"
	}
	return string(runes)
}
