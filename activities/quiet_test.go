package activities_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"datawald/activities"
	"datawald/mapping"
	"datawald/order"
	"datawald/sandbox/testkit"
	"datawald/sapb1"
	"datawald/store"
)

// hours are quiet hours, in UTC, from a moment for two hours.
func hours(from time.Time) string {
	return fmt.Sprintf(`quiet_hours: [{from: "%s", to: "%s"}]`, from.UTC().Format("15:04"), from.UTC().Add(2*time.Hour).Format("15:04"))
}

// setQuiet changes the quiet hours of the bench.
func (b *bench) setQuiet(hours string) {
	b.t.Helper()
	b.rules.QuietHours = quietHours(b.t, strings.Replace(exampleRulesText(b.t), "company:\n", hours+"\ncompany:\n", 1))
}

func quietHours(t *testing.T, text string) []mapping.QuietHours {
	t.Helper()
	rules, err := mapping.ParseRules([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return rules.QuietHours
}

// try runs the activity once and gives its result.
func (b *bench) try() (*activities.InsertOrderResult, error) {
	b.t.Helper()
	env := testkit.Suite().NewTestActivityEnvironment()
	env.RegisterActivity(b.acts)
	value, err := env.ExecuteActivity(b.acts.InsertOrder, activities.InsertOrderInput{Key: b.key})
	if err != nil {
		return nil, err
	}
	var result activities.InsertOrderResult
	if err := value.Get(&result); err != nil {
		b.t.Fatal(err)
	}
	return &result, nil
}

// calls counts what B1 is asked for.
type calls struct {
	*company
	n int
	// admitting runs when an order waits for its turn.
	admitting func(context.Context) error
}

func (c *calls) FindOrders(ctx context.Context, ref sapb1.Reference) ([]sapb1.Document, error) {
	c.n++
	return c.company.FindOrders(ctx, ref)
}

func (c *calls) Admit(ctx context.Context) (func(), error) {
	if c.admitting != nil {
		return func() {}, c.admitting(ctx)
	}
	c.n++
	return func() {}, nil
}

func quietBench(t *testing.T, c *calls) *bench {
	t.Helper()
	c.company = &company{}
	b := newBench(t, c.company)
	b.acts = activities.New(b.db, testkit.Silent(), activities.Instance{Name: "main", Rules: b.rules, Company: c, CompanyID: "b1/demo",
		CallTimeout: 20 * time.Millisecond, Settle: 50 * time.Millisecond, Looks: 3})
	return b
}

// While it is quiet no call is made, the order stays in the queue, and the queue gives none and says until when. Fails
// without: isQuiet in run, quietUntil in NextOrders.
func TestQuiet_NoCallIsMadeAndTheOrderWaits(t *testing.T) {
	t.Parallel()
	c := &calls{}
	b := quietBench(t, c)
	b.setQuiet(hours(time.Now().Add(-time.Hour)))
	r, err := b.try()
	if err != nil || r.Status != order.Pending || r.Note != activities.NoteQuiet || c.n != 0 {
		t.Fatalf("result %+v, %v, %d calls; want pending, quiet, none", r, err, c.n)
	}
	next, err := b.acts.NextOrders(t.Context(), activities.NextOrdersInput{Instance: "main", Limit: 10})
	if err != nil || len(next.Orders) != 0 || next.QuietUntil == nil || time.Until(*next.QuietUntil) > time.Hour || time.Until(*next.QuietUntil) < 58*time.Minute {
		t.Errorf("the queue gives %+v, %v; want no orders, quiet for an hour", next, err)
	}
	if l, err := b.db.LaneOf(t.Context(), "main"); err != nil || l.State != store.LaneQuiet {
		t.Errorf("the status is %+v, %v; want quiet", l, err)
	}
	b.rules.QuietHours = nil
	if next, err = b.acts.NextOrders(t.Context(), activities.NextOrdersInput{Instance: "main", Limit: 10}); err != nil || len(next.Orders) != 1 || next.QuietUntil != nil {
		t.Errorf("the queue gives %+v, %v; want the order", next, err)
	}
	if r, err = b.try(); err != nil || r.Status != order.Posted {
		t.Errorf("result %+v, %v; want it posted", r, err)
	}
	if l, err := b.db.LaneOf(t.Context(), "main"); err != nil || l.State != store.LaneUp {
		t.Errorf("the status is %+v, %v; want up", l, err)
	}
}

// An order that waits for its turn when the hours begin goes no further. Fails without: the second isQuiet.
func TestQuiet_BeginsWhileAnOrderWaitsForItsTurn(t *testing.T) {
	t.Parallel()
	c := &calls{}
	b := quietBench(t, c)
	c.admitting = func(context.Context) error { b.setQuiet(hours(time.Now().Add(-time.Hour))); return nil }
	r, err := b.try()
	if err != nil || r.Note != activities.NoteQuiet || c.n != 0 {
		t.Errorf("result %+v, %v, %d calls; want quiet and none", r, err, c.n)
	}
	if doc := b.get(); doc.Status != order.Pending || doc.Intent != nil {
		t.Errorf("the order is %s with intent %v, want it untouched", doc.Status, doc.Intent)
	}
}

// Waiting for a turn ends when the quiet hours begin, and before the activity's time does. Fails without: the deadlines in
// admit.
func TestQuiet_WaitingEndsWhenTheHoursBegin(t *testing.T) {
	t.Parallel()
	c := &calls{}
	b := quietBench(t, c)
	soon := time.Now().Add(30 * time.Second)
	b.setQuiet(hours(soon.Add(time.Minute)))
	var end time.Time
	c.admitting = func(ctx context.Context) error { end, _ = ctx.Deadline(); return nil }
	if _, err := b.try(); err != nil {
		t.Fatal(err)
	}
	if want := soon.Add(time.Minute).Truncate(time.Minute); !end.Equal(want) {
		t.Errorf("waiting ends at %s, want %s", end, want)
	}
}

// A held order that a person tries again in quiet hours is taken up after them; one whose fate depends on why it is held
// stays as it is. Fails without: queueAfterQuiet.
func TestQuiet_AHeldOrderThatIsTriedAgainGoesAfterwards(t *testing.T) {
	t.Parallel()
	for code, want := range map[string]order.Status{"b1_refused": order.Pending, "cancelled_in_b1": order.Held} {
		b := quietBench(t, &calls{})
		if _, err := b.db.Change(t.Context(), b.key, func(doc *store.Staged) error {
			doc.Status, doc.Reason = order.Held, &order.Reason{Code: code, Message: "m"}
			return nil
		}); err != nil {
			t.Fatal(err)
		}
		b.setQuiet(hours(time.Now().Add(-time.Hour)))
		_, err := b.try()
		if held := typeOf(err) == activities.TypeHeld; held != (want == order.Held) {
			t.Errorf("%s: ends with %v", code, err)
		}
		if doc := b.get(); doc.Status != want || doc.Manual != (want == order.Pending) {
			t.Errorf("%s: the order is %s, first %v; want %s", code, doc.Status, doc.Manual, want)
		}
	}
}

// The queue says that B1 is down, once that is an alarm, and how many orders stand before a place.
func TestNextOrders_TellsOfTheAlarm(t *testing.T) {
	t.Parallel()
	b := quietBench(t, &calls{})
	ask := func(in activities.NextOrdersInput) *activities.NextOrdersResult {
		t.Helper()
		in.Instance, in.Limit = "main", 1
		next, err := b.acts.NextOrders(t.Context(), in)
		if err != nil {
			t.Fatal(err)
		}
		return next
	}
	down := func(after time.Duration, cause sapb1.Cause) {
		t.Helper()
		alarm, _, err := b.db.NoteDown(t.Context(), "b1/demo", store.Trouble{Since: time.Now().Add(-2 * time.Minute), Failure: "503", Cause: string(cause), AlarmAfter: after})
		if err == nil && alarm {
			err = b.db.Alarmed(t.Context(), "b1/demo", string(cause))
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if down(time.Hour, sapb1.Silent); ask(activities.NextOrdersInput{}).Alarm != "" {
		t.Error("it tells of an alarm that was not raised")
	}
	down(time.Minute, sapb1.ReadsOnly)
	if next := ask(activities.NextOrdersInput{}); !strings.HasPrefix(next.Alarm, "B1 writes no order since 20") {
		t.Errorf("it tells %q", next.Alarm)
	}
	down(time.Minute, sapb1.Silent)
	if next := ask(activities.NextOrdersInput{}); !strings.HasPrefix(next.Alarm, "B1 does not answer since 20") || !strings.HasSuffix(next.Alarm, "UTC (503)") {
		t.Errorf("it tells %q", next.Alarm)
	}
	if next := ask(activities.NextOrdersInput{After: "9"}); next.Alarm != "" {
		t.Error("it tells of the alarm behind the head of the queue")
	}
	first := ask(activities.NextOrdersInput{}).Orders[0].Queue
	if next := ask(activities.NextOrdersInput{Until: first}); next.Before != 1 {
		t.Errorf("%d orders up to the first, want 1", next.Before)
	}
	if next := ask(activities.NextOrdersInput{Until: "1|"}); next.Before != 0 {
		t.Errorf("%d orders before the first, want 0", next.Before)
	}
	b.alter(func(doc *store.Staged) { doc.DueAt = time.Now().Add(6*50*time.Millisecond + 10*time.Second) })
	if next := ask(activities.NextOrdersInput{}); next.PutOff != 0 {
		t.Errorf("%d orders put off, want none that waits for longer than a moment", next.PutOff)
	}
	b.alter(func(doc *store.Staged) { doc.DueAt = time.Now().Add(6 * 50 * time.Millisecond) })
	if next := ask(activities.NextOrdersInput{}); next.PutOff != 1 || len(next.Orders) != 0 {
		t.Errorf("%d orders put off, %d due; want one that is put off", next.PutOff, len(next.Orders))
	}
}
