package main

import (
	"context"
	"fmt"
	"log/slog"
	"time"

	enumspb "go.temporal.io/api/enums/v1"
	historypb "go.temporal.io/api/history/v1"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/log"
)

// cost is what an order takes of Temporal, the share of the runs that start its workflow included.
type cost struct {
	Events  float64 `json:"events_per_order"`
	Bytes   float64 `json:"bytes_per_order"`
	Actions float64 `json:"actions_per_order"`
	// Longest is the number of events of the longest history.
	Longest int64 `json:"longest_history"`
	// Histories is how many there are: one for each order, and one for each time that a run begins anew.
	Histories int `json:"histories"`
	// kinds are the histories by the type of their workflow.
	kinds map[string]*kind
}

// kind are the histories of one type of workflow.
type kind struct {
	histories     int
	events, bytes int64
	longest       int64 // events
	// read is of how many the actions were counted.
	read, actions int
}

func dial(ctx context.Context, address string) (client.Client, error) {
	return client.DialContext(ctx, client.Options{HostPort: address, Logger: log.NewStructuredLogger(slog.New(slog.DiscardHandler))})
}

// sample is of how many workflows of a type the histories are read, to count the actions; the others are taken to be like them.
const sample = 500

// cost adds up all workflows. Events and bytes are those that the server states of each.
func (s *scene) cost(ctx context.Context, orders int) (*cost, error) {
	if err := s.listed(ctx, orders); err != nil {
		return nil, err
	}
	c := cost{kinds: map[string]*kind{}}
	var events, bytes int64
	for page, first := []byte(nil), true; first || len(page) > 0; first = false {
		list, err := s.temporal.ListWorkflow(ctx, &workflowservice.ListWorkflowExecutionsRequest{PageSize: 1000, NextPageToken: page})
		if err != nil {
			return nil, err
		}
		for _, e := range list.GetExecutions() {
			events += e.GetHistoryLength()
			bytes += e.GetHistorySizeBytes()
			c.Histories++
			c.Longest = max(c.Longest, e.GetHistoryLength())
			k := c.of(e.GetType().GetName())
			k.events += e.GetHistoryLength()
			k.bytes += e.GetHistorySizeBytes()
			k.longest = max(k.longest, e.GetHistoryLength())
			if k.histories++; k.read >= sample {
				continue
			}
			n, err := s.actions(ctx, e.GetExecution().GetWorkflowId(), e.GetExecution().GetRunId())
			if err != nil {
				return nil, err
			}
			k.read++
			k.actions += n
		}
		page = list.GetNextPageToken()
	}
	if events == 0 {
		return nil, fmt.Errorf("the server states no history")
	}
	var actions float64
	for _, k := range c.kinds {
		actions += float64(k.actions) * float64(k.histories) / float64(k.read)
	}
	of := float64(orders)
	c.Events, c.Bytes, c.Actions = round(float64(events)/of), round(float64(bytes)/of), round(actions/of)
	return &c, nil
}

// of are the histories of a type; none yet where none were seen.
func (c *cost) of(name string) *kind {
	if c.kinds[name] == nil {
		c.kinds[name] = &kind{}
	}
	return c.kinds[name]
}

// listed waits until the server's list, which is a moment behind, has the end of every workflow: of one that it takes to be running it
// states no history.
func (s *scene) listed(ctx context.Context, orders int) error {
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	count := func(query string) (int64, error) {
		n, err := s.temporal.CountWorkflow(ctx, &workflowservice.CountWorkflowExecutionsRequest{Query: query})
		return n.GetCount(), err
	}
	for {
		running, err := count(`ExecutionStatus="Running"`)
		if err != nil {
			return err
		}
		ended, err := count(`WorkflowType="InsertOrder" AND ExecutionStatus!="Running"`)
		if err != nil {
			return err
		}
		if running == 0 && ended >= int64(orders) {
			return nil
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("the server lists %d workflows as running, and %d orders of %d as ended: %w", running, ended, orders, ctx.Err())
		case <-time.After(50 * time.Millisecond): // it is asked again
		}
	}
}

// actions counts what Temporal Cloud would bill of one history, by docs.temporal.io/cloud/actions. Heartbeats do not stand in
// a history; those of the worker begin after some seconds.
func (s *scene) actions(ctx context.Context, id, run string) (n int, err error) {
	events := s.temporal.GetWorkflowHistory(ctx, id, run, false, enumspb.HISTORY_EVENT_FILTER_TYPE_ALL_EVENT)
	for events.HasNext() {
		e, err := events.Next()
		if err != nil {
			return 0, err
		}
		n += billed(e)
	}
	return n, nil
}

func billed(e *historypb.HistoryEvent) int {
	switch e.GetEventType() {
	case enumspb.EVENT_TYPE_WORKFLOW_EXECUTION_STARTED:
		if e.GetWorkflowExecutionStartedEventAttributes().GetParentWorkflowExecution() != nil {
			return 0 // the parent's two
		}
		return 1
	case enumspb.EVENT_TYPE_START_CHILD_WORKFLOW_EXECUTION_INITIATED:
		return 2
	case enumspb.EVENT_TYPE_ACTIVITY_TASK_STARTED: // a try
		return int(e.GetActivityTaskStartedEventAttributes().GetAttempt())
	case enumspb.EVENT_TYPE_TIMER_STARTED, enumspb.EVENT_TYPE_MARKER_RECORDED, enumspb.EVENT_TYPE_WORKFLOW_EXECUTION_SIGNALED,
		enumspb.EVENT_TYPE_SIGNAL_EXTERNAL_WORKFLOW_EXECUTION_INITIATED, enumspb.EVENT_TYPE_UPSERT_WORKFLOW_SEARCH_ATTRIBUTES,
		enumspb.EVENT_TYPE_WORKFLOW_EXECUTION_UPDATE_ACCEPTED:
		return 1
	}
	return 0
}
