package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"go.temporal.io/sdk/client"

	"datawald/order"
	"datawald/sandbox/b1sim"
	"datawald/sandbox/magentosim"
	"datawald/sandbox/process"
	"datawald/sandbox/testkit"
	"datawald/workflows"
)

// A worker that is killed again and again, at whatever step it is in, leaves the books in order.
func TestAKilledWorkerLosesAndDoublesNothing(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 40)
	w.company.SetLatency(b1sim.Latency{Read: 30 * time.Millisecond, Write: 120 * time.Millisecond})
	if err := w.shop.SetFaults(func(f *magentosim.Faults) { f.LatencyMS = 400 }); err != nil {
		t.Fatal(err)
	}
	program := buildWorker(t)
	worker := w.startProcess(program)
	if _, err := w.temporal.ExecuteWorkflow(t.Context(), client.StartWorkflowOptions{ID: "killed:" + w.instance, TaskQueue: w.queue},
		"SyncOrders", workflows.SyncOrdersInput{Instance: w.instance}); err != nil {
		t.Fatal(err)
	}
	w.eventually("the first page is staged", func() bool { return total(w.counts()) > 0 })
	worker.Kill() // while it reads the others
	if n := total(w.counts()); n == 40 {
		t.Fatalf("all %d orders are staged already, want the worker to die while it reads", n)
	}
	worker = w.startProcess(program)
	for _, posted := range []int64{3, 10, 20} {
		w.eventually("more orders are posted", func() bool { return w.counts()[order.Posted] >= posted })
		worker.Kill()
		worker = w.startProcess(program)
	}
	w.eventually("every order is settled", func() bool {
		c := w.counts()
		return c[order.Pending] == 0 && c[order.Posted] > 20
	})
	w.checkLedger()
	if n := len(w.company.DuplicateKeys()); n != 0 {
		t.Errorf("B1 has %d orders twice", n)
	}
}

func total(counts map[order.Status]int64) (n int64) {
	for _, c := range counts {
		n += c
	}
	return n
}

func buildWorker(t *testing.T) string { return build(t, "worker") }

// build builds one of our programs.
func build(t *testing.T, name string) string {
	t.Helper()
	program := filepath.Join(t.TempDir(), name)
	cmd := exec.Command("go", "build", "-o", program, "./"+name)
	cmd.Dir = testkit.Root()
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	return program
}

// startProcess runs the real program, as an operator would.
func (w *world) startProcess(program string) *process.Process {
	w.t.Helper()
	log, err := os.Create(filepath.Join(w.t.TempDir(), "worker.log"))
	if err != nil {
		w.t.Fatal(err)
	}
	w.t.Cleanup(func() { log.Close() })
	p, err := process.Start(process.Spec{Name: "worker", Path: program, Env: w.environment(), Output: log})
	if err != nil {
		w.t.Fatal(err)
	}
	w.t.Cleanup(func() {
		p.Stop(20 * time.Second)
		if w.t.Failed() {
			text, _ := os.ReadFile(log.Name())
			w.t.Logf("worker printed:\n%s", text)
		}
	})
	return p
}

// environment is this world's settings as an operator would give them.
func (w *world) environment() []string {
	i := w.settings.All[0]
	suffix := "_" + strings.ToUpper(w.instance)
	return append([]string{
		"INSTANCES=" + w.instance,
		"MONGODB_URI=" + w.mongoURI, "MONGODB_DATABASE=" + w.database,
		"TEMPORAL_ADDRESS=" + w.settings.TemporalAddress, "TEMPORAL_TASK_QUEUE=" + w.queue,
		"MAGENTO" + suffix + "_URL=" + i.Magento.URL,
		"MAGENTO" + suffix + "_CONSUMER_KEY=" + signIn.ConsumerKey, "MAGENTO" + suffix + "_CONSUMER_SECRET=" + signIn.ConsumerSecret,
		"MAGENTO" + suffix + "_ACCESS_TOKEN=" + signIn.AccessToken, "MAGENTO" + suffix + "_ACCESS_TOKEN_SECRET=" + signIn.AccessTokenSecret,
		"MAGENTO" + suffix + "_SETTLE=0s", "MAGENTO" + suffix + "_PAGE_SIZE=10",
		"B1" + suffix + "_URL=" + i.B1.URL, "B1" + suffix + "_COMPANY_DB=" + i.B1.CompanyDB, "B1" + suffix + "_USER=" + i.B1.User,
		"B1" + suffix + "_PASSWORD=" + i.B1.Password, "B1" + suffix + "_TIMEOUT=2s", "B1" + suffix + "_SETTLE=500ms", "B1" + suffix + "_MAX_CALLS=4",
		"RULES" + suffix + "_FILE=" + filepath.Join(testkit.Root(), "rules.example.yaml"),
	}, w.extra...)
}
