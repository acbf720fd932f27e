package rulebook_test

import (
	"context"
	"errors"
	"net/url"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"datawald/config"
	"datawald/mapping"
	"datawald/rulebook"
	"datawald/sandbox/testkit"
	"datawald/sandbox/wire"
	"datawald/store"
)

// The version of a text is the ID of its rules: what an order names as rule_version is found among the versions.
func TestAVersionIsTheIDOfItsRules(t *testing.T) {
	rules, err := mapping.ParseRules([]byte(text("one")))
	if err != nil {
		t.Fatal(err)
	}
	if rules.ID() != mapping.TextID(text("one")) {
		t.Errorf("ID %s, version %s", rules.ID(), mapping.TextID(text("one")))
	}
}

// While nothing was activated the file counts; an activation writes it down, so that one can go back to it.
func TestTheFileCountsUntilSomethingIsActivated(t *testing.T) {
	w := newWorld(t)
	p := w.process(w.file("a", "one")).Of(w.instance)
	f, err := p.Fresh(t.Context())
	if err != nil || nameOf(f) != "one" || f.Seq != 0 || f.Whence != store.RulesByFile {
		t.Fatalf("in force: %+v, %v", f, err)
	}
	before, now, err := p.Activate(t.Context(), rulebook.Proposal{Text: text("two"), By: "ada", Reason: "a new code", Expect: versionOf("one")})
	if err != nil || nameOf(before) != "one" || nameOf(now) != "two" || now.By != "ada" || now.Reason != "a new code" || now.Seq != 2 {
		t.Fatalf("activated: %+v, before %+v, %v", now, before, err)
	}
	if one, err := w.db.RulesText(t.Context(), w.instance, versionOf("one")); err != nil || one != text("one") {
		t.Errorf("the text of the file: %d characters, %v", len(one), err)
	}
	if got := w.start("a", "one"); got != "two" {
		t.Errorf("the first worker that is started works by %s, want two", got)
	}
}

// An activation that is refused leaves the file of the one who asked what it was: the file of a gateway or of a command line, which may
// be another one than the workers'. They take their own when they start.
//
// Fails without: the comparison before the file is written down, and the one in store.ActivateRules (n.Before.Version == expect).
func TestARefusedActivationWritesNoFileDown(t *testing.T) {
	w := newWorld(t)
	p := w.process(w.file("gateway", "one")).Of(w.instance)
	for name, proposal := range map[string]rulebook.Proposal{
		"expects another": {Text: text("two"), Expect: versionOf("zero")}, "expects none": {Text: text("two")}, "is the file": {Text: text("one"), Expect: versionOf("one")},
	} {
		if _, _, err := p.Activate(t.Context(), proposal); err == nil {
			t.Errorf("what %s is activated", name)
		}
		if active, err := w.db.ActiveRules(t.Context(), w.instance); err != nil || len(active) > 0 {
			t.Fatalf("what %s leaves %+v in force, %v", name, active, err)
		}
	}
	own := store.RulesFile{Instance: w.instance, Version: versionOf("one"), Text: text("one"), Place: "gateway"}
	if _, err := w.db.ActivateRules(t.Context(), store.NewRules{Instance: w.instance, Version: versionOf("two"), Text: text("two"), Before: &own}, versionOf("zero")); err == nil {
		t.Error("what expects another than the file is activated")
	}
	if active, err := w.db.ActiveRules(t.Context(), w.instance); err != nil || len(active) > 0 {
		t.Fatalf("it leaves %+v in force, %v", active, err)
	}
	if got := w.start("a", "three"); got != "three" {
		t.Errorf("the first worker works by %s, want its own file", got)
	}
}

