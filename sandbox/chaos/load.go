package chaos

import (
	"context"
	"sync"
	"sync/atomic"
	"time"
)

// loadEvery is how often it is looked whether B1 has orders to get.
const loadEvery = 500 * time.Millisecond

// load knows how long B1 had orders to get, and what was killed meanwhile.
type load struct {
	// wanted is true while a kill is due and B1 has nothing to get.
	wanted atomic.Bool

	mu    sync.Mutex
	time  time.Duration
	kills map[string]bool
}

// killed notes a process that was killed while B1 had orders to get.
func (l *load) killed(name string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.kills == nil {
		l.kills = map[string]bool{}
	}
	l.kills[name] = true
}

// kinds is how many processes were killed once at least.
func (l *load) kinds() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return len(l.kills)
}

func (l *load) add(d time.Duration) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.time += d
}

func (l *load) seconds() float64 {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.time.Seconds()
}

// loaded reports whether B1 is to get more orders than it has calls in hand: only then can it be seen that it goes on afterwards.
func (w *world) loaded() bool { return w.backlog() > w.company.Traffic().Active }

// watchLoad measures how long B1 had orders to get.
func (w *world) watchLoad(ctx context.Context) error {
	for last := time.Now(); sleep(ctx, loadEvery); {
		now := time.Now()
		if w.loaded() {
			w.load.add(now.Sub(last))
		}
		last = now
	}
	return nil
}

// whenLoaded waits until B1 has orders to get; false when ctx has ended.
func (w *world) whenLoaded(ctx context.Context) bool {
	for !w.loaded() {
		if !sleep(ctx, 200*time.Millisecond) {
			return false
		}
	}
	return true
}

// underLoad is whenLoaded, and has customers order what they have kept back.
func (w *world) underLoad(ctx context.Context) bool {
	w.load.wanted.Store(!w.loaded())
	defer w.load.wanted.Store(false)
	return w.whenLoaded(ctx)
}
