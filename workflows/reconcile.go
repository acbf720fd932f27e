package workflows

import (
	"errors"
	"fmt"
	"time"

	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"

	"datawald/activities"
	"datawald/order"
	"datawald/store"
)

// ReconcileInput says which of Magento's orders are compared with the store and with B1: those that were placed (created_at) in a window.
type ReconcileInput struct {
	Instance string `json:"instance"`
	// From is inclusive, To exclusive; both in UTC. A To that is zero is five minutes before the beginning: what is placed at this moment is on its way.
	From time.Time `json:"from,omitzero"`
	To   time.Time `json:"to,omitzero"`
	// Days is the length of the window where From is zero, 1 to 3,650. Then open findings about older orders are looked at again as well.
	Days int `json:"days,omitempty"`
	// Heal has mended what can be mended: what the store lacks is staged, what B1 lacks is sent anew. Force does so also where too much is missing.
	Heal  bool `json:"heal,omitempty"`
	Force bool `json:"force,omitempty"`
	// Most is how many orders may be missing in B1, or in the store, or cancelled in B1 alone, before nothing is mended; 0 for 50. A twentieth of the window's
	// posted orders may be, where that is more. Of few posted orders no more than half may be, but for three.
	Most int64 `json:"most,omitempty"`
	// Partial says that the window is shorter than the nightly one's, or does not go up to now: it is not what the books are known by.
	Partial bool `json:"partial,omitempty"`
	// Actor is who asked, for the orders' timelines: a user name, "starter", or "schedule".
	Actor string `json:"actor,omitempty"`
	// Resume carries a reconciliation on after continue-as-new; leave it out.
	Resume *reconcileState `json:"resume,omitempty"`
}

const (
	// DefaultReconcileDays is the window of the nightly reconciliation: a month, and some days for those of its end.
	DefaultReconcileDays = 35
	// mostDays bounds a window.
	mostDays = 3650
	// DefaultMostMissing is how many orders may be missing before that says more about a company or a store than about orders; sharePosted the same as a
	// part of the posted ones, one in so many.
	DefaultMostMissing = 50
	sharePosted        = 20
	// fewMissing is how many may be missing of however few posted orders; beyond that no more than half of them.
	fewMissing = 3
	// windowLag keeps the end of a window from orders that are being placed.
	windowLag = 5 * time.Minute
	// comparedPages is how many pages a history has.
	comparedPages = 200
	// reconcilePatience is how long a reconciliation waits for the other sides without getting on, before it gives up: the next one begins anew.
	reconcilePatience = 6 * time.Hour
	// ReconcileLimit ends one that hangs, before the next night. Who starts one gives it as the execution timeout.
	ReconcileLimit = 20 * time.Hour
	// endMargin is what is left of it for the end when quiet hours are over.
	endMargin = 15 * time.Minute
)

// Validate gives all that is wrong with the request, each as an error of its own (errors.Join).
func (in ReconcileInput) Validate() error {
	var all []error
	switch {
	case !order.ValidInstance(in.Instance):
		all = append(all, fmt.Errorf("instance: is %q", in.Instance))
	case in.From.IsZero() && (in.Days < 1 || in.Days > mostDays):
		all = append(all, fmt.Errorf("days: is %d, want 1 to %d, or name the time from which orders are compared", in.Days, mostDays))
	case !in.From.IsZero() && !in.To.IsZero() && !in.To.After(in.From):
		all = append(all, fmt.Errorf("to: %s does not lie after from, %s", in.To.Format(time.RFC3339), in.From.Format(time.RFC3339)))
	}
	if in.Force && !in.Heal {
		all = append(all, errors.New("force: is for a reconciliation that heals"))
	}
	if in.Most < 0 {
		all = append(all, fmt.Errorf("most: is %d, want 0 or more", in.Most))
	}
	return errors.Join(all...)
}

// Narrow sets Partial: the window is shorter than the nightly one's days (0 for those where nobody says otherwise), or does not go up to now.
func (in *ReconcileInput) Narrow(days int, now time.Time) {
	if days == 0 {
		days = DefaultReconcileDays
	}
	switch {
	case !in.To.IsZero() && in.To.Before(now.Add(-24*time.Hour)):
		in.Partial = true
	case in.From.IsZero():
		in.Partial = in.Days < days
	default:
		in.Partial = in.From.After(now.AddDate(0, 0, -days))
	}
}

