package api

import (
	"context"
	"errors"
	"fmt"
	"net/url"

	commonpb "go.temporal.io/api/common/v1"
	"go.temporal.io/api/workflowservice/v1"

	"datawald/watch"
	"datawald/workflows"
)

// underWay is the backfill of a request to steer it, as long as it is under way.
func (s *server) underWay(ctx context.Context, in *backfillPath) (*Backfill, error) {
	b, err := s.backfill(ctx, in)
	if err != nil {
		return nil, err
	}
	if b.State != running {
		return nil, s.over(ctx, b)
	}
	return b, nil
}

// over says that a backfill cannot be steered any more, and what is to be done about one that has left something: its record was never closed, or its
// orders are held without an end.
func (s *server) over(ctx context.Context, b *Backfill) error {
	hold, err := s.store.ImportsHold(ctx, b.Instance)
	if err != nil {
		return partDown(err, "store")
	}
	if b.open || hold != nil && hold.Holder == b.recordID() && hold.Until.IsZero() {
		return backfillEnded.problem(fmt.Sprintf("The backfill %q is over (%s) and did not come to its end. What it has staged may wait for a person: "+
			"POST %s, or starter backfill --release, leaves it to the runs of the schedule.", b.ID, b.State, releasePathOf(b.Instance, b.ID)))
	}
	return backfillEnded.problem(fmt.Sprintf("The backfill %q has ended (%s). Start another: POST /api/v1/backfills.", b.ID, b.State))
}

// renewals bounds how often a pause is sent: a backfill goes on in another history about every quarter of an hour.
const renewals = 3

// pauseBackfill holds the backfill that is under way, or lets it go on. The signal names the history that was seen, so that another backfill, which
// has begun meanwhile, is left alone; where the same has gone on in another history, it is sent there.
func (s *server) pauseBackfill(ctx context.Context, in *backfillPath, paused bool) (*startBackfillOutput, error) {
	b, err := s.underWay(ctx, in)
	if err != nil {
		return nil, err
	}
	sent := s.pause(ctx, b, paused)
	for n := 1; notFound(sent) && n < renewals; n++ {
		if b, err = s.underWay(ctx, &backfillPath{ID: b.ID, Instance: b.Instance}); err != nil {
			return nil, err
		}
		sent = s.pause(ctx, b, paused)
	}
	return b.steered(sent)
}

// pause signals to the history in which a backfill was seen.
func (s *server) pause(ctx context.Context, b *Backfill, paused bool) error {
	return s.temporal.SignalWorkflow(ctx, b.WorkflowID, b.historyID, workflows.PauseSignal, workflows.Pause{Paused: paused, By: actorOf(ctx)})
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
		Identity: actorOf(ctx), Reason: "asked for by " + actorOf(ctx)})
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

type releaseOutput struct{ Body ReleasedBackfill }

// ReleasedBackfill says what became of the orders of a backfill that was released.
type ReleasedBackfill struct {
	ID string `json:"id" example:"01931f0e-5b1c-7d63-9a51-6f2f3c1d8e77"`
	watch.Released
	Detail string `json:"detail" doc:"What becomes of the orders" example:"1200 imports are pending, and the runs of the schedule take them to B1"`
}

func releasePathOf(instance, id string) string {
	return "/api/v1/backfills/" + url.PathEscape(id) + "/release?instance=" + url.QueryEscape(instance)
}

// releaseBackfill leaves the orders of a backfill that is gone to the runs of the schedule, and closes its record.
func (s *server) releaseBackfill(ctx context.Context, in *backfillPath) (*releaseOutput, error) {
	b, err := s.backfill(ctx, in)
	if err != nil {
		return nil, err
	}
	released, err := s.sight().Release(ctx, b.Instance, b.recordID(), actorOf(ctx))
	switch {
	case errors.Is(err, watch.ErrUnderWay):
		return nil, backfillUnderWay.problem(fmt.Sprintf("It has its orders, and takes over what others have left. End it with POST /api/v1/backfills/%s/cancel, or let it go on.", latestBackfill))
	case errors.Is(err, watch.ErrNothingLeft):
		return nil, backfillEnded.problem(fmt.Sprintf("The backfill %q has left nothing to release.", b.ID))
	case err != nil:
		return nil, partDown(err, "store", "temporal")
	}
	return &releaseOutput{ReleasedBackfill{b.ID, *released, released.String()}}, nil
}
