package rulebook_test

import (
	"bytes"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"datawald/config"
	"datawald/rulebook"
	"datawald/sandbox/testkit"
	"datawald/store"
)

func TestMain(m *testing.M) { testkit.Main(m) }

// world is an instance with a store, and machines on which its rules file lies.
type world struct {
	t        *testing.T
	db       *store.Store
	instance string
	dirs     map[string]string
	log      *spoken
}

func newWorld(t *testing.T) *world {
	return &world{t: t, db: testkit.Store(t), instance: testkit.Name(t), dirs: map[string]string{}, log: &spoken{}}
}

// spoken is what processes have said.
type spoken struct {
	mu   sync.Mutex
	text bytes.Buffer
}

// Write takes a line.
func (s *spoken) Write(b []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.text.Write(b)
}

func (s *spoken) count(words string) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return strings.Count(s.text.String(), words)
}

// text makes one set of rules for each name.
func text(name string) string {
	raw, err := os.ReadFile(filepath.Join(testkit.Root(), "rules.example.yaml"))
	if err != nil {
		panic(err)
	}
	return string(raw) + "\n# " + name + "\n"
}

// file writes the rules file of a machine.
func (w *world) file(machine, name string) config.FileRules {
	w.t.Helper()
	if w.dirs[machine] == "" {
		w.dirs[machine] = w.t.TempDir()
	}
	path := filepath.Join(w.dirs[machine], "rules.yaml")
	if err := os.WriteFile(path, []byte(text(name)), 0o600); err != nil {
		w.t.Fatal(err)
	}
	rules, err := config.ParseRules([]byte(text(name)))
	return config.FileRules{Name: path, Text: text(name), Rules: rules, Err: err}
}

// process is the book of a process with a file.
func (w *world) process(f config.FileRules) *rulebook.Book {
	return rulebook.New(w.db, map[string]config.FileRules{w.instance: f}, slog.New(slog.NewTextHandler(w.log, nil)))
}

// start starts a worker on a machine with its file as it is, and gives the name of the rules that it works by.
func (w *world) start(machine, name string) string {
	w.t.Helper()
	b := w.process(w.file(machine, name))
	if err := b.Begin(w.t.Context()); err != nil {
		w.t.Fatal(err)
	}
	f, err := b.Of(w.instance).Now()
	if err != nil {
		w.t.Fatal(err)
	}
	return nameOf(f)
}

// nameOf is the name by which text made the rules.
func nameOf(f *rulebook.InForce) string {
	lines := strings.Split(strings.TrimSpace(f.Text), "\n")
	return strings.TrimPrefix(lines[len(lines)-1], "# ")
}

// activate activates rules as a person does who saw those of the name seen.
func (w *world) activate(name, seen string) error {
	w.t.Helper()
	_, _, err := w.process(config.FileRules{}).Of(w.instance).Activate(w.t.Context(),
		rulebook.Proposal{Text: text(name), By: "ada", Reason: "because", Expect: versionOf(seen)})
	return err
}

func (w *world) mustActivate(name, seen string) {
	w.t.Helper()
	if err := w.activate(name, seen); err != nil {
		w.t.Fatal(err)
	}
}

// inForce is what a process without a file finds in force.
func (w *world) inForce() *rulebook.InForce {
	w.t.Helper()
	f, err := w.process(config.FileRules{}).Of(w.instance).Fresh(w.t.Context())
	if err != nil {
		w.t.Fatal(err)
	}
	return f
}
