package lookup

import (
	"testing"

	"go.mongodb.org/mongo-driver/v2/bson"

	"datawald/tools/mongod/sjson"
)

// Counts take everything from the index: SQLite calls no function, which would take each document apart.
//
// Fails without: the selection inside of the grouping (ByStatus).
func TestCountsReadNoDocument(t *testing.T) {
	db, tab := ordersTable(t)
	for name, tt := range map[string]struct {
		filter d
		by     sjson.Field
	}{
		"Due": {filter: d{{Key: "instance", Value: "main"}, {Key: "queue", Value: d{{Key: "$gt", Value: ""}}},
			{Key: "due_at", Value: d{{Key: "$lte", Value: bson.DateTime(5)}}}, {Key: "status", Value: "pending"}}},
		"ByStatus": {filter: d{{Key: "instance", Value: "main"}}, by: sjson.Field{"status"}},
	} {
		filter, ok := parseFilter(raw(t, tt.filter))
		if !ok {
			t.Fatalf("%s is not understood", name)
		}
		p, _ := tab.choose(filter, nil, tt.by, false)
		q := &query{plan: p}
		rows, err := db.Query("EXPLAIN "+q.summary(tt.by), q.args...)
		if err != nil {
			t.Fatal(err)
		}
		for rows.Next() {
			var opcode string
			var rest [7]any
			if err := rows.Scan(&rest[0], &opcode, &rest[1], &rest[2], &rest[3], &rest[4], &rest[5], &rest[6]); err != nil {
				t.Fatal(err)
			}
			if opcode == "Function" {
				t.Errorf("%s calls a function", name)
			}
		}
		if err := rows.Err(); err != nil {
			t.Fatal(err)
		}
	}
}

// What the index can tell is asked before what takes the document apart.
//
// Fails without: covered in the choice.
func TestConditionsOfTheIndexComeFirst(t *testing.T) {
	_, tab := ordersTable(t)
	filter, ok := parseFilter(raw(t, d{{Key: "instance", Value: "main"}, {Key: "queue", Value: d{{Key: "$gt", Value: ""}}},
		{Key: "reason", Value: d{{Key: "$exists", Value: false}}}, {Key: "due_at", Value: d{{Key: "$lte", Value: bson.DateTime(5)}}}}))
	if !ok {
		t.Fatal("it is not understood")
	}
	p, _ := tab.choose(filter, nil, nil, false)
	if last := p.rest[len(p.rest)-1].(comparison); len(p.rest) != 2 || last.field.String() != "reason" {
		t.Errorf("the rest is asked in the order %v", p.rest)
	}
}
