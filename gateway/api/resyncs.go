package api

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"
	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/api/serviceerror"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/temporal"

	"datawald/order"
	"datawald/store"
	"datawald/workflows"
)

func (s *server) routeResyncs() {
	route(s, huma.Operation{OperationID: "start-resync", Method: http.MethodPost, Path: "/api/v1/resyncs", Tags: []string{"resyncs"},
		Summary: "Read orders from Magento again by number or key and take them to B1",
		Description: "Held orders are tried again; orders that B1 has are verified, never sent twice. Blank and repeated numbers are dropped. " +
			"With an `Idempotency-Key` the same request may be sent any number of times and gives the same resync.",
		DefaultStatus: http.StatusAccepted, Metadata: map[string]any{metaRepeatable: true},
		Errors: []int{http.StatusBadRequest, http.StatusForbidden, http.StatusRequestEntityTooLarge, http.StatusUnsupportedMediaType}}, s.startResync)
	route(s, huma.Operation{OperationID: "get-resync", Method: http.MethodGet, Path: "/api/v1/resyncs/{id}", Tags: []string{"resyncs"},
		Summary: "How a resync goes: its state, its counts and its orders",
		Description: "`counts` and `missing` are there when it has ended; `orders` shows where each of its orders stands now. " +
			"When Temporal has forgotten the resync, what the store recorded of it remains.",
		Errors: []int{http.StatusNotFound}}, s.getResync)
}

type startResyncInput struct {
	IdempotencyKey string `header:"Idempotency-Key" maxLength:"255" doc:"Any text that is new for each new request"`
	Body           ResyncRequest
}

// ResyncRequest names the orders of a resync.
type ResyncRequest struct {
	Instance     string   `json:"instance,omitempty" doc:"The instance; may be left out where there is only one" example:"main"`
	IncrementIDs []string `json:"increment_ids,omitempty" nullable:"false" doc:"Order numbers as customer and clerk see them, of whatever store" example:"[\"000000123\"]"`
	Keys         []string `json:"keys,omitempty" doc:"Order keys: the order of that store alone" example:"[\"main:1:000000123\"]"`
}

type startResyncOutput struct {
	Location string `header:"Location"`
	Body     StartedResync
}

// StartedResync says where to watch a resync.
type StartedResync struct {
	ID         string `json:"id" example:"20261123T164736042Z-9f3a7c21"`
	WorkflowID string `json:"workflow_id" example:"resync-orders:main:20261123T164736042Z-9f3a7c21"`
	Location   string `json:"location" doc:"Where its progress is" example:"/api/v1/resyncs/20261123T164736042Z-9f3a7c21?instance=main"`
}

func (s *server) startResync(ctx context.Context, in *startResyncInput) (*startResyncOutput, error) {
	request, err := s.resyncRequest(ctx, in.Body)
	if err != nil {
		return nil, err
	}
	id := newID(time.Now())
	if in.IdempotencyKey != "" {
		id = repeatableID(in.IdempotencyKey)
	}
	workflowID := workflows.ResyncOrdersID(request.Instance, id)
	if in.IdempotencyKey != "" {
		err = s.beginOnce(ctx, workflowID, request)
	} else {
		err = s.begin(ctx, workflowID, request)
	}
	if err != nil {
		return nil, err
	}
	path := resyncPath(request.Instance, id)
	return &startResyncOutput{Location: path, Body: StartedResync{ID: id, WorkflowID: workflowID, Location: path}}, nil
}

// resyncRequest cleans and checks what was asked.
func (s *server) resyncRequest(ctx context.Context, body ResyncRequest) (r workflows.ResyncOrdersInput, err error) {
	if r.Instance, err = s.instance(body.Instance); err != nil {
		return r, err
	}
	r.Actor = actorOf(ctx)
	seen := map[string]bool{}
	for i, text := range body.IncrementIDs {
		id := strings.TrimSpace(text)
		if id == "" || seen[id] {
			continue
		}
		if err := order.CheckNumber(id); err != nil {
			return r, invalid(fmt.Sprintf("body.increment_ids[%d]", i), err.Error())
		}
		seen[id] = true
		r.IncrementIDs = append(r.IncrementIDs, id)
	}
	for i, text := range body.Keys {
		key, err := order.ParseKey(text)
		if err != nil {
			return r, invalid(fmt.Sprintf("body.keys[%d]", i), err.Error())
		}
		if !slices.Contains(r.Keys, key) {
			r.Keys = append(r.Keys, key)
		}
	}
	if err := r.Validate(); err != nil {
		return r, invalid("body", err.Error())
	}
	return r, nil
}

// newID is a name that nobody has, sorted by time: 20261123T164736042Z-9f3a7c21.
func newID(now time.Time) string {
	var random [4]byte
	rand.Read(random[:]) // never fails
	now = now.UTC()
	return fmt.Sprintf("%s%03dZ-%x", now.Format("20060102T150405"), now.Nanosecond()/int(time.Millisecond), random)
}

// repeatableID is the same for the same key; the key itself may be personal and stays here.
func repeatableID(idempotencyKey string) string {
	sum := sha256.Sum256([]byte(idempotencyKey))
	return fmt.Sprintf("key-%x", sum[:16])
}

// begin starts the workflow, or joins it when it was started already. A finished one is never run again.
func (s *server) begin(ctx context.Context, workflowID string, request workflows.ResyncOrdersInput) error {
	options := client.StartWorkflowOptions{
		ID: workflowID, TaskQueue: s.settings.TaskQueue, WorkflowExecutionTimeout: workflows.RunLimit,
		WorkflowIDConflictPolicy: enumspb.WORKFLOW_ID_CONFLICT_POLICY_USE_EXISTING,
		WorkflowIDReusePolicy:    enumspb.WORKFLOW_ID_REUSE_POLICY_REJECT_DUPLICATE,
		StaticSummary:            workflows.ResyncSummary(len(request.IncrementIDs)+len(request.Keys), request.Actor),
		Priority:                 temporal.Priority{PriorityKey: workflows.ManualPriority},
	}
	err := s.labels.Start(ctx, request.Instance, workflows.SourceResync, func(labels temporal.SearchAttributes) (err error) {
		options.TypedSearchAttributes = labels
		_, err = s.temporal.ExecuteWorkflow(ctx, options, workflows.ResyncOrders, request)
		return err
	})
	if err != nil {
		return partDown(err, "temporal")
	}
	return nil
}

// beginOnce begins a resync that may have been begun before, even before Temporal's retention: then it stays as it is.
// A different request under the same key is refused.
func (s *server) beginOnce(ctx context.Context, workflowID string, request workflows.ResyncOrdersInput) error {
	_, err := s.store.LatestRun(ctx, workflowID)
	if err != nil && !errors.Is(err, store.ErrNotFound) {
		return partDown(err, "store")
	}
	if errors.Is(err, store.ErrNotFound) {
		if err := s.begin(ctx, workflowID, request); err != nil {
			return err
		}
	}
	first, err := s.resyncInput(ctx, workflowID, "")
	if notFound(err) {
		return nil // so old that Temporal has forgotten what was asked
	}
	if err != nil {
		return partDown(err, "temporal")
	}
	if !slices.Equal(first.IncrementIDs, request.IncrementIDs) || !slices.Equal(first.Keys, request.Keys) {
		return keyReused.problem("It was used before for other orders. Give every new request a new Idempotency-Key.")
	}
	return nil
}

// notFound reports whether Temporal does not know the workflow.
func notFound(err error) bool {
	_, ok := errors.AsType[*serviceerror.NotFound](err)
	return ok
}
