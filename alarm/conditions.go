package alarm

import (
	"fmt"
	"slices"
	"time"

	"datawald/sapb1"
	"datawald/watch"
)

// drains is how long what waits behind an outage has before it is told of: a queue that gets on shows another oldest order meanwhile.
const drains = 15 * time.Minute

// unread is what follows when nobody reads Magento and takes up the orders that wait.
var unread = []string{Lag, NoNewOrders, OldestPending}

func schedulePaused(f facts) verdict {
	switch f.schedule.State {
	case watch.Paused:
		// The note of whoever paused it is on the page: what people write stays there.
		return verdict{state: bad, cause: watch.Paused, hold: f.limits.Paused, explains: append(slices.Clip(unread), ReconciliationLate),
			what: "The schedule is paused: no order is read from Magento, and those that wait are not sent.",
			todo: "Let it go on when that is no longer wanted: on the page, which shows the note of whoever paused it, or temporal schedule toggle --unpause."}
	case watch.Missing:
		return verdict{state: bad, cause: watch.Missing, hold: f.limits.Paused, explains: append(slices.Clip(unread), ReconciliationLate),
			what: "The instance has no schedule: nothing reads Magento.", todo: "Run starter apply."}
	case watch.On:
		return verdict{state: good}
	}
	return verdict{} // Temporal does not answer, of which the lag tells
}

func scheduleSkipping(f facts) verdict {
	s := f.schedule
	switch {
	case s.Cause == watch.NoAttributes: // the server may not even describe the schedule
		return verdict{state: bad, cause: watch.NoAttributes, since: f.read, explains: unread, what: "No run can be started: search attributes are missing in the namespace of Temporal.", todo: "Run starter apply."}
	case s.State == watch.Unknown:
		return verdict{}
	case s.Late && s.Cause == watch.RunHangs:
		v := verdict{state: bad, cause: watch.RunHangs, since: f.read, explains: unread, what: "One run is under way and does not get on, and all others are skipped: Magento is not read.",
			todo: "Look at the run in Temporal and at the worker's log; end it there when nothing moves. The next run goes on from the same place."}
		if s.RunningSince != nil {
			v.since = *s.RunningSince
		}
		return v
	}
	return verdict{state: good}
}

func workerGone(f facts) verdict {
	switch {
	case f.runsUnserved == nil || f.ordersUnserved == nil:
		return verdict{}
	case *f.runsUnserved && *f.ordersUnserved:
		return verdict{state: bad, cause: "runs orders", hold: f.limits.WorkerGone, explains: append(slices.Clip(unread), ReconciliationLate),
			what: "No worker is at work: nothing reads Magento, and no order goes to B1. None is lost.",
			todo: "Start a worker, and see in its log why the last one ended."}
	case *f.runsUnserved:
		return verdict{state: bad, cause: "runs", hold: f.limits.WorkerGone, explains: append(slices.Clip(unread), ReconciliationLate), what: "No worker takes up the runs: nothing reads Magento.",
			todo: "Start a worker that has sync in WORKER_LANES, and see in its log why the last one ended."}
	case *f.ordersUnserved:
		return verdict{state: bad, cause: "orders", hold: f.limits.WorkerGone, explains: []string{OldestPending, ReconciliationLate}, what: "No worker takes orders to B1: they wait, and none is lost.",
			todo: "Start a worker that has b1 in WORKER_LANES, and see in its log why the last one ended."}
	}
	return verdict{state: good}
}

// credentials tells of all who refuse the connector: who is let in again may be one of several, and each keeps something else from getting on.
func credentials(f facts) verdict {
	all := verdict{state: good}
	for _, v := range []verdict{b1Refuses(f), magentoRefuses(f), writesRefused(f)} {
		if v.state == bad {
			all.add(v)
		}
	}
	return all
}

// add makes one verdict of two that are seen at once.
func (v *verdict) add(other verdict) {
	if v.state == good {
		*v = other
		return
	}
	if other.since.Before(v.since) {
		v.since = other.since
	}
	v.cause += " " + other.cause
	v.count += other.count
	v.explains = append(slices.Clip(v.explains), other.explains...)
	v.what, v.todo = v.what+" "+other.what, v.todo+" "+other.todo
}

func b1Refuses(f facts) verdict {
	if f.b1.Cause != string(sapb1.Refused) || f.b1.DownSince.IsZero() {
		return verdict{state: good}
	}
	return verdict{state: bad, cause: "b1", since: f.b1.DownSince, explains: []string{OldestPending}, what: "B1 refuses the connector (" + f.b1.Failure + "): orders wait, and none is lost.",
		todo: "Run starter doctor b1, and mend the user, the password, its rights or the certificate. With new settings restart the worker."}
}

func magentoRefuses(f facts) verdict {
	if !f.magentoRefuses {
		return verdict{state: good}
	}
	return verdict{state: bad, cause: "magento", since: f.refusedAt, explains: []string{Lag, NoNewOrders}, what: "Magento refuses the connector: no order is read.",
		todo: "Run starter doctor magento, and mend the integration, its rights or the address. With new settings restart the worker."}
}

