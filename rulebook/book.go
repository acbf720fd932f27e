// Package rulebook says which rules are in force, the same to worker, gateway and starter: the version that was activated last, or
// the rules file while none ever was. It takes a changed file into force when a worker is started with it, and puts versions into
// force that a person activates.
package rulebook

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"datawald/config"
	"datawald/mapping"
	"datawald/store"
)

// InForce is a version of the rules of an instance that is in force, ready to use. It is never changed.
type InForce struct {
	// Activation says since when, by whom and why. Its Seq is 0 while nothing was ever activated: the file counts.
	store.Activation
	Text  string
	Rules *mapping.Rules
}

// ErrNoRules is the error of an instance that has neither an activated version nor a sound file; the error beside it says why.
var ErrNoRules = errors.New("there are no rules")

// Unfit is the error of a version in force that this program cannot use: it was activated by another release.
type Unfit struct {
	Version  string
	Problems error
}

// Error names the version and the first problem.
func (e *Unfit) Error() string {
	first := e.Problems.Error()
	if problems, ok := errors.AsType[mapping.Problems](e.Problems); ok {
		first = problems[0].String()
	}
	return fmt.Sprintf("version %s of the rules is in force and this program cannot use it (is it of an earlier release?): %s", e.Version, first)
}

// Unwrap gives the problems.
func (e *Unfit) Unwrap() error { return e.Problems }

// Book has the rules of the instances of a process. It is safe for concurrent use.
type Book struct {
	store *store.Store
	log   *slog.Logger
	pages map[string]*Page
	names []string
	// silent is true while the store does not answer: it is said once.
	silent bool
	// askTime bounds a question that Keep asks.
	askTime time.Duration
}

// Page has the rules of one instance.
type Page struct {
	book     *Book
	instance string
	file     config.FileRules

	mu  sync.Mutex
	now *InForce
	// unfit is the version in force that cannot be used, nil for none.
	unfit *Unfit
	// had are the versions, as orders name them, that this process works or has worked by, and seen those of orders that it has met.
	had, seen map[string]bool
	// told is what this process has said of itself.
	told told
}

// New makes the book of some instances, each with the rules file of this process. Nothing is read yet.
func New(db *store.Store, files map[string]config.FileRules, log *slog.Logger) *Book {
	b := &Book{store: db, log: log, pages: map[string]*Page{}, askTime: askTime}
	for name, file := range files {
		b.names = append(b.names, name)
		b.pages[name] = &Page{book: b, instance: name, file: file, had: map[string]bool{}, seen: map[string]bool{}}
	}
	return b
}

// Of gives the rules of an instance; those of one that the process does not know are a fault of the program.
func (b *Book) Of(instance string) *Page {
	p := b.pages[instance]
	if p == nil {
		panic("rulebook: no instance " + instance)
	}
	return p
}

// File is the rules file of this process.
func (p *Page) File() config.FileRules { return p.file }

// Fresh asks the store which version is in force and gives it. Its error is ErrNoRules, an *Unfit, or that of the store.
func (p *Page) Fresh(ctx context.Context) (*InForce, error) {
	active, err := p.book.store.ActiveRules(ctx, p.instance)
	if err != nil {
		return nil, err
	}
	return p.turnTo(ctx, active[p.instance])
}

// Now gives the version that this process has taken last, without asking the store. Its error is ErrNoRules, or an *Unfit: rules
// that nobody wants any more do not go on deciding.
func (p *Page) Now() (*InForce, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	switch {
	case p.unfit != nil:
		return nil, p.unfit
	case p.now == nil:
		return nil, fmt.Errorf("%w: the store was not asked yet", ErrNoRules)
	}
	return p.now, nil
}

// turnTo makes an activation the one that the process works by.
func (p *Page) turnTo(ctx context.Context, active store.Activation) (*InForce, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	switch {
	case p.now != nil && p.unfit == nil && p.now.Seq >= active.Seq: // what was read may be older than what is known
		return p.now, nil
	case active.Seq == 0:
		return p.byFile()
	case p.now != nil && p.now.Version == active.Version:
		return p.take(&InForce{Activation: active, Text: p.now.Text, Rules: p.now.Rules}), nil
	case p.unfit != nil && p.unfit.Version == active.Version:
		return nil, p.unfit
	}
	text, err := p.book.store.RulesText(ctx, p.instance, active.Version)
	if err != nil {
		return nil, fmt.Errorf("text of version %s of the rules: %w", active.Version, err)
	}
	rules, err := config.ParseRules([]byte(text))
	if err != nil {
		p.unfit = &Unfit{Version: active.Version, Problems: err}
		return nil, p.unfit
	}
	return p.take(&InForce{Activation: active, Text: text, Rules: rules}), nil
}

func (p *Page) byFile() (*InForce, error) {
	if p.file.Rules == nil {
		if p.file.Err == nil {
			return nil, ErrNoRules
		}
		return nil, fmt.Errorf("%w: %w", ErrNoRules, p.file.Err)
	}
	return p.take(&InForce{Activation: store.Activation{Instance: p.instance, Version: mapping.TextID(p.file.Text), Whence: store.RulesByFile, By: store.RulesByFile},
		Text: p.file.Text, Rules: p.file.Rules}), nil
}

// take notes what the process works by from now on.
func (p *Page) take(f *InForce) *InForce {
	p.now, p.unfit = f, nil
	p.had[f.Rules.ID()] = true
	return f
}

// After gives the rules by which an order goes on that was decided by a version last: if this process never had that one, others
// are ahead of it, and the store is asked. A store that does not answer leaves it with what it has.
func (p *Page) After(ctx context.Context, version string) (*InForce, error) {
	p.mu.Lock()
	behind := version != "" && !p.had[version] && !p.seen[version]
	p.seen[version] = true // asked once: it may be of long ago
	p.mu.Unlock()
	if behind {
		if f, err := p.Fresh(ctx); err == nil {
			return f, nil
		}
	}
	return p.Now()
}

// Passed reports whether this process has worked by a version that is not in force any more.
func (p *Page) Passed(version string) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.had[version] && p.now != nil && p.now.Rules.ID() != version
}
