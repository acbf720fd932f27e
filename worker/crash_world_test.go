package main

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"datawald/activities/failpoint"
	"datawald/mapping"
	"datawald/order"
	"datawald/sandbox/b1sim"
	"datawald/sandbox/magentosim"
	"datawald/sandbox/process"
	"datawald/sandbox/testkit"
)

// crashWorld is a world whose orders pass every step that there is: buyers are created with contact persons, and Magento is
// told. It knows where each order belongs in the end.
type crashWorld struct {
	*world
	want   map[string]order.Status // by increment id
	before map[int64]shopOrder
	// refusals is how often B1 may refuse an order that is held in the end; 0 for three times: whoever dies with the refusal
	// in his hands asks again.
	refusals int
}

// crashShop is the shop of a crash world before it has orders.
var crashShop = magentosim.Config{Seed: 7, OAuth: signIn, Version: "2.4.6"}

// mode is how orders go to B1.
type mode string

const (
	plain      mode = "plain"
	ledgerMode mode = "ledger" // each together with its row of a user table
)

// newCrashWorld fills a shop with orders of several fates, and so many more, on the servers of all tests.
func newCrashWorld(t *testing.T, m mode, more int) *crashWorld {
	t.Helper()
	return newCrashWorldOn(t, m, nil, nil, more)
}

// fill places an order of each fate, and more that are posted. One makes a draft of itself: sent a second time it would become
// an order.
func (c *crashWorld) fill(more int) {
	c.t.Helper()
	c.adopt(rulesThatDoAll(c.t))
	c.want = map[string]order.Status{}
	for _, kind := range append([]string{"simple", "simple", "configurable", "virtual", "grouped"}, slices.Repeat([]string{"simple"}, more)...) {
		c.want[c.placeIn("processing", kind).IncrementID] = order.Posted
	}
	c.want[c.placeIn("processing", "forgotten").IncrementID] = order.Held // B1 refuses its article
	c.want[c.placeIn("pending_payment", "simple").IncrementID] = order.Excluded
	draft := c.placeIn("processing", "simple")
	c.want[draft.IncrementID] = order.Draft
	approval := b1sim.Rule{Fault: b1sim.ApprovalDraft, Times: 1, Key: draft.IncrementID}
	if c.ledger != "" { // B1 takes the draft back with the change set, each time, and a person is asked
		c.want[draft.IncrementID] = order.Held
		approval.Times, approval.Probability = 0, 1
	}
	if err := c.company.Inject(approval); err != nil {
		c.t.Fatal(err)
	}
	c.before = c.shopOrders()
}

// placeIn places an order of a kind in a state of Magento.
func (w *world) placeIn(state, kind string) magentosim.Placed {
	w.t.Helper()
	p := w.place(kind, 1)
	if err := w.shop.Update(p.EntityID, func(d map[string]any) { d["state"], d["status"] = state, state }); err != nil {
		w.t.Fatal(err)
	}
	return p
}

// adopt gives workers in this process and others the same rules, and waits that are short.
func (w *world) adopt(rules string) {
	w.t.Helper()
	parsed, err := mapping.ParseRules([]byte(rules))
	if err != nil {
		w.t.Fatal(err)
	}
	file := filepath.Join(w.t.TempDir(), "rules.yaml")
	if err := os.WriteFile(file, []byte(rules), 0o600); err != nil {
		w.t.Fatal(err)
	}
	i := &w.settings.All[0]
	i.Rules = parsed
	i.Magento.Timeout, i.Magento.WriteSettle = 2*time.Second, time.Second
	i.B1.Timeout, i.B1.MaxCalls, i.B1.Settle = 2*time.Second, 4, 500*time.Millisecond
	suffix := "_" + strings.ToUpper(w.instance)
	i.B1.LedgerTable = w.ledger
	w.extra = append(w.extra, "B1"+suffix+"_LEDGER_TABLE="+w.ledger, "RULES"+suffix+"_FILE="+file, "MAGENTO"+suffix+"_TIMEOUT=2s", "MAGENTO"+suffix+"_WRITE_SETTLE=1s")
}

