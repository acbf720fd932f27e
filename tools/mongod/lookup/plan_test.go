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
		{Name: "by_increment_id", Keys: []sjson.Key{{Path: "increment_id"}}},
		{Name: "newest", Keys: []sjson.Key{{Path: "placed_at", Descending: true}}},
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
// of the index that knows most (Counts), that of one with a field of its own (ByIncrementID), the order
// of an index by which nothing is sought (ListOfAll), the index that tells all by itself, in which a part of a text is not sought (PartOfANumber), the certain conditions alone in what the index finds (all).
func TestPlans(t *testing.T) {
	db, tab := ordersTable(t)
	due := e{Key: "due_at", Value: d{{Key: "$lte", Value: bson.DateTime(5)}}}
	fresh, imports := d{{Key: "$gt", Value: ""}, {Key: "$lt", Value: "7"}}, d{{Key: "$gt", Value: "7"}}
	earlier := d{{Key: "placed_at", Value: d{{Key: "$lt", Value: bson.DateTime(9)}}}}
	same := d{{Key: "placed_at", Value: bson.DateTime(9)}, {Key: "_id", Value: d{{Key: "$lt", Value: "main:1:5"}}}}
	newest := d{{Key: "placed_at", Value: -1}, {Key: "_id", Value: -1}}
	for _, tt := range []struct {
		name         string
		filter, sort d
		by           string
		index        string
		fields       int // how many expressions of the index narrow the search
	}{
		{"NextDue", d{{Key: "instance", Value: "main"}, {Key: "queue", Value: d{{Key: "$gt", Value: ""}}}, due}, d{{Key: "queue", Value: 1}}, "", "queue_due", 4},
		{"NextImports", d{{Key: "instance", Value: "main"}, due, {Key: "$or", Value: a{d{{Key: "queue", Value: fresh}}, d{{Key: "queue", Value: imports}}}}}, d{{Key: "queue", Value: 1}}, "", "queue_due", 4},
		{"CountPutOff", d{{Key: "instance", Value: "main"}, {Key: "queue", Value: fresh}, {Key: "status", Value: "pending"},
			{Key: "reason", Value: d{{Key: "$exists", Value: false}}}, due}, nil, "", "queue_due", 5},
		{"List", d{{Key: "$and", Value: a{d{{Key: "instance", Value: "main"}}}}}, newest, "", "by_placed_at", 2},
		{"ListByStatus", d{{Key: "$and", Value: a{d{{Key: "instance", Value: "main"}}, d{{Key: "status", Value: "held"}}}}}, newest, "", "by_status", 4},
		{"NextPage", d{{Key: "$and", Value: a{d{{Key: "instance", Value: "main"}}, d{{Key: "$or", Value: a{earlier, same}}}}}}, newest, "", "by_placed_at", 4},
		{"ListOfAll", nil, newest, "", "newest", 0},
		{"NextPageOfAll", d{{Key: "$and", Value: a{d{{Key: "$or", Value: a{earlier, same}}}}}}, newest, "", "newest", 2},
		{"ListByStatusOfAll", d{{Key: "$and", Value: a{d{{Key: "status", Value: "held"}}}}}, newest, "", "newest", 0},
		{"ByIncrementID", d{{Key: "instance", Value: "main"}, {Key: "increment_id", Value: d{{Key: "$in", Value: a{"5", "6"}}}}}, nil, "", "by_increment_id", 2},
		{"Counts", d{{Key: "instance", Value: "main"}}, nil, "status", "queue_due", 2},
		{"PartOfANumber", d{{Key: "increment_id", Value: d{{Key: "$regex", Value: "5"}}}}, nil, "", "by_increment_id", 2}, // the two types that may match, and no text
		{"Get", d{{Key: "_id", Value: "main:1:5"}}, nil, "", "", 1},
		{"CompareAndSet", d{{Key: "_id", Value: "main:1:5"}, {Key: "rev", Value: int64(3)}}, nil, "", "", 1},
		{"Heads", d{{Key: "_id", Value: d{{Key: "$in", Value: a{"main:1:5", "main:1:6"}}}}}, nil, "", "", 1},
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
			p, ok := tab.choose(filter, sort, by, sort != nil)
			if !ok {
				t.Fatal("it is left to FerretDB")
			}
			want := sjson.IDIndexPrefix + "orders_1"
			if tt.index != "" {
				want = "orders_1_" + tt.index
			}
			got := explained(t, db, p)
			if !strings.Contains(got, " orders_1 USING INDEX "+want) || strings.Count(got, "<expr>") != tt.fields || strings.Contains(got, "TEMP B-TREE") {
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

// A direction is 1 or -1; what MongoDB refuses is FerretDB's to refuse. An order alone is no reason to read a whole collection by an index.
//
// Fails without: the look at the types of directions, the limit in the choice.
func TestOrdersThatAreLeft(t *testing.T) {
	for _, direction := range []any{1.5, 2, "1", true, nil, -0.5} {
		if o, ok := parseSort(raw(t, d{{Key: "x", Value: direction}})); ok {
			t.Errorf("%v is understood as %v", direction, o)
		}
	}
	for _, direction := range []any{1, int64(1), 1.0} {
		if o, ok := parseSort(raw(t, d{{Key: "x", Value: direction}})); !ok || o.descending {
			t.Errorf("%v is %v, %v", direction, o, ok)
		}
	}
	_, tab := ordersTable(t)
	if p, ok := tab.choose(nil, &order{field: sjson.Field{"placed_at"}, descending: true}, nil, false); ok {
		t.Errorf("all orders are read by %s", p.index)
	}
}

// What is not understood as a whole is left to FerretDB.
func TestParseFilter_LeavesWhatItDoesNotUnderstand(t *testing.T) {
	for name, filter := range map[string]d{
		"Null":             {{Key: "x", Value: nil}},
		"Regex":            {{Key: "x", Value: bson.Regex{Pattern: "a"}}},
		"RegexOperator":    {{Key: "x", Value: d{{Key: "$regex", Value: "a.*"}}}},
		"RegexOfNothing":   {{Key: "x", Value: d{{Key: "$regex", Value: ""}}}},
		"RegexOfEitherA":   {{Key: "x", Value: d{{Key: "$regex", Value: "(?i)a"}}}},
		"RegexWithOptions": {{Key: "x", Value: d{{Key: "$regex", Value: "a"}, {Key: "$options", Value: "i"}}}},
		"RegexAtTheStart":  {{Key: "x", Value: d{{Key: "$regex", Value: "^a"}}}},
		"BrokenRegex":      {{Key: "x", Value: d{{Key: "$regex", Value: "("}}}},
		"RegexWithZero":    {{Key: "x", Value: d{{Key: "$regex", Value: "a\x00"}}}},
		"RegexOfAnID":      {{Key: "_id", Value: d{{Key: "$regex", Value: "a"}}}},
		"Document":         {{Key: "x", Value: d{{Key: "y", Value: 1}}}},
		"Array":            {{Key: "x", Value: a{1}}},
		"Not":              {{Key: "x", Value: d{{Key: "$not", Value: d{{Key: "$gt", Value: 1}}}}}},
		"NotEqual":         {{Key: "x", Value: d{{Key: "$ne", Value: 1}}}},
		"Fraction":         {{Key: "x", Value: 0.5}},
		"Infinite":         {{Key: "x", Value: 1e300}},
		"MixedList":        {{Key: "x", Value: d{{Key: "$in", Value: a{"a", 1}}}}},
		"NullInList":       {{Key: "x", Value: d{{Key: "$in", Value: a{nil}}}}},
		"EmptyList":        {{Key: "x", Value: d{{Key: "$in", Value: a{}}}}},
		"Place":            {{Key: "x.0", Value: 1}},
		"QuoteInName":      {{Key: `x'"`, Value: 1}},
		"EmptyOr":          {{Key: "$or", Value: a{}}},
		"Expression":       {{Key: "$expr", Value: d{}}},
		"Comment":          {{Key: "$comment", Value: "x"}},
		"NoString":         {{Key: "x", Value: "\xff"}},
		"Zero":             {{Key: "x", Value: "a\x00"}},
		"LessThanTrue":     {{Key: "x", Value: d{{Key: "$lt", Value: true}}}},
		"ExistsByNumber":   {{Key: "x", Value: d{{Key: "$exists", Value: 1}}}},
		"IDBetweenNumbers": {{Key: "_id", Value: d{{Key: "$gt", Value: 1}}}},
		"OrOfEverything":   {{Key: "$or", Value: a{d{}, d{{Key: "x", Value: 1}}}}},
	} {
		if c, ok := parseFilter(raw(t, filter)); ok {
			t.Errorf("%s is understood as %v", name, c)
		}
	}
}
