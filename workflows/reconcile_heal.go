package workflows

import (
	"errors"
	"fmt"
	"time"

	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"

	"datawald/activities"
	"datawald/store"
)

// heal mends what was found, when what was only on its way has had the time to arrive.
func (r *reconcile) heal(ctx workflow.Context) error {
	a := r.account()
	if !a.Heal || r.state.TooMany || !r.anything() {
		return nil
	}
	if a.Phase == store.ReconcileCompares {
		a.Phase = store.ReconcileSettles
		if err := workflow.Sleep(ctx, r.state.Settle); err != nil {
			return err
		}
		a.Phase = store.ReconcileHeals
	}
	for done := false; !done; {
		in := activities.HealFindingsInput{Instance: r.in.Instance, Run: r.state.Run.ID, After: r.state.Place, Actor: r.in.Actor, Force: r.in.Force}
		var page activities.HealFindingsResult
		got, err := r.step(ctx, "heal", act.HealFindings, in, &page, &page.QuietUntil)
		if err != nil {
			return err
		}
		if !got {
			continue
		}
		for _, kind := range store.FindingKinds() {
			if n := page.Healed[kind]; n > 0 {
				a.Healed[kind] += n
			}
		}
		r.state.Place, done = page.Next, page.Done
	}
	return nil
}

// anything reports whether something was found.
func (r *reconcile) anything() bool {
	for _, kind := range store.FindingKinds() {
		if r.account().Findings[kind] > 0 {
			return true
		}
	}
	return false
}

// step carries out one page of a step at the workers of the B1 company. got is false when it is to be asked again: it was quiet there, or the other
// side did not answer, and that was waited for. Between pages it goes on in a new history where the old one is long.
func (r *reconcile) step(ctx workflow.Context, what string, activity, in, page any, quiet **time.Time) (got bool, err error) {
	if r.pages >= comparedPages || workflow.GetInfo(ctx).GetContinueAsNewSuggested() {
		next := r.in
		next.Resume = r.state
		return false, workflow.NewContinueAsNewError(ctx, Reconcile, next)
	}
	r.pages++
	err = workflow.ExecuteActivity(r.atB1(ctx), activity, in).Get(ctx, page)
	switch {
	case temporal.IsCanceledError(err):
		return false, err
	case err != nil:
		return false, r.wait(ctx, outagePause, what+": "+text(err))
	case *quiet != nil:
		return false, r.rest(ctx, **quiet)
	}
	r.account().Waits, r.state.Since = "", time.Time{}
	if workflow.Now(ctx).Sub(r.noted) >= noteEvery {
		return true, r.note(ctx)
	}
	return true, nil
}

// patiently carries out a step that asks the store alone, again and again through an outage. What cannot succeed is not tried again.
func (r *reconcile) patiently(ctx workflow.Context, what string, try func() error) error {
	for {
		err := try()
		if err == nil || temporal.IsCanceledError(err) || isFutile(err) {
			r.account().Waits, r.state.Since = "", time.Time{}
			return err
		}
		if r.state.Since.IsZero() {
			r.state.Since = workflow.Now(ctx)
		}
		if workflow.Now(ctx).Sub(r.state.Since) >= reconcilePatience {
			return err
		}
		r.account().Waits = what + ": " + text(err)
		if err := workflow.Sleep(ctx, outagePause); err != nil {
			return err
		}
	}
}

// isFutile reports whether trying again leads nowhere: a setting or a request is wrong.
func isFutile(err error) bool {
	app, is := errors.AsType[*temporal.ApplicationError](err)
	return is && (app.NonRetryable() || app.Type() == activities.TypeConfig || app.Type() == activities.TypeRefused)
}

// atB1 is for the steps that ask B1. A try that waits for its turn there does so for minutes; what fails is tried again by this workflow, and what no worker takes
// comes back, so that the record says that it waits: one that says nothing for half an hour is taken for gone.
func (r *reconcile) atB1(ctx workflow.Context) workflow.Context {
	return workflow.WithActivityOptions(ctx, workflow.ActivityOptions{
		TaskQueue:              B1TaskQueue(r.in.Instance),
		StartToCloseTimeout:    10 * time.Minute,
		ScheduleToStartTimeout: 5 * time.Minute,
		ScheduleToCloseTimeout: 20 * time.Minute,
		HeartbeatTimeout:       silence,
		RetryPolicy:            retries(3),
	})
}

