package alarm

import (
	"cmp"
	"context"
	"slices"
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
	if events, err := k.untold(ctx, to.Name()); err != nil || !k.isSettled(events) {
		return err
	}
	has, err := k.Store.TakeAlarmChannel(ctx, to.Name(), lease)
	if has == nil || err != nil {
		return err
	}
	events, err := k.untold(ctx, to.Name()) // as it is now that nobody else tells
	if err != nil {
		return err
	}
	for _, some := range portions(events) {
		if err := k.send(ctx, to, some); err != nil {
			return k.putOff(ctx, has, err)
		}
		if err := k.sent(ctx, has, some); err != nil {
			return err
		}
		if kept, err := k.Store.KeepAlarmChannel(ctx, has, lease); !kept || err != nil {
			return err
		}
	}
	_, err = k.Store.KeepAlarmChannel(ctx, has, 0)
	return err
}

// untold gives all that a channel has yet to tell, the oldest first.
func (k *Keeper) untold(ctx context.Context, channel string) (events []untold, err error) {
	all, err := k.Store.Alarms(ctx, "")
	if err != nil {
		return nil, err
	}
	for _, a := range all {
		for _, e := range a.Untold(channel) {
			events = append(events, untold{a.Instance, a.Name, e})
		}
	}
	slices.SortStableFunc(events, func(a, b untold) int { return cmp.Compare(a.At.UnixMilli(), b.At.UnixMilli()) })
	return events, nil
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
	return to.Send(ctx, newMessage(events, k.Limits.Zone()))
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
	if has.Attempts < 6 {
		pause = min(firstPause<<has.Attempts, longestPause)
	}
	has.Attempts++
	has.Failure, has.NextAt = failure.Error(), now.Add(pause)
	_, err := k.Store.KeepAlarmChannel(context.WithoutCancel(ctx), has, 0)
	return err
}
