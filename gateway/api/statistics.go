package api

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"runtime/debug"
	"sync"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"datawald/order"
	"datawald/store"
)

// mostHours is for how long back statistics are told.
const mostHours = 168

const (
	// countedFor is for how long an answer serves all who ask, from when its count began; one that took long serves for twice as long as it took.
	countedFor = 5 * time.Second
	// lateAfter is how long a count may take before the last whole answer stands in for it, standsIn for how long it may.
	lateAfter = 100 * time.Millisecond
	standsIn  = time.Minute
	// countLimit bounds one count. It goes on when those who asked have gone: the next ones have use of it.
	countLimit = 20 * time.Second
	// mostCounts is how many counts of an instance are under way at once, one of them at work: each number of hours is another. Who asks for more is told to wait, because
	// the store has orders to keep.
	mostCounts = 5
)

// gatherLimit is how long who asks waits for hours that were not gathered yet; the answer says which are there.
const gatherLimit = 4 * time.Second

func (s *server) routeStatistics() {
	all := &statistics{store: s.store, log: s.log, instances: map[string]*instanceFigures{}}
	route(s, huma.Operation{OperationID: "get-statistics", Method: http.MethodGet, Path: "/api/v1/statistics", Tags: []string{"status"},
		Summary: "Orders per hour, and how long they take from Magento into B1",
		Description: "Hours are of the clock, UTC; the last one is still under way. `placed` counts orders by the time they were placed, `held` those of them that are " +
			"held now; `posted` counts orders by the time they came into B1, of whatever age. Times are in seconds, as the median and as what 95 % of the orders " +
			"stay below; they are accurate to 4 %, and leave out what backfills brought. The answer is some seconds old, a minute at most where counting takes long: `counted_at` tells. After the gateway's start it takes a " +
			"while until all hours are gathered: `posted` and times are whole from `gathered_from` on. Each number of hours is counted by itself, few at a time: beyond, the " +
			"answer is 429 with Retry-After.",
		Errors: []int{http.StatusTooManyRequests}},
		func(ctx context.Context, in *statisticsInput) (*statisticsOutput, error) {
			instance, err := s.instance(in.Instance)
			if err != nil {
				return nil, err
			}
			figures, err := all.of(instance).ask(ctx, in.Hours)
			if p, ok := errors.AsType[*Problem](err); ok {
				return nil, p
			}
			if err != nil {
				return nil, partDown(err, "store")
			}
			return &statisticsOutput{Body: *figures}, nil
		})
}

type statisticsInput struct {
	Instance string `query:"instance" doc:"The instance; may be left out where there is only one" example:"main"`
	Hours    int    `query:"hours" minimum:"1" maximum:"168" default:"24" doc:"How many hours back, with the one that is under way"`
}

type statisticsOutput struct{ Body Statistics }

// Statistics are the figures of the last hours.
type Statistics struct {
	Instance string       `json:"instance"`
	Hours    []HourFigure `json:"hours" nullable:"false" doc:"One for each hour, the oldest first"`
	Placed   int64        `json:"placed" doc:"Orders that were placed in these hours"`
	Posted   int64        `json:"posted" doc:"Orders that came into B1 in these hours"`
	Held     int64        `json:"held" doc:"Orders that were placed in these hours and are held now"`
	// FromPlaced and the others are of the orders that were posted, or first seen, in these hours.
	FromPlaced   *Spread   `json:"from_placed,omitempty" doc:"From the time an order was placed to the time it was in B1; absent without posted orders"`
	FromSeen     *Spread   `json:"from_seen,omitempty" doc:"From the time an order was first seen here to the time it was in B1"`
	ToSeen       *Spread   `json:"to_seen,omitempty" doc:"From the time an order was placed to the time it was first seen here: the lag of the reading"`
	CountedAt    time.Time `json:"counted_at" doc:"When this was counted"`
	GatheredFrom time.Time `json:"gathered_from" doc:"From when on posted and the times are whole"`
	Whole        bool      `json:"whole" doc:"All hours that were asked for are gathered"`
}

// HourFigure are the figures of one hour.
type HourFigure struct {
	Hour   time.Time `json:"hour" doc:"When it began"`
	Placed int64     `json:"placed" doc:"Orders that were placed in it"`
	Held   int64     `json:"held" doc:"Those of them that are held now"`
	Posted int64     `json:"posted" doc:"Orders that came into B1 in it"`
	// FromPlaced is of the orders that were posted in it, Lag of those that were first seen in it.
	FromPlaced *Spread `json:"from_placed,omitempty" doc:"From placed to posted, of the orders that were posted in it"`
	Lag        *Spread `json:"lag,omitempty" doc:"From placed to first seen here, of the orders that were first seen in it"`
}

// statistics keeps what is gathered of all instances.
type statistics struct {
	store     *store.Store
	log       *slog.Logger
	mu        sync.Mutex
	instances map[string]*instanceFigures
}

func (s *statistics) of(instance string) *instanceFigures {
	s.mu.Lock()
	defer s.mu.Unlock()
	f := s.instances[instance]
	if f == nil {
		f = newInstanceFigures(s.store, instance, s.log)
		s.instances[instance] = f
	}
	return f
}

// instanceFigures gathers and counts for one instance.
type instanceFigures struct {
	store    *store.Store
	instance string
	log      *slog.Logger
	// work makes an answer. One at a time works, and has busy; gathered belongs to it.
	work     func(ctx context.Context, now time.Time, hours int) (*Statistics, error)
	busy     chan struct{}
	gathered *gathered

	mu sync.Mutex
	// answers are the latest for so many hours, counts those that are under way.
	answers map[int]answered
	counts  map[int]*counting
}

