package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"datawald/mapping"
	"datawald/order"
	"datawald/preview"
	"datawald/store"
)

// rangeFlags choose a part of the staged orders.
type rangeFlags struct {
	From  time.Time `format:"2006-01-02" placeholder:"YYYY-MM-DD" help:"Orders placed on this day or later (UTC)."`
	To    time.Time `format:"2006-01-02" placeholder:"YYYY-MM-DD" help:"Orders placed up to the end of this day (UTC)."`
	Store *int64    `placeholder:"ID" help:"Orders of this store (store_id)."`
}

// filter is what the flags choose of an instance.
func (f rangeFlags) filter(instance string) (store.Filter, error) {
	selected := store.Filter{Instance: instance, From: f.From, StoreID: f.Store}
	if !f.To.IsZero() {
		selected.To = f.To.AddDate(0, 0, 1)
	}
	if !f.From.IsZero() && !f.To.IsZero() && f.To.Before(f.From) {
		return selected, badInput("--to: %s lies before --from %s", f.To.Format(time.DateOnly), f.From.Format(time.DateOnly))
	}
	return selected, nil
}

// walk tries rules on the staged orders of a filter, in their order, and shows how far it has come; not where see writes a
// line for each to the same terminal.
func walk[T any](a *app, filter store.Filter, lines bool, rules []*mapping.Rules, try func(preview.Subject) T, see func(T) error) error {
	s, err := loadSettings()
	if err != nil {
		return err
	}
	db, done, err := openStore(a.ctx, s)
	if err != nil {
		return err
	}
	defer done()
	var bar *progress
	if watched(a.err) && !(lines && watched(a.out)) {
		total, err := db.Count(a.ctx, filter)
		if err != nil {
			return err
		}
		bar = newProgress(a.err, total)
		defer bar.clear()
	}
	_, err = preview.Each(a.ctx, preview.Range{Store: db, Filter: filter, Rules: rules}, try, func(v T) error {
		bar.step()
		return see(v)
	})
	return err
}

// broken says how far a command came that did not come to its end: what it saw so far is shown all the same.
func broken(a *app, seen int, err error) error {
	switch {
	case a.ctx.Err() != nil && seen == 0:
		return errors.New("interrupted before the first order was seen")
	case a.ctx.Err() != nil:
		return fmt.Errorf("interrupted after %d orders: what is shown counts these alone", seen)
	}
	return fmt.Errorf("ended after %d orders, what is shown counts these alone: %w", seen, err)
}

// isRange reports whether the command names orders by what they have in common.
func (cmd previewCommand) isRange() bool {
	return !cmd.From.IsZero() || !cmd.To.IsZero() || cmd.Store != nil || cmd.State != ""
}

// overRange previews the orders of a range.
func (cmd previewCommand) overRange(a *app) error {
	filter, rules, err := cmd.selected(a)
	if err != nil {
		return err
	}
	tally := preview.NewTally()
	show := cmd.lines(a)
	at := cmd.moment()
	err = walk(a, filter, cmd.JSON || cmd.Held, []*mapping.Rules{rules.Rules},
		func(s preview.Subject) preview.Outcome { return preview.Try(rules.Rules, s, at) },
		func(o preview.Outcome) error {
			tally.Add(&o)
			return show(&o)
		})
	summary := tally.Summary()
	if !cmd.JSON && (err == nil || summary.Orders > 0) {
		showSummary(a, rules, summary)
	}
	if err != nil {
		return rangeError(a, summary.Orders, err)
	}
	if len(summary.Held) > 0 {
		return errHeld
	}
	return nil
}

// rangeError keeps errors that say all there is to say, and tells of others how far the command came.
func rangeError(a *app, seen int, err error) error {
	if _, ok := errors.AsType[*exitError](err); ok || seen == 0 && a.ctx.Err() == nil {
		return err
	}
	return broken(a, seen, err)
}

// selected gives the orders and the rules that the command names.
func (cmd previewCommand) selected(a *app) (filter store.Filter, rules usedRules, err error) {
	names, err := instanceNames()
	if err != nil {
		return filter, rules, err
	}
	instance, err := cmd.choose(names)
	if err != nil {
		return filter, rules, err
	}
	if filter, err = cmd.filter(instance); err != nil {
		return filter, rules, err
	}
	if cmd.State != "" {
		if filter.Status, err = order.ParseStatus(cmd.State); err != nil {
			return filter, rules, badInput("--state: %w", err)
		}
	}
	rules, err = rulesOf(a, instance, cmd.Rules)
	return filter, rules, err
}

// lines writes each order as it comes: a line of JSON, or the held ones in words.
func (cmd previewCommand) lines(a *app) func(*preview.Outcome) error {
	out := json.NewEncoder(a.out)
	out.SetEscapeHTML(false)
	return func(o *preview.Outcome) error {
		switch {
		case cmd.Held && o.Verdict != preview.Held:
		case cmd.JSON:
			return out.Encode(o)
		case cmd.Held:
			a.say("%s held: %s: %s", o.Key, o.Hold.Code, o.Hold.Error())
		}
		return nil
	}
}
