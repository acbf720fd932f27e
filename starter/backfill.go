package main

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"go.temporal.io/api/serviceerror"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/temporal"

	"datawald/config"
	"datawald/order"
	"datawald/workflows"
)

type backfillCommand struct {
	Orders []string `arg:"" optional:"" name:"order" help:"Orders by number or key, up to 10,000, instead of a range."`
	instanceFlag
	From   string `placeholder:"TIME" help:"Orders from this day or moment on (UTC)."`
	To     string `placeholder:"TIME" help:"Orders up to the end of this day, or before this moment (UTC). Default: now."`
	By     string `default:"created" placeholder:"FIELD" help:"What --from and --to are about: created, when an order was placed, or updated, its last change in Magento."`
	Store  string `placeholder:"ID" help:"Orders of this store (store_id)."`
	Status string `placeholder:"STATUS" help:"Orders in this status of Magento, such as processing."`
	DryRun bool   `help:"Count what would be staged, by state. Stages and sends nothing."`

	Background bool `help:"Start it and do not watch it."`
	Attach     bool `help:"Watch the one that is under way, or show how the latest ended."`
	Pause      bool `help:"Hold the one that is under way."`
	Resume     bool `help:"Let it go on."`
	Cancel     bool `help:"End it. What is staged is still taken to B1 by the runs of the schedule."`
	Release    bool `help:"Leave the orders of one that was terminated to the runs of the schedule, also when it was paused."`
}

// Help is the long form of the command's help.
func (backfillCommand) Help() string {
	return `Reads a part of the shop's orders, whatever their age, stages them and takes them to B1, behind all other orders: what a person asks for goes first, then fresh orders, then these. Orders that B1 has already stay single. There is one backfill for each instance at a time.

It runs in Temporal and needs no terminal: Ctrl-C ends the watching alone, --attach picks it up again.

A dry run asks the rules which orders are for B1, and not how they are mapped: an order that would be held for its tax code or an item counts as pending. starter preview shows that.

The exit code is 3 when an order is held, is missing in Magento, or cannot be shown by it; of a dry run, when the rules would hold it at once; 1 when orders are still pending.

Example:

    starter backfill --from 2026-01-01 --to 2026-06-30 --dry-run
    starter backfill --from 2026-01-01 --to 2026-06-30 --store 1 --status complete
    starter backfill --by updated --from 2026-11-30T08:00:00Z --to 2026-11-30T12:00:00Z
    starter backfill 000000123 main:2:000000124
    starter backfill --attach
    starter backfill --pause
    starter backfill --release`
}

// Run starts, watches or steers a backfill.
func (cmd backfillCommand) Run(a *app) error {
	if err := cmd.check(); err != nil {
		return err
	}
	s, err := loadSettings()
	if err != nil {
		return err
	}
	in, err := cmd.input(s)
	if err != nil {
		return err
	}
	c, err := dial(a.ctx, s)
	if err != nil {
		return err
	}
	defer c.Close()
	w := &follower{app: a, client: c, settings: s, instance: in.Instance, id: workflows.BackfillOrdersID(in.Instance)}
	switch {
	case cmd.Pause || cmd.Resume:
		return w.pause(cmd.Pause)
	case cmd.Cancel:
		return w.cancel()
	case cmd.Release:
		return w.release()
	case cmd.Attach:
		warnWithoutWorker(a, c, s)
		return w.toItsEnd()
	}
	if err := w.start(in); err != nil {
		return err
	}
	a.say("%s started", w.id)
	if cmd.Background {
		return nil
	}
	warnWithoutWorker(a, c, s)
	return w.toItsEnd()
}

// steers names the flags that are about the backfill under way.
func (cmd backfillCommand) steers() (given []string) {
	for _, f := range []struct {
		name string
		set  bool
	}{{"--attach", cmd.Attach}, {"--pause", cmd.Pause}, {"--resume", cmd.Resume}, {"--cancel", cmd.Cancel}, {"--release", cmd.Release}} {
		if f.set {
			given = append(given, f.name)
		}
	}
	return given
}

// check refuses flags that do not go together.
func (cmd backfillCommand) check() error {
	steers := cmd.steers()
	selects := len(cmd.Orders) > 0 || cmd.From != "" || cmd.To != "" || cmd.Store != "" || cmd.Status != "" || cmd.DryRun || cmd.Background
	switch {
	case len(steers) > 1:
		return badInput("%s: give one of them", strings.Join(steers, ", "))
	case len(steers) == 1 && selects:
		return badInput("%s is about a backfill that has begun: it takes no orders, range, --dry-run or --background", steers[0])
	}
	return nil
}

