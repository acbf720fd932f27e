package main

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/temporal"

	"datawald/config"
	"datawald/order"
	"datawald/store"
	"datawald/watch"
	"datawald/workflows"
)

const (
	// firstLook is when it is asked first how far it is, barEvery how often for a person who watches, and lineEvery how often where a
	// line is written: each is a query, which Temporal Cloud counts.
	firstLook = 500 * time.Millisecond
	barEvery  = time.Second
	lineEvery = 10 * time.Second
	// answerLimit is how long an answer about the progress may take; heardLimit how long a pause may take to be heard.
	answerLimit = 5 * time.Second
	heardLimit  = 10 * time.Second
	// fewAnswers is how many questions go unanswered before the record in the store is shown.
	fewAnswers = 3
)

// follower follows the backfill of an instance.
type follower struct {
	*app
	client   client.Client
	settings *config.Starter
	instance string
	id       string
	// runID is that of the backfill which was started; empty for the latest.
	runID string
	// unanswered counts the questions about the progress, in a row, that got no answer.
	unanswered int
}

// progress asks the backfill how far it is.
func (w *follower) progress() (run store.Run, err error) {
	ctx, cancel := context.WithTimeout(w.ctx, answerLimit)
	defer cancel()
	answer, err := w.client.QueryWorkflow(ctx, w.id, "", workflows.ProgressQuery)
	if err == nil {
		err = answer.Get(&run)
	}
	if err == nil && run.Backfill == nil {
		err = errors.New("the answer tells no progress")
	}
	return run, err
}

// toItsEnd shows how far the backfill is until it has ended, and then what it did. Who stops watching stops nothing else.
func (w *follower) toItsEnd() error {
	var result store.Run
	ended := make(chan error, 1)
	go func() { ended <- w.client.GetWorkflow(w.ctx, w.id, w.runID).Get(w.ctx, &result) }()
	show, clear, every := w.shower()
	look := time.NewTimer(firstLook)
	defer look.Stop()
	for {
		select {
		case err := <-ended:
			clear()
			if err != nil {
				return w.broken(err)
			}
			return showBackfill(w.app, result)
		case <-look.C:
			if run, as, ok := w.look(); ok {
				show(run, as)
				look.Reset(every)
			} else {
				look.Reset(firstLook)
			}
		}
	}
}

// look asks how far the backfill is. Once that was in vain a few times the record in the store is as good: as says how old that is. ok
// is false when there is nothing to show.
func (w *follower) look() (run store.Run, as string, ok bool) {
	run, err := w.progress()
	if err == nil {
		w.unanswered = 0
		return run, "", true
	}
	if w.unanswered++; w.unanswered < fewAnswers || w.ctx.Err() != nil {
		return run, "", false
	}
	recorded, failure := w.recorded()
	if failure != nil && w.unanswered == fewAnswers {
		w.warn("%s does not say how far it is: %v; its record cannot be read: %v", w.id, err, failure)
	}
	if failure != nil || recorded.EndedAt != nil || recorded.Backfill == nil {
		return run, "", false
	}
	age := time.Since(recorded.Backfill.NotedAt).Round(time.Second)
	return *recorded, fmt.Sprintf(" (as recorded %s ago; no worker answers)", age), true
}

// recorded reads the record of the latest backfill.
func (w *follower) recorded() (*store.Run, error) {
	db, done, err := openStore(w.ctx, w.settings)
	if err != nil {
		return nil, err
	}
	defer done()
	return db.LatestRun(w.ctx, w.id)
}

// broken says what it means that there is no result.
func (w *follower) broken(err error) error {
	switch {
	case w.ctx.Err() != nil:
		return fmt.Errorf("stopped watching; %s goes on by itself: starter backfill --attach picks it up, --pause holds it", w.id)
	case isNotFound(err):
		return badInput("no backfill of %s is known: start one with starter backfill --from", w.instance)
	case temporal.IsCanceledError(err):
		return fmt.Errorf("%s was cancelled; what is staged is taken to B1 by the runs of the schedule", w.id)
	}
	if _, ended := errors.AsType[*temporal.WorkflowExecutionError](err); !ended {
		return err
	}
	if isTerminated(err) {
		err = fmt.Errorf("%s was terminated", w.id)
	}
	recorded, failure := w.recorded()
	switch {
	case failure != nil: // it was never taken up, or the store does not answer
		return err
	case recorded.WasReleased():
		return fmt.Errorf("%w; it was released since: what is staged is left to the runs of the schedule", err)
	case recorded.EndedAt == nil:
		return fmt.Errorf("%w; starter backfill --release leaves what is staged to the runs of the schedule", err)
	}
	return err
}