// reconcileState is all that a reconciliation knows; it is what continue-as-new carries on.
type reconcileState struct {
	Run store.Run `json:"run"`
	// Most is how many orders may be missing, negative for any number. Posted is how many of the window are posted. Settle is how long to wait before the second look.
	Most   int64         `json:"most"`
	Posted int64         `json:"posted"`
	Settle time.Duration `json:"settle"`
	// Next is the entity_id behind which comparing goes on; Compared is true when all are. Behind is how many Magento counted behind it then, and had none to show.
	Next     int64 `json:"next"`
	Compared bool  `json:"compared"`
	Behind   int64 `json:"behind,omitempty"`
	// Place is where looking at older findings, or healing, goes on. Judged, Rechecked and JudgedAll are true when these steps are done.
	Place     string `json:"place"`
	Judged    bool   `json:"judged"`
	Rechecked bool   `json:"rechecked"`
	JudgedAll bool   `json:"judged_all"`
	TooMany   bool   `json:"too_many"`
	// Curable counts by kind what may be mended, older orders with those of the window; OlderPosted is how many of the older ones that were looked at are posted.
	Curable     map[store.FindingKind]int64 `json:"curable"`
	OlderPosted int64                       `json:"older_posted"`
	// Since is since when it waits; zero while it gets on.
	Since time.Time `json:"since,omitzero"`
}

// Reconcile lists Magento's orders of a window, compares each with the store and with B1, and accounts for it in exactly one line. What does not agree is a
// finding. It heals what can be healed: it stages what the store lacks, and lets the runs of the schedule send anew what B1 lacks. Its result is
// its record. An outage does not make it fail: it waits.
func Reconcile(ctx workflow.Context, in ReconcileInput) (*store.Run, error) {
	r := &reconcile{in: in}
	if err := r.setup(ctx); err != nil {
		return nil, err
	}
	run, err := r.run(withOptions(ctx))
	if temporal.IsCanceledError(err) {
		return nil, r.abandon(ctx, err)
	}
	return run, err
}

type reconcile struct {
	in    ReconcileInput
	state *reconcileState
	// noted is when the record was written last, pages how many this history has.
	noted time.Time
	pages int
}

func (r *reconcile) setup(ctx workflow.Context) error {
	if r.state = r.in.Resume; r.state == nil {
		if err := r.in.Validate(); err != nil {
			return temporal.NewNonRetryableApplicationError(err.Error(), activities.TypeRefused, nil)
		}
		r.state = &reconcileState{Run: newRun(ctx, store.KindReconcile, r.in.Instance)}
		r.state.Run.Reconciliation = r.begin(workflow.Now(ctx).UTC().Truncate(time.Second))
	}
	if a := r.account(); a.Healed == nil { // an empty one is not carried on
		a.Healed = map[store.FindingKind]int64{}
	}
	return workflow.SetQueryHandler(ctx, ProgressQuery, func() (store.Run, error) { return r.state.Run, nil })
}

// begin is the account before anything is compared.
func (r *reconcile) begin(now time.Time) *store.Reconciliation {
	a := &store.Reconciliation{From: r.in.From, To: r.in.To, Partial: r.in.Partial, Heal: r.in.Heal, Force: r.in.Force, Phase: store.ReconcileCompares,
		Lines: map[store.AccountLine]int64{}, Findings: map[store.FindingKind]int64{}, Healed: map[store.FindingKind]int64{}}
	if a.To.IsZero() {
		a.To = now.Add(-windowLag)
	}
	if a.From.IsZero() {
		a.From, a.Days = a.To.AddDate(0, 0, -r.in.Days), r.in.Days
	}
	return a
}

func (r *reconcile) account() *store.Reconciliation { return r.state.Run.Reconciliation }

func (r *reconcile) run(ctx workflow.Context) (*store.Run, error) {
	if r.in.Resume == nil {
		if busy, err := r.claim(ctx); err != nil || busy {
			return &r.state.Run, err
		}
	}
	r.noted = workflow.Now(ctx)
	for _, step := range []func(workflow.Context) error{r.compare, r.judge, r.recheck, r.judgeAll, r.heal} {
		if err := step(ctx); errors.Is(err, errGivenUp) {
			return r.end(ctx, false)
		} else if err != nil {
			return nil, err
		}
	}
	r.account().Phase = store.ReconcileEnded
	return r.end(ctx, true)
}