// input reads and checks what is selected; all that is wrong is told at once, each on a line.
func (cmd backfillCommand) input(s *config.Starter) (in workflows.BackfillOrdersInput, err error) {
	if in.Instance, err = cmd.choose(s.InstanceNames); err != nil || len(cmd.steers()) > 0 {
		return in, err
	}
	in.Actor, in.DryRun = "starter", cmd.DryRun
	var wrong []string
	fault := func(format string, args ...any) { wrong = append(wrong, fmt.Sprintf(format, args...)) }
	cmd.name(&in, fault)
	unread := len(wrong)
	if cmd.From != "" || cmd.To != "" || cmd.Store != "" || cmd.Status != "" {
		in.Selected = cmd.selection(fault)
	}
	var found []string
	if err := in.Validate(); err != nil {
		found = strings.Split(err.Error(), "\n")
	}
	for _, line := range found {
		flag := "--" + line[:max(strings.Index(line, ":"), 0)]
		switch {
		case line == "from: is missing, name the time from which orders are read" && cmd.From != "": // told already, as unreadable
		case strings.HasPrefix(line, "nothing is selected") && unread > 0: // told already, as no names of orders
		case slices.Contains([]string{"--by", "--from", "--to", "--store", "--status"}, flag):
			fault("--%s", line)
		default:
			fault("%s", line)
		}
	}
	return in, problems(wrong)
}

// name takes the orders that are named.
func (cmd backfillCommand) name(in *workflows.BackfillOrdersInput, fault func(string, ...any)) {
	for n, name := range cmd.Orders {
		if key, err := order.ParseKey(name); err == nil {
			if !slices.Contains(in.Keys, key) {
				in.Keys = append(in.Keys, key)
			}
			continue
		}
		if err := order.CheckNumber(name); err != nil {
			fault("order %d of those that are named: %v", n+1, err)
		} else if !slices.Contains(in.IncrementIDs, name) {
			in.IncrementIDs = append(in.IncrementIDs, name)
		}
	}
}

// selection reads the flags of a range.
func (cmd backfillCommand) selection(fault func(string, ...any)) *order.Selection {
	selected := &order.Selection{Status: cmd.Status}
	switch cmd.By {
	case "created":
		selected.By = order.ByCreated
	case "updated":
		selected.By = order.ByUpdated
	default:
		fault("--by: is %q, want created or updated", cmd.By)
		selected.By = order.ByCreated // told
	}
	selected.From = timeOf("--from", cmd.From, 0, fault)
	selected.To = timeOf("--to", cmd.To, 1, fault)
	if cmd.Store != "" {
		id, err := strconv.ParseInt(cmd.Store, 10, 64)
		if err != nil {
			fault("--store: is %q, want a store_id of Magento", cmd.Store)
		} else {
			selected.StoreID = &id
		}
	}
	return selected
}

// timeOf reads a day, or a moment with its zone. For a day it is the beginning of that many days later.
func timeOf(flag, text string, days int, fault func(string, ...any)) time.Time {
	if text == "" {
		return time.Time{}
	}
	if day, err := time.Parse(time.DateOnly, text); err == nil {
		return day.AddDate(0, 0, days)
	}
	at, err := time.Parse(time.RFC3339, text)
	if err != nil {
		fault("%s: is %q, want a day such as 2026-11-30 or a moment such as 2026-11-30T08:00:00Z", flag, text)
	}
	return at.UTC()
}

// problems ends the program for all that is wrong with what it was given.
func problems(wrong []string) error {
	switch len(wrong) {
	case 0:
		return nil
	case 1:
		return badInput("%s", wrong[0])
	}
	return badInput("%d problems:\n  %s", len(wrong), strings.Join(wrong, "\n  "))
}

// start begins the backfill, unless one is under way.
func (w *follower) start(in workflows.BackfillOrdersInput) error {
	options := client.StartWorkflowOptions{
		ID: w.id, TaskQueue: w.settings.TaskQueue, WorkflowExecutionErrorWhenAlreadyStarted: true,
		StaticSummary: backfillSummary(in), Priority: temporal.Priority{PriorityKey: workflows.ImportPriority},
	}
	var run client.WorkflowRun
	err := labels(w.app, w.client, w.settings).Start(w.ctx, in.Instance, workflows.SourceBackfill, func(labels temporal.SearchAttributes) (err error) {
		options.TypedSearchAttributes = labels
		run, err = w.client.ExecuteWorkflow(w.ctx, options, workflows.BackfillOrders, in)
		return err
	})
	if _, under := errors.AsType[*serviceerror.WorkflowExecutionAlreadyStarted](err); under {
		return badInput("a backfill of %s is under way: watch it with starter backfill --attach, hold it with --pause, end it with --cancel", in.Instance)
	}
	if err != nil {
		return refused(w.settings, "backfill", err)
	}
	w.runID = run.GetRunID()
	return nil
}

// backfillSummary tells in Temporal's list what a backfill is about.
func backfillSummary(in workflows.BackfillOrdersInput) string {
	what := fmt.Sprintf("%d order(s)", len(in.IncrementIDs)+len(in.Keys))
	if s := in.Selected; s != nil {
		what = fmt.Sprintf("%s from %s", s.By, s.From.Format(time.RFC3339))
		if !s.To.IsZero() {
			what += " to " + s.To.Format(time.RFC3339)
		}
	}
	if in.DryRun {
		what = "dry run: " + what
	}
	return what + ", asked for by " + in.Actor
}
