// Package alarm tells people that something is amiss: that no orders come, that they do not get on, or that nobody is at work. Every worker and
// gateway looks at the same figures each minute; what they see is kept in the store, where one of them raises an alarm and one resolves it, and one
// sends the message of it, by webhook and by mail.
package alarm

import "time"

// Names of the alarms.
const (
	NoNewOrders        = "no_new_orders"
	Lag                = "lag"
	OldestPending      = "oldest_pending"
	CircuitOpen        = "circuit_open"
	HeldOrders         = "held_orders"
	Credentials        = "credentials"
	SchedulePaused     = "schedule_paused"
	ScheduleSkipping   = "schedule_skipping"
	Reconciliation     = "reconciliation"
	ReconciliationLate = "reconciliation_late"
	WorkerGone         = "worker_gone"
)

// Names gives all of them, in the order in which they are looked at and shown.
func Names() (names []string) {
	for _, c := range conditions {
		names = append(names, c.name)
	}
	return names
}

// state is what is seen of a cause.
type state int

const (
	unknown state = iota // nobody can tell now: what was is left
	good
	bad
)

// verdict is what is seen of a condition, in words for those who mend it.
type verdict struct {
	state state
	// hold is how long it must be seen before it is told of; 0 for Hold of the watch.
	hold time.Duration
	// subject is what it is seen at, where another one is another cause, unless the count has not fallen since it was seen first: a queue in which
	// nothing stands and which does not become shorter. It is not told.
	subject string
	// cause is which of several it is, or which of them at once, in words apart; empty where there is but one. Another one is told of an alarm that stands.
	cause string
	// since is since when it lasts, where that is known.
	since time.Time
	// grows is true where it is told again once the count has doubled.
	grows bool
	// explains are the alarms that the cause, while it is seen, makes as well: they are not raised beside it.
	explains []string
	what     string
	todo     string
	count    int64
}

// condition is one thing that may be amiss.
type condition struct {
	name  string
	judge func(facts) verdict
}

// conditions is the table of all alarms. What explains others stands before them.
var conditions = []condition{
	{SchedulePaused, schedulePaused},
	{ScheduleSkipping, scheduleSkipping},
	{WorkerGone, workerGone},
	{Credentials, credentials},
	{CircuitOpen, circuitOpen},
	{Lag, lag},
	{NoNewOrders, noNewOrders},
	{OldestPending, oldestPending},
	{HeldOrders, heldOrders},
	{Reconciliation, reconciliation},
	{ReconciliationLate, reconciliationLate},
}

// judge gives a verdict for each condition. What another cause explains is taken for good while it is not raised, so that it has its time once
// that cause is gone, and left as it is when it is.
func judge(f facts, raised func(name string) bool) map[string]verdict {
	all := map[string]verdict{}
	f.heldRaised, f.pendingRaised = raised(HeldOrders), raised(OldestPending)
	for _, c := range conditions {
		all[c.name] = c.judge(f)
	}
	for _, c := range conditions {
		if all[c.name].state != bad {
			continue
		}
		for _, name := range all[c.name].explains {
			v := all[name]
			if v.state != bad {
				continue
			}
			if v.state = good; raised(name) {
				v.state = unknown
			}
			all[name] = v
		}
	}
	return all
}
