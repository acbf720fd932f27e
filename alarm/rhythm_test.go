package alarm

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"
	"time"

	"pgregory.net/rapid"

	"datawald/store"
)

// shopSim is a shop whose orders come by chance, with hours of the week that are busy and others in which nobody buys.
type shopSim struct {
	rng  *rand.Rand
	rate [hoursOfWeek]float64
}

// newShop makes one with so many orders in a week. Nights have a fiftieth of the day's, Sundays a share of a weekday's.
func newShop(seed uint64, perWeek, sunday float64, opens, closes int) *shopSim {
	s := &shopSim{rng: rand.New(rand.NewPCG(seed, 2016))}
	sum := 0.0
	for h := range s.rate {
		s.rate[h] = 1
		if hour := h % 24; hour < opens || hour >= closes {
			s.rate[h] = 0.02
		}
		if h/24 == 0 {
			s.rate[h] *= sunday
		}
		sum += s.rate[h]
	}
	for h := range s.rate {
		s.rate[h] *= perWeek / sum
	}
	return s
}

// poisson draws a number.
func (s *shopSim) poisson(mean float64) int32 {
	n, p, least := int32(0), 1.0, math.Exp(-mean)
	for {
		if p *= s.rng.Float64(); p <= least {
			return n
		}
		n++
	}
}

// life goes through weeks of the shop hour by hour, with the orders of each in their order, and asks what the watch asks: the rhythm anew each
// day, and at each order whether it had been raised before that came.
func (s *shopSim) life(weeks int, each func(r *Rhythm, latest, next time.Time)) (u *store.Usual, latest time.Time) {
	const known = store.UsualWeeks * hoursOfWeek
	begin := time.Date(2020, 1, 5, 0, 0, 0, 0, time.UTC)
	var hours []int32
	var rhythm *Rhythm
	for n := range weeks * hoursOfWeek {
		at := begin.Add(time.Duration(n) * time.Hour)
		if n%24 == 0 && n > 0 {
			rhythm, _ = NewRhythm(usualOf(hours, at), time.UTC, nil)
		}
		count := s.poisson(s.rate[n%hoursOfWeek])
		hours = append(hours, count)
		if len(hours) > known+24 {
			hours = hours[1:]
		}
		for i := range count {
			next := at.Add(time.Duration(i+1) * time.Hour / time.Duration(count+1))
			if rhythm != nil && !latest.IsZero() {
				each(rhythm, latest, next)
			}
			latest = next
		}
	}
	return usualOf(hours, begin.Add(time.Duration(weeks*hoursOfWeek)*time.Hour)), latest
}

// usualOf are the last hours before a time, as the store counts them.
func usualOf(hours []int32, until time.Time) *store.Usual {
	hours = hours[max(0, len(hours)-store.UsualWeeks*hoursOfWeek):]
	return &store.Usual{From: until.Add(-time.Duration(len(hours)) * time.Hour), Hours: hours}
}

// A shop that sells as it always does is not taken for silent, whether it has five orders in a week or five thousand: in 4,000 weeks once at most,
// where chance alone allows four. Fails without: the rate of the hour of the week (nights are silences), most (a fixed number is too much for one
// shop or too little for another).
func TestRhythm_ChanceAndNightsAreNoSilence(t *testing.T) {
	wrong, weeks := 0, 0
	for n, perWeek := range []float64{5, 30, 300, 5000} {
		shop := newShop(uint64(n), perWeek, 0.3, 7, 23)
		shop.life(1000, func(r *Rhythm, latest, next time.Time) {
			if expected, silent := r.Silent(latest, next); silent {
				wrong++
				t.Logf("%.0f orders a week: silent from %s to %s, %.1f expected", perWeek, latest, next, expected)
			}
		})
		weeks += 1000
	}
	if wrong > 1 {
		t.Errorf("%d alarms for nothing in %d weeks, want 1 at most", wrong, weeks)
	}
}

// A shop that is cut off is noticed: a busy one within three hours of its day, one with 30 orders a week within six days. Fails without: the end of what is counted
// at the latest order, or a rate that is zero.
func TestRhythm_ACutOffIsNoticed(t *testing.T) {
	for _, c := range []struct {
		perWeek float64
		within  time.Duration
	}{{5000, 3 * time.Hour}, {300, 24 * time.Hour}, {30, 6 * 24 * time.Hour}, {5, 35 * 24 * time.Hour}} {
		for seed := range uint64(20) {
			shop := newShop(seed, c.perWeek, 0.3, 7, 23)
			usual, latest := shop.life(12, func(*Rhythm, time.Time, time.Time) {})
			r, known := NewRhythm(usual, time.UTC, nil)
			if !known {
				t.Fatalf("%.0f orders a week: the rhythm is not known", c.perWeek)
			}
			cut := latest.Truncate(24 * time.Hour).Add(7*24*time.Hour + 12*time.Hour) // it sold on until a noon
			raised := cut
			for _, silent := r.Silent(cut, raised); !silent; _, silent = r.Silent(cut, raised) {
				if raised = raised.Add(15 * time.Minute); raised.Sub(cut) > c.within {
					t.Fatalf("%.0f orders a week, seed %d: not noticed within %s", c.perWeek, seed, c.within)
				}
			}
			if raised.Sub(cut) < leastSilence {
				t.Errorf("noticed after %s, before it can be told from a slow reading", raised.Sub(cut))
			}
		}
	}
}

