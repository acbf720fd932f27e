package alarm

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"datawald/order"
)

// The usual orders that cannot be counted within their time are no reason to look at nothing else: that is said once, and their alarm is left as it is.
// Fails without: the context of askUsual (the whole look ends with it), uncounted, usualUnknown.
func TestLook_DoesWithoutTheUsualOrders(t *testing.T) {
	p := newTelling(t)
	p.keepers = p.keepers[:1]
	var said bytes.Buffer
	k := p.keepers[0]
	logTo(k, &said)
	k.Pace.Usual = time.Nanosecond
	cut := p.clock.now().Add(-3 * 24 * time.Hour)
	p.stage(order.Posted, 600, func(n int) time.Time { return cut.Add(-time.Duration(n) * 2 * time.Hour) })
	p.hold()
	p.look()
	p.wantTold("held_orders raised")
	if n := strings.Count(said.String(), "the usual orders are not counted"); n != 1 {
		t.Errorf("said %d times that they are not counted, want once:\n%s", n, said.String())
	}
	if f, err := k.gather(t.Context(), p.instance); err != nil || !f.usualUnknown {
		t.Errorf("unknown: %t, %v", f.usualUnknown, err)
	}
	k.Pace.Usual = 0
	if f, err := k.gather(t.Context(), p.instance); err != nil || f.usualUnknown || f.rhythm == nil {
		t.Errorf("with time: unknown %t, the rhythm %v, %v", f.usualUnknown, f.rhythm, err)
	}
}
