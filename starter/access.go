package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"strings"
	"time"

	"golang.org/x/term"

	"datawald/config"
	"datawald/gateway/access"
	"datawald/store"
)

// accounts are the gateway's users and keys, in the store itself: it serves who is locked out, and needs neither the gateway nor Temporal.
type accounts struct {
	*access.Gate
	db   *store.Store
	done func()
}

func openAccounts(ctx context.Context) (*accounts, error) {
	s, err := config.LoadStore()
	if err != nil {
		return nil, &exitError{exitInput, err}
	}
	db, done, err := openStore(ctx, &config.Starter{Store: s})
	if err != nil {
		return nil, err
	}
	return &accounts{access.New(db, access.Settings{}), db, done}, nil
}

// act opens the store, writes down what is done before it is done, as the gateway does, and what came of it.
func act(a *app, action, target, why string, do func(*accounts) error) error {
	target, err := checkedTarget(action, target)
	if err != nil {
		return refusal(err)
	}
	d, err := openAccounts(a.ctx)
	if err != nil {
		return err
	}
	defer d.done()
	by := starterActor()
	id, err := d.db.WriteAudit(a.ctx, store.AuditEntry{Actor: by.String(), Role: string(by.Role), By: string(by.Kind), Action: action, Target: target, Why: why, State: store.AuditBegun})
	if err != nil {
		return err
	}
	err = do(d)
	state, status := store.AuditDone, http.StatusOK
	if err != nil {
		state, status = store.AuditFailed, 0
		if ended, ok := errors.AsType[*exitError](err); refusal(err) != err || ok && (ended.code == exitInput || ended.code == exitHeld) {
			state = store.AuditRefused
		}
	}
	return errors.Join(refusal(err), d.db.EndAudit(a.ctx, id, state, status, ""))
}

// checkedTarget gives what an act is written down with. What is no name of a user and no public part of a key may be a password or a whole key, and is
// refused before.
func checkedTarget(action, target string) (string, error) {
	switch action {
	case "add-user", "change-user", "remove-user":
		return access.CheckName(target)
	case "revoke-key":
		return target, access.CheckKeyID(target)
	}
	return target, nil
}

// starterActor is who acts on the command line: whoever may reach the store.
func starterActor() access.Actor {
	return access.Actor{Name: "starter", Role: access.Admin, Kind: access.Program}
}

// refusal says in words what the store or the gate refuses; other errors stay as they are.
func refusal(err error) error {
	if bad, ok := errors.AsType[*access.Invalid](err); ok {
		return badInput("%s", bad.Message)
	}
	switch {
	case errors.Is(err, store.ErrNotFound):
		return badInput("there is none of this name; starter user list and starter key list show what there is")
	case errors.Is(err, store.ErrExists):
		return badInput("there is a user of this name already; starter user password sets a new password")
	case errors.Is(err, access.ErrLastAdmin):
		return badInput("this is the last admin who is not disabled; make another user an admin first")
	}
	return err
}

// readPassword asks for a new password, twice and without showing it; where the input is no terminal it is the first line of it.
func readPassword(a *app) (string, error) {
	file, ok := a.in.(*os.File)
	if !ok || !term.IsTerminal(int(file.Fd())) {
		line, err := bufio.NewReader(a.in).ReadString('\n')
		if password := strings.TrimRight(line, "\r\n"); password != "" {
			return password, nil
		}
		return "", badInput("standard input has no password in its first line (%v)", err)
	}
	first, err := prompt(a, file, "New password: ")
	if err != nil {
		return "", err
	}
	second, err := prompt(a, file, "The same again: ")
	if err != nil {
		return "", err
	}
	if first != second {
		return "", badInput("the two are not the same; nothing was changed")
	}
	return first, nil
}

func prompt(a *app, file *os.File, what string) (string, error) {
	fmt.Fprint(a.err, what)
	text, err := term.ReadPassword(int(file.Fd()))
	fmt.Fprintln(a.err)
	return string(text), err
}

// when writes a time that may be missing.
func when(t *time.Time) string {
	if t == nil {
		return "never"
	}
	return t.UTC().Format("2006-01-02 15:04 UTC")
}
