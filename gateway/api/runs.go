package api

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"go.temporal.io/sdk/client"

	"datawald/store"
	"datawald/watch"
)

func (s *server) routeRuns() {
	route(s, huma.Operation{OperationID: "list-runs", Method: http.MethodGet, Path: "/api/v1/runs", Tags: []string{"runs"},
		Summary: "The runs of an instance, newest first, and those that are under way",
		Description: "`runs` are those on record: of the schedule, resyncs, retries, hints of the shop, backfills. Runs of the schedule that found nothing to do share one " +
			"record, the latest. `under_way` is what Temporal says is running; it comes with the first page, and `under_way_known` is false when Temporal does " +
			"not answer."}, s.listRuns)
	route(s, huma.Operation{OperationID: "get-run", Method: http.MethodGet, Path: "/api/v1/runs/{id}", Tags: []string{"runs"},
		Summary: "One run: its counts, its errors, and where it is in Temporal", Errors: []int{http.StatusNotFound}}, s.getRun)
}

// kindParam is the kind of a run as a parameter.
type kindParam string

// Schema lists the kinds of package store.
func (kindParam) Schema(huma.Registry) *huma.Schema {
	s := &huma.Schema{Type: huma.TypeString}
	for _, k := range store.RunKinds() {
		s.Enum = append(s.Enum, k)
	}
	return s
}

type listRunsInput struct {
	Instance string    `query:"instance" doc:"The instance; may be left out where there is only one" example:"main"`
	Kind     kindParam `query:"kind" doc:"Runs of this kind: sync (of the schedule), resync, retry (of orders as they are staged), hint (the shop spoke of orders), backfill, reconcile (the books are compared)"`
	From     string    `query:"from" doc:"Begun at this time or later: RFC 3339, or a day (UTC)" example:"2026-11-01"`
	To       string    `query:"to" doc:"Begun before this time (RFC 3339), or up to the end of this day (UTC)" example:"2026-11-30"`
	Limit    int       `query:"limit" minimum:"1" maximum:"200" default:"50" doc:"Runs per page"`
	Cursor   string    `query:"cursor" maxLength:"1000" doc:"\"next\" of the page before"`
}

type listRunsOutput struct{ Body RunList }

// RunList is a page of runs.
type RunList struct {
	Runs          []RunSummary `json:"runs" nullable:"false"`
	Next          string       `json:"next,omitempty" doc:"Cursor of the next page; absent on the last one"`
	UnderWay      []RunSummary `json:"under_way" nullable:"false" doc:"Runs that are under way, of the kind that was asked for"`
	UnderWayKnown bool         `json:"under_way_known" doc:"False on later pages, and when Temporal does not answer"`
}

// RunSummary is one run over many orders.
type RunSummary struct {
	ID         string      `json:"id" doc:"As GET /api/v1/runs/{id} takes it" example:"resync-orders:main:20261123T164736042Z-9f3a7c21~01931f0e-5b1c-7d63-9a51-6f2f3c1d8e77"`
	Kind       string      `json:"kind" enum:"sync,resync,retry,hint,backfill,reconcile" doc:"What began it"`
	Instance   string      `json:"instance"`
	WorkflowID string      `json:"workflow_id"`
	RunID      string      `json:"run_id" doc:"The first run of its chain in Temporal"`
	State      resyncState `json:"state" doc:"completed means that it ran to its end, not that every order is posted"`
	StartedAt  time.Time   `json:"started_at"`
	EndedAt    *time.Time  `json:"ended_at,omitempty"`
	// Shared is true for the one record of all runs that found nothing to do.
	Shared bool          `json:"shared,omitempty" doc:"It found nothing to do, as others may have before: they share this record"`
	Counts *store.Counts `json:"counts,omitempty" doc:"What became of the orders; absent while nobody has written it down"`
	Errors []string      `json:"errors,omitempty" doc:"What went wrong on the way or ended it"`
	// QuietUntil is when orders are sent again, where the rules let none be sent during the run.
	QuietUntil *time.Time              `json:"quiet_until,omitempty" doc:"When orders are sent again, where the rules let none be sent during the run"`
	Backfill   *store.BackfillProgress `json:"backfill,omitempty" doc:"How far a backfill is, or came"`
	// Reconciliation is the account of one.
	Reconciliation *store.Reconciliation `json:"reconciliation,omitempty" doc:"The account of a reconciliation"`
	Links          Links                 `json:"links"`
}

// runPathID is the ID of a record as it stands in a path: workflow ID and run ID are joined by ~ instead of /. A run ID has neither.
func runPathID(id string) string {
	if at := strings.LastIndex(id, "/"); at >= 0 {
		return id[:at] + "~" + id[at+1:]
	}
	return id
}

// recordID undoes that.
func recordID(pathID string) string {
	if at := strings.LastIndex(pathID, "~"); at >= 0 {
		return pathID[:at] + "/" + pathID[at+1:]
	}
	return pathID
}

func runPath(pathID string) string { return "/api/v1/runs/" + url.PathEscape(pathID) }

// run is the page of one run in the Temporal UI.
func (l links) run(workflowID, runID string) string {
	page := l.workflow(workflowID)
	if page == "" || runID == "" {
		return page
	}
	return page + "/" + url.PathEscape(runID)
}

