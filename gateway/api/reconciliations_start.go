package api

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/url"
	"time"

	"go.temporal.io/api/serviceerror"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/temporal"

	"datawald/watch"
	"datawald/workflows"
)

type startReconciliationInput struct{ Body ReconciliationRequest }

// ReconciliationRequest says which orders are compared.
type ReconciliationRequest struct {
	Instance string     `json:"instance,omitempty" doc:"The instance; may be left out where there is only one" example:"main"`
	From     *time.Time `json:"from,omitempty" doc:"Orders placed at this moment or later; RECONCILE_DAYS ago when left out, 35 days where that is 0" example:"2026-11-01T00:00:00Z"`
	To       *time.Time `json:"to,omitempty" doc:"Orders placed before this moment; those of five minutes ago when left out"`
	Heal     bool       `json:"heal,omitempty" doc:"Mend what can be mended: what the store lacks is staged, what B1 has lost is sent anew"`
	Force    bool       `json:"force,omitempty" doc:"With heal: mend although so much is missing that it may be another company (too_many_missing)"`
}

// Audit names the window, and what is mended.
func (in *startReconciliationInput) Audit() (target, why string) {
	var what []string
	for _, bound := range []struct {
		name string
		at   *time.Time
	}{{"from", in.Body.From}, {"to", in.Body.To}} {
		if bound.at != nil {
			what = append(what, bound.name+" "+bound.at.UTC().Format(time.RFC3339))
		}
	}
	if in.Body.Heal {
		what = append(what, "heal")
	}
	if in.Body.Force {
		what = append(what, "force")
	}
	return instanceAnd(in.Body.Instance, what), ""
}

// OfInstance is the instance that was named.
func (in *startReconciliationInput) OfInstance() string { return in.Body.Instance }

type startReconciliationOutput struct {
	Location string `header:"Location"`
	Body     StartedReconciliation
}

// StartedReconciliation says where to watch a reconciliation.
type StartedReconciliation struct {
	ID         string `json:"id" example:"reconcile:main~01931f0e-5b1c-7d63-9a51-6f2f3c1d8e77"`
	WorkflowID string `json:"workflow_id" example:"reconcile:main"`
	Location   string `json:"location" doc:"Where its account is, once something is written down"`
	Links      Links  `json:"links"`
}

func (s *server) startReconciliation(ctx context.Context, in *startReconciliationInput) (*startReconciliationOutput, error) {
	request, err := s.reconcileRequest(ctx, in.Body)
	if err != nil {
		return nil, err
	}
	if err := s.noReconciliation(ctx, request.Instance); err != nil {
		return nil, err
	}
	if err := s.isTakenUp(ctx); err != nil {
		return nil, err
	}
	var run client.WorkflowRun
	err = s.labels.Start(ctx, request.Instance, workflows.SourceReconcile, func(labels temporal.SearchAttributes) (err error) {
		run, err = workflows.StartReconcile(ctx, s.temporal, s.settings.TaskQueue, labels, request)
		return err
	})
	if _, under := errors.AsType[*serviceerror.WorkflowExecutionAlreadyStarted](err); under {
		return nil, reconciliationUnderWay(request.Instance)
	}
	if err != nil {
		return nil, partDown(err, "temporal")
	}
	id := runPathID(run.GetID() + "/" + run.GetRunID())
	at := reconciliationPath(id, request.Instance)
	return &startReconciliationOutput{Location: at, Body: StartedReconciliation{ID: id, WorkflowID: run.GetID(), Location: at,
		Links: Links{Self: at, Temporal: s.links.run(run.GetID(), run.GetRunID())}}}, nil
}

// noReconciliation refuses while one of the schedule is under way: a second one would end at once.
func (s *server) noReconciliation(ctx context.Context, instance string) error {
	status, err := s.store.ReconciliationOf(ctx, instance)
	if err != nil {
		return partDown(err, "store")
	}
	if status.Running == nil {
		return nil
	}
	asking, cancel := context.WithTimeout(ctx, temporalTime)
	defer cancel()
	lives, err := watch.Lives(asking, s.temporal, status.Running.WorkflowID)
	if err != nil {
		return partDown(err, "temporal")
	}
	if lives {
		return reconciliationUnderWay(instance)
	}
	// It was terminated, and cannot say so itself.
	if err := s.store.LeaveReconciliation(ctx, instance, status.Running.ID); err != nil {
		return partDown(err, "store")
	}
	return nil
}

func reconciliationUnderWay(instance string) *Problem {
	return reconciliationRuns.problem(fmt.Sprintf("Watch it: GET %s?%s. Begin another when it has ended.", reconciliationsPath, url.Values{"instance": {instance}}.Encode()))
}

// reconcileRequest checks what was asked.
func (s *server) reconcileRequest(ctx context.Context, body ReconciliationRequest) (r workflows.ReconcileInput, err error) {
	if r.Instance, err = s.instance(body.Instance); err != nil {
		return r, err
	}
	r.Actor, r.Heal, r.Force = actorOf(ctx), body.Heal, body.Force
	if body.From != nil {
		r.From = body.From.UTC()
	}
	if body.To != nil {
		r.To = body.To.UTC()
	}
	if r.From.IsZero() {
		r.Days = cmp.Or(s.settings.ReconcileDays, workflows.DefaultReconcileDays)
	}
	r.Most = s.settings.ReconcileMostMissing
	r.Narrow(s.settings.ReconcileDays, time.Now())
	var faults []Fault
	if r.From.After(time.Now()) {
		faults = append(faults, Fault{Location: "body.from", Message: "lies in the future"})
	}
	if err := r.Validate(); err != nil {
		for _, one := range unjoined(err) {
			faults = append(faults, Fault{Location: "body", Message: one.Error()})
		}
	}
	return r, invalidAll(faults)
}

// unjoined takes apart what errors.Join has put together.
func unjoined(err error) []error {
	if joined, ok := err.(interface{ Unwrap() []error }); ok {
		return joined.Unwrap()
	}
	return []error{err}
}
