package main

import (
	"strings"
	"text/tabwriter"
	"time"

	"datawald/gateway/access"
	"datawald/store"
)

type keyCommand struct {
	List   keyListCommand   `cmd:"" help:"Show the API keys of the gateway, without their secrets."`
	Add    keyAddCommand    `cmd:"" help:"Make an API key. It is shown once."`
	Revoke keyRevokeCommand `cmd:"" help:"End an API key for good."`
}

type keyListCommand struct{}

// Run lists the keys.
func (keyListCommand) Run(a *app) error {
	d, err := openAccounts(a.ctx)
	if err != nil {
		return err
	}
	defer d.done()
	keys, err := d.db.Keys(a.ctx)
	if err != nil {
		return err
	}
	w := tabwriter.NewWriter(a.out, 0, 0, 2, ' ', 0)
	for _, k := range keys {
		line := []string{k.ID, k.Role, keyState(k), "used " + when(k.UsedAt), k.Name}
		if _, err := w.Write([]byte(strings.Join(line, "\t") + "\n")); err != nil {
			return err
		}
	}
	return w.Flush()
}

func keyState(k store.Key) string {
	switch {
	case k.RevokedAt != nil:
		return "revoked " + when(k.RevokedAt)
	case k.ExpiresAt == nil:
		return "valid"
	case k.ExpiresAt.Before(time.Now()):
		return "expired " + when(k.ExpiresAt)
	}
	return "valid until " + when(k.ExpiresAt)
}

type keyAddCommand struct {
	Name    string        `arg:"" help:"What the key is for."`
	Role    access.Role   `enum:"viewer,operator,admin" required:"" help:"viewer, operator or admin."`
	Expires time.Duration `placeholder:"DURATION" help:"How long it is valid, such as 2160h for 90 days. Default: until it is revoked."`
}

// Help is the long form of the command's help.
func (keyAddCommand) Help() string {
	return `The key goes to standard output, alone on its line. Programs send it as Authorization: Bearer.

Example:

    starter key add warehouse --role viewer`
}

// Run makes the key.
func (cmd keyAddCommand) Run(a *app) error {
	if cmd.Expires < 0 {
		return badInput("--expires: is %s, want more than zero", cmd.Expires)
	}
	expires := time.Time{}
	if cmd.Expires > 0 {
		expires = time.Now().Add(cmd.Expires)
	}
	return act(a, "add-key", cmd.Name, "role "+string(cmd.Role), func(d *accounts) error {
		key, _, err := d.AddKey(a.ctx, cmd.Name, cmd.Role, starterActor().String(), expires)
		if err == nil {
			a.say("%s", key)
		}
		return err
	})
}

type keyRevokeCommand struct {
	ID string `arg:"" help:"The key, as starter key list shows it."`
}

// Run revokes the key.
func (cmd keyRevokeCommand) Run(a *app) error {
	err := act(a, "revoke-key", cmd.ID, "", func(d *accounts) error { return d.db.RevokeKey(a.ctx, cmd.ID) })
	if err == nil {
		a.say("%s is revoked", cmd.ID)
	}
	return err
}
