package magento_test

import (
	"bytes"
	"encoding/json"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"datawald/magento"
	"datawald/sandbox/magentosim"
)

// member is one member of a JSON object, as it is written.
type member struct {
	name  string
	value json.RawMessage
}

// members takes an object apart without losing the order.
func members(t failer, raw []byte) []member {
	t.Helper()
	d := json.NewDecoder(bytes.NewReader(raw))
	if _, err := d.Token(); err != nil {
		t.Fatalf("%v", err)
	}
	var all []member
	for d.More() {
		name, err := d.Token()
		if err != nil {
			t.Fatalf("%v", err)
		}
		m := member{name: name.(string)}
		if err := d.Decode(&m.value); err != nil {
			t.Fatalf("%v", err)
		}
		all = append(all, m)
	}
	return all
}

func object(all []member) []byte {
	b := []byte("{")
	for i, m := range all {
		if i > 0 {
			b = append(b, ", \n"...)
		}
		b = append(append(append(b, mustJSON(m.name)...), ": "...), m.value...)
	}
	return append(b, '}')
}

// byThemselves are the members that change while the order does not.
var byThemselves = []string{"protect_code", "updated_at", "email_sent", "send_email", "ext_order_id"}

func TestPayloadHash_IsTheSameForEveryReadingOfAnUnchangedOrder(t *testing.T) {
	shop := newShop(t, magentosim.Config{Seed: 3, Orders: 20})
	orders := shop.Orders()
	rapid.Check(t, func(t *rapid.T) {
		raw, _ := shop.Document(rapid.SampledFrom(orders).Draw(t, "order").EntityID)
		hash := magento.PayloadHash(raw)
		all := members(t, raw)
		shuffled := rapid.Permutation(all).Draw(t, "order of members")
		shuffled = slices.DeleteFunc(shuffled, func(m member) bool {
			return slices.Contains(byThemselves, m.name) && rapid.Bool().Draw(t, "left out")
		})
		for _, name := range byThemselves {
			if rapid.Bool().Draw(t, "written anew") {
				shuffled = slices.DeleteFunc(shuffled, func(m member) bool { return m.name == name })
				shuffled = append(shuffled, member{name, json.RawMessage(mustJSON(rapid.String().Draw(t, name)))})
			}
		}
		if got := magento.PayloadHash(object(shuffled)); got != hash {
			t.Errorf("the hash %s becomes %s\n%s\n%s", hash, got, raw, object(shuffled))
		}
	})
}

func TestPayloadHash_ChangesWithEverythingElse(t *testing.T) {
	shop := newShop(t, magentosim.Config{Seed: 5, Orders: 3})
	for _, p := range shop.Orders() {
		raw, _ := shop.Document(p.EntityID)
		hash := magento.PayloadHash(raw)
		seen := map[string]string{hash: "the document itself"}
		all := members(t, raw)
		for i, m := range all {
			if slices.Contains(byThemselves, m.name) {
				continue
			}
			changed := slices.Clone(all)
			changed[i].value = json.RawMessage(`"something else"`)
			without := slices.Delete(slices.Clone(all), i, i+1)
			for what, doc := range map[string][]byte{"changed " + m.name: object(changed), "without " + m.name: object(without)} {
				h := magento.PayloadHash(doc)
				if other, taken := seen[h]; taken {
					t.Errorf("%s has the hash of %s", what, other)
				}
				seen[h] = what
			}
		}
	}
}

func TestPayloadHash_TellsValuesApart(t *testing.T) {
	seen := map[string]string{}
	for _, doc := range []string{
		`{}`, `{"a":1}`, `{"a":"1"}`, `{"a":null}`, `{"a":1.25}`, `{"a":12345678901234567890}`, `{"a":12345678901234567891}`,
		`{"a":0.1}`, `{"a":0.10000000000000001}`, `{"a":[1,2]}`, `{"a":[2,1]}`, `{"a":{"updated_at":1}}`, `{"a":{"updated_at":2}}`,
		`{"a":"<"}`, `{"a":"&"}`, `[]`, `[1]`, `null`, `"x"`, `1`, ``, `{`, `{"a":1}x`, "\xff",
	} {
		h := magento.PayloadHash([]byte(doc))
		if len(h) != 32 {
			t.Errorf("%q has the hash %q, want 32 digits", doc, h)
		}
		if other, taken := seen[h]; taken {
			t.Errorf("%q has the hash of %q", doc, other)
		}
		seen[h] = doc
	}
	for _, same := range [][2]string{
		{`{"a":1,"b":{"c":2,"d":3}}`, "{ \"b\" : {\"d\":3,\t\"c\":2}, \"a\":1 }\n"},
		{`{"a":"é<"}`, `{"a":"\u00e9\u003c"}`},
		{`{"a":1,"updated_at":"x","protect_code":"y"}`, `{"a":1}`},
	} {
		if magento.PayloadHash([]byte(same[0])) != magento.PayloadHash([]byte(same[1])) {
			t.Errorf("%s and %s have different hashes", same[0], same[1])
		}
	}
}
