package api

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"datawald/store"
)

// reconciliationsPath is where the reconciliations are.
const reconciliationsPath = "/api/v1/reconciliations"

// latestReconciliation is the id of the latest one that has compared its whole window; of the latest that is under way, when none has.
const latestReconciliation = "latest"

func (s *server) routeReconciliations() {
	route(s, huma.Operation{OperationID: "list-reconciliations", Method: http.MethodGet, Path: reconciliationsPath, Tags: []string{"reconciliations"},
		Summary: "Reconciliations of an instance, newest first, and how many findings are open",
		Description: "Each has its account: every order that Magento has in the window stands in exactly one of `lines`. `open` counts the findings that wait for a person, " +
			"`healed` those that were mended and that no later reconciliation has confirmed yet."}, s.listReconciliations)
	route(s, huma.Operation{OperationID: "get-reconciliation", Method: http.MethodGet, Path: reconciliationsPath + "/{id}", Tags: []string{"reconciliations"},
		Summary: "One reconciliation: its account, and what it found",
		Description: "`findings` are those that it was the latest to see, the orders that were placed first in front; with `open` all that wait for a person, whichever " +
			"reconciliation saw them last. `latest` stands for the latest that has compared its whole window; where none has, for one that is under way, and with `open` for the newest of all.",
		Errors: []int{http.StatusNotFound}}, s.getReconciliation)
	route(s, huma.Operation{OperationID: "start-reconciliation", Method: http.MethodPost, Path: reconciliationsPath, Tags: []string{"reconciliations"},
		Summary:       "Compare Magento's orders with the store and B1 now",
		Description:   "One at a time: the answer is 409 while one is under way. It stands behind orders wherever B1 is asked, and waits through outages and quiet hours.",
		DefaultStatus: http.StatusAccepted, Errors: []int{http.StatusConflict}}, s.startReconciliation)
}

// ReconciliationSummary is one reconciliation.
type ReconciliationSummary struct {
	ID         string      `json:"id" doc:"As GET /api/v1/reconciliations/{id} takes it" example:"reconcile:main~01931f0e-5b1c-7d63-9a51-6f2f3c1d8e77"`
	Instance   string      `json:"instance"`
	WorkflowID string      `json:"workflow_id"`
	State      resyncState `json:"state" doc:"completed means that it ran to its end, not that all agrees"`
	StartedAt  time.Time   `json:"started_at"`
	EndedAt    *time.Time  `json:"ended_at,omitempty"`
	// Account is nil while nobody has written it down.
	Account *store.Reconciliation `json:"account,omitempty" doc:"The orders of the window by line; the sum of lines is orders"`
	Errors  []string              `json:"errors,omitempty"`
	Links   Links                 `json:"links"`
}

// ReconciliationList is a page of reconciliations.
type ReconciliationList struct {
	Reconciliations []ReconciliationSummary     `json:"reconciliations" nullable:"false"`
	Next            string                      `json:"next,omitempty" doc:"Cursor of the next page; absent on the last one"`
	Open            map[store.FindingKind]int64 `json:"open" doc:"Findings that wait for a person, by kind; every kind is there"`
	Healed          map[store.FindingKind]int64 `json:"healed" doc:"Findings that were mended and that no later reconciliation has confirmed yet, by kind"`
}

// ReconciliationDetail is one reconciliation with a page of what it found.
type ReconciliationDetail struct {
	ReconciliationSummary
	Findings []ReconciliationFinding     `json:"findings" nullable:"false"`
	Next     string                      `json:"next,omitempty" doc:"Cursor of the next page of findings; absent on the last one"`
	Open     map[store.FindingKind]int64 `json:"open" doc:"Findings of the instance that wait for a person, by kind; every kind is there"`
	Healed   map[store.FindingKind]int64 `json:"healed" doc:"Findings of the instance that were mended and not confirmed yet, by kind"`
	// Seen is what Findings lists without Open; what the account counts beyond it, later ones have seen again.
	Seen map[store.FindingKind]int64 `json:"seen" doc:"Findings that no later reconciliation has seen again, by kind; kinds without are left out"`
}

