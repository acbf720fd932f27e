package sapb1

import (
	"maps"
	"time"
)

// Cause is what is amiss with B1.
type Cause string

const (
	// Silent: B1 does not answer.
	Silent Cause = "silent"
	// ReadsOnly: B1 answers, and writes no order.
	ReadsOnly Cause = "reads_only"
	// Refused: B1 lets the connector's user not in, or look for orders, or send them; or it shows a certificate that is not trusted.
	// Nothing but a person ends it.
	Refused Cause = "refused"
)

// Does is the cause as the predicate of B1: "does not answer". A cause that is not known says the same.
func (c Cause) Does() string {
	switch c {
	case ReadsOnly:
		return "writes no order"
	case Refused:
		return "refuses the connector"
	}
	return "does not answer"
}

// Health is how B1 does, as one client sees it.
type Health struct {
	// Down is true while no order can be sent, for the Cause; Since when the first call failed; Code what the latest one said:
	// an HTTP status, B1's own code, or no_answer.
	Down  bool
	Cause Cause
	Since time.Time
	Code  string
	// Again is true when this client has not said that B1 is down since it said last, or began: it ends no outage of its own.
	Again bool
}

// refusal is since when B1 refuses the connector, and what it said.
type refusal struct {
	since time.Time
	code  string
	// ofSome is true when some orders do without it.
	ofSome bool
}

// cause is what the circuit is open for, by what the latest probe got: a B1 that wrote nothing may have died since.
func (c *circuit) cause() Cause {
	if c.silent {
		return Silent
	}
	return ReadsOnly
}

// health is how B1 does. The caller holds the lock.
func (l *lane) health() Health {
	switch {
	case l.circuit.open:
		return Health{Down: true, Cause: l.circuit.cause(), Since: l.circuit.since, Code: l.circuit.code}
	case len(l.refused) > 0:
		r := l.oldest()
		return Health{Down: true, Cause: Refused, Since: r.since, Code: r.code}
	}
	return Health{Again: !l.toldDown}
}

// everything is refused with the sign-in, or by a certificate.
const everything = ""

// shutOut notes that B1 refuses the connector something.
func (l *lane) shutOut(op string, ofSome bool, code string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	r, known := l.refused[op]
	if !known {
		r.since = time.Now()
	}
	if r.code, r.ofSome = code, ofSome; l.refused == nil {
		l.refused = map[string]refusal{}
	}
	l.refused[op], l.told = r, time.Time{}
}

// letPass ends the refusal of what B1 lets pass again: what it did, and also an order that it has looked at and refused. The caller
// holds the lock.
func (l *lane) letPass(e ending) {
	if e.fine {
		delete(l.refused, everything)
	}
	if e.fine || e.looked {
		delete(l.refused, e.op)
	}
	if e.word == wrote { // all that an order cannot do without is let pass: also what was refused while another was asking
		maps.DeleteFunc(l.refused, func(_ string, r refusal) bool { return !r.ofSome })
	}
}

// oldest is the first of the refusals that stand.
func (l *lane) oldest() (first refusal) {
	for _, r := range l.refused {
		if first.since.IsZero() || r.since.Before(first.since) {
			first = r
		}
	}
	return first
}
