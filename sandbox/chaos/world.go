package chaos

import (
	"context"
	_ "embed" // for the rules
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"sync/atomic"
	"time"

	"github.com/shopspring/decimal"

	"datawald/sandbox/b1sim"
	"datawald/sandbox/magentosim"
	"datawald/sandbox/process"
	"datawald/sandbox/workshop"
	"datawald/store"
)

// rules post what comes from three stores with a tax world each, in two currencies, and make business partners of some buyers.
//
//go:embed rules.yaml
var rules []byte

const (
	instance    = "main"
	database    = "datawald"
	ledgerTable = "DATAWALD"
	// startShare is the part of the orders that the shop begins with, placed within the last two weeks.
	startShare = 5
	// foreignPercent of one store's orders are in a currency that B1 does not have: they are held on purpose.
	foreignPercent = 2
)

var credentials = magentosim.OAuthCredentials{ConsumerKey: "key", ConsumerSecret: "secret", AccessToken: "token", AccessTokenSecret: "hidden"}

// world is a shop, a company, and all processes of DataWald between them.
type world struct {
	options Options
	say     func(format string, args ...any)
	*workshop.Workshop
	shop     *magentosim.Shop
	company  *b1sim.Company
	web      *http.Server
	shopURL  string
	b1URL    string
	ports    struct{ store, temporal int }
	db       *store.Store
	keeper   *keeper
	recovery *recovery
	rules    []b1sim.Rule
	trouble  tally // of the shop
	away     tally // B1, by the way of it
	wrong    tally // in B1's books, by the fault
	met, due tally // those of wrong that an order met, and that one met or should have met
	holds    tally // that the clerk resumed, by their code
	load     load
	// unready is true while B1's books are not.
	unready atomic.Bool
	// hidden is the number of orders that the shop does not show yet; unpaid are those that never will be paid.
	hidden atomic.Int64
	unpaid map[int64]bool
}

func newWorld(ctx context.Context, o Options, dir string, say func(string, ...any)) (*world, error) {
	w := &world{options: o, say: say, Workshop: workshop.New(dir, o.Bin), unpaid: map[int64]bool{}}
	var err error
	if w.shop, err = magentosim.New(magentosim.Config{Seed: int64(o.Seed), Orders: o.Orders / startShare, ForeignPercent: foreignPercent, OAuth: credentials}); err != nil {
		return nil, err
	}
	if w.company, err = b1sim.New(w.companyConfig()); err != nil {
		return nil, err
	}
	w.recovery = &recovery{company: w.company}
	if err := w.injectFaults(); err != nil {
		return nil, err
	}
	if err := w.serve(); err != nil {
		return nil, err
	}
	if w.ports.store, err = process.FreePort(); err != nil {
		return nil, err
	}
	if w.ports.temporal, err = process.FreePort(); err != nil {
		return nil, err
	}
	w.keeper = w.newKeeper()
	return w, os.WriteFile(filepath.Join(dir, "rules.yaml"), rules, 0o644)
}

func (w *world) companyConfig() b1sim.Config {
	c := b1sim.Config{Seed: w.options.Seed, Knee: knee, Rates: map[string]decimal.Decimal{"EUR": euro},
		Latency: b1sim.Latency{Read: 20 * time.Millisecond, Write: 100 * time.Millisecond, PerLine: 10 * time.Millisecond}}
	for _, sku := range magentosim.Catalogue() {
		c.Items = append(c.Items, b1sim.Item{Code: sku, Name: sku, Sales: true})
	}
	if w.options.Ledger {
		c.UserTables = []b1sim.UserTable{{Name: ledgerTable, Description: "DataWald: one row for each order"}}
	}
	return c
}

// serve lets both simulators listen.
func (w *world) serve() error {
	shop, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	b1, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return errors.Join(err, shop.Close())
	}
	w.web = &http.Server{Handler: w.shop, ReadHeaderTimeout: 10 * time.Second}
	w.shopURL, w.b1URL = "http://"+shop.Addr().String(), "http://"+b1.Addr().String()+"/b1s/v2"
	go func() { _ = w.web.Serve(shop) }()   // ends with close
	go func() { _ = w.company.Serve(b1) }() // ends with close
	return nil
}

