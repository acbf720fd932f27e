package activities_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"go.temporal.io/sdk/temporal"

	"datawald/activities"
	"datawald/mapping"
	"datawald/order"
	"datawald/sandbox/testkit"
	"datawald/sapb1"
	"datawald/store"
)

// live are rules that change while a worker runs: taken is what it has, inForce what the store says.
type live struct {
	mu             sync.Mutex
	taken, inForce *mapping.Rules
	since          time.Time
	err            error
	asked          int
	passed         string
}

// Now gives what the worker has.
func (l *live) Now() (*mapping.Rules, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.taken, l.err
}

// Fresh takes what is in force.
func (l *live) Fresh(context.Context) (*mapping.Rules, time.Time, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.asked++
	l.taken = l.inForce
	return l.taken, l.since, l.err
}

// After is Fresh for a version that the worker does not have.
func (l *live) After(ctx context.Context, version string) (*mapping.Rules, error) {
	if version != "" && version != l.taken.ID() {
		rules, _, err := l.Fresh(ctx)
		return rules, err
	}
	return l.Now()
}

// Passed is true for one version.
func (l *live) Passed(version string) bool { return version == l.passed }

// withoutCheckmo are rules that hold the document of the tests, whose payment they do not have.
func withoutCheckmo(t *testing.T) *mapping.Rules {
	t.Helper()
	rules, err := mapping.ParseRules([]byte(strings.Replace(exampleRulesText(t), "\n    checkmo: {", "\n    checkmo_off: {", 1)))
	if err != nil {
		t.Fatal(err)
	}
	return rules
}

// changing is a bench whose worker has live rules.
func changing(t *testing.T, l *live, c activities.Company) *bench {
	t.Helper()
	b := newBench(t, &company{})
	if c == nil {
		c = b.company
	}
	b.acts = activities.New(b.db, testkit.Silent(), activities.Instance{Name: "main", Live: l, Company: c, CompanyID: "b1/demo",
		CallTimeout: 20 * time.Millisecond, Settle: 50 * time.Millisecond, Looks: 3})
	return b
}

// gate is a B1 that lets an order in when it is opened.
type gate struct {
	*company
	waiting, open chan struct{}
}

func (g *gate) Admit(context.Context) (func(), error) {
	close(g.waiting)
	<-g.open
	return func() {}, nil
}

// An order that waited for its turn while the rules changed goes by the new ones, and says so; rules that change while it is on its
// way are for the next.
//
// Fails without: both renewals, in run and in post.
func TestLive_AnOrderGoesByTheRulesOfTheMomentInWhichItsTurnCame(t *testing.T) {
	t.Parallel()
	l := &live{taken: withoutCheckmo(t)}
	c := &gate{&company{}, make(chan struct{}), make(chan struct{})}
	b := changing(t, l, c)
	b.company = c.company
	ended := make(chan error, 1)
	go func() { ended <- b.insert() }()
	<-c.waiting
	l.mu.Lock()
	l.taken = exampleRules(t)
	want := l.taken.ID()
	l.mu.Unlock()
	close(c.open)
	if err := <-ended; err != nil {
		t.Fatal(err)
	}
	b.want(order.Posted, "")
	if doc := b.get(); doc.RuleVersion != want {
		t.Errorf("rule_version %s, want %s", doc.RuleVersion, want)
	}
}

// Quiet hours that come into force while an order waits for its turn hold for it.
//
// Fails without: the renewal after admit in run.
func TestLive_QuietHoursThatComeWhileAnOrderWaitsHoldForIt(t *testing.T) {
	t.Parallel()
	l := &live{taken: exampleRules(t)}
	c := &gate{&company{}, make(chan struct{}), make(chan struct{})}
	b := changing(t, l, c)
	b.company = c.company
	ended := make(chan error, 1)
	go func() { ended <- b.insert() }()
	<-c.waiting
	quiet, err := mapping.ParseRules([]byte(strings.Replace(exampleRulesText(t), "company:\n", hours(time.Now().Add(-time.Hour))+"\ncompany:\n", 1)))
	if err != nil {
		t.Fatal(err)
	}
	l.mu.Lock()
	l.taken = quiet
	l.mu.Unlock()
	close(c.open)
	if err := <-ended; err != nil {
		t.Fatal(err)
	}
	b.want(order.Pending, "")
}

