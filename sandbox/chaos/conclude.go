package chaos

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"datawald/order"
	"datawald/sandbox/b1sim"
	"datawald/sandbox/checker"
	"datawald/store"
)

// conclude ends the trouble and the workers, waits until B1 has nothing in hand, and compares the books.
func (w *world) conclude(ctx context.Context, r *Result) (*Result, error) {
	w.company.ClearFaults()
	w.shop.ClearFaults()
	if err := w.company.SetOutage(b1sim.NoOutage); err != nil {
		return nil, err
	}
	w.keeper.stopWorkers()
	if err := w.storeAgain(ctx); err != nil {
		return nil, err
	}
	r.Busy = w.idle(ctx)
	r.Repeat, r.Seed, r.Ledger, r.KillEvery = w.options.repeat(), w.options.Seed, w.options.Ledger, w.options.KillEvery.Seconds()
	r.Holds, r.ShopFaults, r.Outages, r.Troubles, r.TroublesMet, r.TroublesDue = w.holds.all(), w.trouble.all(), w.away.all(), w.wrong.all(), w.met.all(), w.due.all()
	r.Recovery, r.MaxAllowed, r.Knee = w.recovery.times(), w.options.Workers*maxCalls, knee
	if err := w.compare(ctx, r); err != nil {
		return nil, err
	}
	w.count(r)
	return r, w.attempts(ctx, r)
}

// idle waits until B1 has no call in hand: one that a killed worker or a timeout has left behind may still make an order, and would
// make it after the books were compared. It gives the calls that B1 has after half a minute, ten times what the longest takes.
func (w *world) idle(ctx context.Context) int {
	limit, cancel := context.WithTimeout(ctx, 30*time.Second)
	defer cancel()
	for w.company.Traffic().Active > 0 && sleep(limit, 20*time.Millisecond) {
	}
	return w.company.Traffic().Active
}

// storeAgain starts the store when the last kill was its.
func (w *world) storeAgain(ctx context.Context) error {
	p := w.keeper.parts[partStore]
	if !p.alive() {
		if err := p.begin(ctx); err != nil {
			return err
		}
	}
	var err error
	for range 10 {
		if err = w.db.Ping(ctx); err == nil || ctx.Err() != nil {
			return err
		}
	}
	return fmt.Errorf("the store does not come back: %w", err)
}

func (w *world) compare(ctx context.Context, r *Result) error {
	sold, err := w.shop.Sold()
	if err != nil {
		return err
	}
	books := checker.Books{Instance: instance, Placed: w.shop.Orders(), Store: w.db, Orders: w.company.Orders(), Drafts: w.company.Drafts(), Want: want,
		Sold: sold, Partners: w.company.Partners(), Partner: buyer}
	if w.options.Ledger {
		books.Ledger = w.company.Codes(ledgerTable)
		r.LedgerRows = len(books.Ledger)
	}
	report, err := checker.Compare(ctx, books)
	if err != nil {
		return err
	}
	r.Orders, r.States, r.Lines, r.Partly, r.NotChecked = report.Placed, report.States, report.Lines, report.Partly, report.NotChecked
	r.Violations = append(report.Violations, twicePartners(books)...)
	r.Euro = euros(books.Placed)
	for code, n := range r.Holds {
		if explained[code] == nil {
			r.Violations = append(r.Violations, checker.Violation{Kind: "hold", Key: code, What: fmt.Sprintf("%d times an order that should be posted was held for it", n)})
		}
	}
	all := checker.Report{Violations: r.Violations}
	r.Lost, r.Duplicated, r.WrongTotals = all.Count(checker.Lost), all.Count(checker.Duplicated), all.Count(checker.WrongTotal)
	return nil
}

// count takes down what struck and what was called.
func (w *world) count(r *Result) {
	_, struck := w.company.Faults()
	r.Faults = map[string]int{}
	for fault, n := range struck {
		r.Faults[string(fault)] = n
	}
	r.Kills, r.Processes = map[string]int{}, map[string]int{}
	for name, p := range w.keeper.parts {
		r.Kills[kindOf(name)] += p.kills
		r.Processes[kindOf(name)]++
	}
	traffic := w.company.Traffic()
	r.Sent, r.Made, r.MaxCalls, r.MaxWaiting = traffic.Calls["POST Orders"], w.company.Count(), traffic.MaxConcurrency, traffic.MaxWaiting
	if w.options.Ledger {
		r.Sent += traffic.Calls["POST $batch"]
	}
	r.Partners = len(madePartners(w.company.Partners()))
	r.Unanswered = unanswered(w.rules, w.options.Ledger)
	r.Expected = expected(w.rules, traffic.Calls, r.Made, r.Partners)
}

func (w *world) attempts(ctx context.Context, r *Result) error {
	docs, err := w.db.ListAll(ctx, store.Filter{Instance: instance})
	if err != nil {
		return err
	}
	for _, doc := range docs {
		r.Attempts += doc.Attempts
	}
	return nil
}

// keep leaves what is known of every order at fault beside the logs.
func (w *world) keep(r *Result) error {
	type story struct {
		checker.Violation
		Staged *store.Staged `json:"staged"`
		InB1   []b1sim.Order `json:"in_b1"`
	}
	var stories []story
	for n, v := range r.Violations {
		if n == 200 { // the first tell enough
			break
		}
		s := story{Violation: v}
		if key, err := order.ParseKey(v.Key); err == nil {
			s.Staged, _ = w.db.Get(context.Background(), key) // it may be lost
			s.InB1 = w.inB1(key.IncrementID())
		}
		stories = append(stories, s)
	}
	text, err := json.MarshalIndent(stories, "", "  ")
	if err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(w.Dir, "violations.json"), text, 0o644)
}

// inB1 are the documents of B1 with a number.
func (w *world) inB1(number string) (found []b1sim.Order) {
	for _, o := range append(w.company.Orders(), w.company.Drafts()...) {
		if o.Key == number {
			found = append(found, o)
		}
	}
	return found
}
