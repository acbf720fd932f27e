package mapping

import (
	"time"
	_ "time/tzdata" // containers and Windows have no time zones of their own
)

// Zone is a time zone in a rules file. The zero value is UTC.
type Zone struct{ location *time.Location }

func (z *Zone) short(text string) string {
	l, err := time.LoadLocation(text)
	if err != nil || text == "Local" || text == "" {
		return "a time zone such as Europe/Berlin or UTC"
	}
	z.location = l
	return ""
}

// day is the day in the zone, as B1 writes days: midnight UTC.
func (z Zone) day(t time.Time) time.Time {
	if z.location != nil {
		t = t.In(z.location)
	} else {
		t = t.UTC()
	}
	return time.Date(t.Year(), t.Month(), t.Day(), 0, 0, 0, 0, time.UTC)
}
