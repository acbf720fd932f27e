package sapb1

import (
	"math/bits"
	"strconv"
	"time"
)

// limiter finds out how many orders B1 bears at once, between one and a ceiling: one more when calls are as fast as they
// are with few at once, a fifth less when they are clearly slower, half when B1 answers that it is overloaded or not at
// all. It has no clock and no goroutine of its own, and is not safe for concurrent use: the lane holds a lock.
//
// It is not a library's: those that were looked at (failsafe-go, go-concurrency-limits) know one latency for all calls,
// and an order of 200 lines among small ones is no sign of a slow B1.
type limiter struct {
	ceiling, limit int
	// goal is how far the limit grows by doubling: what it was before an outage. Beyond, it grows by one.
	goal int
	// change counts changes of the limit. A call that began before the latest one says nothing about it.
	change int
	// paces are what calls of each class take with few at once.
	paces map[string]*pace
	round round
	// measuring is how many more calls are wanted at a low limit before it goes back to what it was.
	measuring, back int
	measured        time.Time
	// starting is true from the first measuring until the ceiling is reached or B1 shows that it has enough. Until then the limit doubles
	// on few calls, which go into what is usual.
	starting bool
}

// pace is what calls of one class take with few at once, by the mean of so many, and what they took in the measuring, or the round of the
// start, that is under way.
type pace struct {
	usual, sum time.Duration
	of, n      int
}

// round gathers calls between two decisions.
type round struct {
	calls int
	// took and usual are what the calls took in all, and what they usually take: so the long ones decide, which are what B1
	// has to work at. A look-up is late by chance.
	took, usual time.Duration
	full        bool // as many orders were in hand as the limit allows
	// erred are the calls that B1 failed at, by what they were for.
	erred map[uint64]bool
}

const (
	// firstLimit is where a process begins: low enough to see what calls take when B1 has little to do.
	firstLimit = 2
	// roundCalls is how many calls a decision is made on, or the limit if that is more: the mean of fewer says little,
	// since calls of the same kind differ by themselves.
	roundCalls = 8
	// measureCalls is how many calls, of about five orders, tell what is usual. At the start, when a process has B1 idle, it goes on after two
	// orders.
	measureCalls, firstCalls = 15, 6
	// sureOf is how many calls of a class say for sure what is usual.
	sureOf = 5
	// staleAfter is how long what is usual stays so: B1 is slower at noon than at night, whoever calls it, and a limit
	// that stays low for the sake of others would starve the orders.
	staleAfter = 5 * time.Minute
	// slowFrom is how many times the usual calls take when B1 is taken for slow. With a knee at 4 calls that is
	// with more than 6; after a start that doubled into the knee, up to a quarter more until that is measured again.
	slowFrom = 1.5
	// slowMost bounds what a single call weighs.
	slowMost = 3
)

func newLimiter(ceiling int) limiter {
	first := min(firstLimit, ceiling)
	return limiter{ceiling: ceiling, limit: first, goal: ceiling, measuring: firstCalls, paces: map[string]*pace{}}
}

// sample is a call that has ended.
type sample struct {
	class   string
	took    time.Duration
	verdict verdict
	about   uint64
	// change is the limiter's when the call began; full is true when the limit is reached.
	change int
	full   bool
}

// ended takes the end of a call into account.
func (l *limiter) ended(now time.Time, s sample) {
	if s.change != l.change {
		return
	}
	l.starting = l.starting && (s.verdict == answered || s.verdict == void)
	switch s.verdict {
	case pressed:
		l.set(l.limit/2, l.limit/2)
	case erred:
		if l.isOverloaded(s.about) {
			l.set(l.limit/2, l.limit/2)
		}
	case down:
		l.set(l.limit/2, l.goal) // when B1 is back it bears what it bore, and it is not measured at once
		if !l.measured.IsZero() {
			l.measured = now
		}
	case answered:
		l.answered(now, s)
	}
}

// isOverloaded counts a call that B1 failed at, and takes B1 to be at fault when it fails at different ones within a round: one
// order that it cannot digest must not slow the others down, however often it is sent.
func (l *limiter) isOverloaded(about uint64) bool {
	if l.round.erred == nil {
		l.round.erred = map[uint64]bool{}
	}
	l.round.erred[about] = true
	return len(l.round.erred) > 1
}

