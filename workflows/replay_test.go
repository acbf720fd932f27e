package workflows_test

import (
	"flag"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	commonpb "go.temporal.io/api/common/v1"
	historypb "go.temporal.io/api/history/v1"
	"go.temporal.io/api/temporalproto"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/log"
	"go.temporal.io/sdk/worker"
	"go.temporal.io/sdk/workflow"

	"datawald/sandbox/testkit"
	"datawald/workflows"
)

// record adds the histories of the present code to the corpus, before all are replayed:
//
//	go test ./workflows -run TestReplay -timeout 10m -record 2026-11-30
//	go test ./workflows -run 'TestReplay/record/scenes/sync-orders-slow$' -record 2026-11-30    # one scene
//
// All of it takes about two minutes and needs bin/temporal. Record the scenes that a release changes, under its name; what is
// recorded stays as it is: it is what still runs where that release was installed.
var record = flag.String("record", "", "the name of a release, for which TestReplay records a history of each scene")

// corpus is where recorded histories are: <release>-<scene>.json, and -2, -3 for those that go on from it.
const corpus = "testdata/histories"

// Each workflow that an earlier release began must go on as it was begun: the histories that were recorded by then ask the
// code of today for the same commands. Fails without: a GetVersion around any command that was added, left out or moved
// (tried with one more timer in SyncOrders.begin, in InsertOrder, in ResyncOrders.find, in TakeHints.run, and in poster.drain).
func TestReplay(t *testing.T) {
	if *record != "" {
		t.Run("record", func(t *testing.T) { recordAll(t, *record) })
	}
	files, err := filepath.Glob(filepath.Join(corpus, "*.json"))
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".json"), func(t *testing.T) { replay(t, file) })
	}
	for _, s := range scenes {
		if !hasScene(files, s.name) {
			t.Errorf("no history of the scene %s is recorded", s.name)
		}
	}
}

func hasScene(files []string, name string) bool {
	for _, file := range files {
		if strings.HasSuffix(file, "-"+name+".json") {
			return true
		}
	}
	return false
}

// versions are where the code asks which way a run was begun to go.
var versions = regexp.MustCompile(`GetVersion\(ctx, "([a-z-]+)"`)

// Each way that a GetVersion decides on is in a history that was recorded with it. Fails without: the histories of 2026-11-30
// and 2026-12-01.
func TestReplay_EachVersionIsRecorded(t *testing.T) {
	code, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	files, err := filepath.Glob(filepath.Join(corpus, "*.json"))
	if err != nil {
		t.Fatal(err)
	}
	var markers strings.Builder
	for _, file := range files {
		for _, e := range open(t, file).Events {
			if id := e.GetMarkerRecordedEventAttributes().GetDetails()["change-id"]; id != nil {
				markers.Write(id.Payloads[0].Data)
			}
		}
	}
	asked := 0
	for _, file := range code {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, v := range versions.FindAllStringSubmatch(string(text), -1) {
			if asked++; !strings.Contains(markers.String(), `"`+v[1]+`"`) {
				t.Errorf("%s asks for %s, which no recorded history has", file, v[1])
			}
		}
	}
	if asked == 0 {
		t.Error("the code asks for no version")
	}
}

// open reads a recorded history.
func open(t *testing.T, file string) *historypb.History {
	t.Helper()
	f, err := os.Open(file)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	history, err := client.HistoryFromJSON(f, client.HistoryJSONOptions{})
	if err != nil {
		t.Fatal(err)
	}
	return history
}

// plain is a history whose payloads can be read.
func plain(t *testing.T, file string) []byte {
	t.Helper()
	shorthand := map[string]any{commonpb.EnablePayloadShorthandMetadataKey: true}
	text, err := temporalproto.CustomJSONMarshalOptions{Metadata: shorthand}.Marshal(open(t, file))
	if err != nil {
		t.Fatal(err)
	}
	return text
}

// replay lets the code of today go through a history that was recorded.
func replay(t *testing.T, file string) {
	history := open(t, file)
	r := worker.NewWorkflowReplayer()
	r.RegisterWorkflowWithOptions(workflows.SyncOrders, workflow.RegisterOptions{Name: "SyncOrders"})
	r.RegisterWorkflowWithOptions(workflows.InsertOrder, workflow.RegisterOptions{Name: "InsertOrder"})
	r.RegisterWorkflowWithOptions(workflows.ResyncOrders, workflow.RegisterOptions{Name: "ResyncOrders"})
	r.RegisterWorkflowWithOptions(workflows.BackfillOrders, workflow.RegisterOptions{Name: "BackfillOrders"})
	r.RegisterWorkflowWithOptions(workflows.PostImports, workflow.RegisterOptions{Name: "PostImports"})
	r.RegisterWorkflowWithOptions(workflows.Reconcile, workflow.RegisterOptions{Name: "Reconcile"})
	r.RegisterWorkflowWithOptions(workflows.TakeHints, workflow.RegisterOptions{Name: "TakeHints"})
	start := history.Events[0].GetWorkflowExecutionStartedEventAttributes()
	original := workflow.Execution{ID: start.WorkflowId, RunID: start.OriginalExecutionRunId}
	quiet := log.NewStructuredLogger(testkit.Silent())
	if err := r.ReplayWorkflowHistoryWithOptions(quiet, history, worker.ReplayWorkflowHistoryOptions{OriginalExecution: original}); err != nil {
		t.Error(err)
	}
}

// traces are what a history must not tell of where it was recorded: processes, machines, folders.
var traces = regexp.MustCompile(`@|/home/|/root|/tmp|/go/|"stackTrace"|[0-9]{1,3}(\.[0-9]{1,3}){3}:`)

// The corpus is read by everybody who has the code. Fails without: the scrubbing in saved (each file has the sticky queue's name).
func TestReplay_TheCorpusTellsNothingOfWhereItWasRecorded(t *testing.T) {
	files, err := filepath.Glob(filepath.Join(corpus, "*.json"))
	if err != nil || len(files) == 0 {
		t.Fatal("no histories", err)
	}
	host, err := os.Hostname()
	if err != nil {
		t.Fatal(err)
	}
	size := 0
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		size += len(text)
		text = append(text, plain(t, file)...)
		if found := traces.Find(text); found != nil || strings.Contains(string(text), host) {
			t.Errorf("%s tells of the machine: %q", file, found)
		}
	}
	if size > 4<<20 {
		t.Errorf("the corpus has %d bytes; leave out what an earlier release has alike", size)
	}
}