// runOf shows a record. That of a backfill which was never closed says running; whoever shows it asks Temporal.
func (s *server) runOf(r store.Run) RunSummary {
	id := runPathID(r.ID)
	shown := RunSummary{ID: id, Kind: r.Kind, Instance: r.Instance, WorkflowID: r.WorkflowID, RunID: r.RunID, State: completed, StartedAt: r.StartedAt.UTC(),
		EndedAt: r.EndedAt, Counts: &r.Counts, Errors: r.Errors, QuietUntil: r.QuietUntil, Backfill: r.Backfill, Reconciliation: r.Reconciliation,
		Shared: r.ID != r.WorkflowID+"/"+r.RunID, Links: Links{Self: runPath(id), Temporal: s.links.run(r.WorkflowID, r.RunID)}}
	switch {
	case r.EndedAt == nil:
		shown.State = running
	case r.WasCancelled():
		shown.State = cancelled
	case r.WasReleased():
		shown.State = stopped
	}
	return shown
}

func (s *server) listRuns(ctx context.Context, in *listRunsInput) (*listRunsOutput, error) {
	filter, err := s.runFilter(in)
	if err != nil {
		return nil, err
	}
	filter.Limit++ // one more tells whether there is a next page
	records, err := s.store.Runs(ctx, filter)
	if err != nil {
		return nil, partDown(err, "store")
	}
	out := RunList{UnderWay: []RunSummary{}, Runs: []RunSummary{}}
	if in.Cursor == "" {
		out.UnderWay, out.UnderWayKnown = s.liveRuns(ctx, filter.Instance, filter.Kind)
	}
	if len(records) > in.Limit {
		records = records[:in.Limit]
		last := records[in.Limit-1]
		out.Next = placeAt(last.StartedAt, last.ID)
	}
	living, over := s.living(ctx)
	defer over()
	living.silent = in.Cursor == "" && !out.UnderWayKnown
	for _, r := range records {
		shown := s.runOf(r)
		if shown.State == running && living.lacks(r) {
			shown.State = stopped
		}
		out.Runs = append(out.Runs, shown)
	}
	return &listRunsOutput{Body: out}, nil
}

// living asks Temporal which runs are under way, for one page: each workflow once, and nothing more after the first that it does not tell.
type living struct {
	temporal client.Client
	// ctx bounds all questions together.
	ctx    context.Context
	runs   map[string]string
	silent bool
}

// living is for one page; over ends it.
func (s *server) living(ctx context.Context) (l *living, over func()) {
	ctx, over = context.WithTimeout(ctx, temporalTime)
	return &living{temporal: s.temporal, ctx: ctx, runs: map[string]string{}}, over
}

// lacks reports whether a record that was never closed is of a run that Temporal has no longer under way.
func (l *living) lacks(r store.Run) bool {
	run, asked := l.runs[r.WorkflowID]
	if !asked && !l.silent {
		var err error
		run, err = watch.Living(l.ctx, l.temporal, r.WorkflowID)
		l.runs[r.WorkflowID], l.silent = run, err != nil
	}
	return !l.silent && run != r.RunID
}

func (s *server) runFilter(in *listRunsInput) (f store.RunFilter, err error) {
	f = store.RunFilter{Kind: string(in.Kind), Limit: in.Limit}
	if f.Instance, err = s.instance(in.Instance); err != nil {
		return f, err
	}
	if f.From, err = moment("query.from", in.From, 0); err != nil {
		return f, err
	}
	if f.To, err = moment("query.to", in.To, 1); err != nil {
		return f, err
	}
	if !f.From.IsZero() && !f.To.IsZero() && !f.From.Before(f.To) {
		return f, invalid("query.to", "lies before from")
	}
	if in.Cursor != "" {
		at, name, err := placeOf(in.Cursor)
		if err != nil {
			return f, invalid("query.cursor", "is not one of this list; leave it out to begin with the newest run")
		}
		f.After = &store.RunPosition{StartedAt: at, ID: name}
	}
	return f, nil
}

type getRunInput struct {
	ID string `path:"id" maxLength:"600" doc:"The run's id: its workflow ID and run ID, joined by ~" example:"sync-orders:main-2026-11-30T12:00:00Z~01931f0e-5b1c-7d63-9a51-6f2f3c1d8e77"`
}

type getRunOutput struct{ Body RunSummary }

func (s *server) getRun(ctx context.Context, in *getRunInput) (*getRunOutput, error) {
	id := recordID(unescape(in.ID))
	record, err := s.store.GetRun(ctx, id)
	if errors.Is(err, store.ErrNotFound) {
		return s.liveRun(ctx, id)
	}
	if err != nil {
		return nil, partDown(err, "store")
	}
	if _, err := s.instance(record.Instance); err != nil {
		return nil, s.noRun(id)
	}
	living, over := s.living(ctx)
	defer over()
	shown := s.runOf(*record)
	if shown.State == running && living.lacks(*record) {
		shown.State = stopped
	}
	return &getRunOutput{Body: shown}, nil
}

func (s *server) noRun(id string) *Problem {
	return runNotFound.problem(fmt.Sprintf("There is no record of the run %q, and Temporal does not know it. GET /api/v1/runs lists those there are.", runPathID(id)))
}
