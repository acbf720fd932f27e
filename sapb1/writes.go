package sapb1

import "time"

// enoughWrites is how many different things B1 must fail to write in a row before it is B1's fault: more than are likely to
// be at fault themselves at once. The same order counts once however often it is sent, so that one alone shuts nobody out.
const enoughWrites = 4

// streak are the writes in a row that B1 failed at, whatever it read between: a full disk or a lock on its orders leaves the
// reads well. B1's own failures at them count too.
type streak struct {
	// failed are what was to be written; since is when the first of them failed, code what the latest said.
	failed map[uint64]bool
	since  time.Time
	code   string
	// others is when the second different thing failed: before that, the first may have been alone to blame, however often it was
	// sent.
	others time.Time
}

// ended takes the end of a write into account. Only an order that B1 has answered ends the streak, also one that it refuses: a
// business partner may be written where an order is not.
func (s *streak) ended(now time.Time, e ending) {
	switch {
	case e.verdict != answered:
		if s.failed == nil {
			s.failed, s.since = map[uint64]bool{}, now
		}
		s.failed[e.about], s.code = true, e.code
		if len(s.failed) == 2 && s.others.IsZero() {
			s.others = now
		}
	case e.sends:
		*s = streak{}
	}
}

func (s *streak) isLong() bool { return len(s.failed) >= enoughWrites }
