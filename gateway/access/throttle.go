package access

import (
	"fmt"
	"net/netip"
	"sync"
	"time"
)

// How many wrong passwords are borne. Who mistypes his own is not kept waiting; who tries many is.
const (
	// freeTries at one account from one address cost nothing; each further one costs twice the wait of the one before.
	freeTries   = 5
	firstWait   = 2 * time.Second
	longestWait = 5 * time.Minute
	// From one address, at whatever accounts, and at one account, from whatever addresses, so many are borne in a window.
	addressTries = 30
	accountTries = 100
	tryWindow    = 15 * time.Minute
	// providerTries is how many answers of the identity provider from one address may be none that can be relied on, in a window. An office may be one address, and
	// nobody guesses what a provider signs: they bound what the gateway asks the provider for.
	providerTries = 60
	// maxTries bounds the memory, of each kind.
	maxTries = 10_000
)

// TooMany says that wrong passwords came before, and how long to wait.
type TooMany struct{ Wait time.Duration }

// Error tells the wait.
func (e *TooMany) Error() string { return fmt.Sprintf("too many wrong passwords, wait %s", e.Wait) }

// tries counts wrong passwords of one kind. since is when the first of the window came, until when the next is taken.
type tries struct {
	n            int
	since, until time.Time
}

// fresh forgets what is older than the window.
func (t *tries) fresh(now time.Time) *tries {
	if now.Sub(t.since) >= tryWindow && !now.Before(t.until) {
		*t = tries{since: now}
	}
	return t
}

// throttle keeps guesses slow, by account and by address, in memory: a restart forgets them, which is not worth anything to who cannot
// restart the gateway. The right password is never locked out by what others do from other addresses: an account with many wrong
// passwords refuses only addresses that gave one of them.
type throttle struct {
	mu                     sync.Mutex
	pairs, accounts, hosts *memory[tries]
	// providers counts apart, by address.
	providers *memory[tries]
}

func newThrottle() *throttle {
	return &throttle{pairs: newMemory[tries](maxTries), accounts: newMemory[tries](maxTries), hosts: newMemory[tries](maxTries), providers: newMemory[tries](maxTries)}
}

// network is what counts as one address: of IPv6 the half that one customer has to himself.
func network(a netip.Addr) string {
	a = a.Unmap()
	if a.Is6() {
		if p, err := a.WithZone("").Prefix(64); err == nil {
			return p.String()
		}
	}
	return a.String()
}

// begin counts a password as wrong before it is looked at, so that many at once do not pass before the first is found wrong. The error is
// *TooMany when it is not to be looked at.
func (t *throttle) begin(account string, from netip.Addr, now time.Time) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	host := t.hosts.at(network(from)).fresh(now)
	if host.n >= addressTries { // it makes no entries any more, which would take the place of others'
		return &TooMany{host.since.Add(tryWindow).Sub(now)}
	}
	pair, whole := t.pairs.at(account+" "+network(from)).fresh(now), t.accounts.at(account).fresh(now)
	switch {
	case now.Before(pair.until):
		return &TooMany{pair.until.Sub(now)}
	case whole.n >= accountTries && pair.n > 0:
		return &TooMany{whole.since.Add(tryWindow).Sub(now)}
	}
	for _, counted := range []*tries{pair, whole, host} {
		counted.n++
	}
	if over := pair.n - freeTries; over >= 0 {
		pair.until = now.Add(min(firstWait<<min(over, 20), longestWait))
	}
	return nil
}

// back takes back what begin counted, of a password that was not looked at after all. What the pair had against it before stays: who keeps the
// gateway busy must gain nothing by it.
func (t *throttle) back(account string, from netip.Addr) {
	t.mu.Lock()
	defer t.mu.Unlock()
	pair := t.pairs.at(account + " " + network(from))
	if pair.n = max(pair.n-1, 0); pair.n < freeTries {
		pair.until = time.Time{}
	}
	t.uncount(account, from)
}

// right takes back what begin counted, and what the pair had against it.
func (t *throttle) right(account string, from netip.Addr) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.pairs.forget(account + " " + network(from))
	t.uncount(account, from)
}

func (t *throttle) uncount(account string, from netip.Addr) {
	for _, counted := range []*tries{t.accounts.at(account), t.hosts.at(network(from))} {
		counted.n = max(counted.n-1, 0)
	}
}

// provided fails with *TooMany when too many from an address came back from the provider with what cannot be relied on.
func (t *throttle) provided(from netip.Addr, now time.Time) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	if host := t.providers.at(network(from)).fresh(now); host.n >= providerTries {
		return &TooMany{host.since.Add(tryWindow).Sub(now)}
	}
	return nil
}

// untrusted counts one of them.
func (t *throttle) untrusted(from netip.Addr, now time.Time) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.providers.at(network(from)).fresh(now).n++
}
