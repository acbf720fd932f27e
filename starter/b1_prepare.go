package main

import (
	"context"
	"fmt"

	"datawald/sapb1"
)

// thing is something of B1 that must be there.
type thing interface {
	String() string
	// find reports whether it is there; amiss is how it does not fit.
	find(context.Context, *sapb1.Client) (there bool, amiss string, err error)
	create(context.Context, *sapb1.Client) error
	// shown reports whether the Service Layer knows it, which it does after a restart.
	shown(context.Context, *sapb1.Client) (bool, error)
	// right is where B1 has the authorisation to read it.
	right() string
}

// preparation makes what is missing.
type preparation struct {
	*app
	client *sapb1.Client
	dry    bool
	// missing were found missing by a dry run, hidden are there and not shown, misfits do not fit. Each has an exit code of
	// its own: a script that goes on with workers that B1 would refuse is the mistake that this command is to prevent.
	missing, hidden, misfits int
}

// all goes through the things, and says at the end what is left to do.
func (p *preparation) all(things []thing) error {
	for _, t := range things {
		if err := p.one(t); err != nil {
			return err
		}
	}
	if p.missing > 0 {
		p.say("dry run: nothing was created")
	}
	if p.hidden > 0 {
		p.say("Restart the Service Layer now (all nodes), then run this command again: it must say \"shown\" for each. Until then no order can be posted.")
	}
	switch {
	case p.misfits > 0:
		return &exitError{code: exitInput}
	case p.missing > 0:
		return &exitError{code: exitMissing}
	case p.hidden > 0:
		return &exitError{code: exitRestart}
	}
	return nil
}

// one looks for a thing, makes it, and looks whether the Service Layer shows it.
func (p *preparation) one(t thing) error {
	there, amiss, err := t.find(p.ctx, p.client)
	if err == nil && !there {
		if p.dry {
			p.missing++
			p.tell("missing", t, "would be created")
			return nil
		}
		amiss, err = p.make(t)
	}
	switch {
	case err != nil:
		return refusedByB1(t, err)
	case amiss != "":
		p.misfits++
		p.tell("wrong", t, amiss)
		return nil
	}
	return p.look(t)
}

// make creates a thing. Somebody else may have done so meanwhile, and not as it must be: so it is looked for again. What B1 says
// is there and does not show would be waited for in vain.
func (p *preparation) make(t thing) (amiss string, err error) {
	err = t.create(p.ctx, p.client)
	if !sapb1.IsDuplicateAnswer(err) {
		if err == nil {
			p.tell("created", t, "")
		}
		return "", err
	}
	there, amiss, err := t.find(p.ctx, p.client)
	if err != nil || amiss != "" {
		return amiss, err
	}
	if !there {
		return "B1 says that something of that name exists already, and does not show it among its definitions: look under Tools > Customization Tools, and give the user the right to see it", nil
	}
	p.tell("there", t, "somebody has just created it")
	return "", nil
}

// look says whether the Service Layer knows the thing by now. Nothing but a restart makes it known, so that alone is called
// hidden: a right that is missing stays missing whatever is restarted.
func (p *preparation) look(t thing) error {
	shown, err := t.shown(p.ctx, p.client)
	switch {
	case err != nil:
		return cannotRead(t, err)
	case shown:
		p.tell("shown", t, "")
	default:
		p.hidden++
		p.tell("hidden", t, "the Service Layer does not show it yet")
	}
	return nil
}

func (p *preparation) tell(outcome string, t thing, more string) {
	if more != "" {
		more = ": " + more
	}
	p.say("%-8s  %s%s", outcome, t, more)
}

// ledgerThing is the user table of ledger mode.
type ledgerThing struct{ table sapb1.UserTable }

func (t ledgerThing) String() string { return "table @" + t.table.Name }

func (t ledgerThing) find(ctx context.Context, c *sapb1.Client) (bool, string, error) {
	found, err := c.FindUserTable(ctx, t.table.Name)
	if found == nil || err != nil {
		return false, "", err
	}
	if found.Type != t.table.Type {
		return true, fmt.Sprintf("is of type %s, and must be of type %s (No Object); name another table in B1_LEDGER_TABLE", found.Type, t.table.Type), nil
	}
	return true, "", nil
}

func (t ledgerThing) create(ctx context.Context, c *sapb1.Client) error {
	return c.CreateUserTable(ctx, t.table)
}

func (t ledgerThing) shown(ctx context.Context, c *sapb1.Client) (bool, error) {
	return c.TableShown(ctx, t.table.Name)
}

func (t ledgerThing) right() string { return "User-Defined Tables > " + t.table.Name }

// fieldThing is the user field that takes the order key. Least is the length below which no key fits.
type fieldThing struct {
	field sapb1.UserField
	least int
}

func (t fieldThing) String() string { return "field U_" + t.field.Name + " of " + t.field.Table }

func (t fieldThing) find(ctx context.Context, c *sapb1.Client) (bool, string, error) {
	found, err := c.FindUserField(ctx, t.field.Table, t.field.Name)
	switch {
	case found == nil || err != nil:
		return false, "", err
	case found.Type != t.field.Type:
		return true, fmt.Sprintf("is of type %s, and must be %s (alphanumeric); name another field in reference.user_field", found.Type, t.field.Type), nil
	case found.Size < t.least:
		return true, fmt.Sprintf("holds %d characters, and an order key has %d or more; make it longer in B1 (%d is always enough)", found.Size, t.least, keySize), nil
	}
	return true, "", nil
}

func (t fieldThing) create(ctx context.Context, c *sapb1.Client) error {
	return c.CreateUserField(ctx, t.field)
}

func (t fieldThing) shown(ctx context.Context, c *sapb1.Client) (bool, error) {
	return c.FieldShown(ctx, t.field.Name)
}

func (t fieldThing) right() string { return "Sales - A/R > Sales Order" }
