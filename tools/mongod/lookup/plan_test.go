package lookup

import (
	"context"
	"database/sql"
	"strings"
	"testing"

	"go.mongodb.org/mongo-driver/v2/bson"

	"datawald/tools/mongod/sjson"
)

type (
	d = bson.D
	e = bson.E
	a = bson.A
)

func raw(t testing.TB, doc d) bson.Raw {
	t.Helper()
	if doc == nil {
		return nil
	}
	b, err := bson.Marshal(doc)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// ordersTable is an empty table with the indexes of orders.
func ordersTable(t *testing.T) (*sql.DB, *table) {
	t.Helper()
	db, err := sql.Open("sqlite", ":memory:")
	if err != nil {
		t.Fatal(err)
	}
	db.SetMaxOpenConns(1)
	t.Cleanup(func() { _ = db.Close() })

	statements := []string{
		`CREATE TABLE orders_1 (` + sjson.Column + ` TEXT NOT NULL) STRICT`,
		`CREATE INDEX ` + sjson.IDIndexPrefix + `orders_1 ON orders_1 (` + sjson.ID + `)`,
	}
	tab := &table{name: "orders_1"}
	for _, i := range []sjson.Index{
		{Name: "by_placed_at", Keys: []sjson.Key{{Path: "instance"}, {Path: "placed_at", Descending: true}}},
		{Name: "queue_due", Keys: []sjson.Key{{Path: "instance"}, {Path: "queue"}, {Path: "due_at"}, {Path: "status"}}},
		{Name: "by_status", Keys: []sjson.Key{{Path: "instance"}, {Path: "status"}, {Path: "placed_at", Descending: true}}},
	} {
		made, ok := i.Statement(tab.name)
		if !ok {
			t.Fatalf("no statement for %s", i.Name)
		}
		statements, tab.indexes = append(statements, made), append(tab.indexes, newIndex(tab.name, i))
	}
	for _, s := range statements {
		if _, err := db.Exec(s); err != nil {
			t.Fatalf("%s: %v", s, err)
		}
	}
	return db, tab
}

// Each question of the queue and of the lists is found by the index that is made for it, to the last field that helps, and not sorted.
//
// Fails without: the bound that follows from alternatives (NextImports, NextPage), the order by the value alone (NextDue), the choice
// of the index that knows most (Counts), the certain conditions alone in what the index finds (all).
func TestPlans(t *testing.T) {
	db, tab := ordersTable(t)
	due := e{"due_at", d{{"$lte", bson.DateTime(5)}}}
	newest := d{{"placed_at", -1}, {"_id", -1}}
	for _, tt := range []struct {
		name         string
		filter, sort d
		by           string
		index        string
		fields       int // how many expressions of the index narrow the search
	}{
		{"NextDue", d{{"instance", "main"}, {"queue", d{{"$gt", ""}}}, due}, d{{"queue", 1}}, "", "queue_due", 4},
		{"NextImports", d{{"instance", "main"}, due, {"$or", a{d{{"queue", d{{"$gt", ""}, {"$lt", "7"}}}}, d{{"queue", d{{"$gt", "7"}}}}}}}, d{{"queue", 1}}, "", "queue_due", 4},
		{"CountPutOff", d{{"instance", "main"}, {"queue", d{{"$gt", ""}, {"$lt", "7"}}}, {"status", "pending"}, {"reason", d{{"$exists", false}}}, due}, nil, "", "queue_due", 5},
		{"List", d{{"$and", a{d{{"instance", "main"}}}}}, newest, "", "by_placed_at", 2},
		{"ListByStatus", d{{"$and", a{d{{"instance", "main"}}, d{{"status", "held"}}}}}, newest, "", "by_status", 4},
		{"NextPage", d{{"$and", a{d{{"instance", "main"}}, d{{"$or", a{d{{"placed_at", d{{"$lt", bson.DateTime(9)}}}}, d{{"placed_at", bson.DateTime(9)}, {"_id", d{{"$lt", "main:1:5"}}}}}}}}}}, newest, "", "by_placed_at", 4},
		{"Counts", d{{"instance", "main"}}, nil, "status", "queue_due", 2},
		{"Get", d{{"_id", "main:1:5"}}, nil, "", "", 1},
		{"CompareAndSet", d{{"_id", "main:1:5"}, {"rev", int64(3)}}, nil, "", "", 1},
		{"Heads", d{{"_id", d{{"$in", a{"main:1:5", "main:1:6"}}}}}, nil, "", "", 1},
	} {
		t.Run(tt.name, func(t *testing.T) {
			filter, sort, _, err := Find{Filter: raw(t, tt.filter), Sort: raw(t, tt.sort)}.parse()
			if err != nil {
				t.Fatal(err)
			}
			var by sjson.Field
			if tt.by != "" {
				by, _ = sjson.ParseField(tt.by)
			}
			p, ok := tab.choose(filter, sort, by)
			if !ok {
				t.Fatal("it is left to FerretDB")
			}
			want := sjson.IDIndexPrefix + "orders_1"
			if tt.index != "" {
				want = "orders_1_" + tt.index
			}
			got := explained(t, db, p)
			if !strings.Contains(got, "SEARCH orders_1 USING INDEX "+want+" (") || strings.Count(got, "<expr>") != tt.fields || strings.Contains(got, "TEMP B-TREE") {
				t.Errorf("SQLite finds it so: %s\nwant by %d expressions of %s", got, tt.fields, want)
			}
			if err := p.view(context.Background(), db, func(querier) error { return nil }); err != nil {
				t.Errorf("the check of the plan: %v", err)
			}
		})
	}
}

// explained is how SQLite carries a plan out.
func explained(t *testing.T, db *sql.DB, p plan) string {
	t.Helper()
	q := &query{plan: p}
	rows, err := db.Query("EXPLAIN QUERY PLAN SELECT "+sjson.Column+p.source()+q.where()+q.orderBy(), q.args...)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	var steps []string
	for rows.Next() {
		var id, parent, unused int
		var step string
		if err := rows.Scan(&id, &parent, &unused, &step); err != nil {
			t.Fatal(err)
		}
		steps = append(steps, step)
	}
	return strings.Join(steps, "; ")
}

// What is not understood as a whole is left to FerretDB.
func TestParseFilter_LeavesWhatItDoesNotUnderstand(t *testing.T) {
	for name, filter := range map[string]d{
		"Null": {{"x", nil}}, "Regex": {{"x", bson.Regex{Pattern: "a"}}}, "RegexOperator": {{"x", d{{"$regex", "a"}}}},
		"Document": {{"x", d{{"y", 1}}}}, "Array": {{"x", a{1}}}, "Not": {{"x", d{{"$not", d{{"$gt", 1}}}}}}, "NotEqual": {{"x", d{{"$ne", 1}}}},
		"Fraction": {{"x", 0.5}}, "Infinite": {{"x", 1e300}}, "MixedList": {{"x", d{{"$in", a{"a", 1}}}}}, "NullInList": {{"x", d{{"$in", a{nil}}}}}, "EmptyList": {{"x", d{{"$in", a{}}}}},
		"Place": {{"x.0", 1}}, "QuoteInName": {{`x'"`, 1}}, "EmptyOr": {{"$or", a{}}}, "Expression": {{"$expr", d{}}}, "Comment": {{"$comment", "x"}},
		"NoString": {{"x", "\xff"}}, "Zero": {{"x", "a\x00"}}, "LessThanTrue": {{"x", d{{"$lt", true}}}}, "ExistsByNumber": {{"x", d{{"$exists", 1}}}},
		"IDBetweenNumbers": {{"_id", d{{"$gt", 1}}}}, "OrOfEverything": {{"$or", a{d{}, d{{"x", 1}}}}},
	} {
		if c, ok := parseFilter(raw(t, filter)); ok {
			t.Errorf("%s is understood as %v", name, c)
		}
	}
}