// shower gives how progress is shown, and how often: a bar to a person, a line to anybody else. clear ends it.
func (w *follower) shower() (show func(r store.Run, as string), clear func(), every time.Duration) {
	if watched(w.err) {
		bar := newGauge(w.err)
		return func(r store.Run, as string) {
			done, total := reached(r)
			bar.set(progressLine(r)+as, done, total)
		}, bar.clear, barEvery
	}
	return func(r store.Run, as string) { fmt.Fprintln(w.err, progressLine(r)+as) }, func() {}, lineEvery
}

// reached is how far a run is in its phase, and of how many.
func reached(r store.Run) (done, total int64) {
	if r.Backfill.Phase == store.BackfillReads {
		return int64(r.Counts.Read), r.Backfill.Total
	}
	settled := int64(r.Counts.Settled())
	return settled, max(settled, int64(r.Backfill.ToPost))
}

// progressLine tells in a line how far a backfill is: posting 1200 of 20000, 16/s, 19m35s left.
func progressLine(r store.Run) string {
	done, total := reached(r)
	line := fmt.Sprintf("%s %d", r.Backfill.Phase, done)
	if total > 0 {
		line += fmt.Sprintf(" of %d", total)
	}
	if rate := r.Backfill.Rate; rate > 0 {
		line += fmt.Sprintf(", %.3g/s", rate)
		if total > done {
			line += fmt.Sprintf(", %s left", time.Duration(float64(total-done)/rate*float64(time.Second)).Round(time.Second))
		}
	}
	return line + standing(*r.Backfill)
}

// standing says why nothing moves, when nothing does.
func standing(b store.BackfillProgress) string {
	switch {
	case b.Paused && b.PausedBy != "":
		return ", paused by " + b.PausedBy
	case b.Paused:
		return ", paused"
	case b.Waits != "":
		return ", waits: " + b.Waits
	}
	return ""
}

// pause holds the backfill that is under way, or lets it go on, and waits a moment for it to hear that.
func (w *follower) pause(paused bool) error {
	err := w.client.SignalWorkflow(w.ctx, w.id, "", workflows.PauseSignal, workflows.Pause{Paused: paused, By: "starter"})
	if isNotFound(err) {
		return badInput("no backfill of %s is under way", w.instance)
	}
	if err != nil {
		return refused(w.settings, "backfill", err)
	}
	what := map[bool]string{true: "is paused", false: "goes on"}[paused]
	tick := time.NewTicker(100 * time.Millisecond)
	defer tick.Stop()
	for limit := time.Now().Add(heardLimit); time.Now().Before(limit); {
		if run, err := w.progress(); err == nil && run.Backfill.Paused == paused {
			w.say("%s %s: %s", w.id, what, progressLine(run))
			return nil
		}
		select {
		case <-w.ctx.Done():
			return w.ctx.Err()
		case <-tick.C:
		}
	}
	w.say("%s %s as soon as a worker runs", w.id, what)
	return nil
}

// cancel ends the backfill that is under way.
func (w *follower) cancel() error {
	lives, err := watch.Lives(w.ctx, w.client, w.id) // to cancel one that has ended is no error for Temporal
	if err == nil && !lives {
		return badInput("no backfill of %s is under way", w.instance)
	}
	if err == nil {
		err = w.client.CancelWorkflow(w.ctx, w.id, "")
	}
	if err != nil {
		return refused(w.settings, "backfill", err)
	}
	w.say("%s is told to end", w.id)
	return nil
}

// showBackfill writes down what became of the orders, by state.
func showBackfill(a *app, r store.Run) error {
	b := r.Backfill
	a.say("%s", countsLine(r))
	brought := "brought"
	if b.DryRun {
		brought = "would bring"
	}
	a.say("%s", byState(brought, b.Imported))
	if len(b.Others) > 0 {
		a.say("%s", byState("others (known before, fresh, or not shown by Magento)", b.Others))
	}
	for _, name := range b.Missing {
		a.say("%s missing: Magento has no such order", name)
	}
	if more := b.MissingCount - len(b.Missing); more > 0 {
		a.say("and %d more are missing", more)
	}
	var err error
	if len(r.Errors) > 0 {
		err = errors.New("the backfill met errors: " + strings.Join(r.Errors, "; "))
	}
	held := b.Imported[order.Held] + r.Counts.Unreadable
	if held > 0 && !b.DryRun {
		a.say("%d held: starter status counts the reasons, GET /api/v1/orders?state=held lists the orders", held)
	}
	if held > 0 || b.MissingCount > 0 {
		return &exitError{exitHeld, err}
	}
	if pending := b.Imported[order.Pending]; err == nil && pending > 0 && !b.DryRun {
		err = fmt.Errorf("%d orders are still pending; the runs of the schedule take them up", pending)
	}
	return err
}

// byState writes counts: brought 12 (posted 10, held 2).
func byState(what string, counts map[order.Status]int) string {
	all := 0
	var parts []count
	for _, status := range order.Statuses() {
		parts = append(parts, count{string(status), counts[status]})
		all += counts[status]
	}
	return group(what, all, parts)
}
