package store_test

import (
	"context"
	"errors"
	"flag"
	"os"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/event"
	"go.mongodb.org/mongo-driver/v2/mongo/options"

	"datawald/order"
	"datawald/sandbox/testkit"
	"datawald/store"
)

// questionsFile is what the embedded store's plan test goes by: all indexes of the store, and all its questions as they are sent.
const questionsFile = "../tools/mongod/lookup/testdata/questions.jsonl"

var update = flag.Bool("update", false, "write the file of questions anew")

// asked collects the reading commands that are sent.
type asked struct {
	mu   sync.Mutex
	cmds []bson.D
}

func (a *asked) started(_ context.Context, e *event.CommandStartedEvent) {
	if e.CommandName != "find" && e.CommandName != "aggregate" && e.CommandName != "count" {
		return
	}
	sent := bson.D{}
	for _, part := range []string{e.CommandName, "filter", "query", "sort", "limit", "pipeline"} {
		if value := e.Command.Lookup(part); !value.IsZero() {
			value.Value = append([]byte{}, value.Value...) // the driver uses the memory again
			sent = append(sent, bson.E{Key: part, Value: value})
		}
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	a.cmds = append(a.cmds, sent)
}

// anyTime is a time in a question: all are told as one, since most are now.
var anyTime = regexp.MustCompile(`"\$date":\{"\$numberLong":"-?\d+"\}`)

// anyPlace is a time in a place of the queue.
var anyPlace = regexp.MustCompile(`\|\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ`)

func line(t *testing.T, doc any) string {
	t.Helper()
	text, err := bson.MarshalExtJSON(doc, true, false)
	if err != nil {
		t.Fatal(err)
	}
	told := anyTime.ReplaceAllString(string(text), `"$$date":{"$$numberLong":"1800000000000"}`)
	return anyPlace.ReplaceAllString(told, "|2027-01-15T08:00:00Z")
}

// The questions and indexes that the embedded store's plan test goes by are those of this package (go test ./store -run Questions -update
// writes them anew).
//
// Fails when a question or an index is changed and the file is not.
func TestQuestions_AreThoseOfThePlanTest(t *testing.T) {
	var sent asked
	_, database := testkit.Database(t)
	s, err := store.OpenMonitored(t.Context(), testkit.MongoURI(t), database, &event.CommandMonitor{Started: sent.started})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close(context.Background()) })

	var lines []string
	indexes := s.Indexes()
	for _, collection := range []string{"orders", "payloads", "runs", "audit", "sessions", "requests", "findings", "references"} {
		for _, model := range indexes[collection] {
			var o options.IndexOptions
			for _, set := range model.Options.List() {
				if err := set(&o); err != nil {
					t.Fatal(err)
				}
			}
			lines = append(lines, line(t, bson.D{{Key: "index", Value: *o.Name}, {Key: "of", Value: collection}, {Key: "keys", Value: model.Keys}}))
		}
		delete(indexes, collection)
	}
	if len(indexes) > 0 {
		t.Errorf("indexes of other collections: %v", indexes)
	}
	ctx, soon := t.Context(), time.Now().Add(time.Minute)
	after := &store.Position{PlacedAt: soon, Key: "main:1:5"}
	for _, q := range []struct {
		name string
		ask  func() error
	}{
		{"NextDue", func() error { _, err := s.NextDue(ctx, "main", "", 100); return err }},
		{"NextImports", func() error { _, _, err := s.NextImports(ctx, "main", "", 100); return err }},
		{"CountWaitingImports", func() error { _, err := s.CountWaitingImports(ctx, "main"); return err }},
		{"PutOffImports", func() error { _, _, err := s.PutOffImports(ctx, "main", soon); return err }},
		{"PendingImports", func() error { _, err := s.PendingImports(ctx, "main"); return err }},
		{"CountImported", func() error { _, err := s.CountImported(ctx, "main", "run"); return err }},
		{"Counts", func() error { _, err := s.Counts(ctx, "main"); return err }},
		{"CountPutOff", func() error { _, err := s.CountPutOff(ctx, "main", soon); return err }},
		{"CountDue", func() error { _, err := s.CountDue(ctx, "main", "9"); return err }},
		{"Count", func() error { _, err := s.Count(ctx, store.Filter{Instance: "main", Status: order.Held}); return err }},
		{"List", func() error { _, err := s.List(ctx, store.Filter{Instance: "main", Limit: 50}); return err }},
		{"ListByStatus", func() error {
			_, err := s.List(ctx, store.Filter{Instance: "main", Status: order.Held, Limit: 50})
			return err
		}},
		{"ListByTime", func() error {
			_, err := s.List(ctx, store.Filter{Instance: "main", From: soon, To: soon, Limit: 50})
			return err
		}},
		{"NextPage", func() error {
			_, err := s.List(ctx, store.Filter{Instance: "main", After: after, Limit: 50})
			return err
		}},
		{"NextPageByStatus", func() error {
			_, err := s.List(ctx, store.Filter{Instance: "main", Status: order.Held, After: after, Limit: 50})
			return err
		}},
		{"ListOfAll", func() error { _, err := s.List(ctx, store.Filter{Limit: 50}); return err }},
		{"NextPageOfAll", func() error { _, err := s.List(ctx, store.Filter{After: after, Limit: 50}); return err }},
		{"ListByText", func() error {
			_, err := s.List(ctx, store.Filter{Instance: "main", Text: "00005", Limit: 50})
			return err
		}},
		{"ListByReason", func() error {
			_, err := s.List(ctx, store.Filter{Reason: "item_unknown", Limit: 50})
			return err
		}},
		{"ListByReasonAndStates", func() error {
			_, err := s.List(ctx, store.Filter{Instance: "main", Statuses: []order.Status{order.Held, order.Draft}, Reason: "item_unknown", After: after, Limit: 50})
			return err
		}},
		{"ListByAttention", func() error {
			_, err := s.List(ctx, store.Filter{Instance: "main", Attention: true, Limit: 50})
			return err
		}},
		{"ListByStore", func() error {
			_, err := s.List(ctx, store.Filter{Instance: "main", StoreID: new(int64(1)), Limit: 50})
			return err
		}},
		{"CountByStatus", func() error { _, err := s.CountByStatus(ctx, store.Filter{Instance: "main"}); return err }},
		{"CountByStatusOfEverything", func() error { _, err := s.CountByStatus(ctx, store.Filter{}); return err }},
		{"CountByStatusOfAll", func() error { _, err := s.CountByStatus(ctx, store.Filter{Text: "00005"}); return err }},
		{"CountByStatusAndText", func() error {
			_, err := s.CountByStatus(ctx, store.Filter{Instance: "main", Text: "00005", Attention: true})
			return err
		}},
		{"CountByReason", func() error {
			_, err := s.CountByReason(ctx, store.Filter{Instance: "main", Statuses: []order.Status{order.Held}})
			return err
		}},
		{"CountByAttention", func() error {
			_, err := s.Count(ctx, store.Filter{Instance: "main", AttentionCode: store.CodeCreatedLate})
			return err
		}},
		{"CountByText", func() error { _, err := s.Count(ctx, store.Filter{Instance: "main", Text: "00005"}); return err }},
		{"CompleteSince", func() error { _, err := s.CompleteSince(ctx, "main", soon); return err }},
		{"FindByIncrementIDs", func() error { _, err := s.FindByIncrementIDs(ctx, "main", []string{"5", "6"}); return err }},
		{"ListByIncrementIDs", func() error { _, err := s.ListByIncrementIDs(ctx, "main", []string{"5", "6"}); return err }},
		{"NextWriteBacks", func() error { _, err := s.NextWriteBacks(ctx, "main", 100); return err }},
		{"CountWriteBacks", func() error { _, err := s.CountWriteBacks(ctx, "main"); return err }},
		{"LatestRun", func() error { _, err := s.LatestRun(ctx, "sync:main"); return unlessMissing(err) }},
		{"LatestBackfill", func() error { _, err := s.LatestBackfill(ctx, "main"); return err }},
		{"LatestSync", func() error { _, err := s.Overview(ctx, "main"); return err }},
		{"ListRuns", func() error { _, err := s.ListRuns(ctx, "main", 20); return err }},
		{"RunsByKind", func() error {
			_, err := s.Runs(ctx, store.RunFilter{Instance: "main", Kind: "sync", From: soon, To: soon, Limit: 20})
			return err
		}},
		{"NextRuns", func() error {
			_, err := s.Runs(ctx, store.RunFilter{Instance: "main", After: &store.RunPosition{StartedAt: soon, ID: "a"}, Limit: 20})
			return err
		}},
		{"Changes", func() error {
			_, err := s.Changes(ctx, "main", store.ChangePlace{At: soon, Key: "main:1:5"}, time.Time{}, 200)
			return err
		}},
		{"ChangesBefore", func() error {
			_, err := s.Changes(ctx, "main", store.ChangePlace{At: soon}, soon, 200)
			return err
		}},
		{"TellPosted", func() error {
			return s.TellPosted(ctx, []store.Change{{Key: "main:1:5", Status: order.Posted}})
		}},
		{"Waiting", func() error { _, err := s.Waiting(ctx, "main"); return err }},
		{"CountLongPending", func() error { _, err := s.CountLongPending(ctx, "main"); return err }},
		{"CountByTime", func() error {
			_, err := s.Count(ctx, store.Filter{Instance: "main", From: soon, To: soon})
			return err
		}},
		{"CountByStatusAndTime", func() error {
			_, err := s.Count(ctx, store.Filter{Instance: "main", Status: order.Held, From: soon, To: soon})
			return err
		}},
		{"GetRun", func() error { _, err := s.GetRun(ctx, "sync:main/1"); return unlessMissing(err) }},
		{"Get", func() error { _, err := s.Get(ctx, "main:1:5"); return unlessMissing(err) }},
		{"Heads", func() error { _, err := s.Heads(ctx, []order.Key{"main:1:5", "main:1:6"}); return err }},
		{"ReferencesOf", func() error {
			_, err := s.ReferencesOf(ctx, "b1/demo", []order.Key{"main:1:5", "main:1:6"})
			return err
		}},
		{"PayloadVersions", func() error { _, err := s.PayloadVersions(ctx, "main:1:5"); return err }},
		{"Payloads", func() error { _, err := s.Payloads(ctx, []store.PayloadRef{{Key: "main:1:5", Hash: "h"}}); return err }},
		{"ListAudit", func() error { _, err := s.ListAudit(ctx, store.AuditFilter{Limit: 50}); return err }},
		{"NextAuditPage", func() error {
			_, err := s.ListAudit(ctx, store.AuditFilter{From: at(0), After: "2", Limit: 50})
			return err
		}},
		{"ListAuditOfActor", func() error { _, err := s.ListAudit(ctx, store.AuditFilter{Actor: "anna", Limit: 50}); return err }},
		{"NextAuditPageOfAction", func() error {
			_, err := s.ListAudit(ctx, store.AuditFilter{Action: "retry-order", After: "2", Limit: 50})
			return err
		}},
		{"ListAuditOfTarget", func() error {
			_, err := s.ListAudit(ctx, store.AuditFilter{Target: "main:1:5", To: at(0), Limit: 50})
			return err
		}},
		{"SessionsOf", func() error { return s.DeleteSessionsOf(ctx, "anna") }},
		{"EndedSessions", func() error { return s.SweepKind(ctx, 0) }},
		{"IdleSessions", func() error { return s.SweepKind(ctx, 1) }},
		{"OldRequests", func() error { return s.SweepKind(ctx, 2) }},
		{"OpenFindings", func() error {
			_, err := s.Findings(ctx, store.FindingFilter{Instance: "main", Open: true, After: "2", Limit: 50})
			return err
		}},
		{"FindingsOfRun", func() error {
			_, err := s.Findings(ctx, store.FindingFilter{Instance: "main", Run: "reconcile:main/1", Limit: 50})
			return err
		}},
		{"FindingsOfOrder", func() error {
			_, err := s.Findings(ctx, store.FindingFilter{Instance: "main", Key: "main:1:5", Limit: 50})
			return err
		}},
		{"OldFindings", func() error { _, err := s.ForgetFindings(ctx, "main", soon); return err }},
	} {
		sent.cmds = nil
		if err := q.ask(); err != nil {
			t.Fatalf("%s: %v", q.name, err)
		}
		if q.name == "LatestSync" { // the overview asks others as well, each of which is here by its own name
			sent.cmds = sent.cmds[2:3]
		}
		if len(sent.cmds) != 1 {
			t.Errorf("%s asks %d times", q.name, len(sent.cmds))
		}
		for _, cmd := range sent.cmds {
			lines = append(lines, line(t, bson.D{{Key: "question", Value: q.name}, {Key: "command", Value: cmd}}))
		}
	}

	got := strings.Join(lines, "\n") + "\n"
	if *update {
		if err := os.WriteFile(questionsFile, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(questionsFile)
	if err != nil {
		t.Fatal(err)
	}
	for _, l := range lines {
		if !strings.Contains(string(want), l+"\n") {
			t.Errorf("not in %s: %s", questionsFile, l)
		}
	}
	if n := strings.Count(string(want), "\n"); n != len(lines) {
		t.Errorf("%s has %d lines, want %d", questionsFile, n, len(lines))
	}
}

func unlessMissing(err error) error {
	if errors.Is(err, store.ErrNotFound) {
		return nil
	}
	return err
}
