package sapb1

import (
	"testing"
	"time"
)

// An order that brings B1 down is not excused by the trouble that it makes, however often it is sent; what others send meanwhile is.
// Fails without: the beginning of the trouble in troubledAt.
func TestCircuit_TheTroubleThatAnOrderMakesDoesNotExcuseIt(t *testing.T) {
	c := newCircuit(8, 0)
	now := start
	for cycle := range 10 {
		sent := now
		now = now.Add(time.Second)
		c.ended(now, ending{verdict: down, code: codeNoAnswer, word: failedAt, about: 1}, c.epoch)
		between := now.Add(time.Second / 2)
		now = now.Add(time.Second)
		for range 4 { // looks of others
			c.ended(now, ending{verdict: down, code: "502"}, c.epoch)
		}
		if !c.open {
			t.Fatal("it is closed")
		}
		now = now.Add(4 * time.Second)
		c.claim(now)
		c.probed(now, answered, "")
		if c.open || c.troubledAt(sent) || !c.troubledAt(between) || c.troubledAt(now.Add(time.Second)) {
			t.Errorf("cycle %d: open %v; trouble when it was sent %v, when others were %v, afterwards %v; want false, false, true, false",
				cycle, c.open, c.troubledAt(sent), c.troubledAt(between), c.troubledAt(now.Add(time.Second)))
		}
		now = now.Add(90 * time.Second)
	}
}

// The same order sent again and again is no trouble of all: that begins when a second one fails. Fails without: others in streak.
func TestCircuit_TheTroubleOfAllBeginsWithTheSecondOrder(t *testing.T) {
	c := newCircuit(8, 0)
	at := func(seconds int) time.Time { return start.Add(time.Duration(seconds) * time.Second) }
	for second, which := range []uint64{0, 0, 0, 1, 2, 3} {
		writing(&c, at(second), which, down)
	}
	if !c.open || c.troubledAt(at(2)) || c.troubledAt(at(3)) || !c.troubledAt(at(4)) {
		t.Errorf("open %v, trouble before the second failed %v, when it did %v, later %v; want true, false, false, true",
			c.open, c.troubledAt(at(2)), c.troubledAt(at(3)), c.troubledAt(at(4)))
	}
}
