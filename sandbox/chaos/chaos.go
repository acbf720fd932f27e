// Package chaos runs the whole of DataWald while everything around it fails at once: replies are lost, proxies answer for B1, sessions
// end, B1 and the shop are away for seconds, and workers, store and Temporal server are killed, all by a seed. Customers go on
// ordering meanwhile, and a clerk resumes what B1 refused. When all is settled the three books are compared: nothing may be
// lost, nothing twice in B1, no total wrong. A run in which too little went wrong proves nothing, and says so.
package chaos

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"time"

	"golang.org/x/sync/errgroup"
)

// Options say what is run. The zero value of a field means its default.
type Options struct {
	// Orders is how many the customers place. Default 5000.
	Orders int
	// Seed fixes the orders, the faults by what each call is about, and what is killed in which turn. Default 1.
	Seed uint64
	// KillEvery is the time between two kills. Default 10 s.
	KillEvery time.Duration
	// Ledger has each order written together with a row of a user table.
	Ledger bool
	// Workers is the number of worker processes. Default 2.
	Workers int
	// Limit is how long the run may take, and Stall how long nothing may change once all orders are placed. Defaults 40 and
	// 4 minutes.
	Limit, Stall time.Duration
	// Bin is the folder with the programs. Default "bin".
	Bin string
	// Keep keeps the folder with state and logs even when nothing is wrong. What went wrong keeps it anyway.
	Keep bool
}

func (o Options) withDefaults() Options {
	orElse(&o.Orders, 5000)
	orElse(&o.Seed, 1)
	orElse(&o.KillEvery, 10*time.Second)
	orElse(&o.Workers, 2)
	orElse(&o.Limit, 40*time.Minute)
	orElse(&o.Stall, 4*time.Minute)
	orElse(&o.Bin, "bin")
	return o
}

func orElse[T comparable](v *T, fallback T) {
	if zero := *new(T); *v == zero {
		*v = fallback
	}
}

// repeat is the command line that runs the same again.
func (o Options) repeat() string {
	text := fmt.Sprintf("make chaos ORDERS=%d SEED=%d KILL_EVERY=%s", o.Orders, o.Seed, o.KillEvery)
	if o.Ledger {
		text += " LEDGER=1"
	}
	return text
}

// Run runs it and says on out how it goes. The error means that it could not be run to its end; what it found is in the result.
func Run(ctx context.Context, o Options, out io.Writer) (*Result, error) {
	o = o.withDefaults()
	dir, err := os.MkdirTemp("", "datawald-chaos-")
	if err != nil {
		return nil, err
	}
	say := func(format string, args ...any) {
		fmt.Fprintf(out, time.Now().Format("15:04:05")+"  "+format+"\n", args...)
	}
	say("%s  (state and logs: %s)", o.repeat(), dir)
	limited, cancel := context.WithTimeout(ctx, o.Limit)
	defer cancel()
	w, err := newWorld(limited, o, dir, say)
	if err != nil {
		return nil, err
	}
	defer w.close()
	result, err := w.run(ctx, limited)
	if err != nil {
		return nil, fmt.Errorf("%w (state and logs: %s)", err, dir)
	}
	if result.OK() && !o.Keep {
		w.close()
		return result, os.RemoveAll(dir)
	}
	result.Dir = dir
	return result, w.keep(result)
}

// run lets everything happen until all is settled, or time is up, and then compares the books.
func (w *world) run(ctx, limited context.Context) (*Result, error) {
	began := time.Now()
	if err := w.start(limited); err != nil {
		return nil, err
	}
	stormy, stormed := time.Now(), 0.0
	happening, stop := context.WithCancel(limited)
	defer stop()
	g, happening := errgroup.WithContext(happening)
	for _, f := range []func(context.Context) error{w.keeper.run, w.killing, w.outages, w.bookkeeping, w.shopTrouble, w.placing, w.working, w.recovery.watch, w.watchLoad, w.progress} {
		g.Go(func() error { return f(happening) })
	}
	g.Go(func() error { // what is being started still is waited for below, and nothing goes wrong meanwhile
		<-happening.Done()
		stormed = time.Since(stormy).Seconds()
		return nil
	})
	var open string
	g.Go(func() error {
		defer stop()
		var err error
		open, err = w.settled(happening)
		return err
	})
	if err := g.Wait(); err != nil && !errors.Is(err, context.Canceled) && !errors.Is(err, context.DeadlineExceeded) {
		return nil, err
	}
	if ctx.Err() != nil {
		return nil, errors.New("it was stopped by hand; nothing was compared")
	}
	return w.conclude(ctx, &Result{Seconds: time.Since(began).Seconds(), Stormy: stormed, Loaded: w.load.seconds(), Unsettled: open})
}
