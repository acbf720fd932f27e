package main

import (
	"encoding/json"
	"errors"
	"os"
	"strings"
	"time"

	"datawald/mapping"
	"datawald/order"
	"datawald/preview"
	"datawald/store"
)

type previewCommand struct {
	Source string `arg:"" optional:"" name:"file|key" help:"A file with a Magento order document, - for standard input, or the key of a staged order. Without it, the staged orders of a range."`
	instanceFlag
	rangeFlags
	State string    `placeholder:"STATE" help:"Orders that are in this state now: pending, posted, held, excluded, cancelled, draft."`
	Rules string    `placeholder:"FILE" help:"Rules to use instead of those in force."`
	Date  time.Time `format:"2006-01-02" placeholder:"YYYY-MM-DD" help:"The day of posting; due dates count from it. Default: today (UTC)."`
	Held  bool      `help:"Of a range, list each order that would be held, with its reason."`
	JSON  bool      `help:"Of a range, print a line of JSON for each order instead of the summary."`
}

// Help is the long form of the command's help.
func (previewCommand) Help() string {
	return `For a file or a key, prints {"document": the sales order for B1, "proof": its total beside Magento's, "hold": why it would be held, or null} and sends nothing. The rules are those in force; where the store does not answer, those of RULES_FILE, which it says: a file needs neither the store nor Temporal. The document is null when the order cannot be mapped to its end. Where the rules ask B1 for the business partner, "partner" is what would be asked.

For a range (any of --from, --to, --store, --state), prints how many of the staged orders would be posted, held and left out, and why. Orders that B1 has already count as they would come out today. Nothing is sent or written.

The exit code is 0 when the order may be posted and 3 when it would be held or left out; of a range, 3 when any order would be held.

Example:

    starter preview order.json
    starter preview main:1:000000123
    starter preview order.json --rules new-rules.yaml
    starter preview --from 2026-11-01 --to 2026-11-30
    starter preview --state held --rules new-rules.yaml --held
    curl -s -H "Authorization: Bearer $TOKEN" $SHOP/rest/V1/orders/42 | starter preview -`
}

// Run prints the preview.
func (cmd previewCommand) Run(a *app) error {
	switch {
	case cmd.Source == "" && !cmd.isRange():
		return badInput("name a file, the key of a staged order such as main:1:000000123, or a range such as --from 2026-11-01")
	case cmd.Source == "":
		return cmd.overRange(a)
	case cmd.isRange() || cmd.Held || cmd.JSON:
		return badInput("%s: one order takes none of --from, --to, --store, --state, --held, --json, which are for a range", cmd.Source)
	}
	return cmd.one(a)
}

// one previews a single order.
func (cmd previewCommand) one(a *app) error {
	instance, read, err := cmd.read(a)
	if err != nil {
		return err
	}
	used, err := rulesOf(a, instance, cmd.Rules)
	if err != nil {
		return err
	}
	rules := used.Rules
	subject, err := read(rules)
	if err != nil {
		return err
	}
	outcome := preview.Try(rules, subject, cmd.moment())
	if err := printJSON(a, single{outcome.Result, outcome.Partner, outcome.Barcodes}); err != nil {
		return err
	}
	if outcome.Hold != nil {
		return errHeld
	}
	return nil
}

// single is how one order is printed.
type single struct {
	mapping.Result
	Partner  *mapping.PartnerPlan `json:"partner,omitempty"`
	Barcodes []string             `json:"barcodes,omitempty"`
}

// moment is when the order would be posted.
func (cmd previewCommand) moment() preview.Moment {
	at := preview.At(time.Now().UTC())
	if !cmd.Date.IsZero() {
		at.Day = cmd.Date
	}
	return at
}

// reading gives the order to try rules on.
type reading func(*mapping.Rules) (preview.Subject, error)

// read gives the way to the order, and the instance whose rules it falls under.
func (cmd previewCommand) read(a *app) (instance string, read reading, err error) {
	if isKey(cmd.Source) {
		key, err := order.ParseKey(cmd.Source)
		if err != nil {
			return "", nil, badInput("%w; no file has this name either", err)
		}
		if cmd.Instance != "" && cmd.Instance != key.Instance() {
			return "", nil, badInput("--instance: is %s, but the order key names %s", cmd.Instance, key.Instance())
		}
		return key.Instance(), func(rules *mapping.Rules) (preview.Subject, error) { return staged(a, key, rules) }, nil
	}
	if instance, err = cmd.owner(); err != nil {
		return "", nil, err
	}
	raw, err := readDocument(cmd.Source, a.in)
	return instance, func(*mapping.Rules) (preview.Subject, error) { return preview.FromDocument(instance, raw), nil }, err
}

// isKey tells an order key from a file: a name with colons is a key unless a file has it.
func isKey(name string) bool {
	if _, err := os.Stat(name); err == nil {
		return false
	}
	return strings.Contains(name, ":")
}

// owner is the instance of a document from a file. With rules named on the command line any name will do.
func (cmd previewCommand) owner() (string, error) {
	if cmd.Rules != "" && cmd.Instance != "" {
		if !order.ValidInstance(cmd.Instance) {
			return "", badInput("--instance: %q: want 1 to 32 of a-z, 0-9, '-', '_'", cmd.Instance)
		}
		return cmd.Instance, nil
	}
	names, err := instanceNames()
	if err != nil {
		return "", err
	}
	return cmd.choose(names)
}

// staged reads a staged order.
func staged(a *app, key order.Key, rules *mapping.Rules) (subject preview.Subject, err error) {
	s, err := loadSettings()
	if err != nil {
		return subject, err
	}
	db, done, err := openStore(a.ctx, s)
	if err != nil {
		return subject, err
	}
	defer done()
	subject, err = preview.Read(a.ctx, db, key, rules)
	if errors.Is(err, store.ErrNotFound) {
		return subject, badInput("order %s is not staged: read it from Magento with starter resync --instance %s %s", key, key.Instance(), key.IncrementID())
	}
	return subject, err
}

// printJSON writes a value for people and programs alike.
func printJSON(a *app, v any) error {
	e := json.NewEncoder(a.out)
	e.SetIndent("", "  ")
	e.SetEscapeHTML(false)
	return e.Encode(v)
}