// Whatever the shop, its hours and its Sundays: 60 weeks of it are no silence. Fails without: margin and most together.
func TestRhythm_AnyShop(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		opens := rapid.IntRange(0, 12).Draw(t, "opens")
		shop := newShop(rapid.Uint64().Draw(t, "seed"), rapid.Float64Range(2, 2000).Draw(t, "orders a week"), rapid.Float64Range(0, 1.5).Draw(t, "sunday"),
			opens, opens+rapid.IntRange(2, 12).Draw(t, "open for"))
		alarms := 0
		shop.life(60, func(r *Rhythm, latest, next time.Time) {
			if _, silent := r.Silent(latest, next); silent {
				alarms++
			}
		})
		if alarms > 1 { // chance allows one in sixteen such shops
			t.Fatalf("%d alarms for nothing in 60 weeks", alarms)
		}
	})
}

// steady has n orders in each hour of eight weeks up to a time.
func steady(n int32, until time.Time) *store.Usual {
	u := &store.Usual{From: until.Add(-store.UsualWeeks * 7 * 24 * time.Hour)}
	for range store.UsualWeeks * hoursOfWeek {
		u.Hours = append(u.Hours, n)
	}
	return u
}

var monday = time.Date(2026, 11, 30, 0, 0, 0, 0, time.UTC)

// A quiet day is not counted on, in the zone of the shop, and a quiet day of the past does not make its hours weak. Fails without: quiet in Expected
// and in NewRhythm.
func TestRhythm_QuietDays(t *testing.T) {
	berlin, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		t.Fatal(err)
	}
	u := steady(2, monday)
	for n := range 24 { // nobody bought on the last Wednesday, in Berlin
		u.Hours[len(u.Hours)-5*24-1+n] = 0
	}
	r, _ := NewRhythm(u, berlin, []string{"2026-11-25", "12-25"})
	christmas := time.Date(2026, 12, 25, 0, 0, 0, 0, berlin)
	if n := r.Expected(christmas, christmas.Add(24*time.Hour)); n != 0 {
		t.Errorf("%.1f orders are expected at Christmas", n)
	}
	if n := r.Expected(christmas.Add(-time.Hour), christmas); n == 0 {
		t.Error("none are expected in the hour before")
	}
	for h := range r.rate {
		if math.Abs(r.rate[h]-r.rate[0]) > 1e-9 {
			t.Errorf("hour %d has %.2f and hour 0 %.2f, want the same: the quiet day is left out", h, r.rate[h], r.rate[0])
		}
	}
}

// A campaign of one evening, and a shop that sells less than it did two months ago, do not raise what is counted on. Fails without: tamed, levelOf.
func TestRhythm_IsCautious(t *testing.T) {
	campaign := steady(1, monday)
	for n := range 3 {
		campaign.Hours[200+n] = 500
	}
	r, _ := NewRhythm(campaign, time.UTC, nil)
	for h, rate := range r.rate {
		if rate > 1.01 {
			t.Errorf("a campaign: %.1f orders in hour %d, want 1", rate, h)
		}
	}
	less := steady(1, monday)
	for n := range 6 * hoursOfWeek {
		less.Hours[n] = 10
	}
	r, _ = NewRhythm(less, time.UTC, nil)
	if r.rate[0] > 1.2 {
		t.Errorf("a shop that sells a tenth of what it did: %.2f in an hour, want 1", r.rate[0])
	}
}

// Too little is known of a new shop. Fails without: leastHistory, leastOrders.
func TestRhythm_WantsHistory(t *testing.T) {
	u := steady(1, monday)
	for n := range u.Hours[:len(u.Hours)-4*hoursOfWeek+1] {
		u.Hours[n] = 0
	}
	if _, known := NewRhythm(u, time.UTC, nil); known {
		t.Error("it is known after less than four weeks")
	}
	few := steady(0, monday)
	for n := range 19 {
		few.Hours[n*60] = 1
	}
	if _, known := NewRhythm(few, time.UTC, nil); known {
		t.Error("it is known from 19 orders")
	}
	few.Hours[1300] = 1
	if _, known := NewRhythm(few, time.UTC, nil); !known {
		t.Error("it is not known from 20 orders in eight weeks")
	}
}

// One of several ways to buy is left. Fails without: few (half of the orders is a weak day), tail (a small shop has days without any).
func TestRhythm_Sparse(t *testing.T) {
	for _, c := range []struct {
		perHour int32
		orders  int64
		want    bool
	}{{10, 240, false}, {10, 120, false}, {10, 18, true}, {10, 0, true}, {1, 0, false}} {
		r, _ := NewRhythm(steady(c.perHour, monday), time.UTC, nil)
		if c.perHour == 1 { // 24 orders a week, three of them in a day
			for h := range r.rate {
				r.rate[h] = 24.0 / hoursOfWeek
			}
			r.perWeek = 24
		}
		if _, sparse := r.Sparse(c.orders, monday); sparse != c.want {
			t.Errorf("%d orders in a day, %d in an hour are usual: %v, want %v", c.orders, c.perHour, sparse, c.want)
		}
	}
	if p := tail(0, 3); math.Abs(p-math.Exp(-3)) > 1e-12 {
		t.Errorf("none of three: %v", p)
	}
	if p := fmt.Sprintf("%.4f", tail(2, 3)); p != "0.4232" {
		t.Errorf("two of three at most: %s", p)
	}
}
