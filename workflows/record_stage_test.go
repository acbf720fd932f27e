package workflows_test

import (
	"context"
	"slices"
	"strconv"
	"sync"
	"testing"
	"time"

	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/worker"
	"go.temporal.io/sdk/workflow"

	"datawald/activities"
	"datawald/order"
	"datawald/store"
	"datawald/workflows"
)

// stage is a real Temporal server with the real workflows, whose activities a scene decides. Its exported methods are the
// activities, under the names of the real ones.
type stage struct {
	t        *testing.T
	client   client.Client
	instance string
	save     func(name, workflowID, runID string)
	// own is the worker of the runs, which waits so long for what it has in hand when it stops.
	own      worker.Worker
	patience time.Duration

	mu sync.Mutex
	// queue is what waits for B1; an order that is posted leaves it.
	queue []order.Key
	// off says which of these are put off: not due, though they are in hand. nil for none.
	off func(order.Key) bool
	// pages are what Magento gives before an empty last one; down is why it does not answer.
	pages []activities.FetchMagentoOrdersResult
	down  error
	// insert is the end of an order's attempt, 1 the first; nil posts it.
	insert func(ctx context.Context, key order.Key, attempt int32) (*activities.InsertOrderResult, error)
	// found is what Magento has of the orders that are asked for by name.
	found activities.FindOrdersResult
	// imports is how many orders a backfill finds.
	imports int
	// fresh is true while other orders than imports wait.
	fresh bool
	// quiet is the end of the quiet hours; quietOver is true when they were.
	quiet     *time.Time
	quietOver bool
	// audit is what a reconciliation comes upon.
	audit audit
	// attributes are the search attributes of the workflows that the scene begins.
	attributes temporal.SearchAttributes
	// rules are those that are new, alarm is what is said of B1, writeBack is true when Magento is to be told.
	rules, alarm string
	writeBack    bool
}

// newStage serves the workflows and activities of a scene: of an instance with its name.
func newStage(t *testing.T, c client.Client, sc scene) *stage {
	st := &stage{t: t, client: c, instance: sc.name, patience: sc.patience}
	st.own = st.serve(st.instance)
	if !sc.late {
		st.serve(workflows.B1TaskQueue(st.instance))
	}
	return st
}

// serve gives a queue a worker.
func (s *stage) serve(queue string) worker.Worker {
	s.t.Helper()
	w := worker.New(s.client, queue, worker.Options{Identity: "recorder", DisableRegistrationAliasing: true, MaxConcurrentActivityExecutionSize: 50,
		WorkerStopTimeout: s.patience})
	w.RegisterWorkflowWithOptions(workflows.SyncOrders, workflow.RegisterOptions{Name: "SyncOrders"})
	w.RegisterWorkflowWithOptions(workflows.InsertOrder, workflow.RegisterOptions{Name: "InsertOrder"})
	w.RegisterWorkflowWithOptions(workflows.ResyncOrders, workflow.RegisterOptions{Name: "ResyncOrders"})
	w.RegisterWorkflowWithOptions(workflows.BackfillOrders, workflow.RegisterOptions{Name: "BackfillOrders"})
	w.RegisterWorkflowWithOptions(workflows.PostImports, workflow.RegisterOptions{Name: "PostImports"})
	w.RegisterWorkflowWithOptions(workflows.Reconcile, workflow.RegisterOptions{Name: "Reconcile"})
	w.RegisterWorkflowWithOptions(workflows.TakeHints, workflow.RegisterOptions{Name: "TakeHints"})
	w.RegisterActivity(s)
	if err := w.Start(); err != nil {
		s.t.Fatal(err)
	}
	s.t.Cleanup(w.Stop)
	return w
}

// key is the n-th order's.
func (s *stage) key(n int) order.Key {
	key, err := order.NewKey(s.instance, 1, strconv.Itoa(100000000+n))
	if err != nil {
		s.t.Fatal(err)
	}
	return key
}

// wait puts so many orders into the queue.
func (s *stage) wait(orders int) {
	for n := range orders {
		s.queue = append(s.queue, s.key(n+1))
	}
}

// begin starts a workflow.
func (s *stage) begin(id, workflow string, in any) client.WorkflowRun {
	s.t.Helper()
	run, err := s.client.ExecuteWorkflow(s.t.Context(), client.StartWorkflowOptions{ID: id, TaskQueue: s.instance, TypedSearchAttributes: s.attributes}, workflow, in)
	if err != nil {
		s.t.Fatal(err)
	}
	return run
}

// sync begins a run.
func (s *stage) sync(in workflows.SyncOrdersInput) client.WorkflowRun {
	s.t.Helper()
	in.Instance = s.instance
	return s.begin(workflows.SyncOrdersID(s.instance), "SyncOrders", in)
}

// earlierRun has begun the first orders of the queue.
func (s *stage) earlierRun(orders int) {
	s.t.Helper()
	for _, key := range slices.Clone(s.queue[:orders]) {
		s.begin(workflows.InsertOrderID(key), "InsertOrder", workflows.InsertOrderInput{Key: key})
	}
}

// keep waits for the end of a workflow, which may fail, and saves its history under the scene's name or another.
func (s *stage) keep(run client.WorkflowRun, name ...string) {
	s.t.Helper()
	first := run.GetRunID() // once it is waited for, it is that of the chain's end
	err := run.Get(s.t.Context(), nil)
	if first == "" {
		first = read(s.t, s.client, run.GetID(), "").Events[0].GetWorkflowExecutionStartedEventAttributes().GetOriginalExecutionRunId()
	}
	s.t.Logf("%s: %v", run.GetID(), err)
	s.save(append(name, s.instance)[0], run.GetID(), first)
}