// wait lets time pass before a page is asked for again, and says every ten minutes that it is there.
func (r *reconcile) wait(ctx workflow.Context, pause time.Duration, why string) error {
	if r.account().Waits = why; r.state.Since.IsZero() {
		r.state.Since = workflow.Now(ctx)
	}
	if workflow.Now(ctx).Sub(r.state.Since) >= reconcilePatience {
		r.state.Run.Errors = append(r.state.Run.Errors, fmt.Sprintf("given up after %s: %s", reconcilePatience, why))
		return errGivenUp
	}
	return r.pass(ctx, workflow.Now(ctx).Add(pause), r.state.Since.Equal(workflow.Now(ctx)))
}

// rest lets the quiet hours of B1 pass. They are no outage: patience begins anew behind them. Where they last longer than the reconciliation may, it ends at once, and
// says so.
func (r *reconcile) rest(ctx workflow.Context, until time.Time) error {
	if soon := workflow.Now(ctx).Add(time.Second); until.Before(soon) {
		until = soon
	}
	if last := r.state.Run.StartedAt.Add(ReconcileLimit - endMargin); until.After(last) {
		r.state.Run.Errors = append(r.state.Run.Errors, fmt.Sprintf("given up: the quiet hours of B1 last until %s, longer than a reconciliation may (%s)", until.UTC().Format(time.RFC3339), ReconcileLimit))
		return errGivenUp
	}
	r.account().Waits, r.state.Since = "quiet hours of B1", time.Time{}
	return r.pass(ctx, until, true)
}

// pass lets time pass. It says at first, where that is wanted, and then every ten minutes that the reconciliation is there.
func (r *reconcile) pass(ctx workflow.Context, until time.Time, say bool) error {
	for ; ; say = false {
		if say || workflow.Now(ctx).Sub(r.noted) >= waitingNote || r.noted.IsZero() {
			if err := r.note(ctx); err != nil {
				return err
			}
		}
		left := until.Sub(workflow.Now(ctx))
		if left <= 0 {
			return nil
		}
		if err := workflow.Sleep(ctx, min(left, waitingNote)); err != nil {
			return err
		}
	}
}

// note writes the record down as it stands. The store may not answer: the next note says it.
func (r *reconcile) note(ctx workflow.Context) error {
	r.noted = workflow.Now(ctx)
	err := workflow.ExecuteActivity(withFewTries(ctx), act.NoteReconcile, r.state.Run).Get(ctx, nil)
	if temporal.IsCanceledError(err) {
		return err
	}
	return nil
}

// end closes the record, however long the store does not answer.
func (r *reconcile) end(ctx workflow.Context, whole bool) (run *store.Run, err error) {
	r.state.Since = time.Time{}
	err = r.patiently(ctx, "end", func() error { run, err = r.close(ctx, whole); return err })
	return run, err
}

// close closes the record, if the store answers within some minutes.
func (r *reconcile) close(ctx workflow.Context, whole bool) (*store.Run, error) {
	r.account().Waits = ""
	var run store.Run
	if err := workflow.ExecuteActivity(ctx, act.EndReconcile, activities.EndReconcileInput{Run: r.state.Run, Whole: whole, Behind: r.state.Behind}).Get(ctx, &run); err != nil {
		return nil, err
	}
	r.state.Run = run
	return &run, nil
}

// abandon closes the record of one that was cancelled.
func (r *reconcile) abandon(ctx workflow.Context, cause error) error {
	ctx, cancel := workflow.NewDisconnectedContext(withOptions(ctx))
	defer cancel()
	r.state.Run.Errors = append(r.state.Run.Errors, "cancelled")
	if _, err := r.close(ctx, false); err != nil {
		return err
	}
	return cause
}