// Workers that take their file between the question what is in force and the activation are not overridden by the file of the one
// who activates.
//
// Fails without: doc.Seq > 0 in store.countFile.
func TestAFileThatOnlyCountedDoesNotReplaceOneInForce(t *testing.T) {
	w := newWorld(t)
	own := store.RulesFile{Instance: w.instance, Version: versionOf("one"), Text: text("one"), Place: "gateway"}
	w.start("a", "three")
	_, err := w.db.ActivateRules(t.Context(), store.NewRules{Instance: w.instance, Version: versionOf("two"), Text: text("two"), Before: &own}, versionOf("one"))
	if moved, ok := errors.AsType[*store.RulesMoved](err); !ok || moved.Active.Version != versionOf("three") {
		t.Errorf("error %v, want that three is in force", err)
	}
	if f := w.inForce(); nameOf(f) != "three" || f.Seq != 1 {
		t.Errorf("in force is %s as activation %d, want three as the first", nameOf(f), f.Seq)
	}
}

// Without file and activation there are no rules, and the first activation may expect none.
func TestWithoutAFileAnActivationIsTheFirst(t *testing.T) {
	w := newWorld(t)
	missing := config.FileRules{Err: errors.New("RULES_FILE: no such file")}
	p := w.process(missing).Of(w.instance)
	if _, err := p.Fresh(t.Context()); !errors.Is(err, rulebook.ErrNoRules) || !errors.Is(err, missing.Err) {
		t.Errorf("error %v, want that there are none and why", err)
	}
	w.mustActivate("one", "")
	if f, err := p.Fresh(t.Context()); err != nil || nameOf(f) != "one" || f.Seq != 1 {
		t.Errorf("in force: %+v, %v", f, err)
	}
}

// Of two who saw the same rules and activate others at the same moment one wins, and the other learns who.
//
// Fails without: the comparison with expect in store.ActivateRules.
func TestOfTwoActivationsAtOnceOneWins(t *testing.T) {
	w := newWorld(t)
	w.start("a", "base")
	names := []string{"one", "two", "three", "four"}
	results := make(chan error, len(names))
	for _, name := range names {
		go func() { results <- w.activate(name, "base") }()
	}
	won := 0
	for range names {
		err := <-results
		moved, ok := errors.AsType[*store.RulesMoved](err)
		switch {
		case err == nil:
			won++
		case !ok || moved.Active.By != "ada":
			t.Errorf("error %v, want that another is in force", err)
		}
	}
	if f := w.inForce(); won != 1 || f.Seq != 2 {
		t.Errorf("%d won, activation %d is in force; want one, the second", won, f.Seq)
	}
}

// Rules that have problems, are in force already, or were chosen before others came, change nothing.
func TestWhatIsNotActivated(t *testing.T) {
	w := newWorld(t)
	w.start("a", "one")
	w.mustActivate("two", "one")
	p := w.process(config.FileRules{}).Of(w.instance)
	_, _, err := p.Activate(t.Context(), rulebook.Proposal{Text: "version: 2\n", Expect: versionOf("two")})
	if _, ok := errors.AsType[mapping.Problems](err); !ok {
		t.Errorf("unsound rules: %v", err)
	}
	if err := w.activate("two", "two"); !errors.Is(err, rulebook.ErrInForce) {
		t.Errorf("rules that are in force: %v", err)
	}
	if _, ok := errors.AsType[*store.RulesMoved](w.activate("three", "one")); !ok {
		t.Error("rules chosen before others came were activated")
	}
	if f := w.inForce(); nameOf(f) != "two" || f.Seq != 2 {
		t.Errorf("in force is %s as activation %d", nameOf(f), f.Seq)
	}
	w.mustActivate("one", "two") // back
	if f := w.inForce(); nameOf(f) != "one" || f.Seq != 3 {
		t.Errorf("after going back %s is in force as activation %d", nameOf(f), f.Seq)
	}
}

