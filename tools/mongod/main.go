// Command mongod is the embedded store of DataWald: FerretDB on SQLite files, behind a gate that makes it safe for
// several writers and quick by _id. It speaks MongoDB's wire protocol, so the connector uses one driver for this and for
// a real MongoDB, which a production installation should have.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"runtime/debug"
	"syscall"
)

// garbageCollection is GOGC. FerretDB decodes every document that it looks at from JSON text; a heap that may grow to five
// times what lives in it, a few dozen megabytes here, takes a tenth to a third off the time of a scan.
const garbageCollection = 400

func main() {
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(garbageCollection)
	}

	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGINT, syscall.SIGTERM)
	context.AfterFunc(ctx, stop) // a second signal ends the process at once
	os.Exit(run(ctx, os.Args[1:], os.Stdout, os.Stderr))
}

// run returns the exit code: 0 after a signal, 1 when the store cannot run, 2 for flags that make no sense.
func run(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	options, err := parseOptions(args, stderr)
	switch {
	case errors.Is(err, flag.ErrHelp):
		return 0
	case err != nil:
		return 2
	case options.version:
		fmt.Fprintln(stdout, versionLine())
		return 0
	}

	if err := serve(ctx, options, stdout, stderr); err != nil {
		fmt.Fprintln(stderr, "mongod:", err)
		return 1
	}
	return 0
}
