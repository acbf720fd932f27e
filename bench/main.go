// Command bench measures DataWald on this machine: each case starts its own servers on the loopback, does a bounded
// amount of work, prints one line of JSON for each measurement, and ends what it started. docs/benchmark.md has the figures.
package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
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
	err := run(ctx, os.Args[1:])
	code := exitCode(ctx, os.Stderr, err)
	stop()
	os.Exit(code)
}

// stopped is what a shell takes for a program that was ended with Ctrl-C.
const stopped = 130

// exitCode says what went wrong, and gives what the program ends with: who was stopped has not measured what was asked for.
func exitCode(ctx context.Context, say io.Writer, err error) int {
	switch {
	case err == nil:
		return 0
	case ctx.Err() != nil:
		fmt.Fprintln(say, "bench: stopped before all was measured:", err)
		return stopped
	}
	fmt.Fprintln(say, "bench:", err)
	return 1
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

// result is one line: what was measured, and the share of the machine that other programs took meanwhile.
type result interface{ others() float64 }

// eachBacklog measures backlogs one after the other, each so many times, and prints a line for each.
func eachBacklog[M result](ctx context.Context, name string, backlogs []int, runs int, measure func(context.Context, int) (M, error)) error {
	for _, orders := range backlogs {
		for range runs {
			m, err := measure(ctx, orders)
			if err != nil {
				return fmt.Errorf("%s %d orders: %w", name, orders, err)
			}
			if err := tell(os.Stdout, os.Stderr, m); err != nil {
				return err
			}
		}
	}
	return nil
}

// tell prints the line of a measurement, and says so where other programs have spoiled it.
func tell(to, say io.Writer, m result) error {
	if share := m.others(); share > spoiled {
		fmt.Fprintf(say, "bench: other programs took %s of the processors: the times and rates of this measurement are not DataWald's\n", percent(share))
	}
	return json.NewEncoder(to).Encode(m)
}
