package main

import (
	"strings"
	"text/tabwriter"

	"datawald/gateway/access"
)

type userCommand struct {
	List     userListCommand     `cmd:"" help:"Show who may sign in at the gateway."`
	Add      userAddCommand      `cmd:"" help:"Let somebody sign in. The password is asked for, or read from standard input."`
	Password userPasswordCommand `cmd:"" help:"Set a new password. It is asked for, or read from standard input."`
	Role     userRoleCommand     `cmd:"" help:"Give a user another role."`
	Disable  userDisableCommand  `cmd:"" help:"Let a user sign in no longer."`
	Enable   userEnableCommand   `cmd:"" help:"Let a disabled user sign in again."`
	Remove   userRemoveCommand   `cmd:"" help:"Remove a user."`
}

type userListCommand struct{}

// Run lists the users.
func (userListCommand) Run(a *app) error {
	d, err := openAccounts(a.ctx)
	if err != nil {
		return err
	}
	defer d.done()
	users, err := d.db.Users(a.ctx)
	if err != nil {
		return err
	}
	if len(users) == 0 {
		a.say("no users; the gateway creates the user admin when it starts")
		return nil
	}
	w := tabwriter.NewWriter(a.out, 0, 0, 2, ' ', 0)
	for _, u := range users {
		state := "enabled"
		if u.Disabled {
			state = "disabled"
		}
		if _, err := w.Write([]byte(strings.Join([]string{u.Name, u.Role, state, "since " + when(&u.CreatedAt)}, "\t") + "\n")); err != nil {
			return err
		}
	}
	return w.Flush()
}

type userAddCommand struct {
	Name string      `arg:"" help:"The name to sign in with."`
	Role access.Role `enum:"viewer,operator,admin" required:"" help:"viewer, operator or admin."`
}

// Help is the long form of the command's help.
func (userAddCommand) Help() string {
	return `Example:

    starter user add anna --role operator`
}

// Run adds the user.
func (cmd userAddCommand) Run(a *app) error {
	password, err := readPassword(a)
	if err != nil {
		return err
	}
	err = act(a, "add-user", cmd.Name, "role "+string(cmd.Role), func(d *accounts) error {
		users, err := d.db.Users(a.ctx)
		if err != nil {
			return err
		}
		if len(users) == 0 && cmd.Role != access.Admin {
			return &access.Invalid{Field: "role", Message: "the first user has to be an admin, else nobody could say who may do what"}
		}
		_, err = d.AddUser(a.ctx, cmd.Name, cmd.Role, password, starterActor().String())
		return err
	})
	if err == nil {
		a.say("%s may sign in as %s", cmd.Name, cmd.Role)
	}
	return err
}

type userName struct {
	Name string `arg:"" help:"The user."`
}

// change alters the user and says so.
func (u userName) change(a *app, why, told string, change access.UserChange) error {
	err := act(a, "change-user", u.Name, why, func(d *accounts) error {
		_, err := d.ChangeUser(a.ctx, u.Name, change)
		return err
	})
	if err == nil {
		a.say("%s %s", u.Name, told)
	}
	return err
}

type userPasswordCommand struct{ userName }

// Run sets the password.
func (cmd userPasswordCommand) Run(a *app) error {
	password, err := readPassword(a)
	if err != nil {
		return err
	}
	return cmd.change(a, "new password", "has a new password, and has to sign in again", access.UserChange{Password: &password})
}

type userRoleCommand struct {
	userName
	Role access.Role `arg:"" enum:"viewer,operator,admin" help:"viewer, operator or admin."`
}

// Run gives the role.
func (cmd userRoleCommand) Run(a *app) error {
	return cmd.change(a, "role "+string(cmd.Role), "is "+string(cmd.Role)+" now, and has to sign in again", access.UserChange{Role: &cmd.Role})
}

type userDisableCommand struct{ userName }

// Run disables the user.
func (cmd userDisableCommand) Run(a *app) error {
	disabled := true
	return cmd.change(a, "disabled", "may sign in no longer; what he was signed in with has ended", access.UserChange{Disabled: &disabled})
}

type userEnableCommand struct{ userName }

// Run enables the user.
func (cmd userEnableCommand) Run(a *app) error {
	disabled := false
	return cmd.change(a, "enabled", "may sign in again", access.UserChange{Disabled: &disabled})
}

type userRemoveCommand struct{ userName }

// Run removes the user.
func (cmd userRemoveCommand) Run(a *app) error {
	err := act(a, "remove-user", cmd.Name, "", func(d *accounts) error { return d.RemoveUser(a.ctx, cmd.Name) })
	if err == nil {
		a.say("%s is removed", cmd.Name)
	}
	return err
}
