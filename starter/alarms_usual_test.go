package main

import (
	"context"
	"encoding/json"
	"strings"
	"testing"
	"time"
)

// That the usual orders are not counted yet is said, since nobody is told of missing ones until then. Fails without: uncounted in askAlarms and show.
func TestAlarms_SayWhatIsNotCounted(t *testing.T) {
	r := newRig(t)
	if out := r.must("alarms", "--json"); strings.Contains(out, "uncounted") {
		t.Errorf("before any count it says\n%s", out)
	}
	until := "missing ones are not told of"
	for limit := time.Millisecond; ; limit *= 2 { // until one begins and ends within the count
		u, err := r.db.Usual(t.Context(), r.instance)
		if err != nil {
			t.Fatal(err)
		}
		if len(u.Hours) > 0 { // one was faster than the one before, which did not begin
			until = "an earlier count is gone by"
			limit = time.Millisecond
		}
		if !u.SoFarAt.IsZero() {
			break
		}
		u.BegunAt = time.Time{}
		ctx, cancel := context.WithTimeout(t.Context(), limit)
		_ = r.db.CountUsual(ctx, u, time.Now()) // it is to fail
		cancel()
	}
	if out := r.must("alarms"); !strings.Contains(out, r.instance+": its usual orders are being counted since ") || !strings.Contains(out, "hours of 1344 by now; until then "+until) {
		t.Errorf("it says\n%s", out)
	}
	var answer alarmsAnswer
	if err := json.Unmarshal([]byte(r.must("alarms", "--json")), &answer); err != nil || len(answer.Uncounted) != 1 || answer.Uncounted[0].Instance != r.instance || answer.Uncounted[0].Since.IsZero() {
		t.Errorf("%+v, %v", answer.Uncounted, err)
	}
}
