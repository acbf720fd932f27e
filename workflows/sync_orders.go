package workflows

import (
	"fmt"
	"slices"
	"time"

	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"

	"datawald/activities"
	"datawald/order"
	"datawald/store"
)

// SyncOrdersInput says what to synchronise and how hard.
type SyncOrdersInput struct {
	Instance string `json:"instance"`
	// Window is the number of orders in hand at once, 1 to 500; 0 for the default.
	Window int `json:"window,omitempty"`
	// Budget is how long the run waits for its orders; 0 for the default.
	Budget time.Duration `json:"budget,omitempty"`
	// Resume carries a run on after continue-as-new; leave it out.
	Resume *syncState `json:"resume,omitempty"`
}

// syncState is all that a run knows; it is what continue-as-new carries on.
type syncState struct {
	Run store.Run `json:"run"`
	// After is where reading goes on; Read is true when the reader has caught up; ShopTime is the shop's clock at the first
	// page, at which the reading ends.
	After    order.Cut `json:"after"`
	Read     bool      `json:"read"`
	ShopTime time.Time `json:"shop_time,omitzero"`
	// Latest is the reading before this one, until the first page is read.
	Latest store.Reading `json:"latest,omitzero"`
	// From is what the next page goes on from: the reading before this one, and then this one with how far it has come. Zero
	// where an earlier release began the run: then nobody asks.
	From store.Reading `json:"from,omitzero"`
	// Queue is where taking from the queue goes on.
	Queue    string    `json:"queue"`
	Deadline time.Time `json:"deadline"`
	// WriteBack is true when Magento is to be told of posted orders.
	WriteBack bool `json:"write_back,omitempty"`
	// Alarmed is true when the run has noted that B1 does not answer.
	Alarmed bool `json:"alarmed,omitempty"`
	// Left are the orders whose children this run has left to themselves; Taken is how much of the window is in others' hands,
	// nil in runs of earlier releases: as much as is counted in hand.
	Left  []order.Key `json:"left,omitempty"`
	Taken *int        `json:"taken,omitempty"`
	// PutOff is how many of these were not due when the queue was asked last.
	PutOff int `json:"put_off,omitempty"`
	// Reread are orders, by entity_id, for which Magento is still to be asked again.
	Reread []int64 `json:"reread,omitempty"`
}

// SyncOrders stages what has changed in Magento and then takes all that is pending to B1. One run for each firing of
// the schedule; its result holds counts, never orders. An outage does not make it fail: it is in the result, and the
// next run goes on.
func SyncOrders(ctx workflow.Context, in SyncOrdersInput) (*store.Run, error) {
	s := &syncOrders{in: in}
	if err := s.setup(ctx); err != nil {
		return nil, err
	}
	return s.run(ctx)
}

type syncOrders struct {
	in     SyncOrdersInput
	state  *syncState
	poster *poster
	// looks is true when the run looks for room, looked is how often it has, due that it is to look again, reminded that a timer
	// runs for that.
	looks         bool
	looked        int
	due, reminded bool
	// ahead is the next page of the queue, when it was asked for already.
	ahead *ahead
	// renew is true when the history is long enough: the run goes on in a new one, after its own orders have ended.
	renew bool
}

var act *activities.Activities

func (s *syncOrders) setup(ctx workflow.Context) error {
	if s.in.Window <= 0 {
		s.in.Window = DefaultWindow
	}
	if s.in.Budget <= 0 {
		s.in.Budget = DefaultBudget
	}
	if s.state = s.in.Resume; s.state == nil {
		s.state = &syncState{Run: newRun(ctx, "sync", s.in.Instance), Deadline: workflow.Now(ctx).Add(s.in.Budget)}
	}
	s.poster = newPoster(ctx, s.in.Window, &s.state.Run.Counts, s.state.Deadline)
	s.poster.leaves = true
	if s.state.Taken != nil {
		s.poster.taken = *s.state.Taken
	}
	for _, key := range s.state.Left {
		s.poster.left[key] = true
	}
	return nil
}

func (s *syncOrders) run(ctx workflow.Context) (*store.Run, error) {
	ctx = withOptions(ctx)
	if s.in.Resume == nil {
		s.begin(ctx)
	}
	// A long reading must not keep waiting orders from B1: half of the run's time, and the next run reads on.
	if err := s.stage(ctx, s.state.Deadline.Add(-s.in.Budget/2)); err != nil {
		return nil, err
	}
	more, err := s.post(ctx)
	if err != nil {
		return nil, err
	}
	if more {
		return nil, s.continueAsNew(ctx)
	}
	if err := writeBack(ctx, &s.state.Run, s.poster, s.state.WriteBack); err != nil {
		return nil, err
	}
	return finish(ctx, &s.state.Run, s.poster)
}

