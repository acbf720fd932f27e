// Command sandbox shows DataWald at work on one machine: it runs a Temporal dev server, a store, a simulated Magento
// shop, a simulated B1 company, the worker and the gateway, and keeps orders flowing between them.
package main

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"syscall"
)

const usage = `usage: sandbox run | simulators

  run         everything on this machine, until Ctrl-C
  simulators  the Magento shop and the B1 company alone, until Ctrl-C

Settings are environment variables; see .env.example.`

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := command(ctx, os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func command(ctx context.Context, args []string) error {
	if len(args) != 1 {
		return fmt.Errorf("%s", usage)
	}
	settings, err := loadSettings()
	if err != nil {
		return err
	}
	switch args[0] {
	case "run":
		return runAll(ctx, settings)
	case "simulators":
		return runSimulators(ctx, settings)
	}
	return fmt.Errorf("unknown command %q\n%s", args[0], usage)
}
