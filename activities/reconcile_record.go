package activities

import (
	"context"
	"fmt"
	"maps"
	"strings"
	"time"

	"datawald/order"
	"datawald/store"
)

// BeginReconcileResult says what a reconciliation goes by.
type BeginReconcileResult struct {
	// Busy names another reconciliation of the instance that is under way; empty for none. Two would tell each other's findings.
	Busy string `json:"busy,omitempty"`
	// From is where the window begins: earlier than was asked for while too much is missing before that.
	From time.Time `json:"from"`
	// Posted is how many orders of the window that was asked for the store has as posted: what may be missing in B1 before that says more about the company than
	// about orders is a share of it.
	Posted int64 `json:"posted"`
	// Settle is how long to wait before the second look.
	Settle time.Duration `json:"settle"`
}

// BeginReconcile notes the beginning of a reconciliation, unless another is under way.
func (a *Activities) BeginReconcile(ctx context.Context, run store.Run) (*BeginReconcileResult, error) {
	i, err := a.instance(run.Instance)
	if err != nil {
		return nil, err
	}
	if busy, err := a.store.TakeReconciliation(ctx, run); err != nil || busy != "" {
		return &BeginReconcileResult{Busy: busy}, err
	}
	posted, err := a.store.Count(ctx, store.Filter{Instance: run.Instance, Status: order.Posted, From: run.Reconciliation.From, To: run.Reconciliation.To})
	if err != nil {
		return nil, err
	}
	if run.Reconciliation.From, err = a.beginsAt(ctx, run); err != nil {
		return nil, err
	}
	return &BeginReconcileResult{From: run.Reconciliation.From, Posted: posted, Settle: i.Settle * time.Duration(max(i.Looks, 1))}, a.NoteReconcile(ctx, run)
}

// beginsAt is where the window of a reconciliation begins. That of a nightly one does not move on while too much of an earlier night's is missing: of those orders there are
// no findings of their own, so that whoever passed them would never come by them again. Where it was too much only with older orders, each has its own.
// It is no longer than twice what is usual: where nobody can mend them, as those of a company that was left, it would grow with every night. The finding stays open then, since
// not all of its window is compared.
func (a *Activities) beginsAt(ctx context.Context, run store.Run) (time.Time, error) {
	r := run.Reconciliation
	if r.Days == 0 || r.Partial {
		return r.From, nil
	}
	open, err := a.store.Findings(ctx, store.FindingFilter{Instance: run.Instance, Kind: store.FindTooManyMissing, Open: true, Limit: 1})
	if err != nil || len(open) == 0 || open[0].Days == 0 || open[0].Older || open[0].From.After(r.From) {
		return r.From, err
	}
	if longest := r.To.AddDate(0, 0, -LongestWindow*r.Days); open[0].From.Before(longest) {
		return longest, nil
	}
	return open[0].From.UTC(), nil
}

// LongestWindow is how many times the usual days a nightly window has at most.
const LongestWindow = 2

// NoteReconcile writes down how far a reconciliation has come.
func (a *Activities) NoteReconcile(ctx context.Context, run store.Run) error {
	run.Reconciliation.NotedAt = now()
	open, err := a.store.NoteRun(ctx, run)
	if err != nil || !open {
		return err
	}
	return a.store.KeepReconciliation(ctx, run)
}

// NoteTooManyInput says of what there is too much.
type NoteTooManyInput struct {
	Run   store.Run           `json:"run"`
	Kinds []store.FindingKind `json:"kinds"`
	// WithOlder counts what may be mended, when it is too much together with what is found of older orders; nil when it is of the window alone.
	WithOlder map[store.FindingKind]int64 `json:"with_older,omitempty"`
}