// start brings up the servers, the schedule, and then the workers.
func (w *world) start(ctx context.Context) error {
	for _, name := range []string{partStore, partTemporal} {
		if err := w.keeper.parts[name].begin(ctx); err != nil {
			return err
		}
	}
	var err error
	if w.db, err = store.Open(ctx, w.mongoURI(), database); err != nil {
		return err
	}
	if err := w.apply(ctx); err != nil {
		return err
	}
	for name, p := range w.keeper.parts {
		if name != partStore && name != partTemporal {
			if err := p.begin(ctx); err != nil {
				return err
			}
		}
	}
	return nil
}

// apply sets the schedule up. Temporal listens before its namespace is there.
func (w *world) apply(ctx context.Context) (err error) {
	for range 20 {
		if err = w.starter(ctx, "apply"); err == nil || ctx.Err() != nil {
			return err
		}
		sleep(ctx, 500*time.Millisecond)
	}
	return err
}

// starter runs a command as an operator would.
func (w *world) starter(ctx context.Context, args ...string) error {
	ctx, cancel := context.WithTimeout(ctx, 30*time.Second)
	defer cancel()
	cmd := exec.CommandContext(ctx, filepath.Join(w.Bin, "starter"), args...)
	cmd.Env = append(os.Environ(), w.environment()...)
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("starter %s: %w\n%s", args[0], err, out)
	}
	return nil
}

func (w *world) mongoURI() string { return fmt.Sprintf("mongodb://127.0.0.1:%d/", w.ports.store) }

// environment are the settings of worker and starter. The times are short, so that a run of minutes sees many of them.
func (w *world) environment() []string {
	env := []string{
		"MONGODB_URI=" + w.mongoURI(), "MONGODB_DATABASE=" + database, "INSTANCES=" + instance,
		fmt.Sprintf("TEMPORAL_ADDRESS=127.0.0.1:%d", w.ports.temporal), "TEMPORAL_NAMESPACE=default", "TEMPORAL_TASK_QUEUE=datawald",
		"SYNC_INTERVAL=1s", "SYNC_WINDOW=200", "RULES_FILE=" + filepath.Join(w.Dir, "rules.yaml"), "WORKER_STOP_TIMEOUT=20s",
		"MAGENTO_URL=" + w.shopURL, "MAGENTO_SETTLE=1s", "MAGENTO_OVERLAP=10s", "MAGENTO_TIMEOUT=5s",
		"MAGENTO_CONSUMER_KEY=" + credentials.ConsumerKey, "MAGENTO_CONSUMER_SECRET=" + credentials.ConsumerSecret,
		"MAGENTO_ACCESS_TOKEN=" + credentials.AccessToken, "MAGENTO_ACCESS_TOKEN_SECRET=" + credentials.AccessTokenSecret,
		"B1_URL=" + w.b1URL, "B1_COMPANY_DB=SBODEMOUS", "B1_USER=manager", "B1_PASSWORD=sandbox",
		"B1_TIMEOUT=" + b1Timeout.String(), "B1_SETTLE=500ms", "B1_LOOKS=3", fmt.Sprintf("B1_MAX_CALLS=%d", maxCalls),
	}
	if w.options.Ledger {
		return append(env, "B1_LEDGER_TABLE="+ledgerTable)
	}
	return append(env, "B1_LEDGER_TABLE=") // whatever is set outside
}

// Limits of each worker.
const (
	b1Timeout = 2 * time.Second
	maxCalls  = 8
	// knee is how many calls B1 bears at full speed: half of what the workers may make together, so that they have to find out.
	knee = 8
)

// close ends everything that was started. It may be called more than once.
func (w *world) close() {
	w.Close()
	if w.db != nil {
		ctx, cancel := context.WithTimeout(context.Background(), time.Second)
		defer cancel()
		_ = w.db.Close(ctx) // its server is gone
		w.db = nil
	}
	_ = w.web.Close()
	_ = w.company.Close()
}

// starting bounds the start of a server on a busy machine.
const starting = 90 * time.Second

// sleep waits, and reports false when ctx has ended.
func sleep(ctx context.Context, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}
