package access

import (
	"net/netip"
	"time"
)

// SetClock puts the gate's time into the hands of a test.
func (g *Gate) SetClock(now func() time.Time) { g.now = now }

// Tries counts passwords as wrong until one is not looked at, and gives how many were.
func Tries(account string, from netip.Addr, at time.Time, t *Throttle) (n int, wait time.Duration) {
	for ; n < 1000; n++ {
		if err := t.begin(account, from, at); err != nil {
			return n, err.(*TooMany).Wait
		}
	}
	return n, 0
}

// Throttle is the throttle.
type Throttle = throttle

// NewThrottle makes one.
func NewThrottle() *Throttle { return newThrottle() }

// Right takes a password as right.
func (t *throttle) Right(account string, from netip.Addr) { t.right(account, from) }

// Remembered is how much it has in memory.
func (t *throttle) Remembered() int {
	return t.pairs.order.Len() + len(t.pairs.place) + t.accounts.order.Len() + t.hosts.order.Len()
}

// MaxTries is how much it may have of each kind.
const MaxTries = maxTries

// Occupy takes all turns of hashing and all places to wait; free gives them back.
func (g *Gate) Occupy() (free func()) {
	for range cap(g.hasher.queue) {
		g.hasher.queue <- struct{}{}
	}
	return func() {
		for range cap(g.hasher.queue) {
			<-g.hasher.queue
		}
	}
}

// Hashing is how many passwords are being worked on.
func (g *Gate) Hashing() int { return len(g.hasher.turns) }

// Hashed is what the store keeps of a token.
func Hashed(token string) string { return hashed(token) }

// Occupy takes all places of those whose sign-in the provider is asked for; n is how many there are, free gives them back.
func (p *Provider) Occupy() (n int, free func()) {
	n = cap(p.exchanges)
	for range n {
		p.exchanges <- struct{}{}
	}
	return n, func() {
		for range n {
			<-p.exchanges
		}
	}
}

// SetClock puts the provider's time into the hands of a test.
func (p *Provider) SetClock(now func() time.Time) { p.now = now }

// ProviderTime and ProviderRests are the bounds of a provider that does not answer.
const (
	ProviderTime  = providerTime
	ProviderRests = providerRests
)
