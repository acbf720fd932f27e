package main

import (
	"context"
	"time"

	"datawald/config"
	"datawald/mapping"
	"datawald/sapb1"
)

type b1Command struct {
	Prepare b1PrepareCommand `cmd:"" help:"Create in B1 the user table of ledger mode and the user field that takes the order key."`
}

type b1PrepareCommand struct {
	instanceFlag
	DryRun bool `help:"Say what is missing, and create nothing."`
}

// Help is the long form of the command's help.
func (b1PrepareCommand) Help() string {
	return `Creates what the settings name and B1 does not have: the user table of B1_LEDGER_TABLE, and the field reference.user_field of the rules on sales orders. What is there is checked and left alone, so it may be run any number of times. It needs INSTANCES, the B1_… settings and the rules, and a B1 user who may manage user tables and fields.

The Service Layer shows new tables and fields only after it was restarted. Run the command again then: it says "shown" for each.

The exit code is
    0  all is there and shown: orders can be posted
    1  B1 does not answer, or a reply was lost: run it again
    2  settings, password or rights must be changed, or something of that name is there and does not fit
    4  all is there, and the Service Layer must be restarted to show it
    5  something is missing, and --dry-run created nothing

Example:

    starter b1 prepare --dry-run
    starter b1 prepare
    starter b1 prepare --instance eu`
}

// slowChange bounds one change of B1's tables: on a company with many documents it takes minutes.
const slowChange = 15 * time.Minute

// Run prepares the company. The error has the exit code that Help names; nil is all there and shown.
func (cmd b1PrepareCommand) Run(a *app) error {
	names, err := instanceNames()
	if err != nil {
		return err
	}
	name, err := cmd.choose(names)
	if err != nil {
		return err
	}
	b, err := config.LoadB1(name)
	if err != nil {
		return &exitError{exitInput, err}
	}
	rules, _, err := usedInForce(a, name) // often run before there is a store
	if err != nil {
		return err
	}
	things := wantedInB1(name, b, rules.Rules)
	if len(things) == 0 {
		a.say("nothing to prepare: B1_LEDGER_TABLE is empty, and the rules have no reference.user_field")
		return nil
	}
	b.Timeout = max(b.Timeout, slowChange)
	client, err := b.Client()
	if err != nil {
		return &exitError{exitInput, err}
	}
	defer func() {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(a.ctx), 10*time.Second)
		defer cancel()
		_ = client.Logout(ctx) // the session would end by itself
	}()
	return (&preparation{app: a, client: client, dry: cmd.DryRun}).all(things)
}

// wantedInB1 is what the settings of an instance name.
func wantedInB1(instance string, b config.B1, rules *mapping.Rules) (things []thing) {
	if b.LedgerTable != "" {
		things = append(things, ledgerThing{sapb1.UserTable{Name: b.LedgerTable, Description: "Web orders (ledger)", Type: sapb1.TypeNoObject}})
	}
	if field := rules.Reference.UserField; field != "" {
		things = append(things, fieldThing{sapb1.UserField{Table: "ORDR", Name: field[len("U_"):], Description: "Key of the web order",
			Type: sapb1.TypeText, Size: keySize}, shortestKey(instance)})
	}
	return things
}

// keySize is enough for every order key: instance (32), store_id (10), Magento's longest number (50), two colons.
const keySize = 100

// shortestKey is the length of an ordinary key of the instance, main:1:000000123.
func shortestKey(instance string) int { return len(instance) + len(":1:000000123") }
