package lookup

import (
	"bytes"
	"database/sql"
	"os"
	"strings"
	"testing"

	"go.mongodb.org/mongo-driver/v2/bson"

	"datawald/tools/mongod/sjson"
)

// planned is by which index a question of the store is answered.
var planned = map[string]string{
	"NextDue": "queue_due", "NextImports": "queue_due", "CountWaitingImports": "queue_due", "PutOffImports": "queue_due", "PendingImports": "queue_due",
	"CountPutOff": "queue_due", "CountDue": "queue_due", "CountImported": "by_import", "Counts": "queue_due", "Count": "by_state",
	"List": "newest_first", "ListByTime": "newest_first", "NextPage": "newest_first", "ListByStatus": "by_state", "NextPageByStatus": "by_state",
	"ListOfAll": "newest_first", "NextPageOfAll": "newest_first", "ListByText": "newest_first", "ListByReason": "newest_first",
	"ListByReasonAndStates": "newest_first", "ListByAttention": "newest_first", "ListByStore": "newest_first", "CountByStatus": "queue_due",
	"CountByStatusOfAll": "newest_first", "CountByStatusOfEverything": "queue_due", "CountByStatusAndText": "by_attention", "CountByAttention": "by_attention", "CountByReason": "by_state", "CountByText": "newest_first",
	"CompleteSince": "by_changed_at", "FindByIncrementIDs": "by_increment_id", "ListByIncrementIDs": "by_increment_id",
	"NextWriteBacks": "write_back_queue", "CountWriteBacks": "write_back_queue",
	"LatestRun": "by_workflow_id", "LatestBackfill": "by_kind", "LatestSync": "by_kind", "ListRuns": "by_started_at",
	"RunsByKind": "by_kind", "NextRuns": "by_started_at", "Changes": "by_changed_at", "ChangesBefore": "by_changed_at", "TellPosted": "_id",
	"Waiting": "queue_due", "CountLongPending": "queue_due", "CountByTime": "newest_first", "CountByStatusAndTime": "by_state",
	"GetRun": "_id", "Get": "_id", "Heads": "_id", "Payloads": "_id", "PayloadVersions": "by_key", "ReferencesOf": "by_owner",
	"ListAudit": "newest_acts", "NextAuditPage": "newest_acts", "ListAuditOfActor": "by_actor", "NextAuditPageOfAction": "by_action", "ListAuditOfTarget": "by_target",
	"SessionsOf": "by_user", "EndedSessions": "by_end", "IdleSessions": "by_use", "OldRequests": "by_begin",
	"OpenFindings": "open_findings", "FindingsOfRun": "by_run", "FindingsOfOrder": "by_order", "OldFindings": "by_last_seen",
}

// Every question of the store, as it sends it, is found by the index that is made for it among all that the store has, and not sorted by
// SQLite. The file is written by the tests of package store.
//
// Fails without: the same as TestPlans, with the store's own questions and indexes.
func TestPlansOfTheStoresQuestions(t *testing.T) {
	file, err := os.ReadFile("testdata/questions.jsonl")
	if err != nil {
		t.Fatal(err)
	}
	tables, asked := map[string]*table{"payloads": {name: "payloads"}}, map[string]bool{}
	var statements []string // that make the indexes
	for _, l := range bytes.Split(bytes.TrimSpace(file), []byte("\n")) {
		var line struct {
			Index, Of string
			Keys      d
			Question  string
			Command   bson.Raw
		}
		if err := bson.UnmarshalExtJSON(l, true, &line); err != nil {
			t.Fatalf("%s: %v", l, err)
		}
		if line.Index != "" {
			if tables[line.Of] == nil {
				tables[line.Of] = &table{name: line.Of}
			}
			made := sjson.Index{Name: line.Index}
			for _, k := range line.Keys {
				made.Keys = append(made.Keys, sjson.Key{Path: k.Key, Descending: k.Value == int32(-1)})
			}
			statement, ok := made.Statement(line.Of)
			if !ok {
				t.Fatalf("no statement for %s", line.Index)
			}
			tables[line.Of].indexes, statements = append(tables[line.Of].indexes, newIndex(line.Of, made)), append(statements, statement)
			continue
		}
		asked[line.Question] = true
		t.Run(line.Question, func(t *testing.T) {
			wantPlan(t, emptyTables(t, tables, statements), tables, line.Command, planned[line.Question])
		})
	}
	for question := range planned {
		if !asked[question] {
			t.Errorf("%s is not in the file", question)
		}
	}
}

// wantPlan fails unless a command is answered by this index.
func wantPlan(t *testing.T, db *sql.DB, tables map[string]*table, command bson.Raw, index string) {
	t.Helper()
	filter, sort, by, limited := asRead(t, command)
	tab := tables[command.Index(0).Value().StringValue()]
	f, order, _, err := Find{Filter: filter, Sort: sort}.parse()
	if err != nil {
		t.Fatalf("it is not understood: %v", err)
	}
	p, ok := tab.choose(f, order, by, limited)
	if !ok {
		t.Fatal("it is left to FerretDB")
	}
	want := tab.name + "_" + index
	if index == "_id" {
		want = sjson.IDIndexPrefix + tab.name
	}
	got := explained(t, db, p)
	if p.index != want || !strings.Contains(got, " USING INDEX "+want) || strings.Contains(got, "TEMP B-TREE") {
		t.Errorf("by %s: %s\nwant by %s", p.index, got, want)
	}
}

// asRead takes a find, or an aggregate that counts, apart.
func asRead(t *testing.T, command bson.Raw) (filter, sort bson.Raw, by sjson.Field, limited bool) {
	t.Helper()
	if command.Index(0).Key() == "find" {
		filter, _ = command.Lookup("filter").DocumentOK()
		sort, _ = command.Lookup("sort").DocumentOK()
		return filter, sort, nil, !command.Lookup("limit").IsZero()
	}
	filter, ok := command.Lookup("pipeline", "0", "$match").DocumentOK()
	if !ok {
		t.Fatalf("no $match: %s", command)
	}
	if path, ok := command.Lookup("pipeline", "1", "$group", "_id").StringValueOK(); ok {
		by, _ = sjson.ParseField(strings.TrimPrefix(path, "$"))
	}
	return filter, nil, by, false
}

// emptyTables is a database of these tables and their indexes.
func emptyTables(t *testing.T, tables map[string]*table, indexes []string) *sql.DB {
	t.Helper()
	db, err := sql.Open("sqlite", ":memory:")
	if err != nil {
		t.Fatal(err)
	}
	db.SetMaxOpenConns(1)
	t.Cleanup(func() { _ = db.Close() })
	var statements []string
	for _, tab := range tables {
		statements = append(statements, `CREATE TABLE `+sjson.Quote(tab.name)+` (`+sjson.Column+` TEXT NOT NULL) STRICT`,
			`CREATE INDEX `+sjson.IDIndexPrefix+tab.name+` ON `+sjson.Quote(tab.name)+` (`+sjson.ID+`)`)
	}
	for _, s := range append(statements, indexes...) {
		if _, err := db.Exec(s); err != nil {
			t.Fatalf("%s: %v", s, err)
		}
	}
	return db
}
