package api_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"pgregory.net/rapid"
)

// odd are texts at which programs stumble.
var odd = []string{"", " ", "0", "-1", "null", "true", "[]", "{}", "main", "é", "日本語", "\u202e", "\x00", "\ufeff", "𝄞", "a/b", "../..", "%", "%2F", "%zz", "a:b:c", "main:1:",
	"main:-1:1", "main:99999999999999999999:1", "latest", "'; DROP TABLE orders", "$where", "{{.}}", "<script>", ".*", "(", "1e309", "2026-13-45", "9999-12-31",
	"0001-01-01T00:00:00Z", "2026-11-30T12:00:00+99:00", strings.Repeat("x", 300), strings.Repeat("9", 2000), "e30", "bnVsbA", "eyJ0IjoiMjAyNi0xMS0wMVQwMDowMDowMFoiLCJrIjoibWFpbjoxOjEifQ"}

// text is any text, often one at which programs stumble.
func text() *rapid.Generator[string] { return rapid.OneOf(rapid.SampledFrom(odd), rapid.String()) }

// anything is any JSON value, small.
func anything() *rapid.Generator[any] {
	leaf := rapid.OneOf(rapid.Map(text(), func(s string) any { return s }), rapid.SampledFrom([]any{nil, true, false, 0, -1, 1.5, 1e300, 9007199254740993, json.Number("1e999")}))
	return rapid.Custom(func(t *rapid.T) any {
		switch rapid.IntRange(0, 5).Draw(t, "shape") {
		case 0:
			return rapid.SliceOfN(leaf, 0, 4).Draw(t, "list")
		case 1:
			return rapid.MapOfN(text(), leaf, 0, 4).Draw(t, "object")
		}
		return leaf.Draw(t, "leaf")
	})
}

// draw makes a request of an operation: mostly one that the document allows, with a part that it does not now and then.
func (tg *target) draw(t *rapid.T, op fuzzed) *fuzzRequest {
	r := &fuzzRequest{method: op.method, header: http.Header{}}
	path, query := op.path, url.Values{}
	for _, p := range op.op.Parameters {
		value := tg.parameter(t, p.Name, p.Schema, p.Example)
		switch p.In {
		case "path":
			path = strings.ReplaceAll(path, "{"+p.Name+"}", escaped(t, value))
		case "query":
			if p.Required || rapid.Bool().Draw(t, "with "+p.Name) {
				query.Add(p.Name, value)
			}
		case "header":
			if rapid.Bool().Draw(t, "with "+p.Name) {
				r.header.Set(p.Name, strings.Map(printable, value))
			}
		}
	}
	if rarely(t, "unknown parameter") {
		query.Add(text().Draw(t, "name"), text().Draw(t, "value"))
	}
	r.url = path
	if len(query) > 0 {
		r.url += "?" + query.Encode()
	}
	if rarely(t, "broken query") {
		r.url += "?&%zz=;=" + rapid.StringMatching(`[a-z&=%;]{0,8}`).Draw(t, "query")
	}
	tg.body(t, op, r)
	if rarely(t, "other method") {
		r.method = rapid.SampledFrom([]string{"GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS", "TRACE", "ODD"}).Draw(t, "method")
	}
	return r
}

// rarely is one time of thirty. rapid likes the ends of a range: the number is of its middle.
func rarely(t *rapid.T, what string) bool { return rapid.IntRange(0, 29).Draw(t, what) == 17 }

func printable(r rune) rune {
	if r < ' ' || r > '~' {
		return -1
	}
	return r
}

// escaped is a value as a part of a path; an empty one would be another path.
func escaped(t *rapid.T, value string) string {
	if value == "" {
		value = "-"
	}
	if rarely(t, "badly escaped") {
		return "%25zz" + url.PathEscape(value)
	}
	return url.PathEscape(value)
}

// parameter makes a value of a parameter.
func (tg *target) parameter(t *rapid.T, name string, schema json.RawMessage, example any) string {
	var s schemaText
	if err := json.Unmarshal(schema, &s); err != nil {
		t.Fatal(err)
	}
	switch kind := rapid.IntRange(0, 15).Draw(t, "kind of "+name); {
	case kind == 9:
		return text().Draw(t, name)
	case name == "instance":
		return tg.instance
	case example != nil && kind < 11:
		return strings.ReplaceAll(fmt.Sprint(example), "main", tg.instance)
	}
	return fmt.Sprint(tg.value(t, name, s, 0))
}