func (l *limiter) answered(now time.Time, s sample) {
	p := l.paces[s.class]
	if p == nil {
		p = &pace{}
		l.paces[s.class] = p
	}
	if l.measuring > 0 || l.starting || p.usual == 0 {
		p.sum, p.n = p.sum+s.took, p.n+1
	}
	switch {
	case l.measuring > 0:
		if l.measuring--; l.measuring == 0 {
			l.endMeasuring(now)
		}
	case p.usual > 0:
		l.count(now, s.took, p.usual, s.full)
	case p.n >= roundCalls: // of a kind that was never measured
		p.learn()
	}
}

// learn makes what was taken down the usual.
func (p *pace) learn() {
	if p.n > 0 {
		p.usual, p.of = max(p.sum/time.Duration(p.n), 1), p.n
	}
	p.sum, p.n = 0, 0
}

// confirm adds what was taken down to what is known of a class, until that is sure.
func (p *pace) confirm() {
	if p.of < sureOf && p.n > 0 {
		p.sum, p.n = p.sum+p.usual*time.Duration(p.of), p.n+p.of
		p.learn()
	}
}

// count adds a call to the round, and decides when the round is over.
func (l *limiter) count(now time.Time, took, usual time.Duration, full bool) {
	r := &l.round
	r.calls, r.took, r.usual, r.full = r.calls+1, r.took+min(took, slowMost*usual), r.usual+usual, r.full || full
	l.starting = l.starting && now.Sub(l.measured) <= staleAfter // few orders, and hardly ever as many as it allows
	isSlow := float64(r.took) > slowFrom*float64(r.usual)
	enough := max(roundCalls, l.limit)
	if l.starting && !isSlow {
		enough = l.limit
	}
	if r.calls < enough {
		return
	}
	switch {
	case l.starting:
		l.step(isSlow)
	case (isSlow || r.full) && l.limit >= l.goal && now.Sub(l.measured) > staleAfter:
		l.measure()
	case isSlow:
		less := l.limit - max(1, l.limit/5)
		l.set(less, less)
	case r.full && l.limit < l.goal:
		l.set(min(2*l.limit, l.goal), l.goal)
	case r.full:
		l.set(l.limit+1, l.goal)
	}
	l.round = round{}
}

// step goes on with the start: with twice as many while calls take what they took, and else back to half, beyond which it grows by one.
func (l *limiter) step(isSlow bool) {
	switch {
	case isSlow:
		l.starting = false
		l.set(l.limit/2, l.limit/2)
	case l.round.full:
		for _, p := range l.paces {
			p.confirm()
		}
		l.starting = 2*l.limit < l.goal
		l.set(2*l.limit, l.goal)
	}
}

// measure lowers the limit for some calls, to see anew what is usual.
func (l *limiter) measure() {
	back := l.limit
	l.set(l.limit/2, l.goal)
	l.forget()
	l.measuring, l.back = measureCalls, back
}

// forget drops what was taken down at another limit.
func (l *limiter) forget() {
	for _, p := range l.paces {
		p.sum, p.n = 0, 0
	}
}

func (l *limiter) endMeasuring(now time.Time) {
	for _, p := range l.paces {
		p.learn()
	}
	first := l.measured.IsZero()
	l.measured = now
	if first { // nobody knows yet how far it may go: by doubling, not at once
		l.starting = true
		l.set(2*l.limit, l.goal)
		return
	}
	l.set(l.back, l.goal)
}

// bounds are a limit and how far it grows by doubling.
type bounds struct{ limit, goal int }

// restore ends an outage: half as many at once as before it, and up to what B1 bore then by doubling. What fell meanwhile fell for
// what B1 failed at, however few there were at once.
func (l *limiter) restore(now time.Time, before bounds) {
	if l.measured.IsZero() { // nobody knows yet what it bears
		l.set(l.limit, before.goal)
		return
	}
	l.set(max(l.limit, before.limit/2), before.goal)
	l.measured = now
}

// set changes the limit within its bounds, and begins a new round. A measuring that is cut off is begun anew later.
func (l *limiter) set(limit, goal int) {
	bound := func(n int) int { return min(max(n, 1), l.ceiling) }
	if l.limit != bound(limit) {
		l.change++
		l.forget()
	}
	l.limit, l.goal, l.round = bound(limit), max(bound(goal), bound(limit)), round{}
	switch {
	case l.measuring == 0:
	case l.measured.IsZero():
		l.measuring = firstCalls
	default:
		l.measuring = 0
	}
}

// class groups calls that take B1 about as long: the same operation with a body of about the same size.
func class(op string, body int) string { return op + "/" + strconv.Itoa(bits.Len(uint(body))) }

// class is that of a call with a body of so many bytes; empty where it is no measure.
func (r request) class(body int) string {
	if r.aside {
		return ""
	}
	return class(r.op, body)
}
