package order_test

import (
	"strings"
	"testing"

	"pgregory.net/rapid"

	"datawald/order"
)

// increments draws what Magento shops use as order numbers, and what they could use.
func increments() *rapid.Generator[string] {
	return rapid.OneOf(
		rapid.StringMatching(`[0-9]{9}(-[0-9])?`),
		rapid.StringMatching(`[A-Za-z0-9:/%.@#?&=_'"+-]{1,64}`),
		rapid.StringOfN(rapid.RuneFrom([]rune("aÄß中😀é:0")), 1, 64, -1),
	)
}

func TestKey_RoundTrips(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		instance := rapid.StringMatching(`[a-z0-9][a-z0-9_-]{0,31}`).Draw(t, "instance")
		store := rapid.Int64Min(0).Draw(t, "store")
		increment := increments().Draw(t, "increment")

		key, err := order.NewKey(instance, store, increment)
		if err != nil {
			t.Fatal(err)
		}
		parsed, err := order.ParseKey(string(key))
		if err != nil || parsed != key {
			t.Fatalf("ParseKey(%q) = %q, %v", key, parsed, err)
		}
		if key.Instance() != instance || key.StoreID() != store || key.IncrementID() != increment {
			t.Fatalf("%q has the parts %q, %d, %q", key, key.Instance(), key.StoreID(), key.IncrementID())
		}
	})
}

func TestParseKey_AcceptsOnlyWhatNewKeyWrites(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.OneOf(rapid.String(), rapid.StringMatching(`[a-zA-Z ]{0,3}:[-+0-9x]{0,3}:[ 0-9:]{0,4}`)).Draw(t, "text")
		key, err := order.ParseKey(text)
		if err != nil {
			return
		}
		again, err := order.NewKey(key.Instance(), key.StoreID(), key.IncrementID())
		if err != nil || string(again) != text {
			t.Fatalf("accepted %q, which NewKey writes as %q (%v)", text, again, err)
		}
	})
}

func TestNewKey_Refuses(t *testing.T) {
	long := strings.Repeat("1", 65)
	for _, c := range []struct {
		name, instance string
		store          int64
		increment      string
		names          string // what the error must name
	}{
		{"no instance", "", 1, "1", "instance"},
		{"capital letters", "Main", 1, "1", "instance"},
		{"a colon in the instance", "ma:in", 1, "1", "instance"},
		{"a space in the instance", "ma in", 1, "1", "instance"},
		{"an instance that begins with a dash", "-main", 1, "1", "instance"},
		{"an instance of 33 letters", strings.Repeat("a", 33), 1, "1", "instance"},
		{"a line end behind the instance", "main\n", 1, "1", "instance"},
		{"a negative store", "main", -1, "1", "store_id"},
		{"no increment_id", "main", 1, "", "increment_id"},
		{"a space", "main", 1, "1 2", "increment_id"},
		{"a tab", "main", 1, "1\t2", "increment_id"},
		{"a line end", "main", 1, "1\n", "increment_id"},
		{"a NUL", "main", 1, "1\x00", "increment_id"},
		{"a DEL", "main", 1, "1\x7f", "increment_id"},
		{"a no-break space", "main", 1, "1\u00a0", "increment_id"},
		{"a zero width space", "main", 1, "1\u200b", "increment_id"},
		{"a line separator", "main", 1, "1\u2028", "increment_id"},
		{"a right-to-left override", "main", 1, "\u202e1", "increment_id"},
		{"a control of the second block", "main", 1, "1\u0085", "increment_id"},
		{"bytes that are no UTF-8", "main", 1, "1\xff", "increment_id"},
		{"65 characters", "main", 1, long, "increment_id"},
	} {
		t.Run(c.name, func(t *testing.T) {
			key, err := order.NewKey(c.instance, c.store, c.increment)
			if err == nil || key != "" {
				t.Fatalf("NewKey(%q, %d, %q) = %q, want an error", c.instance, c.store, c.increment, key)
			}
			if !strings.Contains(err.Error(), c.names) {
				t.Errorf("error %q does not name %s", err, c.names)
			}
		})
	}
}

func TestParseKey_Refuses(t *testing.T) {
	for _, text := range []string{
		"", "main", "main:1", "main:1:", ":1:1", "main::1", "main:x:1", "main:1.0:1", "main:-1:1",
		"main:01:1", "main:+1:1", "main: 1:1", " main:1:1", "main:1:1 ", "MAIN:1:1", "main:99999999999999999999:1",
	} {
		if key, err := order.ParseKey(text); err == nil {
			t.Errorf("ParseKey(%q) = %q, want an error", text, key)
		} else if !strings.Contains(err.Error(), "order key") {
			t.Errorf("ParseKey(%q): error %q does not say what it is about", text, err)
		}
	}
}

func TestKey_ThatWasNeverCheckedHasNoParts(t *testing.T) {
	for _, key := range []order.Key{"", "main", "main:1"} {
		if key.Instance() != "" || key.StoreID() != -1 || key.IncrementID() != "" {
			t.Errorf("%q has the parts %q, %d, %q", key, key.Instance(), key.StoreID(), key.IncrementID())
		}
	}
}
