package rulebook

import "time"

// AskWithin changes how long Keep waits for an answer of the store.
func (b *Book) AskWithin(d time.Duration) { b.askTime = d }
