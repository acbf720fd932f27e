package main

import (
	"os/exec"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"datawald/sandbox/process"
	"datawald/workflows"
)

// A worker stands still (SIGSTOP: a frozen machine, a long swap) at the worst moments, for so long that it is taken for dead and its
// claims end. Another does its work. Then it goes on where it was, and must do nothing twice and spoil nothing.
//
// Fails without: the end of an attempt to tell Magento (at "telling_writing"). The end of a call at that of the claim, and the
// look at the clock before a call leaves, have tests of their own: TestGuard_TheCallEndsWithTheClaim, TestCalls_DoNotLeaveAfterTheirTime.
func TestCrash_AWorkerThatStoodStillSpoilsNothing(t *testing.T) {
	t.Parallel()
	program := buildBrittleWorker(t)
	points := []string{"mapped", "claimed", "looked_up", "buyer_settled", "sending", "answered", "recorded", "partner_alone", "partner_sending", "partner_answered",
		"orders_added", "page_staged", "telling_taken", "telling_writing", "telling_written"}
	inEachMode(t, points, func(t *testing.T, m mode, point string) {
		c := newCrashWorld(t, m, 0)
		worker := c.startArmed(program, point+"!")
		c.start("SyncOrders", workflows.SyncOrdersID(c.instance), workflows.SyncOrdersInput{Instance: c.instance})
		c.eventually("the worker stands still at "+point, func() bool { return standsStill(t, worker) })
		c.startWorker()
		c.settle()
		if err := syscall.Kill(worker.ID(), syscall.SIGCONT); err != nil {
			t.Fatal(err)
		}
		worker.Stop(30 * time.Second) // it finishes what it has in hand first
		c.settle()
		c.check()
	})
}

// standsStill reports whether a program is stopped. One that has ended fails the test.
func standsStill(t *testing.T, p *process.Process) bool {
	t.Helper()
	select {
	case <-p.Done():
		t.Fatalf("the worker ended: %v", p.Err())
	default:
	}
	state, err := exec.CommandContext(t.Context(), "ps", "-o", "state=", "-p", strconv.Itoa(p.ID())).Output()
	if err != nil {
		t.Fatal(err)
	}
	return strings.HasPrefix(strings.TrimSpace(string(state)), "T")
}
