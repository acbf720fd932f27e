package api_test

import (
	"fmt"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"go.temporal.io/sdk/client"

	"datawald/gateway/access"
	"datawald/gateway/api"
	"datawald/mapping"
	"datawald/order"
	"datawald/rulebook"
	"datawald/sandbox/testkit"
	"datawald/store"
	"datawald/workflows"
)

// more are the example rules with a comment that makes them others.
func more(t *testing.T, comment string) string { return exampleText(t) + "\n# " + comment + "\n" }

func (w *world) activate(members ...any) reply {
	w.t.Helper()
	return w.post("/api/v1/rules/activate", request(w.t, members...))
}

// own are the rules of the instance as the gateway shows them.
func (w *world) own() api.InstanceRules {
	w.t.Helper()
	var list rulesList
	w.get("/api/v1/rules").ok(200, &list)
	return list.Rules[0]
}

type versionsPage struct {
	Versions []api.RulesVersion `json:"versions"`
	Next     string             `json:"next"`
}

// Rules that are activated are in force at once, for previews and for what GET /rules shows; the file that counted before is in the
// history, and one can go back to it.
func TestActivatedRulesAreInForceAtOnce(t *testing.T) {
	w := ruled(t, exampleText(t))
	file := w.own()
	if file.Whence != store.RulesByFile || file.Version != mapping.TextID(exampleText(t)) || file.Since != nil {
		t.Fatalf("before: %+v", file)
	}
	text := more(t, "sofort")
	var done api.ActivatedRules
	w.activate("text", text, "reason", "a new way to pay", "expect", file.Version).ok(200, &done)
	if done.Version != mapping.TextID(text) || done.Before != file.Version || done.Reason != "a new way to pay" || done.By == "" || done.Since.IsZero() || done.Run.State != "missing" {
		t.Errorf("answer %+v", done)
	}
	now := w.own()
	if now.Version != done.Version || now.Text != text || now.Whence != store.RulesByActivated || now.Reason != done.Reason || now.By != done.By || now.Since == nil ||
		now.File == nil || now.File.Version != file.Version {
		t.Errorf("in force %+v", now)
	}
	var p previewPage
	w.post("/api/v1/rules/preview", "{}").ok(200, &p)
	if p.Version != done.RuleVersion {
		t.Errorf("a preview goes by %s, want %s", p.Version, done.RuleVersion)
	}
	w.activate("version", file.Version, "reason", "it was wrong", "expect", now.Version).ok(200, &done)
	if own := w.own(); own.Version != file.Version || own.Text != exampleText(t) || own.File != nil {
		t.Errorf("after going back %+v", own)
	}
	var list versionsPage
	w.get("/api/v1/rules/versions?limit=2").ok(200, &list)
	if len(list.Versions) != 2 || !list.Versions[0].InForce || list.Versions[0].Reason != "it was wrong" || list.Versions[1].InForce || list.Versions[1].Version != now.Version || list.Next == "" {
		t.Fatalf("versions %+v", list)
	}
	next := list.Next
	list = versionsPage{}
	w.get("/api/v1/rules/versions?limit=2&cursor="+next).ok(200, &list)
	if len(list.Versions) != 1 || list.Versions[0].Whence != store.RulesByFile || list.Versions[0].InForce || list.Next != "" {
		t.Errorf("the second page %+v", list)
	}
	var one struct{ Version, Text string }
	w.get("/api/v1/rules/versions/"+now.Version).ok(200, &one)
	if one.Text != text || one.Version != now.Version {
		t.Errorf("version %s with %d characters", one.Version, len(one.Text))
	}
}