// ReconciliationFinding is a finding with the order that it is about.
type ReconciliationFinding struct {
	store.Finding
	Links Links `json:"links" doc:"self is the order; absent where it is about none"`
}

// findingParam is a kind of findings as a parameter.
type findingParam string

// Schema lists the kinds of package store.
func (findingParam) Schema(huma.Registry) *huma.Schema {
	s := &huma.Schema{Type: huma.TypeString}
	for _, k := range store.FindingKinds() {
		s.Enum = append(s.Enum, string(k))
	}
	return s
}

type listReconciliationsInput struct {
	Instance string `query:"instance" doc:"The instance; may be left out where there is only one" example:"main"`
	Limit    int    `query:"limit" minimum:"1" maximum:"200" default:"20" doc:"Reconciliations per page"`
	Cursor   string `query:"cursor" maxLength:"1000" doc:"\"next\" of the page before"`
}

type listReconciliationsOutput struct{ Body ReconciliationList }

func (s *server) listReconciliations(ctx context.Context, in *listReconciliationsInput) (*listReconciliationsOutput, error) {
	filter, err := s.runFilter(&listRunsInput{Instance: in.Instance, Kind: store.KindReconcile, Limit: in.Limit, Cursor: in.Cursor})
	if err != nil {
		return nil, err
	}
	filter.Limit++ // one more tells whether there is a next page
	records, err := s.store.Runs(ctx, filter)
	if err != nil {
		return nil, partDown(err, "store")
	}
	out := ReconciliationList{Reconciliations: []ReconciliationSummary{}}
	if len(records) > in.Limit {
		records = records[:in.Limit]
		last := records[in.Limit-1]
		out.Next = placeAt(last.StartedAt, last.ID)
	}
	living, over := s.living(ctx)
	defer over()
	for _, r := range records {
		out.Reconciliations = append(out.Reconciliations, s.reconciliationOf(living, r))
	}
	if out.Open, out.Healed, err = s.store.CountFindings(ctx, filter.Instance); err != nil {
		return nil, partDown(err, "store")
	}
	return &listReconciliationsOutput{Body: out}, nil
}

// reconciliationOf shows a record. Of one that was never closed Temporal is asked whether it is under way.
func (s *server) reconciliationOf(living *living, r store.Run) ReconciliationSummary {
	run := s.runOf(r)
	if run.State == running && living.lacks(r) {
		run.State = stopped
	}
	return ReconciliationSummary{ID: run.ID, Instance: run.Instance, WorkflowID: run.WorkflowID, State: run.State, StartedAt: run.StartedAt, EndedAt: run.EndedAt,
		Account: r.Reconciliation, Errors: run.Errors, Links: Links{Self: reconciliationPath(run.ID, run.Instance), Temporal: run.Links.Temporal}}
}

func reconciliationPath(id, instance string) string {
	return reconciliationsPath + "/" + url.PathEscape(id) + "?" + url.Values{"instance": {instance}}.Encode()
}

type getReconciliationInput struct {
	ID       string       `path:"id" maxLength:"600" doc:"The id that the list and starting it give, or latest" example:"latest"`
	Instance string       `query:"instance" doc:"The instance; may be left out where there is only one" example:"main"`
	Kind     findingParam `query:"kind" doc:"Findings of this kind"`
	Open     bool         `query:"open" doc:"true for all findings of the instance that wait for a person, whichever reconciliation saw them last"`
	Limit    int          `query:"limit" minimum:"1" maximum:"500" default:"50" doc:"Findings per page"`
	Cursor   string       `query:"cursor" maxLength:"1000" doc:"\"next\" of the page before"`
}

type getReconciliationOutput struct{ Body ReconciliationDetail }

