package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"strings"
	"time"

	"datawald/magento"
	"datawald/mapping"
	"datawald/order"
	"datawald/store"
)

type previewCommand struct {
	Source string `arg:"" name:"file|key" help:"A file with a Magento order document, - for standard input, or the key of a staged order."`
	instanceFlag
	Rules string    `placeholder:"FILE" help:"Rules to use instead of the instance's own."`
	Date  time.Time `format:"2006-01-02" placeholder:"YYYY-MM-DD" help:"The day of posting; due dates count from it. Default: today (UTC)."`
}

// Help is the long form of the command's help.
func (previewCommand) Help() string {
	return `Prints {"document": the sales order for B1, "proof": its total beside Magento's, "hold": why it would be held, or null} and sends nothing. A file needs neither the store nor Temporal. The document is null when the order cannot be mapped to its end.

The exit code is 0 when the order may be posted and 3 when it would be held or left out.

Example:

    starter preview order.json
    starter preview main:1:000000123
    starter preview order.json --rules new-rules.yaml
    curl -s -H "Authorization: Bearer $TOKEN" $SHOP/rest/V1/orders/42 | starter preview -`
}

// Run prints the preview.
func (cmd previewCommand) Run(a *app) error {
	instance, raw, err := cmd.read(a)
	if err != nil {
		return err
	}
	rules, err := rulesOf(instance, cmd.Rules)
	if err != nil {
		return err
	}
	day := cmd.Date
	if day.IsZero() {
		day = time.Now().UTC()
	}
	result := preview(instance, raw, rules, day)
	if err := printJSON(a, result); err != nil {
		return err
	}
	if result.Hold != nil {
		return errHeld
	}
	return nil
}

// read gives the document, and the instance whose rules it falls under.
func (cmd previewCommand) read(a *app) (instance string, raw []byte, err error) {
	if isKey(cmd.Source) {
		key, err := order.ParseKey(cmd.Source)
		if err != nil {
			return "", nil, badInput("%w; no file has this name either", err)
		}
		if cmd.Instance != "" && cmd.Instance != key.Instance() {
			return "", nil, badInput("--instance: is %s, but the order key names %s", cmd.Instance, key.Instance())
		}
		raw, err = cmd.staged(a, key)
		return key.Instance(), raw, err
	}
	if instance, err = cmd.owner(); err != nil {
		return "", nil, err
	}
	raw, err = readDocument(cmd.Source, a.in)
	return instance, raw, err
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

// staged reads the document of a staged order, as Magento sent it last.
func (cmd previewCommand) staged(a *app, key order.Key) ([]byte, error) {
	s, err := loadSettings()
	if err != nil {
		return nil, err
	}
	db, done, err := openStore(a.ctx, s)
	if err != nil {
		return nil, err
	}
	defer done()
	doc, err := db.Get(a.ctx, key)
	if errors.Is(err, store.ErrNotFound) {
		return nil, badInput("order %s is not staged: read it from Magento with starter resync --instance %s %s", key, key.Instance(), key.IncrementID())
	}
	if err != nil {
		return nil, err
	}
	raw, err := db.Payload(a.ctx, store.PayloadRef{Key: key, Hash: doc.PayloadHash})
	if err != nil {
		return nil, fmt.Errorf("order %s: its document %s: %w", key, doc.PayloadHash, err)
	}
	return raw, nil
}

// preview converts and maps the document as the worker does, and looks at the rules that leave orders out as well.
func preview(instance string, raw []byte, rules *mapping.Rules, day time.Time) mapping.Result {
	o, err := magento.Convert(instance, raw)
	if err != nil {
		reason, ok := errors.AsType[*order.Reason](err)
		if !ok {
			reason = &order.Reason{Code: "document_unreadable", Message: err.Error()}
		}
		return mapping.Result{Hold: reason}
	}
	result := rules.Map(mapping.Input{Order: o, Now: day})
	if result.Proof.Components == nil { // it stopped on the way: half a document helps nobody
		result.Document, result.Proof = nil, nil
	}
	if d := rules.Decide(o, time.Now()); d.Reason != nil {
		result.Hold = d.Reason
	}
	return result
}

// printJSON writes a value for people and programs alike.
func printJSON(a *app, v any) error {
	e := json.NewEncoder(a.out)
	e.SetIndent("", "  ")
	e.SetEscapeHTML(false)
	return e.Encode(v)
}
