package deploy_test

import (
	"encoding/json"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/goccy/go-yaml"

	"datawald/alarm"
	"datawald/telemetry"
)

// shown are the metrics that worker and gateway show, with their labels: ours, and those of libraries that rules and dashboard ask for.
var shown = metrics(map[string]string{
	// Of Temporal's client library, in seconds and with _total as the exporter writes them.
	"temporal_workflow_task_execution_latency_seconds": "workflow_type task_queue", "temporal_workflow_task_schedule_to_start_latency_seconds": "task_queue",
	"temporal_activity_schedule_to_start_latency_seconds": "task_queue", "temporal_activity_execution_latency_seconds": "activity_type task_queue",
	"temporal_request_latency_seconds": "operation", "temporal_request_failure_total": "operation", "temporal_worker_task_slots_used": "worker_type task_queue",
	"temporal_worker_task_slots_available": "worker_type task_queue", "temporal_sticky_cache_size": "",
	// Of Go, of the process, and of Prometheus.
	"process_cpu_seconds_total": "", "process_resident_memory_bytes": "", "go_goroutines": "", "up": "",
	// Of the rules themselves.
	"datawald:orders": "instance", "datawald:orders:new4h": "instance",
})

// metrics adds those of our own to others.
func metrics(all map[string]string) map[string]string {
	for _, m := range telemetry.Catalogue() {
		all[m.Name] = strings.Join(m.Labels, " ")
	}
	return all
}

// everywhere are labels that Prometheus gives, and le of histograms.
var everywhere = []string{"job", "process", "instance", "le"}

var (
	quoted  = regexp.MustCompile(`"[^"]*"`)
	metric  = regexp.MustCompile(`\b(?:(?:datawald|temporal|process|go)[_:][a-z0-9_:]+|up\b)`)
	part    = regexp.MustCompile(`_(bucket|sum|count)$`)
	labels  = regexp.MustCompile(`([a-z_:0-9]+)\{([^}]*)\}`)
	grouped = regexp.MustCompile(`\b(?:by|on) ?\(([^)]+)\)`)
	label   = regexp.MustCompile(`([a-z_]+) ?(?:=~|!~|!=|=)`)
)

// wantShown reports metrics in an expression that nobody shows, and labels that they do not have.
func wantShown(t *testing.T, where, expr string) (found []string) {
	t.Helper()
	has := map[string]bool{}
	for _, l := range everywhere {
		has[l] = true
	}
	bare := quoted.ReplaceAllString(expr, `""`)
	bare = regexp.MustCompile(`\{[^}]*\}`).ReplaceAllString(bare, "")
	for _, name := range metric.FindAllString(grouped.ReplaceAllString(bare, ""), -1) {
		if _, known := shown[name]; !known {
			name = part.ReplaceAllString(name, "")
		}
		all, known := shown[name]
		if !known {
			t.Errorf("%s: nobody shows %s", where, name)
		}
		for _, l := range strings.Fields(all) {
			has[l] = true
		}
		found = append(found, name)
	}
	var asked []string
	for _, m := range grouped.FindAllStringSubmatch(expr, -1) {
		asked = append(asked, strings.Split(m[1], ",")...)
	}
	for _, m := range labels.FindAllStringSubmatch(expr, -1) {
		for _, l := range label.FindAllStringSubmatch(m[2], -1) {
			asked = append(asked, l[1])
		}
	}
	for _, l := range asked {
		if l = strings.TrimSpace(l); !has[l] {
			t.Errorf("%s: none of %v has the label %s", where, found, l)
		}
	}
	return found
}

type ruleFile struct {
	Groups []struct {
		Rules []struct {
			Alert, Record, Expr string
			Labels, Annotations map[string]string
		}
	}
}

// The rules for Prometheus ask for what is shown, each alarm has one, each says what is so and what to do, and each is tried out. Fails without:
// a metric that is shown under another name, an alarm without a rule, a rule without a test.
func TestRules_AreAboutWhatIsShown(t *testing.T) {
	var rules ruleFile
	parse(t, filepath.Join("prometheus", "rules.yml"), func(text []byte) error { return yaml.Unmarshal(text, &rules) })
	tests := ""
	for _, name := range []string{"rules_test.yml", "weeks_test.yml"} {
		parse(t, filepath.Join("prometheus", name), func(text []byte) error { tests += string(text); return nil })
	}
	of := map[string]bool{}
	for _, g := range rules.Groups {
		for _, r := range g.Rules {
			wantShown(t, r.Alert+r.Record, r.Expr)
			if r.Record != "" {
				continue
			}
			if r.Annotations["summary"] == "" || r.Annotations["description"] == "" || r.Labels["severity"] != "trouble" && r.Labels["severity"] != "attention" {
				t.Errorf("%s: want a summary, a description and a severity", r.Alert)
			}
			if name := r.Labels["alarm"]; name != "" {
				of[name] = true
			}
			raised := regexp.MustCompile(`alertname: ` + r.Alert + `\n\s+exp_alerts:`)
			if silent := regexp.MustCompile(`alertname: ` + r.Alert + `\n(?:\s+- eval_time|\n|$)`); !raised.MatchString(tests) || !silent.MatchString(tests) {
				t.Errorf("%s: want a test in which it is raised, and one in which it is not", r.Alert)
			}
		}
	}
	if got, want := slices.Sorted(maps.Keys(of)), slices.Sorted(slices.Values(alarm.Names())); !slices.Equal(got, want) {
		t.Errorf("there are rules of %v, want %v", got, want)
	}
}

