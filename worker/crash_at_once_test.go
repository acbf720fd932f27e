package main

import (
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	enumspb "go.temporal.io/api/enums/v1"

	"datawald/activities/failpoint"
	"datawald/sandbox/magentosim"
	"datawald/workflows"
)

// Ways of an order into B1.
const (
	wayAtOnce = "at once" // inside of its workflow's task
	wayInTurn = "in turn" // as an activity
)

// The worker is killed at each boundary of the B1 step on either way, and it is made sure that the order was on this way: at once, the task of
// its workflow is open; whoever comes next finds the claim, and leaves the order to an activity. In turn there is an activity and no attempt at
// once.
//
// Fails without: the activity after an attempt at once (insertInTurn). That the points are hit on each way fails without AtOnce, or without
// Paced, in poster.child.
func TestCrash_OnEitherWay(t *testing.T) {
	t.Parallel()
	program := buildBrittleWorker(t)
	var names []string
	var handedOn atomic.Int32
	for _, way := range []string{wayAtOnce, wayInTurn} {
		for _, p := range []failpoint.Point{failpoint.Loaded, failpoint.Mapped, failpoint.Claimed, failpoint.LookedUp, failpoint.ReferenceTaken,
			failpoint.BuyerSettled, failpoint.Sending, failpoint.Answered, failpoint.Recorded} {
			names = append(names, way+": "+string(p))
		}
	}
	sideBySide(t, atOnce, names, func(t *testing.T, name string) {
		way, point, _ := strings.Cut(name, ": ")
		c := newCrashWorld(t, plain, 0)
		if way == wayInTurn {
			c.settings.All[0].B1.OrdersPerSecond = 1000
			c.extra = append(c.extra, "B1_"+strings.ToUpper(c.instance)+"_ORDERS_PER_SECOND=1000")
		}
		worker := c.startArmed(program, point)
		c.start("SyncOrders", workflows.SyncOrdersID(c.instance), workflows.SyncOrdersInput{Instance: c.instance})
		awaitDeath(t, worker, point)
		dead := c.inHandOfTheDead(way)
		if len(dead) == 0 {
			t.Fatalf("the worker died with no order in hand %s", way)
		}
		c.startWorker()
		c.settle()
		c.check()
		again := 0
		for _, p := range c.shop.Orders() {
			marked, scheduled := c.went(p)
			if marked && way == wayInTurn {
				t.Errorf("order %s was tried at once", p.IncrementID)
			}
			if marked && slices.Contains(dead, p.IncrementID) && c.get(p).Attempts > 2 {
				again++
				if scheduled {
					handedOn.Add(1)
				}
			}
		}
		if unsent[failpoint.Point(point)] && way == wayAtOnce && again == 0 {
			t.Errorf("of the orders %v none was looked for again and again, want that of one that was claimed", dead)
		}
	})
	// Not of each point: where the server loses the end of a task, the attempt at once is carried out once more.
	if handedOn.Load() == 0 {
		t.Error("no order that a dead worker had claimed became an activity")
	}
}

// unsent are the points at which an order is claimed and not in B1: whoever finds it so looks for it several times.
var unsent = map[failpoint.Point]bool{failpoint.Claimed: true, failpoint.LookedUp: true, failpoint.ReferenceTaken: true, failpoint.Sending: true}

// inHandOfTheDead are the orders whose workflows wait for a worker that is no more: for the end of their task, or of an activity.
func (c *crashWorld) inHandOfTheDead(way string) (dead []string) {
	c.t.Helper()
	for _, p := range c.shop.Orders() {
		d, err := c.temporal.DescribeWorkflowExecution(c.t.Context(), workflows.InsertOrderID(c.key(p)), "")
		if err != nil || d.GetWorkflowExecutionInfo().GetStatus() != enumspb.WORKFLOW_EXECUTION_STATUS_RUNNING {
			continue // it was not begun, or has ended
		}
		inHand := way == wayAtOnce && d.GetPendingWorkflowTask().GetState() == enumspb.PENDING_WORKFLOW_TASK_STATE_STARTED
		for _, a := range d.GetPendingActivities() {
			inHand = way == wayInTurn && a.GetState() == enumspb.PENDING_ACTIVITY_STATE_STARTED
		}
		if inHand {
			dead = append(dead, p.IncrementID)
		}
	}
	return dead
}

// went says whether an order was tried at once, and whether it became an activity.
func (c *crashWorld) went(p magentosim.Placed) (marked, scheduled bool) {
	c.t.Helper()
	if c.get(p).Attempts == 0 {
		return false, false // it has no workflow
	}
	kinds := steps(c.history(workflows.InsertOrderID(c.key(p))))
	return slices.Contains(kinds, enumspb.EVENT_TYPE_MARKER_RECORDED), slices.Contains(kinds, enumspb.EVENT_TYPE_ACTIVITY_TASK_SCHEDULED)
}
