package main

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"datawald/rulebook"
	"datawald/store"
)

type rulesShowCommand struct {
	Version string `arg:"" optional:"" help:"A version whose text is printed, in place of what is in force."`
	instanceFlag
	Text bool `help:"Print the text of the rules in force and nothing else."`
}

// Help is the long form of the command's help.
func (rulesShowCommand) Help() string {
	return `Shows which version of the rules is in force, since when, by whom and why, whether the rules file is another one, and which version each worker works by. With a version, or --text, prints the text alone.

The exit code is 2 when there are no rules that can be used.

Example:

    starter rules show
    starter rules show --text > rules.yaml
    starter rules show 91173bbd61eb > before.yaml`
}

// Run shows the rules.
func (cmd rulesShowCommand) Run(a *app) error {
	return withRules(a, cmd.instanceFlag, func(db *store.Store, instance string) error {
		if cmd.Version != "" {
			text, err := db.RulesText(a.ctx, instance, cmd.Version)
			if errors.Is(err, store.ErrNotFound) {
				return badInput("%s: the instance %s never had this version; starter rules history lists those that it had", cmd.Version, instance)
			}
			fmt.Fprint(a.out, text)
			return err
		}
		page := pageOf(db, instance)
		f, err := page.Fresh(a.ctx)
		if _, unfit := errors.AsType[*rulebook.Unfit](err); unfit || errors.Is(err, rulebook.ErrNoRules) {
			return badInput("%s: %s", instance, strings.Join(lines(err.Error()), "; "))
		}
		if err != nil {
			return err
		}
		if cmd.Text {
			fmt.Fprint(a.out, f.Text)
			return nil
		}
		return showInForce(a, db, page, f)
	})
}

func showInForce(a *app, db *store.Store, page *rulebook.Page, f *rulebook.InForce) error {
	taken, err := db.RulesTaken(a.ctx, f.Instance)
	if err != nil {
		return err
	}
	a.table(func(row func(string, ...any)) {
		row("instance\t%s", f.Instance)
		row("version\t%s", f.Version)
		if id := f.Rules.ID(); id != f.Version {
			row("with hooks\t%s, as orders name it", id)
		}
		row("in force\t%s", whence(f.Activation))
		if f.Whence == store.RulesByActivated {
			row("reason\t%s", f.Reason)
		}
		if note := fileNote(page, f.Activation); note != "" {
			row("rules file\t%s", note)
		}
		for _, t := range taken {
			row("worker\t%s: %s", t.Worker, takenLine(f.Activation, t))
		}
	})
	return nil
}

// fileNote says how the rules file of this machine stands to what is in force; empty where it is just that.
func fileNote(page *rulebook.Page, active store.Activation) string {
	file := page.File()
	switch version := fileVersion(active.Instance); {
	case version == active.Version:
		return ""
	case version == "":
		return fmt.Sprintf("%s cannot be used: starter rules check says why", file.Name)
	default:
		return fmt.Sprintf("%s is version %s and NOT in force here; starter rules activate %s takes it", file.Name, version, file.Name)
	}
}

// takenLine says by which rules a worker works.
func takenLine(active store.Activation, t store.TakenRules) string {
	line := "version " + orNone(t.Version)
	if t.Problem != "" {
		line += ": " + t.Problem
	}
	if rulebook.Late(active, t) {
		line = "LATE: has not taken the version in force for a minute; it works by " + line
	}
	return line
}

// rulesStatus is what status says of the rules.
type rulesStatus struct {
	Version string     `json:"version"`
	Whence  string     `json:"whence"`
	Since   *time.Time `json:"since,omitempty"`
	By      string     `json:"by"`
	// Late are workers that have not taken them for a minute, or cannot.
	Late []string `json:"late,omitempty"`

	active store.Activation
}

// statusOfRules reads what is in force, nil while nothing is.
func statusOfRules(ctx context.Context, db *store.Store, instance string) (*rulesStatus, error) {
	all, err := db.ActiveRules(ctx, instance)
	active, ok := all[instance]
	if err != nil || !ok {
		return nil, err
	}
	s := &rulesStatus{Version: active.Version, Whence: active.Whence, Since: &active.Since, By: active.By, active: active}
	taken, err := db.RulesTaken(ctx, instance)
	for _, t := range taken {
		if rulebook.Late(active, t) || t.Problem != "" {
			s.Late = append(s.Late, t.Worker+": "+takenLine(active, t))
		}
	}
	return s, err
}

// lines are those of the table for people.
func (s *rulesStatus) lines() (all []string) {
	if s == nil {
		return []string{"rules\tof the rules file, while no worker was started and nothing activated"}
	}
	all = append(all, fmt.Sprintf("rules\tversion %s, %s", s.Version, whence(s.active)))
	for _, l := range s.Late {
		all = append(all, "\t"+l)
	}
	return all
}
