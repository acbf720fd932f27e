package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"go.temporal.io/sdk/client"

	"datawald/sandbox/b1sim"
	"datawald/sandbox/testkit"
	"datawald/store"
	"datawald/workflows"
)

// question is what one of those of docs/operations.md must bring to light.
type question struct {
	// about is the order that stands in for main:1:000000123.
	about string
	// wants and not are what the answer has and does not have.
	wants, not []string
}

// The questions of docs/operations.md, as they stand there, are answered by a server with orders that were posted, held, asked for,
// hinted at and are under way, and a backfill. Fails without: TypedSearchAttributes in poster.child (1 to 6), in the schedule's action (3 to 5
// and 7), in TakeHints.read (6), and in beginPart (11).
func TestQuestions(t *testing.T) {
	r := newRig(t)
	r.startWorker()
	r.must("apply")
	r.firstRun()
	r.past("simple")
	testkit.Stage(t, r.db, r.instance, r.shop, func(_ int, doc *store.Staged) { doc.Import = "of before" })
	r.must(lastWeek()...)
	posted, held := r.place("simple"), r.place("forgotten")
	r.must("sync", "--wait")
	asked := r.place("simple")
	for !strings.Contains(r.must("resync", asked, "--wait"), "(posted 1)") { // the shop places some that the rules leave out
		asked = r.place("simple")
	}
	hinted := r.place("simple")
	r.hint(hinted)
	if err := r.company.SetOutage(b1sim.OutageUnavailable); err != nil {
		t.Fatal(err)
	}
	open := r.place("simple")
	r.must("sync")

	id := func(number string) string { return "insert-order:" + r.instance + ":1:" + number }
	questions := []question{
		{posted, []string{id(posted)}, []string{id(held), "sync-orders"}},
		{asked, []string{id(asked)}, []string{id(posted)}},
		{held, []string{id(held)}, []string{id(posted), id(open)}},
		{posted, []string{"Failed", "Completed", "Running"}, nil},
		{open, []string{id(open)}, []string{id(posted), id(held)}},
		{hinted, []string{id(hinted), "take-hints:" + r.instance, "resync-orders:" + r.instance + ":hint-"}, []string{id(posted), id(asked), " sync-orders:"}},
		{posted, []string{"sync-orders:" + r.instance, "Completed"}, []string{"insert-order:"}},
		{open, []string{"Pending Activities: 1", "HTTP 503", "order " + open + " of store 1, " + r.instance}, nil},
		{held, []string{"WorkflowExecutionFailed", "is held (b1_refused)"}, nil},
		{held, []string{"Reset"}, nil},
		{posted, []string{"post-imports:" + r.instance + ":", "Completed"}, []string{"insert-order:", "backfill-orders:"}},
	}
	commands := documented(t)
	if len(commands) != len(questions) {
		t.Fatalf("docs/operations.md asks %d questions, want %d", len(commands), len(questions))
	}
	for i, q := range questions {
		t.Run(fmt.Sprint(i+1), func(t *testing.T) { r.in(t).ask(commands[i], q) })
	}
}

// hint tells the instance that its shop names an order, as the gateway does, and waits until the order is posted.
func (r *rig) hint(number string) {
	r.t.Helper()
	_, err := r.temporal.SignalWithStartWorkflow(r.t.Context(), workflows.TakeHintsID(r.instance), workflows.HintSignal,
		workflows.Hint{IncrementIDs: []string{number}}, client.StartWorkflowOptions{
			TaskQueue: r.queue, TypedSearchAttributes: workflows.RunAttributes(r.instance, workflows.SourceWebhook),
		}, workflows.TakeHints, workflows.TakeHintsInput{Instance: r.instance})
	if err != nil {
		r.t.Fatal(err)
	}
	r.until("the hint is taken", func() bool {
		return r.temporal.GetWorkflow(r.t.Context(), "insert-order:"+r.instance+":1:"+number, "").Get(r.t.Context(), nil) == nil
	})
}

// until waits for something that comes by itself.
func (r *rig) until(what string, is func() bool) {
	r.t.Helper()
	for deadline := time.Now().Add(60 * time.Second); !is(); time.Sleep(100 * time.Millisecond) {
		if time.Now().After(deadline) {
			r.t.Fatal("not within a minute:", what)
		}
	}
}

var since = regexp.MustCompile(`StartTime > "[^"]*"`)

// documented are the commands of the questions.
func documented(t *testing.T) (commands []string) {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(testkit.Root(), "docs", "operations.md"))
	if err != nil {
		t.Fatal(err)
	}
	_, section, _ := strings.Cut(string(text), "\n## Eleven questions to Temporal\n")
	section, _, _ = strings.Cut(section, "`go test ./starter -run TestQuestions`")
	for line := range strings.Lines(section) {
		if line = strings.TrimSpace(line); strings.HasPrefix(line, "bin/temporal ") {
			commands = append(commands, line)
		}
	}
	return commands
}

// ask runs a documented command for the rig's instance until it has the answer: the server writes lists by and by.
func (r *rig) ask(command string, q question) {
	r.t.Helper()
	key := r.instance + ":1:" + q.about
	command = strings.NewReplacer("main:1:000000123", key, "000000123", q.about, `Instance="main"`, `Instance="`+r.instance+`"`).Replace(command)
	command = since.ReplaceAllString(command, `StartTime > "`+time.Now().Add(-time.Hour).UTC().Format(time.RFC3339)+`"`)
	var out []byte
	var err error
	for deadline := time.Now().Add(time.Minute); time.Now().Before(deadline); time.Sleep(200 * time.Millisecond) {
		sh := exec.CommandContext(r.t.Context(), "sh", "-c", command)
		sh.Dir = testkit.Root()
		sh.Env = append(os.Environ(), "TEMPORAL_ADDRESS="+testkit.TemporalAddress(r.t))
		if out, err = sh.CombinedOutput(); err == nil && q.isAnsweredBy(string(out)) {
			return
		}
	}
	r.t.Errorf("%s\n%v, want %q and not %q:\n%s", command, err, q.wants, q.not, out)
}

func (q question) isAnsweredBy(out string) bool {
	for _, w := range q.wants {
		if !strings.Contains(out, w) {
			return false
		}
	}
	for _, w := range q.not {
		if strings.Contains(out, w) {
			return false
		}
	}
	return true
}
