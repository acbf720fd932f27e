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

	"datawald/store"
	"datawald/watch"
	"datawald/workflows"
)

// schedulePaths begins the paths of what is done to a schedule.
const schedulePaths = "/api/v1/schedule/"

// syncLimit is how long the start of a run may take, less than a request may.
const syncLimit = 12 * time.Second

// steerLimit is how long Temporal may take to pause a schedule or to let it go on.
const steerLimit = 10 * time.Second

// recentRuns is how many of the last runs of a schedule are shown with it.
const recentRuns = 5

func (s *server) routeSchedule() {
	changing := []int{http.StatusNotFound, http.StatusConflict}
	route(s, huma.Operation{OperationID: "get-schedule", Method: http.MethodGet, Path: "/api/v1/schedule", Tags: []string{"schedule"},
		Summary: "How the schedule of an instance does: on or paused, when it runs next, what became of its last runs",
		Description: "`state`, `note`, `next_run`, `running_since`, `skipped` and `missed` are Temporal's; `unknown` says that it does not answer. `late` with " +
			"`cause` and `advice` says what is wrong when no run has read Magento for long. `runs` are the latest sync runs, newest first."}, s.getSchedule)
	route(s, huma.Operation{OperationID: "sync-now", Method: http.MethodPost, Path: "/api/v1/schedule/sync", Tags: []string{"schedule"},
		Summary: "Start a sync run now",
		Description: "Makes the schedule fire, even while it is paused. Two runs of an instance never work at once: when one is under way nothing is started, " +
			"`started` is false, and the answer names that run. Refused while no worker takes up runs. The body may be left out where there is only one instance.",
		DefaultStatus: http.StatusAccepted, Errors: changing}, s.syncNow)
	route(s, huma.Operation{OperationID: "pause-schedule", Method: http.MethodPost, Path: "/api/v1/schedule/pause", Tags: []string{"schedule"},
		Summary: "Let the schedule start no more runs",
		Description: "A run that is under way comes to its end. Orders wait in Magento meanwhile; none is lost. The note of the schedule says who paused it and why. " +
			"The answer is 409 when it is paused already.",
		Errors: changing}, s.pauseSchedule)
	route(s, huma.Operation{OperationID: "resume-schedule", Method: http.MethodPost, Path: "/api/v1/schedule/resume", Tags: []string{"schedule"},
		Summary:     "Let a paused schedule go on",
		Description: "The answer is 409 when it is not paused. The body may be left out where there is only one instance.", Errors: changing}, s.resumeSchedule)
}

// ScheduleDetail is how a schedule does, with its last runs.
type ScheduleDetail struct {
	watch.Schedule
	Instance string      `json:"instance"`
	NextRuns []time.Time `json:"next_runs" nullable:"false" doc:"When the next runs are due, ten at most; none while it is not on"`
	// Advice says what becomes of the orders and what to do, for Cause, Orders and Backfill in that order.
	Advice []string     `json:"advice,omitempty" doc:"What to do, for each thing that is wrong"`
	Runs   []RunSummary `json:"runs" nullable:"false" doc:"The latest sync runs that are on record, newest first"`
	Links  Links        `json:"links"`
}

type scheduleOutput struct{ Body ScheduleDetail }

func (s *server) getSchedule(ctx context.Context, in *statusInput) (*scheduleOutput, error) {
	instance, err := s.instance(in.Instance)
	if err != nil {
		return nil, err
	}
	return s.schedule(ctx, instance)
}

func (s *server) schedule(ctx context.Context, instance string) (*scheduleOutput, error) {
	seen, err := s.sight().Look(ctx, instance)
	if err != nil {
		return nil, partDown(err, "store")
	}
	runs, err := s.store.Runs(ctx, store.RunFilter{Instance: instance, Kind: store.KindSync, Limit: recentRuns})
	if err != nil {
		return nil, partDown(err, "store")
	}
	out := ScheduleDetail{Schedule: *seen, Instance: instance, Links: Links{Self: "/api/v1/schedule?instance=" + instance, Temporal: s.links.schedule(instance)}}
	out.NextRuns = []time.Time{}
	for _, due := range seen.Upcoming() {
		out.NextRuns = append(out.NextRuns, due.UTC())
	}
	for _, cause := range []string{seen.Cause, seen.Orders, seen.Backfill} {
		if cause != "" {
			out.Advice = append(out.Advice, watch.Alarm(cause, instance))
		}
	}
	out.Runs = make([]RunSummary, len(runs))
	for n, r := range runs {
		out.Runs[n] = s.runOf(r)
	}
	return &scheduleOutput{Body: out}, nil
}

// optionally is a body that may be left out where there is only one instance.
func optionally[T any](body *T) T {
	if body == nil {
		return *new(T)
	}
	return *body
}

type syncInput struct{ Body *SyncRequest }

// SyncRequest asks for a run now.
type SyncRequest struct {
	Instance string `json:"instance,omitempty" doc:"The instance; may be left out where there is only one" example:"main"`
}

// Audit names what is acted upon.
func (in *syncInput) Audit() (target, why string) { return optionally(in.Body).Instance, "" }

type syncOutput struct {
	Location string `header:"Location"`
	Body     StartedSync
}

