package workflows_test

import (
	"testing"
	"time"

	"datawald/order"
	"datawald/workflows"
)

// Orders that B1 fails to write are put off for a minute each, while their workflows go on: they stand in nobody's way in the queue
// and take their place in the window all the same, from the run's first order to its last. Fails without: putOff (12 in hand), PutOff
// in look (20), mayBeFree (11), the queue gone through again when some of them are due (13).
func TestSyncOrders_CountsWhatIsPutOffAsInHand(t *testing.T) {
	o := newOutage(t, 60, 3*time.Minute)
	o.off = func(key order.Key) bool { return o.hasCome(key) && o.Now().Before(o.back) }
	run := o.run(10, workflows.SyncOrdersInput{Window: 10})
	if o.most > 10 {
		t.Errorf("%d orders in hand at once, want 10 at most", o.most)
	}
	if wait := o.full.Sub(o.back); wait < 0 || wait > 10*time.Second {
		t.Errorf("ten at once %s after B1 is back, want within 10 s", wait)
	}
	if c := run.Counts; c.Posted != 50 || c.Started != 50 || c.InHand != 0 {
		t.Errorf("counts %+v, want the 50 others started and posted", c)
	}
}

// One order of ten is given up; the others are put off and still in hand. The run takes up the one, and one more when it is posted.
// Fails without: the orders put off in what look keeps when it goes through the queue once more (19 in hand).
func TestSyncOrders_TakesUpOneThatIsGivenUpAmongOthersPutOff(t *testing.T) {
	o := newOutage(t, 60, 10*time.Minute)
	o.lasting, o.quick = 1, 1
	o.off = func(key order.Key) bool { return o.hasCome(key) && key != o.first[0] }
	run := o.run(10, workflows.SyncOrdersInput{Window: 10, Budget: 5 * time.Minute})
	if o.most != 10 || len(o.came) != 11 {
		t.Errorf("%d orders in hand at once, %d in all; want never more than the window, and one new", o.most, len(o.came))
	}
	if c := run.Counts; c.Posted != 1 || c.Started != 11 || c.InHand != 10 {
		t.Errorf("counts %+v, want one posted and ten in hand", c)
	}
}
