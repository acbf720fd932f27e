package api_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"datawald/gateway/api"
	"datawald/order"
	"datawald/store"
	"datawald/watch"
)

// sound is a status in which nothing needs a person.
func sound() api.Status {
	lag := int64(60)
	return api.Status{
		Overview: store.Overview{Orders: map[order.Status]int64{order.Posted: 1198, order.Excluded: 4}, LagSeconds: &lag},
		Waiting:  &store.Waiting{}, Schedule: &watch.Schedule{State: watch.On},
		Health:  api.Healths{Magento: api.Health{State: "up"}, B1: api.Health{State: "up"}},
		Workers: api.Workers{Runs: "up", Orders: "up"},
	}
}

// Each thing that needs a person is told of with how bad it is, what follows from another is not, and the worst comes first. Fails without: the
// line of needs for each.
func TestNeeds(t *testing.T) {
	hour := int64(3600)
	for name, c := range map[string]struct {
		change func(*api.Status)
		lacks  string
		level  api.Level
		codes  []string
		words  string
	}{
		"all is well": {func(*api.Status) {}, "", api.LevelOK, nil, ""},
		"held orders": {func(s *api.Status) { s.Orders[order.Held] = 2 }, "", api.LevelAttention, []string{"orders_held"}, "2 orders are held"},
		"one held":    {func(s *api.Status) { s.Orders[order.Held] = 1 }, "", api.LevelAttention, []string{"orders_held"}, "1 order is held"},
		"paused":      {func(s *api.Status) { s.Schedule.State, s.Schedule.Note = watch.Paused, "stock-taking" }, "", api.LevelAttention, []string{"schedule_paused"}, "stock-taking"},
		"paused and so late": {func(s *api.Status) {
			s.Schedule.State, s.Schedule.Late, s.Schedule.Cause, s.LagSeconds = watch.Paused, true, watch.IsPaused, &hour
		}, "", api.LevelAttention, []string{"schedule_paused"}, "wait in Magento"},
		"no schedule": {func(s *api.Status) { s.Schedule.State = watch.Missing }, "", api.LevelTrouble, []string{"schedule_missing"}, "starter apply"},
		"no Temporal": {func(s *api.Status) {
			s.Schedule.State, s.Workers = watch.Unknown, api.Workers{Runs: "unknown", Orders: "unknown"}
		}, "", api.LevelTrouble, []string{"temporal_down"}, "TEMPORAL_ADDRESS"},
		"no attributes": {func(s *api.Status) {
			s.Schedule.State, s.Schedule.Late, s.Schedule.Cause = watch.Unknown, true, watch.NoAttributes
		}, "", api.LevelTrouble, []string{"no_attributes"}, "search attributes"},
		"a run hangs": {func(s *api.Status) { s.Schedule.Late, s.Schedule.Cause = true, watch.RunHangs }, "", api.LevelTrouble, []string{"run_hangs"}, "does not get on"},
		"runs fail":   {func(s *api.Status) { s.Schedule.Late, s.Schedule.Cause = true, watch.RunsFail }, "", api.LevelTrouble, []string{"runs_fail"}, "starter doctor"},
		"Magento down": {func(s *api.Status) {
			s.Schedule.Late, s.Schedule.Cause, s.Health.Magento = true, watch.RunsFail, api.Health{State: "down", Why: "HTTP 503"}
		}, "", api.LevelTrouble, []string{"magento_down"}, "HTTP 503"},
		"no worker": {func(s *api.Status) { s.Workers.Runs, s.Schedule.Late, s.Schedule.Cause = "down", true, watch.NoWorker }, "", api.LevelTrouble, []string{"no_worker"}, "Start one"},
		"no worker at all, and orders wait": {func(s *api.Status) {
			s.Workers, s.Orders[order.Pending] = api.Workers{Runs: "down", Orders: "down"}, 3
			s.Waiting.Long = 3
		}, "", api.LevelTrouble, []string{"no_worker", "no_b1_worker"}, "Start one"},
		"no B1 worker, and no orders": {func(s *api.Status) { s.Workers.Orders = "down" }, "", api.LevelOK, nil, ""},
		"no B1 worker for long":       {func(s *api.Status) { s.Schedule.Orders = watch.NoB1Worker }, "", api.LevelTrouble, []string{"no_b1_worker"}, "WORKER_LANES"},
		"B1 down": {func(s *api.Status) {
			s.Health.B1, s.Orders[order.Pending], s.Waiting.Long = api.Health{State: "down", Why: "no_answer"}, 7, 5
		}, "", api.LevelTrouble, []string{"b1_down"}, "no_answer"},
		"orders wait": {func(s *api.Status) { s.Waiting.Long = 5 }, "", api.LevelAttention, []string{"orders_wait"}, "more than an hour"},
		"lag":         {func(s *api.Status) { s.LagSeconds = &hour }, "", api.LevelAttention, []string{"lag"}, "60 minutes"},
		"never read":  {func(s *api.Status) { s.LagSeconds = nil }, "", api.LevelOK, nil, ""},
		"write-backs": {func(s *api.Status) { s.WriteBacks = &store.WriteBacks{Open: 9, GivenUp: 1, ToLookAt: 2} }, "", api.LevelAttention,
			[]string{"write_backs_given_up", "write_backs_to_look_at"}, "1 posted order"},
		"findings":           {func(s *api.Status) { s.Reconciliation = &api.ReconciliationBrief{Open: 2} }, "", api.LevelAttention, []string{"findings_open"}, "2 things do not agree"},
		"all agrees":         {func(s *api.Status) { s.Reconciliation = &api.ReconciliationBrief{Orders: 12} }, "", api.LevelOK, nil, ""},
		"open write-backs":   {func(s *api.Status) { s.WriteBacks = &store.WriteBacks{Open: 9} }, "", api.LevelOK, nil, ""},
		"a stuck backfill":   {func(s *api.Status) { s.Schedule.Backfill = watch.BackfillLost }, "", api.LevelAttention, []string{"backfill_lost"}, "--release"},
		"one that is left":   {func(s *api.Status) { s.Backfill = &store.BackfillStatus{State: store.BackfillLeft, Imports: 4} }, "", api.LevelAttention, []string{"backfill_left"}, "Release"},
		"one that runs":      {func(s *api.Status) { s.Backfill = &store.BackfillStatus{State: store.BackfillRuns, Imports: 4} }, "", api.LevelOK, nil, ""},
		"no rules":           {func(*api.Status) {}, "why", api.LevelAttention, []string{"rules_missing"}, "RULES_FILE"},
		"the worst is first": {func(s *api.Status) { s.Orders[order.Held], s.Health.B1.State = 1, "down" }, "", api.LevelTrouble, []string{"b1_down", "orders_held"}, "no answer"},
	} {
		t.Run(name, func(t *testing.T) {
			s := sound()
			c.change(&s)
			got, level := api.Needs(s, "main", c.lacks)
			var codes []string
			for _, n := range got {
				codes = append(codes, n.Code)
				if n.Text == "" || !strings.HasPrefix(n.Link, "/api/v1/") || n.Level == api.LevelOK {
					t.Errorf("need %+v", n)
				}
			}
			if level != c.level || !slices.Equal(codes, c.codes) {
				t.Errorf("%s %v, want %s %v", level, codes, c.level, c.codes)
			}
			if len(got) > 0 && !strings.Contains(got[0].Text, c.words) {
				t.Errorf("text %q, want %q in it", got[0].Text, c.words)
			}
		})
	}
}