// Nothing is activated that has problems, was chosen before others came, is in force already, was never there, or has no reason.
//
// Fails without: the comparison with expect in rulebook.Activate and store.ActivateRules, and the check of the rules in proposed.
func TestActivateRefuses(t *testing.T) {
	w := ruled(t, exampleText(t))
	base := w.own().Version
	w.activate("text", more(t, "a"), "reason", "first", "expect", base).ok(200, &api.ActivatedRules{})
	now := w.own()

	r := w.activate("text", strings.Replace(exampleText(t), "version: 1", "version: 2\nnonsense: 1", 1), "reason", "x", "expect", now.Version)
	r.problem(422, "unsound-rules", "Nothing was activated")
	var p api.Problem
	r.json(&p)
	if len(p.Faults) != 2 || !strings.HasPrefix(p.Faults[0].Location, "body.text:") || !strings.Contains(fmt.Sprint(p.Faults), "nonsense") {
		t.Errorf("faults %+v, want both, with line and column", p.Faults)
	}
	w.activate("text", more(t, "b"), "reason", "x", "expect", base).problem(409, "rules-moved", now.Version, "GET /api/v1/rules")
	w.activate("text", more(t, "b"), "reason", "x").problem(409, "rules-moved", now.Version)
	w.activate("text", more(t, "a"), "reason", "x", "expect", now.Version).problem(409, "rules-in-force", now.Version)
	w.activate("version", "000000000000", "reason", "x", "expect", now.Version).problem(404, "rules-not-found", "GET /api/v1/rules/versions")
	w.activate("text", more(t, "b"), "expect", now.Version).problem(422, "invalid-request", "reason")
	w.activate("text", more(t, "b"), "reason", "  ", "expect", now.Version).problem(422, "invalid-request", "reason")
	w.activate("reason", "x", "expect", now.Version).problem(422, "invalid-request", "body.text")
	w.activate("text", more(t, "b"), "version", base, "reason", "x", "expect", now.Version).problem(422, "invalid-request", "body.text")
	w.activate("instance", "other", "text", more(t, "b"), "reason", "x").problem(422, "unknown-instance")
	w.activate("text", strings.Repeat("# rules\n", 60_000), "reason", "x", "expect", now.Version).problem(422, "unsound-rules", "at most here")
	w.get("/api/v1/rules/versions/000000000000").problem(404, "rules-not-found")
	w.get("/api/v1/rules/versions?cursor=x").problem(422, "invalid-request", "query.cursor")
	if after := w.own(); after.Version != now.Version || !after.Since.Equal(*now.Since) {
		t.Errorf("in force is %+v, want that nothing has changed", after)
	}
}

// What is refused is refused before held orders are looked at, which takes seconds.
//
// Fails without: Check before released.
func TestActivateRefusesBeforeItLooksAtHeldOrders(t *testing.T) {
	w := ruled(t, exampleText(t))
	_, database := testkit.Database(t)
	var looks atomic.Int64
	db := testkit.TappedStore(t, database, func(message []byte) bool {
		if testkit.HasAll(message, "find", "orders", string(order.Held), "placed_at") {
			looks.Add(1)
		}
		return false
	})
	if err := api.Gate(w.settings, db).KeepKey(t.Context(), adminKey, "test", access.Admin); err != nil {
		t.Fatal(err)
	}
	handler, err := api.New(w.settings, db, w.temporal, testkit.Silent())
	if err != nil {
		t.Fatal(err)
	}
	w.server = listen(t, handler)
	w.activate("text", more(t, "a"), "reason", "x", "expect", "000000000000").problem(409, "rules-moved", w.own().Version)
	w.activate("text", exampleText(t), "reason", "x", "expect", w.own().Version).problem(409, "rules-in-force", w.own().Version)
	if n := looks.Load(); n > 0 {
		t.Errorf("held orders are looked at %d times before it is refused", n)
	}
	w.activate("text", more(t, "a"), "reason", "x", "expect", w.own().Version).ok(200, &api.ActivatedRules{})
	if looks.Load() == 0 {
		t.Error("the test does not hear that held orders are looked at")
	}
}

// Of two admins who activate at once one wins; the other gets 409 with what is in force.
func TestOfTwoActivationsAtOnceOneWins(t *testing.T) {
	w := ruled(t, exampleText(t))
	base := w.own().Version
	replies := make(chan reply, 2)
	for _, name := range []string{"a", "b"} {
		body := request(t, "text", more(t, name), "reason", name, "expect", base)
		go func() {
			replies <- call(t, w.server, "POST", "/api/v1/rules/activate", body, []string{"Content-Type", "application/json"})
		}()
	}
	one, two := <-replies, <-replies
	if one.status != 200 {
		one, two = two, one
	}
	var done api.ActivatedRules
	one.ok(200, &done)
	two.problem(409, "rules-moved", done.Version)
	if own := w.own(); own.Version != done.Version {
		t.Errorf("in force is %s, the winner was told %s", own.Version, done.Version)
	}
}

