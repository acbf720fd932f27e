package alarm

import (
	"math"
	"slices"
	"time"

	"datawald/store"
)

// Rhythm is how many orders a shop usually has in each hour of the week. It says when the shop has been silent for longer than chance explains.
type Rhythm struct {
	zone  *time.Location
	quiet quietDays
	// rate is how many orders an hour of the week has, from Sunday on in the zone.
	rate [hoursOfWeek]float64
	// perWeek is how many a week has.
	perWeek float64
}

const (
	hoursOfWeek = 7 * 24
	// leastHistory and leastOrders are what must be known of a shop before its silence says anything.
	leastHistory = 4 * 7 * 24 * time.Hour
	leastOrders  = 20
	// falseWeeks is in how many weeks a shop whose orders come by chance alone may be taken for silent once: 20 years.
	falseWeeks = 1000
	// margin is how much of what is expected is counted on: real shops have weaker weeks than chance makes.
	margin = 0.8
	// leastSilence is for how long no order must have come, however many a shop has: a reading and an outage of minutes are told of otherwise.
	leastSilence = time.Hour
	// few is the part of the usual orders of a day that is as good as none: one of several ways to buy is left.
	few = 0.1
	// mostSilence bounds the hours that are summed up.
	mostSilence = 60 * 24 * time.Hour
)

// NewRhythm makes it of what was counted. known is false when that is too little.
func NewRhythm(u *store.Usual, zone *time.Location, quiet []string) (r *Rhythm, known bool) {
	first := slices.IndexFunc(u.Hours, func(n int32) bool { return n > 0 })
	if first < 0 || time.Duration(len(u.Hours)-first)*time.Hour < leastHistory {
		return nil, false
	}
	r = &Rhythm{zone: zone, quiet: newQuietDays(quiet)}
	var cells [hoursOfWeek][]float64
	weeks, orders := make([]float64, len(u.Hours)/hoursOfWeek+1), int32(0) // the latest week first
	for n := first; n < len(u.Hours); n++ {
		at := u.From.Add(time.Duration(n) * time.Hour).In(zone)
		ago := (len(u.Hours) - 1 - n) / hoursOfWeek
		weeks[ago] += float64(u.Hours[n])
		orders += u.Hours[n]
		if !r.quiet.has(at) {
			cells[hourOfWeek(at)] = append(cells[hourOfWeek(at)], float64(u.Hours[n]))
		}
	}
	if orders < leastOrders {
		return nil, false
	}
	level := levelOf(weeks[:(len(u.Hours)-first)/hoursOfWeek]) // those that are known as a whole
	for h, cell := range cells {
		r.rate[h] = level * mean(tamed(cell))
		r.perWeek += r.rate[h]
	}
	return r, r.perWeek > 0
}

// levelOf is by how much less than the mean is counted on: a campaign makes the mean high, and a shop may sell less than it did two months ago.
func levelOf(weeks []float64) float64 {
	sorted := slices.Sorted(slices.Values(weeks))
	middle := (sorted[(len(sorted)-1)/2] + sorted[len(sorted)/2]) / 2
	all := mean(weeks)
	if all == 0 {
		return 0
	}
	return min(1, middle/all, mean(weeks[:2])/all)
}

// tamed takes an hour that was out of the ordinary in one week for the next busiest of its kind.
func tamed(cell []float64) []float64 {
	sorted := slices.Sorted(slices.Values(cell))
	if n := len(sorted); n > 1 && sorted[n-1] > 2*sorted[n-2]+3 {
		sorted[n-1] = sorted[n-2]
	}
	return sorted
}

func mean(all []float64) (m float64) {
	for _, v := range all {
		m += v / float64(len(all))
	}
	return m
}

func hourOfWeek(t time.Time) int { return int(t.Weekday())*24 + t.Hour() }

// Expected is how many orders are usual between two times, of the latest mostSilence at most. Quiet days have none.
func (r *Rhythm) Expected(from, to time.Time) (n float64) {
	if to.Sub(from) > mostSilence {
		from = to.Add(-mostSilence)
	}
	for at := from; at.Before(to); {
		next := at.Truncate(time.Hour).Add(time.Hour)
		if next.After(to) {
			next = to
		}
		if local := at.In(r.zone); !r.quiet.has(local) {
			n += r.rate[hourOfWeek(local)] * next.Sub(at).Hours()
		}
		at = next
	}
	return n
}

// most is how many orders may be expected and not come by chance: with more of them it happens once in falseWeeks. In a week there are as many
// pauses between two orders as there are orders, and exp(-n) of them are as long as n orders take.
func (r *Rhythm) most() float64 { return math.Log(falseWeeks * max(r.perWeek, 1)) }

// Silent reports whether a shop whose latest order was placed then has been silent for longer than chance explains, and how many were expected.
func (r *Rhythm) Silent(latest, now time.Time) (expected float64, silent bool) {
	expected = margin * r.Expected(latest, now)
	return expected, now.Sub(latest) >= leastSilence && expected >= r.most()
}

// Sparse reports whether the orders of the last day are as good as none, and fewer than chance explains, and how many were expected.
func (r *Rhythm) Sparse(lastDay int64, now time.Time) (expected float64, sparse bool) {
	expected = margin * r.Expected(now.Add(-24*time.Hour), now)
	return expected, float64(lastDay) <= few*expected && tail(lastDay, expected) <= math.Exp(-r.most())
}

// tail is the probability of k orders or fewer where n are expected.
func tail(k int64, n float64) (p float64) {
	term := math.Exp(-n)
	for i := int64(0); i <= k; i++ {
		p += term
		term *= n / float64(i+1)
	}
	return p
}

// quietDays are days of each year (12-25) and single ones (2026-04-03).
type quietDays map[string]bool

func newQuietDays(days []string) quietDays {
	q := quietDays{}
	for _, d := range days {
		q[d] = true
	}
	return q
}

func (q quietDays) has(local time.Time) bool {
	return len(q) > 0 && (q[local.Format("01-02")] || q[local.Format(time.DateOnly)])
}
