package api

import (
	"context"
	"maps"
	"math"
	"time"

	"datawald/order"
	"datawald/store"
)

// gatherPage is how many changed orders are read at a time.
const gatherPage = 500

// How much of the past is gathered at a time, the latest first: more where little happened, so that a quiet week is not a thousand questions.
const (
	shortStep = 10 * time.Minute
	longStep  = 8 * time.Hour
)

// readLimit bounds the reading as a whole.
const readLimit = 12 * time.Second

// lookBack is how far before the last look changes are read again: clocks of machines differ, and a write takes a while to be seen.
const lookBack = 10 * time.Second

// gathered are figures of orders by the hour in which they were posted or first seen, from one time to another. Each order is read when it has
// changed, and counted once: what was posted or seen earlier than the last look, less lookBack, was counted then.
type gathered struct {
	from, until time.Time
	// step is how much of the past is read next.
	step  time.Duration
	hours map[time.Time]*bucket
	// posted and seen are those of the last moments that are counted already.
	posted, seen map[order.Key]time.Time
}

// bucket are the figures of one hour.
type bucket struct {
	posted                       int64
	fromPlaced, fromSeen, toSeen spreads
}

func newGathered() *gathered {
	return &gathered{step: shortStep, hours: map[time.Time]*bucket{}, posted: map[order.Key]time.Time{}, seen: map[order.Key]time.Time{}}
}

// gather reads what changed since the last look, and then what is missing of the past, until that is there or its time is up. When it fails all of it
// begins anew, because a part of a piece may be counted.
func (f *instanceFigures) gather(ctx context.Context, now time.Time, hours int) (err error) {
	ctx, cancel := context.WithTimeout(ctx, readLimit)
	defer cancel()
	defer func() {
		if err != nil {
			f.gathered = newGathered()
		}
	}()
	if g := f.gathered; g.until.IsZero() || now.Sub(g.until) > time.Duration(hours)*time.Hour {
		f.gathered = newGathered()
		f.gathered.from, f.gathered.until = now, now
	} else if err := f.forward(ctx, now); err != nil {
		return err
	}
	first, began := firstHour(now, hours), time.Now()
	for f.gathered.from.After(first) && time.Since(began) < gatherLimit {
		if err := f.back(ctx, first); err != nil {
			return err
		}
	}
	f.gathered.forget(firstHour(now, mostHours+1))
	return nil
}

// forward reads what changed since the last look. An order may change again while it reads, and come twice.
func (f *instanceFigures) forward(ctx context.Context, now time.Time) error {
	since := f.gathered.until.Add(-lookBack)
	err := f.read(ctx, since, time.Time{}, func(c store.Change) { f.gathered.count(c, since, since) })
	f.gathered.until = now
	f.gathered.settle(now.Add(-lookBack))
	return err
}

// back reads a piece of the past before what is there already. An order that changes while it reads belongs to a later piece.
func (f *instanceFigures) back(ctx context.Context, first time.Time) error {
	to := f.gathered.from
	from := to.Add(-f.gathered.step)
	if from.Before(first) {
		from = first
	}
	found := 0
	oldest, lately := firstHour(f.gathered.until, mostHours), f.gathered.until.Add(-lookBack)
	err := f.read(ctx, from.Add(-time.Millisecond), to, func(c store.Change) {
		found++
		f.gathered.count(c, oldest, lately)
	})
	f.gathered.from = from
	if f.gathered.step = min(2*f.gathered.step, longStep); found >= gatherPage {
		f.gathered.step = shortStep
	}
	return err
}

// read gives all orders that were changed behind a time and before another, page by page.
func (f *instanceFigures) read(ctx context.Context, after, before time.Time, give func(store.Change)) error {
	place := store.ChangePlace{At: after, Key: lastKey}
	for {
		page, err := f.store.Changes(ctx, f.instance, place, before, gatherPage)
		if err != nil {
			return err
		}
		if err := f.store.TellPosted(ctx, page); err != nil {
			return err
		}
		for _, c := range page {
			give(c)
		}
		if len(page) < gatherPage {
			return nil
		}
		last := page[len(page)-1]
		place = store.ChangePlace{At: last.ChangedAt, Key: last.Key}
	}
}

// lastKey stands behind all keys: nothing of the moment itself is wanted.
const lastKey = order.Key("\U0010ffff")

// count takes an order in, for what happened to it since a time. What happened lately is remembered: a later look may come upon it again.
func (g *gathered) count(c store.Change, since, lately time.Time) {
	isNew := func(t time.Time, done map[order.Key]time.Time) bool {
		if _, counted := done[c.Key]; counted || t.Before(since) {
			return false
		}
		if !t.Before(lately) {
			done[c.Key] = t
		}
		return true
	}
	own := c.Import == "" // others wait on purpose
	if isNew(c.PostedAt, g.posted) {
		b := g.at(c.PostedAt)
		if b.posted++; own {
			b.fromPlaced.note(c.PostedAt.Sub(c.PlacedAt))
			b.fromSeen.note(c.PostedAt.Sub(c.StagedAt))
		}
	}
	if isNew(c.StagedAt, g.seen) && own {
		g.at(c.StagedAt).toSeen.note(c.StagedAt.Sub(c.PlacedAt))
	}
}

func (g *gathered) at(t time.Time) *bucket {
	hour := t.UTC().Truncate(time.Hour)
	if g.hours[hour] == nil {
		g.hours[hour] = &bucket{}
	}
	return g.hours[hour]
}

// settle forgets which orders were counted for what happened before a time: no later look asks for that.
func (g *gathered) settle(before time.Time) {
	for _, done := range []map[order.Key]time.Time{g.posted, g.seen} {
		maps.DeleteFunc(done, func(_ order.Key, t time.Time) bool { return t.Before(before) })
	}
}

// forget drops hours that nobody can ask for any more.
func (g *gathered) forget(before time.Time) {
	maps.DeleteFunc(g.hours, func(hour time.Time, _ *bucket) bool { return hour.Before(before) })
	if g.from.Before(before) {
		g.from = before
	}
}

// spreads counts times by how long they are: each step is 8 % longer than the one before, from a second to three years.
type spreads [steps]uint32

const (
	steps   = 240
	longer8 = 1.08
)

func (s *spreads) note(d time.Duration) {
	step := 0
	if seconds := d.Seconds(); seconds > 1 {
		step = min(1+int(math.Log(seconds)/math.Log(longer8)), steps-1)
	}
	s[step]++
}

func (s *spreads) add(other *spreads) {
	for n, count := range other {
		s[n] += count
	}
}

// Spread is how long something took, in seconds.
type Spread struct {
	Orders        int64   `json:"orders" doc:"Of how many orders"`
	MedianSeconds float64 `json:"median_seconds" doc:"Half of them took no longer"`
	P95Seconds    float64 `json:"p95_seconds" doc:"95 % of them took no longer"`
}

// spread tells median and 95 %, nil of nothing.
func (s *spreads) spread() *Spread {
	var all int64
	for _, n := range s {
		all += int64(n)
	}
	if all == 0 {
		return nil
	}
	return &Spread{Orders: all, MedianSeconds: s.below((all + 1) / 2), P95Seconds: s.below(all - all/20)}
}

// below is how long the first of so many took at most, by the middle of the step.
func (s *spreads) below(many int64) float64 {
	for step, n := range s {
		if many -= int64(n); many <= 0 {
			if step == 0 {
				return 1
			}
			return math.Round(10*math.Pow(longer8, float64(step)-0.5)) / 10
		}
	}
	return 0
}
