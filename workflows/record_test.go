package workflows_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"testing"

	enumspb "go.temporal.io/api/enums/v1"
	historypb "go.temporal.io/api/history/v1"
	"go.temporal.io/sdk/client"
	"google.golang.org/protobuf/encoding/protojson"

	"datawald/sandbox/testkit"
	"datawald/visibility"
)

// fewEvents are after how many events the server of some scenes suggests a new history, so that they stay small.
const fewEvents = 90

// recordAll records a history of each scene under the name of a release.
func recordAll(t *testing.T, release string) {
	if err := os.MkdirAll(corpus, 0o755); err != nil {
		t.Fatal(err)
	}
	usual := testkit.Temporal(t)
	small := smallTemporal(t)
	t.Run("scenes", func(t *testing.T) {
		for _, s := range scenes {
			t.Run(s.name, func(t *testing.T) {
				t.Parallel()
				server := usual
				if s.small {
					server = small
				}
				st := newStage(t, server, s)
				st.save = func(name, workflowID, runID string) {
					saveChain(t, server, filepath.Join(corpus, release+"-"+name), workflowID, runID)
				}
				s.play(st)
			})
		}
	})
}

// smallTemporal is a server that suggests a new history early and has our search attributes.
func smallTemporal(t *testing.T) client.Client {
	t.Helper()
	c := testkit.TemporalWith(t, "--dynamic-config-value", fmt.Sprintf("limit.historyCount.suggestContinueAsNew=%d", fewEvents))
	if _, err := visibility.Create(t.Context(), c, "default"); err != nil {
		t.Fatal(err)
	}
	return c
}

// saveChain writes the history of a run, and those of the runs that it went on in.
func saveChain(t *testing.T, c client.Client, file, workflowID, runID string) {
	t.Helper()
	for n := 1; runID != ""; n++ {
		name := file + ".json"
		if n > 1 {
			name = fmt.Sprintf("%s-%d.json", file, n)
		}
		if _, err := os.Stat(name); err == nil {
			t.Fatalf("%s is recorded already: take the name of a new release", name)
		}
		history := read(t, c, workflowID, runID)
		if err := os.WriteFile(name, saved(t, history), 0o644); err != nil {
			t.Fatal(err)
		}
		last := history.Events[len(history.Events)-1]
		runID = last.GetWorkflowExecutionContinuedAsNewEventAttributes().GetNewExecutionRunId()
	}
}

func read(t *testing.T, c client.Client, workflowID, runID string) *historypb.History {
	t.Helper()
	h := &historypb.History{}
	events := c.GetWorkflowHistory(t.Context(), workflowID, runID, true, enumspb.HISTORY_EVENT_FILTER_TYPE_ALL_EVENT)
	for events.HasNext() {
		e, err := events.Next()
		if err != nil {
			t.Fatal(err)
		}
		h.Events = append(h.Events, e)
	}
	return h
}

// scrub leaves out what tells of the machine: processes are in identities and in the names of sticky queues, folders in stack
// traces. A replay looks at none of these.
var scrub = []struct {
	what *regexp.Regexp
	with string
}{
	{regexp.MustCompile(`"identity":"[^"]*"`), `"identity":"recorded"`},
	{regexp.MustCompile(`"name":"[^"]*","kind":"TASK_QUEUE_KIND_STICKY"`), `"name":"sticky","kind":"TASK_QUEUE_KIND_STICKY"`},
	{regexp.MustCompile(`"stackTrace":"(?:[^"\\]|\\.)*"`), `"stackTrace":""`},
}

// saved is a history as JSON, an event on each line.
func saved(t *testing.T, h *historypb.History) []byte {
	t.Helper()
	var b bytes.Buffer
	b.WriteString(`{"events":[`)
	for i, e := range h.Events {
		text, err := protojson.Marshal(e)
		if err != nil {
			t.Fatal(err)
		}
		if i > 0 {
			b.WriteByte(',')
		}
		b.WriteByte('\n')
		var compact bytes.Buffer
		if err := json.Compact(&compact, text); err != nil {
			t.Fatal(err)
		}
		text = compact.Bytes()
		for _, s := range scrub {
			text = s.what.ReplaceAll(text, []byte(s.with))
		}
		b.Write(text)
	}
	b.WriteString("\n]}\n")
	return b.Bytes()
}