// The answer says how many held orders the new rules let through, and not those that are held for another reason.
func TestActivationSaysHowManyHeldOrdersItLetsThrough(t *testing.T) {
	w := ruled(t, strings.Replace(exampleText(t), "\n    checkmo: {", "\n    checkmo_off: {", 1))
	w.stock(30, func(_ int, d *store.Staged) { d.Status = order.Held })
	docs, err := w.db.List(t.Context(), store.Filter{Status: order.Held})
	if err != nil {
		t.Fatal(err)
	}
	want := 0
	for _, d := range docs {
		var before orderPreview
		w.get("/api/v1/orders/"+string(d.Key)+"/preview").ok(200, &before)
		if before.Verdict == "held" && before.Hold.Code == "payment_method_unmapped" {
			want++
		}
	}
	if want == 0 || want == len(docs) {
		t.Fatalf("%d of %d orders are held for their payment, want some", want, len(docs))
	}
	var done api.ActivatedRules
	w.activate("text", exampleText(t), "reason", "checkmo", "expect", w.own().Version).ok(200, &done)
	if done.Held == nil || done.Held.LookedAt != len(docs) || done.Held.WouldGo != want || !done.Held.All {
		t.Errorf("held %+v, want %d of %d", done.Held, want, len(docs))
	}
}

// What an activation needs beside, such as a field in B1, is said with it.
func TestActivationSaysWhatItNeeds(t *testing.T) {
	w := ruled(t, exampleText(t))
	text := strings.Replace(exampleText(t), "\n  user_field:", "\n  # user_field:", 1)
	text = strings.Replace(text, "\nreference:\n", "\nreference:\n  user_field: U_WebKey\n", 1)
	var done api.ActivatedRules
	w.activate("text", text, "reason", "the key in B1", "expect", w.own().Version).ok(200, &done)
	if len(done.Notes) != 1 || !strings.Contains(done.Notes[0], "starter b1 prepare") {
		t.Errorf("notes %q", done.Notes)
	}
}

// An activation makes the schedule fire, but not one that somebody has paused.
//
// Fails without: the question whether it is paused.
func TestActivationTriggersTheSchedule(t *testing.T) {
	w := ruled(t, exampleText(t))
	h, err := w.temporal.ScheduleClient().Create(t.Context(), client.ScheduleOptions{ID: workflows.ScheduleID(w.instance),
		Spec:   client.ScheduleSpec{Intervals: []client.ScheduleIntervalSpec{{Every: 24 * time.Hour, Offset: time.Hour}}},
		Action: &client.ScheduleWorkflowAction{ID: workflows.SyncOrdersID(w.instance), Workflow: "SyncOrders", TaskQueue: w.instance}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = h.Delete(t.Context()) })
	if err := h.Pause(t.Context(), client.SchedulePauseOptions{Note: "stocktaking"}); err != nil {
		t.Fatal(err)
	}
	var done api.ActivatedRules
	w.activate("text", more(t, "a"), "reason", "x", "expect", w.own().Version).ok(200, &done)
	if d, err := h.Describe(t.Context()); err != nil || done.Run.State != "paused" || d.Info.NumActions != 0 {
		t.Errorf("paused: run %+v, %v", done.Run, err)
	}
	if err := h.Unpause(t.Context(), client.ScheduleUnpauseOptions{}); err != nil {
		t.Fatal(err)
	}
	w.activate("text", more(t, "b"), "reason", "x", "expect", done.Version).ok(200, &done)
	if done.Run.State != "begun" {
		t.Errorf("run %+v", done.Run)
	}
	w.until("the schedule has fired", func() bool {
		d, err := h.Describe(t.Context())
		return err == nil && len(d.Info.RunningWorkflows) == 1
	})
	w.activate("text", more(t, "c"), "reason", "x", "expect", done.Version).ok(200, &done)
	if done.Run.State != "next" {
		t.Errorf("run %+v while one is under way", done.Run)
	}
}

