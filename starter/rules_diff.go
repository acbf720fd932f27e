package main

import (
	"encoding/json"
	"time"

	"datawald/mapping"
	"datawald/preview"
)

type rulesDiffCommand struct {
	Old string `arg:"" help:"The rules file to compare with; - for the rules in force."`
	New string `arg:"" help:"The rules file to try."`
	instanceFlag
	rangeFlags
	All  bool `help:"Name every order that would come out differently, not only the first 20."`
	JSON bool `help:"Print a line of JSON for each order that would come out differently, instead of the tables."`
}

// Help is the long form of the command's help.
func (rulesDiffCommand) Help() string {
	return `Tries two rules files on the staged orders and shows which would come out differently, and in what. Orders that B1 has already are tried as well: that is how a change is proven on orders whose documents were right. Nothing is sent or written.

The exit code is 0 when all orders come out the same and 3 when any does not.

Example:

    starter rules diff - new-rules.yaml --from 2026-11-01
    starter rules diff rules.yaml new-rules.yaml --from 2026-11-01 --to 2026-11-30 --all`
}

// listed is how many changed orders are named without --all.
const listed = 20

// Run compares the rules.
func (cmd rulesDiffCommand) Run(a *app) error {
	instance, old, proposed, err := cmd.rules(a)
	if err != nil {
		return err
	}
	filter, err := cmd.filter(instance)
	if err != nil {
		return err
	}
	diff, at := preview.NewDiff(), preview.At(time.Now().UTC())
	var named []preview.Change
	out := json.NewEncoder(a.out)
	out.SetEscapeHTML(false)
	err = walk(a, filter, cmd.JSON, []*mapping.Rules{old, proposed},
		func(s preview.Subject) preview.Change {
			return preview.Compare(preview.Try(old, s, at), preview.Try(proposed, s, at))
		},
		func(c preview.Change) error {
			diff.Add(c)
			switch {
			case len(c.Differences) == 0:
			case cmd.JSON:
				return out.Encode(c)
			case cmd.All || len(named) < listed:
				named = append(named, c)
			}
			return nil
		})
	summary := diff.Summary()
	if !cmd.JSON && (err == nil || summary.Orders > 0) {
		showDiff(a, diff, named)
	}
	if err != nil {
		return rangeError(a, summary.Orders, err)
	}
	if summary.Changed > 0 {
		return errHeld
	}
	return nil
}

// rules reads both files.
func (cmd rulesDiffCommand) rules(a *app) (instance string, old, proposed *mapping.Rules, err error) {
	names, err := instanceNames()
	if err != nil {
		return "", nil, nil, err
	}
	if instance, err = cmd.choose(names); err != nil {
		return "", nil, nil, err
	}
	path := cmd.Old
	if path == "-" {
		path = "" // those in force
	}
	was, err := rulesOf(a, instance, path)
	if err != nil {
		return "", nil, nil, err
	}
	now, err := rulesOf(a, instance, cmd.New)
	return instance, was.Rules, now.Rules, err
}