func (s *server) getReconciliation(ctx context.Context, in *getReconciliationInput) (*getReconciliationOutput, error) {
	instance, err := s.instance(in.Instance)
	if err != nil {
		return nil, err
	}
	run, err := s.reconciliation(ctx, instance, unescape(in.ID), in.Open)
	if err != nil {
		return nil, err
	}
	living, over := s.living(ctx)
	defer over()
	out := ReconciliationDetail{ReconciliationSummary: s.reconciliationOf(living, *run), Findings: []ReconciliationFinding{}}
	filter := store.FindingFilter{Instance: instance, Kind: store.FindingKind(in.Kind), Limit: in.Limit + 1}
	if filter.Unhealed = in.Open; !in.Open {
		filter.Run = run.ID
	}
	if in.Cursor != "" {
		if _, filter.After, err = placeOf(in.Cursor); err != nil {
			return nil, invalid("query.cursor", "is not one of this list; leave it out to begin with the first finding")
		}
	}
	findings, err := s.store.Findings(ctx, filter)
	if err != nil {
		return nil, partDown(err, "store")
	}
	if len(findings) > in.Limit {
		findings = findings[:in.Limit]
		last := findings[in.Limit-1]
		out.Next = placeAt(last.LastSeen, last.Place)
	}
	for _, f := range findings {
		found := ReconciliationFinding{Finding: f}
		if f.Key != "" {
			found.Links = s.links.order(f.Key)
		}
		out.Findings = append(out.Findings, found)
	}
	if out.Open, out.Healed, err = s.store.CountFindings(ctx, instance); err != nil {
		return nil, partDown(err, "store")
	}
	if out.Seen, err = s.store.CountLatest(ctx, instance, run.ID); err != nil {
		return nil, partDown(err, "store")
	}
	return &getReconciliationOutput{Body: out}, nil
}

// reconciliation reads the record of one, or of the latest. any is true where one that has not compared its whole window will do, when none has.
func (s *server) reconciliation(ctx context.Context, instance, id string, any bool) (*store.Run, error) {
	none := reconciliationNotFound.problem(fmt.Sprintf("There is no reconciliation %q of the instance %s, or it has written nothing down yet. GET %s lists those there are; POST there begins one.",
		id, instance, reconciliationsPath))
	if id != latestReconciliation {
		run, err := s.store.GetRun(ctx, recordID(id))
		if errors.Is(err, store.ErrNotFound) || err == nil && (run.Instance != instance || run.Kind != store.KindReconcile) {
			return nil, none
		}
		if err != nil {
			return nil, partDown(err, "store")
		}
		return run, nil
	}
	status, err := s.store.ReconciliationOf(ctx, instance)
	switch {
	case err != nil:
		return nil, partDown(err, "store")
	case status.Latest != nil:
		return status.Latest, nil
	case status.Running != nil:
		return status.Running, nil
	case !any:
		return nil, none
	}
	newest, err := s.store.Runs(ctx, store.RunFilter{Instance: instance, Kind: store.KindReconcile, Limit: 1})
	if err != nil {
		return nil, partDown(err, "store")
	}
	if len(newest) == 0 {
		return nil, none
	}
	return &newest[0], nil
}

// ReconciliationBrief says in short how the books of an instance stand.
type ReconciliationBrief struct {
	EndedAt *time.Time `json:"ended_at,omitempty" doc:"When the latest that compared its whole window came to its end"`
	Orders  int64      `json:"orders" doc:"How many orders that one compared"`
	Open    int64      `json:"open" doc:"Findings that wait for a person"`
	// NotShown are in no account: all does not agree while there are any.
	NotShown int64 `json:"not_shown,omitempty" doc:"Orders that Magento counted and did not show to that one"`
	Running  bool  `json:"running,omitempty" doc:"One is under way, as far as the store knows"`
	// Compared is how many orders that one has compared.
	Compared int64 `json:"compared,omitempty" doc:"How many orders the one that is under way has compared"`
}

func briefOf(books *store.ReconciliationStatus) *ReconciliationBrief {
	if books.Latest == nil && books.Running == nil {
		return nil
	}
	brief := &ReconciliationBrief{Running: books.Running != nil}
	for _, n := range books.ForPerson {
		brief.Open += n
	}
	if books.Running != nil && books.Running.Reconciliation != nil {
		brief.Compared = books.Running.Reconciliation.Orders
	}
	if books.Latest != nil {
		brief.EndedAt, brief.Orders, brief.NotShown = books.Latest.EndedAt, books.Latest.Reconciliation.Orders, books.Latest.Reconciliation.NotShown()
	}
	return brief
}
