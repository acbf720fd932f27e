package main

import (
	"context"
	"errors"
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
	Customer  string   `xor:"who" required:"" placeholder:"E-MAIL|ID" help:"The person: an e-mail address, or the number of an account in the shop (with --instance where there are several)."`
	Order     []string `xor:"who" required:"" placeholder:"KEY" help:"An order, such as main:1:000000123. May be given several times."`
	Only      bool     `help:"With --customer: look for this address or account alone, and not for the other accounts and addresses of the orders under it."`
	AllOfThem bool     `help:"Erase although the person was found under several accounts, or more addresses than one person has."`
	Yes       bool     `help:"Erase. Without it nothing is changed, and what would be is counted."`
	instanceFlag
}

// Run finds what is to be erased, says it, and does it when it is told to.
func (cmd *eraseCommand) Run(a *app) error {
	keys, err := cmd.keys()
	if err != nil {
		return err // before it gets into the audit: it may be a person's address
	}
	why := "counted only"
	if cmd.Yes {
		why = "erased"
	}
	target := strings.Join(cmd.Order, ",")
	if cmd.Customer != "" {
		target = "a customer" // the audit keeps no personal data
	}
	var left error // an erasure that leaves orders under way alone is done all the same
	err = act(a, activities.AuditErase, target, why, func(d *accounts) (err error) {
		left, err = cmd.erase(a, d.db, keys)
		return err
	})
	if err != nil {
		return err
	}
	return left
}

// erase gives as left which orders keep their data.
func (cmd *eraseCommand) erase(a *app, db *store.Store, keys []order.Key) (left, err error) {
	e, err := cmd.find(a.ctx, db, keys)
	if err != nil {
		return nil, err
	}
	cmd.tell(a, e)
	if !e.Some() {
		return nil, keeps(e)
	}
	if !cmd.Yes {
		a.say("Nothing was changed. Run it again with --yes to erase.")
		return keeps(e), nil
	}
	if several(e) && !cmd.AllOfThem {
		return nil, badInput("%d accounts and %d addresses are hardly one person: somebody may have ordered for others, whose orders would be erased too. Look at the orders above. "+
			"Nothing was changed; --only erases what is under this address or account alone, --all-of-them all of it", e.Accounts, e.Addresses)
	}
	if err := e.Erase(a.ctx, db, "starter"); err != nil {
		return nil, fmt.Errorf("%w. Run it again: it goes on where it stopped", err)
	}
	a.say("Erased: %d orders.", len(e.Orders))
	return keeps(e), nil
}

// mostAddresses is how many e-mail addresses are taken for those of one person without a question.
const mostAddresses = 3

// several reports whether what was found may be of several people.
func several(e *activities.Erasure) bool { return e.Accounts > 1 || e.Addresses > mostAddresses }

// keys are the orders that are named.
func (cmd *eraseCommand) keys() ([]order.Key, error) {
	keys := make([]order.Key, len(cmd.Order))
	for n, text := range cmd.Order {
		var err error
		if keys[n], err = order.ParseKey(text); err != nil {
			return nil, badInput("--order: %w", err)
		}
	}
	return keys, nil
}

func (cmd *eraseCommand) find(ctx context.Context, db *store.Store, keys []order.Key) (*activities.Erasure, error) {
	if cmd.Customer == "" {
		return activities.FindOrders(ctx, db, keys)
	}
	who, err := cmd.person()
	if err != nil {
		return nil, err
	}
	who.Only = cmd.Only
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
	if len(e.InHand) == 0 && !e.Some() {
		a.say("Nothing is stored%s.", map[bool]string{true: " that can be read"}[len(e.Unreadable) > 0])
		return
	}
	if cmd.Customer != "" {
		a.say("Found under %d accounts and %d addresses.", e.Accounts, e.Addresses)
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

// keeps refuses what keeps its data: what is still under way, and what is damaged and may be of the person.
func keeps(e *activities.Erasure) error {
	var all []error
	if len(e.InHand) > 0 {
		var keys []string
		for _, key := range slices.Sorted(maps.Keys(e.InHand)) {
			keys = append(keys, fmt.Sprintf("%s (%s)", key, e.InHand[key]))
		}
		all = append(all, fmt.Errorf("%d orders are still under way and keep their data: %s. Let them be posted, or skip them, and run it again", len(keys), strings.Join(keys, ", ")))
	}
	if len(e.Unreadable) > 0 {
		all = append(all, fmt.Errorf("of %d orders something that is stored is damaged, and does not tell whose it is: %s. They were left alone. Look in Magento whose they are, "+
			"and erase those of this person by --order", len(e.Unreadable), strings.Join(texts(e.Unreadable), ", ")))
	}
	if len(all) == 0 {
		return nil
	}
	return &exitError{exitHeld, errors.Join(all...)}
}

func texts(keys []order.Key) (all []string) {
	for _, key := range keys {
		all = append(all, string(key))
	}
	return all
}
