package workflows_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"go.temporal.io/sdk/converter"
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/testsuite"
	"go.temporal.io/sdk/workflow"

	"datawald/activities"
	"datawald/sandbox/testkit"
	"datawald/store"
	"datawald/workflows"
)

// auditor is what a reconciliation works with: each step answers as the test says, and well where it says nothing.
type auditor struct {
	posted   int64
	settle   time.Duration
	begin    func() error
	orders   func(activities.ReconcileOrdersInput) (*activities.ReconcileOrdersResult, error)
	recheck  func(activities.RecheckFindingsInput) (*activities.RecheckFindingsResult, error)
	heal     func(activities.HealFindingsInput) (*activities.HealFindingsResult, error)
	note     func(store.Run) error
	end      func() error
	began    []store.Run
	asked    []activities.ReconcileOrdersInput
	notes    []store.Run
	tooMany  []activities.NoteTooManyInput
	heals    []activities.HealFindingsInput
	rechecks []activities.RecheckFindingsInput
	ended    []activities.EndReconcileInput
}

func (a *auditor) BeginReconcile(_ context.Context, run store.Run) (*activities.BeginReconcileResult, error) {
	a.began = append(a.began, run)
	if a.begin != nil {
		if err := a.begin(); err != nil {
			return nil, err
		}
	}
	return &activities.BeginReconcileResult{Posted: a.posted, Settle: a.settle}, nil
}

func (a *auditor) ReconcileOrders(_ context.Context, in activities.ReconcileOrdersInput) (*activities.ReconcileOrdersResult, error) {
	a.asked = append(a.asked, in)
	if a.orders != nil {
		return a.orders(in)
	}
	return &activities.ReconcileOrdersResult{Done: true}, nil
}

func (a *auditor) RecheckFindings(_ context.Context, in activities.RecheckFindingsInput) (*activities.RecheckFindingsResult, error) {
	a.rechecks = append(a.rechecks, in)
	if a.recheck != nil {
		return a.recheck(in)
	}
	return &activities.RecheckFindingsResult{Done: true}, nil
}

func (a *auditor) NoteTooMany(_ context.Context, in activities.NoteTooManyInput) error {
	a.tooMany = append(a.tooMany, in)
	return nil
}

func (a *auditor) HealFindings(_ context.Context, in activities.HealFindingsInput) (*activities.HealFindingsResult, error) {
	a.heals = append(a.heals, in)
	if a.heal != nil {
		return a.heal(in)
	}
	return &activities.HealFindingsResult{Done: true}, nil
}

func (a *auditor) NoteReconcile(_ context.Context, run store.Run) error {
	a.notes = append(a.notes, run)
	if a.note != nil {
		return a.note(run)
	}
	return nil
}

func (a *auditor) EndReconcile(_ context.Context, in activities.EndReconcileInput) (*store.Run, error) {
	a.ended = append(a.ended, in)
	if a.end != nil {
		if err := a.end(); err != nil {
			return nil, err
		}
	}
	return &in.Run, nil
}

// night is when the reconciliations of these tests begin.
var night = time.Date(2026, 11, 25, 2, 30, 0, 0, time.UTC)

// audited runs a reconciliation through all its histories, with time passed over; watch says what else is to happen in each.
func audited(t *testing.T, a *auditor, in workflows.ReconcileInput, watch ...func(*testsuite.TestWorkflowEnvironment)) (run store.Run, histories int, err error) {
	t.Helper()
	if in.Instance == "" {
		in.Instance = "main"
	}
	if in.Days == 0 && in.From.IsZero() {
		in.Days = 35
	}
	at := night
	for histories = 1; ; histories++ {
		env := testkit.Suite().NewTestWorkflowEnvironment()
		env.SetTestTimeout(time.Minute)
		env.SetStartTime(at)
		env.RegisterActivity(a)
		for _, w := range watch {
			w(env)
		}
		env.ExecuteWorkflow(workflows.Reconcile, in)
		err := env.GetWorkflowError()
		next, again := errors.AsType[*workflow.ContinueAsNewError](err)
		if !again {
			if err == nil {
				err = env.GetWorkflowResult(&run)
			}
			return run, histories, err
		}
		in = workflows.ReconcileInput{}
		if err := converter.GetDefaultDataConverter().FromPayloads(next.Input, &in); err != nil {
			t.Fatal(err)
		}
		at = env.Now()
	}
}

