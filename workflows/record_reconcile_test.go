package workflows_test

import (
	"context"
	"time"

	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/temporal"

	"datawald/activities"
	"datawald/store"
	"datawald/workflows"
)

// audit is what a scene's reconciliation comes upon.
type audit struct {
	// pages are how many pages the window has, and missing is how many orders B1 lacks on each.
	pages, missing int64
	// older is how many orders from before the window it lacks.
	older int64
	// trouble is what a page meets the first time.
	trouble map[int64]func() (*activities.ReconcileOrdersResult, error)
	met     map[int64]bool
}

// scenesOfReconcile are of reconciliations.
var scenesOfReconcile = []scene{
	{name: "reconcile", play: func(s *stage) { // it waits for the quiet hours and for Magento, and then mends
		s.audit = audit{pages: 3, missing: 1, trouble: map[int64]func() (*activities.ReconcileOrdersResult, error){
			1: func() (*activities.ReconcileOrdersResult, error) {
				return &activities.ReconcileOrdersResult{Next: 1, QuietUntil: new(time.Now().UTC().Add(3 * time.Second))}, nil
			},
			2: func() (*activities.ReconcileOrdersResult, error) {
				return nil, temporal.NewNonRetryableApplicationError("magento: GET orders: HTTP 503", activities.TypeRefused, nil)
			},
		}}
		s.keep(s.reconcile(workflows.ReconcileInput{Days: 35, Heal: true}))
	}},
	{name: "reconcile-too-many", play: func(s *stage) {
		s.audit = audit{pages: 2, missing: 2}
		s.keep(s.reconcile(workflows.ReconcileInput{From: november.From, To: november.To, Heal: true, Most: 3}))
	}},
	{name: "reconcile-too-many-older", play: func(s *stage) { // too much only with what is found of older orders
		s.audit = audit{pages: 2, missing: 1, older: 4}
		s.keep(s.reconcile(workflows.ReconcileInput{Days: 35, Heal: true, Most: 5}))
	}},
	{name: "reconcile-told", play: func(s *stage) { // nothing is to be mended
		s.audit = audit{pages: 1, missing: 2}
		s.keep(s.reconcile(workflows.ReconcileInput{Days: 1}))
	}},
	{name: "reconcile-long", small: true, play: func(s *stage) { // in several histories
		s.audit = audit{pages: 40, missing: 1}
		s.keep(s.reconcile(workflows.ReconcileInput{Days: 35, Heal: true}))
	}},
	{name: "reconcile-busy", play: func(s *stage) { // another is under way
		s.audit = audit{pages: -1}
		s.keep(s.reconcile(workflows.ReconcileInput{Days: 35, Heal: true}))
	}},
}

func (s *stage) reconcile(in workflows.ReconcileInput) client.WorkflowRun {
	s.t.Helper()
	in.Instance, in.Actor = s.instance, "schedule"
	return s.begin(workflows.ReconcileID(s.instance), "Reconcile", in)
}

// BeginReconcile finds another under way where there are no pages.
func (s *stage) BeginReconcile(context.Context, store.Run) (*activities.BeginReconcileResult, error) {
	if s.audit.pages < 0 {
		return &activities.BeginReconcileResult{Busy: "another"}, nil
	}
	return &activities.BeginReconcileResult{Posted: 10 * s.audit.pages, Settle: time.Second}, nil
}

// ReconcileOrders gives the next page.
func (s *stage) ReconcileOrders(_ context.Context, in activities.ReconcileOrdersInput) (*activities.ReconcileOrdersResult, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if trouble := s.audit.trouble[in.After]; trouble != nil && !s.audit.met[in.After] {
		if s.audit.met == nil {
			s.audit.met = map[int64]bool{}
		}
		s.audit.met[in.After] = true
		return trouble()
	}
	return &activities.ReconcileOrdersResult{Next: in.After + 1, Done: in.After+1 >= s.audit.pages, Total: 10 * (s.audit.pages - in.After),
		Lines: map[store.AccountLine]int64{store.LineInB1: 10 - s.audit.missing, store.AccountLine(store.FindMissingInB1): s.audit.missing}}, nil
}

// RecheckFindings finds older orders that B1 lacks, and that a finding of an earlier reconciliation is over.
func (s *stage) RecheckFindings(context.Context, activities.RecheckFindingsInput) (*activities.RecheckFindingsResult, error) {
	return &activities.RecheckFindingsResult{Done: true, Resolved: 1, Posted: 10, Curable: map[store.FindingKind]int64{store.FindMissingInB1: s.audit.missing*s.audit.pages + s.audit.older}}, nil
}

// HealFindings mends all.
func (s *stage) HealFindings(context.Context, activities.HealFindingsInput) (*activities.HealFindingsResult, error) {
	return &activities.HealFindingsResult{Done: true, Healed: map[store.FindingKind]int64{store.FindMissingInB1: s.audit.missing * s.audit.pages}}, nil
}

// NoteTooMany, NoteReconcile and EndReconcile write nothing.
func (s *stage) NoteTooMany(context.Context, activities.NoteTooManyInput) error { return nil }

func (s *stage) NoteReconcile(context.Context, store.Run) error { return nil }

func (s *stage) EndReconcile(_ context.Context, in activities.EndReconcileInput) (*store.Run, error) {
	in.Run.EndedAt = new(in.Run.StartedAt.Add(time.Minute))
	return &in.Run, nil
}
