package main

import (
	"io"
	"os"
	"time"

	"github.com/schollz/progressbar/v3"
	"golang.org/x/term"
)

// progress shows how far a long command has come, with its rate and the time left, to a person who sits before it. Where
// nobody does it shows nothing.
type progress struct{ bar *progressbar.ProgressBar }

// watched reports whether a stream is a terminal.
func watched(w io.Writer) bool {
	f, ok := w.(*os.File)
	return ok && term.IsTerminal(int(f.Fd()))
}

// newProgress draws on w. total is how many orders there are.
func newProgress(w io.Writer, total int64) *progress {
	return &progress{progressbar.NewOptions64(max(total, 1), progressbar.OptionSetWriter(w), progressbar.OptionSetDescription("orders"),
		progressbar.OptionShowCount(), progressbar.OptionShowIts(), progressbar.OptionSetItsString("orders"),
		progressbar.OptionSetPredictTime(true), progressbar.OptionThrottle(100*time.Millisecond), progressbar.OptionSetWidth(30),
		progressbar.OptionClearOnFinish())}
}

// step counts one order. A terminal that is gone is no reason to stop.
func (p *progress) step() {
	if p != nil {
		_ = p.bar.Add(1)
	}
}

// newGauge draws on w how far something else has come, which says its rate and the time left itself.
func newGauge(w io.Writer) *progress {
	return &progress{progressbar.NewOptions64(1, progressbar.OptionSetWriter(w), progressbar.OptionSetPredictTime(false),
		progressbar.OptionSetElapsedTime(false), progressbar.OptionSetWidth(30), progressbar.OptionClearOnFinish())}
}

// set says what it does and how far it is. The total may become known or change on the way, and a new phase begins at 0.
func (p *progress) set(what string, done, total int64) {
	p.bar.Reset()
	p.bar.ChangeMax64(max(total, done+1)) // the end is told in other words
	p.bar.Describe(what)
	_ = p.bar.Set64(done)
}

// clear takes the bar away, for what is written instead.
func (p *progress) clear() {
	if p != nil {
		_ = p.bar.Clear()
	}
}
