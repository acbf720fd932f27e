// Command starter is the operator's command line: it sets the schedules up, asks for runs, says where the orders stand,
// and shows what would be sent to B1 without sending it.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"

	"github.com/alecthomas/kong"

	_ "datawald/standalone"
	"datawald/version"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	code := run(ctx, os.Args[1:], streams{os.Stdin, os.Stdout, os.Stderr})
	stop()
	os.Exit(code)
}

const description = `Runs DataWald: orders from Magento into SAP Business One.

Settings come from the environment; .env.example lists them all.

Exit codes: 0 done, 1 the other side does not answer or something unexpected happened, 2 wrong input or settings, 3 an order is or would be held, or an alarm stands, 6 a reconciliation has findings. b1 prepare has two more; its --help tells them.`

// commands is the command line as kong reads it.
type commands struct {
	Apply     applyCommand     `cmd:"" help:"Create or update the schedules, one for each instance."`
	Sync      syncCommand      `cmd:"" help:"Start a run now instead of at its time."`
	Resync    resyncCommand    `cmd:"" help:"Read orders from Magento again by their numbers and take them to B1."`
	Backfill  backfillCommand  `cmd:"" help:"Bring a part of the shop's history to B1, behind all other orders."`
	Reconcile reconcileCommand `cmd:"" help:"Compare Magento's orders with the store and B1, and mend what can be mended."`
	Status    statusCommand    `cmd:"" help:"Show how many orders are in each state and how far Magento is read."`
	Alarms    alarmsCommand    `cmd:"" help:"Show the alarms that stand, or send a test message."`
	Preview   previewCommand   `cmd:"" help:"Show the B1 document of an order, with the proof of its total. Sends nothing."`
	Rules     rulesCommand     `cmd:"" help:"Work on rules files."`
	B1        b1Command        `cmd:"" name:"b1" help:"Prepare a B1 company."`
	User      userCommand      `cmd:"" help:"Say who may sign in at the gateway. Works on the store alone."`
	Key       keyCommand       `cmd:"" help:"Make and revoke API keys of the gateway. Works on the store alone."`
	Doctor    doctorCommand    `cmd:"" help:"Check the settings against the other side."`
	Erase     eraseCommand     `cmd:"" help:"Erase the personal data of one person, or of some orders. Works on the store alone."`

	Version kong.VersionFlag `help:"Say which version this is, and end."`
}

// streams are where a command reads and writes.
type streams struct {
	in       io.Reader
	out, err io.Writer
}

// app is what every command gets: the time it has, and where to write.
type app struct {
	ctx context.Context
	streams
}

// say writes a line for the reader.
func (a *app) say(format string, args ...any) { fmt.Fprintf(a.out, format+"\n", args...) }

// warn writes a line beside the output.
func (a *app) warn(format string, args ...any) { fmt.Fprintf(a.err, "starter: "+format+"\n", args...) }

// run carries out one command line and gives its exit code.
func run(ctx context.Context, args []string, s streams) int {
	shown := false // help or the version was asked for, and given
	a := &app{ctx: ctx, streams: s}
	command, err := newParser(s, func(int) { shown = true }).Parse(args)
	if shown {
		return exitOK
	}
	if err != nil {
		return a.end(badInput("%w; starter --help lists the commands", err))
	}
	return a.end(command.Run(a))
}

// newParser reads command lines. It calls end when it has shown help or the version.
func newParser(s streams, end func(int)) *kong.Kong {
	parser, err := kong.New(&commands{},
		kong.Name("starter"), kong.Description(description), kong.Vars{"version": version.Line("starter")}, kong.Writers(s.out, s.err), kong.Exit(end),
		kong.ConfigureHelp(kong.HelpOptions{NoExpandSubcommands: true, WrapUpperBound: 100}))
	if err != nil {
		panic(err) // the tags of the commands above are wrong
	}
	return parser
}

// end reports the error, if any, and turns it into an exit code.
func (a *app) end(err error) int {
	if err == nil {
		return exitOK
	}
	code := exitFailed
	if e, ok := errors.AsType[*exitError](err); ok {
		code = e.code
	}
	if message := err.Error(); message != "" {
		a.warn("%s", message)
	}
	return code
}