// Magento is down when the latest run could not read it and none has since. Fails without: the comparison of the two times.
func TestMagentoHealth(t *testing.T) {
	failed := &store.Run{StartedAt: day(5), Errors: []string{"write back: x", "read Magento: HTTP 503"}}
	for name, c := range map[string]struct {
		answered time.Time
		last     *store.Run
		late     bool
		state    string
		since    time.Time
	}{
		"never":             {time.Time{}, nil, false, "unknown", time.Time{}},
		"answers":           {day(5), &store.Run{StartedAt: day(5)}, false, "up", time.Time{}},
		"failed":            {day(4), failed, false, "down", day(4)},
		"failed from first": {time.Time{}, failed, false, "down", day(5)},
		"read again since":  {day(6), failed, false, "up", time.Time{}},
		"not for long":      {day(6), nil, true, "unknown", time.Time{}},
	} {
		got := api.MagentoHealth(store.Progress{Latest: store.Reading{Began: c.answered}}, c.last, c.late)
		if got.State != c.state || c.since.IsZero() != (got.Since == nil) || got.Since != nil && !got.Since.Equal(c.since) {
			t.Errorf("%s: %+v, want %s since %s", name, got, c.state, c.since)
		}
	}
}

// The status names the order that waits longest, the sum of all, and what needs a person.
func TestStatusSaysWhatNeedsAPerson(t *testing.T) {
	w := newWorld(t)
	w.scheduled()
	w.syncs()
	w.staged(w.key(1, "1"), func(d *store.Staged) { d.Status = order.Held })
	w.staged(w.key(1, "2"), func(d *store.Staged) { d.PlacedAt = time.Now().Add(-2 * time.Hour) })
	var s api.Status
	w.get("/api/v1/status").ok(200, &s)
	if s.Total != 2 || s.Waiting.Oldest == nil || s.Waiting.Oldest.Key != w.key(1, "2") || s.Waiting.Long != 1 {
		t.Errorf("total %d, waiting %+v", s.Total, s.Waiting)
	}
	var codes []string
	for _, n := range s.Needs {
		codes = append(codes, n.Code)
	}
	if s.Level != api.LevelTrouble || !slices.Equal(codes, []string{"no_b1_worker", "orders_held", "rules_missing"}) {
		t.Errorf("%s, needs %v", s.Level, codes)
	}
}
