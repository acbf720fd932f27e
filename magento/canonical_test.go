package magento_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"io"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"datawald/magento"
	"datawald/sandbox/magentosim"
)

// hashByMap is the definition of a payload's hash: the document decoded into a map, without what changes by itself and what
// the connector writes, written again by encoding/json.
func hashByMap(raw []byte) string {
	var doc map[string]any
	d := json.NewDecoder(bytes.NewReader(raw))
	d.UseNumber()
	if err := d.Decode(&doc); err != nil || doc == nil {
		return sum(raw)
	}
	if _, err := d.Token(); err != io.EOF {
		return sum(raw)
	}
	for _, name := range byThemselves {
		delete(doc, name)
	}
	switch histories := doc["status_histories"].(type) {
	case nil:
		doc["status_histories"] = []any{}
	case []any:
		doc["status_histories"] = slices.DeleteFunc(histories, isOurs)
	}
	return sum([]byte(mustJSON(doc)))
}

// isOurs reports whether a comment ends with the connector's sign.
func isOurs(entry any) bool {
	object, _ := entry.(map[string]any)
	text, _ := object["comment"].(string)
	return strings.HasSuffix(strings.Join(strings.Fields(text), " "), "[DataWald]")
}

func sum(b []byte) string {
	s := sha256.Sum256(b)
	return hex.EncodeToString(s[:16])
}

func TestPayloadHash_IsThatOfTheDecodedDocument(t *testing.T) {
	for _, doc := range []string{
		`{}`, ` { } `, `{"a":[]}`, `{"a":[ ]}`, `{"a":{}}`, `{"b":1,"a":2}`, `{"a":1,"a":2}`, `{"b":1,"a":2,"b":[3]}`, `{"a":{"c":1,"b":2,"c":3}}`,
		`{"":0}`, `{"\u0061":1,"a":2}`, `{"z":1,"\u0061":2,"b":3}`, `{"é":1,"e":2,"\u00e9":3}`, `{"a":"\/ \" \\ \n \u2028 \ud83d\ude00 \ud800"}`,
		`{"a":"<&>` + "\u2028\u007f" + `"}`, "{\"a\":\"\xff\xc3\"}", "{\"\xff\":1}", `{"a":-0.10e+5,"b":1E400,"c":12345678901234567890.10}`,
		`{"a":[true,false,null,"x",[[]],{"y":[{}]}]}`, "\t{\n\"a\" :\r1 , \"b\": [ 1 , 2 ]\n}\n", `{"updated_at":1,"a":{"updated_at":1}}`,
		`{"updat\u0065d_at":1,"a":2}`, `{"a":1,"updated_at":{"b":[1]},"send_email":"x"}`, `{"a":1}{}`, `{"a":1,}`, `{"a":01}`, `{"a":"` + "\n" + `"}`, `[{"b":1,"a":2}]`,
		`{"status_histories":null}`, `{"status_histories":"x"}`, `{"status_histories":{"comment":"x [DataWald]"}}`, `{"a":1,"status_histories":[],"z":2}`,
		`{"status_histories":[{"comment":"9 [DataWald]"},{"comment":"x","a":1}, 3,{"comment":null},{}, {"comment":"9 \u005bDataWald]\n"}]}`,
		`{"status_histories":[1],"status_histories":[{"comment":"9 [DataWald]"}],"ext_order_id":"9"}`,
	} {
		if got, want := magento.PayloadHash([]byte(doc)), hashByMap([]byte(doc)); got != want {
			t.Errorf("%q has the hash %s, want %s", doc, got, want)
		}
	}
	shop := newShop(t, magentosim.Config{Seed: 12, Orders: 200})
	for _, placed := range shop.Orders() {
		raw, _ := shop.Document(placed.EntityID)
		if got, want := magento.PayloadHash(raw), hashByMap(raw); got != want {
			t.Errorf("order %s has the hash %s, want %s", placed.IncrementID, got, want)
		}
	}
}

func TestPayloadHash_OfAnyDocumentIsThatOfTheDecodedOne(t *testing.T) {
	var value func(depth int) *rapid.Generator[string]
	value = func(depth int) *rapid.Generator[string] {
		return rapid.Custom(func(t *rapid.T) string {
			kinds := 4
			if depth == 0 {
				kinds = 2
			}
			switch rapid.IntRange(0, kinds-1).Draw(t, "kind") {
			case 0:
				return rapid.SampledFrom([]string{"null", "true", "1", "-1.50", "1e9", "0.10"}).Draw(t, "literal")
			case 1:
				return mustJSON(rapid.String().Draw(t, "text"))
			case 2:
				return listed("[", rapid.SliceOfN(value(depth-1), 0, 4).Draw(t, "elements"), "]")
			}
			return objectOf(t, value(depth-1))
		})
	}
	rapid.Check(t, func(t *rapid.T) {
		doc := []byte(objectOf(t, value(3)))
		if got, want := magento.PayloadHash(doc), hashByMap(doc); got != want {
			t.Fatalf("%q has the hash %s, want %s", doc, got, want)
		}
	})
}

// objectOf writes an object whose names may be in any order, and may occur twice.
func objectOf(t *rapid.T, value *rapid.Generator[string]) string {
	name := rapid.OneOf(rapid.SampledFrom([]string{"a", "b", "updated_at", "status_histories", "ext_order_id", "comment", `c\u0041`, "é"}), rapid.StringMatching(`[a-z_]{0,6}`))
	var members []string
	for range rapid.IntRange(0, 5).Draw(t, "members") {
		members = append(members, `"`+name.Draw(t, "name")+`" : `+value.Draw(t, "value"))
	}
	return listed("{", members, "}")
}

func listed(open string, parts []string, end string) string {
	var b bytes.Buffer
	b.WriteString(open)
	for i, p := range parts {
		if i > 0 {
			b.WriteString(" ,\n")
		}
		b.WriteString(p)
	}
	return b.String() + end
}

func BenchmarkPayloadHash(b *testing.B) {
	raw := eightKB(b)
	b.SetBytes(int64(len(raw)))
	b.ReportAllocs()
	for b.Loop() {
		magento.PayloadHash(raw)
	}
}

func BenchmarkConvert(b *testing.B) {
	raw := eightKB(b)
	b.SetBytes(int64(len(raw)))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := magento.Convert("main", raw); err != nil {
			b.Fatal(err)
		}
	}
}

// eightKB is an order of two lines.
func eightKB(b *testing.B) []byte {
	b.Helper()
	shop := newShop(b, magentosim.Config{Seed: 1, Orders: 1, Lines: 2})
	raw, ok := shop.Document(shop.Orders()[0].EntityID)
	if !ok {
		b.Fatal("the shop has no order")
	}
	return raw
}