// GetLastCut gives no cut.
func (s *stage) GetLastCut(context.Context, activities.GetLastCutInput) (*activities.GetLastCutResult, error) {
	return &activities.GetLastCutResult{NewRules: s.rules}, nil
}

// Reconsider takes two calls.
func (s *stage) Reconsider(_ context.Context, in activities.ReconsiderInput) (*activities.ReconsiderResult, error) {
	if in.Status == "" {
		return &activities.ReconsiderResult{Next: &activities.ReconsiderInput{Instance: in.Instance, Rules: in.Rules, Status: order.Held}}, nil
	}
	return &activities.ReconsiderResult{}, nil
}

// FetchMagentoOrders gives one page after the other.
func (s *stage) FetchMagentoOrders(_ context.Context, in activities.FetchMagentoOrdersInput) (*activities.FetchMagentoOrdersResult, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.down != nil {
		return nil, s.down
	}
	if len(s.pages) == 0 {
		return &activities.FetchMagentoOrdersResult{Done: true, Next: in.After}, nil
	}
	page := s.pages[0]
	s.pages = s.pages[1:]
	return &page, nil
}

// SyncOrder puts new orders into the queue; of those that were asked for by name it gives the keys.
func (s *stage) SyncOrder(_ context.Context, in activities.SyncOrderInput) (*activities.SyncOrderResult, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	out := &activities.SyncOrderResult{Counts: store.Counts{Read: len(in.Refs)}}
	for _, ref := range in.Refs {
		if s.queue = append(s.queue, ref.Key); in.Cut == nil {
			out.Open = append(out.Open, ref.Key)
		}
	}
	return out, nil
}

// pause holds a backfill, or lets it go on.
func (s *stage) pause(run client.WorkflowRun, paused bool) {
	if err := s.client.SignalWorkflow(s.t.Context(), run.GetID(), "", workflows.PauseSignal, workflows.Pause{Paused: paused, By: "recorder"}); err != nil {
		s.t.Error(err)
	}
}

// ImportOrders finds four orders with each call.
func (s *stage) ImportOrders(_ context.Context, in activities.ImportOrdersInput) (*activities.ImportOrdersResult, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	n := min(4, s.imports-int(in.After))
	r := &activities.ImportOrdersResult{Counts: store.Counts{Read: n, New: n}, Imported: map[order.Status]int{order.Pending: n},
		Next: in.After + int64(n), Total: int64(s.imports) - in.After, Done: int(in.After)+n == s.imports}
	for i := range n {
		if !in.DryRun {
			s.queue = append(s.queue, s.key(int(in.After)+i+1))
		}
	}
	return r, nil
}

// NoteBackfill keeps nothing.
func (s *stage) NoteBackfill(context.Context, store.Run) (*activities.NoteBackfillResult, error) {
	return &activities.NoteBackfillResult{NotedAt: time.Now().UTC()}, nil
}

// NextOrders reads the queue behind a place, as the store does.
func (s *stage) NextOrders(_ context.Context, in activities.NextOrdersInput) (*activities.NextOrdersResult, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	r := &activities.NextOrdersResult{WriteBack: s.writeBack, Alarm: s.alarm, Fresh: s.fresh}
	if s.quiet != nil {
		r.QuietUntil, r.Reread, r.Last = s.quiet, []int64{7}, "1"
		return r, nil
	}
	for _, key := range s.queue {
		if s.off != nil && s.off(key) {
			if in.After == "" {
				r.PutOff++
			}
			continue
		}
		if in.Imports {
			r.Waiting++
		}
		if in.Until != "" && string(key) <= in.Until {
			r.Before++
		}
		if string(key) > in.After && len(r.Orders) < in.Limit {
			r.Orders, r.Last = append(r.Orders, store.Due{Key: key, Queue: string(key)}), string(key)
		}
	}
	return r, nil
}

// InsertOrder ends as the scene wants.
func (s *stage) InsertOrder(ctx context.Context, in activities.InsertOrderInput) (*activities.InsertOrderResult, error) {
	if s.insert != nil {
		if r, err := s.insert(ctx, in.Key, activity.GetInfo(ctx).Attempt); r != nil || err != nil {
			return r, err
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.queue = slices.DeleteFunc(s.queue, func(k order.Key) bool { return k == in.Key })
	return &activities.InsertOrderResult{Status: order.Posted, DocEntry: 7, DocNum: 7, Note: "created", WriteBack: s.writeBack}, nil
}

// FindOrders gives what was found.
func (s *stage) FindOrders(context.Context, activities.FindOrdersInput) (*activities.FindOrdersResult, error) {
	return &s.found, nil
}

// OpenOrders leaves out the last order.
func (s *stage) OpenOrders(_ context.Context, in activities.OpenOrdersInput) (*activities.OpenOrdersResult, error) {
	return &activities.OpenOrdersResult{Open: in.Keys[:len(in.Keys)-1]}, nil
}

// WriteBack tells Magento of one order.
func (s *stage) WriteBack(context.Context, activities.WriteBackInput) (*activities.WriteBackResult, error) {
	return &activities.WriteBackResult{Written: 1}, nil
}

// RecordRun keeps nothing.
func (s *stage) RecordRun(context.Context, store.Run) error { return nil }

// Linger waits as the real one does.
func (s *stage) Linger(ctx context.Context, in activities.LingerInput) error {
	return (*activities.Activities)(nil).Linger(ctx, in)
}