// body makes the body and its content type.
func (tg *target) body(t *rapid.T, op fuzzed, r *fuzzRequest) {
	if op.op.RequestBody == nil {
		if rarely(t, "body all the same") {
			r.body = []byte(text().Draw(t, "body"))
		}
		if op.method != http.MethodGet && rapid.Bool().Draw(t, "with type") {
			r.header.Set("Content-Type", "application/json")
		}
		return
	}
	media := rapid.SampledFrom(slices.Sorted(maps.Keys(op.op.RequestBody.Content))).Draw(t, "media")
	r.header.Set("Content-Type", media)
	if rarely(t, "other media") {
		r.header.Set("Content-Type", rapid.SampledFrom([]string{"", "text/plain", "application/x-www-form-urlencoded", "multipart/form-data", "application/json; charset=latin1", "x"}).Draw(t, "type"))
	}
	switch rapid.IntRange(0, 39).Draw(t, "kind of body") {
	case 11:
		return
	case 13:
		r.body = []byte(text().Draw(t, "no JSON"))
		return
	case 17:
		r.body = []byte(`{"instance":"` + strings.Repeat("x", 1<<20) + `"}`)
		return
	case 19:
		r.body = []byte(strings.Repeat("[", 20_000))
		return
	case 23:
		r.body = marshalled(anything().Draw(t, "anything"))
		return
	}
	var s schemaText
	if err := json.Unmarshal(op.op.RequestBody.Content[media].Schema, &s); err != nil {
		t.Fatal(err)
	}
	value := tg.value(t, "body", s, 0)
	if whole, ok := value.(string); ok && !strings.Contains(media, "json") {
		r.body = []byte(whole)
		return
	}
	r.body = marshalled(value)
}

func marshalled(v any) []byte {
	text, err := json.Marshal(v)
	if err != nil {
		return []byte("{")
	}
	return text
}

// deepest is how far a value goes into a schema that refers to itself.
const deepest = 5

// value makes a value of a schema: one that it allows, and one of another kind now and then.
func (tg *target) value(t *rapid.T, name string, s schemaText, depth int) any {
	if s.Ref != "" {
		s = tg.raw[s.Ref[strings.LastIndex(s.Ref, "/")+1:]]
	}
	switch {
	case depth > deepest:
		return nil
	case depth > 0 && rarely(t, "other kind for "+name):
		return anything().Draw(t, name)
	case name == "instance":
		return tg.instance
	case len(s.Enum) > 0:
		return rapid.SampledFrom(s.Enum).Draw(t, name)
	case len(s.Examples) > 0 && rapid.Bool().Draw(t, "example for "+name):
		return tg.renamed(s.Examples[0])
	case s.isType("object"):
		return tg.object(t, name, s, depth)
	case s.isType("array") && s.Items != nil:
		list := []any{}
		for n := range rapid.IntRange(0, 3).Draw(t, "length of "+name) {
			list = append(list, tg.value(t, fmt.Sprint(name, n), *s.Items, depth+1))
		}
		return list
	case s.isType("integer"), s.isType("number"):
		return tg.number(t, name, s)
	case s.isType("boolean"):
		return rapid.Bool().Draw(t, name)
	case s.Format == "date-time":
		return rapid.SampledFrom([]string{"2026-11-01T00:00:00Z", "2026-11-30T23:59:59.999999999+14:00", "0001-01-01T00:00:00Z", "9999-12-31T23:59:59Z"}).Draw(t, name)
	}
	return text().Draw(t, name)
}

// renamed is an example with the instance of the test in the place of main.
func (tg *target) renamed(example any) any {
	text, err := json.Marshal(example)
	if err != nil {
		return example
	}
	var again any
	if json.Unmarshal([]byte(strings.ReplaceAll(string(text), "main", tg.instance)), &again) != nil {
		return example
	}
	return again
}

func (tg *target) object(t *rapid.T, name string, s schemaText, depth int) any {
	o := map[string]any{}
	for _, member := range slices.Sorted(maps.Keys(s.Properties)) {
		if !slices.Contains(s.Required, member) && !rapid.Bool().Draw(t, "with "+member) || rarely(t, "without "+member) {
			continue
		}
		o[member] = tg.value(t, member, s.Properties[member], depth+1)
	}
	if rarely(t, "unknown member of "+name) {
		o[text().Draw(t, "member")] = anything().Draw(t, "value")
	}
	return o
}

func (tg *target) number(t *rapid.T, name string, s schemaText) any {
	low, high := -5, 1000
	if s.Minimum != nil {
		low = int(*s.Minimum)
	}
	if s.Maximum != nil {
		high = int(*s.Maximum)
	}
	if rarely(t, "far "+name) {
		return rapid.SampledFrom([]any{low - 1, high + 1, json.Number("9223372036854775808"), json.Number("-9223372036854775808"), 0.5, json.Number(strconv.Itoa(1 << 40))}).Draw(t, name)
	}
	return rapid.IntRange(low, max(low, high)).Draw(t, name)
}
