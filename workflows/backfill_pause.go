package workflows

import (
	"time"

	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"

	"datawald/activities"
	"datawald/store"
)

// PauseSignal pauses a backfill, or lets it go on. It is a signal and no update: it is taken while no worker runs, and whether it
// was heard is in the progress. One signal for both keeps their order.
const PauseSignal = "pause"

// Pause is what PauseSignal brings.
type Pause struct {
	Paused bool `json:"paused"`
	// By is who wants it.
	By string `json:"by,omitempty"`
}

const (
	// historyFor bounds a history in time: a worker of another release is to meet a young one.
	historyFor = 24 * time.Hour
	// noteEvery is how often the record is written while orders come and go; waitingNote while the backfill waits.
	noteEvery   = time.Minute
	waitingNote = 10 * time.Minute
	// outagePause is between two tries of a step that failed five times.
	outagePause = time.Minute
	// refusedPause is between two tries while B1 refuses the connector itself.
	refusedPause = 5 * time.Minute
	// rateOver is the shortest time over which the rate is measured.
	rateOver = 15 * time.Second
	// stillFor is how long no part must have ended before the rate falls to nothing.
	stillFor = 2 * time.Minute
)

// listen hears the signal for as long as the history lasts.
func (b *backfill) listen(ctx workflow.Context) {
	b.said = workflow.GetSignalChannel(ctx, PauseSignal)
	workflow.Go(ctx, func(ctx workflow.Context) {
		for {
			var said Pause
			if !b.said.Receive(ctx, &said) {
				return
			}
			b.heed(said)
		}
	})
}

// hear takes what is there.
func (b *backfill) hear() {
	for {
		var said Pause
		if !b.said.ReceiveAsync(&said) {
			return
		}
		b.heed(said)
	}
}

func (b *backfill) heed(said Pause) {
	p := b.progress()
	p.Paused, p.PausedBy = said.Paused, said.By
	if !said.Paused {
		p.PausedBy = ""
	}
}

func (b *backfill) paused() bool { return b.progress().Paused }

// gate lets the next step begin: not while the backfill is paused, and not in a history that is long enough.
func (b *backfill) gate(ctx workflow.Context) error {
	if b.long(ctx) {
		return b.continueAsNew(ctx)
	}
	if !b.paused() {
		return nil
	}
	b.progress().Rate = 0
	if err := b.note(ctx); err != nil { // so that it is seen in the store
		return err
	}
	if err := b.until(ctx, func() bool { return !b.paused() || b.long(ctx) }); err != nil {
		return err
	}
	b.mark(ctx)
	if b.long(ctx) {
		return b.continueAsNew(ctx)
	}
	return b.note(ctx)
}

func (b *backfill) long(ctx workflow.Context) bool {
	if b.parts != nil && b.parts.begun >= partsPerHistory {
		return true
	}
	return b.poster.late || b.poster.started >= childrenPerRun || workflow.GetInfo(ctx).GetContinueAsNewSuggested()
}

// beat makes a note due again and again. One timer serves the whole history: one for each wait would cost two events each.
func (b *backfill) beat(ctx workflow.Context) {
	workflow.Go(ctx, func(ctx workflow.Context) {
		for workflow.Sleep(ctx, waitingNote) == nil {
			b.due = true
		}
	})
}

// until waits for a condition, and says from time to time that the backfill is still there.
func (b *backfill) until(ctx workflow.Context, met func() bool) error {
	for !met() {
		if err := workflow.Await(ctx, func() bool { return b.due || met() }); err != nil {
			return err
		}
		if b.due {
			b.due = false
			if err := b.note(ctx); err != nil {
				return err
			}
		}
	}
	return nil
}

// rest waits for a time, or until the backfill is paused, for a reason that the progress shows until a step is done.
func (b *backfill) rest(ctx workflow.Context, d time.Duration, why string) error {
	b.progress().Waits = why
	over := false
	ctx, stop := workflow.WithCancel(ctx)
	defer stop()
	workflow.Go(ctx, func(ctx workflow.Context) {
		over = workflow.Sleep(ctx, d) == nil
	})
	if err := b.note(ctx); err != nil {
		return err
	}
	err := b.until(ctx, func() bool { return over || b.paused() })
	b.mark(ctx)
	return err
}

// note writes the record. That the store does not answer ends nothing: the next one says the same.
func (b *backfill) note(ctx workflow.Context) error {
	switch p := b.progress(); {
	case !p.Paused && p.Waits == "":
		p.Since = time.Time{}
	case p.Since.IsZero():
		p.Since = workflow.Now(ctx)
	}
	var noted activities.NoteBackfillResult
	err := workflow.ExecuteActivity(ctx, act.NoteBackfill, b.state.Run).Get(ctx, &noted)
	switch {
	case temporal.IsCanceledError(err):
		return err
	case err == nil:
		b.progress().NotedAt = noted.NotedAt
		if b.state.Run.EndedAt != nil {
			b.progress().Imported = noted.Imported
			if noted.Complaint != "" {
				b.state.Run.Errors = append(b.state.Run.Errors, noted.Complaint)
			}
		}
	case b.state.Run.EndedAt != nil:
		b.state.Run.Errors = append(b.state.Run.Errors, "record the run: "+text(err))
	}
	return nil
}

// done is what the rate counts: orders read, then orders settled.
func (b *backfill) done() int {
	if b.progress().Phase == store.BackfillReads {
		return b.state.Run.Counts.Read
	}
	return b.state.Run.Counts.Settled()
}

// mark begins to measure the rate anew.
func (b *backfill) mark(ctx workflow.Context) {
	b.state.Mark, b.state.MarkedAt = b.done(), workflow.Now(ctx)
}

// stepped takes note of a step that was done.
func (b *backfill) stepped(ctx workflow.Context) error {
	b.progress().Waits = ""
	b.measure(ctx)
	if workflow.Now(ctx).Sub(b.progress().NotedAt) < noteEvery {
		return nil
	}
	return b.note(ctx)
}

// measure brings the rate up to date.
func (b *backfill) measure(ctx workflow.Context) {
	took := workflow.Now(ctx).Sub(b.state.MarkedAt)
	if took <= 0 || took < rateOver && b.progress().Rate > 0 {
		return
	}
	if b.parts != nil && b.done() == b.state.Mark && took < stillFor { // orders are counted with the end of their part
		return
	}
	b.progress().Rate = float64(b.done()-b.state.Mark) / took.Seconds()
	if took >= rateOver {
		b.mark(ctx)
	}
}
