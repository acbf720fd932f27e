package rulebook

import (
	"context"
	"errors"
	"os"
	"path/filepath"

	"datawald/config"
	"datawald/mapping"
	"datawald/store"
)

// Proposal is a version that a person wants in force.
type Proposal struct {
	Text string
	// Rules are those of Text, where they were read already.
	Rules *mapping.Rules
	// By is who, Reason why.
	By, Reason string
	// Expect is the version that he saw in force.
	Expect string
}

// ErrInForce is the error of a version that is in force already.
var ErrInForce = errors.New("these rules are in force already")

// Activate puts a version into force, and gives what was before and what is now. Its error is of type mapping.Problems for rules
// that have problems, ErrInForce, or a *store.RulesMoved when another version is in force than was expected.
func (p *Page) Activate(ctx context.Context, w Proposal) (before, now *InForce, err error) {
	rules := w.Rules
	if rules == nil {
		if rules, err = config.ParseRules([]byte(w.Text)); err != nil {
			return nil, nil, err
		}
	}
	before, version, err := p.check(ctx, w)
	if err != nil {
		return before, nil, err
	}
	n := store.NewRules{Instance: p.instance, Version: version, Text: w.Text, By: w.By, Reason: w.Reason}
	if before.Seq == 0 && before.Version != "" {
		file := p.ruleFile()
		n.Before = &file
	}
	active, err := p.book.store.ActivateRules(ctx, n, before.Version)
	if err != nil {
		return before, nil, err
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	return before, p.take(&InForce{Activation: active, Text: w.Text, Rules: rules}), nil
}

// Check reports why a proposal would not be activated, as things are now: with a *store.RulesMoved, ErrInForce, or the error of the
// store. It changes nothing, and does not look at the rules themselves.
func (p *Page) Check(ctx context.Context, w Proposal) (before *InForce, err error) {
	before, _, err = p.check(ctx, w)
	return before, err
}

func (p *Page) check(ctx context.Context, w Proposal) (before *InForce, version string, err error) {
	if before, err = p.base(ctx); err != nil {
		return nil, "", err
	}
	version = mapping.TextID(w.Text)
	switch {
	case w.Expect != before.Version && w.Expect != before.ruleVersion():
		moved := before.Activation
		if moved.Seq == 0 && moved.Version != "" {
			moved.Reason = p.ruleFile().Reason
		}
		return before, "", &store.RulesMoved{Active: moved}
	case version == before.Version:
		return before, "", ErrInForce
	}
	return before, version, nil
}

// ruleVersion is the version as orders name it, with the company's hooks.
func (f *InForce) ruleVersion() string {
	if f.Rules == nil {
		return f.Version
	}
	return f.Rules.ID()
}

// base is what is in force before an activation: the file while nothing was ever activated; without any, or with a version that this
// program cannot use, there is the activation alone.
func (p *Page) base(ctx context.Context) (*InForce, error) {
	f, err := p.Fresh(ctx)
	if err == nil {
		return f, nil
	}
	if _, ok := errors.AsType[*Unfit](err); !ok && !errors.Is(err, ErrNoRules) {
		return nil, err
	}
	active, err := p.book.store.ActiveRules(ctx, p.instance)
	return &InForce{Activation: active[p.instance]}, err
}

// ruleFile is the file as the store knows it.
func (p *Page) ruleFile() store.RulesFile {
	path, err := filepath.Abs(p.file.Name)
	if err != nil {
		path = p.file.Name
	}
	host := machine()
	return store.RulesFile{Instance: p.instance, Version: mapping.TextID(p.file.Text), Text: p.file.Text, Place: host + ":" + path,
		Reason: "the file " + filepath.Base(p.file.Name) + " of " + host}
}

func machine() string {
	host, err := os.Hostname()
	if err != nil {
		return "a machine without a name"
	}
	return host
}
