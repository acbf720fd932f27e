package chaos

import (
	"context"
	"slices"
	"sync"
	"time"

	"datawald/sandbox/b1sim"
)

// recovery measures how long it takes after a kill or an outage until orders come into B1 again: the first that was not under way when
// it struck. After the kill of a worker that may be an order of another worker; what the killed one had in hand is not followed.
// A lost reply, a proxy's page or an ended session strikes single calls while others go on, and has no recovery of its own.
type recovery struct {
	company *b1sim.Company

	mu   sync.Mutex
	open []blow
	// took are the times by what struck.
	took map[string][]time.Duration
}

// blow is something that struck, and the number of orders beyond which B1 must have got a new one: those that were under
// way at that moment do not count.
type blow struct {
	what   string
	at     time.Time
	beyond int
}

// after begins to measure.
func (v *recovery) after(what string) {
	beyond := v.company.Count() + v.company.Traffic().Active
	v.mu.Lock()
	defer v.mu.Unlock()
	v.open = append(v.open, blow{what: what, at: time.Now(), beyond: beyond})
}

// watch looks for new orders. A blow stays open until there is one, whatever strikes meanwhile, so that a recovery over several blows
// counts from the first.
func (v *recovery) watch(ctx context.Context) error {
	for sleep(ctx, 50*time.Millisecond) {
		v.look(v.company.Count())
	}
	return nil
}

func (v *recovery) look(count int) {
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.took == nil {
		v.took = map[string][]time.Duration{}
	}
	v.open = slices.DeleteFunc(v.open, func(b blow) bool {
		if count <= b.beyond {
			return false
		}
		v.took[b.what] = append(v.took[b.what], time.Since(b.at))
		return true
	})
}

// Times sums up how long things took, in seconds.
type Times struct {
	Count  int     `json:"count"`
	Median float64 `json:"median_seconds"`
	Max    float64 `json:"max_seconds"`
	// Open counts the times that are in none of the others: until the end of the run B1 got no further order.
	Open int `json:"not_recovered"`
}

func (v *recovery) times() map[string]Times {
	v.mu.Lock()
	defer v.mu.Unlock()
	all := map[string]Times{}
	for what, took := range v.took {
		slices.Sort(took)
		all[what] = Times{Count: len(took), Median: seconds(took[len(took)/2]), Max: seconds(took[len(took)-1])}
	}
	for _, b := range v.open {
		times := all[b.what]
		times.Open++
		all[b.what] = times
	}
	return all
}

// seconds are those of a duration, to a tenth.
func seconds(d time.Duration) float64 {
	return float64(d.Round(100*time.Millisecond)) / float64(time.Second)
}
