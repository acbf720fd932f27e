package api

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"go.temporal.io/api/serviceerror"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/temporal"

	"datawald/order"
	"datawald/workflows"
)

// backfillPaths begins the paths by which a backfill is steered.
const backfillPaths = "/api/v1/backfills/{id}/"

func (s *server) routeBackfills() {
	steering := []int{http.StatusNotFound, http.StatusForbidden, http.StatusConflict, http.StatusUnsupportedMediaType}
	bad := []int{http.StatusBadRequest, http.StatusForbidden, http.StatusRequestEntityTooLarge, http.StatusUnsupportedMediaType, http.StatusConflict}
	route(s, huma.Operation{OperationID: "start-backfill", Method: http.MethodPost, Path: "/api/v1/backfills", Tags: []string{"backfills"},
		Summary: "Bring a part of the shop's history to B1, behind all other orders",
		Description: "Either a range (`from`, with `to`, `by`, `store_id`, `status`) or orders by name (`increment_ids`, `keys`). Orders that B1 has stay single. " +
			"There is one backfill for each instance at a time. With `dry_run` it counts what it would stage, and stages and sends nothing.",
		DefaultStatus: http.StatusAccepted, Errors: bad}, s.startBackfill)
	route(s, huma.Operation{OperationID: "get-backfill", Method: http.MethodGet, Path: "/api/v1/backfills/{id}", Tags: []string{"backfills"},
		Summary: "How a backfill goes: its counts, its rate, where it stands", Errors: []int{http.StatusNotFound}}, s.getBackfill)
	for name, paused := range map[string]bool{"pause": true, "resume": false} {
		route(s, huma.Operation{OperationID: name + "-backfill", Method: http.MethodPost, Path: backfillPaths + name, Tags: []string{"backfills"},
			Summary:       map[bool]string{true: "Hold a backfill that is under way", false: "Let a backfill that is held go on"}[paused],
			DefaultStatus: http.StatusAccepted, Errors: steering},
			func(ctx context.Context, in *backfillPath) (*startBackfillOutput, error) {
				return s.pauseBackfill(ctx, in, paused)
			})
	}
	route(s, huma.Operation{OperationID: "cancel-backfill", Method: http.MethodPost, Path: backfillPaths + "cancel", Tags: []string{"backfills"},
		Summary: "End a backfill that is under way",
		Description: "It begins no more orders; those in hand come to their end, and what is staged the runs of the schedule take to B1. A worker carries it out: " +
			"GET shows `cancelled` once it has. To cancel one that is being cancelled changes nothing.",
		DefaultStatus: http.StatusAccepted, Errors: steering}, s.cancelBackfill)
	route(s, huma.Operation{OperationID: "release-backfill", Method: http.MethodPost, Path: backfillPaths + "release", Tags: []string{"backfills"},
		Summary: "Leave the orders of a backfill that is gone to the runs of the schedule",
		Description: "For one that was terminated, has failed, or is no longer in Temporal, and did not come to its end (`backfill_lost`): its orders may be held, " +
			"as when it was paused. It closes its record. While a backfill is under way, or when this one has left nothing, the answer is 409.",
		Errors: steering}, s.releaseBackfill)
}

type startBackfillInput struct{ Body BackfillRequest }

// BackfillRequest selects the orders of a backfill.
type BackfillRequest struct {
	Instance     string     `json:"instance,omitempty" doc:"The instance; may be left out where there is only one" example:"main"`
	By           string     `json:"by,omitempty" enum:"created_at,updated_at" doc:"What from and to are about; created_at when left out"`
	From         *time.Time `json:"from,omitempty" doc:"Orders from this moment on"`
	To           *time.Time `json:"to,omitempty" doc:"Orders before this moment; now when left out"`
	StoreID      *int64     `json:"store_id,omitempty" doc:"Orders of this store"`
	Status       string     `json:"status,omitempty" doc:"Orders in this status of Magento" example:"complete"`
	IncrementIDs []string   `json:"increment_ids,omitempty" doc:"Order numbers, of whatever store" example:"[\"000000123\"]"`
	Keys         []string   `json:"keys,omitempty" doc:"Order keys" example:"[\"main:1:000000123\"]"`
	DryRun       bool       `json:"dry_run,omitempty" doc:"Count what would be staged, and stage nothing"`
}

