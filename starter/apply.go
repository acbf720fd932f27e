package main

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"go.temporal.io/api/serviceerror"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/temporal"

	"datawald/config"
	"datawald/visibility"
)

type applyCommand struct{}

// Help is the long form of the command's help.
func (applyCommand) Help() string {
	return `Makes the schedules in Temporal as the settings want them: INSTANCES, SYNC_INTERVAL, SYNC_WINDOW, TEMPORAL_TASK_QUEUE, and for the nightly reconciliation RECONCILE_AT, RECONCILE_DAYS, RECONCILE_HEAL and RECONCILE_MOST_MISSING. It makes the search attributes of the workflows in the namespace too, and says so when it may not: then runs go without them. Run it after every change of these; when nothing has changed it writes nothing. A new schedule starts its first run at once, that of the reconciliation at its time. Whether a schedule is paused, and its note, stay as operators have set them.

Example:

    starter apply
    SYNC_INTERVAL=5m starter apply`
}

// Run brings every schedule in line.
func (applyCommand) Run(a *app) error {
	s, err := loadSettings()
	if err != nil {
		return err
	}
	c, err := dial(a.ctx, s)
	if err != nil {
		return err
	}
	defer c.Close()
	return applyAll(a, c, s)
}

func applyAll(a *app, c client.Client, s *config.Starter) error {
	searchable, known, err := searchable(a, c, s)
	if err != nil {
		return refused(s, "search attributes", err)
	}
	for _, p := range schedules(s, searchable) {
		p.keepAttributes = !known
		done, err := apply(a.ctx, c.ScheduleClient(), p)
		if err != nil && !searchable {
			err = unseen(p.id, err)
		}
		if err != nil {
			return refused(s, "schedule "+p.id, err)
		}
		a.say("%s: %s", p.id, done)
	}
	if s.ReconcileDays == 0 {
		if err := removeReconciliations(a, c, s); err != nil {
			return err
		}
	}
	if known && !searchable {
		a.say("no schedule of INSTANCES names search attributes: the orders of their next runs go to B1 without them. What names them still waits for them: " +
			"runs and backfills that were begun before, and schedules of instances that INSTANCES has no longer; docs/operations.md (The schedule) says how these are ended")
	}
	return nil
}

// unseen says what may be the matter with a schedule that cannot be changed in a namespace that lacks search attributes.
func unseen(id string, err error) error {
	return fmt.Errorf("%w. The server does not show a schedule whose runs name search attributes that were taken out: then delete it (temporal schedule delete -s %s) and run starter apply again", err, id)
}

// searchable makes the search attributes and reports whether runs may have them, and whether that is known. Orders go to B1 without them
// as well, so that a server that does not tell is no reason to leave the schedules as they are.
func searchable(a *app, c client.Client, s *config.Starter) (yes, known bool, err error) {
	added, err := visibility.Create(a.ctx, c, s.TemporalNamespace)
	if _, missing := errors.AsType[*serviceerror.NamespaceNotFound](err); missing || a.ctx.Err() != nil {
		return false, false, err
	}
	switch {
	case errors.Is(err, visibility.ErrMissing):
		a.warn("%v", err)
		return false, true, nil
	case err != nil:
		a.warn("%v. The search attributes of schedules stay as they are; run starter apply again when Temporal answers", err)
		return false, false, nil
	case len(added) > 0:
		a.say("search attributes: added %s", strings.Join(added, ", "))
	}
	return true, true, nil
}

// apply creates the schedule, or replaces whatever differs from the plan, and says what it did.
func apply(ctx context.Context, c client.ScheduleClient, p plan) (done string, err error) {
	_, err = c.Create(ctx, p.options())
	if !errors.Is(err, temporal.ErrScheduleAlreadyRunning) {
		return p.created(), err
	}
	err = c.GetHandle(ctx, p.id).Update(ctx, client.ScheduleUpdateOptions{DoUpdate: func(is client.ScheduleUpdateInput) (*client.ScheduleUpdate, error) {
		schedule := is.Description.Schedule
		p := p.beside(schedule)
		differences := p.differences(schedule)
		if done = "unchanged"; len(differences) > 0 {
			done = "updated: " + strings.Join(differences, "; ")
		}
		done += paused(schedule.State)
		if len(differences) == 0 {
			return nil, temporal.ErrSkipScheduleUpdate
		}
		return &client.ScheduleUpdate{Schedule: p.schedule(schedule.State)}, nil
	}})
	return done, err
}

// paused reminds the operator of a schedule that does not fire.
func paused(s *client.ScheduleState) string {
	switch {
	case !s.Paused:
		return ""
	case s.Note == "":
		return " (paused)"
	}
	return fmt.Sprintf(" (paused: %s)", s.Note)
}
