package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"testing"
	"time"

	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/log"

	"datawald/order"
	"datawald/sandbox/b1sim"
	"datawald/sandbox/process"
	"datawald/sandbox/testkit"
	"datawald/sandbox/workshop"
	"datawald/store"
	"datawald/workflows"
)

// server is one of the programs that everything stands on: with files of its own, and a port that it keeps when it is started
// again.
type server struct {
	t       *testing.T
	name    string
	dir     string
	address string
	args    []string
	ready   func(context.Context) error
	running *process.Process
}

// newServer starts a server. args are made of the folder and the port.
func newServer(t *testing.T, name string, args func(dir, port string) []string, ready func(address string) func(context.Context) error) *server {
	t.Helper()
	port, err := process.FreePort()
	if err != nil {
		t.Fatal(err)
	}
	s := &server{t: t, name: name, dir: t.TempDir(), address: fmt.Sprintf("127.0.0.1:%d", port)}
	s.args, s.ready = args(s.dir, strconv.Itoa(port)), ready(s.address)
	s.start()
	t.Cleanup(func() { s.running.Stop(10 * time.Second) })
	return s
}

// start starts it and waits until it is ready. Temporal takes ports of its own beside ours, and ends when another has got one of them first:
// then it is started again.
func (s *server) start() {
	s.t.Helper()
	var err error
	for range 3 {
		if err = s.startOnce(); err == nil {
			return
		}
		select {
		case <-s.running.Done():
		default:
			s.t.Fatal(err)
		}
	}
	s.t.Fatal(err)
}

func (s *server) startOnce() error {
	s.t.Helper()
	p, err := process.Start(process.Spec{Name: s.name, Path: filepath.Join(testkit.Root(), "bin", s.name), Args: s.args})
	if err != nil {
		s.t.Fatal(err)
	}
	s.running = p
	ctx, cancel := context.WithTimeout(s.t.Context(), 90*time.Second)
	defer cancel()
	return p.WaitFor(ctx, s.ready)
}

// killAndRestart is SIGKILL, and a start on the same files and port.
func (s *server) killAndRestart() {
	s.t.Helper()
	s.running.Kill()
	s.start()
}

// newMongo starts the embedded store.
func newMongo(t *testing.T) *server {
	t.Helper()
	return newServer(t, "mongod", func(dir, port string) []string {
		return []string{"--dbpath", dir, "--port", port, "--bind_ip", "127.0.0.1"}
	}, process.Listening)
}

// newTemporal starts the embedded Temporal server on a file, as the sandbox does.
func newTemporal(t *testing.T) *server {
	t.Helper()
	return newServer(t, "temporal", func(dir, port string) []string {
		return append([]string{"server", "start-dev", "--headless", "--ip", "127.0.0.1", "--port", port}, workshop.TemporalState(filepath.Join(dir, "temporal.db"))...)
	}, func(address string) func(context.Context) error {
		return func(ctx context.Context) error {
			c, err := client.DialContext(ctx, client.Options{HostPort: address, Logger: log.NewStructuredLogger(testkit.Silent())})
			if err == nil {
				c.Close()
			}
			return err
		}
	})
}

// forget deletes all that the server knew, and starts it again.
func (s *server) forget() {
	s.t.Helper()
	s.running.Kill()
	if err := os.RemoveAll(s.dir); err != nil {
		s.t.Fatal(err)
	}
	if err := os.MkdirAll(s.dir, 0o755); err != nil {
		s.t.Fatal(err)
	}
	s.start()
}

// newCrashWorldOn is a crash world on servers of its own; nil stands for those of all tests.
func newCrashWorldOn(t *testing.T, m mode, mongo, temporal *server, more int) *crashWorld {
	t.Helper()
	w := unbuilt(t)
	if m == ledgerMode {
		w.ledger = "DW_LEDGER"
	}
	if mongo == nil {
		w.db, w.database = testkit.Database(t)
		w.mongoURI = testkit.MongoURI(t)
	} else {
		w.keepIn(mongo)
	}
	address := testkit.TemporalAddress(t)
	if temporal != nil {
		address = temporal.address
	}
	w.temporal = dial(t, address)
	w.furnish(crashShop, address)
	c := &crashWorld{world: w}
	c.fill(more)
	return c
}

// keepIn gives the world a database in a store of its own.
func (w *world) keepIn(mongo *server) {
	w.t.Helper()
	w.mongoURI, w.database = "mongodb://"+mongo.address+"/", testkit.Name(w.t)
	var err error
	if w.db, err = store.Open(w.t.Context(), w.mongoURI, w.database); err != nil {
		w.t.Fatal(err)
	}
	w.t.Cleanup(func() { _ = w.db.Close(context.WithoutCancel(w.t.Context())) }) // its server goes with the test as well
}

// dial connects to a Temporal server.
func dial(t *testing.T, address string) client.Client {
	t.Helper()
	c, err := client.DialContext(t.Context(), client.Options{HostPort: address, Logger: log.NewStructuredLogger(testkit.Silent())})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	return c
}

// The store, or Temporal, is killed (SIGKILL) again and again while orders flow, and comes back with what it had written.
func TestCrash_AServerDiesWhileOrdersFlow(t *testing.T) {
	t.Parallel()
	program := buildWorker(t)
	sideBySide(t, atOnce, []string{"the store", "Temporal"}, func(t *testing.T, name string) {
		mongo, temporal := newMongo(t), newTemporal(t)
		victim := map[string]*server{"the store": mongo, "Temporal": temporal}[name]
		c := newCrashWorldOn(t, plain, mongo, temporal, 22)
		c.company.SetLatency(b1sim.Latency{Read: 20 * time.Millisecond, Write: 150 * time.Millisecond})
		c.startProcess(program)
		c.start("SyncOrders", workflows.SyncOrdersID(c.instance), workflows.SyncOrdersInput{Instance: c.instance})
		for _, posted := range []int64{1, 8, 16} {
			c.eventually("more orders are posted", func() bool { return c.counts()[order.Posted] >= posted })
			victim.killAndRestart()
		}
		c.settle()
		c.check()
	})
}

// Temporal's database is lost entirely, with orders in every state in between: claimed, sent without an answer, a draft, held,
// and not read yet. The queue, the claims and the intents are in the store; the schedule is applied anew, and all come to their end.
func TestCrash_TemporalLosesAllItKnew(t *testing.T) {
	t.Parallel()
	program, brittle, starter := buildWorker(t), buildBrittleWorker(t), build(t, "starter")
	points := []string{"claimed:3", "sending:4", "answered:2", "recorded:3", "page_staged", "partner_answered", "telling_written"}
	inEachMode(t, points, func(t *testing.T, m mode, point string) {
		temporal := newTemporal(t)
		c := newCrashWorldOn(t, m, nil, temporal, 0)
		worker := c.startArmed(brittle, point)
		c.start("SyncOrders", workflows.SyncOrdersID(c.instance), workflows.SyncOrdersInput{Instance: c.instance})
		awaitDeath(t, worker, point)
		c.want[c.placeIn("processing", "simple").IncrementID] = order.Posted
		c.before = c.shopOrdersBut(c.before)
		temporal.forget()
		c.startProcess(program)
		c.operate(starter, "apply")
		c.settleBy(func() {}) // by the schedule alone
		c.check()
	})
}

// shopOrdersBut adds orders that were placed since to what the shop had of the others.
func (w *world) shopOrdersBut(before map[int64]shopOrder) map[int64]shopOrder {
	for id, o := range w.shopOrders() {
		if _, known := before[id]; !known {
			before[id] = o
		}
	}
	return before
}