// rulesThatDoAll is the example, with buyers that are created and Magento told.
func rulesThatDoAll(t *testing.T) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(testkit.Root(), "rules.example.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	return strings.NewReplacer(`comment: ""`, `comment: "`+tellMagento.Comment+`"`, "ext_order_id: false", "ext_order_id: true",
		"\n  card_code: C-WEB\n", "\n  card_code: C-WEB\n  partner: "+createdBuyers+"\n").Replace(string(text))
}

const createdBuyers = `{customers: find_or_create, guests: find_or_create, find_by: [email], create: {prefix: "M-", currency: "##"}, contact: true}`

// buildBrittleWorker builds the worker with its failpoints.
func buildBrittleWorker(t *testing.T) string {
	t.Helper()
	program := filepath.Join(t.TempDir(), "worker")
	cmd := exec.Command("go", "build", "-tags", "failpoints", "-o", program, "./worker")
	cmd.Dir = testkit.Root()
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	return program
}

// startArmed starts a worker that kills itself at a point ("name" or "name:n" for the n-th time that it passes).
func (w *world) startArmed(program, point string) *process.Process {
	w.t.Helper()
	extra := w.extra
	defer func() { w.extra = extra }()
	w.extra = append(w.extra[:len(w.extra):len(w.extra)], "DATAWALD_FAILPOINT="+point)
	return w.startProcess(program)
}

// awaitDeath wants a worker killed by itself: that its point was passed.
func awaitDeath(t *testing.T, worker *process.Process, point string) {
	t.Helper()
	select {
	case <-worker.Done():
	case <-time.After(time.Minute):
		t.Fatalf("the worker lives on after a minute: nothing passed the point %s", point)
	}
	exit, ok := errors.AsType[*exec.ExitError](worker.Err())
	if !ok {
		t.Fatalf("the worker ended with %v before it passed the point %s", worker.Err(), point)
	}
	if s, ok := exit.Sys().(syscall.WaitStatus); !ok || s.Signal() != syscall.SIGKILL {
		t.Fatalf("the worker ended with %v, want SIGKILL at the point %s", exit, point)
	}
}

// settle runs SyncOrders until each order is where it belongs and Magento is told; four minutes at most.
func (c *crashWorld) settle() {
	c.t.Helper()
	c.settleBy(func() { c.sync() })
}

// settleBy is settle with something else, or nothing, that brings the runs.
func (c *crashWorld) settleBy(run func()) {
	c.t.Helper()
	deadline := time.Now().Add(4 * time.Minute)
	for {
		run()
		wrong := c.misplaced()
		if wrong == "" {
			return
		}
		if time.Now().After(deadline) {
			c.t.Fatalf("after four minutes still: %s", wrong)
		}
		time.Sleep(300 * time.Millisecond) // another run comes as the schedule would bring it
	}
}

// misplaced tells of an order that is not where it belongs, or of which Magento is not told; empty for none.
func (c *crashWorld) misplaced() string {
	c.t.Helper()
	for _, p := range c.shop.Orders() {
		doc, err := c.db.Get(c.t.Context(), c.key(p))
		if err != nil {
			return "order " + p.IncrementID + " is not staged: " + err.Error()
		}
		if doc.Status != c.want[p.IncrementID] {
			return "order " + p.IncrementID + " is " + string(doc.Status) + ", want " + string(c.want[p.IncrementID])
		}
		if doc.Status == order.Posted && doc.WriteBack.Open() {
			return "Magento is not told of order " + p.IncrementID
		}
	}
	return ""
}

// sideBySide runs subtests at the same time, at most so many: most of their time they wait for the server to notice a death.
func sideBySide(t *testing.T, most int, names []string, test func(t *testing.T, name string)) {
	room := make(chan struct{}, most)
	var wg sync.WaitGroup
	for _, name := range names {
		wg.Go(func() {
			room <- struct{}{}
			defer func() { <-room }()
			t.Run(name, func(t *testing.T) { test(t, name) })
		})
	}
	wg.Wait()
}

// everyPoint names all failpoints.
func everyPoint() (names []string) {
	for _, p := range failpoint.Points() {
		names = append(names, string(p))
	}
	return names
}
