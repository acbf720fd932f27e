package main

import (
	"context"
	"time"
)

// posting is the case: a backlog of orders goes from the shop into B1, through all processes of DataWald: from the first
// request to Magento until every order is in B1, its status stored, and the run closed.
type posting struct {
	Orders  []int         `default:"2000" help:"Backlogs to post, one measurement each."`
	PerCall time.Duration `default:"0s" help:"How long B1 takes for each call."`
	Calls   int           `default:"16" help:"Orders at B1 at once (B1_MAX_CALLS)."`
	Knee    int           `default:"0" help:"Calls at once from which on B1 gets slower; 0: never."`
	Window  int           `default:"100" help:"Orders in hand of a run (SYNC_WINDOW)."`
	Runs    int           `default:"1" help:"How often each is measured."`
	// Rules are those that come with the project, unless others are given.
	Rules   string        `default:"rules.example.yaml" help:"Rules file." type:"path"`
	Profile string        `help:"Folder for CPU profiles of the worker, the store and the simulators." type:"path"`
	Limit   time.Duration `default:"1h" help:"How long one measurement may take."`
}

// Run measures every backlog and prints a line for each.
func (c *posting) Run(ctx context.Context) error {
	return eachBacklog(ctx, "posting", c.Orders, c.Runs, c.measure)
}

// posted is one line of the result. Times are in seconds, sizes in MB of 1,000,000 bytes. What is said of an order is of one that was
// posted, where nothing else is said.
type posted struct {
	Case            string  `json:"case"`
	Orders          int     `json:"orders"` // in the shop
	Posted          int     `json:"posted"` // in B1; what the rules leave out is not
	PerCallMS       float64 `json:"per_call_ms"`
	AtOnce          int     `json:"at_once"`
	Knee            int     `json:"knee"` // 0: none
	Window          int     `json:"window"`
	Seconds         float64 `json:"seconds"`
	OrdersPerSecond float64 `json:"orders_per_second"`
	// CallsPerOrder are B1's, without sign-ins. B1Limit is what B1 allows: orders at once / time of an order's calls. There is none,
	// and no efficiency, where a call takes no time.
	CallsPerOrder float64  `json:"calls_per_order"`
	B1Limit       *float64 `json:"b1_limit"`
	Efficiency    *float64 `json:"efficiency"`
	MostCalls     int      `json:"most_calls_at_once"`
	course
	MiddleEfficiency *float64         `json:"middle_efficiency"`
	Temporal         cost             `json:"temporal"`
	Disk             disk             `json:"disk"`
	CPUPer1000       float64          `json:"cpu_seconds_per_1000"`
	Parts            map[string]usage `json:"parts"`
	// Growth is by how much the memory of worker, store and Temporal grew with each order, in bytes, once the first quarter of the time was over.
	Growth map[string]float64 `json:"growth_bytes_per_order"`
	// Others is the share of this machine's processors that other programs took meanwhile: it was quiet where this is next to nothing.
	Others float64 `json:"others_share"`
}

func (m *posted) others() float64 { return m.Others }

// measure posts one backlog with servers of its own.
func (c *posting) measure(ctx context.Context, orders int) (*posted, error) {
	m := &posted{Case: "posting", Orders: orders}
	open := func(ctx context.Context, w *workshop) (*scene, error) { return c.open(ctx, w, orders) }
	return m, c.measureWork(ctx, m, open, func(ctx context.Context, s *scene) (int, error) { return 0, s.sync(ctx, c.Window) })
}

// measureWork opens a scene, measures what is done there, and takes it down in m. The work tells how many orders it has placed in the shop.
func (c *posting) measureWork(ctx context.Context, m *posted, open func(context.Context, *workshop) (*scene, error),
	work func(context.Context, *scene) (placed int, err error)) error {
	ctx, cancel := context.WithTimeout(ctx, c.Limit)
	defer cancel()
	w, err := newWorkshop(ctx, c.Profile)
	if err != nil {
		return err
	}
	defer w.close()
	s, err := open(ctx, w)
	if err != nil {
		return err
	}
	defer s.close(ctx)
	m.PerCallMS, m.AtOnce, m.Knee, m.Window = ms(c.PerCall), c.Calls, c.Knee, c.Window
	small, before, busy := w.sizes(), w.usages(), machineTime()
	memory := watch(w.growing())
	began := time.Now()
	placed, err := work(ctx, s)
	took := time.Since(began)
	grown := memory.end()
	if err != nil {
		return s.howFar(ctx, err)
	}
	m.Parts = since(before, w.usages())
	m.Others = othersShare(machineTime()-busy, processorTimes(m.Parts), took)
	if err := w.endProfiles(ctx); err != nil {
		return err
	}
	calls, err := s.account(ctx, m, placed, began, began.Add(took))
	if err != nil {
		return err
	}
	m.Disk = w.sizes().since(small, m.Posted)
	m.Growth = eachOf(grown, m.Posted)
	m.reckon(calls, took, c.PerCall)
	return nil
}

// account makes sure that the work was done, that of the orders which were placed meanwhile included, and takes down what is told by B1, the store
// and Temporal.
func (s *scene) account(ctx context.Context, m *posted, placed int, began, ended time.Time) (calls map[string]int, err error) {
	b1, err := companyState(ctx, s.b1)
	if err != nil {
		return nil, err
	}
	m.Posted, m.MostCalls = b1.Count, b1.MaxConcurrency
	if err := s.check(ctx, m.Orders+placed, b1.Count); err != nil {
		return nil, err
	}
	spent, err := s.cost(ctx, b1.Count)
	if err != nil {
		return nil, err
	}
	m.Temporal = *spent
	at, err := s.postedAt(ctx)
	if err != nil {
		return nil, err
	}
	m.course = courseOf(at, began, ended, m.AtOnce)
	return b1.Calls, nil
}

// reckon works out what depends on several figures.
func (m *posted) reckon(calls map[string]int, took, perCall time.Duration) {
	perOrder, rate := float64(businessCalls(calls))/float64(m.Posted), float64(m.Posted)/took.Seconds()
	m.CallsPerOrder, m.Seconds, m.OrdersPerSecond = round(perOrder), round(took.Seconds()), round(rate)
	if perCall > 0 {
		limit := float64(m.AtOnce) / (perOrder * perCall.Seconds())
		m.B1Limit, m.Efficiency, m.MiddleEfficiency = new(round(limit)), new(round(rate/limit)), new(round(m.MiddlePerSecond/limit))
	}
	m.CPUPer1000 = round(processorTimes(m.Parts) * 1000 / float64(m.Posted))
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