// writesRefused explains nothing: orders are read, and go to B1.
func writesRefused(f facts) verdict {
	if f.writesRefused.IsZero() {
		return verdict{state: good}
	}
	return verdict{state: bad, cause: "write_back", since: f.writesRefused, what: "Magento refuses what the connector writes: posted orders are not marked there.",
		todo: "Run starter doctor magento, and give the integration the right to change orders. What is open is written by itself then."}
}

func circuitOpen(f facts) verdict {
	if f.b1.DownSince.IsZero() || f.b1.Cause == string(sapb1.Refused) || f.now.Sub(f.b1.DownSince) < f.limits.B1Down {
		return verdict{state: good}
	}
	return verdict{state: bad, since: f.b1.DownSince, explains: []string{OldestPending}, what: "B1 " + sapb1.Cause(f.b1.Cause).Does() + " (" + f.b1.Failure + "): orders wait, none is lost, and they are sent by themselves when it does.",
		todo: "Look at the Service Layer, its database and what lies between."}
}

func lag(f facts) verdict {
	if f.caughtUp.IsZero() {
		return neverRead(f)
	}
	if f.now.Sub(f.caughtUp) < f.limits.Lag {
		return verdict{state: good}
	}
	return verdict{state: bad, since: f.caughtUp, explains: []string{NoNewOrders}, what: "What changed in Magento since then may not be here: no run has read it to its end.",
		todo: "Look at the page, Status: it says whether Temporal, Magento or a worker is away, or a backlog is being read. starter status shows the errors of the last run."}
}

// neverRead is the lag of an instance of which no run has come to its end: it counts from when its schedule was made.
func neverRead(f facts) verdict {
	made := f.schedule.Created()
	switch {
	case made.IsZero() && f.schedule.State == watch.Unknown:
		return verdict{} // nobody can tell since when
	case made.IsZero() || f.now.Sub(made) < f.limits.Lag:
		return verdict{state: good}
	}
	return verdict{state: bad, since: made, explains: []string{NoNewOrders}, what: "Magento was never read to its end since the schedule of the instance was made.",
		todo: "Look at the page, Status: it says whether Magento answers, or its first orders are being read still. starter status shows the errors of the last run, starter doctor magento looks closer."}
}

func noNewOrders(f facts) verdict {
	if f.usualUnknown {
		return verdict{}
	}
	if !f.limits.NoNewOrders || f.rhythm == nil || f.latest.IsZero() {
		return verdict{state: good}
	}
	todo := "Place an order in the shop, or ask whether it sells. Then see whether that order is in Magento's list, and whether MAGENTO_STORES leaves it out. A day without orders that is " +
		"to be so belongs into ALARM_QUIET_DAYS."
	if expected, silent := f.rhythm.Silent(f.latest, f.now); silent {
		return verdict{state: bad, since: f.latest, what: fmt.Sprintf("No order has come since then, and about %.0f would be usual.", expected), todo: todo}
	}
	if expected, sparse := f.rhythm.Sparse(f.lastDay, f.now); sparse {
		return verdict{state: bad, what: fmt.Sprintf("%s in the last 24 hours, and about %.0f would be usual.", counted(f.lastDay, "order was placed", "orders were placed"), expected), todo: todo, count: f.lastDay}
	}
	return verdict{state: good}
}

func oldestPending(f facts) verdict {
	o := f.waiting.Oldest
	if o == nil || f.now.Sub(o.Since) < f.limits.OldestPending || f.now.Sub(o.StagedAt) < f.limits.OldestPending {
		return verdict{state: good}
	}
	if f.quietUntil.After(f.now) { // what waits may wait; but what stood in the way by day is not over because none is sent by night
		if f.pendingRaised {
			return verdict{}
		}
		return verdict{state: good}
	}
	return verdict{state: bad, hold: min(drains, f.limits.OldestPending), subject: string(o.Key), since: o.StagedAt, count: f.waiting.Long,
		what: fmt.Sprintf("An order waits for B1 since then, and those that wait do not become fewer; %s for more than an hour.", counted(f.waiting.Long, "order has waited", "orders have waited")),
		todo: "Open the oldest pending order on the page: its timeline says what each attempt came to. Where it is another one each time, more orders come than B1 takes: see B1_MAX_CALLS and B1_ORDERS_PER_SECOND."}
}

// calm is the part of the limit, in hundredths, at which an alarm of held orders is over: one order more or less is no news.
const calm = 80

func heldOrders(f facts) verdict {
	switch limit := int64(f.limits.HeldOrders); {
	case f.held > limit:
	case f.heldRaised && f.held*100 > limit*calm:
		return verdict{} // left as it is
	default:
		return verdict{state: good}
	}
	return verdict{state: bad, grows: true, count: f.held, what: fmt.Sprintf("%s; more than %d are an alarm.", counted(f.held, "order is held", "orders are held"), f.limits.HeldOrders),
		todo: "Open the held orders on the page: each says why, and what mends it. Many for one reason are mended together."}
}

// counted is a number with its noun.
func counted(n int64, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %s", n, many)
}