// turning is a B1 that is asked for the order at the moment in which the rules change.
type turning struct {
	*company
	turn func()
}

func (c *turning) FindOrders(ctx context.Context, ref sapb1.Reference) ([]sapb1.Document, error) {
	c.turn()
	return c.company.FindOrders(ctx, ref)
}

// Rules that change while an order is on its way are for the next one: it names those by which it was made.
//
// Fails without: one version for an attempt (with a renewal before the record, it names the others).
func TestLive_AnOrderNamesTheRulesThatMadeIt(t *testing.T) {
	t.Parallel()
	l := &live{taken: exampleRules(t)}
	first := l.taken.ID()
	c := &turning{company: &company{}}
	c.turn = func() {
		l.mu.Lock()
		defer l.mu.Unlock()
		l.taken = withoutCheckmo(t)
	}
	b := changing(t, l, c)
	if err := b.insert(); err != nil {
		t.Fatal(err)
	}
	b.want(order.Posted, "")
	if doc := b.get(); doc.RuleVersion != first {
		t.Errorf("rule_version %s, want %s", doc.RuleVersion, first)
	}
}

// A worker that is behind does not hold again by old rules what Reconsider has just let in by new ones.
//
// Fails without: the renewal by the order's version in post.
func TestLive_AWorkerThatIsBehindLearnsItFromTheOrder(t *testing.T) {
	t.Parallel()
	old, mended := withoutCheckmo(t), exampleRules(t)
	behind := &live{taken: old, inForce: old}
	b := changing(t, behind, nil)
	if err := b.insert(); err == nil {
		t.Fatal("the order is not held by the old rules")
	}
	behind.inForce = mended
	other := activities.New(b.db, testkit.Silent(), activities.Instance{Name: "main", Live: &live{taken: old, inForce: mended}, Company: b.company, CompanyID: "b1/demo"})
	for next := (&activities.ReconsiderInput{Instance: "main", Rules: mended.ID()}); next != nil; {
		r, err := other.Reconsider(t.Context(), *next)
		if err != nil {
			t.Fatal(err)
		}
		next = r.Next
	}
	b.want(order.Pending, "")
	if err := b.insert(); err != nil {
		t.Fatal(err)
	}
	b.want(order.Posted, "")
	if behind.asked != 1 {
		t.Errorf("it asked %d times, want once: its own orders cost no question", behind.asked)
	}
}

// A run works by what is in force, not by what its worker has taken last: what Reconsider does is not undone by the next run of a
// worker that is behind.
//
// Fails without: freshly in GetLastCut and Reconsider.
func TestLive_ARunAsksWhatIsInForce(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	old, mended := withoutCheckmo(t), exampleRules(t)
	if err := d.db.NoteRules(t.Context(), "main", store.TaskOrders, mended.ID(), moment(40)); err != nil {
		t.Fatal(err)
	}
	d.rules.Live = &live{taken: old, inForce: mended}
	cut, err := d.worker().GetLastCut(t.Context(), activities.GetLastCutInput{Instance: "main"})
	if err != nil || cut.NewRules != "" {
		t.Errorf("a worker that is behind calls for %q, %v", cut.NewRules, err)
	}
	d.rules.Live = &live{taken: old, inForce: mended}
	_, err = d.worker().Reconsider(t.Context(), activities.ReconsiderInput{Instance: "main", Rules: old.ID()})
	if f, ok := errors.AsType[*temporal.ApplicationError](err); !ok || f.Type() != activities.TypeTransient {
		t.Errorf("rules that are not in force any more are applied: %v", err)
	}
}

