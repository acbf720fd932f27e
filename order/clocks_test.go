package order_test

import (
	"testing"
	"time"

	"datawald/order"
	"datawald/sandbox/testkit"
)

// Fails without: either of the two clocks.
func TestIsOver(t *testing.T) {
	now := time.Now()
	for name, tc := range map[string]struct {
		end  time.Time
		want bool
	}{
		"to come":                       {now.Add(time.Second), false},
		"now":                           {now, true},
		"past":                          {now.Add(-time.Second), true},
		"the machine was suspended":     {testkit.OnWall(t, now.Add(time.Second), -time.Hour), true},
		"the clock was set back":        {testkit.OnWall(t, now.Add(-time.Second), time.Hour), true},
		"without a clock to measure by": {now.Round(0).Add(-time.Second), true},
	} {
		if got := order.IsOver(now, tc.end); got != tc.want {
			t.Errorf("%s: %v, want %v", name, got, tc.want)
		}
	}
}
