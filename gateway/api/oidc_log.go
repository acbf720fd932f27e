package api

import (
	"sync"
	"time"

	"datawald/gateway/access"
)

// toldAgainAfter is how long after one line on a refusal the next comes.
const toldAgainAfter = time.Minute

// seldom bounds what is logged of sign-ins that were refused: anybody can begin as many as he likes.
type seldom struct {
	now func() time.Time
	mu  sync.Mutex
	by  map[access.Refusal]*line
}

// line is the last one on a refusal, and how many came since that it does not stand for.
type line struct {
	at    time.Time
	since int
}

// say gives for how many refusals of a kind a line stands that is to be written now; 0 when none is.
func (s *seldom) say(why access.Refusal) (times int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	last := s.by[why]
	if last == nil {
		last = &line{}
		s.by[why] = last
	}
	last.since++
	if now := s.now(); last.at.IsZero() || now.Sub(last.at) >= toldAgainAfter {
		times, last.since, last.at = last.since, 0, now
	}
	return times
}
