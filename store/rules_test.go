package store_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"datawald/sandbox/testkit"
	"datawald/store"
)

// put activates a version by its name, in place of the one before.
func put(t *testing.T, s *store.Store, version, expect string) store.Activation {
	t.Helper()
	a, err := s.ActivateRules(t.Context(), store.NewRules{Instance: "main", Version: version, Text: "text of " + version, By: "ada", Reason: "r"}, expect)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

// take starts a worker with a file, and reports whether it came into force.
func take(t *testing.T, s *store.Store, place, version string) bool {
	t.Helper()
	_, taken, err := s.TakeRulesFile(t.Context(), store.RulesFile{Instance: "main", Version: version, Text: "text of " + version, Place: place})
	if err != nil {
		t.Fatal(err)
	}
	return taken
}

// The history has no gaps, in pages of any size, and every text is there.
//
// Fails without: keepActivation.
func TestRulesHistory_HasEveryActivation(t *testing.T) {
	s := testkit.Store(t)
	last := ""
	const all = 25
	for n := range all {
		version := fmt.Sprintf("v%d", n%7)
		put(t, s, version, last)
		last = version
	}
	var seqs []int64
	for before := int64(0); before != 1; {
		page, err := s.RulesHistory(t.Context(), "main", before, 4)
		if err != nil || len(page) == 0 || len(page) > 4 {
			t.Fatalf("before %d: %d activations, %v", before, len(page), err)
		}
		for _, a := range page {
			if want := fmt.Sprintf("v%d", (a.Seq-1)%7); a.Version != want || a.By != "ada" || a.Since.IsZero() || a.Instance != "main" {
				t.Errorf("activation %+v, want version %s", a, want)
			}
			seqs = append(seqs, a.Seq)
		}
		before = page[len(page)-1].Seq
	}
	for n, seq := range seqs {
		if seq != int64(all-n) {
			t.Fatalf("activations %v, want %d down to 1", seqs, all)
		}
	}
	for n := range 7 {
		version := fmt.Sprintf("v%d", n)
		if text, err := s.RulesText(t.Context(), "main", version); err != nil || text != "text of "+version {
			t.Errorf("text of %s: %q, %v", version, text, err)
		}
	}
	if list, err := s.RulesHistory(t.Context(), "other", 0, 4); err != nil || len(list) != 0 {
		t.Errorf("of an instance without any: %v, %v", list, err)
	}
}

// Two texts of one version would leave open which one is in force.
//
// Fails without: the comparison in keepText.
func TestActivateRules_RefusesAnotherTextOfAVersion(t *testing.T) {
	s := testkit.Store(t)
	put(t, s, "v1", "")
	_, err := s.ActivateRules(t.Context(), store.NewRules{Instance: "main", Version: "v1", Text: "another"}, "v1")
	if err == nil || !strings.Contains(err.Error(), "another text") {
		t.Errorf("error %v", err)
	}
	_, err = s.ActivateRules(t.Context(), store.NewRules{Instance: "main", Version: "v2", Text: strings.Repeat("x", store.MaxRulesText+1)}, "v1")
	if err == nil {
		t.Error("a text without bounds is kept")
	}
	if text, err := s.RulesText(t.Context(), "main", "v1"); err != nil || text != "text of v1" {
		t.Errorf("text %q, %v", text, err)
	}
}

// Whatever number of containers come and go, the document stays small, and a machine that is forgotten does not bring its old file back.
//
// Fails without: mostFiles (by the number of places), and last_seq (the forgotten machine's file is taken).
func TestTakeRulesFile_RemembersABoundedNumberOfPlaces(t *testing.T) {
	s := testkit.Store(t)
	if !take(t, s, "first:/rules.yaml", "v1") {
		t.Fatal("the first file is not taken")
	}
	put(t, s, "v2", "v1")
	for n := range 150 {
		if take(t, s, fmt.Sprintf("pod-%d:/rules.yaml", n), "v1") {
			t.Fatalf("container %d brings back what was replaced", n)
		}
	}
	if n := s.RulesPlaces(t, "main"); n != 100 {
		t.Errorf("%d places are remembered, want 100", n)
	}
	if take(t, s, "first:/rules.yaml", "v1") {
		t.Error("a machine that was forgotten brings back its old file")
	}
	if !take(t, s, "first:/rules.yaml", "v3") {
		t.Error("its new file is not taken")
	}
}

// A text that was kept, and never came into force because the worker died in between, is news still.
//
// Fails without: last_seq (with "known at all" in its place).
func TestTakeRulesFile_AWorkerThatDiedBeforeItTookItsFileTakesItLater(t *testing.T) {
	s := testkit.Store(t)
	take(t, s, "a", "v1")
	if _, err := s.ActivateRules(t.Context(), store.NewRules{Instance: "main", Version: "v2", Text: "text of v2"}, "not what is in force"); err == nil {
		t.Fatal("it came into force") // its text is kept by now
	}
	if !take(t, s, "b", "v2") {
		t.Error("the file is passed over")
	}
}

// An expectation that fails changes nothing, and tells what is in force.
func TestActivateRules_TellsWhatIsInForce(t *testing.T) {
	s := testkit.Store(t)
	a := put(t, s, "v1", "")
	_, err := s.ActivateRules(t.Context(), store.NewRules{Instance: "main", Version: "v2", Text: "text of v2", By: "bob"}, "v0")
	moved, ok := errors.AsType[*store.RulesMoved](err)
	if !ok || moved.Active != a {
		t.Errorf("error %v, want %+v", err, a)
	}
	active, err := s.ActiveRules(t.Context(), "main", "other")
	if err != nil || len(active) != 1 || active["main"] != a {
		t.Errorf("in force %+v, %v", active, err)
	}
}

// A worker that is not heard of is not listed, and forgotten after a while.
func TestRulesTaken_ListsWorkersThatAreHeardOf(t *testing.T) {
	s := testkit.Store(t)
	now := time.Now()
	for worker, ago := range map[string]time.Duration{"here": 0, "silent": store.RulesUnheard + time.Second, "gone": time.Hour} {
		if err := s.NoteRulesTaken(t.Context(), "main", store.TakenRules{Worker: worker, Seq: 1, Version: "v1", SeenAt: now.Add(-ago)}); err != nil {
			t.Fatal(err)
		}
	}
	list, err := s.RulesTaken(t.Context(), "main")
	if err != nil || len(list) != 1 || list[0].Worker != "here" {
		t.Errorf("workers %+v, %v", list, err)
	}
	if err := s.NoteRulesTaken(t.Context(), "main", store.TakenRules{Worker: "here", Seq: 2, Version: "v2"}); err != nil {
		t.Fatal(err)
	}
	if list, err = s.RulesTaken(t.Context(), "main"); err != nil || len(list) != 1 || list[0].Version != "v2" {
		t.Errorf("workers %+v, %v", list, err)
	}
	if err := s.LeaveRules(t.Context(), "main", "here"); err != nil {
		t.Fatal(err)
	}
	if list, err = s.RulesTaken(t.Context(), "main"); err != nil || len(list) != 0 {
		t.Errorf("workers %+v, %v", list, err)
	}
}
