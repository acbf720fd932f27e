package gate

import (
	"errors"
	"testing"

	"go.mongodb.org/mongo-driver/v2/bson"
)

func TestNarrow(t *testing.T) {
	type d = bson.D
	oid := bson.NewObjectID()
	change := bson.E{Key: "u", Value: d{{Key: "x", Value: 1}}}
	statement := func(filter d, more ...bson.E) d {
		return append(d{{Key: "q", Value: filter}, change}, more...)
	}
	withRev := func(id any) d { return d{{Key: "rev", Value: 3}, {Key: "_id", Value: id}} }
	yes := func(bson.RawValue, bson.Raw) (bool, error) { return true, nil }
	no := func(bson.RawValue, bson.Raw) (bool, error) { return false, nil }
	fail := func(bson.RawValue, bson.Raw) (bool, error) { return false, errors.New("bad operator") }

	for _, tt := range []struct {
		name    string
		in      d
		matches matcher
		want    d // nil for unchanged
	}{
		{"Match", statement(withRev("a")), yes, statement(d{{Key: "_id", Value: "a"}})},
		{"NoMatch", statement(withRev("a")), no, statement(d{{Key: "_id", Value: noDocument}})},
		{"ObjectID", statement(withRev(oid)), yes, statement(d{{Key: "_id", Value: oid}})},
		{"RestIsKept", statement(withRev("a"), bson.E{Key: "multi", Value: true}), yes, statement(d{{Key: "_id", Value: "a"}}, bson.E{Key: "multi", Value: true})},
		{"IDAlone", statement(d{{Key: "_id", Value: "a"}}), no, nil},
		{"NoID", statement(d{{Key: "rev", Value: 3}, {Key: "x", Value: 1}}), no, nil},
		{"IDOfOtherType", statement(withRev(42)), no, nil},
		{"OperatorOnID", statement(withRev(d{{Key: "$in", Value: bson.A{"a"}}})), no, nil},
		{"IDTwice", statement(append(withRev("a"), bson.E{Key: "_id", Value: "b"})), yes, nil},
		{"Upsert", statement(withRev("a"), bson.E{Key: "upsert", Value: true}), no, nil},
		{"BadFilter", statement(withRev("a")), fail, nil},
		{"NoFilter", d{change}, no, nil},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if tt.want == nil {
				tt.want = tt.in
			}
			if got, want := narrow(raw(t, tt.in), "q", tt.matches).String(), raw(t, tt.want).String(); got != want {
				t.Errorf("got  %s\nwant %s", got, want)
			}
		})
	}
}

func TestNarrowAsksForTheRest(t *testing.T) {
	statement := raw(t, bson.D{{Key: "q", Value: bson.D{{Key: "_id", Value: "a"}, {Key: "rev", Value: int32(3)}, {Key: "$or", Value: bson.A{}}}}})
	narrow(statement, "q", func(id bson.RawValue, rest bson.Raw) (bool, error) {
		if got, want := rest.String(), raw(t, bson.D{{Key: "rev", Value: int32(3)}, {Key: "$or", Value: bson.A{}}}).String(); got != want || id.StringValue() != "a" {
			t.Errorf("asked whether %s matches %s, want a and %s", id, got, want)
		}
		return true, nil
	})
}