type startBackfillOutput struct {
	Location string `header:"Location"`
	Body     StartedBackfill
}

// StartedBackfill says where to watch a backfill.
type StartedBackfill struct {
	ID         string `json:"id" example:"01931f0e-5b1c-7d63-9a51-6f2f3c1d8e77"`
	WorkflowID string `json:"workflow_id" example:"backfill-orders:main"`
	Location   string `json:"location" doc:"Where its progress is" example:"/api/v1/backfills/01931f0e-5b1c-7d63-9a51-6f2f3c1d8e77?instance=main"`
}

func (s *server) startBackfill(ctx context.Context, in *startBackfillInput) (*startBackfillOutput, error) {
	request, err := s.backfillRequest(ctx, in.Body)
	if err != nil {
		return nil, err
	}
	options := client.StartWorkflowOptions{
		ID: workflows.BackfillOrdersID(request.Instance), TaskQueue: s.settings.TaskQueue, WorkflowExecutionErrorWhenAlreadyStarted: true,
		StaticSummary: "asked for by " + request.Actor, Priority: temporal.Priority{PriorityKey: workflows.ImportPriority},
	}
	var run client.WorkflowRun
	err = s.labels.Start(ctx, request.Instance, workflows.SourceBackfill, func(labels temporal.SearchAttributes) (err error) {
		options.TypedSearchAttributes = labels
		run, err = s.temporal.ExecuteWorkflow(ctx, options, workflows.BackfillOrders, request)
		return err
	})
	if _, under := errors.AsType[*serviceerror.WorkflowExecutionAlreadyStarted](err); under {
		return nil, backfillUnderWay.problem(fmt.Sprintf("Watch it at %s; start another when it has ended.", backfillPathOf(request.Instance, latestBackfill)))
	}
	if err != nil {
		return nil, partDown(err, "temporal")
	}
	return startedBackfill(request.Instance, run.GetRunID()), nil
}

func startedBackfill(instance, id string) *startBackfillOutput {
	path := backfillPathOf(instance, id)
	return &startBackfillOutput{Location: path, Body: StartedBackfill{ID: id, WorkflowID: workflows.BackfillOrdersID(instance), Location: path}}
}

// backfillRequest checks what was asked and tells all that is wrong with it.
func (s *server) backfillRequest(ctx context.Context, body BackfillRequest) (r workflows.BackfillOrdersInput, err error) {
	if r.Instance, err = s.instance(body.Instance); err != nil {
		return r, err
	}
	r.Actor, r.DryRun = actorOf(ctx), body.DryRun
	var faults []Fault
	for i, id := range body.IncrementIDs {
		if err := order.CheckNumber(id); err != nil {
			faults = append(faults, Fault{Location: fmt.Sprintf("body.increment_ids[%d]", i), Message: err.Error()})
		}
		r.IncrementIDs = append(r.IncrementIDs, id)
	}
	for i, text := range body.Keys {
		key, err := order.ParseKey(text)
		if err != nil {
			faults = append(faults, Fault{Location: fmt.Sprintf("body.keys[%d]", i), Message: err.Error()})
			continue
		}
		r.Keys = append(r.Keys, key)
	}
	r.Selected = body.selection()
	if err := r.Validate(); err != nil && (len(faults) == 0 || r.Selected != nil) {
		for line := range strings.SplitSeq(err.Error(), "\n") {
			faults = append(faults, Fault{Location: "body", Message: line})
		}
	}
	return r, invalidAll(faults)
}

// selection is the range, nil when none is given.
func (b BackfillRequest) selection() *order.Selection {
	if b.From == nil && b.To == nil && b.StoreID == nil && b.Status == "" {
		return nil
	}
	selected := &order.Selection{By: b.By, StoreID: b.StoreID, Status: b.Status}
	if selected.By == "" {
		selected.By = order.ByCreated
	}
	if b.From != nil {
		selected.From = b.From.UTC()
	}
	if b.To != nil {
		selected.To = b.To.UTC()
	}
	return selected
}
