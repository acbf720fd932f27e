package workflows

import (
	"testing"
	"time"
)

// A linger grows until it takes in as many ends as it is to, follows the pace of the orders, and stays within its bounds. Fails without: any
// of the bounds in next; the doubling at most; ended set back.
func TestLingering_FollowsThePaceOfTheOrders(t *testing.T) {
	for name, tc := range map[string]struct {
		perSecond float64
		want      time.Duration
	}{
		"fast: a dozen ends":             {80, 150 * time.Millisecond},
		"very fast: no less than 10 ms":  {5000, leastLinger},
		"slow: no more than a second":    {2, mostLinger},
		"none ends: no more than that":   {0, mostLinger},
		"a pace between: as many as fit": {24, 500 * time.Millisecond},
	} {
		t.Run(name, func(t *testing.T) {
			var l lingering
			ended := 0.0
			for range 50 {
				before := l.lasts
				l.next(12)
				if before != 0 && (l.lasts > 2*before || l.lasts < before/2) {
					t.Fatalf("from %s to %s at once", before, l.lasts)
				}
				ended += tc.perSecond * l.lasts.Seconds()
				l.ended += int(ended)
				ended -= float64(int(ended))
			}
			if l.lasts < tc.want*9/10 || l.lasts > tc.want*11/10 {
				t.Errorf("it lasts %s, want about %s", l.lasts, tc.want)
			}
		})
	}
}

// What a linger takes in stays below the hundred events that the server keeps for a task: two for an order, and twice the orders when they come faster than
// before. Fails without: lingerEnds.
func TestLingering_TakesInNoMoreThanTheServerKeeps(t *testing.T) {
	for window := lingerWindow; window <= maxWindow; window++ {
		if ends := endsOf(window); ends < 3 || 2*2*ends >= 100 {
			t.Errorf("with a window of %d it takes in %d ends", window, ends)
		}
	}
}
