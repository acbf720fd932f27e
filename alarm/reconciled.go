package alarm

import (
	"context"
	"time"
)

// reconciled is what the latest reconciliation says.
type reconciled struct {
	// known is false while the store keeps none.
	known bool
	// at is when the latest one ended; zero while there was none.
	at time.Time
	// findings is how many of its findings are open.
	findings int64
}

func (k *Keeper) reconciled(ctx context.Context, instance string) (r reconciled, err error) {
	return r, nil
}

func reconciliation(f facts) verdict {
	switch {
	case !f.reconciled.known:
		return verdict{}
	case f.reconciled.findings == 0:
		return verdict{state: good}
	}
	n := f.reconciled.findings
	return verdict{state: bad, count: n, since: f.reconciled.at, what: "The reconciliation of that time found what does not agree: " + counted(n, "finding is open", "findings are open") + ".",
		todo: "Open the page, Reconciliation, or run starter reconcile: each finding says what to do."}
}

func reconciliationLate(f facts) verdict {
	limit := f.limits.ReconciliationAge
	switch {
	case !f.reconciled.known:
		return verdict{}
	case limit == 0 || f.now.Sub(f.reconciled.at) < limit:
		return verdict{state: good}
	case f.reconciled.at.IsZero():
		return verdict{state: bad, hold: limit, what: "Magento, the store and B1 were never compared.", todo: "Run starter apply, which makes the schedule of the reconciliation, or starter reconcile."}
	}
	return verdict{state: bad, since: f.reconciled.at, what: "Magento, the store and B1 were compared last at that time: nobody knows whether an order is missing since.",
		todo: "See in Temporal why the reconciliation does not run or does not end, or run starter reconcile."}
}
