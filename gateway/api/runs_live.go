package api

import (
	"cmp"
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"go.temporal.io/api/serviceerror"
	workflowpb "go.temporal.io/api/workflow/v1"
	"go.temporal.io/api/workflowservice/v1"

	"datawald/store"
	"datawald/workflows"
)

// liveLimit is how many runs that are under way are shown: more than an instance has unless something is very wrong.
const liveLimit = 50

// lookLimit bounds what Temporal may take to answer what the store's answer goes without.
const lookLimit = 3 * time.Second

// hintName begins the names of resyncs that workflows.TakeHints begins.
const hintName = "hint-"

// retryName begins the names of those that take orders to B1 as they are staged.
const retryName = "retry-"

// kindOf tells by its workflow ID whose run a workflow is, and of which kind; both are empty for others.
func kindOf(workflowID string, instances []string) (kind, instance string) {
	for _, name := range instances {
		switch {
		case workflowID == workflows.BackfillOrdersID(name):
			return store.KindBackfill, name
		case workflowID == workflows.SyncOrdersID(name), strings.HasPrefix(workflowID, workflows.SyncOrdersID(name)+"-20"):
			kind, instance = store.KindSync, cmp.Or(longer(instance, name), name)
		case workflowID == workflows.ReconcileID(name), strings.HasPrefix(workflowID, workflows.ReconcileID(name)+"-20"):
			kind, instance = store.KindReconcile, cmp.Or(longer(instance, name), name)
		case strings.HasPrefix(workflowID, workflows.ResyncOrdersID(name, hintName)):
			return store.KindHint, name
		case strings.HasPrefix(workflowID, workflows.ResyncOrdersID(name, retryName)):
			return store.KindRetry, name
		case strings.HasPrefix(workflowID, workflows.ResyncOrdersID(name, "")):
			return store.KindResync, name
		}
	}
	return kind, instance
}

// longer is the longer of two names that fit: shop-20 and shop both begin sync-orders:shop-20….
func longer(a, b string) string {
	if len(a) > len(b) {
		return a
	}
	return b
}

// liveRuns are the runs of an instance that Temporal says are running, newest first. known is false when it does not answer.
func (s *server) liveRuns(ctx context.Context, instance, kind string) (runs []RunSummary, known bool) {
	ctx, cancel := context.WithTimeout(ctx, lookLimit)
	defer cancel()
	runs = []RunSummary{}
	query := fmt.Sprintf("ExecutionStatus = 'Running' AND (WorkflowId STARTS_WITH '%s' OR WorkflowId STARTS_WITH '%s' OR WorkflowId = '%s' OR WorkflowId STARTS_WITH '%s')",
		workflows.SyncOrdersID(instance), workflows.ReconcileID(instance), workflows.BackfillOrdersID(instance), workflows.ResyncOrdersID(instance, ""))
	list, err := s.temporal.ListWorkflow(ctx, &workflowservice.ListWorkflowExecutionsRequest{Namespace: s.settings.TemporalNamespace, PageSize: liveLimit, Query: query})
	if err != nil {
		return runs, false
	}
	for _, info := range list.GetExecutions() {
		is, whose := kindOf(info.GetExecution().GetWorkflowId(), s.settings.InstanceNames)
		if whose != instance || kind != "" && kind != is {
			continue
		}
		d, err := s.temporal.DescribeWorkflowExecution(ctx, info.GetExecution().GetWorkflowId(), info.GetExecution().GetRunId())
		if notFound(err) {
			continue
		}
		if err != nil {
			return runs, false
		}
		if run := s.runIn(is, whose, d.GetWorkflowExecutionInfo()); run.State == running { // the list may be some seconds old
			runs = append(runs, run)
		}
	}
	slices.SortFunc(runs, func(a, b RunSummary) int { return b.StartedAt.Compare(a.StartedAt) })
	return runs, true
}

// runIn is a run as Temporal knows it.
func (s *server) runIn(kind, instance string, info *workflowpb.WorkflowExecutionInfo) RunSummary {
	workflowID, runID := info.GetExecution().GetWorkflowId(), cmp.Or(info.GetFirstRunId(), info.GetExecution().GetRunId())
	id := runPathID(workflowID + "/" + runID)
	r := RunSummary{ID: id, Kind: kind, Instance: instance, WorkflowID: workflowID, RunID: runID, State: stateOf(info.GetStatus()),
		StartedAt: info.GetStartTime().AsTime(), Links: Links{Self: runPath(id), Temporal: s.links.run(workflowID, info.GetExecution().GetRunId())}}
	if r.State != running {
		ended := info.GetCloseTime().AsTime()
		r.EndedAt = &ended
	}
	return r
}

// liveRun is a run of which there is no record yet, or never will be: it is under way, or it failed.
func (s *server) liveRun(ctx context.Context, id string) (*getRunOutput, error) {
	workflowID, runID, _ := strings.Cut(runPathID(id), "~")
	kind, instance := kindOf(workflowID, s.settings.InstanceNames)
	if kind == "" || runID == "" || !isAskable(workflowID) || !isAskable(runID) {
		return nil, s.noRun(id)
	}
	for _, at := range []string{"", runID} { // the latest history may be another run's
		d, err := s.temporal.DescribeWorkflowExecution(ctx, workflowID, at)
		if _, odd := errors.AsType[*serviceerror.InvalidArgument](err); odd || notFound(err) { // odd: this is no run ID
			continue
		}
		if err != nil {
			return nil, partDown(err, "temporal")
		}
		if r := s.runIn(kind, instance, d.GetWorkflowExecutionInfo()); r.RunID == runID {
			return &getRunOutput{Body: r}, nil
		}
	}
	return nil, s.noRun(id)
}

// isAskable reports whether Temporal may be asked for a workflow: its client names it in a header, which takes printable ASCII alone, and there
// is none with another name that somebody could have started.
func isAskable(workflowID string) bool {
	return !strings.ContainsFunc(workflowID, func(r rune) bool { return r < ' ' || r > '~' })
}

// placeAt is the wire form of a place in a list. Callers hand it back as it is.
func placeAt(at time.Time, name string) string {
	text, err := json.Marshal(cursor{PlacedAt: at.UTC(), Key: name})
	if err != nil {
		panic(err) // a time of the store and a string can be written
	}
	return base64.RawURLEncoding.EncodeToString(text)
}

func placeOf(text string) (at time.Time, name string, err error) {
	var c cursor
	raw, err := base64.RawURLEncoding.DecodeString(text)
	if err == nil {
		err = json.Unmarshal(raw, &c)
	}
	if err == nil && (c.Key == "" || c.PlacedAt.IsZero()) {
		err = errors.New("no place")
	}
	return c.PlacedAt, c.Key, err
}
