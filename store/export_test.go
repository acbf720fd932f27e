package store

import "time"

// SpeakWithin changes how long a worker has to say something of an outage.
func (s *Store) SpeakWithin(d time.Duration) { s.speakingTime = d }
