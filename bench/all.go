package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"time"
)

// all is every case by which DataWald is judged, one after the other, the short ones first.
type all struct {
	Quick bool `help:"Few orders, to see that it works: start and end count too much for the figures to say anything."`
}

// trial is a case as it is given on the command line, and how long it takes on two cores without other work, roughly.
type trial struct {
	arguments string
	about     time.Duration
}

func (c *all) trials() []trial {
	if c.Quick {
		return []trial{
			{"posting --orders 200", 10 * time.Second},
			{"posting --orders 300", 10 * time.Second},
			{"backfill --orders 200", 10 * time.Second},
			{"steady --orders 25", 15 * time.Second},
			{"posting --orders 60 --per-call 100ms --calls 8", 10 * time.Second},
			{"posting --orders 100 --per-call 500ms --calls 40", 15 * time.Second},
			{"posting --orders 30 --per-call 500ms --calls 8", 15 * time.Second},
		}
	}
	return []trial{
		{"posting --orders 2000", 35 * time.Second},
		{"backfill --orders 2000", 40 * time.Second},
		{"steady --orders 300 --per-second 5", 75 * time.Second},
		{"posting --orders 2000 --per-call 100ms --calls 8", 80 * time.Second},
		{"posting --orders 2000 --per-call 500ms --calls 40", 80 * time.Second},
		{"posting --orders 20000", 5 * time.Minute},
		{"posting --orders 2000 --per-call 500ms --calls 8", 6 * time.Minute},
	}
}

// Run measures every case.
func (c *all) Run(ctx context.Context) error { return inTurn(ctx, os.Stderr, c.trials(), run) }

// inTurn measures one after the other. One that fails does not keep the others from being measured.
func inTurn(ctx context.Context, say io.Writer, trials []trial, measure func(context.Context, []string) error) error {
	var left time.Duration
	for _, t := range trials {
		left += t.about
	}
	var failed []error
	for n, t := range trials {
		fmt.Fprintf(say, "bench: %d of %d: %s: about %s; all that is left: about %s\n", n+1, len(trials), t.arguments, t.about, left)
		left -= t.about
		if err := measure(ctx, strings.Fields(t.arguments)); err != nil {
			fmt.Fprintln(say, "bench:", err)
			failed = append(failed, fmt.Errorf("%s: %w", t.arguments, err))
		}
		if err := ctx.Err(); err != nil {
			return err
		}
	}
	return errors.Join(failed...)
}
