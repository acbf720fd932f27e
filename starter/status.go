package main

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"text/tabwriter"
	"time"

	temporallog "go.temporal.io/sdk/log"

	"datawald/order"
	"datawald/store"
	"datawald/watch"
)

type statusCommand struct {
	instanceFlag
	JSON bool `help:"Print one line of JSON for programs."`
}

// Help is the long form of the command's help.
func (statusCommand) Help() string {
	return `Shows for each instance, or the one named, the orders in each state, the cut (the last change in Magento that is staged), the lag (how far the staged orders may lie behind Magento), the schedule and whether it is late, a backfill that is under way, paused or waiting, the last run, and why orders are held. What the schedule does is asked of Temporal; the rest is there without it.

With --json it prints {"orders":{"pending":n,"posted":n,"held":n,"excluded":n,"cancelled":n,"draft":n},"cut":"…","lag_seconds":n,"b1":{"state":"up"|"down"|"quiet",…},"schedule":{"state":"on"|"paused"|"missing"|"unknown","skipped":n,"missed":n,"late":true|false,…}} for one instance; cut is empty and lag_seconds null until Magento has been read.

Example:

    starter status
    starter status --json`
}

// Run reads the store.
func (cmd statusCommand) Run(a *app) error {
	s, err := loadSettings()
	if err != nil {
		return err
	}
	names := s.InstanceNames
	if cmd.JSON || cmd.Instance != "" {
		name, err := cmd.choose(names)
		if err != nil {
			return err
		}
		names = []string{name}
	}
	db, done, err := openStore(a.ctx, s)
	if err != nil {
		return err
	}
	defer done()
	c, err := s.Lazy(temporallog.NewStructuredLogger(slog.New(slog.DiscardHandler)))
	if err != nil {
		return err
	}
	defer c.Close()
	sight := watch.Sight{Temporal: c, Store: db, TaskQueue: s.TaskQueue, Namespace: s.TemporalNamespace, After: s.SyncAlarmAfter}
	for i, name := range names {
		o, err := db.Overview(a.ctx, name)
		if err != nil {
			return err
		}
		schedule, err := sight.Look(a.ctx, name)
		if err != nil {
			return err
		}
		rules, err := statusOfRules(a.ctx, db, name)
		if err != nil {
			return err
		}
		if cmd.JSON {
			return json.NewEncoder(a.out).Encode(asStatus(o, schedule, rules))
		}
		if i > 0 {
			a.say("")
		}
		reasons, err := heldReasons(a.ctx, db, name)
		if err != nil {
			return err
		}
		if err := showStatus(a, name, o, schedule, rules, reasons); err != nil {
			return err
		}
	}
	return nil
}

// status is what --json prints; programs rely on its members.
type status struct {
	Orders struct {
		Pending   int64 `json:"pending"`
		Posted    int64 `json:"posted"`
		Held      int64 `json:"held"`
		Excluded  int64 `json:"excluded"`
		Cancelled int64 `json:"cancelled"`
		Draft     int64 `json:"draft"`
	} `json:"orders"`
	Cut        string `json:"cut"`
	LagSeconds *int64 `json:"lag_seconds"`
	// B1 is how the way to B1 is; absent until a run has asked for orders.
	B1 *store.LaneStatus `json:"b1,omitempty"`
	// Backfill is the one under way; absent when there is none.
	Backfill *store.BackfillStatus `json:"backfill,omitempty"`
	// Schedule is how the schedule does.
	Schedule *watch.Schedule `json:"schedule"`
	// Rules are those in force; absent while no worker was started and nothing activated.
	Rules *rulesStatus `json:"rules,omitempty"`
}

func asStatus(o *store.Overview, schedule *watch.Schedule, rules *rulesStatus) status {
	s := status{Cut: o.Cut, LagSeconds: o.LagSeconds, B1: o.B1, Backfill: o.Backfill, Schedule: schedule, Rules: rules}
	s.Orders.Pending, s.Orders.Posted, s.Orders.Held = o.Orders[order.Pending], o.Orders[order.Posted], o.Orders[order.Held]
	s.Orders.Excluded, s.Orders.Cancelled, s.Orders.Draft = o.Orders[order.Excluded], o.Orders[order.Cancelled], o.Orders[order.Draft]
	return s
}

