package main

import (
	"strings"
	"testing"
	"time"

	"datawald/sandbox/b1sim"
	"datawald/workflows"
)

// atOnce is how many worlds of the matrix live side by side: each waits 20 seconds for the server to notice a dead worker.
const atOnce = 16

// modes are those in which the crash matrix runs.
var modes = []mode{plain, ledgerMode}

// The crash matrix: the real worker is killed (SIGKILL) at each boundary that an order, its buyer, a page and a write-back
// pass, another takes over, and all books agree; nothing was sent or made twice.
func TestCrash_AtEveryBoundary(t *testing.T) {
	t.Parallel()
	matrix(t, everyPoint())
}

// The later passages of a point meet a worker with other orders in hand, and whoever takes over may die as well.
func TestCrash_AgainAndAgain(t *testing.T) {
	t.Parallel()
	matrix(t, []string{"answered:3", "recorded:4", "claimed, claimed", "sending, looked_up", "answered, looked_up, recorded", "partner_sending, partner_claimed",
		"partner_answered, partner_recorded", "telling_written, telling_recorded", "page_staged, page_staged"})
}

// matrix runs chains of points in each mode.
func matrix(t *testing.T, chains []string) {
	program := buildBrittleWorker(t)
	inEachMode(t, chains, func(t *testing.T, m mode, chain string) { crash(t, program, m, strings.Split(chain, ", ")...) })
}

// inEachMode runs tests of some names in each mode, side by side.
func inEachMode(t *testing.T, names []string, test func(t *testing.T, m mode, name string)) {
	var all []string
	for _, m := range modes {
		for _, name := range names {
			all = append(all, string(m)+": "+name)
		}
	}
	sideBySide(t, atOnce, all, func(t *testing.T, both string) {
		m, name, _ := strings.Cut(both, ": ")
		test(t, mode(m), name)
	})
}

// crash kills one worker after the other at a point each, and wants the books in order once a last one has come.
func crash(t *testing.T, program string, m mode, points ...string) {
	c := newCrashWorld(t, m, 0)
	for n, point := range points {
		worker := c.startArmed(program, point)
		if n == 0 {
			c.start("SyncOrders", workflows.SyncOrdersID(c.instance), workflows.SyncOrdersInput{Instance: c.instance})
		}
		awaitDeath(t, worker, point)
	}
	c.startWorker()
	c.settle()
	c.check()
}

// B1 goes on when its caller is gone. The worker dies with a POST under way, and B1 commits before the next worker comes, or
// between the looks of that one.
//
// Fails without: the intent before sending (the first look finds nothing, and the order is sent at once), and without several
// looks with B1_SETTLE between them.
func TestCrash_WhileB1IsAtWork(t *testing.T) {
	t.Parallel()
	program := buildWorker(t)
	delays := map[string]time.Duration{"B1 commits at once": time.Second, "B1 commits between the looks": 28 * time.Second}
	inEachMode(t, []string{"B1 commits at once", "B1 commits between the looks"}, func(t *testing.T, m mode, name string) {
		c := newCrashWorld(t, m, 0)
		c.settings.All[0].B1.Settle = 5 * time.Second // looks at 25, 30 and 35 seconds, when it is sent again
		if err := c.company.Inject(b1sim.Rule{Fault: b1sim.Slow, Times: 1, Match: "POST Orders", Delay: b1sim.Duration(delays[name])}); err != nil {
			t.Fatal(err)
		}
		worker := c.startProcess(program)
		c.start("SyncOrders", workflows.SyncOrdersID(c.instance), workflows.SyncOrdersInput{Instance: c.instance})
		c.eventually("B1 is at work on an order", func() bool { return len(c.company.Sent()) > 0 })
		worker.Kill()
		c.startWorker()
		c.settle()
		c.check()
	})
}
