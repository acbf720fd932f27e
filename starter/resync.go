package main

import (
	"crypto/rand"
	"errors"
	"slices"
	"strings"
	"time"

	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/temporal"

	"datawald/config"
	"datawald/order"
	"datawald/workflows"
)

type resyncCommand struct {
	IncrementIDs []string `arg:"" name:"increment-id" help:"The orders' numbers in Magento, or their keys, up to 500."`
	instanceFlag
	Wait bool `help:"Wait until the orders are done, and show what became of them."`
}

// Help is the long form of the command's help.
func (resyncCommand) Help() string {
	return `Reads the orders from Magento, stages them before all others and takes them to B1. Held orders are tried again; orders that B1 has already stay single. A number names the orders of all stores that have it, a key the one of its store.

An order that Magento could not show stands under its entity_id: resync entity-12 reads the order with entity_id 12.

With --wait the exit code is 3 when an order is held, missing in Magento, or cannot be shown by it.

Example:

    starter resync 000000123
    starter resync main:2:000000123
    starter resync 000000123 000000124 --wait`
}

// Run starts the workflow.
func (cmd resyncCommand) Run(a *app) error {
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
	run, err := startResync(a, c, s, in)
	if err != nil {
		return refused(s, "resync", err)
	}
	a.say("%s started", run.GetID())
	if !cmd.Wait {
		return nil
	}
	warnWithoutWorker(a, c, s)
	var result workflows.ResyncOrdersResult
	if err := run.Get(a.ctx, &result); err != nil {
		return waiting(a, run.GetID(), err)
	}
	return showResync(a, s, in, result)
}

// startResync begins the workflow.
func startResync(a *app, c client.Client, s *config.Starter, in workflows.ResyncOrdersInput) (run client.WorkflowRun, err error) {
	options := client.StartWorkflowOptions{
		ID: workflows.ResyncOrdersID(in.Instance, runName()), TaskQueue: s.TaskQueue, WorkflowExecutionTimeout: runLimit,
		StaticSummary: workflows.ResyncSummary(len(in.IncrementIDs)+len(in.Keys), in.Actor),
		Priority:      temporal.Priority{PriorityKey: workflows.ManualPriority},
	}
	err = labels(a, c, s).Start(a.ctx, in.Instance, workflows.SourceResync, func(labels temporal.SearchAttributes) (err error) {
		options.TypedSearchAttributes = labels
		run, err = c.ExecuteWorkflow(a.ctx, options, workflows.ResyncOrders, in)
		return err
	})
	return run, err
}

// input checks the numbers and keys; one that is named twice counts once.
func (cmd resyncCommand) input(s *config.Starter) (in workflows.ResyncOrdersInput, err error) {
	if in.Instance, err = cmd.choose(s.InstanceNames); err != nil {
		return in, err
	}
	for n, id := range cmd.IncrementIDs {
		if key, err := order.ParseKey(id); err == nil {
			if !slices.Contains(in.Keys, key) {
				in.Keys = append(in.Keys, key)
			}
			continue
		}
		if err := order.CheckNumber(id); err != nil {
			return in, badInput("order %d of those that are named: %w", n+1, err)
		}
		if !slices.Contains(in.IncrementIDs, id) {
			in.IncrementIDs = append(in.IncrementIDs, id)
		}
	}
	in.Actor = "starter"
	if err := in.Validate(); err != nil {
		return in, badInput("%w", err)
	}
	return in, nil
}

// runName is new each time and sorts by time.
func runName() string {
	return time.Now().UTC().Format("20060102T150405Z") + "-" + strings.ToLower(rand.Text()[:6])
}

// showResync writes down what became of the orders. Held and missing ones matter most to a script; then come those that
// are not done.
func showResync(a *app, s *config.Starter, in workflows.ResyncOrdersInput, result workflows.ResyncOrdersResult) error {
	err := showRun(a, result.Run)
	for _, id := range result.Missing {
		a.say("%s missing: Magento has no order with this number", id)
	}
	for _, id := range result.Unreadable {
		a.say("%s held: magento_cannot_show: Magento has the order and cannot show it; mend it there, its log names the cause", id)
	}
	counts := result.Run.Counts
	if counts.Held > 0 {
		if err := showHeld(a, s, in); err != nil {
			a.warn("the held orders cannot be named: %v", err)
		}
	}
	if counts.Held > 0 || len(result.Missing) > 0 || len(result.Unreadable) > 0 {
		return &exitError{exitHeld, err}
	}
	if err == nil && counts.Deferred > 0 {
		err = errors.New("orders are still pending: B1 did not answer; the next run takes them up")
	}
	return err
}

// showHeld names the held ones among the orders, with the reason that a clerk sees.
func showHeld(a *app, s *config.Starter, in workflows.ResyncOrdersInput) error {
	db, done, err := openStore(a.ctx, s)
	if err != nil {
		return err
	}
	defer done()
	numbers := slices.Clone(in.IncrementIDs)
	for _, key := range in.Keys {
		numbers = append(numbers, key.IncrementID())
	}
	docs, err := db.ListByIncrementIDs(a.ctx, in.Instance, numbers)
	if err != nil {
		return err
	}
	for _, doc := range docs {
		named := slices.Contains(in.IncrementIDs, doc.Key.IncrementID()) || slices.Contains(in.Keys, doc.Key)
		if named && doc.Status == order.Held && doc.Reason != nil {
			a.say("%s held: %s: %s", doc.Key, doc.Reason.Code, doc.Reason.Error())
		}
	}
	return nil
}
