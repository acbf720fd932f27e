package api

import (
	"context"
	"net/http"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/danielgtaylor/huma/v2"

	"datawald/store"
	"datawald/version"
	"datawald/watch"
)

type statusInput struct {
	Instance string `query:"instance" doc:"The instance; may be left out where there is only one" example:"main"`
}

type statusOutput struct{ Body Status }

// Status is how an instance does.
type Status struct {
	store.Overview
	// Total is the number of all orders that are staged.
	Total    int64           `json:"total" doc:"All orders that are known here: the sum of orders"`
	Waiting  *store.Waiting  `json:"waiting" doc:"Which pending order waits longest, and how many do for long"`
	Schedule *watch.Schedule `json:"schedule"`
	Health   Healths         `json:"health" doc:"The parts as they were last seen; nobody is asked for this"`
	// Reconciliation is nil until there was one, or one is under way.
	Reconciliation *ReconciliationBrief `json:"reconciliation,omitempty" doc:"How the books stand; absent until a reconciliation has compared its window or is under way"`
	Workers        Workers              `json:"workers" doc:"Whether somebody asks Temporal for the work"`
	// Level is the worst of Needs.
	Level   Level  `json:"level" doc:"ok: nothing needs a person; attention: a person should look; trouble: orders do not get on"`
	Needs   []Need `json:"needs" nullable:"false" doc:"What needs a person, the worst first"`
	Version string `json:"version" doc:"Version of the gateway; devel where it was built without one"`
}

// Workers says whether workers are there.
type Workers struct {
	Runs   Presence `json:"runs" doc:"For runs, which read Magento"`
	Orders Presence `json:"orders" doc:"For the orders of this instance, which go to B1"`
}

func (s *server) routeStatus() {
	route(s, huma.Operation{OperationID: "get-status", Method: http.MethodGet, Path: "/api/v1/status", Tags: []string{"status"},
		Summary: "Whether all is well, what needs a person, orders by state, and how far behind Magento they may be",
		Description: "`level` and `needs` sum up all else. `cut` is the last change in Magento that is staged; it is old in a quiet shop. `lag_seconds` counts " +
			"from the start of the latest sync run that read Magento to its end: what had changed there by then is staged. It is null until there was such a run. " +
			"`last_run` is the latest sync run that has ended, with errors or without. `write_backs` counts posted orders of which Magento " +
			"is still to be told, or could not be; it is absent when there are none. `b1` says how the way to B1 is: `up`, `down` since when and why, " +
			"or `quiet` until when; it is absent until a run has asked for orders. `backfill` is the one that is under way, paused or waiting, with " +
			"why and since when; it is absent when there is none. `schedule` says how the schedule does, from Temporal and the store."}, s.status)
	s.routeSchedule()
	s.routeRuns()
	s.routeStatistics()
	s.routeEvents()
}

// sight is what schedules are looked at with.
func (s *server) sight() watch.Sight {
	return watch.Sight{Temporal: s.temporal, Store: s.store, TaskQueue: s.settings.TaskQueue, Namespace: s.settings.TemporalNamespace, After: s.settings.SyncAlarmAfter}
}

func (s *server) status(ctx context.Context, in *statusInput) (*statusOutput, error) {
	instance, err := s.instance(in.Instance)
	if err != nil {
		return nil, err
	}
	status, err := s.statusOf(ctx, instance)
	if err != nil {
		return nil, err
	}
	return &statusOutput{Body: *status}, nil
}

// temporalTime is how long a status waits for Temporal. Whoever asks for one wants to know above all whether something is wrong: he must not wait for
// the part that is.
const temporalTime = 2500 * time.Millisecond

// statusOf gathers how an instance does. The store must answer, Temporal need not: what it has not told in time is not known.
func (s *server) statusOf(ctx context.Context, instance string) (*Status, error) {
	var schedule *watch.Schedule
	var workers Workers
	var progress store.Progress
	status := &Status{Version: version.String()}
	g, asking := errgroup.WithContext(ctx)
	g.Go(func() (err error) {
		schedule, workers, err = s.seen(asking, instance)
		return err
	})
	g.Go(func() (err error) {
		progress, err = s.kept(asking, instance, status)
		return err
	})
	if err := g.Wait(); err != nil {
		return nil, partDown(err, "store")
	}
	status.Schedule, status.Workers = schedule, workers
	status.Health = Healths{Magento: magentoHealth(progress, status.LastRun, schedule.Late), B1: b1Health(status.B1)}
	status.sumUp(instance, s.lacksRules(ctx, instance))
	return status, s.addAlarms(ctx, instance, status)
}

// kept fills in what the store knows, and gives how far Magento was read.
func (s *server) kept(ctx context.Context, instance string, status *Status) (progress store.Progress, err error) {
	overview, err := s.store.Overview(ctx, instance)
	if err != nil {
		return progress, err
	}
	status.Overview = *overview
	if status.Waiting, err = s.store.Waiting(ctx, instance); err != nil {
		return progress, err
	}
	books, err := s.store.ReconciliationOf(ctx, instance)
	if err != nil {
		return progress, err
	}
	status.Reconciliation = briefOf(books)
	return s.store.Progress(ctx, instance, store.TaskOrders)
}

// seen is how the schedule does and who asks for work, as far as Temporal tells in time.
func (s *server) seen(ctx context.Context, instance string) (*watch.Schedule, Workers, error) {
	asking, cancel := context.WithTimeout(ctx, temporalTime)
	defer cancel()
	var workers Workers
	var asked sync.WaitGroup
	asked.Go(func() { workers = s.workers(asking, instance) })
	schedule, err := s.sight().Look(asking, instance)
	asked.Wait()
	late := err != nil && asking.Err() != nil && ctx.Err() == nil
	if err != nil && !late {
		return nil, workers, err
	}
	if schedule == nil { // what Temporal has told in time stays
		schedule = &watch.Schedule{State: watch.Unknown}
	}
	if schedule.State == watch.Unknown {
		workers = Workers{Runs: presenceUnknown, Orders: presenceUnknown}
	}
	return schedule, workers, nil
}

// sumUp fills in what follows from all else.
func (s *Status) sumUp(instance, lacksRules string) {
	s.Total = 0
	for _, n := range s.Orders {
		s.Total += n
	}
	s.Needs = needs(s, instance, lacksRules)
	s.Level = levelOf(s.Needs)
}

// workers asks Temporal who asks it for work.
func (s *server) workers(ctx context.Context, instance string) (w Workers) {
	sight := s.sight()
	var both sync.WaitGroup
	both.Go(func() { w.Runs = presence(sight.HasWorker(ctx)) })
	both.Go(func() { w.Orders = presence(sight.Served(ctx, instance)) })
	both.Wait()
	return w
}

// lacksRules says why the gateway has no rules of an instance; empty when it has some.
func (s *server) lacksRules(ctx context.Context, instance string) string {
	if _, err := s.inForce(ctx, instance); err != nil {
		return err.Error()
	}
	return ""
}