// showStatus writes the table for people. It fails where that cannot be written, such as into a file on a full disk.
func showStatus(a *app, instance string, o *store.Overview, schedule *watch.Schedule, rules *rulesStatus, reasons []count) error {
	w := tabwriter.NewWriter(a.out, 0, 0, 2, ' ', 0)
	fmt.Fprintf(w, "instance\t%s\n", instance)
	for _, st := range order.Statuses() {
		fmt.Fprintf(w, "%s\t%d\n", st, o.Orders[st])
	}
	fmt.Fprintf(w, "cut\t%s\n", cmp.Or(o.Cut, "none: Magento has not been read yet"))
	if o.LagSeconds != nil {
		fmt.Fprintf(w, "lag\t%s\n", time.Duration(*o.LagSeconds)*time.Second)
	}
	fmt.Fprintf(w, "schedule\t%s\n", scheduleLine(*schedule))
	if schedule.Late {
		fmt.Fprintf(w, "\tLATE: %s\n", watch.Alarm(schedule.Cause, instance))
	}
	if schedule.Orders != "" {
		fmt.Fprintf(w, "\tSTOPPED: %s\n", watch.Alarm(schedule.Orders, instance))
	}
	for _, line := range rules.lines() {
		fmt.Fprintln(w, line)
	}
	if o.B1 != nil {
		fmt.Fprintf(w, "B1\t%s\n", laneLine(*o.B1))
	}
	if b := o.Backfill; b != nil {
		fmt.Fprintf(w, "backfill\t%s\n", backfillLine(*b))
		if schedule.Backfill != "" {
			fmt.Fprintf(w, "\tSTUCK%s: %s\n", sinceIfKnown(b.MovedAt), watch.Alarm(schedule.Backfill, instance))
		}
	}
	if r := o.LastRun; r != nil {
		fmt.Fprintf(w, "last run\t%s: %s\n", r.StartedAt.UTC().Format(time.RFC3339), countsLine(*r))
		for _, e := range r.Errors {
			fmt.Fprintf(w, "\t%s\n", e)
		}
	}
	if b := o.WriteBacks; b != nil {
		fmt.Fprintf(w, "write-back\t%s\n", list([]count{{"open", int(b.Open)}, {"given up", int(b.GivenUp)}, {"to look at", int(b.ToLookAt)}},
			func(c count) string { return fmt.Sprintf("%s %d", c.name, c.n) }))
	}
	if len(reasons) > 0 {
		fmt.Fprintf(w, "held for\t%s\n", list(reasons, func(c count) string { return fmt.Sprintf("%s %d", c.name, c.n) }))
	}
	return w.Flush()
}

// unheard is after how long it is said that a backfill was not heard of: it says every ten minutes that it is there.
const unheard = 15 * time.Minute

// backfillLine says how the backfill under way is: posting, paused by ada since 2026-11-30T08:00:00Z, 1200 imports pending and held.
func backfillLine(b store.BackfillStatus) string {
	since := b.Since.UTC().Format(time.RFC3339)
	line := fmt.Sprintf("%s since %s", b.Phase, since)
	switch b.State {
	case store.BackfillIsPaused:
		line = fmt.Sprintf("%s, paused by %s since %s", b.Phase, cmp.Or(b.Why, "somebody"), since)
	case store.BackfillLeft:
		line = "ended " + since + ", and its orders are kept from the runs of the schedule"
		if b.Since.IsZero() {
			line = "of which there is no record keeps its orders from the runs of the schedule"
		}
	case store.BackfillWaits:
		line = fmt.Sprintf("%s, waits since %s: %s", b.Phase, since, b.Why)
	}
	if line += fmt.Sprintf(", %d imports pending", b.Imports); b.Held {
		line += " and held"
	}
	if age := time.Since(b.NotedAt); age > unheard && b.State != store.BackfillLeft {
		line += fmt.Sprintf("; not heard of for %s: is a worker running?", age.Round(time.Minute))
	}
	return line
}

// sinceIfKnown is " since" a time, nothing where no record tells.
func sinceIfKnown(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return " since " + t.UTC().Format(time.RFC3339)
}

// scheduleLine says how the schedule does.
func scheduleLine(s watch.Schedule) string {
	switch s.State {
	case watch.Missing:
		return "none: run starter apply"
	case watch.Unknown:
		return "not known: Temporal does not answer"
	}
	line := fmt.Sprintf("every %s", time.Duration(s.IntervalSeconds)*time.Second)
	if s.State == watch.Paused {
		line += ", paused"
		if s.Note != "" {
			line += ": " + s.Note
		}
	}
	if s.RunningSince != nil {
		line += ", a run is under way since " + s.RunningSince.Format(time.RFC3339)
	}
	if s.NextRun != nil {
		line += ", the next is due " + s.NextRun.Format(time.RFC3339)
	}
	return line + fmt.Sprintf("; skipped %d (a run was under way), missed %d (Temporal was away)", s.Skipped, s.Missed)
}

// laneLine says how the way to B1 is.
func laneLine(l store.LaneStatus) string {
	stamp := func(t *time.Time) string { return t.UTC().Format(time.RFC3339) }
	line := l.State
	if l.State == store.LaneDown {
		line += fmt.Sprintf(" since %s, asked in vain at %s (%s)", stamp(l.Since), stamp(l.CheckedAt), l.Failure)
		if l.AlarmedAt == nil {
			line += ", too short for an alarm"
		}
	}
	if l.QuietUntil != nil {
		line += fmt.Sprintf(", quiet hours until %s: no order is sent", stamp(l.QuietUntil))
	}
	return line
}

// How many held orders are looked at for their reasons, and how many reasons are shown.
const (
	heldLooked = 500
	heldShown  = 5
)

// heldReasons counts why the newest held orders are held, the most frequent reason first.
func heldReasons(ctx context.Context, db *store.Store, instance string) ([]count, error) {
	docs, err := db.List(ctx, store.Filter{Instance: instance, Status: order.Held, Limit: heldLooked})
	if err != nil {
		return nil, err
	}
	counts := map[string]int{}
	for _, d := range docs {
		if d.Reason != nil {
			counts[d.Reason.Code]++
		}
	}
	var all []count
	for _, code := range slices.Sorted(maps.Keys(counts)) {
		all = append(all, count{code, counts[code]})
	}
	slices.SortStableFunc(all, func(a, b count) int { return b.n - a.n })
	return all[:min(len(all), heldShown)], nil
}