// answered is an answer, and until when it serves all who ask.
type answered struct {
	*Statistics
	until time.Time
}

// counting is an answer that is being made; it is there once done is closed.
type counting struct {
	done    chan struct{}
	figures *Statistics
	err     error
}

func newInstanceFigures(db *store.Store, instance string, log *slog.Logger) *instanceFigures {
	f := &instanceFigures{store: db, instance: instance, log: log, answers: map[int]answered{}, counts: map[int]*counting{}, busy: make(chan struct{}, 1), gathered: newGathered()}
	f.work = f.figures
	return f
}

// ask gives the figures of the last hours. All who ask wait for the same count, which goes on when they go away. While it takes long, the last whole answer serves.
func (f *instanceFigures) ask(ctx context.Context, hours int) (*Statistics, error) {
	c, last, err := f.begin(ctx, hours)
	if c == nil {
		return last, err
	}
	var late <-chan time.Time
	if last != nil {
		late = time.After(lateAfter)
	}
	select {
	case <-c.done:
		return c.figures, c.err
	case <-late:
		return last, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// begin gives the count that is under way, a new one where there is none. It is nil when the last answer still serves, and when there are too many counts; otherwise last
// is the whole one that may stand in for it, or nil. The error is a *Problem.
func (f *instanceFigures) begin(ctx context.Context, hours int) (c *counting, last *Statistics, err error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	now := time.Now()
	if known := f.answers[hours]; known.Statistics != nil && known.Whole {
		if now.Before(known.until) {
			return nil, known.Statistics, nil
		}
		if now.Sub(known.CountedAt) < standsIn {
			last = known.Statistics
		}
	}
	if c = f.counts[hours]; c == nil && len(f.counts) >= mostCounts {
		if last != nil {
			return nil, last, nil
		}
		p := tooManyCounts.problem("Other hours are being counted. Ask again as long from now as Retry-After says, in seconds.")
		p.retryAfter = int(countedFor / time.Second)
		return nil, nil, p
	}
	if c == nil {
		c = &counting{done: make(chan struct{})}
		f.counts[hours] = c
		go f.run(context.WithoutCancel(ctx), c, hours)
	}
	return c, last, nil
}

// run makes an answer and hands it to all who wait.
func (f *instanceFigures) run(ctx context.Context, c *counting, hours int) {
	f.busy <- struct{}{}
	defer func() { <-f.busy }()
	ctx, cancel := context.WithTimeout(ctx, countLimit)
	defer cancel()
	began := time.Now()
	c.figures, c.err = f.made(ctx, began.UTC(), hours)
	ended := time.Now()
	f.mu.Lock()
	defer f.mu.Unlock()
	for h, a := range f.answers {
		if ended.Sub(a.CountedAt) >= standsIn {
			delete(f.answers, h)
		}
	}
	if c.err == nil { // who asks again ever more rarely finds one that took long
		f.answers[hours] = answered{c.figures, ended.Add(max(countedFor-ended.Sub(began), 2*ended.Sub(began)))}
	}
	delete(f.counts, hours)
	close(c.done)
}

// made is work. A panic in it ends the count and not the gateway: no request's recovery is around it.
func (f *instanceFigures) made(ctx context.Context, now time.Time, hours int) (s *Statistics, err error) {
	defer func() {
		if recover() == nil {
			return
		}
		f.log.Error("statistics failed", "instance", f.instance, "panic", string(debug.Stack())) // its value may quote data
		f.gathered = newGathered()                                                               // a part of a piece may be counted
		s, err = nil, failure()
	}()
	return f.work(ctx, now, hours)
}

// figures gathers and counts.
func (f *instanceFigures) figures(ctx context.Context, now time.Time, hours int) (*Statistics, error) {
	if err := f.gather(ctx, now, hours); err != nil {
		return nil, err
	}
	return f.count(ctx, now, hours)
}

// firstHour is when the first of so many hours began.
func firstHour(now time.Time, hours int) time.Time {
	return now.Truncate(time.Hour).Add(-time.Duration(hours-1) * time.Hour)
}

// count makes the answer from what is gathered and from counts that an index answers.
func (f *instanceFigures) count(ctx context.Context, now time.Time, hours int) (*Statistics, error) {
	first := firstHour(now, hours)
	s := &Statistics{Instance: f.instance, Hours: make([]HourFigure, hours), CountedAt: now, GatheredFrom: f.gathered.from, Whole: !f.gathered.from.After(first)}
	var fromPlaced, fromSeen, toSeen spreads
	for n := range s.Hours {
		h := &s.Hours[n]
		h.Hour = first.Add(time.Duration(n) * time.Hour)
		within := store.Filter{Instance: f.instance, From: h.Hour, To: h.Hour.Add(time.Hour)}
		var err error
		if h.Placed, err = f.store.Count(ctx, within); err != nil {
			return nil, err
		}
		if within.Status = order.Held; h.Placed > 0 {
			if h.Held, err = f.store.Count(ctx, within); err != nil {
				return nil, err
			}
		}
		if b := f.gathered.hours[h.Hour]; b != nil {
			h.Posted, h.FromPlaced, h.Lag = b.posted, b.fromPlaced.spread(), b.toSeen.spread()
			fromPlaced.add(&b.fromPlaced)
			fromSeen.add(&b.fromSeen)
			toSeen.add(&b.toSeen)
		}
		s.Placed, s.Posted, s.Held = s.Placed+h.Placed, s.Posted+h.Posted, s.Held+h.Held
	}
	s.FromPlaced, s.FromSeen, s.ToSeen = fromPlaced.spread(), fromSeen.spread(), toSeen.spread()
	return s, nil
}
