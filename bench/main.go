// Command bench measures DataWald on this machine: each case starts its own servers on the loopback, does a bounded
// amount of work, prints one line of JSON for each measurement, and ends what it started. docs/benchmark.md has the figures.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"syscall"

	"github.com/alecthomas/kong"
)

// options are the cases, and the parts that a case runs in processes of their own to measure them apart.
type options struct {
	All      all      `cmd:"" help:"Every case by which DataWald is judged, one after the other."`
	Reading  reading  `cmd:"" help:"Read orders from a simulated shop and stage them."`
	Posting  posting  `cmd:"" help:"Take orders from a simulated shop into a simulated B1, through everything."`
	Backfill backfill `cmd:"" help:"Take the history of a simulated shop into a simulated B1, by a backfill in parts."`
	Steady   steady   `cmd:"" help:"How long an order takes from the shop into B1, when orders come one by one and the shop says so."`
	Table    table    `cmd:"" help:"Make of the lines that posting, backfill and steady have printed, read from the standard input, the tables of docs/benchmark.md."`

	Shop    shopPart    `cmd:"" hidden:"" help:"The simulated shop."`
	Company companyPart `cmd:"" hidden:"" help:"The simulated B1 company."`
	Reader  readerPart  `cmd:"" hidden:"" help:"What reads and stages."`
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, os.Args[1:]); err != nil && !errors.Is(err, context.Canceled) {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

// run does what the arguments say.
func run(ctx context.Context, arguments []string) error {
	var o options
	parser, err := kong.New(&o, kong.Name("bench"), kong.Description("Measures DataWald on this machine, with servers of its own."),
		kong.BindTo(ctx, (*context.Context)(nil)))
	if err != nil {
		return err
	}
	k, err := parser.Parse(arguments)
	if err != nil {
		return err
	}
	return k.Run()
}

// eachBacklog measures backlogs one after the other, each so many times, and prints a line for each.
func eachBacklog[M any](ctx context.Context, name string, backlogs []int, runs int, measure func(context.Context, int) (*M, error)) error {
	for _, orders := range backlogs {
		for range runs {
			m, err := measure(ctx, orders)
			if err != nil {
				return fmt.Errorf("%s %d orders: %w", name, orders, err)
			}
			if err := json.NewEncoder(os.Stdout).Encode(m); err != nil {
				return err
			}
		}
	}
	return nil
}