// StartedSync says which run works now.
type StartedSync struct {
	Started    bool   `json:"started" doc:"False when a run was under way already: that one is named"`
	ID         string `json:"id" doc:"The run, as GET /api/v1/runs/{id} takes it" example:"sync-orders:main-2026-11-30T12:00:00Z~01931f0e-5b1c-7d63-9a51-6f2f3c1d8e77"`
	WorkflowID string `json:"workflow_id" example:"sync-orders:main-2026-11-30T12:00:00Z"`
	Location   string `json:"location" doc:"Where the run is"`
	Links      Links  `json:"links"`
}

func (s *server) syncNow(ctx context.Context, in *syncInput) (*syncOutput, error) {
	instance, err := s.instance(optionally(in.Body).Instance)
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(ctx, syncLimit)
	defer cancel()
	if err := s.isTakenUp(ctx); err != nil {
		return nil, err
	}
	run, underWay, err := watch.Trigger(ctx, s.temporal.ScheduleClient(), instance)
	if err != nil {
		return nil, unsteered(err, instance)
	}
	id := runPathID(run.WorkflowID + "/" + run.FirstExecutionRunID)
	at := runPath(id)
	return &syncOutput{Location: at, Body: StartedSync{Started: !underWay, ID: id, WorkflowID: run.WorkflowID, Location: at,
		Links: Links{Self: at, Temporal: s.links.run(run.WorkflowID, run.FirstExecutionRunID)}}}, nil
}

// isTakenUp refuses what would wait where nobody sees it: no worker takes up runs.
func (s *server) isTakenUp(ctx context.Context) error {
	served, err := s.sight().HasWorker(ctx)
	if err != nil {
		return partDown(err, "temporal")
	}
	if !served {
		return noWorker.problem("No worker takes up runs, so that this one would wait. Start a worker that has sync in WORKER_LANES, and see in its log why the last one ended.")
	}
	return nil
}

// unsteered is the problem of a schedule that could not be steered.
func unsteered(err error, instance string) *Problem {
	if errors.Is(err, watch.ErrNoSchedule) {
		return noSchedule.problem(fmt.Sprintf("The instance %s has no schedule, so that nothing reads Magento. Make it with: starter apply.", instance))
	}
	return partDown(err, "temporal")
}

type pauseInput struct{ Body *PauseRequest }

// PauseRequest says which schedule is to rest, and why.
type PauseRequest struct {
	Instance string `json:"instance,omitempty" doc:"The instance; may be left out where there is only one" example:"main"`
	Reason   string `json:"reason,omitempty" maxLength:"400" doc:"Why, which must be said; it stands in the note of the schedule" example:"B1 is being upgraded until 18:00"`
}

// Audit names what is acted upon, and why.
func (in *pauseInput) Audit() (target, why string) {
	return optionally(in.Body).Instance, optionally(in.Body).Reason
}

func (s *server) pauseSchedule(ctx context.Context, in *pauseInput) (*scheduleOutput, error) {
	body := optionally(in.Body)
	if strings.TrimSpace(body.Reason) == "" {
		return nil, invalid("body.reason", "says nothing; write why the schedule is to rest")
	}
	return s.setPaused(ctx, body.Instance, true, body.Reason)
}

type resumeInput struct{ Body *ResumeRequest }

// ResumeRequest says which schedule is to go on.
type ResumeRequest struct {
	Instance string `json:"instance,omitempty" doc:"The instance; may be left out where there is only one" example:"main"`
	Reason   string `json:"reason,omitempty" maxLength:"400" doc:"Why; it stands in the note of the schedule"`
}

// Audit names what is acted upon, and why.
func (in *resumeInput) Audit() (target, why string) {
	return optionally(in.Body).Instance, optionally(in.Body).Reason
}

func (s *server) resumeSchedule(ctx context.Context, in *resumeInput) (*scheduleOutput, error) {
	return s.setPaused(ctx, optionally(in.Body).Instance, false, optionally(in.Body).Reason)
}

func (s *server) setPaused(ctx context.Context, name string, paused bool, why string) (*scheduleOutput, error) {
	instance, err := s.instance(name)
	if err != nil {
		return nil, err
	}
	steering, cancel := context.WithTimeout(ctx, steerLimit)
	defer cancel()
	was, err := watch.SetPaused(steering, s.temporal.ScheduleClient(), instance, paused, steeringNote(paused, actorOf(ctx), why))
	if errors.Is(err, watch.ErrIsSo) {
		return nil, scheduleIsSo(paused, was)
	}
	if err != nil {
		return nil, unsteered(err, instance)
	}
	return s.schedule(ctx, instance)
}

// steeringNote says on the schedule who did what, and why.
func steeringNote(paused bool, by, why string) string {
	note := map[bool]string{true: "paused by ", false: "resumed by "}[paused] + by
	if why = strings.Join(strings.Fields(why), " "); why != "" {
		note += ": " + why
	}
	return note
}

func scheduleIsSo(paused bool, note string) *Problem {
	if !paused {
		return scheduleRuns.problem("Nothing is to be resumed. GET /api/v1/schedule says when it runs next.")
	}
	detail := "Nothing is to be paused."
	if note != "" {
		detail += fmt.Sprintf(" Its note says: %q.", note)
	}
	return schedulePaused.problem(detail + " Let it go on with POST /api/v1/schedule/resume.")
}

// schedule is the page of the instance's schedule.
func (l links) schedule(instance string) string {
	if l.temporalUI == "" {
		return ""
	}
	return l.temporalUI + "/namespaces/" + url.PathEscape(l.namespace) + "/schedules/" + url.PathEscape(workflows.ScheduleID(instance))
}
