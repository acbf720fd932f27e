package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/sdk/client"

	"datawald/order"
	"datawald/store"
	"datawald/visibility"
	"datawald/workflows"
)

// scene is a shop, a company, and DataWald between them.
type scene struct {
	temporal client.Client
	db       *store.Store
	shop, b1 string
	// env are the settings of DataWald's programs.
	env []string
}

func (s *scene) close(ctx context.Context) {
	if s.temporal != nil {
		s.temporal.Close()
	}
	if s.db != nil {
		_ = s.db.Close(context.WithoutCancel(ctx))
	}
}

// open starts all processes. The worker is the one of the project, with its settings of every day.
func (c *posting) open(ctx context.Context, w *workshop, orders int) (_ *scene, err error) {
	s := &scene{}
	defer func() {
		if err != nil {
			s.close(ctx)
		}
	}()
	uri, err := w.startStore(ctx)
	if err != nil {
		return nil, err
	}
	var shop, company opened
	if err := w.startPart(ctx, "shop", shopPart{Orders: orders, Lines: 2, Profile: c.Profile}.arguments(), &shop); err != nil {
		return nil, err
	}
	if err := w.startPart(ctx, "company", companyPart{PerCall: c.PerCall, Knee: c.Knee, Profile: c.Profile}.arguments(), &company); err != nil {
		return nil, err
	}
	address, err := w.startTemporal(ctx)
	if err != nil {
		return nil, err
	}
	if s.temporal, err = dial(ctx, address); err != nil {
		return nil, err
	}
	if _, err := visibility.Create(ctx, s.temporal, "default"); err != nil {
		return nil, err
	}
	s.env = []string{
		"MONGODB_URI=" + uri, "MONGODB_DATABASE=" + database, "INSTANCES=" + instance, "RULES_FILE=" + c.Rules, "LOG_LEVEL=warn",
		"TEMPORAL_ADDRESS=" + address, "TEMPORAL_NAMESPACE=default", "TEMPORAL_TASK_QUEUE=" + workflows.DefaultTaskQueue,
		"MAGENTO_URL=" + shop.URL, "MAGENTO_SETTLE=0s", // the backlog is there before the run
		"MAGENTO_CONSUMER_KEY=" + credentials.ConsumerKey, "MAGENTO_CONSUMER_SECRET=" + credentials.ConsumerSecret,
		"MAGENTO_ACCESS_TOKEN=" + credentials.AccessToken, "MAGENTO_ACCESS_TOKEN_SECRET=" + credentials.AccessTokenSecret,
		"B1_URL=" + company.URL + "/b1s/v2", "B1_COMPANY_DB=SBODEMOUS", "B1_USER=manager", "B1_PASSWORD=sandbox",
		fmt.Sprintf("B1_MAX_CALLS=%d", c.Calls), "B1_LEDGER_TABLE=",
	}
	if _, err := w.StartProgram("worker", "worker", s.env); err != nil {
		return nil, err
	}
	s.shop, s.b1 = shop.URL, company.URL
	if s.db, err = store.Open(ctx, uri, database); err != nil {
		return nil, err
	}
	if err = s.staffed(ctx); err != nil {
		return nil, err
	}
	return s, nil
}

// staffed waits until the worker asks for work: its start is no part of what is measured.
func (s *scene) staffed(ctx context.Context) error {
	for _, queue := range []string{workflows.DefaultTaskQueue, workflows.B1TaskQueue(instance)} {
		for {
			q, err := s.temporal.DescribeTaskQueue(ctx, queue, enumspb.TASK_QUEUE_TYPE_WORKFLOW)
			if err != nil {
				return err
			}
			if len(q.GetPollers()) > 0 {
				break
			}
			select {
			case <-ctx.Done():
				return fmt.Errorf("no worker asks for work at %s: %w", queue, ctx.Err())
			case <-time.After(50 * time.Millisecond): // it is asked again
			}
		}
	}
	return nil
}

// sync runs what the schedule runs, and waits for its end.
func (s *scene) sync(ctx context.Context, window int) error {
	run, err := s.temporal.ExecuteWorkflow(ctx, client.StartWorkflowOptions{ID: workflows.SyncOrdersID(instance), TaskQueue: workflows.DefaultTaskQueue,
		TypedSearchAttributes: workflows.RunAttributes(instance, workflows.SourceSync)}, // as the schedule gives them
		workflows.SyncOrders, workflows.SyncOrdersInput{Instance: instance, Window: window, Budget: time.Hour})
	if err != nil {
		return err
	}
	var record store.Run
	if err := run.Get(ctx, &record); err != nil {
		return err
	}
	if len(record.Errors) > 0 || record.Counts.Deferred > 0 {
		return fmt.Errorf("the run met errors: %q, and left %d orders for later", record.Errors, record.Counts.Deferred)
	}
	return nil
}

// howFar adds to the error of a run what it left.
func (s *scene) howFar(ctx context.Context, err error) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 10*time.Second)
	defer cancel()
	counts, unknown := s.db.Counts(ctx, instance)
	if unknown != nil {
		return err
	}
	return fmt.Errorf("%w; posted are %d, and %d wait", err, counts[order.Posted], counts[order.Pending])
}

// check makes sure that the work was done: each order has an end, and what is stored as posted is in B1.
func (s *scene) check(ctx context.Context, orders, inB1 int) error {
	counts, err := s.db.Counts(ctx, instance)
	if err != nil {
		return err
	}
	var all int64
	for _, n := range counts {
		all += n
	}
	if counts[order.Pending] > 0 || counts[order.Held] > 0 || all != int64(orders) {
		return fmt.Errorf("of %d orders these are staged: %v", orders, counts)
	}
	if counts[order.Posted] != int64(inB1) || inB1 == 0 {
		return errors.New("the store and B1 disagree")
	}
	return nil
}
