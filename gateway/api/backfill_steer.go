package api

import (
	"context"
	"fmt"

	commonpb "go.temporal.io/api/common/v1"
	"go.temporal.io/api/workflowservice/v1"

	"datawald/workflows"
)

// underWay is the backfill of a request to steer it, as long as it is under way.
func (s *server) underWay(ctx context.Context, in *backfillPath) (*Backfill, error) {
	b, err := s.backfill(ctx, in)
	if err != nil {
		return nil, err
	}
	if b.State != running {
		return nil, b.over()
	}
	return b, nil
}

// over says that a backfill cannot be steered any more, and what is to be done about one that never came to its end.
func (b *Backfill) over() *Problem {
	detail := fmt.Sprintf("The backfill %q has ended (%s). Start another: POST /api/v1/backfills.", b.ID, b.State)
	if b.State == stopped {
		detail = fmt.Sprintf("The backfill %q is no longer in Temporal and did not come to its end. What it has staged may wait for a person: "+
			"starter backfill --release leaves it to the runs of the schedule.", b.ID)
	}
	return backfillEnded.problem(detail)
}

// pauseBackfill holds the backfill that is under way, or lets it go on.
func (s *server) pauseBackfill(ctx context.Context, in *backfillPath, paused bool) (*startBackfillOutput, error) {
	b, err := s.underWay(ctx, in)
	if err != nil {
		return nil, err
	}
	err = s.temporal.SignalWorkflow(ctx, b.WorkflowID, "", workflows.PauseSignal, workflows.Pause{Paused: paused, By: actor})
	return b.steered(err)
}

// cancelBackfill ends the backfill that is under way.
func (s *server) cancelBackfill(ctx context.Context, in *backfillPath) (*startBackfillOutput, error) {
	b, err := s.underWay(ctx, in)
	if err != nil {
		return nil, err
	}
	return s.cancel(ctx, b)
}

// cancel tells a backfill to end. It names the first run of its chain, so that another one, which has begun meanwhile, is left alone.
func (s *server) cancel(ctx context.Context, b *Backfill) (*startBackfillOutput, error) {
	_, err := s.temporal.WorkflowService().RequestCancelWorkflowExecution(ctx, &workflowservice.RequestCancelWorkflowExecutionRequest{
		Namespace: s.settings.TemporalNamespace, WorkflowExecution: &commonpb.WorkflowExecution{WorkflowId: b.WorkflowID}, FirstExecutionRunId: b.ID,
		Identity: actor, Reason: "asked for by " + actor})
	return b.steered(err)
}

// steered answers a request to steer a backfill, by what Temporal said to it.
func (b *Backfill) steered(err error) (*startBackfillOutput, error) {
	if notFound(err) { // it has ended meanwhile
		return nil, backfillEnded.problem(fmt.Sprintf("The backfill %q has ended.", b.ID))
	}
	if err != nil {
		return nil, partDown(err, "temporal")
	}
	return startedBackfill(b.Instance, b.ID), nil
}
