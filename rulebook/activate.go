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
	if before, err = p.base(ctx); err != nil {
		return nil, nil, err
	}
	was, version := before.Version, mapping.TextID(w.Text)
	if w.Expect != was && w.Expect != before.ruleVersion() {
		return before, nil, &store.RulesMoved{Active: before.Activation}
	}
	if version == was {
		return before, nil, ErrInForce
	}
	active, err := p.book.store.ActivateRules(ctx, store.NewRules{Instance: p.instance, Version: version, Text: w.Text, By: w.By, Reason: w.Reason}, was)
	if err != nil {
		return before, nil, err
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	return before, p.take(&InForce{Activation: active, Text: w.Text, Rules: rules}), nil
}

// ruleVersion is the version as orders name it, with the company's hooks.
func (f *InForce) ruleVersion() string {
	if f.Rules == nil {
		return f.Version
	}
	return f.Rules.ID()
}

// base is what is in force before an activation. A file that counts because nothing was ever activated is written down first, so
// that one can go back to it; without any, or with a version that this program cannot use, there is the activation alone.
func (p *Page) base(ctx context.Context) (*InForce, error) {
	f, err := p.Fresh(ctx)
	switch {
	case err == nil && f.Seq > 0:
		return f, nil
	case err == nil:
		return p.record(ctx)
	}
	if _, ok := errors.AsType[*Unfit](err); !ok && !errors.Is(err, ErrNoRules) {
		return nil, err
	}
	active, err := p.book.store.ActiveRules(ctx, p.instance)
	return &InForce{Activation: active[p.instance]}, err
}

// record writes down the file, and gives what is in force then.
func (p *Page) record(ctx context.Context) (*InForce, error) {
	active, _, err := p.book.store.TakeRulesFile(ctx, p.ruleFile())
	if err != nil {
		return nil, err
	}
	return p.turnTo(ctx, active)
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