// missing gives pages on each of which B1 lacks so many of ten orders.
func missing(pages, n int64) func(activities.ReconcileOrdersInput) (*activities.ReconcileOrdersResult, error) {
	return func(in activities.ReconcileOrdersInput) (*activities.ReconcileOrdersResult, error) {
		return &activities.ReconcileOrdersResult{Next: in.After + 1, Done: in.After+1 >= pages, Total: 10 * (pages - in.After),
			Lines: map[store.AccountLine]int64{store.LineInB1: 10 - n, store.AccountLine(store.FindMissingInB1): n}}, nil
	}
}

var errAway = temporal.NewNonRetryableApplicationError("B1 is away", "", nil)

// A long one goes on in new histories, while it compares and while it mends: each page comes once, nothing is counted twice or forgotten, it begins once, and pauses once before it
// mends. Fails without: the bound on pages in step; Resume in step and in run; Healed made anew in setup; the condition on Next in add; Place in heal and recheck; the phase in heal.
func TestReconcile_GoesOnInNewHistories(t *testing.T) {
	a := &auditor{posted: 4500, settle: 10 * time.Minute, orders: missing(450, 1)}
	a.recheck = func(in activities.RecheckFindingsInput) (*activities.RecheckFindingsResult, error) {
		return &activities.RecheckFindingsResult{Next: in.After + "x", Done: len(in.After) == 9, Resolved: 1, Findings: map[store.FindingKind]int64{store.FindDuplicate: 1}}, nil
	}
	a.heal = func(in activities.HealFindingsInput) (*activities.HealFindingsResult, error) {
		return &activities.HealFindingsResult{Next: in.After + "y", Done: len(in.After) == 299, Healed: map[store.FindingKind]int64{store.FindMissingInB1: 1}}, nil
	}
	var slept time.Duration
	watch := func(env *testsuite.TestWorkflowEnvironment) {
		env.SetOnTimerScheduledListener(func(_ string, d time.Duration) { slept += d })
	}
	run, histories, err := audited(t, a, workflows.ReconcileInput{Heal: true, Most: 1000}, watch)
	if err != nil {
		t.Fatal(err)
	}
	for n, in := range a.asked {
		if in.After != int64(n) {
			t.Fatalf("page %d is asked for behind %d", n, in.After)
		}
	}
	for n, in := range a.heals {
		if len(in.After) != n {
			t.Fatalf("what is mended as page %d stands behind %q", n, in.After)
		}
	}
	r := run.Reconciliation
	if histories != 4 || len(a.began) != 1 || len(a.asked) != 450 || len(a.rechecks) != 10 || len(a.heals) != 300 || slept != 10*time.Minute {
		t.Errorf("%d histories, begun %d times, %d, %d and %d pages, %s of pauses", histories, len(a.began), len(a.asked), len(a.rechecks), len(a.heals), slept)
	}
	if r.Orders != 4500 || r.Total != 4500 || r.Lines["missing_in_b1"] != 450 || r.Findings[store.FindMissingInB1] != 450 || r.Findings[store.FindDuplicate] != 10 ||
		r.Resolved != 10 || r.Healed[store.FindMissingInB1] != 300 || r.Phase != store.ReconcileEnded || run.ID != a.began[0].ID || !a.ended[0].Whole {
		t.Errorf("the account is %+v of %s", r, run.ID)
	}
}

// Where the server says that a history is long it goes on in a new one at once. Fails without: GetContinueAsNewSuggested in step.
func TestReconcile_GoesOnWhereTheServerSaysSo(t *testing.T) {
	first := true
	_, histories, err := audited(t, &auditor{posted: 30, orders: missing(3, 0)}, workflows.ReconcileInput{}, func(env *testsuite.TestWorkflowEnvironment) {
		env.SetContinueAsNewSuggested(first)
		first = false
	})
	if err != nil || histories != 2 {
		t.Errorf("%d histories, %v", histories, err)
	}
}

