package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"os"
	"slices"
	"time"

	"github.com/kelseyhightower/envconfig"

	"datawald/config"
	"datawald/sandbox/b1sim"
	"datawald/sandbox/checker"
	"datawald/sandbox/magentosim"
	"datawald/store"
)

// checkCommand compares the books of a running sandbox.
type checkCommand struct {
	JSON        bool          `help:"Print the report as one line of JSON."`
	LedgerLater bool          `help:"The ledger was switched on later: documents older than the first with a row are let be."`
	Patience    time.Duration `default:"1m" help:"How long an order may be pending, and the shop not be read, before that is a violation; two intervals of the schedule at least."`
	Lines       bool          `default:"true" negatable:"" help:"Compare lines, tax and buyers with what was bought. Switch it off for rules that book rows otherwise than each under its SKU, or buyers of one account under several business partners."`
}

// Help is the long form of the command's help.
func (checkCommand) Help() string {
	return `Asks the store and both simulators, and demands that they agree: each order in one named state, each posted one in B1 once and with its total, items, quantities, amounts, tax and business partner, nothing else in B1.

Orders may come in meanwhile. One that changed in the shop after the latest reading that came to its end may be missing in the store, as long as the shop is read; one that came in less than --patience ago may be pending; and what does not agree is looked at a second time, in all three books, before it is told.

It does not ask the rules whether an order belongs into its state. This, and what else was not compared, is said in lines that begin with "not checked".

Exit code 1 when something does not agree; every violation is on a line of its own.`
}

// checked are the settings beside those of the sandbox.
type checked struct {
	config.Instances
	Database string `envconfig:"MONGODB_DATABASE" default:"datawald"`
	// Ledger is the user table of B1 that every order is written into as well.
	Ledger string `envconfig:"B1_LEDGER_TABLE"`
	// Stores and SyncFrom are which orders are read: those of some stores, and those changed since a day.
	Stores   []int64 `envconfig:"MAGENTO_STORES"`
	SyncFrom string  `envconfig:"MAGENTO_SYNC_FROM"`
	// Settle is how far reading stays behind the shop's clock.
	Settle time.Duration `envconfig:"MAGENTO_SETTLE" default:"5s"`
}

// reads reports whether the connector is to read an order.
func (c checked) reads(p magentosim.Placed) bool {
	return (len(c.Stores) == 0 || slices.Contains(c.Stores, p.StoreID)) && p.UpdatedAt >= c.SyncFrom // "2026-01-31 08:00:00" is after "2026-01-31"
}

// Run compares and prints.
func (c checkCommand) Run(ctx context.Context) error {
	s, err := loadSettings()
	if err != nil {
		return err
	}
	var with checked
	if err := envconfig.Process("", &with); err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, 2*time.Minute)
	defer cancel()
	db, err := store.Open(ctx, s.mongoURI(), with.Database)
	if err != nil {
		return err
	}
	defer db.Close(context.WithoutCancel(ctx))
	report, err := c.lookTwice(ctx, s, with, db)
	if err != nil {
		return err
	}
	if c.JSON {
		err = json.NewEncoder(os.Stdout).Encode(report)
	} else {
		err = report.Text(os.Stdout)
	}
	if err == nil && !report.OK() {
		return errors.New("the books do not agree")
	}
	return err
}

// lookTwice compares, and once more when something does not agree: what does not the second time either is in the report.
func (c checkCommand) lookTwice(ctx context.Context, s *settings, with checked, db *store.Store) (*checker.Report, error) {
	first, err := c.compare(ctx, s, with, db)
	if err != nil || first.OK() {
		return first, err
	}
	again, err := c.compare(ctx, s, with, db)
	if err != nil {
		return nil, err
	}
	return first.Persists(again), nil
}

// compare reads the three books, the store before the others: what it says is in them then.
func (c checkCommand) compare(ctx context.Context, s *settings, with checked, db *store.Store) (*checker.Report, error) {
	instance := with.InstanceNames[0]
	read, err := db.Progress(ctx, instance, store.TaskOrders)
	if err != nil {
		return nil, err
	}
	staged, err := db.ListAll(ctx, store.Filter{Instance: instance})
	if err != nil {
		return nil, err
	}
	books, err := s.books(ctx, with, c.Lines)
	if err != nil {
		return nil, err
	}
	books.Store, books.Staged, books.LedgerLater = db, append([]store.Staged{}, staged...), c.LedgerLater
	since := time.Now().Add(-max(c.Patience, 2*s.SyncInterval))
	books.Due = func(p magentosim.Placed) bool { return with.due(p, read.CaughtUp) }
	books.InHand = func(s store.Staged) bool { return s.StagedAt.After(since) || s.ChangedAt.After(since) }
	report, err := checker.Compare(ctx, books)
	if err == nil && report.Early > 0 && read.Latest.Began.Before(since) {
		report.Violations = append(report.Violations, checker.Violation{Kind: checker.Unsettled, Key: instance,
			What: fmt.Sprintf("%d orders of the shop are not read; the latest reading began at %s", report.Early, read.Latest.Began.Format(time.DateTime))})
	}
	return report, err
}

// due reports whether an order must have been read: it had changed when the latest reading began that came to its end.
func (c checked) due(p magentosim.Placed, last store.Reading) bool {
	upTo := last.ShopTime
	if upTo.IsZero() {
		upTo = last.Reach.UpdatedAt
	}
	return p.UpdatedAt < upTo.Add(-c.Settle).UTC().Format(time.DateTime) // of the last second itself not all rows were there
}

// books asks both simulators for theirs. The sandbox has one shop, and its instance is the first.
func (s *settings) books(ctx context.Context, with checked, lines bool) (checker.Books, error) {
	b := checker.Books{Instance: with.InstanceNames[0], Read: with.reads}
	var shop struct{ Placed []magentosim.Placed }
	if err := fetch(ctx, "http://"+s.Magento+"/state", &shop); err != nil {
		return b, err
	}
	var company b1sim.State
	if err := fetch(ctx, "http://"+s.B1+"/state", &company); err != nil {
		return b, err
	}
	b.Placed, b.Orders, b.Drafts, b.Partners = shop.Placed, company.Orders, company.Drafts, company.Partners
	if lines {
		if err := fetch(ctx, "http://"+s.Magento+"/state/sold", &b.Sold); err != nil {
			return b, err
		}
	}
	if with.Ledger != "" {
		b.Ledger = append([]string{}, company.UserTables[with.Ledger]...)
	}
	return b, nil
}

func fetch(ctx context.Context, url string, into any) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return err
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return fmt.Errorf("%w (make run starts the sandbox)", err)
	}
	defer res.Body.Close()
	if res.StatusCode != http.StatusOK {
		return fmt.Errorf("GET %s: %s", url, res.Status)
	}
	return json.NewDecoder(res.Body).Decode(into)
}
