package api

import (
	"crypto/sha256"
	"sync"
	"time"
)

// An event that was taken is not taken again for so long; the memory is bounded.
const (
	rememberFor = 10 * time.Minute
	rememberAll = 4096
)

// seenEvents remembers the events that were taken, by the sender's id. Nothing depends on it: one that is forgotten, or a
// gateway that starts again, costs one more reading.
type seenEvents struct {
	mu   sync.Mutex
	at   map[[sha256.Size]byte]time.Time
	ring [rememberAll][sha256.Size]byte
	next int
}

// has reports whether the event was taken lately. One without an id never was: the same words may tell of another change.
func (s *seenEvents) has(id string, now time.Time) bool {
	if id == "" {
		return false
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	at, ok := s.at[sha256.Sum256([]byte(id))]
	return ok && now.Sub(at) < rememberFor
}

// add remembers an event in place of the oldest.
func (s *seenEvents) add(id string, now time.Time) {
	if id == "" {
		return
	}
	name := sha256.Sum256([]byte(id))
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.at == nil {
		s.at = map[[sha256.Size]byte]time.Time{}
	}
	if _, ok := s.at[name]; !ok {
		delete(s.at, s.ring[s.next])
		s.ring[s.next] = name
		s.next = (s.next + 1) % rememberAll
	}
	s.at[name] = now
}