// A worker whose file is missing or has problems works by the rules that are in force, and says so at each start. Where nothing is in force it
// does not start, and says why.
//
// Fails without: what takeFile does without p.file.Rules, and its error where nothing is in force.
func TestAWorkerWithAnUnsoundFileWorksByWhatIsInForce(t *testing.T) {
	w := newWorld(t)
	_, problems := config.ParseRules([]byte("nonsense: true\n"))
	for _, file := range []config.FileRules{{Name: "rules.yaml", Err: os.ErrNotExist}, {Name: "rules.yaml", Text: "nonsense: true\n", Err: problems}} {
		if err := w.process(file).Begin(t.Context()); err == nil || !strings.Contains(err.Error(), "none are in force, and the file rules.yaml") || !strings.Contains(err.Error(), file.Err.Error()) {
			t.Errorf("without any rules in force: %v, want what is wrong with the file", err)
		}
	}
	w.mustActivate("one", "")
	for n, file := range []config.FileRules{{Name: "rules.yaml", Err: os.ErrNotExist}, {Name: "rules.yaml", Text: "nonsense: true\n", Err: problems}} {
		b := w.process(file)
		if err := b.Begin(t.Context()); err != nil {
			t.Fatalf("though rules are in force: %v", err)
		}
		if f, err := b.Of(w.instance).Now(); err != nil || nameOf(f) != "one" {
			t.Errorf("the worker works by %+v, %v", f, err)
		}
		if said := w.log.count("the rules file cannot be used"); said != n+1 {
			t.Errorf("it is said %d times, want at each start", said)
		}
	}
}

// keep runs the poll of a process until the test ends.
func (w *world) keep(b *rulebook.Book) (stop func()) {
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() {
		defer close(done)
		b.Keep(ctx, 20*time.Millisecond)
	}()
	stop = func() { cancel(); <-done }
	w.t.Cleanup(stop)
	return stop
}

func (w *world) eventually(what string, is func() bool) {
	w.t.Helper()
	for end := time.Now().Add(time.Minute); !is(); time.Sleep(10 * time.Millisecond) {
		if time.Now().After(end) {
			w.t.Fatalf("not within a minute: %s", what)
		}
	}
}

// A worker takes what was activated, says so once, and is on the list of those who have; one that ends is off it.
func TestAWorkerTakesWhatWasActivated(t *testing.T) {
	w := newWorld(t)
	b := w.process(w.file("a", "one"))
	if err := b.Begin(t.Context()); err != nil {
		t.Fatal(err)
	}
	p := b.Of(w.instance)
	stop := w.keep(b)
	w.mustActivate("two", "one")
	w.eventually("the worker has taken the rules and said so", func() bool {
		f, err := p.Now()
		list, listErr := w.db.RulesTaken(t.Context(), w.instance)
		return err == nil && listErr == nil && nameOf(f) == "two" && len(list) == 1 && list[0].Version == versionOf("two") && list[0].Seq == 2
	})
	if n := w.log.count("rules taken"); n != 1 {
		t.Errorf("said %d times that the rules were taken", n)
	}
	stop()
	if list, err := w.db.RulesTaken(t.Context(), w.instance); err != nil || len(list) != 0 {
		t.Errorf("a worker that has ended is still on the list: %+v, %v", list, err)
	}
}

// A worker that cannot read the store keeps its rules, and says so once; when the store is back it takes what was activated meanwhile.
//
// Fails without: the switch on b.silent in poll (said many times), and without the bound of a question (never said).
func TestAWorkerWithoutTheStoreKeepsItsRules(t *testing.T) {
	w := newWorld(t)
	direct, database := testkit.Database(t)
	address, err := url.Parse(testkit.MongoURI(t))
	if err != nil {
		t.Fatal(err)
	}
	cable, err := wire.New(address.Host)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { cable.Close() })
	far, err := store.Open(t.Context(), "mongodb://"+cable.Address()+"/", database)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = far.Close(context.Background()) })
	w.db = far
	b := w.process(w.file("a", "one"))
	b.AskWithin(100 * time.Millisecond)
	if err := b.Begin(t.Context()); err != nil {
		t.Fatal(err)
	}
	w.keep(b)
	cable.Set(wire.BlackHole)
	w.eventually("the worker notices", func() bool { return w.log.count("goes on with those it has") > 0 })
	w.db = direct
	w.mustActivate("two", "one")
	rounds := time.NewTimer(time.Second) // that it is not said again takes some questions to see
	<-rounds.C
	if f, err := b.Of(w.instance).Now(); err != nil || nameOf(f) != "one" || w.log.count("goes on with those it has") != 1 {
		t.Errorf("works by %v (%v), said %d times", f, err, w.log.count("goes on with those it has"))
	}
	cable.Set(wire.Whole)
	w.eventually("it takes what was activated", func() bool {
		f, err := b.Of(w.instance).Now()
		return err == nil && nameOf(f) == "two" && w.log.count("says again which rules are in force") == 1
	})
}

