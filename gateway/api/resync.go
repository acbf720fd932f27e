package api

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/danielgtaylor/huma/v2"
	commonpb "go.temporal.io/api/common/v1"
	enumspb "go.temporal.io/api/enums/v1"
	workflowpb "go.temporal.io/api/workflow/v1"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/temporal"

	"datawald/order"
	"datawald/store"
	"datawald/watch"
	"datawald/workflows"
)

type getResyncInput struct {
	ID       string `path:"id" maxLength:"400" doc:"The id that starting it gave" example:"20261123T164736042Z-9f3a7c21"`
	Instance string `query:"instance" doc:"The instance; may be left out where there is only one" example:"main"`
}

type getResyncOutput struct{ Body Resync }

// Resync is how a resync goes.
type Resync struct {
	ID         string      `json:"id"`
	Instance   string      `json:"instance"`
	WorkflowID string      `json:"workflow_id"`
	State      resyncState `json:"state" doc:"completed means that it ran to its end, not that every order is posted"`
	StartedAt  time.Time   `json:"started_at"`
	EndedAt    *time.Time  `json:"ended_at,omitempty"`
	// IncrementIDs and Orders are empty when Temporal has forgotten the resync.
	IncrementIDs []string       `json:"increment_ids,omitempty" doc:"The numbers that were asked for"`
	Keys         []order.Key    `json:"keys,omitempty" doc:"The keys that were asked for"`
	Counts       *store.Counts  `json:"counts,omitempty" doc:"What became of the orders; when it has ended"`
	Missing      []string       `json:"missing,omitempty" doc:"Numbers that Magento does not have; when it has ended"`
	Unreadable   []string       `json:"unreadable,omitempty" doc:"Numbers of orders that Magento has and cannot show; when it has ended"`
	Errors       []string       `json:"errors,omitempty" doc:"What went wrong on the way or ended it"`
	Orders       []OrderSummary `json:"orders,omitempty" doc:"Where the orders that are staged stand now"`
	Links        Links          `json:"links"`
}

// resyncState is the state of the workflow.
type resyncState string

const (
	running   resyncState = "running"
	completed resyncState = "completed"
	failed    resyncState = "failed"
	cancelled resyncState = "cancelled"
	stopped   resyncState = "terminated"
	timedOut  resyncState = "timed_out"
)

// Schema lists the states.
func (resyncState) Schema(huma.Registry) *huma.Schema {
	return &huma.Schema{Type: huma.TypeString, Enum: []any{string(running), string(completed), string(failed), string(cancelled), string(stopped), string(timedOut)}}
}

func (s *server) getResync(ctx context.Context, in *getResyncInput) (*getResyncOutput, error) {
	instance, err := s.instance(in.Instance)
	if err != nil {
		return nil, err
	}
	id := unescape(in.ID)
	r := Resync{ID: id, Instance: instance, WorkflowID: workflows.ResyncOrdersID(instance, id), Links: s.links.resync(instance, id)}
	described, err := s.temporal.DescribeWorkflowExecution(ctx, r.WorkflowID, "")
	switch {
	case notFound(err) || !isAskable(r.WorkflowID):
		err = s.recorded(ctx, &r)
	case err != nil:
		err = partDown(err, "temporal")
	default:
		err = s.observed(ctx, &r, described.GetWorkflowExecutionInfo())
	}
	if err != nil {
		return nil, err
	}
	return &getResyncOutput{Body: r}, nil
}

