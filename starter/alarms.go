package main

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"text/tabwriter"
	"time"

	"datawald/alarm"
	"datawald/config"
	"datawald/store"
)

type alarmsCommand struct {
	JSON bool `help:"Print one line of JSON for programs."`
	Test bool `help:"Send a test message by each channel of the settings instead."`

	Forget string `placeholder:"INSTANCE" help:"Put away the alarms of an instance that is no longer in INSTANCES instead; nobody is told of it."`
}

// Help is the long form of the command's help.
func (alarmsCommand) Help() string {
	return `Lists the alarms that stand, of all instances, and how the channels do by which people are told (docs/alarms.md). It asks the store alone: workers and gateways do the watching.

Alarms of an instance that is not in INSTANCES are named apart: nobody watches it any more, so that nobody sees them end. --forget puts them away.

With --test it sends a test message by webhook and by mail, as ALARM_WEBHOOK_… and ALARM_SMTP_… say in its own environment, and asks nobody else.

Exit codes: 0 no alarm stands, or the test messages were sent; 1 something could not be reached; 2 wrong settings; 3 an alarm stands.

Example:

    starter alarms
    starter alarms --test`
}

// alarmsAnswer is what --json prints; programs rely on its members.
type alarmsAnswer struct {
	Alarms []store.Alarm `json:"alarms"`
	// Unwatched are those of instances that are not in INSTANCES.
	Unwatched []store.Alarm `json:"unwatched"`
	// Uncounted are the instances of which it is not known what orders are usual, since their count does not end: nobody would be told of missing ones.
	Uncounted []uncounted           `json:"uncounted,omitempty"`
	Channels  []*store.AlarmChannel `json:"channels"`
}

// uncounted says how far a count of the usual orders has come.
type uncounted struct {
	Instance string    `json:"instance"`
	Since    time.Time `json:"since"`
	Hours    int       `json:"hours"`
	// Old is true where an earlier count is gone by.
	Old bool `json:"old,omitempty"`
}

// Run lists, or sends.
func (cmd alarmsCommand) Run(a *app) error {
	settings, err := config.LoadAlarms()
	if err != nil {
		return &exitError{exitInput, err}
	}
	channels, err := alarm.Channels(settings)
	if err != nil {
		return &exitError{exitInput, err}
	}
	if cmd.Test {
		return cmd.test(a, channels)
	}
	at, err := config.LoadStore()
	if err != nil {
		return &exitError{exitInput, err}
	}
	db, done, err := openStore(a.ctx, &config.Starter{Store: at})
	if err != nil {
		return err
	}
	defer done()
	instances, err := config.LoadInstances()
	if err != nil {
		return &exitError{exitInput, err}
	}
	if cmd.Forget != "" {
		return cmd.forget(a, db, instances)
	}
	answer, err := askAlarms(a.ctx, db, instances, channels)
	if err != nil {
		return err
	}
	if cmd.JSON {
		if err := json.NewEncoder(a.out).Encode(answer); err != nil {
			return err
		}
	} else {
		answer.show(a)
	}
	if len(answer.Alarms) > 0 {
		return errHeld
	}
	return nil
}

// forget puts away what stands of an instance that nobody watches.
func (cmd alarmsCommand) forget(a *app, db *store.Store, instances []string) error {
	if slices.Contains(instances, cmd.Forget) {
		return badInput("%s is in INSTANCES: its alarms end when their causes do", cmd.Forget)
	}
	standing, err := db.RaisedAlarms(a.ctx, cmd.Forget)
	if err != nil {
		return err
	}
	for _, one := range standing {
		if _, _, err := db.ChangeAlarm(a.ctx, one.Instance, one.Name, func(it *store.Alarm) bool {
			was := it.Raised
			it.Raised, it.ResolvedAt, it.BadSince, it.ClearSince = false, time.Now().UTC(), time.Time{}, time.Time{}
			return was
		}); err != nil {
			return err
		}
		a.say("%s: %s (%s) put away", one.Instance, alarm.Title(one.Name), one.Name)
	}
	if len(standing) == 0 {
		a.say("No alarm of %s stands.", cmd.Forget)
	}
	return nil
}