// How much may be missing before nothing is mended: by the setting, by the share of what is posted, and of little that is posted by half. Fails without: each of the conditions in tooMany
// and in judge; DefaultMostMissing and the share in claim; Force there; TooMany and the settings in heal.
func TestReconcile_TooMuchIsMissing(t *testing.T) {
	for name, tc := range map[string]struct {
		kind            store.FindingKind
		n, posted, most int64
		force           bool
		too             bool
	}{
		"as many as are let":         {store.FindMissingInB1, 50, 900, 0, false, false},
		"one more":                   {store.FindMissingInB1, 51, 900, 0, false, true},
		"of the store":               {store.FindMissingInStore, 51, 900, 0, false, true},
		"cancelled":                  {store.FindCancelledInB1, 51, 900, 0, false, true},
		"of others there may be any": {store.FindKeyChanged, 80, 900, 0, false, false},
		"a twentieth of many":        {store.FindMissingInB1, 100, 2000, 0, false, false},
		"more than a twentieth":      {store.FindMissingInB1, 101, 2000, 0, false, true},
		"by the setting":             {store.FindMissingInB1, 8, 100, 7, false, true},
		"within the setting":         {store.FindMissingInB1, 7, 100, 7, false, false},
		"half of few":                {store.FindMissingInB1, 5, 10, 0, false, false},
		"more than half of few":      {store.FindMissingInB1, 6, 10, 0, false, true},
		"three of three":             {store.FindMissingInB1, 3, 3, 0, false, false},
		"by force":                   {store.FindMissingInB1, 900, 900, 0, true, false},
	} {
		a := &auditor{posted: tc.posted, orders: func(activities.ReconcileOrdersInput) (*activities.ReconcileOrdersResult, error) {
			return &activities.ReconcileOrdersResult{Next: 1, Done: true, Lines: map[store.AccountLine]int64{store.AccountLine(tc.kind): tc.n}}, nil
		}}
		run, _, err := audited(t, a, workflows.ReconcileInput{Heal: true, Most: tc.most, Force: tc.force})
		if err != nil || len(a.tooMany) == 1 != tc.too || len(a.heals) == 0 != tc.too {
			t.Errorf("%s: noted %d times, mended %d times, %v: %+v", name, len(a.tooMany), len(a.heals), err, run.Reconciliation)
			continue
		}
		if tc.too && !slices.Equal(a.tooMany[0].Kinds, []store.FindingKind{tc.kind}) {
			t.Errorf("%s: of %v there is too much", name, a.tooMany[0].Kinds)
		}
		if tc.force != (run.Reconciliation.Most < 0) || tc.force != (a.asked[0].Left < 0) {
			t.Errorf("%s: %d may be missing, %d are looked into", name, run.Reconciliation.Most, a.asked[0].Left)
		}
	}
}

// What is missing is written down one by one as long as it may still be mended. Fails without: what was found before in left.
func TestReconcile_WhatIsLeftToBeWrittenDown(t *testing.T) {
	a := &auditor{posted: 100, orders: missing(4, 3)}
	if _, _, err := audited(t, a, workflows.ReconcileInput{Most: 7}); err != nil {
		t.Fatal(err)
	}
	var left, inStore []int64
	for _, in := range a.asked {
		left, inStore = append(left, in.Left), append(inStore, in.LeftInStore)
	}
	if !slices.Equal(left, []int64{7, 4, 1, 0}) || !slices.Equal(inStore, []int64{7, 7, 7, 7}) {
		t.Errorf("left are %v, and %v in the store", left, inStore)
	}
}

