package main

import (
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"time"

	temporallog "go.temporal.io/sdk/log"

	"datawald/config"
	"datawald/mapping"
	"datawald/rulebook"
	"datawald/store"
)

// activation is what activate and back have in common.
type activation struct {
	instanceFlag
	Reason string `required:"" placeholder:"TEXT" help:"Why; it stands in the history."`
	Expect string `placeholder:"VERSION" help:"The version that you saw in force: when another one is by now, nothing is activated."`
}

type rulesActivateCommand struct {
	File string `arg:"" help:"The rules file."`
	activation
}

// Help is the long form of the command's help.
func (rulesActivateCommand) Help() string {
	return `Checks the file and puts it into force. The workers take it within seconds, and a run of the schedule begins that decides the orders anew that are held or left out. Orders that B1 has stay as they are. Try it before with starter rules diff - FILE.

The rules file of the workers (RULES_FILE) stays as it is, and does not come back when they are started again; once somebody changes it, it does.

Example:

    starter rules activate new-rules.yaml --reason "sofort is paid into the bank account"
    starter rules activate new-rules.yaml --reason "a new tax code" --expect 91173bbd61eb`
}

// Run activates the file.
func (cmd rulesActivateCommand) Run(a *app) error {
	text, rules, problems := readRules(cmd.File)
	for _, p := range problems {
		a.warn("%s", p)
	}
	if len(problems) > 0 {
		return &exitError{code: exitInput}
	}
	return cmd.activate(a, func(*store.Store, string) (string, *mapping.Rules, error) { return text, rules, nil })
}

type rulesBackCommand struct {
	Version string `arg:"" help:"A version that was in force; starter rules history lists them."`
	activation
}

// Help is the long form of the command's help.
func (rulesBackCommand) Help() string {
	return `Puts a version into force again, as starter rules activate does with a file.

Example:

    starter rules back 91173bbd61eb --reason "the new tax code was wrong"`
}

// Run activates the version.
func (cmd rulesBackCommand) Run(a *app) error {
	return cmd.activate(a, func(db *store.Store, instance string) (string, *mapping.Rules, error) {
		text, err := db.RulesText(a.ctx, instance, cmd.Version)
		if errors.Is(err, store.ErrNotFound) {
			return "", nil, badInput("%s: the instance %s never had this version; starter rules history lists those that it had", cmd.Version, instance)
		}
		if err != nil {
			return "", nil, err
		}
		rules, err := config.ParseRules([]byte(text))
		if err != nil {
			return "", nil, inShort(lines("version " + cmd.Version + ":\n" + err.Error()))
		}
		return text, rules, nil
	})
}

// activate puts what get gives into force.
func (cmd activation) activate(a *app, get func(*store.Store, string) (string, *mapping.Rules, error)) error {
	if strings.TrimSpace(cmd.Reason) == "" {
		return badInput("--reason: is empty: say why, for those who look at the history")
	}
	s, err := loadSettings()
	if err != nil {
		return err
	}
	instance, err := cmd.choose(s.InstanceNames)
	if err != nil {
		return err
	}
	db, done, err := openStore(a.ctx, s)
	if err != nil {
		return err
	}
	defer done()
	text, rules, err := get(db, instance)
	if err != nil {
		return err
	}
	page := pageOf(db, instance)
	expect, err := cmd.expected(a, page)
	if err != nil {
		return err
	}
	before, now, err := page.Activate(a.ctx, rulebook.Proposal{Text: text, Rules: rules, By: operator(), Reason: cmd.Reason, Expect: expect})
	if err != nil {
		return notActivated(err, instance)
	}
	a.say("version %s is in force; before: %s", now.Version, orNone(before.Version))
	for _, note := range rulebook.Notes(before.Rules, now.Rules) {
		a.say("%s", note)
	}
	a.say("%s", begin(a, s, instance).Detail)
	return nil
}

// expected is the version that the operator saw in force, or the one that is now.
func (cmd activation) expected(a *app, page *rulebook.Page) (string, error) {
	if cmd.Expect != "" {
		return cmd.Expect, nil
	}
	f, err := page.Fresh(a.ctx)
	if unfit, ok := errors.AsType[*rulebook.Unfit](err); ok {
		return unfit.Version, nil
	}
	if errors.Is(err, rulebook.ErrNoRules) {
		return "", nil
	}
	if err != nil {
		return "", err
	}
	return f.Version, nil
}

// notActivated says why nothing was.
func notActivated(err error, instance string) error {
	if moved, ok := errors.AsType[*store.RulesMoved](err); ok {
		return badInput("nothing was activated: %w; starter rules history --instance %s tells of it", moved, instance)
	}
	if errors.Is(err, rulebook.ErrInForce) {
		return badInput("nothing was activated: %w", err)
	}
	return err
}

// begin makes the schedule fire, if Temporal answers.
func begin(a *app, s *config.Starter, instance string) rulebook.RulesRun {
	c, err := s.Lazy(temporallog.NewStructuredLogger(slog.New(slog.DiscardHandler)))
	if err != nil {
		return rulebook.RulesRun{State: rulebook.RunUnknown, Detail: fmt.Sprintf("No run was begun (%v): the next run of the schedule decides held orders anew.", err)}
	}
	defer c.Close()
	return rulebook.BeginRun(a.ctx, c, instance)
}

type rulesHistoryCommand struct {
	instanceFlag
	Limit int `default:"20" help:"How many activations are listed."`
}

// Help is the long form of the command's help.
func (rulesHistoryCommand) Help() string {
	return `Lists the activations, the newest first: the first one is in force. Versions are never deleted; starter rules show VERSION prints the text of one.

Example:

    starter rules history
    starter rules history --instance eu --limit 100`
}

// Run lists the activations.
func (cmd rulesHistoryCommand) Run(a *app) error {
	if cmd.Limit < 1 {
		return badInput("--limit: is %d, want 1 or more", cmd.Limit)
	}
	return withRules(a, cmd.instanceFlag, func(db *store.Store, instance string) error {
		list, err := db.RulesHistory(a.ctx, instance, 0, min(cmd.Limit, mostHistory))
		if err != nil {
			return err
		}
		if len(list) == 0 {
			a.say("nothing was ever activated: the rules file counts")
			return nil
		}
		a.table(func(row func(string, ...any)) {
			row("since\tversion\tby\treason")
			for _, v := range list {
				row("%s\t%s\t%s\t%s", v.Since.Format(time.RFC3339), v.Version, v.By, v.Reason)
			}
		})
		return nil
	})
}

// mostHistory is how many activations are read at once.
const mostHistory = 1000

// withRules runs a command on the store of an instance.
func withRules(a *app, flag instanceFlag, run func(db *store.Store, instance string) error) error {
	s, err := loadSettings()
	if err != nil {
		return err
	}
	instance, err := flag.choose(s.InstanceNames)
	if err != nil {
		return err
	}
	db, done, err := openStore(a.ctx, s)
	if err != nil {
		return err
	}
	defer done()
	return run(db, instance)
}
