package order_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"datawald/order"
)

func TestStatus_RoundTripsAndKnowsNoSeventh(t *testing.T) {
	seen := map[order.Status]bool{}
	for _, s := range order.Statuses() {
		got, err := order.ParseStatus(string(s))
		if err != nil || got != s {
			t.Errorf("ParseStatus(%q) = %q, %v", s, got, err)
		}
		if seen[s] {
			t.Errorf("%q is listed twice", s)
		}
		seen[s] = true
	}
	if len(seen) != 6 {
		t.Errorf("%d states, want 6", len(seen))
	}
	for _, text := range []string{"", "Pending", "pending ", "canceled", "failed"} {
		if got, err := order.ParseStatus(text); err == nil {
			t.Errorf("ParseStatus(%q) = %q, want an error", text, got)
		} else if !strings.Contains(err.Error(), "pending") {
			t.Errorf("ParseStatus(%q): error %q does not list the states", text, err)
		}
	}
}

func TestStatus_OnlyPendingAndDraftsAreOpen(t *testing.T) {
	open := map[order.Status]bool{order.Pending: true, order.Draft: true}
	for _, s := range append(order.Statuses(), "") {
		if got := s.Open(); got != open[s] {
			t.Errorf("%q is open: %t, want %t", s, got, open[s])
		}
	}
}

func TestReason_ReadsAsOneText(t *testing.T) {
	for _, c := range []struct {
		reason order.Reason
		want   string
	}{
		{order.Reason{Code: "x", Message: "It is wrong."}, "It is wrong."},
		{order.Reason{Code: "x", Message: "It is wrong.", Hint: "Mend it."}, "It is wrong. Mend it."},
	} {
		var err error = &c.reason
		if err.Error() != c.want {
			t.Errorf("reason reads %q, want %q", err, c.want)
		}
	}
}

func TestFailure_SaysWhatFailedAndWhatWasAnswered(t *testing.T) {
	f := &order.Failure{System: "b1", Op: "POST Orders", Code: "-10", Message: "no stock"}
	if got, want := f.Error(), "b1: POST Orders: no stock (-10)"; got != want {
		t.Errorf("failure reads %q, want %q", got, want)
	}
	f.Code = ""
	if got, want := f.Error(), "b1: POST Orders: no stock"; got != want {
		t.Errorf("failure reads %q, want %q", got, want)
	}
}

func TestKindOf_SeesThroughWrappingAndTakesOurOwnErrorsAsTransient(t *testing.T) {
	for _, kind := range []order.Kind{order.Transient, order.Permanent, order.Unknown, order.Config} {
		err := fmt.Errorf("order main:1:1: %w", &order.Failure{Kind: kind, Err: context.Canceled})
		if got := order.KindOf(err); got != kind {
			t.Errorf("kind is %q, want %q", got, kind)
		}
		if !errors.Is(err, context.Canceled) {
			t.Errorf("%s: the cause is lost", kind)
		}
	}
	if got := order.KindOf(errors.New("the store does not answer")); got != order.Transient {
		t.Errorf("an error of our own is %q, want transient", got)
	}
}
