package alarm

import (
	"context"
	"time"

	"datawald/watch"
	"datawald/workflows"
)

// reconciled is what the reconciliations say.
type reconciled struct {
	// at is when the latest one ended; zero while there was none.
	at time.Time
	// planned is since when one was to come while there was none: when its schedule was made or, without one, that of the runs; zero when nobody
	// knows.
	planned time.Time
	// findings is how many wait for a person, notShown how many orders Magento counted and did not show to the latest one.
	findings, notShown int64
}

// planTime bounds what Temporal may take to show the schedule of reconciliations.
const planTime = 5 * time.Second

func (k *Keeper) reconciled(ctx context.Context, instance string, schedule *watch.Schedule) (r reconciled, err error) {
	books, err := k.Store.ReconciliationOf(ctx, instance)
	if err != nil {
		return r, err
	}
	if books.Latest != nil && books.Latest.EndedAt != nil {
		r.at, r.notShown = books.Latest.EndedAt.UTC(), books.Latest.Reconciliation.NotShown()
	}
	for _, n := range books.ForPerson {
		r.findings += n
	}
	if r.at.IsZero() && k.Limits.ReconciliationAge > 0 && schedule.State != watch.Unknown {
		r.planned = schedule.Created()
		asking, cancel := context.WithTimeout(ctx, planTime)
		defer cancel()
		// An update makes that schedule later than the other one, and one that is not there is as old as that.
		if d, err := k.Temporal.ScheduleClient().GetHandle(asking, workflows.ReconcileScheduleID(instance)).Describe(asking); err == nil {
			r.planned = d.Info.CreatedAt
		}
	}
	return r, nil
}

// toApply is how long after an update somebody may take to run starter apply.
const toApply = time.Hour

func reconciliation(f facts) verdict {
	all := verdict{state: good}
	if n := f.reconciled.findings; n > 0 {
		all.add(verdict{state: bad, count: n, cause: "findings", what: "Magento, the store and B1 do not agree: " + counted(n, "finding is open", "findings are open") + ".",
			todo: "Open the page, Reconciliation, or run starter reconcile: each finding says what to do."})
	}
	if n := f.reconciled.notShown; n > 0 {
		all.add(verdict{state: bad, count: n, cause: "not_shown", what: "Magento counts " + counted(n, "order that it does not show", "orders that it does not show") + ": they are in no account.",
			todo: "Run starter reconcile again; should Magento go on so, look in the shop for what keeps orders back, such as an archive."})
	}
	return all
}

func reconciliationLate(f facts) verdict {
	limit := f.limits.ReconciliationAge
	switch {
	case limit == 0 || f.now.Sub(f.reconciled.at) < limit:
		return verdict{state: good}
	case f.reconciled.at.IsZero() && f.reconciled.planned.IsZero():
		return verdict{} // nobody can tell since when
	case f.reconciled.at.IsZero() && f.now.Sub(f.reconciled.planned) < limit:
		return verdict{state: good}
	case f.reconciled.at.IsZero():
		return verdict{state: bad, hold: min(limit, toApply), since: f.reconciled.planned, what: "Magento, the store and B1 were never compared.",
			todo: "Run starter apply, which makes the schedule of the reconciliation, or starter reconcile. Where they are not to be compared (RECONCILE_DAYS=0) set ALARM_RECONCILIATION_AGE=0."}
	}
	return verdict{state: bad, since: f.reconciled.at, what: "Magento, the store and B1 were compared last at that time: nobody knows whether an order is missing since.",
		todo: "See in Temporal why the reconciliation does not run or does not end, or run starter reconcile."}
}
