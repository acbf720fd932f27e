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

// A short run of `make chaos`: with all faults at once and a kill every few seconds the three books agree at the end.
func TestChaos_LosesDoublesAndFalsifiesNothing(t *testing.T) {
	began := time.Now()
	r, err := chaos.Run(t.Context(), chaos.Options{Orders: *orders, Seed: *seed, KillEvery: 8 * time.Second, Bin: filepath.Join(testkit.Root(), "bin"),
		Limit: 8 * time.Minute, Stall: 3 * time.Minute}, said{t})
	if err != nil {
		t.Fatal(err)
	}
	var text strings.Builder
	if err := r.Text(&text); err != nil {
		t.Fatal(err)
	}
	t.Logf("%s\n%s", time.Since(began), text.String())
	if !r.OK() {
		t.Errorf("%d violations; %s", len(r.Violations), r.Unsettled)
	}
	struck, killed := 0, 0
	for _, n := range r.Faults {
		struck += n
	}
	for _, n := range r.Kills {
		killed += n
	}
	if r.Orders != *orders || r.States[order.Posted] < *orders/2 || struck < *orders/4 || killed == 0 || r.Partners == 0 {
		t.Errorf("%d orders, %v, %d faults struck, %d kills, %d partners: too little happened to prove anything", r.Orders, r.States, struck, killed, r.Partners)
	}
}

// What is wrong is told in full, with how to repeat it, and at the end on one line for machines.
func TestResult_TellsEveryViolation(t *testing.T) {
	r := &chaos.Result{Repeat: "make chaos SEED=7", Orders: 10, Seconds: 4, States: map[order.Status]int{order.Posted: 9, order.Held: 1}, Lost: 1, Duplicated: 1,
		Violations: []checker.Violation{{Kind: checker.Lost, Key: "main:1:1", What: "it is gone"}, {Kind: checker.Duplicated, Key: "main:1:2", What: "B1 has 2"}},
		Kills:      map[string]int{"store": 2, "a worker": 1}, Recovery: map[string]chaos.Times{"kill of store": {Count: 2, Median: 1.5, Max: 3}}, Dir: "somewhere"}
	var text strings.Builder
	if err := r.Text(&text); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		"10 orders in 4 s, 2.5 a second: posted 9, held 1\n", "lost 1, duplicated 1, wrong totals 0; violations of all kinds: 2\n",
		"lost         main:1:1: it is gone\n", "duplicated   main:1:2: B1 has 2\n", "killed               a worker 1, store 2\n",
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
	if late := (&chaos.Result{Unsettled: "the time is up"}); late.OK() {
		t.Error("a run that did not settle counts as good")
	}
}