// Rules that are replaced while a run applies them are no error of the run: the next one applies the others, from the beginning.
//
// Fails without: the question in Reconsider whether they have passed.
func TestLive_RulesThatAreReplacedOnTheWayEndWithoutAnError(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	old, mended := withoutCheckmo(t), exampleRules(t)
	d.rules.Live = &live{taken: old, inForce: mended, passed: old.ID()}
	r, err := d.worker().Reconsider(t.Context(), activities.ReconsiderInput{Instance: "main", Rules: old.ID(), Status: order.Held})
	if err != nil || r.Next != nil || r.Open != 0 {
		t.Errorf("result %+v, %v", r, err)
	}
	if p, err := d.db.Progress(t.Context(), "main", store.TaskOrders); err != nil || p.Rules != "" {
		t.Errorf("noted are the rules %q, %v; want none", p.Rules, err)
	}
	if cut, err := d.worker().GetLastCut(t.Context(), activities.GetLastCutInput{Instance: "main"}); err != nil || cut.NewRules != mended.ID() {
		t.Errorf("the next run applies %q, %v", cut.NewRules, err)
	}
}

// Orders that a worker held by old rules while it was behind are asked for once more, a minute after the new ones came and once again
// when no attempt of before can be under way; and then no more.
//
// Fails without: onceMore in GetLastCut.
func TestLive_StraysAreAskedForOnceMore(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	clock := moment(50)
	since := moment(50)
	rules := exampleRules(t)
	d.rules.Clock = func() time.Time { return clock }
	d.rules.Live = &live{taken: rules, inForce: rules, since: since}
	var asked []time.Duration
	for ; clock.Before(since.Add(30 * time.Minute)); clock = clock.Add(30 * time.Second) {
		cut, err := d.worker().GetLastCut(t.Context(), activities.GetLastCutInput{Instance: "main"})
		if err != nil {
			t.Fatal(err)
		}
		if cut.NewRules == "" {
			continue
		}
		asked = append(asked, clock.Sub(since))
		for next := (&activities.ReconsiderInput{Instance: "main", Rules: cut.NewRules}); next != nil; {
			r, err := d.worker().Reconsider(t.Context(), *next)
			if err != nil {
				t.Fatal(err)
			}
			next = r.Next
		}
	}
	if want := []time.Duration{0, time.Minute, 7 * time.Minute}; !slices.Equal(asked, want) {
		t.Errorf("asked after %v, want %v", asked, want)
	}
}

// A worker that cannot use the rules in force leaves the work to others: it does not go on by those that nobody wants any more.
func TestLive_AWorkerThatCannotUseTheRulesLeavesTheWork(t *testing.T) {
	t.Parallel()
	b := changing(t, &live{err: errors.New("setting_of_tomorrow: is no setting")}, nil)
	calls := map[string]func() error{
		"InsertOrder": func() error {
			_, err := b.acts.InsertOrder(t.Context(), activities.InsertOrderInput{Key: b.key})
			return err
		},
		"NextOrders": func() error {
			_, err := b.acts.NextOrders(t.Context(), activities.NextOrdersInput{Instance: "main", Limit: 1})
			return err
		},
		"GetLastCut": func() error {
			_, err := b.acts.GetLastCut(t.Context(), activities.GetLastCutInput{Instance: "main"})
			return err
		},
		"WriteBack": func() error {
			_, err := b.acts.WriteBack(t.Context(), activities.WriteBackInput{Instance: "main"})
			return err
		},
	}
	for name, call := range calls {
		f, ok := errors.AsType[*temporal.ApplicationError](call())
		if !ok || f.Type() != activities.TypeUnknownInstance || f.NonRetryable() || !strings.Contains(f.Message(), "setting_of_tomorrow") {
			t.Errorf("%s ends with %v, want it left to another worker", name, f)
		}
	}
	b.want(order.Pending, "")
}
