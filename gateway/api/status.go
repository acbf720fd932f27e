package api

import (
	"context"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"datawald/store"
	"datawald/watch"
)

type statusInput struct {
	Instance string `query:"instance" doc:"The instance; may be left out where there is only one" example:"main"`
}

type statusOutput struct{ Body Status }

// Status is how an instance does.
type Status struct {
	store.Overview
	Schedule *watch.Schedule `json:"schedule"`
}

func (s *server) routeStatus() {
	route(s, huma.Operation{OperationID: "get-status", Method: http.MethodGet, Path: "/api/v1/status", Tags: []string{"status"},
		Summary: "Orders by state, and how far behind Magento they may be",
		Description: "`cut` is the last change in Magento that is staged; it is old in a quiet shop. `lag_seconds` counts from the start of the " +
			"latest sync run that read Magento to its end: what had changed there by then is staged. It is null until there was such a run. " +
			"`last_run` is the latest sync run that has ended, with errors or without. `write_backs` counts posted orders of which Magento " +
			"is still to be told, or could not be; it is absent when there are none. `b1` says how the way to B1 is: `up`, `down` since when and why, " +
			"or `quiet` until when; it is absent until a run has asked for orders. `backfill` is the one that is under way, paused or waiting, with " +
			"why and since when; it is absent when there is none. `schedule` says how the schedule does, from Temporal and the store."}, s.status)
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
	overview, err := s.store.Overview(ctx, instance)
	if err != nil {
		return nil, partDown(err, "store")
	}
	schedule, err := s.sight().Look(ctx, instance)
	if err != nil {
		return nil, partDown(err, "store")
	}
	return &statusOutput{Body: Status{*overview, schedule}}, nil
}
