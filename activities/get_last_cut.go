package activities

import (
	"context"
	"time"

	"datawald/order"
	"datawald/store"
)

// GetLastCutInput names the instance and the run that asks.
type GetLastCutInput struct {
	Instance string `json:"instance"`
}

// GetLastCutResult says how far the instance is read and where to begin.
type GetLastCutResult struct {
	Cut order.Cut `json:"cut"`
	// Start lies before Cut by the overlap: rows may become visible after later ones.
	Start order.Cut `json:"start"`
	// Latest is the latest reading, finished or not: when it began by both clocks. With it the next one notices that the
	// shop's clock was set.
	Latest store.Reading `json:"latest,omitzero"`
	// NewRules names the rules of today when orders were left out or held by others.
	NewRules string `json:"new_rules,omitempty"`
}

// GetLastCut is step 1 of the flow: where the last run ended, less the overlap for rows that were committed late.
func (a *Activities) GetLastCut(ctx context.Context, in GetLastCutInput) (*GetLastCutResult, error) {
	i, since, err := a.freshly(ctx, in.Instance)
	if err != nil {
		return nil, err
	}
	p, err := a.store.Progress(ctx, in.Instance, store.TaskOrders)
	if err != nil {
		return nil, err
	}
	result := &GetLastCutResult{Cut: p.Cut, Start: start(p, i.SyncFrom, i.Overlap), Latest: p.Latest}
	if p.Rules != i.Rules.ID() || onceMore(p.RulesAt, since, i.now()) {
		result.NewRules = i.Rules.ID()
	}
	return result, nil
}

// strays are how long after rules came into force orders may still be held or left out by those before: by workers that take them
// with their next question, and by an attempt that had begun. What they decided is asked for once more each time, so that no order
// waits by rules that are gone.
var strays = []time.Duration{time.Minute, attemptTime + 2*time.Minute}

// onceMore reports whether the orders are to be asked for again that were when asked, by rules in force since a time.
func onceMore(asked, since, now time.Time) bool {
	for _, after := range strays {
		if due := since.Add(after); !since.IsZero() && asked.Before(due) && !now.Before(due) {
			return true
		}
	}
	return false
}

// start is where the next reading begins: where the last one ended, but not later than the overlap before it began, since
// what changed after that may have been committed behind its back. In a quiet shop nothing is read twice, and a backlog
// that one run cannot read is read on from where it stopped.
func start(p store.Progress, syncFrom time.Time, overlap time.Duration) order.Cut {
	last := p.Latest
	switch {
	case p.Cut.IsZero():
		return order.Cut{UpdatedAt: syncFrom}
	case last.Reach.IsZero():
		return order.Cut{UpdatedAt: p.Cut.UpdatedAt.Add(-overlap)}
	case last.ShopTime.IsZero():
		return order.Cut{UpdatedAt: last.Reach.UpdatedAt.Add(-overlap)}
	}
	if safe := oldest(p, overlap).Add(-overlap); safe.Before(last.Reach.UpdatedAt) {
		return order.Cut{UpdatedAt: safe}
	}
	return last.Reach
}

// oldest is the shop's time when the last reading began, by the earlier of its clocks where the clock was set meanwhile: a
// transaction that was open then may carry the time of the old one.
func oldest(p store.Progress, overlap time.Duration) time.Time {
	byOldClock := p.Latest.Began.Add(p.Clock.Before)
	if !p.Clock.NoticedAt.IsZero() && p.Latest.Began.Add(-overlap).Before(p.Clock.NoticedAt) && byOldClock.Before(p.Latest.ShopTime) {
		return byOldClock
	}
	return p.Latest.ShopTime
}