// begin asks for the cut. Without it nothing can be read, but what is pending can still be posted.
func (s *syncOrders) begin(ctx workflow.Context) {
	var cut activities.GetLastCutResult
	if err := workflow.ExecuteActivity(ctx, act.GetLastCut, activities.GetLastCutInput{Instance: s.in.Instance}).Get(ctx, &cut); err != nil {
		_ = s.failed("read the cut", err) // one that was cancelled learns it at its next step
		return
	}
	s.state.Run.From, s.state.Run.To, s.state.After = cut.Start, cut.Cut, cut.Start
	s.state.Latest, s.state.From = cut.Latest, cut.Latest
	if cut.NewRules != "" {
		s.reconsider(ctx, cut.NewRules)
	}
}

// reconsider lets orders in that changed rules no longer leave out.
func (s *syncOrders) reconsider(ctx workflow.Context, rules string) {
	ctx = withFewTries(ctx)
	next := &activities.ReconsiderInput{Instance: s.in.Instance, Rules: rules}
	for next != nil {
		var r activities.ReconsiderResult
		if err := workflow.ExecuteActivity(ctx, act.Reconsider, *next).Get(ctx, &r); err != nil {
			s.note("apply the changed rules: " + text(err))
			return // the next run begins again
		}
		next = r.Next
	}
}

// stage reads page after page; the cut moves when a page is staged, so that it never passes an order that is not. It begins no
// page after the end.
func (s *syncOrders) stage(ctx workflow.Context, end time.Time) error {
	ctx = withFewTries(ctx)
	for !s.state.Read && workflow.Now(ctx).Before(end) {
		if workflow.GetInfo(ctx).GetContinueAsNewSuggested() {
			return s.continueAsNew(ctx)
		}
		var page activities.FetchMagentoOrdersResult
		in := activities.FetchMagentoOrdersInput{Instance: s.in.Instance, After: s.state.After, Until: s.state.ShopTime, Latest: s.state.Latest}
		if err := workflow.ExecuteActivity(ctx, act.FetchMagentoOrders, in).Get(ctx, &page); err != nil {
			return s.failed("read Magento", err)
		}
		if s.state.ShopTime.IsZero() {
			s.state.ShopTime = page.ShopTime
		}
		if page.Restarted != nil {
			s.note(fmt.Sprintf("the shop's clock was set back, to %s: reading goes back from %s to %s",
				stamp(page.ShopTime), stamp(s.state.After.UpdatedAt), stamp(page.Restarted.UpdatedAt)))
		}
		if page.MoreFuture {
			s.note("more orders of Magento are dated after its own clock than can be staged: set the clock and their updated_at right")
		}
		if len(page.Refs) > 0 || page.Done {
			var staged activities.SyncOrderResult
			in := activities.SyncOrderInput{Instance: s.in.Instance, Refs: page.Refs, Cut: &page.Next, From: s.state.From}
			in.Reading, in.Done = &store.Reading{Began: s.state.Run.StartedAt, ShopTime: s.state.ShopTime, Reach: page.Next}, page.Done
			if err := workflow.ExecuteActivity(ctx, act.SyncOrder, in).Get(ctx, &staged); err != nil {
				return s.failed("stage orders", err)
			}
			s.state.From = *in.Reading
			s.state.Run.Counts = s.state.Run.Counts.Add(staged.Counts)
			if page.Next.After(s.state.Run.To) {
				s.state.Run.To = page.Next
			}
		}
		s.state.After, s.state.Read, s.state.Latest = page.Next, page.Done, store.Reading{}
	}
	return nil
}

// continueAsNew carries on in a fresh history. Children that are still open are abandoned to themselves and counted.
func (s *syncOrders) continueAsNew(ctx workflow.Context) error {
	s.state.Taken = new(s.poster.taken + s.poster.open)
	s.state.Left = s.poster.leave()
	s.state.WriteBack = s.state.WriteBack || s.poster.writeBack
	s.in.Resume = s.state
	return workflow.NewContinueAsNewError(ctx, SyncOrders, s.in)
}

// failed notes an error of the run and ends staging; only a cancelled run ends at once.
func (s *syncOrders) failed(step string, err error) error {
	if temporal.IsCanceledError(err) {
		return err
	}
	s.state.Read = true
	s.note(step + ": " + text(err))
	return nil
}

// stamp writes a time for people.
func stamp(t time.Time) string { return t.UTC().Format("2006-01-02 15:04:05 MST") }

// note adds an error to the run, once.
func (s *syncOrders) note(message string) {
	if !slices.Contains(s.state.Run.Errors, message) {
		s.state.Run.Errors = append(s.state.Run.Errors, message)
	}
}
