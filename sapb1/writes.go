package sapb1

import (
	"time"

	"datawald/order"
)

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

// word is what the end of a call says about whether B1 writes.
type word int

const (
	// noWord: nothing. Also of an order that B1 refuses: it looks at an order before it writes it, so that refusals come from a B1
	// with a full disk as well, and a full disk itself is told as one ("database is full", HTTP 400).
	noWord word = iota
	// wrote: an order is written, or B1 did all the work that leads to it.
	wrote
	// failedAt: B1 did not do it.
	failedAt
	// unread: something came back from which nobody can tell.
	unread
)

// wordOf is the word of a call with this end.
func wordOf(r request, v verdict, f *order.Failure) word {
	switch {
	case !r.write, v == void:
		return noWord
	case v != answered:
		return failedAt
	case f == nil, f.Kind == order.Unknown && (f.Code == codeNoMatch || f.Code == codeDuplicate):
		if r.sends { // a business partner may be written where an order is not
			return wrote
		}
	case f.Kind == order.Unknown:
		return unread
	}
	return noWord // refused, or not even looked at: session gone, no right, another record's turn
}

// ended takes the end of a call into account. Only an order that is written ends the streak, and that was sent after its beginning:
// B1 may have finished what it was at when its disk was full.
func (s *streak) ended(now time.Time, e ending) {
	switch e.word {
	case failedAt:
		if s.failed == nil {
			s.failed, s.since = map[uint64]bool{}, now
		}
		s.failed[e.about], s.code = true, e.code
		if len(s.failed) == 2 && s.others.IsZero() {
			s.others = now
		}
	case wrote:
		if !e.began.Before(s.since) {
			*s = streak{}
		}
	}
}

func (s *streak) isLong() bool { return len(s.failed) >= enoughWrites }
