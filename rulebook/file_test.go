package rulebook_test

import (
	"testing"

	"datawald/mapping"
	"datawald/store"
)

func versionOf(name string) string {
	if name == "" {
		return ""
	}
	return mapping.TextID(text(name))
}

// step is a thing that happens, and which rules are in force after it, everywhere.
type step struct {
	// start is a machine whose worker is started, with the file of the name; without it a person activates the rules of the name.
	start, name string
	want        string
}

// Which file comes into force, and which does not: the last thing that a person did on purpose counts.
//
// Fails without: each branch of store.isNews (removed one by one, a case fails each time).
func TestWhatAPersonDidLastIsInForce(t *testing.T) {
	for name, steps := range map[string][]step{
		"the first file":      {{"a", "one", "one"}},
		"the same file again": {{"a", "one", "one"}, {"a", "one", "one"}, {"b", "one", "one"}},
		"a changed file":      {{"a", "one", "one"}, {"a", "two", "two"}},
		"a file changed back": {{"a", "one", "one"}, {"a", "two", "two"}, {"a", "one", "one"}},
		"an activation stays when its worker is started again":                          {{"a", "one", "one"}, {"", "two", "two"}, {"a", "one", "two"}},
		"an activation stays when a deployment brings the same file in a new container": {{"a", "one", "one"}, {"", "two", "two"}, {"b", "one", "two"}},
		"a file that is changed after an activation wins":                               {{"a", "one", "one"}, {"", "two", "two"}, {"a", "three", "three"}},
		"a new file of a deployment wins over an activation":                            {{"a", "one", "one"}, {"", "two", "two"}, {"b", "three", "three"}},
		"the activated rules put into the file":                                         {{"a", "one", "one"}, {"", "two", "two"}, {"a", "two", "two"}, {"a", "two", "two"}},
		"an activation after the file caught up":                                        {{"a", "one", "one"}, {"", "two", "two"}, {"a", "two", "two"}, {"", "three", "three"}, {"a", "two", "three"}},
		// A deployment has put a file on two machines. One of them is started anew only after somebody has activated other rules: its file
		// is no news, for it was in force before those. What is changed on it after that is.
		"a worker that comes late to a file does not undo an activation": {{"a", "one", "one"}, {"b", "one", "one"}, {"a", "two", "two"}, {"", "three", "three"}, {"b", "two", "three"}},
		"nor on a third machine, though the second was started in between": {{"a", "one", "one"}, {"b", "one", "one"}, {"c", "one", "one"}, {"a", "two", "two"}, {"b", "one", "two"},
			{"", "three", "three"}, {"c", "two", "three"}, {"b", "two", "three"}, {"a", "two", "three"}, {"a", "four", "four"}, {"b", "four", "four"}, {"c", "two", "four"}, {"c", "four", "four"}},
		"nor one on which the deployment is not taken back": {{"a", "one", "one"}, {"b", "one", "one"}, {"a", "two", "two"}, {"a", "one", "one"}, {"b", "two", "one"}},
		"a file that goes back after an activation":         {{"a", "one", "one"}, {"a", "two", "two"}, {"", "three", "three"}, {"a", "two", "three"}, {"a", "one", "one"}},
		"a deployment that is taken back everywhere": {{"a", "one", "one"}, {"b", "one", "one"}, {"a", "two", "two"}, {"b", "two", "two"}, {"a", "one", "one"}, {"b", "one", "one"},
			{"b", "two", "two"}, {"a", "two", "two"}},
		"a file that is changed to what was activated before others": {{"a", "one", "one"}, {"", "two", "two"}, {"", "three", "three"}, {"a", "one", "three"}, {"a", "two", "two"}},
		// A rolling deployment brings the file two. A worker of yesterday that is started once more, on its machine or on another, does not
		// bring back the file one; whatever order they are started in.
		"a rolling deployment does not flap": {{"a", "one", "one"}, {"b", "one", "one"}, {"c", "two", "two"}, {"a", "one", "two"}, {"b", "one", "two"}, {"d", "one", "two"},
			{"a", "two", "two"}, {"b", "two", "two"}, {"a", "two", "two"}},
		"machines whose files differ for good do not flap": {{"a", "one", "one"}, {"b", "two", "two"}, {"a", "one", "two"}, {"b", "two", "two"}, {"a", "one", "two"}},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			seen, activations := "", int64(0)
			for n, s := range steps {
				if s.start == "" {
					w.mustActivate(s.name, seen)
				} else if got := w.start(s.start, s.name); got != s.want {
					t.Errorf("step %d: the worker on %s with the file %s works by %s, want %s", n+1, s.start, s.name, got, s.want)
				}
				if got := nameOf(w.inForce()); got != s.want {
					t.Fatalf("step %d: in force is %s, want %s", n+1, got, s.want)
				}
				if seen != s.want {
					activations++
				}
				if seq := w.inForce().Seq; seq != activations {
					t.Fatalf("step %d: %d activations, want %d", n+1, seq, activations)
				}
				seen = s.want
			}
		})
	}
}

// A file that comes into force over an activation is told of, and is in the history; one that does not is told of at each start.
func TestNoFileIsPassedOverOrTakenInSilence(t *testing.T) {
	w := newWorld(t)
	w.start("a", "one")
	w.mustActivate("two", "one")
	w.start("a", "one")
	w.start("a", "one")
	if n := w.log.count("the rules file is NOT in force"); n != 2 {
		t.Errorf("it is said %d times that the file is not in force, want at each of two starts", n)
	}
	w.start("a", "three")
	if n := w.log.count("the rules file is another one than before: it is in force from now on"); n != 1 {
		t.Errorf("it is said %d times that the file was taken, want once", n)
	}
	list, err := w.db.RulesHistory(t.Context(), w.instance, 0, 10)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, a := range list {
		got = append(got, a.Whence+" "+a.By)
	}
	want := []string{"file file", "activated ada", "file file"}
	if len(got) != 3 || got[0] != want[0] || got[1] != want[1] || got[2] != want[2] || list[0].Seq != 3 || list[0].Version != versionOf("three") || list[1].Reason != "because" {
		t.Errorf("history %+v, want %q", list, want)
	}
}

// Workers that are started at the same moment with a new file take it once.
//
// Fails without: the compare-and-set of changeActive.
func TestManyWorkersTakeANewFileOnce(t *testing.T) {
	w := newWorld(t)
	w.start("a", "one")
	w.mustActivate("two", "one")
	done := make(chan error)
	const workers = 8
	for range workers {
		b := w.process(w.file("z", "three"))
		go func() { done <- b.Begin(t.Context()) }()
	}
	for range workers {
		if err := <-done; err != nil {
			t.Error(err)
		}
	}
	if f := w.inForce(); nameOf(f) != "three" || f.Seq != 3 || f.Whence != store.RulesByFile {
		t.Errorf("in force is %s as activation %d, want three as the third", nameOf(f), f.Seq)
	}
}
