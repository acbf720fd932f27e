package watch

import (
	"context"
	"time"

	enumspb "go.temporal.io/api/enums/v1"

	"datawald/store"
	"datawald/workflows"
)

// NoB1Worker is the cause of orders that wait for B1 while nobody takes them there.
const NoB1Worker = "no_b1_worker"

const noB1Worker = "orders wait, and no worker takes them to B1; none is lost. Start one of this release that has b1 in WORKER_LANES, and see in its log why the last one ended"

// headLooked is how many orders at the head of the queue are looked at for one that waits for B1: others wait for Magento.
const headLooked = 20

// waits reports whether an order has been due for B1 for longer than After.
func (s Sight) waits(ctx context.Context, instance string) (bool, error) {
	head, err := s.Store.NextDue(ctx, instance, "", headLooked)
	if err != nil {
		return false, err
	}
	for _, due := range head {
		if due.Reread != 0 {
			continue
		}
		o, err := s.Store.Get(ctx, due.Key)
		return err == nil && time.Since(o.StagedAt) >= s.After, err
	}
	return false, nil
}

// served reports whether workers ask for the orders of an instance: for their workflows, and for the activities in which they are sent when
// they are not tried at once, as with a rate of orders. It fails when Temporal does not tell.
func (s Sight) served(ctx context.Context, instance string) (bool, error) {
	for _, kind := range []enumspb.TaskQueueType{enumspb.TASK_QUEUE_TYPE_WORKFLOW, enumspb.TASK_QUEUE_TYPE_ACTIVITY} {
		if asked, err := s.asked(ctx, workflows.B1TaskQueue(instance), kind); !asked || err != nil {
			return false, err
		}
	}
	return true, nil
}

// asked reports whether somebody asks for the work of a queue.
func (s Sight) asked(ctx context.Context, name string, kind enumspb.TaskQueueType) (bool, error) {
	ctx, cancel := context.WithTimeout(ctx, lookFor)
	defer cancel()
	queue, err := s.Temporal.DescribeTaskQueue(ctx, name, kind)
	if err != nil {
		return false, err
	}
	for _, p := range queue.Pollers {
		if time.Since(p.LastAccessTime.AsTime()) < AskedWithin {
			return true, nil
		}
	}
	return false, nil
}

// unserved is NoB1Worker while orders have waited for long and nobody takes them to B1; empty while somebody does, or Temporal does not tell.
func (s Sight) unserved(ctx context.Context, instance string) (cause string, err error) {
	if waits, err := s.waits(ctx, instance); !waits || err != nil {
		return "", err
	}
	if served, err := s.served(ctx, instance); served || err != nil {
		return "", nil // what Temporal does not tell is said of the schedule
	}
	return NoB1Worker, nil
}

// orders looks once whether somebody takes the orders to B1. Temporal is asked only while one waits for long, or the alarm stands; it ends
// when somebody asks for orders again.
func (k *keeper) orders(ctx context.Context) error {
	lane, err := k.Store.Lane(ctx, store.WorkerOf(k.instance))
	if err != nil {
		return err
	}
	if lane.DownSince.IsZero() {
		if cause, err := k.unserved(ctx, k.instance); cause == "" || err != nil {
			return err
		}
	} else if served, err := k.served(ctx, k.instance); err != nil {
		return err
	} else if served {
		return k.taken(ctx)
	}
	raise, _, err := k.Store.NoteDown(ctx, store.WorkerOf(k.instance), store.Trouble{Since: time.Now().Truncate(time.Millisecond), Failure: NoB1Worker, Cause: NoB1Worker})
	if err != nil || !raise {
		return err
	}
	k.log.Error(noB1Worker, "instance", k.instance, "cause", NoB1Worker)
	return k.Store.Alarmed(ctx, store.WorkerOf(k.instance), NoB1Worker)
}

// taken ends the alarm.
func (k *keeper) taken(ctx context.Context) error {
	outage, say, err := k.Store.NoteUp(ctx, store.WorkerOf(k.instance), nil)
	if err != nil || !say {
		return err
	}
	k.log.Warn("a worker takes orders to B1 again, oldest first", "instance", k.instance, "since", stamp(outage.DownSince))
	return k.Store.Over(ctx, outage)
}
