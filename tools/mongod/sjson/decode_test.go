package sjson

import (
	"testing"

	"go.mongodb.org/mongo-driver/v2/bson"
)

const sample = `{"$s":{"p":{"_id":{"t":"string"},"n":{"t":"int"},"in":{"t":"object","$s":{"p":{"at":{"t":"date"},"none":{"t":"object","$s":{}}},` +
	`"$k":["at","none"]}},"list":{"t":"array","i":[{"t":"double"},{"t":"null"},{"t":"binData","s":4},{"t":"regex","o":"i"}]}},` +
	`"$k":["_id","n","in","list"]},"_id":"a\"\u003c","n":-5,"in":{"at":1767225600000,"none":{}},"list":[1.5,null,"AAEC","^a"]}`

func TestDecode(t *testing.T) {
	for name, tt := range map[string]struct {
		projection bson.D
		want       string
	}{
		"All": {bson.D{}, `{"_id":"a\"<","n":-5,"in":{"at":{"$date":"2026-01-01T00:00:00Z"},"none":{}},` +
			`"list":[1.5,null,{"$binary":{"base64":"AAEC","subType":"04"}},{"$regularExpression":{"pattern":"^a","options":"i"}}]}`},
		"Some":   {bson.D{{Key: "n", Value: 1}, {Key: "other", Value: 1}}, `{"_id":"a\"<","n":-5}`},
		"Others": {bson.D{{Key: "list", Value: 0}, {Key: "in", Value: false}, {Key: "_id", Value: 0}}, `{"n":-5}`},
		"ID":     {bson.D{{Key: "_id", Value: 1}}, `{"_id":"a\"<"}`},
	} {
		raw, err := bson.Marshal(tt.projection)
		if err != nil {
			t.Fatal(err)
		}
		p, ok := ParseProjection(raw)
		if !ok {
			t.Fatalf("%s: the projection is not understood", name)
		}
		doc, err := Decode([]byte(sample), p)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		got, err := bson.MarshalExtJSON(doc, false, false)
		if err != nil || string(got) != tt.want {
			t.Errorf("%s: %s (%v)\nwant %s", name, got, err, tt.want)
		}
	}
}

func TestParseProjection_LeavesWhatItDoesNotUnderstand(t *testing.T) {
	for name, p := range map[string]bson.D{
		"Path": {{Key: "a.b", Value: 1}}, "Both": {{Key: "a", Value: 1}, {Key: "b", Value: 0}}, "Value": {{Key: "a", Value: "$b"}},
		"Twice": {{Key: "a", Value: 1}, {Key: "a", Value: 1}}, "Operator": {{Key: "a", Value: bson.D{{Key: "$slice", Value: 1}}}},
	} {
		raw, err := bson.Marshal(p)
		if err != nil {
			t.Fatal(err)
		}
		if _, ok := ParseProjection(raw); ok {
			t.Errorf("%s is understood", name)
		}
	}
}

// Whatever the text, it is refused or gives a document that is whole.
func FuzzDecode(f *testing.F) {
	f.Add([]byte(sample))
	f.Add([]byte(`{"$s":{}}`))
	f.Fuzz(func(t *testing.T, text []byte) {
		for _, p := range []Projection{{}, OnlyID, {names: []string{"n"}, include: true}} {
			if doc, err := Decode(text, p); err == nil && doc.Validate() != nil {
				t.Errorf("%q gives %x: %v", text, []byte(doc), doc.Validate())
			}
		}
	})
}
