// Command sandbox shows DataWald at work on one machine: it runs a Temporal dev server, a store, a simulated Magento
// shop, a simulated B1 company, the worker and the gateway, and keeps orders flowing between them.
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/alecthomas/kong"

	"datawald/alive"
	"datawald/sandbox/chaos"
	_ "datawald/standalone"
	"datawald/version"
)

// commands is the command line.
type commands struct {
	Run        runCommand        `cmd:"" help:"Run everything on this machine, until Ctrl-C."`
	Simulators simulatorsCommand `cmd:"" help:"Run the Magento shop and the B1 company alone, until Ctrl-C."`
	Check      checkCommand      `cmd:"" help:"Compare what the shop, the store and B1 say of every order of a running sandbox."`
	Chaos      chaosCommand      `cmd:"" help:"Run everything while it fails and is killed, and compare the books at the end."`

	Version kong.VersionFlag `help:"Say which version this is, and end."`
}

const description = `Shows DataWald at work on one machine.

Settings are environment variables; .env.example lists them.`

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	k := kong.Parse(&commands{}, kong.Name("sandbox"), kong.Vars{"version": version.Line("sandbox")}, kong.Description(description), kong.BindTo(ctx, (*context.Context)(nil)))
	if err := k.Run(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

type runCommand struct{}

// Run runs everything.
func (runCommand) Run(ctx context.Context) error {
	settings, err := loadSettings()
	if err != nil {
		return err
	}
	return runAll(ctx, settings)
}

type simulatorsCommand struct {
	Health bool `help:"Ask those that run whether they answer, and end."`
}

// Run runs both simulators.
func (c simulatorsCommand) Run(ctx context.Context) error {
	settings, err := loadSettings()
	if err != nil {
		return err
	}
	if c.Health {
		return errors.Join(alive.Ask(ctx, settings.Magento, "/state?summary=1", false), alive.Ask(ctx, settings.B1, "/state?summary=1", false))
	}
	return runSimulators(ctx, settings)
}

// chaosCommand are the options of a chaos run; package chaos says what they mean.
type chaosCommand struct {
	Orders    int           `default:"5000" help:"Orders that the customers place."`
	Seed      uint64        `default:"1" help:"Fixes orders, faults and kills."`
	KillEvery time.Duration `default:"10s" help:"Time between two kills."`
	Ledger    bool          `help:"Write each order together with a row of a ledger table."`
	Workers   int           `default:"2" help:"Worker processes."`
	Limit     time.Duration `default:"40m" help:"How long it may take."`
	Keep      bool          `help:"Keep state and logs even when nothing is wrong."`
}

// Run runs it and tells what it came to. What is wrong is an error.
func (c *chaosCommand) Run(ctx context.Context) error {
	settings, err := loadSettings()
	if err != nil {
		return err
	}
	result, err := chaos.Run(ctx, chaos.Options{Orders: c.Orders, Seed: c.Seed, KillEvery: c.KillEvery, Ledger: c.Ledger, Workers: c.Workers,
		Limit: c.Limit, Keep: c.Keep, Bin: settings.Bin}, os.Stdout)
	if err != nil {
		return err
	}
	if err := result.Text(os.Stdout); err != nil {
		return err
	}
	if !result.OK() {
		return fmt.Errorf("the run of seed %d found something wrong, or too little happened in it; it is told above", c.Seed)
	}
	return nil
}
