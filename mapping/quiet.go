package mapping

import (
	"fmt"
	"slices"
	"sort"
	"time"
)

// QuietHours is a time of the week at which no order is sent to B1. Orders are read and staged meanwhile, and wait.
type QuietHours struct {
	// Days are those on which the hours begin; none for every day.
	Days []Weekday `yaml:"days"`
	// From and To are times of the company's clock (Company.TimeZone). To is the end; before From, it is on the next day.
	From TimeOfDay `yaml:"from"`
	To   TimeOfDay `yaml:"to"`
}

// Weekday is a day of the week as a rules file names it: mon to sun.
type Weekday struct{ day time.Weekday }

var weekdays = []string{"sun", "mon", "tue", "wed", "thu", "fri", "sat"} // in the order of time.Weekday

func (d *Weekday) short(text string) string {
	n := slices.Index(weekdays, text)
	if n < 0 {
		return "a day: mon, tue, wed, thu, fri, sat or sun"
	}
	d.day = time.Weekday(n)
	return ""
}

// TimeOfDay is a time of the wall clock, 00:00 to 24:00.
type TimeOfDay struct {
	minutes int
	given   bool
}

// dayMinutes is 24:00.
const dayMinutes = 24 * 60

func (t *TimeOfDay) short(text string) string {
	var h, m int
	n, err := fmt.Sscanf(text, "%02d:%02d", &h, &m)
	if err != nil || n != 2 || text != fmt.Sprintf("%02d:%02d", h, m) || h < 0 || m < 0 || m > 59 || h*60+m > dayMinutes {
		return `a time such as "22:00", 00:00 to 24:00`
	}
	t.minutes, t.given = h*60+m, true
	return ""
}

// QuietUntil is the end of the quiet hours that hold at a moment, with those that follow without a gap; zero when there are
// none.
func (r *Rules) QuietUntil(at time.Time) time.Time {
	until := at
	for further := true; further; {
		further = false
		for _, s := range r.quietAround(at) {
			if !s.from.After(until) && s.to.After(until) {
				until, further = s.to, true
			}
		}
	}
	if until.Equal(at) {
		return time.Time{}
	}
	return until
}

// QuietFrom is when the next quiet hours begin: the moment itself while it is quiet, zero when there are none.
func (r *Rules) QuietFrom(at time.Time) (from time.Time) {
	if !r.QuietUntil(at).IsZero() {
		return at
	}
	for _, s := range r.quietAround(at) {
		if s.from.After(at) && (from.IsZero() || s.from.Before(from)) {
			from = s.from
		}
	}
	return from
}

// span is a time that is quiet; to is no longer part of it.
type span struct{ from, to time.Time }

// quietAround gives the quiet hours of the days before and the week after a moment.
func (r *Rules) quietAround(at time.Time) (spans []span) {
	if len(r.QuietHours) == 0 {
		return nil
	}
	zone := r.Company.TimeZone.location
	if zone == nil {
		zone = time.UTC
	}
	today := r.Company.TimeZone.day(at)
	for n := -2; n <= 9; n++ {
		day := today.AddDate(0, 0, n)
		for _, q := range r.QuietHours {
			if !q.on(day.Weekday()) {
				continue
			}
			end := q.To.minutes
			if q.overnight() {
				end += dayMinutes
			}
			if s := (span{wall(day, q.From.minutes, zone, false), wall(day, end, zone, true)}); s.from.Before(s.to) {
				spans = append(spans, s)
			}
		}
	}
	return spans
}

func (q QuietHours) overnight() bool { return q.To.minutes < q.From.minutes }

func (q QuietHours) on(day time.Weekday) bool {
	return len(q.Days) == 0 || slices.Contains(q.Days, Weekday{day})
}

// wall is the moment at which the clock of a zone shows so many minutes after the midnight of a day (which is given in UTC).
// Of a time that the clock shows twice, in autumn, it is the first or the last; a time that it never shows, in spring, is
// the moment at which the clock was put on.
func wall(day time.Time, minutes int, zone *time.Location, last bool) time.Time {
	shown := day.Add(time.Duration(minutes) * time.Minute)
	offset := func(t time.Time) time.Duration {
		_, seconds := t.In(zone).Zone()
		return time.Duration(seconds) * time.Second
	}
	before, after := offset(shown.Add(-24*time.Hour)), offset(shown.Add(24*time.Hour))
	early, late := shown.Add(-max(before, after)), shown.Add(-min(before, after))
	isEarly, isLate := early.Add(offset(early)).Equal(shown), late.Add(offset(late)).Equal(shown)
	switch {
	case isEarly && (!isLate || !last):
		return early
	case isLate:
		return late
	}
	seconds := sort.Search(int(late.Sub(early)/time.Second), func(n int) bool {
		return offset(early.Add(time.Duration(n)*time.Second)) == after
	})
	return early.Add(time.Duration(seconds) * time.Second)
}

// quiet checks the quiet hours. All of the week would leave every order waiting for ever.
func (c *checker) quiet(all []QuietHours) {
	taken, whole := map[int]bool{}, 7*dayMinutes
	for i, q := range all {
		at := fmt.Sprintf("quiet_hours[%d]", i)
		switch {
		case !q.From.given:
			c.bad(at+".from", `is missing, want a time such as "22:00"`)
			continue
		case !q.To.given:
			c.bad(at+".to", `is missing, want a time such as "06:00"`)
			continue
		case q.From.minutes%dayMinutes == q.To.minutes%dayMinutes && !(q.From.minutes == 0 && q.To.minutes == dayMinutes):
			c.bad(at+".to", `is the same time as from, want another; the whole day is from "00:00" to "24:00"`)
			continue
		}
		for day := range 7 {
			end := q.To.minutes
			if q.overnight() {
				end += dayMinutes
			}
			for m := q.From.minutes; m < end && q.on(time.Weekday(day)); m++ {
				taken[(day*dayMinutes+m)%whole] = true
			}
		}
	}
	if len(taken) == whole {
		c.bad("quiet_hours", "are the whole week, want a time at which orders are sent")
	}
}
