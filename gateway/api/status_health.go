package api

import (
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"datawald/store"
)

// Health is how a part of the whole was last seen.
type Health struct {
	State string `json:"state" enum:"up,down,unknown" doc:"unknown: nobody has asked it, or not for long"`
	// Since is when it ceased to answer, or answers again.
	Since *time.Time `json:"since,omitempty" doc:"Since when it does not answer; of one that is up, when the latest outage ended"`
	// SeenAt is when it last answered.
	SeenAt *time.Time `json:"seen_at,omitempty" doc:"When it last answered, where that is known"`
	Why    string     `json:"why,omitempty" doc:"What came of asking it"`
}

// Healths are those of the two sides.
type Healths struct {
	Magento Health `json:"magento"`
	B1      Health `json:"b1"`
}

// States of Health.
const (
	healthUp      = "up"
	healthDown    = "down"
	healthUnknown = "unknown"
)

// readFailure begins the errors of runs that could not read Magento.
const readFailure = "read Magento: "

// magentoHealth tells it from the latest reading that had an answer, and the latest run that has ended. With late nobody has read for long.
func magentoHealth(progress store.Progress, last *store.Run, late bool) Health {
	answered := progress.Latest.Began
	if last != nil && !answered.After(last.StartedAt) {
		for _, e := range last.Errors {
			if why, failed := strings.CutPrefix(e, readFailure); failed {
				since := answered
				if since.IsZero() {
					since = last.StartedAt
				}
				return Health{State: healthDown, Since: moments(since), SeenAt: moments(answered), Why: why}
			}
		}
	}
	switch {
	case answered.IsZero():
		return Health{State: healthUnknown, Why: "it was never read"}
	case late:
		return Health{State: healthUnknown, SeenAt: moments(answered), Why: "no run has read it for long"}
	}
	return Health{State: healthUp, SeenAt: moments(answered)}
}

// b1Health tells it from the way to B1 as the workers note it.
func b1Health(lane *store.LaneStatus) Health {
	switch {
	case lane == nil:
		return Health{State: healthUnknown, Why: "no run has asked for orders yet"}
	case lane.State == store.LaneDown:
		return Health{State: healthDown, Since: lane.Since, Why: lane.Failure}
	}
	return Health{State: healthUp, Since: lane.Since}
}

// moments is a time that may not be there.
func moments(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	return new(t.UTC())
}

// Presence says whether somebody is there.
type Presence string

const (
	presenceUp      Presence = healthUp
	presenceDown    Presence = healthDown
	presenceUnknown Presence = healthUnknown
)

// Schema lists the states.
func (Presence) Schema(huma.Registry) *huma.Schema {
	return &huma.Schema{Type: huma.TypeString, Enum: []any{healthUp, healthDown, healthUnknown}}
}

func presence(there bool, err error) Presence {
	switch {
	case err != nil:
		return presenceUnknown
	case there:
		return presenceUp
	}
	return presenceDown
}
