package workflows

import (
	"go.temporal.io/sdk/workflow"

	"datawald/activities"
	"datawald/store"
)

// judge decides whether so many orders of the window are missing that nothing may be healed. It comes before older findings are looked at: one that stands for the
// window must not take the place of these.
func (r *reconcile) judge(ctx workflow.Context) error {
	if r.state.Judged {
		return nil
	}
	err := r.refuse(ctx, nil, func(kind store.FindingKind) bool {
		return r.tooMany(r.account().Lines[store.AccountLine(kind)], r.state.Posted)
	})
	r.state.Judged = err == nil
	return err
}

// judgeAll decides it of all that would be healed, with what was found of older orders: where the window has few, these say what the matter is.
func (r *reconcile) judgeAll(ctx workflow.Context) error {
	if r.state.JudgedAll || r.state.TooMany || !r.account().Heal {
		return nil
	}
	err := r.refuse(ctx, r.state.Curable, func(kind store.FindingKind) bool {
		return r.tooMany(r.state.Curable[kind], r.state.Posted+r.state.OlderPosted)
	})
	r.state.JudgedAll = err == nil
	return err
}

// refuse has nothing healed where there is too much of a kind, and notes that.
func (r *reconcile) refuse(ctx workflow.Context, withOlder map[store.FindingKind]int64, tooMuch func(store.FindingKind) bool) error {
	var kinds []store.FindingKind
	for _, kind := range []store.FindingKind{store.FindMissingInStore, store.FindMissingInB1, store.FindCancelledInB1} {
		if tooMuch(kind) {
			kinds = append(kinds, kind)
		}
	}
	if r.state.TooMany = len(kinds) > 0; !r.state.TooMany {
		return nil
	}
	in := activities.NoteTooManyInput{Run: r.state.Run, Kinds: kinds, WithOlder: withOlder}
	return r.patiently(ctx, "note that too much is missing", func() error { return workflow.ExecuteActivity(ctx, act.NoteTooMany, in).Get(ctx, nil) })
}

// tooMany reports whether so many of the posted orders are more than may be missing.
func (r *reconcile) tooMany(n, posted int64) bool {
	return r.state.Most >= 0 && (n > r.state.Most || n > fewMissing && 2*n > posted)
}
