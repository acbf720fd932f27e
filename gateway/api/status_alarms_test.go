package api_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"datawald/alarm"
	"datawald/gateway/api"
	"datawald/order"
	"datawald/store"
)

// What is raised is on the page, unless another need says the same, and so is that nobody can be told of it. Fails without: addAlarms, toldBy (held
// orders are told of twice), mild.
func TestStatus_ShowsAlarms(t *testing.T) {
	w := newWorld(t)
	w.settings.SMTPAddress = "mail.example.com:587"
	hold(t, w)
	began := time.Date(2026, 11, 30, 9, 0, 0, 0, time.UTC)
	for _, name := range []string{alarm.NoNewOrders, alarm.HeldOrders, alarm.ReconciliationLate} {
		if _, _, err := w.db.ChangeAlarm(t.Context(), w.instance, name, func(a *store.Alarm) bool {
			a.Raised, a.Since, a.What, a.Todo = true, began, "It is so.", "Do that."
			return true
		}); err != nil {
			t.Fatal(err)
		}
	}
	has, err := w.db.TakeAlarmChannel(t.Context(), "mail", time.Now(), time.Now().Add(time.Minute))
	if err != nil {
		t.Fatal(err)
	}
	has.Attempts, has.FailedSince, has.Failure = 3, began, "the sender is refused (SMTP 550)"
	if _, err := w.db.KeepAlarmChannel(t.Context(), has, time.Time{}); err != nil {
		t.Fatal(err)
	}
	var got api.Status
	w.get("/api/v1/status?instance="+w.instance).ok(200, &got)
	levels, words := map[string]api.Level{}, ""
	for _, n := range got.Needs {
		if levels[n.Code] != "" {
			t.Errorf("%s is said twice", n.Code)
		}
		levels[n.Code] = n.Level
		words += n.Text + "\n"
	}
	for code, want := range map[string]api.Level{"alarm_no_new_orders": api.LevelTrouble, "alarm_reconciliation_late": api.LevelAttention, "alarms_untold": api.LevelAttention, "orders_held": api.LevelAttention, "alarm_held_orders": ""} {
		if levels[code] != want {
			t.Errorf("%s is %q, want %q: %+v", code, levels[code], want, got.Needs)
		}
	}
	for _, want := range []string{"No new orders, since 2026-11-30 09:00 UTC. It is so. Do that.", "by mail since 2026-11-30 09:00 UTC: the sender is refused (SMTP 550)."} {
		if !strings.Contains(words, want) {
			t.Errorf("want %q in\n%s", want, words)
		}
	}
	if sorted := slices.IsSortedFunc(got.Needs, func(a, b api.Need) int { return strings.Compare(string(b.Level), string(a.Level)) }); !sorted || got.Level != api.LevelTrouble {
		t.Errorf("level %s, of %+v", got.Level, got.Needs)
	}
}

// An alarm that stands is told with each status, also between the looks that ask Temporal. Fails without: addAlarms in the case changed of overview.
func TestEvents_KeepTellingOfAnAlarm(t *testing.T) {
	quick(t)
	t.Cleanup(api.Pace(0, 1_000_000, 0)) // one whole look, the first
	w := newWorld(t)
	if _, _, err := w.db.ChangeAlarm(t.Context(), w.instance, alarm.NoNewOrders, func(a *store.Alarm) bool {
		a.Raised, a.Since, a.What, a.Todo = true, time.Now().Add(-time.Hour), "It is so.", "Do that."
		return true
	}); err != nil {
		t.Fatal(err)
	}
	told := func(e api.StatusEvent) bool {
		return e.Level == api.LevelTrouble && slices.ContainsFunc(e.Needs, func(n api.Need) bool { return n.Code == "alarm_"+alarm.NoNewOrders })
	}
	l := hear(t, w.server.URL, "")
	next(l, "status", func(e api.StatusEvent) bool { return e.Total == 0 && told(e) })
	w.staged(w.key(1, "1"), nil)
	if e, _ := next(l, "status", func(e api.StatusEvent) bool { return e.Total == 1 }); !told(e) {
		t.Errorf("once an order has come the event says %s: %+v", e.Level, e.Needs)
	}
}

// hold has an order held.
func hold(t *testing.T, w *world) {
	t.Helper()
	doc := store.NewStaged(order.Key(w.instance + ":1:1"))
	doc.Status, doc.PlacedAt, doc.StagedAt = order.Held, time.Now(), time.Now()
	if _, err := w.db.Add(t.Context(), []*store.Staged{doc}); err != nil {
		t.Fatal(err)
	}
}
