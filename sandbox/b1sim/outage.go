package b1sim

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"sync"
)

// Outage is a way in which the whole Service Layer is away. The company keeps what it holds.
type Outage string

// The ways of being away. A call that is under way when an outage begins is carried out, and its answer is lost.
const (
	NoOutage          Outage = ""
	OutageDropped     Outage = "dropped"     // the machine is down: every connection is closed without an answer
	OutageUnavailable Outage = "unavailable" // the balancer is up and has no node: 503 as an HTML page
	OutageSilent      Outage = "silent"      // the network is cut: no answer at all until the outage ends, then the connection is closed
)

// outageStruck is the name under which Faults counts the calls that an outage has struck.
const outageStruck Fault = "outage"

// outage is the one in force.
type outage struct {
	mu   sync.Mutex
	kind Outage
	over chan struct{} // closed when the outage ends
}

func (o Outage) known() bool {
	return slices.Contains([]Outage{NoOutage, OutageDropped, OutageUnavailable, OutageSilent}, o)
}

func (o Outage) unknown() error {
	return fmt.Errorf("b1sim: outage %q is none of dropped, unavailable and silent", o)
}

// SetOutage begins an outage, changes its way, or ends it (NoOutage).
func (c *Company) SetOutage(kind Outage) error {
	if !kind.known() {
		return kind.unknown()
	}
	o := &c.outage
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.over != nil {
		close(o.over)
	}
	o.kind, o.over = kind, nil
	if kind != NoOutage {
		o.over = make(chan struct{})
	}
	return nil
}

func (o *outage) now() (Outage, <-chan struct{}) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.kind, o.over
}

// away answers a call as the outage in force does; false when there is none.
func (c *Company) away(w http.ResponseWriter, r *http.Request) bool {
	kind, over := c.outage.now()
	if kind == NoOutage {
		return false
	}
	c.faults.count(outageStruck)
	switch kind {
	case OutageUnavailable:
		write(w, unavailableAnswer())
	case OutageSilent:
		c.silence(r.Context(), over)
		drop(w)
	default:
		drop(w)
	}
	return true
}

// silence ends with the outage, with the company, or when the caller has hung up.
func (c *Company) silence(caller context.Context, over <-chan struct{}) {
	select {
	case <-over:
	case <-caller.Done():
	case <-c.done:
	}
}

// cutOff loses the answer of a call during which an outage began.
func (c *Company) cutOff(answer *response) *response {
	if kind, _ := c.outage.now(); kind != NoOutage {
		c.faults.count(outageStruck)
		return &response{drop: true}
	}
	return answer
}