// errGivenUp ends a reconciliation that has waited for long enough.
var errGivenUp = errors.New("given up")

// claim notes the beginning, and learns what it goes by. busy is true when another is under way.
func (r *reconcile) claim(ctx workflow.Context) (busy bool, err error) {
	var begun activities.BeginReconcileResult
	err = r.patiently(ctx, "begin", func() error { return workflow.ExecuteActivity(ctx, act.BeginReconcile, r.state.Run).Get(ctx, &begun) })
	if err != nil {
		return false, err
	}
	if begun.Busy != "" {
		r.state.Run.EndedAt = new(workflow.Now(ctx))
		r.state.Run.Errors = append(r.state.Run.Errors, "another reconciliation is under way: "+begun.Busy)
		return true, nil
	}
	r.state.Settle, r.state.Posted = begun.Settle, begun.Posted
	if !begun.From.IsZero() {
		r.account().From = begun.From
	}
	if r.state.Most = -1; !r.in.Force {
		most := r.in.Most
		if most == 0 {
			most = DefaultMostMissing
		}
		r.state.Most = max(most, begun.Posted/sharePosted)
	}
	r.account().Most = r.state.Most
	return false, nil
}

// compare goes through the orders of the window.
func (r *reconcile) compare(ctx workflow.Context) error {
	for !r.state.Compared {
		in := activities.ReconcileOrdersInput{Instance: r.in.Instance, Run: r.state.Run.ID, From: r.account().From, To: r.account().To, After: r.state.Next,
			Left: r.left(store.FindMissingInB1), LeftInStore: r.left(store.FindMissingInStore)}
		var page activities.ReconcileOrdersResult
		got, err := r.step(ctx, "compare", act.ReconcileOrders, in, &page, &page.QuietUntil)
		if err != nil {
			return err
		}
		if got {
			r.add(page)
		}
	}
	return nil
}

// left is how many more orders that are missing are written down one by one.
func (r *reconcile) left(kind store.FindingKind) int64 {
	if r.state.Most < 0 {
		return -1
	}
	return max(0, r.state.Most-r.account().Lines[store.AccountLine(kind)])
}

// add counts a page. Each kind of line that is a finding counts as one too.
func (r *reconcile) add(page activities.ReconcileOrdersResult) {
	a := r.account()
	if r.state.Next == 0 {
		a.Total = page.Total
	}
	for _, line := range store.AccountLines() {
		if n := page.Lines[line]; n > 0 {
			a.Lines[line] += n
			a.Orders += n
		}
	}
	for _, kind := range store.FindingKinds() {
		if n := page.Lines[store.AccountLine(kind)]; n > 0 {
			a.Findings[kind] += n
		}
	}
	a.EntityID, r.state.Next, r.state.Compared, r.state.Behind = page.Next, page.Next, page.Done, page.Behind
}

// recheck looks at open findings of orders that comparing did not come by again: those from before the window, and those that Magento shows no more.
func (r *reconcile) recheck(ctx workflow.Context) error {
	for !r.state.Rechecked {
		in := activities.RecheckFindingsInput{Instance: r.in.Instance, Run: r.state.Run.ID, Before: r.account().To, Started: r.state.Run.StartedAt, After: r.state.Place}
		if r.in.Days == 0 { // the window that was named, and no older orders
			in.From = r.account().From
		}
		var page activities.RecheckFindingsResult
		got, err := r.step(ctx, "look at older findings", act.RecheckFindings, in, &page, &page.QuietUntil)
		if err != nil {
			return err
		}
		if !got {
			continue
		}
		for _, kind := range store.FindingKinds() {
			if n := page.Findings[kind]; n > 0 {
				r.account().Findings[kind] += n
			}
		}
		r.account().Resolved += page.Resolved
		r.state.OlderPosted += page.Posted
		r.state.Curable = page.Curable
		if r.state.Place, r.state.Rechecked = page.Next, page.Done; page.Done {
			r.state.Place = ""
		}
	}
	return nil
}