// observed fills in what Temporal knows, and where the orders stand in the store.
func (s *server) observed(ctx context.Context, r *Resync, info *workflowpb.WorkflowExecutionInfo) error {
	r.State, r.StartedAt = stateOf(info.GetStatus()), info.GetStartTime().AsTime()
	runID := info.GetExecution().GetRunId()
	input, err := s.resyncInput(ctx, r.WorkflowID, runID)
	if err != nil {
		return partDown(err, "temporal")
	}
	r.IncrementIDs, r.Keys = input.IncrementIDs, input.Keys
	if r.State != running {
		ended := info.GetCloseTime().AsTime()
		r.EndedAt = &ended
		if err := s.outcome(ctx, r, runID); err != nil {
			return err
		}
	}
	numbers := slices.Clone(r.IncrementIDs)
	for _, key := range r.Keys {
		numbers = append(numbers, key.IncrementID())
	}
	docs, err := s.store.ListByIncrementIDs(ctx, r.Instance, numbers)
	if err != nil {
		return partDown(err, "store")
	}
	for _, doc := range docs {
		if slices.Contains(r.IncrementIDs, doc.Key.IncrementID()) || slices.Contains(r.Keys, doc.Key) {
			r.Orders = append(r.Orders, s.summary(doc))
		}
	}
	return nil
}

// outcome fills in the result of a resync that has ended, or why it has none.
func (s *server) outcome(ctx context.Context, r *Resync, runID string) error {
	var result workflows.ResyncOrdersResult
	err := s.temporal.GetWorkflow(ctx, r.WorkflowID, runID).Get(ctx, &result)
	if err == nil {
		r.Counts, r.Missing, r.Unreadable, r.Errors = &result.Run.Counts, result.Missing, result.Unreadable, result.Run.Errors
		return nil
	}
	ended, ok := errors.AsType[*temporal.WorkflowExecutionError](err)
	if !ok {
		return partDown(err, "temporal")
	}
	r.Errors = []string{why(ended)}
	return nil
}

// why is the message of the failure itself, without the layers that Temporal puts around it.
func why(err error) string {
	if application, ok := errors.AsType[*temporal.ApplicationError](err); ok {
		return application.Message()
	}
	for inner := errors.Unwrap(err); inner != nil; inner = errors.Unwrap(err) {
		err = inner
	}
	return err.Error()
}

// recorded fills in what the store keeps of a resync that Temporal has forgotten.
func (s *server) recorded(ctx context.Context, r *Resync) error {
	run, err := s.store.LatestRun(ctx, r.WorkflowID)
	if errors.Is(err, store.ErrNotFound) {
		return resyncNotFound.problem(fmt.Sprintf("There is no resync %q of the instance %q. Check id and instance, or start one: POST /api/v1/resyncs.", r.ID, r.Instance))
	}
	if err != nil {
		return partDown(err, "store")
	}
	r.State, r.StartedAt, r.EndedAt, r.Counts, r.Errors = completed, run.StartedAt.UTC(), run.EndedAt, &run.Counts, run.Errors
	return nil
}

// resyncInput reads what a resync was asked for from the first event of its history, which every starter leaves there.
func (s *server) resyncInput(ctx context.Context, workflowID, runID string) (in workflows.ResyncOrdersInput, err error) {
	history, err := s.temporal.WorkflowService().GetWorkflowExecutionHistory(ctx, &workflowservice.GetWorkflowExecutionHistoryRequest{
		Namespace: s.settings.TemporalNamespace, Execution: &commonpb.WorkflowExecution{WorkflowId: workflowID, RunId: runID}, MaximumPageSize: 1,
	})
	if err != nil {
		return in, err
	}
	events := history.GetHistory().GetEvents()
	if len(events) == 0 {
		return in, fmt.Errorf("the history of %s is empty", workflowID)
	}
	started := events[0].GetWorkflowExecutionStartedEventAttributes()
	readable, err := s.settings.Converter()
	if err != nil {
		return in, err
	}
	return in, readable.FromPayloads(started.GetInput(), &in)
}

// stateOf names the state of a workflow; what is not over is running.
func stateOf(status enumspb.WorkflowExecutionStatus) resyncState {
	if !watch.IsOver(status) {
		return running
	}
	switch status {
	case enumspb.WORKFLOW_EXECUTION_STATUS_FAILED:
		return failed
	case enumspb.WORKFLOW_EXECUTION_STATUS_CANCELED:
		return cancelled
	case enumspb.WORKFLOW_EXECUTION_STATUS_TERMINATED:
		return stopped
	case enumspb.WORKFLOW_EXECUTION_STATUS_TIMED_OUT:
		return timedOut
	}
	return completed
}