// NoteTooMany writes one finding in place of those about single orders of the window, when so many are missing that something else is the matter. It is written
// before the first of those is removed: run again, it keeps what is said there. Where it is too much only with older orders, it stands beside the single ones.
func (a *Activities) NoteTooMany(ctx context.Context, in NoteTooManyInput) error {
	run := in.Run
	was, err := a.store.Findings(ctx, store.FindingFilter{Instance: run.Instance, Kind: store.FindTooManyMissing, Open: true, Limit: 1})
	if err != nil {
		return err
	}
	if len(was) == 0 || was[0].Run != run.ID {
		f, err := a.tooMany(ctx, in)
		if err != nil {
			return err
		}
		if len(was) > 0 && !was[0].Older && !(f.Older && f.spans(was[0])) { // it is over when all that is of either was compared
			f.covers(was[0])
		}
		if err := a.store.Saw(ctx, run.ID, []store.Finding{f.Finding}); err != nil {
			return err
		}
	}
	if in.WithOlder != nil {
		return nil
	}
	for _, kind := range in.Kinds {
		if err := a.store.Drop(ctx, run, kind); err != nil {
			return err
		}
	}
	return nil
}

// tooMany is the finding.
func (a *Activities) tooMany(ctx context.Context, in NoteTooManyInput) (wide windowFinding, err error) {
	run, r := in.Run, in.Run.Reconciliation
	var what, hints []string
	hidden := false
	for _, kind := range in.Kinds {
		n := r.Lines[store.AccountLine(kind)]
		if in.WithOlder != nil {
			n = in.WithOlder[kind]
		}
		said, hint := tooManySaid(kind, n)
		examples, err := a.store.Findings(ctx, store.FindingFilter{Instance: run.Instance, Run: run.ID, Kind: kind, Limit: shownExamples})
		if err != nil {
			return wide, err
		}
		for n, f := range examples {
			hidden = hidden || f.Reason.Code == store.MayBeHidden
			said += []string{", such as ", ", "}[min(n, 1)] + string(f.Key)
		}
		what, hints = append(what, said+"."), append(hints, hint)
	}
	hints = append(hints, "If they are really gone, starter reconcile --force mends them all the same.")
	if hidden {
		hints = append(hints, "Of what B1 lacks it sends nothing, while B1 may hide orders from the connector's user: let it see all (starter doctor b1 says how), or set B1_SEES_ALL=true if nothing in B1 hides orders from it.")
	}
	reason := order.Reason{Code: string(store.FindTooManyMissing), Field: "Orders", Message: strings.Join(append(what, "Nothing was mended."), " "),
		Hint: strings.Join(hints, " ")}
	return windowFinding{store.Finding{Instance: run.Instance, Kind: store.FindTooManyMissing, PlacedAt: r.From, Reason: reason, From: r.From, To: r.To, Days: r.Days,
		Older: in.WithOlder != nil}}, nil
}

// windowFinding is a finding about a window.
type windowFinding struct{ store.Finding }

// spans reports whether all of the window of another one was compared for this one.
func (f *windowFinding) spans(other store.Finding) bool {
	return !other.From.Before(f.From) && !other.To.After(f.To)
}

// covers widens the window by that of another one, which stands for the orders of its window. Then this one does as well. It moves with the nights, or stays for them, as
// the one does that begins first: where that was named, only a named one comes by what it stands for.
func (f *windowFinding) covers(other store.Finding) {
	f.Older = false
	if f.Days == 0 && f.From.Before(other.From) || other.Days == 0 && other.From.Before(f.From) {
		f.Days = 0
	} else {
		f.Days = max(f.Days, other.Days)
	}
	if other.From.Before(f.From) {
		f.From = other.From
	}
	if other.To.After(f.To) {
		f.To = other.To
	}
}

// shownExamples is how many orders stand for all of them.
const shownExamples = 5

// tooManySaid says what is missing, and what may be behind it.
func tooManySaid(kind store.FindingKind, n int64) (said, hint string) {
	if kind == store.FindMissingInStore {
		return fmt.Sprintf("The store lacks %d of Magento's orders", n), "Check that MAGENTO_SYNC_FROM was not set back, and that the store is the right one: a backfill brings older orders in."
	}
	if kind == store.FindCancelledInB1 {
		return fmt.Sprintf("In B1 %d of the orders that were posted are cancelled", n), "Check that B1_COMPANY_DB is the right company, and who cancelled them."
	}
	return fmt.Sprintf("B1 lacks %d of the orders that were posted", n), "Check that B1_COMPANY_DB is the right company, and that its database was not set back."
}

