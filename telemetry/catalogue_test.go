package telemetry_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"net/http"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_model/go"
	"github.com/prometheus/common/expfmt"
	"github.com/prometheus/common/model"
	"go.temporal.io/sdk/client"

	"datawald/alarm"
	"datawald/order"
	"datawald/store"
	"datawald/telemetry"
)

// start shows metrics of a program.
func start(t *testing.T, program string) *telemetry.Telemetry {
	t.Helper()
	shown, err := telemetry.Start(t.Context(), telemetry.Settings{Program: program, Version: "1.2.3", Revision: "abc", MetricsAddress: "127.0.0.1:0",
		Setting: "METRICS_ADDRESS", Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := shown.Stop(context.Background()); err != nil {
			t.Error(err)
		}
	})
	return shown
}

// scrape reads /metrics as Prometheus does.
func scrape(t *testing.T, shown *telemetry.Telemetry) map[string]*io_prometheus_client.MetricFamily {
	t.Helper()
	res, err := http.Get("http://" + shown.MetricsAddress() + "/metrics")
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	if res.StatusCode != http.StatusOK {
		t.Fatalf("HTTP %d", res.StatusCode)
	}
	parser := expfmt.NewTextParser(model.UTF8Validation)
	families, err := parser.TextToMetricFamilies(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return families
}

// hostile is what must never be the value of a label.
var hostile = []string{"main:1:000000123", "jane.doe@example.com", "192.0.2.17", "Jane Doe, 1 Main Street", "-10", "10001058"}

// everything makes a program show all it can, with hostile values wherever others say what a label is.
func everything(shown *telemetry.Telemetry, program string) {
	if program == telemetry.Worker {
		for _, op := range append(hostile, "POST Orders", "GET U_SECRET") {
			shown.B1Calls("main")(context.Background(), op)(&order.Failure{Kind: order.Kind(op), Code: op, Message: op})
			shown.MagentoCalls("main")(context.Background(), op)(errors.New(op))
		}
		shown.Posted("main")(time.Now().Add(-time.Minute))
		shown.WatchB1("main", func() telemetry.Load { return telemetry.Load{InFlight: 3, Concurrency: 4, Open: true} })
		return
	}
	shown.Keep([]string{"main"}, telemetry.Question{Part: "all", Ask: func(_ context.Context, _ string, f *telemetry.Figures) error {
		any := map[string]int64{"pending": 2, "total_differs": 1}
		f.Alarms = map[string]bool{"lag": true}
		for _, h := range hostile {
			any[h], f.Alarms[h] = 1, true
		}
		past := time.Now().Add(-time.Hour)
		f.Orders, f.Held, f.ReadAt, f.CutAt, f.Waiting = any, any, past, past, &past
		f.Schedule = &telemetry.ScheduleFigures{Skipped: 1, Missed: 2, Paused: true}
		f.Reconciliation = &telemetry.ReconciliationFigures{EndedAt: past, Findings: any}
		return nil
	}})
}

// What is shown is what the catalogue names, with its kind, help and labels, and all of it.
func TestCatalogue_IsWhatIsShown(t *testing.T) {
	for _, program := range []string{telemetry.Worker, telemetry.Gateway} {
		t.Run(program, func(t *testing.T) {
			shown := start(t, program)
			everything(shown, program)
			families := scrape(t, shown)
			named := map[string]bool{}
			for _, m := range telemetry.Catalogue() {
				named[m.Name] = true
				f, there := families[m.Name]
				if wanted := slices.Contains(m.Programs, program); wanted != there {
					t.Errorf("%s: shown %v, want %v", m.Name, there, wanted)
				}
				if !there {
					continue
				}
				if kind := strings.ToLower(f.GetType().String()); kind != string(m.Kind) || f.GetHelp() != m.Help {
					t.Errorf("%s is a %s, %q; want a %s, %q", m.Name, kind, f.GetHelp(), m.Kind, m.Help)
				}
				for _, one := range f.GetMetric() {
					if got := names(one); !slices.Equal(got, slices.Sorted(slices.Values(m.Labels))) {
						t.Errorf("%s has the labels %v, want %v", m.Name, got, m.Labels)
					}
				}
			}
			for name := range families {
				if strings.HasPrefix(name, "datawald_") && !named[name] {
					t.Errorf("%s is shown and not in the catalogue", name)
				} else if !named[name] && !strings.HasPrefix(name, "go_") && !strings.HasPrefix(name, "process_") {
					t.Errorf("%s is nobody's", name)
				}
			}
		})
	}
}

func names(m *io_prometheus_client.Metric) (labels []string) {
	for _, l := range m.GetLabel() {
		labels = append(labels, l.GetName())
	}
	slices.Sort(labels)
	return labels
}

// Fails without: the lists in labels.go (among), by which whatever is not known becomes "other".
func TestLabels_NeverTakeWhatNobodyKnew(t *testing.T) {
	for _, program := range []string{telemetry.Worker, telemetry.Gateway} {
		shown := start(t, program)
		everything(shown, program)
		sawOther := false
		for name, f := range scrape(t, shown) {
			for _, m := range f.GetMetric() {
				for _, l := range m.GetLabel() {
					if slices.Contains(hostile, l.GetValue()) || strings.Contains(l.GetValue(), "SECRET") {
						t.Errorf("%s{%s=%q}", name, l.GetName(), l.GetValue())
					}
					sawOther = sawOther || l.GetValue() == "other"
				}
			}
		}
		if !sawOther {
			t.Errorf("%s shows no \"other\": nothing unknown was offered", program)
		}
	}
}

// Temporal's client library hands tags over by a map: one that is not known is no label.
// Fails without: the AttributeFilter of the view.
func TestLabels_OfTemporalAreKnown(t *testing.T) {
	shown := start(t, telemetry.Worker)
	var o client.Options
	shown.Client(&o)
	h := o.MetricsHandler.WithTags(map[string]string{"workflow_type": "InsertOrder", "workflow_id": "insert-order:main:1:000000123"})
	h.Counter("temporal_request").Inc(2)
	h.Timer("temporal_request_latency").Record(time.Second)
	h.Gauge("temporal_num_pollers").Update(3)
	families := scrape(t, shown)
	for _, name := range []string{"temporal_request_total", "temporal_request_latency_seconds", "temporal_num_pollers"} {
		f := families[name]
		if f == nil {
			t.Fatalf("%s is not shown, only %v", name, slices.Sorted(maps.Keys(families)))
		}
		if got := names(f.GetMetric()[0]); !slices.Equal(got, []string{"workflow_type"}) {
			t.Errorf("%s has the labels %v", name, got)
		}
	}
	if n := len(families["temporal_request_latency_seconds"].GetMetric()[0].GetHistogram().GetBucket()); n < 10 {
		t.Errorf("%d buckets", n)
	}
}

// docs/metrics.md has a row for each metric, with its kind, labels and program, and no other.
func TestCatalogue_IsTheTableOfTheDocumentation(t *testing.T) {
	page, err := os.ReadFile("../docs/metrics.md")
	if err != nil {
		t.Fatal(err)
	}
	written := map[string]bool{}
	for _, row := range regexp.MustCompile("(?m)^\\| `(datawald_[a-z0-9_]+)`.*$").FindAllStringSubmatch(string(page), -1) {
		written[row[1]] = true
	}
	for _, m := range telemetry.Catalogue() {
		labels := "`" + strings.Join(m.Labels, "`, `") + "`"
		if row := fmt.Sprintf("| `%s` | %s | %s | %s | %s |\n", m.Name, m.Kind, labels, strings.Join(m.Programs, ", "), m.Help); !strings.Contains(string(page), row) {
			t.Errorf("docs/metrics.md lacks the row\n%s", row)
		}
		delete(written, m.Name)
	}
	if len(written) > 0 {
		t.Errorf("docs/metrics.md has rows for %v, which are no metrics", slices.Sorted(maps.Keys(written)))
	}
}

// What others may add to has its list here: a new kind of finding or alarm would be "other".
func TestLists_AreWhole(t *testing.T) {
	shown := start(t, telemetry.Gateway)
	everything(shown, telemetry.Gateway)
	families := scrape(t, shown)
	for _, k := range store.FindingKinds() {
		hasLabel(t, families[telemetry.ReconciliationFindings], string(k))
	}
	for _, name := range alarm.Names() {
		hasLabel(t, families[telemetry.Alarm], name)
	}
}

func hasLabel(t *testing.T, f *io_prometheus_client.MetricFamily, value string) {
	t.Helper()
	for _, m := range f.GetMetric() {
		for _, l := range m.GetLabel() {
			if l.GetValue() == value {
				return
			}
		}
	}
	t.Errorf("%s has no %q", f.GetName(), value)
}

// The operations of the clients and the reasons of the code have a label of their own.
func TestLists_HaveWhatTheCodeSays(t *testing.T) {
	labels := read(t, "labels.go")
	for _, c := range []struct {
		folder, pattern string
		least           int
		but             []string
	}{
		{"../sapb1", `op: "((?:GET|POST|PATCH) [A-Za-z()$]+)"`, 6, nil},
		{"../magento", `(?:const op[A-Za-z]* = |op: |c\.write\(ctx, )"((?:GET|POST) [a-z{}/]+)"`, 4, nil},
		{"../mapping", `Reason\{Code: "([a-z0-9_]+)"`, 30, []string{"minimum_age", "payment_overdue"}},
		{"../activities", `Reason\{Code: "([a-z0-9_]+)"`, 5, nil},
	} {
		found := map[string]bool{}
		for _, text := range sources(t, c.folder) {
			for _, m := range regexp.MustCompile(c.pattern).FindAllStringSubmatch(text, -1) {
				found[m[1]] = true
			}
		}
		if len(found) < c.least {
			t.Errorf("%s: only %v", c.folder, slices.Sorted(maps.Keys(found)))
		}
		for name := range found {
			if !slices.Contains(c.but, name) && !strings.Contains(labels, `"`+name+`"`) {
				t.Errorf("%s says %q, which is \"other\" in the metrics", c.folder, name)
			}
		}
	}
}

func sources(t *testing.T, folder string) (texts []string) {
	t.Helper()
	entries, err := os.ReadDir(folder)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		if name := e.Name(); strings.HasSuffix(name, ".go") && !strings.HasSuffix(name, "_test.go") && !strings.HasPrefix(name, "probe") && !strings.HasPrefix(name, "reconcile_") { // findings hold no order
			texts = append(texts, read(t, folder+"/"+name))
		}
	}
	return texts
}

func read(t *testing.T, path string) string {
	t.Helper()
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	text, err := io.ReadAll(f)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}
