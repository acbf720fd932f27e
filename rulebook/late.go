package rulebook

import (
	"time"

	"datawald/store"
)

// lateAfter is how long a worker may work by rules that are not in force any more before that is a fault.
const lateAfter = time.Minute

// Late reports whether a worker has not taken what is in force, though it was heard of long after it came.
func Late(active store.Activation, t store.TakenRules) bool {
	return t.Seq < active.Seq && t.SeenAt.After(active.Since.Add(lateAfter))
}
