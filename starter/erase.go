package main

import (
	"context"
	"fmt"
	"maps"
	"net/mail"
	"slices"
	"strconv"
	"strings"

	"datawald/activities"
	"datawald/order"
	"datawald/store"
)

// eraseCommand erases the personal data of one person, or of orders that are named. It works on the store alone.
type eraseCommand struct {
	Customer string   `xor:"who" required:"" placeholder:"E-MAIL|ID" help:"The person: an e-mail address, or the number of an account in the shop (with --instance where there are several)."`
	Order    []string `xor:"who" required:"" placeholder:"KEY" help:"An order, such as main:1:000000123. May be given several times."`
	Yes      bool     `help:"Erase. Without it nothing is changed, and what would be is counted."`
	instanceFlag
}

// Run finds what is to be erased, says it, and does it when it is told to.
func (cmd *eraseCommand) Run(a *app) error {
	why := "counted only"
	if cmd.Yes {
		why = "erased"
	}
	target := strings.Join(cmd.Order, ",")
	if cmd.Customer != "" {
		target = "a customer" // the audit keeps no personal data
	}
	return act(a, "erase-personal-data", target, why, func(d *accounts) error { return cmd.erase(a, d.db) })
}

func (cmd *eraseCommand) erase(a *app, db *store.Store) error {
	e, err := cmd.find(a.ctx, db)
	if err != nil {
		return err
	}
	cmd.tell(a, e)
	if len(e.Orders) == 0 {
		return inHand(e)
	}
	if !cmd.Yes {
		a.say("Nothing was changed. Run it again with --yes to erase.")
		return inHand(e)
	}
	if err := e.Erase(a.ctx, db, "starter"); err != nil {
		return fmt.Errorf("%w. Run it again: it goes on where it stopped", err)
	}
	a.say("Erased: %d orders.", len(e.Orders))
	return inHand(e)
}

func (cmd *eraseCommand) find(ctx context.Context, db *store.Store) (*activities.Erasure, error) {
	if cmd.Customer == "" {
		keys := make([]order.Key, len(cmd.Order))
		for n, text := range cmd.Order {
			var err error
			if keys[n], err = order.ParseKey(text); err != nil {
				return nil, badInput("--order: %w", err)
			}
		}
		return activities.FindOrders(ctx, db, keys)
	}
	who, err := cmd.person()
	if err != nil {
		return nil, err
	}
	return activities.FindPerson(ctx, db, who)
}

func (cmd *eraseCommand) person() (who activities.Person, err error) {
	names, err := instanceNames()
	if err != nil {
		return who, err
	}
	if cmd.Instance != "" && !slices.Contains(names, cmd.Instance) {
		return who, badInput("--instance: %q is not one of INSTANCES (%s)", cmd.Instance, strings.Join(names, ", "))
	}
	who.Instance = cmd.Instance
	if id, err := strconv.ParseInt(cmd.Customer, 10, 64); err == nil && id > 0 {
		who.ID = id
		who.Instance, err = cmd.choose(names)
		return who, err
	}
	address, err := mail.ParseAddress(cmd.Customer)
	if err != nil || address.Name != "" {
		return who, badInput("--customer: want an e-mail address, or the number of an account")
	}
	who.Email = address.Address
	return who, nil
}

// tell says what was found, without a word about the person.
func (cmd *eraseCommand) tell(a *app, e *activities.Erasure) {
	if len(e.Orders)+len(e.InHand) == 0 {
		a.say("Nothing is stored.")
		return
	}
	a.say("%-28s %d", "orders", len(e.Orders))
	for _, key := range e.Orders {
		a.say("  %s", key)
	}
	for _, row := range []struct {
		what string
		n    int
	}{{"documents of Magento", e.Documents}, {"partners and contacts", e.Partners}, {"entries of the audit", e.Audit}, {"kept answers", e.Answers}} {
		a.say("%-28s %d", row.what, row.n)
	}
}

// inHand refuses what is still under way.
func inHand(e *activities.Erasure) error {
	if len(e.InHand) == 0 {
		return nil
	}
	var all []string
	for _, key := range slices.Sorted(maps.Keys(e.InHand)) {
		all = append(all, fmt.Sprintf("%s (%s)", key, e.InHand[key]))
	}
	return &exitError{exitHeld, fmt.Errorf("%d orders are still under way and keep their data: %s. Let them be posted, or skip them, and run it again", len(all), strings.Join(all, ", "))}
}
