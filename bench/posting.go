package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"go.temporal.io/sdk/client"

	"datawald/order"
	"datawald/store"
	"datawald/visibility"
	"datawald/workflows"
)

// posting is the case: a backlog of orders goes from the shop into B1, through all processes of DataWald: from the first
// request to Magento until every order is in B1, its status stored, and the run closed.
type posting struct {
	Orders  []int         `default:"2000" help:"Backlogs to post, one measurement each."`
	PerCall time.Duration `default:"0s" help:"How long B1 takes for each call."`
	Calls   int           `default:"16" help:"Orders at B1 at once (B1_MAX_CALLS)."`
	Window  int           `default:"100" help:"Orders in hand of a run (SYNC_WINDOW)."`
	Runs    int           `default:"1" help:"How often each is measured."`
	// Rules are those that come with the project, unless others are given.
	Rules   string        `default:"rules.example.yaml" help:"Rules file." type:"path"`
	Profile string        `help:"Folder for CPU profiles of the simulators." type:"path"`
	Limit   time.Duration `default:"25m" help:"How long one measurement may take."`
}

// Run measures every backlog and prints a line for each.
func (c *posting) Run(ctx context.Context) error {
	return eachBacklog(ctx, "posting", c.Orders, c.Runs, c.measure)
}

// posted is one line of the result. Times are in seconds, sizes in MB of 1,000,000 bytes.
type posted struct {
	Case            string  `json:"case"`
	Orders          int     `json:"orders"` // in the shop
	Posted          int     `json:"posted"` // in B1; what the rules leave out is not
	PerCallMS       float64 `json:"per_call_ms"`
	AtOnce          int     `json:"at_once"`
	Seconds         float64 `json:"seconds"`
	OrdersPerSecond float64 `json:"orders_per_second"` // of those posted
	// CallsPerOrder are B1's, without sign-ins. B1Limit is what B1 allows: orders at once / time of an order's calls.
	CallsPerOrder float64          `json:"calls_per_order"`
	B1Limit       float64          `json:"b1_limit,omitempty"`
	Efficiency    float64          `json:"efficiency,omitempty"`
	MostCalls     int              `json:"most_calls_at_once"`
	Temporal      cost             `json:"temporal"`
	CPUPer1000    float64          `json:"cpu_seconds_per_1000"`
	Parts         map[string]usage `json:"parts"`
}

// measure posts one backlog with servers of its own.
func (c *posting) measure(ctx context.Context, orders int) (*posted, error) {
	ctx, cancel := context.WithTimeout(ctx, c.Limit)
	defer cancel()
	w, err := newWorkshop()
	if err != nil {
		return nil, err
	}
	defer w.close()
	s, err := c.open(ctx, w, orders)
	if err != nil {
		return nil, err
	}
	defer s.close(ctx)
	before := w.usages()
	began := time.Now()
	if err := s.sync(ctx, c.Window); err != nil {
		return nil, err
	}
	seconds := time.Since(began).Seconds()
	parts := since(before, w.usages())
	b1, err := companyState(ctx, s.b1)
	if err != nil {
		return nil, err
	}
	if err := s.check(ctx, orders, b1.Count); err != nil {
		return nil, err
	}
	spent, err := s.cost(ctx, b1.Count)
	if err != nil {
		return nil, err
	}
	m := &posted{Case: "posting", Orders: orders, Posted: b1.Count, PerCallMS: ms(c.PerCall), AtOnce: c.Calls,
		Seconds: round(seconds), OrdersPerSecond: round(float64(b1.Count) / seconds), MostCalls: b1.MaxConcurrency, Temporal: *spent, Parts: parts}
	m.reckon(b1.Calls, c.PerCall)
	return m, nil
}

// reckon works out what depends on several figures.
func (m *posted) reckon(calls map[string]int, perCall time.Duration) {
	perOrder := float64(businessCalls(calls)) / float64(m.Posted)
	m.CallsPerOrder = round(perOrder)
	if perCall > 0 {
		limit := float64(m.AtOnce) / (perOrder * perCall.Seconds())
		m.B1Limit, m.Efficiency = round(limit), round(float64(m.Posted)/m.Seconds/limit)
	}
	for _, u := range m.Parts {
		m.CPUPer1000 += u.CPUSeconds
	}
	m.CPUPer1000 = round(m.CPUPer1000 * 1000 / float64(m.Posted))
}

// businessCalls are B1's calls but for signing in and out.
func businessCalls(calls map[string]int) (all int) {
	for name, n := range calls {
		if name != "POST Login" && name != "POST Logout" {
			all += n
		}
	}
	return all
}

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
func (c *posting) open(ctx context.Context, w *workshop, orders int) (s *scene, err error) {
	s = &scene{}
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
	if err := w.startPart(ctx, "company", companyPart{PerCall: c.PerCall, Profile: c.Profile}.arguments(), &company); err != nil {
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
	s.db, err = store.Open(ctx, uri, database)
	return s, err
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