// EndReconcileInput is a reconciliation at its end.
type EndReconcileInput struct {
	Run store.Run `json:"run"`
	// Whole is true when all of the window was compared: then what was not found again is over.
	Whole bool `json:"whole"`
	// Behind is how many orders Magento counted behind the last one that was compared, and had none to show.
	Behind int64 `json:"behind,omitempty"`
}

// EndReconcile closes the record of a reconciliation. Of one that has compared all of its window it asks Magento once more how many orders there are among
// those that the reading can have passed (what was placed behind its back with a time of the window is the next one's),
// ends the findings that it has not seen, and removes those that nobody needs any more.
func (a *Activities) EndReconcile(ctx context.Context, in EndReconcileInput) (*store.Run, error) {
	run := in.Run
	r := run.Reconciliation
	if in.Whole {
		if err := a.recount(ctx, &run, in.Behind); err != nil {
			return nil, err
		}
		resolved, err := a.store.Resolve(ctx, run)
		if err != nil {
			return nil, err
		}
		r.Resolved += resolved
		seen, healed, err := a.store.CountSeen(ctx, run.Instance, run.ID)
		if err != nil {
			return nil, err
		}
		r.Findings, r.Healed = given(seen), given(healed) // an activity that was run again has counted anew
		older, err := a.store.CountOlder(ctx, run)
		if err != nil {
			return nil, err
		}
		r.Older = given(older)
		if _, err := a.store.ForgetFindings(ctx, run.Instance, now().Add(-store.FindingsKept)); err != nil {
			return nil, err
		}
	}
	ended := now()
	r.NotedAt, run.EndedAt = ended, &ended
	if err := a.store.PutRun(ctx, run); err != nil {
		return nil, err
	}
	if err := a.store.LeaveReconciliation(ctx, run.Instance, run.ID); err != nil {
		return nil, err
	}
	if open, _, err := a.store.CountFindings(ctx, run.Instance); err == nil {
		a.tellFindings(run, open)
	}
	return &run, nil
}

// recount asks Magento how many orders of the window it has by now, up to the last one that was compared; behind is how many it had behind that one and did not show. It says when these
// are not as many as were compared. With none shown there is nothing to ask.
func (a *Activities) recount(ctx context.Context, run *store.Run, behind int64) error {
	i, err := a.instance(run.Instance)
	if err != nil {
		return err
	}
	r := run.Reconciliation
	total, counted := int64(0), true
	if r.EntityID > 0 {
		total, err = i.Accounts.CountOrders(ctx, windowOf(r.From, r.To), r.EntityID)
		counted = err == nil
	}
	if counted {
		r.Total = total + behind
	} else { // the count of the beginning must do
		run.Errors = append(run.Errors, "count Magento's orders at the end: "+short(err.Error()))
	}
	if n := r.NotShown(); n > 0 {
		run.Errors = append(run.Errors, fmt.Sprintf("Magento counts %d orders of the window, without what was placed after it was read, and has shown %d. The other %d are in no account: they were committed late, or something in the shop keeps them back, such as an archive. "+
			"Reconcile again; should it stay, look there for orders that its order grid has and GET /V1/orders has not", r.Total, r.Orders, n))
	} else if counted && r.Total < r.Orders {
		run.Errors = append(run.Errors, fmt.Sprintf("Magento counts %d orders of the window and has shown %d: some were removed while it was read", r.Total, r.Orders))
	}
	return nil
}

// given leaves out what there is none of.
func given(counts map[store.FindingKind]int64) map[store.FindingKind]int64 {
	maps.DeleteFunc(counts, func(_ store.FindingKind, n int64) bool { return n == 0 })
	return counts
}

// tellFindings says so in the log when the books do not agree: how many findings of which kind wait for a person.
func (a *Activities) tellFindings(run store.Run, open map[store.FindingKind]int64) {
	var told []any
	for _, kind := range store.FindingKinds() {
		if open[kind] > 0 {
			told = append(told, string(kind), open[kind])
		}
	}
	if len(told) > 0 {
		a.log.Warn("the books of Magento, the store and B1 do not agree", append([]any{"instance", run.Instance, "reconciliation", run.ID}, told...)...)
	}
}
