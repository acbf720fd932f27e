package order_test

import (
	"context"
	"slices"
	"testing"

	"datawald/order"
)

// looks are checks that end as they are told to.
func looks(ends ...func() []order.Finding) []order.Check[int] {
	names := []string{"first", "second", "third"}
	checks := make([]order.Check[int], len(ends))
	for i, end := range ends {
		checks[i] = order.Check[int]{Name: names[i], Look: func(int, context.Context) []order.Finding { return end() }}
		if i > 0 {
			checks[i].Needs = []string{names[i-1]}
		}
	}
	return checks
}

func ends(outcomes ...order.Outcome) func() []order.Finding {
	return func() (all []order.Finding) {
		for _, o := range outcomes {
			all = append(all, order.Finding{Outcome: o, Seen: "seen"})
		}
		return all
	}
}

func seen(ctx context.Context, checks []order.Check[int], lost ...string) (all []string) {
	for f := range order.Examine(ctx, 1, checks, lost...) {
		all = append(all, f.Check+" "+string(f.Outcome)+" "+f.Seen)
	}
	return all
}

// One failure must not be told a second time by everything that hangs on it.
func TestExamine_SkipsWhatNeedsACheckThatFailed(t *testing.T) {
	ok, fail := ends(order.OutcomeOK), ends(order.OutcomeOK, order.OutcomeFail)
	for _, c := range []struct {
		name   string
		checks []order.Check[int]
		lost   []string
		want   []string
	}{
		{"all well", looks(ok, ok), nil, []string{"first ok seen", "second ok seen"}},
		{"a warning stops nothing", looks(ends(order.OutcomeWarn), ok), nil, []string{"first warn seen", "second ok seen"}},
		{"a failure among several findings", looks(fail, ok, ok), nil,
			[]string{"first ok seen", "first FAIL seen", "second skip not checked: it needs first", "third skip not checked: it needs second"}},
		{"a check of the caller's", append(looks(ok), order.Check[int]{Name: "x", Needs: []string{order.CheckSettings}}), []string{order.CheckSettings},
			[]string{"first ok seen", "x skip not checked: it needs settings"}},
	} {
		if got := seen(t.Context(), c.checks, c.lost...); !slices.Equal(got, c.want) {
			t.Errorf("%s: got %q, want %q", c.name, got, c.want)
		}
	}
}

// Ctrl-C must end the examination, not make each check that is left fail for itself.
func TestExamine_SkipsTheRestWhenInterrupted(t *testing.T) {
	ctx, stop := context.WithCancel(t.Context())
	interrupted := func() []order.Finding { stop(); return ends(order.OutcomeOK)() }
	got := seen(ctx, looks(interrupted, ends(order.OutcomeOK)))
	if want := []string{"first ok seen", "second skip not checked: interrupted"}; !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestExamine_StopsWhenNobodyListens(t *testing.T) {
	for range order.Examine(t.Context(), 1, looks(ends(order.OutcomeOK, order.OutcomeOK), func() []order.Finding {
		t.Error("the second check was made")
		return nil
	})) {
		break
	}
}
