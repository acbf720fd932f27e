package b1sim

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net"
	"net/http"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/shopspring/decimal"
)

// Company is one simulated company behind its Service Layer. It is safe for concurrent use.
type Company struct {
	cfg       Config
	money     money
	warehouse string // of lines that name none

	mu       sync.RWMutex // guards tables, settings and the journal
	tables   map[string]*table
	settings settings
	journal  *journal

	shown    atomic.Pointer[shown]
	tongue   atomic.Pointer[string] // language of error texts
	sessions *sessions
	faults   *faults
	outage   outage
	meter    *meter
	pace     *pace

	servers sync.Map      // *http.Server running in Serve
	done    chan struct{} // closed by Close, ends every wait
	closing sync.Once
}

// settings are the rules that a test or the control address changes while the company runs.
type settings struct {
	approval Approval
	openFrom string // first and last day of the open posting periods; "" for no bound
	openTo   string
	rates    map[string]decimal.Decimal
	rights   Rights
	password string
}

// shown is what the Service Layer has in its metadata: entity sets and user fields. It is replaced as a whole.
type shown struct {
	sets   map[string]*entitySet
	fields catalog
}

// New builds a company, and restores what its state file holds.
func New(cfg Config) (*Company, error) {
	cfg = cfg.withDefaults()
	if err := cfg.validate(); err != nil {
		return nil, err
	}
	c := &Company{
		cfg:       cfg,
		money:     moneyOf(cfg),
		warehouse: slices.Min(slices.Collect(maps.Keys(cfg.Warehouses))),
		tables:    map[string]*table{},
		settings: settings{
			approval: cfg.Approval, openFrom: cfg.OpenFrom, openTo: cfg.OpenTo, rates: cfg.Rates, password: cfg.Password,
		},
		sessions: newSessions(cfg.SessionTimeout, cfg.Now),
		faults:   newFaults(cfg.Seed),
		meter:    newMeter(),
		done:     make(chan struct{}),
	}
	c.SetLanguage(cfg.Language)
	c.pace = newPace(cfg.Latency, cfg.Knee, c.done)
	for _, set := range standardSets {
		c.tables[set.name] = newTable(set)
	}
	if err := c.seed(); err != nil {
		return nil, err
	}
	c.refresh()
	if err := c.restore(); err != nil {
		return nil, err
	}
	return c, nil
}

// restore replays the state file over the configured master data.
func (c *Company) restore() error {
	if c.cfg.StateFile == "" {
		return nil
	}
	j, err := openJournal(c.cfg.StateFile, c.replay)
	c.journal = j
	return err
}

// replay applies one recorded commit.
func (c *Company) replay(entries []entry) error {
	for _, e := range entries {
		t := c.tables[e.Set]
		if t == nil {
			return fmt.Errorf("unknown entity set %q", e.Set)
		}
		if e.Row == nil {
			t.remove(e.Key)
			continue
		}
		object, err := decodeObject(e.Row)
		if err != nil {
			return err
		}
		r, err := reader{fields: c.shown.Load().fields, trusted: true}.row(t.set.typ, object)
		if err != nil {
			return err
		}
		t.put(r)
		if t.set.isMetadata() {
			c.refresh()
		}
	}
	return nil
}

// Restart restarts the Service Layer: sessions are gone, new user fields and tables become visible. The database is
// another machine and keeps its data.
func (c *Company) Restart() {
	c.sessions.dropAll()
	c.mu.Lock()
	defer c.mu.Unlock()
	c.refresh()
}

// ExpireSessions ends every session, as an idle timeout does.
func (c *Company) ExpireSessions() { c.sessions.dropAll() }

// SetApproval changes the approval procedure.
func (c *Company) SetApproval(a Approval) { c.set(func(s *settings) { s.approval = a }) }

// SetPostingPeriod opens the posting periods from one day to another (2006-01-02) and locks the rest; an empty text is
// no bound.
func (c *Company) SetPostingPeriod(from, to string) {
	c.set(func(s *settings) { s.openFrom, s.openTo = from, to })
}

// SetLanguage changes the language of error texts to "en" or "es".
func (c *Company) SetLanguage(language string) { c.tongue.Store(&language) }

// SetRate enters an exchange rate: local units for one foreign unit. Zero takes the day's rate away.
func (c *Company) SetRate(currency string, rate decimal.Decimal) {
	c.set(func(s *settings) {
		rates := map[string]decimal.Decimal{currency: rate}
		for name, other := range s.rates {
			if name != currency {
				rates[name] = other
			}
		}
		s.rates = rates
	})
}

// SetLatency changes how long calls take.
func (c *Company) SetLatency(l Latency) { c.pace.set(l) }

// SetKnee changes the number of calls that progress at full speed; 0 removes the knee.
func (c *Company) SetKnee(calls int) { c.pace.setKnee(calls) }

func (c *Company) set(change func(*settings)) {
	c.mu.Lock()
	defer c.mu.Unlock()
	change(&c.settings)
}

// Serve answers on a listener until Close, and closes idle connections after KeepAlive. It returns nil when ended by
// Close.
func (c *Company) Serve(l net.Listener) error {
	server := &http.Server{
		Handler:           c,
		IdleTimeout:       c.cfg.KeepAlive,
		ReadHeaderTimeout: 30 * time.Second,
		TLSConfig:         c.cfg.TLS,
		ConnContext:       countRequests,
		Protocols:         new(http.Protocols),
	}
	server.Protocols.SetHTTP1(true) // all that the Apache in front of B1 speaks
	c.servers.Store(server, nil)
	defer c.servers.Delete(server)
	select {
	case <-c.done:
		return l.Close()
	default:
	}
	serve := server.Serve
	if c.cfg.TLS != nil {
		serve = func(l net.Listener) error { return server.ServeTLS(l, "", "") }
	}
	if err := serve(l); !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return nil
}

// Close ends waiting calls, stops the servers of Serve and closes the state file.
func (c *Company) Close() error {
	var err error
	c.closing.Do(func() {
		close(c.done)
		c.servers.Range(func(key, _ any) bool {
			err = errors.Join(err, stop(key.(*http.Server)))
			return true
		})
		c.mu.Lock()
		defer c.mu.Unlock()
		err = errors.Join(err, c.journal.close())
	})
	return err
}

// stop lets running answers go out for a moment, then cuts what is left.
func stop(server *http.Server) error {
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Second)
	defer cancel()
	if server.Shutdown(ctx) == nil {
		return nil
	}
	return server.Close()
}