// A version that a program cannot use decides nothing there, and neither do the rules before it; the next one that it can use does.
func TestAVersionThatAProgramCannotUse(t *testing.T) {
	w := newWorld(t)
	b := w.process(w.file("a", "one"))
	if err := b.Begin(t.Context()); err != nil {
		t.Fatal(err)
	}
	p := b.Of(w.instance)
	w.keep(b)
	later := text("two") + "setting_of_tomorrow: 1\n"
	if _, err := w.db.ActivateRules(t.Context(), store.NewRules{Instance: w.instance, Version: mapping.TextID(later), Text: later, By: "a gateway of tomorrow"}, versionOf("one")); err != nil {
		t.Fatal(err)
	}
	w.eventually("the worker cannot go on, and the list says why", func() bool {
		_, err := p.Now()
		_, unfit := errors.AsType[*rulebook.Unfit](err)
		list, _ := w.db.RulesTaken(t.Context(), w.instance)
		return unfit && slices.ContainsFunc(list, func(t store.TakenRules) bool { return t.Problem != "" })
	})
	if err := w.process(w.file("a", "one")).Begin(t.Context()); err == nil {
		t.Error("a worker is started without the rules in force")
	}
	if n := w.log.count("does nothing for the instance"); n != 1 {
		t.Errorf("said %d times", n)
	}
	if _, _, err := w.process(config.FileRules{}).Of(w.instance).Activate(t.Context(), rulebook.Proposal{Text: text("three"), By: "ada", Expect: mapping.TextID(later)}); err != nil {
		t.Fatal(err)
	}
	w.eventually("it goes on", func() bool {
		f, err := p.Now()
		return err == nil && nameOf(f) == "three"
	})
}

// An order that others decided by rules which a process never had makes it ask the store, once.
//
// Fails without: the comparison with had in After.
func TestAProcessBehindOthersAsksAtOnce(t *testing.T) {
	w := newWorld(t)
	b := w.process(w.file("a", "one"))
	if err := b.Begin(t.Context()); err != nil {
		t.Fatal(err)
	}
	p := b.Of(w.instance) // it does not poll
	w.mustActivate("two", "one")
	if f, err := p.After(t.Context(), versionOf("one")); err != nil || nameOf(f) != "one" {
		t.Errorf("an order of its own rules: %v", err)
	}
	if p.Passed(versionOf("one")) || p.Passed(versionOf("two")) {
		t.Error("rules have passed that it works by, or that it never had")
	}
	f, err := p.After(t.Context(), versionOf("two"))
	if err != nil || nameOf(f) != "two" {
		t.Errorf("an order of newer rules goes on by %v, %v", f, err)
	}
	if !p.Passed(versionOf("one")) || p.Passed(versionOf("two")) {
		t.Error("rules have not passed that were replaced, or have that are in force")
	}
}

// What comes late from the store does not bring back what was in force before.
func TestWhatIsReadLateChangesNothing(t *testing.T) {
	w := newWorld(t)
	p := w.process(w.file("a", "one")).Of(w.instance)
	if _, _, err := p.Activate(t.Context(), rulebook.Proposal{Text: text("two"), By: "ada", Expect: versionOf("one")}); err != nil {
		t.Fatal(err)
	}
	if f, err := p.Fresh(t.Context()); err != nil || nameOf(f) != "two" {
		t.Errorf("in force: %v, %v", f, err)
	}
}
