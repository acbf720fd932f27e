package workflows

import (
	"fmt"
	"slices"

	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"

	"datawald/activities"
	"datawald/order"
)

// shownMissing bounds the names of missing orders that are carried along.
const shownMissing = 100

// read stages all that is selected, page by page.
func (b *backfill) read(ctx workflow.Context) error {
	for !b.state.Read {
		if err := b.gate(ctx); err != nil {
			return err
		}
		var page activities.ImportOrdersResult
		err := workflow.ExecuteActivity(ctx, act.ImportOrders, b.next()).Get(ctx, &page)
		if isTyped(err, activities.TypeRefused) { // it will be refused again; what is staged goes to B1
			b.state.Run.Errors = append(b.state.Run.Errors, "read Magento: "+text(err))
			b.state.Read = true
			return nil
		}
		if err != nil {
			if err := b.outage(ctx, "read Magento", err); err != nil {
				return err
			}
			continue
		}
		b.add(page)
		if err := b.stepped(ctx); err != nil {
			return err
		}
	}
	return nil
}

// next is what is to be read next.
func (b *backfill) next() activities.ImportOrdersInput {
	run := b.state.Run
	in := activities.ImportOrdersInput{Instance: b.in.Instance, Run: run.ID, Began: run.StartedAt, DryRun: b.in.DryRun, Actor: b.in.Actor, Place: run.Backfill.Place}
	if b.in.Selected != nil {
		in.Selected, in.After = b.in.Selected, b.state.Next
		return in
	}
	numbers, from := len(b.in.IncrementIDs), b.state.Named
	if from < numbers {
		in.IncrementIDs = b.in.IncrementIDs[from:min(from+namesAtOnce, numbers)]
		return in
	}
	in.Keys = b.in.Keys[from-numbers : min(from-numbers+namesAtOnce, len(b.in.Keys))]
	return in
}

// distinct leaves out names that are given again: each order counts once.
func distinct[T comparable](names []T) (once []T) {
	seen := make(map[T]bool, len(names))
	for _, name := range names {
		if !seen[name] {
			seen[name], once = true, append(once, name)
		}
	}
	return once
}

// addStates adds counts by state up.
func addStates(into, more map[order.Status]int) {
	for _, status := range order.Statuses() {
		if n := more[status]; n > 0 {
			into[status] += n
		}
	}
}

// add counts what a page brought, and goes on behind it.
func (b *backfill) add(page activities.ImportOrdersResult) {
	p, in := b.progress(), b.next()
	if b.in.Selected != nil { // read so far, and what Magento still has
		if b.state.Counted == 0 {
			b.state.Counted = page.Total
		}
		p.Total = int64(b.state.Run.Counts.Read) + max(page.Total, int64(page.Counts.Read))
		b.state.Next, b.state.Read = page.Next, page.Done
		p.EntityID = page.Next
	} else {
		b.state.Named += len(in.IncrementIDs) + len(in.Keys)
		b.state.Read = b.state.Named >= p.Names
	}
	p.Place = max(p.Place, page.Place) // a worker of an earlier release says none
	b.state.Run.Counts = b.state.Run.Counts.Add(page.Counts)
	addStates(p.Imported, page.Imported)
	addStates(p.Others, page.Others)
	p.MissingCount += len(page.Missing)
	p.Missing = slices.Concat(p.Missing, page.Missing[:min(len(page.Missing), shownMissing-len(p.Missing))])
	if !page.At.IsZero() {
		p.At = page.At
	}
	if b.state.Read && b.in.Selected != nil {
		b.compare()
	}
}

// compare says so when Magento has shown fewer orders than it counted: something hides them, and nobody would miss them otherwise.
// Where orders may leave the selection while it is read, what it counted at the beginning says nothing.
func (b *backfill) compare() {
	s, read, counted := b.in.Selected, int64(b.state.Run.Counts.Read), b.progress().Total
	if s.By == order.ByCreated && s.Status == "" {
		counted = max(counted, b.state.Counted)
	}
	if read < counted {
		b.state.Run.Errors = append(b.state.Run.Errors, fmt.Sprintf("read Magento: it counts %d orders and has shown %d; "+
			"look in its log, and for a module that changes what GET orders answers", counted, read))
	}
}

// outage waits before a step that failed is tried again. It heals by itself, or when somebody mends what the error says; both may
// take hours, and the backfill goes on from where it was.
func (b *backfill) outage(ctx workflow.Context, step string, err error) error {
	if temporal.IsCanceledError(err) {
		return err
	}
	return b.rest(ctx, outagePause, step+": "+text(err))
}
