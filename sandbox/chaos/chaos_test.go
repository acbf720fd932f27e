package chaos_test

import (
	"encoding/json"
	"flag"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"datawald/order"
	"datawald/sandbox/chaos"
	"datawald/sandbox/checker"
	"datawald/sandbox/testkit"
)

var (
	orders = flag.Int("chaos.orders", 200, "orders of the short run")
	seed   = flag.Uint64("chaos.seed", 3, "seed of the short run")
)

// said passes on what a run says.
type said struct{ t *testing.T }

func (s said) Write(b []byte) (int, error) {
	s.t.Log(strings.TrimSuffix(string(b), "\n"))
	return len(b), nil
}

// Short runs of `make chaos`, in both modes: with all faults at once and a kill every few seconds the three books agree at the end.
func TestChaos_LosesDoublesAndFalsifiesNothing(t *testing.T) {
	for _, c := range []struct {
		name    string
		options chaos.Options
	}{
		{"plain", chaos.Options{Orders: *orders, Seed: *seed, KillEvery: 8 * time.Second}},
		{"ledger", chaos.Options{Orders: max(*orders/2, 1), Seed: *seed + 1, KillEvery: 8 * time.Second, Ledger: true}},
	} {
		t.Run(c.name, func(t *testing.T) { shortRun(t, c.options) })
	}
}

func shortRun(t *testing.T, o chaos.Options) {
	t.Helper()
	o.Bin, o.Limit, o.Stall = filepath.Join(testkit.Root(), "bin"), 4*time.Minute, 2*time.Minute
	began := time.Now()
	r, err := chaos.Run(t.Context(), o, said{t})
	if err != nil {
		t.Fatal(err)
	}
	var text strings.Builder
	if err := r.Text(&text); err != nil {
		t.Fatal(err)
	}
	t.Logf("%s\n%s", time.Since(began), text.String())
	for _, doubt := range r.Doubts() {
		t.Error(doubt)
	}
	if r.Orders != o.Orders || r.States[order.Posted] < o.Orders/2 || r.Partners == 0 || r.Ledger != o.Ledger || r.LedgerRows > 0 != o.Ledger {
		t.Errorf("%d orders, %v, %d partners, ledger %t with %d rows: too little happened to prove anything", r.Orders, r.States, r.Partners, r.Ledger, r.LedgerRows)
	}
}

// What is wrong is told in full, with how to repeat it, and at the end on one line for machines.
func TestResult_TellsEveryViolation(t *testing.T) {
	r := &chaos.Result{Repeat: "make chaos SEED=7", Orders: 10, Seconds: 4, Stormy: 4, Loaded: 4, NotChecked: []string{"the moon"}, States: map[order.Status]int{order.Posted: 9, order.Held: 1}, Lost: 1, Duplicated: 1,
		Violations: []checker.Violation{{Kind: checker.Lost, Key: "main:1:1", What: "it is gone"}, {Kind: checker.Duplicated, Key: "main:1:2", What: "B1 has 2"}},
		Kills:      map[string]int{"store": 2, "a worker": 1}, Recovery: map[string]chaos.Times{"kill of store": {Count: 2, Median: 1.5, Max: 3}}, Dir: "somewhere"}
	var text strings.Builder
	if err := r.Text(&text); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		"10 orders in 4 s, 2.5 a second: posted 9, held 1\n", "lost 1, duplicated 1, wrong totals 0; violations of all kinds: 2; lines and tax of 0 documents compared\n",
		"not checked: the moon\n", "NOT PROVED: the lines of 0 documents were compared", "lost         main:1:1: it is gone\n", "duplicated   main:1:2: B1 has 2\n", "killed               a worker 1, store 2, in 4 s with orders for B1\n", "NOT PROVED: the books do not agree: 2 violations\n",
		"kill of store 1.5 s (median of 2), 3.0 s at most\n", "again: make chaos SEED=7\n", "state and logs are in somewhere\n",
	} {
		if !strings.Contains(text.String(), want) {
			t.Errorf("the text lacks %q:\n%s", want, text.String())
		}
	}
	lines := strings.Split(strings.TrimSpace(text.String()), "\n")
	var again chaos.Result
	if err := json.Unmarshal([]byte(lines[len(lines)-1]), &again); err != nil || len(again.Violations) != 2 || again.OK() {
		t.Errorf("the last line is %s, %v", lines[len(lines)-1], err)
	}
	if !strings.Contains(lines[len(lines)-1], `"ok":false,"not_proved":["the books do not agree`) {
		t.Errorf("the last line does not say whether it is proved: %s", lines[len(lines)-1])
	}
}
