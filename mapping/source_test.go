package mapping_test

import (
	"encoding/json"
	"reflect"
	"strings"
	"sync"
	"testing"

	"datawald/mapping"
)

func TestSource_IsReadOnlyWhereARuleNeedsIt(t *testing.T) {
	for settings, want := range map[string]bool{
		"":                                        false,
		"  fields: {U_X: '\"web\"'}\n":            false,
		"  fields: {U_X: 'key + instance'}\n":     false,
		"  fields: {U_X: 'order.x'}\n":            true,
		"  line_fields: {U_X: 'item.x'}\n":        true,
		"  items: {code: 'parent.x ?? item.x'}\n": true,
		"  fields: {U_X: 'len(info)'}\n":          true,
	} {
		r := rulesWith(t, "default:\n", "default:\n"+settings)
		if r.ReadSource(1) != want {
			t.Errorf("%q: ReadSource is %t, want %t", settings, !want, want)
		}
		got := r.Map(mapping.Input{Order: teeOrder(), Now: today})
		if held := got.Hold != nil && got.Hold.Code == "source_missing"; held != want {
			t.Errorf("%q without the document: %v", settings, got.Hold)
		}
	}
	own := rulesWith(t, "stores:\n  2:\n", "stores:\n  2:\n    fields: {U_X: 'order.x'}\n")
	if own.ReadSource(1) || !own.ReadSource(2) {
		t.Error("the rules of store 2 alone need the document")
	}
}

func TestSource_HoldsWhatCannotBeRead(t *testing.T) {
	r := rulesWith(t, "default:\n", "default:\n  fields: {U_X: 'order.x'}\n")
	for _, document := range []string{"", "{", "[]", "7", "null", `"x"`, "{}x", strings.Repeat("[", 20000),
		`{"a":` + strings.Repeat("[", 600) + strings.Repeat("]", 600) + "}"} {
		got := r.Map(mapping.Input{Order: teeOrder(), Source: mapping.NewSource([]byte(document)), Now: today})
		if got.Hold == nil || got.Hold.Code != "source_missing" || !strings.Contains(got.Hold.Hint, "Resync") {
			t.Errorf("%.10s: %v", document, got.Hold)
		}
	}
}

func TestSource_GivesRowsAndParents(t *testing.T) {
	document := `{"items": [{"item_id": 1, "sku": "A"}, {"item_id": 2, "sku": "B", "parent_item_id": 1}, null, 5,
		{"item_id": 3, "sku": "C", "parent_item_id": 99, "parent_item": {"sku": "OLD"}}, {"item_id": 4, "sku": "D", "parent_item_id": 98}]}`
	r := rulesWith(t, "default:\n", "default:\n  line_fields: {U_X: 'string(item.sku) + \":\" + (parent.sku ?? \"-\")'}\n")
	c := newCart()
	for range 5 {
		c.simple("X", "1", "5")
	}
	got := r.Map(mapping.Input{Order: c.order(), Source: mapping.NewSource([]byte(document)), Now: today})
	if got.Hold != nil {
		t.Fatal(got.Hold)
	}
	for i, want := range []string{"A:-", "B:A", "C:OLD", "D:-", ":-"} {
		if v := got.Document.Lines[i].UserFields["U_X"]; v != want {
			t.Errorf("row %d is %v, want %s", i+1, v, want)
		}
	}
}

func TestSource_Get(t *testing.T) {
	s := mapping.NewSource([]byte(magentoOrder))
	if s.Get("billing_address.firstname") != "Jane" || s.Get("billing_address.x.y") != nil || s.Get("increment_id.x") != nil {
		t.Error("Get does not follow the path")
	}
	for _, none := range []*mapping.Source{nil, mapping.NewSource(nil), mapping.NewSource([]byte("{"))} {
		if none.Get("x") != nil {
			t.Error("something stands in nothing")
		}
	}
	if (*mapping.Source)(nil).Raw() != nil || string(s.Raw()) != magentoOrder {
		t.Error("Raw is not the document")
	}
}

// Rules and a source are used by many workers at once.
func TestSource_SeveralAtOnce(t *testing.T) {
	r := rulesWith(t, "default:\n", "default:\n"+someFields)
	s := mapping.NewSource([]byte(magentoOrder))
	want := string(asJSON(t, r.Map(mapping.Input{Order: teeOrder(), Source: mapping.NewSource([]byte(magentoOrder)), Now: today})))
	var group sync.WaitGroup
	for range 8 {
		group.Go(func() {
			for range 20 {
				if got := string(asJSON(t, r.Map(mapping.Input{Order: teeOrder(), Source: s, Now: today}))); got != want {
					t.Errorf("got %s", got)
				}
			}
		})
	}
	group.Wait()
}

// FuzzSource: the document is read as encoding/json reads it, and refused where that refuses it.
func FuzzSource(f *testing.F) {
	for _, text := range []string{magentoOrder, `{"a":{"b":[1,-0.5e+7,"x\u00e9\n\ud800",true,null,{}]},"a":{"c":[]}}`, `[`, `{"a":1,}`, `01`, `1.`, `"\x"`,
		" \t\r\n7 ", "\"a\x01\"", "\"\xff\"", `-`, `1e`, `tru`, `{"a" 1}`, `[1 2]`, ``} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		if strings.Count(text, "[")+strings.Count(text, "{") > 400 {
			return // nested deeper than an order may be
		}
		got, err := mapping.DecodeJSON(text)
		if sound := json.Valid([]byte(text)); sound != (err == nil) {
			t.Fatalf("%q: %v, but valid is %t", text, err, sound)
		}
		if err != nil {
			return
		}
		var want any
		d := json.NewDecoder(strings.NewReader(text))
		d.UseNumber()
		if err := d.Decode(&want); err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("%q is %#v, want %#v (%v)", text, got, want, err)
		}
	})
}
