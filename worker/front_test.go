package main

import (
	"context"
	"log/slog"
	"net/http"
	"strings"
	"sync"
	"time"
)

// front stands before B1: it counts, and plays dead.
type front struct {
	company http.Handler

	mu           sync.Mutex
	dead         bool
	active, most int
	// busy is the time that all calls took together up to changed, since the latest set; what is under way then counts as well.
	busy    time.Duration
	changed time.Time
	calls   []time.Time
}

func (f *front) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	f.mu.Lock()
	f.calls = append(f.calls, time.Now())
	f.change(1)
	f.most = max(f.most, f.active)
	dead := f.dead
	f.mu.Unlock()
	defer func() {
		f.mu.Lock()
		f.change(-1)
		f.mu.Unlock()
	}()
	if dead {
		panic(http.ErrAbortHandler) // the connection breaks
	}
	f.company.ServeHTTP(w, r)
}

// change counts a call that begins or ends. The caller holds the lock.
func (f *front) change(by int) {
	now := time.Now()
	if !f.changed.IsZero() {
		f.busy += time.Duration(f.active) * now.Sub(f.changed)
	}
	f.active, f.changed = f.active+by, now
}

// set makes B1 dead or not, and forgets what was counted.
func (f *front) set(dead bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.change(0)
	f.dead, f.most, f.calls, f.busy = dead, f.active, nil, 0
}

// busyTime is the time that calls took together since the latest set, with what those under way have taken so far: divided by the time
// that went by it is how many there were at once on average.
func (f *front) busyTime() time.Duration {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.change(0)
	return f.busy
}

// since counts the calls after a moment, and the most there were at once since the latest set.
func (f *front) since(moment time.Time) (calls, most int) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, at := range f.calls {
		if at.After(moment) {
			calls++
		}
	}
	return calls, f.most
}

// journal keeps what workers log.
type journal struct {
	slog.Handler
	mu    sync.Mutex
	lines []string
}

func (j *journal) Enabled(context.Context, slog.Level) bool { return true }
func (j *journal) WithAttrs([]slog.Attr) slog.Handler       { return j }
func (j *journal) WithGroup(string) slog.Handler            { return j }

func (j *journal) Handle(_ context.Context, r slog.Record) error {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.lines = append(j.lines, r.Level.String()+" "+r.Message)
	return nil
}

func (j *journal) count(begin string) (n int) {
	j.mu.Lock()
	defer j.mu.Unlock()
	for _, line := range j.lines {
		if strings.HasPrefix(line, begin) {
			n++
		}
	}
	return n
}