// Prometheus takes its settings and its rules, and raises what the tests of the rules say. Fails without: any of the conditions of the rules.
func TestRules_DoAsTheirTestsSay(t *testing.T) {
	path, err := promtool(os.Getenv("PROMTOOL"))
	if err != nil && os.Getenv("PROMTOOL") != "" {
		t.Fatal(err)
	}
	if err != nil {
		t.Skip("not tested by promtool, which is missing: make promtool gets it, or name one in PROMTOOL")
	}
	if path, err = filepath.Abs(path); err != nil {
		t.Fatal(err)
	}
	for _, args := range [][]string{{"check", "config", "prometheus.yml"}, {"test", "rules", "rules_test.yml", "weeks_test.yml"}} {
		c := exec.CommandContext(t.Context(), path, args...)
		c.Dir = "prometheus"
		if out, err := c.CombinedOutput(); err != nil {
			t.Errorf("promtool %s: %v\n%s", strings.Join(args, " "), err, out)
		}
	}
}

// promtool finds the one that is named; without a name that of make or that of the machine.
func promtool(named string) (string, error) {
	if named != "" {
		return exec.LookPath(named)
	}
	if path, err := exec.LookPath(filepath.Join("..", "bin", "promtool")); err == nil {
		return path, nil
	}
	return exec.LookPath("promtool")
}

// The names of shops are kept, and the figures of several workers apart. Fails without: honor_labels (a shop is exported_instance then, and no rule
// finds it), process (two workers are one series).
func TestPrometheus_KeepsShopsAndWorkersApart(t *testing.T) {
	var settings struct {
		ScrapeConfigs []struct {
			JobName        string `yaml:"job_name"`
			HonorLabels    bool   `yaml:"honor_labels"`
			RelabelConfigs []struct {
				SourceLabels []string `yaml:"source_labels"`
				TargetLabel  string   `yaml:"target_label"`
			} `yaml:"relabel_configs"`
		} `yaml:"scrape_configs"`
	}
	parse(t, filepath.Join("prometheus", "prometheus.yml"), func(text []byte) error { return yaml.Unmarshal(text, &settings) })
	ours := 0
	for _, s := range settings.ScrapeConfigs {
		if !strings.HasPrefix(s.JobName, "datawald-") {
			continue
		}
		ours++
		if !s.HonorLabels || len(s.RelabelConfigs) != 1 || s.RelabelConfigs[0].TargetLabel != "process" || !slices.Equal(s.RelabelConfigs[0].SourceLabels, []string{"__address__"}) {
			t.Errorf("%s: %+v", s.JobName, s)
		}
	}
	if ours != 2 {
		t.Errorf("%d of our programs are asked, want 2", ours)
	}
}

// The dashboard asks for what is shown, from the source that is provisioned beside it, and shows what the page does not. Fails without: a metric
// that is shown under another name, another uid.
func TestDashboard_IsAboutWhatIsShown(t *testing.T) {
	var board struct {
		UID         string
		Annotations struct{ List []struct{ Expr string } }
		Panels      []struct {
			ID         int
			Title      string
			Type       string
			Datasource struct{ UID string }
			GridPos    struct{ H, W, X, Y int }
			Targets    []struct{ Expr string }
		}
	}
	parse(t, filepath.Join("grafana", "dashboards", "datawald.json"), func(text []byte) error { return json.Unmarshal(text, &board) })
	var sources struct {
		Datasources []struct{ UID string }
	}
	parse(t, filepath.Join("grafana", "provisioning", "datasources", "prometheus.yml"), func(text []byte) error { return yaml.Unmarshal(text, &sources) })
	found, ids, taken := map[string]bool{}, map[int]bool{}, map[[2]int]string{}
	for _, p := range board.Panels {
		if ids[p.ID] {
			t.Errorf("%s: another panel has its ID", p.Title)
		}
		ids[p.ID] = true
		for x := p.GridPos.X; x < p.GridPos.X+p.GridPos.W; x++ {
			for y := p.GridPos.Y; y < p.GridPos.Y+p.GridPos.H; y++ {
				if other := taken[[2]int{x, y}]; other != "" || x >= 24 {
					t.Fatalf("%s lies over %s, or outside", p.Title, other)
				}
				taken[[2]int{x, y}] = p.Title
			}
		}
		if p.Type == "row" {
			continue
		}
		if p.Datasource.UID != sources.Datasources[0].UID || len(p.Targets) == 0 {
			t.Errorf("%s: asks %q, want %q", p.Title, p.Datasource.UID, sources.Datasources[0].UID)
		}
		for _, target := range p.Targets {
			for _, name := range wantShown(t, p.Title, target.Expr) {
				found[name] = true
			}
		}
	}
	for _, a := range board.Annotations.List {
		wantShown(t, "annotation", a.Expr)
	}
	for name := range shown {
		if strings.HasPrefix(name, "datawald_") && !found[name] {
			t.Errorf("no panel shows %s", name)
		}
	}
}

func parse(t *testing.T, file string, into func([]byte) error) {
	t.Helper()
	text, err := os.ReadFile(file)
	if err == nil {
		err = into(text)
	}
	if err != nil {
		t.Fatalf("%s: %v", file, err)
	}
}
