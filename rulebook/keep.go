package rulebook

import (
	"context"
	"errors"
	"fmt"
	"os"
	"sync/atomic"
	"time"

	"datawald/mapping"
	"datawald/store"
)

// askTime bounds one question which rules are in force; leaveTime the last words of a process.
const (
	askTime   = 10 * time.Second
	leaveTime = 2 * time.Second
)

// told is what a process has said of itself.
type told struct {
	seq     int64
	problem string
	at      time.Time
}

// processes counts the books of this program that speak of themselves: each is a worker of its own.
var processes atomic.Int64

// Begin takes the rules files of this process into force where they are news, and reads what is in force. It is for workers, which
// are what rules are for: a gateway or a command line may have another file, or none. A file that is missing or has problems is an error
// only where nothing else is in force.
func (b *Book) Begin(ctx context.Context) error {
	for _, name := range b.names {
		p := b.pages[name]
		active, taken, err := p.takeFile(ctx)
		if err != nil {
			return fmt.Errorf("rules of %s: %w", name, err)
		}
		f, err := p.turnTo(ctx, active)
		if err != nil {
			return fmt.Errorf("rules of %s: %w", name, err)
		}
		log := b.log.With("instance", name, "rules", f.Version)
		switch {
		case taken && f.Seq > 1:
			log.Warn("the rules file is another one than before: it is in force from now on, for all workers", "file", p.file.Name)
		case taken:
			log.Info("the rules file is in force", "file", p.file.Name)
		case p.file.Rules == nil:
			log.Warn("the rules file cannot be used: the worker goes by the rules that are in force", "file", p.file.Name, "error", p.file.Err, "activated_by", f.By,
				"since", f.Since.Format(time.RFC3339))
		case f.Version != mapping.TextID(p.file.Text):
			log.Warn("the rules file is NOT in force: it was before, and other rules have come since. starter rules activate takes it",
				"file", p.file.Name, "version_of_file", mapping.TextID(p.file.Text), "activated_by", f.By, "since", f.Since.Format(time.RFC3339))
		}
	}
	return nil
}

// takeFile gives what is in force, and whether that is the file because it is news.
func (p *Page) takeFile(ctx context.Context) (active store.Activation, taken bool, err error) {
	if p.file.Rules != nil {
		return p.book.store.TakeRulesFile(ctx, p.ruleFile())
	}
	all, err := p.book.store.ActiveRules(ctx, p.instance)
	if active = all[p.instance]; err == nil && active.Seq == 0 {
		err = fmt.Errorf("none are in force, and the file %s cannot be used: %w", p.file.Name, p.file.Err)
	}
	return active, false, err
}

// Keep asks again and again which rules are in force, one question for all instances, and takes what is new, until ctx ends. It
// notes in the store which version this process works by.
func (b *Book) Keep(ctx context.Context, every time.Duration) {
	worker := fmt.Sprintf("%s %d", machine(), os.Getpid())
	if n := processes.Add(1); n > 1 {
		worker += fmt.Sprintf("/%d", n)
	}
	tick := time.NewTicker(every)
	defer tick.Stop()
	for {
		b.poll(ctx)
		b.tell(ctx, worker)
		select {
		case <-tick.C:
		case <-ctx.Done():
			b.leave(context.WithoutCancel(ctx), worker)
			return
		}
	}
}

// poll asks once. What a process cannot learn leaves it with what it has; that is said once.
func (b *Book) poll(ctx context.Context) {
	asking, cancel := context.WithTimeout(ctx, b.askTime)
	defer cancel()
	active, err := b.store.ActiveRules(asking, b.names...)
	for name, a := range active {
		err = errors.Join(err, b.pages[name].follow(asking, a))
	}
	if ctx.Err() != nil {
		return
	}
	switch {
	case err != nil && !b.silent:
		b.log.Warn("the store does not say which rules are in force: the worker goes on with those it has", "error", err)
	case err == nil && b.silent:
		b.log.Info("the store says again which rules are in force")
	}
	b.silent = err != nil
}

// follow takes what is new; its error is that of the store.
func (p *Page) follow(ctx context.Context, active store.Activation) error {
	before, beforeErr := p.Now()
	f, err := p.turnTo(ctx, active)
	log := p.book.log.With("instance", p.instance, "rules", active.Version)
	if unfit, ok := errors.AsType[*Unfit](err); ok {
		if beforeErr == nil || beforeErr.Error() != unfit.Error() {
			log.Error("this worker does nothing for the instance until it is replaced or other rules are activated", "error", unfit)
		}
		return nil
	}
	if err == nil && (before == nil || before.Seq != f.Seq) {
		log.Info("rules taken", "activated_by", f.By, "since", f.Since.Format(time.RFC3339))
	}
	return err
}

// tell notes what this process works by, when that is news and every so often. It is tried again with the next question.
func (b *Book) tell(ctx context.Context, worker string) {
	for _, name := range b.names {
		p := b.pages[name]
		f, err := p.Now()
		now := told{at: time.Now()}
		t := store.TakenRules{Worker: worker}
		if f != nil {
			now.seq, t.Seq, t.Version = f.Seq, f.Seq, f.Version
		}
		if err != nil {
			now.problem, t.Problem = err.Error(), err.Error()
		}
		if now.seq == p.told.seq && now.problem == p.told.problem && now.at.Sub(p.told.at) < store.RulesHeard {
			continue
		}
		noting, cancel := context.WithTimeout(ctx, b.askTime)
		err = b.store.NoteRulesTaken(noting, name, t)
		cancel()
		if err == nil {
			p.told = now
		}
	}
}

// leave takes the process off the list; one that cannot is forgotten after some minutes.
func (b *Book) leave(ctx context.Context, worker string) {
	ctx, cancel := context.WithTimeout(ctx, leaveTime)
	defer cancel()
	for _, name := range b.names {
		_ = b.store.LeaveRules(ctx, name, worker)
	}
}

// ForActivities gives the rules as the activities want them.
func (p *Page) ForActivities() Live { return Live{p} }

// Live gives the activities the rules as they are in force.
type Live struct{ page *Page }

// Now are the rules that this process has taken last.
func (l Live) Now() (*mapping.Rules, error) { return rulesOf(l.page.Now()) }

// Fresh are those that are in force now, and since when.
func (l Live) Fresh(ctx context.Context) (*mapping.Rules, time.Time, error) {
	f, err := l.page.Fresh(ctx)
	if err != nil {
		return nil, time.Time{}, err
	}
	return f.Rules, f.Since, nil
}

// After are those by which an order goes on that a version decided last.
func (l Live) After(ctx context.Context, version string) (*mapping.Rules, error) {
	return rulesOf(l.page.After(ctx, version))
}

// Passed reports whether a version was replaced by another since this process had it.
func (l Live) Passed(version string) bool { return l.page.Passed(version) }

func rulesOf(f *InForce, err error) (*mapping.Rules, error) {
	if err != nil {
		return nil, err
	}
	return f.Rules, nil
}