// until waits for a condition, at most a minute.
func (w *world) until(what string, is func() bool) {
	w.t.Helper()
	for end := time.Now().Add(time.Minute); !is(); time.Sleep(20 * time.Millisecond) {
		if time.Now().After(end) {
			w.t.Fatalf("not within a minute: %s", what)
		}
	}
}

// Workers show which rules they work by; one that has not taken those in force for a minute is late, and one that has just not yet
// done so is not.
func TestRulesOfWorkersAreShown(t *testing.T) {
	w := ruled(t, exampleText(t))
	var done api.ActivatedRules
	w.activate("text", more(t, "a"), "reason", "x", "expect", w.own().Version).ok(200, &done)
	note := func(worker string, seq int64, version string) {
		t.Helper()
		if err := w.db.NoteRulesTaken(t.Context(), w.instance, store.TakenRules{Worker: worker, Seq: seq, Version: version}); err != nil {
			t.Fatal(err)
		}
	}
	note("a 1", 2, done.Version)
	note("b 1", 1, done.Before)
	own := w.own()
	if len(own.Workers) != 2 || own.Workers[0].Version != done.Version || own.Workers[1].Version != done.Before || own.Workers[0].Late || own.Workers[1].Late {
		t.Errorf("workers %+v", own.Workers)
	}
	active := store.Activation{Seq: 2, Since: done.Since}
	for name, tc := range map[string]struct {
		seq   int64
		after time.Duration
		late  bool
	}{
		"has taken it":    {2, time.Hour, false},
		"had no time yet": {1, 50 * time.Second, false},
		"has not":         {1, 61 * time.Second, true},
	} {
		if got := rulebook.Late(active, store.TakenRules{Seq: tc.seq, SeenAt: done.Since.Add(tc.after)}); got != tc.late {
			t.Errorf("a worker that %s: late %t", name, got)
		}
	}
}

// A version that this gateway cannot use is shown with its problems, and others can be activated in its place.
func TestAVersionOfAnotherReleaseIsShownWithItsProblems(t *testing.T) {
	w := ruled(t, exampleText(t))
	later := exampleText(t) + "\nsetting_of_tomorrow: 1\n"
	if _, err := w.db.ActivateRules(t.Context(), store.NewRules{Instance: w.instance, Version: mapping.TextID(later), Text: later, By: "ada", Reason: "tomorrow"}, ""); err != nil {
		t.Fatal(err)
	}
	own := w.own()
	if own.Version != mapping.TextID(later) || own.Text != later || len(own.Problems) != 1 || own.Missing == "" || own.RuleVersion != "" {
		t.Errorf("shown is %+v", own)
	}
	w.post("/api/v1/rules/preview", "{}").problem(409, "no-rules", "the release that activated", "activate")
	w.activate("text", exampleText(t), "reason", "back", "expect", own.Version).ok(200, &api.ActivatedRules{})
}

// Instances have rules and histories of their own.
func TestVersionsOfOneInstanceAreNotThoseOfAnother(t *testing.T) {
	w := ruled(t, exampleText(t))
	w.settings.InstanceNames = append(w.settings.InstanceNames, "eu")
	w.server = serve(t, w.settings, w.db, w.temporal)
	var done api.ActivatedRules
	w.activate("instance", w.instance, "text", more(t, "a"), "reason", "x", "expect", w.own().Version).ok(200, &done)
	w.get("/api/v1/rules/versions/"+done.Version+"?instance=eu").problem(404, "rules-not-found", "eu")
	w.get("/api/v1/rules/versions/"+done.Version).problem(422, "unknown-instance")
	var list versionsPage
	w.get("/api/v1/rules/versions?instance=eu").ok(200, &list)
	if list.Versions == nil || len(list.Versions) != 0 {
		t.Errorf("versions of eu: %+v", list)
	}
}