// Between comparing and mending time passes, which the record tells; where nothing was found, or nothing is to be mended, none does. Fails without: the pause in heal, and the phases;
// anything, and Heal in heal.
func TestReconcile_PausesBeforeItMends(t *testing.T) {
	for name, tc := range map[string]struct {
		found int64
		heal  bool
		want  []time.Duration
	}{"found": {1, true, []time.Duration{40 * time.Minute}}, "nothing found": {0, true, nil}, "told alone": {1, false, nil}} {
		var slept []time.Duration
		var phase store.ReconcilePhase
		a := &auditor{posted: 10, settle: 40 * time.Minute, orders: missing(1, tc.found)}
		_, _, err := audited(t, a, workflows.ReconcileInput{Heal: tc.heal}, func(env *testsuite.TestWorkflowEnvironment) {
			env.SetOnTimerScheduledListener(func(_ string, d time.Duration) { slept = append(slept, d) })
			a.heal = func(activities.HealFindingsInput) (*activities.HealFindingsResult, error) {
				var run store.Run
				value, err := env.QueryWorkflow(workflows.ProgressQuery)
				if err == nil && value.Get(&run) == nil {
					phase = run.Reconciliation.Phase
				}
				return &activities.HealFindingsResult{Done: true}, nil
			}
			env.RegisterDelayedCallback(func() {
				var run store.Run
				value, err := env.QueryWorkflow(workflows.ProgressQuery)
				if err != nil || value.Get(&run) != nil || run.Reconciliation.Phase != store.ReconcileSettles {
					t.Errorf("%s: meanwhile it is %+v, %v", name, run.Reconciliation, err)
				}
			}, 20*time.Minute)
		})
		if want := len(tc.want); err != nil || !slices.Equal(slept, tc.want) || len(a.heals) != want || want > 0 && phase != store.ReconcileHeals {
			t.Errorf("%s: pauses %v, mended %d times, then it is %q; %v", name, slept, len(a.heals), phase, err)
		}
	}
}

// The window is the days before five minutes ago, or the one that was named. Only one by days looks at older orders. Fails without: windowLag and Days in begin; Days in recheck.
func TestReconcile_TheWindow(t *testing.T) {
	a := &auditor{}
	run, _, err := audited(t, a, workflows.ReconcileInput{Days: 35})
	to := night.Add(-5 * time.Minute)
	if r := run.Reconciliation; err != nil || !r.To.Equal(to) || !r.From.Equal(to.AddDate(0, 0, -35)) || r.Days != 35 || !a.asked[0].From.Equal(r.From) || !a.asked[0].To.Equal(to) {
		t.Errorf("%+v, %v", r, err)
	}
	if in := a.rechecks[0]; !in.From.IsZero() || !in.Before.Equal(to) || !in.Started.Equal(run.StartedAt) {
		t.Errorf("older ones by %+v", in)
	}
	a = &auditor{}
	from := night.AddDate(0, 0, -3)
	if run, _, err = audited(t, a, workflows.ReconcileInput{From: from, To: night.AddDate(0, 0, -1)}); err != nil || run.Reconciliation.Days != 0 || !a.rechecks[0].From.Equal(from) {
		t.Errorf("%+v, %v; older ones by %+v", run.Reconciliation, err, a.rechecks[0])
	}
}

// What makes no sense is refused before anything is asked, and for good. Fails without: each of the conditions in Validate; Validate in setup; NonRetryable there.
func TestReconcile_RefusesWhatMakesNoSense(t *testing.T) {
	day := func(n int) time.Time { return night.AddDate(0, 0, n) }
	for want, in := range map[string]workflows.ReconcileInput{
		`instance: is "Not One"`:         {Instance: "Not One", Days: 1},
		"days: is -1":                    {Days: -1},
		"days: is 3651":                  {Days: 3651},
		"does not lie after from":        {From: day(-1), To: day(-1)},
		"force: is for a reconciliation": {Days: 1, Force: true},
		"most: is -1":                    {Days: 1, Most: -1},
	} {
		a := &auditor{}
		_, _, err := audited(t, a, in)
		app, is := errors.AsType[*temporal.ApplicationError](err)
		if !is || !app.NonRetryable() || app.Type() != activities.TypeRefused || !strings.Contains(err.Error(), want) || len(a.began) != 0 {
			t.Errorf("%v, begun %d times; want %s", err, len(a.began), want)
		}
	}
	for _, in := range []workflows.ReconcileInput{{Days: 1}, {Days: 3650}, {From: day(-1), To: day(0)}, {Days: 1, Heal: true, Force: true, Most: 1}} {
		if _, _, err := audited(t, &auditor{}, in); err != nil {
			t.Errorf("%+v: %v", in, err)
		}
	}
}