func askAlarms(ctx context.Context, db *store.Store, instances []string, channels []alarm.Channel) (answer alarmsAnswer, err error) {
	standing, err := db.RaisedAlarms(ctx, "")
	if err != nil {
		return answer, err
	}
	answer.Alarms, answer.Unwatched = []store.Alarm{}, []store.Alarm{}
	for _, one := range standing {
		if slices.Contains(instances, one.Instance) {
			answer.Alarms = append(answer.Alarms, one)
		} else {
			answer.Unwatched = append(answer.Unwatched, one)
		}
	}
	for _, instance := range instances {
		u, err := db.Usual(ctx, instance)
		if err != nil {
			return answer, err
		}
		if !u.SoFarAt.IsZero() {
			answer.Uncounted = append(answer.Uncounted, uncounted{instance, u.SoFarAt, len(u.SoFar), len(u.Hours) > 0})
		}
	}
	answer.Channels = []*store.AlarmChannel{}
	for _, c := range channels {
		has, err := db.AlarmChannel(ctx, c.Name())
		if err != nil {
			return answer, err
		}
		answer.Channels = append(answer.Channels, has)
	}
	return answer, nil
}

// show writes it for people.
func (answer alarmsAnswer) show(a *app) {
	if len(answer.Alarms) == 0 {
		a.say("No alarm stands.")
	}
	for _, r := range answer.Alarms {
		a.say("%s: %s (%s), since %s, told %s\n  %s\n  What to do: %s", r.Instance, alarm.Title(r.Name), r.Name, stampOf(r.Since), stampOf(r.RaisedAt), r.What, r.Todo)
	}
	for _, r := range answer.Unwatched {
		a.say("%s: %s (%s), told %s. The instance is not in INSTANCES: nobody watches it. starter alarms --forget %s puts it away", r.Instance, alarm.Title(r.Name), r.Name, stampOf(r.RaisedAt), r.Instance)
	}
	for _, u := range answer.Uncounted {
		what := "missing ones are not told of (no_new_orders)"
		if u.Old {
			what = "an earlier count is gone by"
		}
		a.say("%s: its usual orders are being counted since %s, %d hours of %d by now; until then %s", u.Instance, stampOf(u.Since), u.Hours, store.UsualWeeks*7*24, what)
	}
	w := tabwriter.NewWriter(a.out, 0, 0, 2, ' ', 0)
	for _, c := range answer.Channels {
		switch {
		case c.Attempts > 0:
			fmt.Fprintf(w, "%s\tFAILS since %s, %d times: %s; next at %s\n", c.Name, stampOf(c.FailedSince), c.Attempts, c.Failure, stampOf(c.NextAt))
		case c.SentAt.IsZero():
			fmt.Fprintf(w, "%s\tnothing was sent yet; starter alarms --test tries it\n", c.Name)
		default:
			fmt.Fprintf(w, "%s\tsent last at %s\n", c.Name, stampOf(c.SentAt))
		}
	}
	if len(answer.Channels) == 0 {
		fmt.Fprintln(w, "Nobody is told: neither ALARM_WEBHOOK_URL nor ALARM_SMTP_ADDRESS is set here.")
	}
	_ = w.Flush() // as all that is said, which may have no reader
}

func stampOf(t time.Time) string { return t.UTC().Format(time.RFC3339) }

// test sends a message by each channel.
func (cmd alarmsCommand) test(a *app, channels []alarm.Channel) error {
	if len(channels) == 0 {
		return badInput("neither ALARM_WEBHOOK_URL nor ALARM_SMTP_ADDRESS is set: nobody would be told")
	}
	failed := 0
	for _, c := range channels {
		ctx, cancel := context.WithTimeout(a.ctx, 30*time.Second)
		err := c.Send(ctx, alarm.TestMessage(time.Now().UTC()))
		cancel()
		if err != nil { // some who did not get it are a failure of a test
			failed++
			a.say("%s: FAILED: %v", c.Name(), err)
			continue
		}
		a.say("%s: sent", c.Name())
	}
	if failed > 0 {
		return &exitError{code: exitFailed}
	}
	return nil
}
