package main

import (
	"encoding/base64"
	"strings"
	"testing"
)

// A schedule's input is written anew under the first key, once, so that the old key can be taken away.
// Fails without: the key's name in plan.input (nothing is updated); decrypting what stands there (each time it is).
func TestApply_WritesTheScheduleUnderTheFirstKey(t *testing.T) {
	r := newRig(t)
	key := func(letter string) string {
		return letter + ":" + base64.StdEncoding.EncodeToString([]byte(strings.Repeat(letter, 32)))
	}
	for _, step := range []struct{ keys, want string }{
		{"", "created"}, {key("a"), "input"}, {key("a"), "unchanged"}, {key("b") + "," + key("a"), "encrypted with the key b"}, {key("b"), "unchanged"},
		{"plain," + key("b"), "input"}, {"", "unchanged"}, {key("b"), "encrypted with the key b"},
	} {
		t.Setenv("TEMPORAL_CODEC_KEYS", step.keys)
		if out := r.must("apply"); !strings.Contains(out, step.want) {
			t.Errorf("with %.10q: %s, want %q", step.keys, out, step.want)
		}
	}
	// A key that was taken away too early is named, and the schedule stays as it is.
	t.Setenv("TEMPORAL_CODEC_KEYS", key("c"))
	if code, _, errs := r.starter("apply"); code != exitFailed || !strings.Contains(errs, `TEMPORAL_CODEC_KEYS does not have: "b"`) {
		t.Errorf("exit %d, %s", code, errs)
	}
}
