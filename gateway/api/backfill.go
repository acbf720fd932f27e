package api

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"time"

	workflowpb "go.temporal.io/api/workflow/v1"

	"datawald/store"
	"datawald/workflows"
)

// latestBackfill is the id of the latest backfill of an instance.
const latestBackfill = "latest"

// progressLimit is how long a backfill may take to answer; without a worker none does, and the store's record is shown.
const progressLimit = 3 * time.Second

type backfillPath struct {
	ID       string `path:"id" maxLength:"400" doc:"The id that starting it gave, or latest" example:"latest"`
	Instance string `query:"instance" doc:"The instance; may be left out where there is only one" example:"main"`
}

type getBackfillOutput struct{ Body Backfill }

// Backfill is how a backfill goes.
type Backfill struct {
	ID         string                  `json:"id"`
	Instance   string                  `json:"instance"`
	WorkflowID string                  `json:"workflow_id"`
	State      resyncState             `json:"state" doc:"completed means that it ran to its end, not that every order is posted"`
	StartedAt  time.Time               `json:"started_at"`
	EndedAt    *time.Time              `json:"ended_at,omitempty"`
	Counts     *store.Counts           `json:"counts,omitempty" doc:"What became of the orders by now"`
	Progress   *store.BackfillProgress `json:"progress,omitempty" doc:"How far it is, by state, with its rate in orders a second and whether it is paused"`
	Now        *BackfillNow            `json:"now,omitempty" doc:"How its orders stand now, by the store; of one that is under way and brings some, absent when counting them takes too long. progress may be a minute old"`
	Errors     []string                `json:"errors,omitempty"`
	Links      Links                   `json:"links"`

	// historyID is that of the history in which it goes on now.
	historyID string
	// open is true when its record was never closed.
	open bool
}

// recordID is the ID of its record.
func (b *Backfill) recordID() string { return b.WorkflowID + "/" + b.ID }

func backfillPathOf(instance, id string) string {
	return "/api/v1/backfills/" + url.PathEscape(id) + "?instance=" + url.QueryEscape(instance)
}

func (s *server) getBackfill(ctx context.Context, in *backfillPath) (*getBackfillOutput, error) {
	b, err := s.backfill(ctx, in)
	if err != nil {
		return nil, err
	}
	return &getBackfillOutput{Body: *b}, nil
}

// backfill reads how a backfill goes: from Temporal the one that it knows, from the store all others.
func (s *server) backfill(ctx context.Context, in *backfillPath) (*Backfill, error) {
	instance, err := s.instance(in.Instance)
	if err != nil {
		return nil, err
	}
	b := &Backfill{ID: unescape(in.ID), Instance: instance, WorkflowID: workflows.BackfillOrdersID(instance)}
	described, err := s.temporal.DescribeWorkflowExecution(ctx, b.WorkflowID, "")
	if err != nil && !notFound(err) {
		return nil, partDown(err, "temporal")
	}
	info := described.GetWorkflowExecutionInfo()
	if err == nil && (b.ID == latestBackfill || b.ID == info.GetFirstRunId()) {
		err = s.knownBackfill(ctx, b, info)
	} else {
		err = s.recordedBackfill(ctx, b)
	}
	b.Links = Links{Self: backfillPathOf(instance, b.ID), Temporal: s.links.workflow(b.WorkflowID)}
	if err == nil {
		s.countNow(ctx, b)
	}
	return b, err
}

// countNow fills in how the orders stand now of a backfill that is under way. A dry run brings none; of one that has ended the record tells, and of one that takes
// long to count.
func (s *server) countNow(ctx context.Context, b *Backfill) {
	if b.State != running || b.Progress == nil || b.Progress.DryRun {
		s.tally.forget(b.recordID())
		return
	}
	b.Now = s.tally.of(ctx, b.Instance, b.recordID())
}

// knownBackfill fills in what Temporal knows: of one that runs its own answer, of others the record.
func (s *server) knownBackfill(ctx context.Context, b *Backfill, info *workflowpb.WorkflowExecutionInfo) error {
	b.ID, b.State, b.StartedAt = info.GetFirstRunId(), stateOf(info.GetStatus()), info.GetStartTime().AsTime()
	b.historyID = info.GetExecution().GetRunId()
	if b.State != running {
		ended := info.GetCloseTime().AsTime()
		b.EndedAt = &ended
	} else if run, err := s.askBackfill(ctx, b.WorkflowID); err == nil {
		b.show(run)
		return s.showMove(ctx, b)
	}
	run, err := s.store.GetRun(ctx, b.recordID())
	if errors.Is(err, store.ErrNotFound) {
		return nil // nothing is written down yet
	}
	if err != nil {
		return partDown(err, "store")
	}
	b.show(*run)
	return nil
}

// showMove fills in when it got on last, which the record alone tells.
func (s *server) showMove(ctx context.Context, b *Backfill) error {
	run, err := s.store.GetRun(ctx, b.recordID())
	if errors.Is(err, store.ErrNotFound) || err == nil && run.Backfill == nil {
		return nil // nothing is written down yet
	}
	if err != nil {
		return partDown(err, "store")
	}
	b.Progress.MovedAt = run.Backfill.LastMoved()
	return nil
}

// askBackfill asks a backfill that runs for its progress.
func (s *server) askBackfill(ctx context.Context, workflowID string) (run store.Run, err error) {
	ctx, cancel := context.WithTimeout(ctx, progressLimit)
	defer cancel()
	answer, err := s.temporal.QueryWorkflow(ctx, workflowID, "", workflows.ProgressQuery)
	if err == nil {
		err = answer.Get(&run)
	}
	if err == nil && run.Backfill == nil {
		err = errors.New("the answer tells no progress")
	}
	return run, err
}

// recordedBackfill fills in what the store keeps.
func (s *server) recordedBackfill(ctx context.Context, b *Backfill) error {
	run, err := s.store.GetRun(ctx, b.recordID())
	if b.ID == latestBackfill {
		run, err = s.store.LatestRun(ctx, b.WorkflowID)
	}
	if errors.Is(err, store.ErrNotFound) {
		return backfillNotFound.problem(fmt.Sprintf("There is no backfill %q of the instance %q. Check id and instance, or start one: POST /api/v1/backfills.", b.ID, b.Instance))
	}
	if err != nil {
		return partDown(err, "store")
	}
	b.ID, b.State, b.EndedAt = run.RunID, stopped, run.EndedAt
	switch {
	case run.WasCancelled():
		b.State = cancelled
	case run.EndedAt != nil && !run.WasReleased():
		b.State = completed
	}
	b.show(*run)
	return nil
}

// show fills in the record.
func (b *Backfill) show(run store.Run) {
	b.StartedAt, b.Counts, b.Progress, b.Errors, b.open = run.StartedAt.UTC(), &run.Counts, run.Backfill, run.Errors, run.EndedAt == nil
}
