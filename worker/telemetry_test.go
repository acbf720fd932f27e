package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"go.opentelemetry.io/proto/otlp/trace/v1"

	"datawald/order"
	"datawald/sandbox/magentosim"
	"datawald/sandbox/process"
	"datawald/sandbox/testkit"
	"datawald/store"
)

// said is what programs may say at level info and above while all goes well: their start and stop, and what has changed.
var said = []string{"starting", "nobody is told of alarms: neither ALARM_WEBHOOK_URL nor ALARM_SMTP_ADDRESS is set", "metrics are shown", "worker started", "gateway started", "the rules file is in force", "rules taken", "order held",
	"worker stops; it finishes the orders that it has in hand", "worker stopped", "gateway stopped",
	"runs are started without search attributes"} // the namespace of the tests has none

// watched is a world whose worker and gateway are real programs that show all they can.
type watched struct {
	*world
	traces          *testkit.Receiver
	worker, gateway *process.Process
	logs            [2]string
}

const hookSecret = "correct-horse-battery"

func newWatched(t *testing.T, orders int) *watched {
	t.Helper()
	w := &watched{world: newWorld(t, orders), traces: testkit.NewReceiver(t)}
	suffix := "_" + strings.ToUpper(w.instance)
	w.extra = []string{"LOG_LEVEL=debug", "LOG_FORMAT=json", "WORKER_METRICS_ADDRESS=127.0.0.1:0", "GATEWAY_METRICS_ADDRESS=127.0.0.1:0",
		"GATEWAY_ADDRESS=127.0.0.1:0", "MAGENTO" + suffix + "_WEBHOOK_SECRET=" + hookSecret, "OTEL_EXPORTER_OTLP_ENDPOINT=" + w.traces.URL,
		"OTEL_BSP_SCHEDULE_DELAY=100"}
	w.worker, w.logs[0] = w.run("worker")
	w.gateway, w.logs[1] = w.run("gateway")
	return w
}

func (w *watched) run(name string) (*process.Process, string) {
	w.t.Helper()
	log, err := os.Create(filepath.Join(w.t.TempDir(), name+".log"))
	if err != nil {
		w.t.Fatal(err)
	}
	w.t.Cleanup(func() { log.Close() })
	p, err := process.Start(process.Spec{Name: name, Path: build(w.t, name), Env: w.environment(), Output: log})
	if err != nil {
		w.t.Fatal(err)
	}
	w.t.Cleanup(func() { p.Stop(20 * time.Second) })
	w.eventually(name+" has started", func() bool { return w.told(log.Name(), name+" started") != nil })
	return p, log.Name()
}

// line is one event of a log.
type line map[string]any

func (l line) text(key string) string {
	text, _ := l[key].(string)
	return text
}

func (w *watched) lines(log string) (all []line) {
	w.t.Helper()
	f, err := os.Open(log)
	if err != nil {
		w.t.Fatal(err)
	}
	defer f.Close()
	for s := bufio.NewScanner(f); s.Scan(); {
		var l line
		if err := json.Unmarshal(s.Bytes(), &l); err == nil {
			all = append(all, l)
		} else if filepath.Base(log) != "gateway.log" { // which prints the first password
			w.t.Errorf("%s: no JSON: %s", filepath.Base(log), s.Text())
		}
	}
	return all
}

// told is the first line with a message, nil for none.
func (w *watched) told(log, message string) line {
	for _, l := range w.lines(log) {
		if l.text("msg") == message {
			return l
		}
	}
	return nil
}

func (w *watched) scrape(log string) string {
	w.t.Helper()
	res, err := http.Get(w.told(log, "metrics are shown").text("address"))
	if err != nil {
		w.t.Fatal(err)
	}
	defer res.Body.Close()
	text, err := io.ReadAll(res.Body)
	if err != nil {
		w.t.Fatal(err)
	}
	return string(text)
}

// hintAt tells the gateway of an order, as the shop does.
func (w *watched) hintAt(p magentosim.Placed) {
	w.t.Helper()
	address := w.told(w.logs[1], "gateway started").text("address") + "/webhooks/magento/" + w.instance
	body, err := json.Marshal(map[string]any{"entity_id": p.EntityID})
	if err != nil {
		w.t.Fatal(err)
	}
	req, err := http.NewRequest(http.MethodPost, address, strings.NewReader(string(body)))
	if err != nil {
		w.t.Fatal(err)
	}
	req.Header.Set("X-Webhook-Secret", hookSecret)
	req.Header.Set("Content-Type", "application/json")
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		w.t.Fatal(err)
	}
	defer res.Body.Close()
	if res.StatusCode != http.StatusOK {
		w.t.Fatalf("the webhook answers HTTP %d", res.StatusCode)
	}
}

// persons are the words by which buyers are known.
func (w *watched) persons() (words []string) {
	w.t.Helper()
	for _, p := range w.shop.Orders() {
		o := w.get(p).Order
		a := o.Billing
		words = append(words, append([]string{a.LastName, a.Telephone, a.Email}, a.Street...)...)
		words = append(words, o.Customer.Email)
	}
	words = slices.DeleteFunc(words, func(s string) bool { return len(s) < 5 })
	slices.Sort(words)
	return slices.Compact(words)
}

// A run over orders of all kinds and one that the shop speaks of, with the real programs: what is said is in a list, an order that goes well
// says nothing, a trace leads from the request to B1, and nobody is named in logs (down to level debug), metrics or traces.
// Fails without: quiet (worker/main.go) for the list; startClean and Requests for the names and keys (telemetry).
func TestTelemetry_OfRealProgramsThroughARun(t *testing.T) {
	t.Parallel()
	w := newWatched(t, 80)
	w.sync()
	placed := w.place("simple", 1)
	w.hintAt(placed)
	w.eventually("the order is in B1", func() bool {
		doc, err := w.db.Get(t.Context(), w.key(placed))
		return err == nil && doc.Status == order.Posted
	})
	// A scrape shows what it was told in time, so that the first may lack some on a machine that does much else.
	var metrics string
	w.eventually("the gateway shows how many orders are posted", func() bool {
		metrics = w.scrape(w.logs[0]) + w.scrape(w.logs[1])
		return strings.Contains(metrics, `datawald_orders{instance="`+w.instance+`",state="posted"}`)
	})
	w.worker.Stop(20 * time.Second)
	w.gateway.Stop(20 * time.Second)

	t.Run("log", func(t *testing.T) { w.checkLogs(t) })
	t.Run("metrics", func(t *testing.T) { w.checkMetrics(t, metrics) })
	t.Run("trace", func(t *testing.T) { w.checkTrace(t, placed) })
	t.Run("nobody is named", func(t *testing.T) {
		texts := map[string]string{"the metrics": metrics, "the traces": w.traces.Raw()}
		for _, log := range w.logs {
			text, err := os.ReadFile(log)
			if err != nil {
				t.Fatal(err)
			}
			texts[filepath.Base(log)] = string(text)
		}
		words := w.persons()
		if len(words) < 50 {
			t.Fatalf("only %d words to look for", len(words))
		}
		for i, word := range words {
			words[i] = regexp.QuoteMeta(word)
		}
		person := regexp.MustCompile(`\b(` + strings.Join(words, "|") + `)\b`)
		for where, text := range texts {
			if found := person.FindString(text); found != "" {
				t.Errorf("%s: %q", where, found)
			}
		}
	})
}

func (w *watched) checkLogs(t *testing.T) {
	held := 0
	for _, log := range w.logs {
		for _, l := range w.lines(log) {
			if l.text("msg") == "order held" {
				held++
			}
			if l.text("level") != "DEBUG" && !slices.Contains(said, l.text("msg")) {
				t.Errorf("%s says %v", filepath.Base(log), l)
			}
		}
	}
	if n, err := w.db.Count(t.Context(), store.Filter{Instance: w.instance, Status: order.Held}); err != nil || n == 0 || held == 0 {
		t.Errorf("%d held orders, %d lines, %v: want some", n, held, err)
	}
}

func (w *watched) checkMetrics(t *testing.T, metrics string) {
	posted, err := w.db.Count(t.Context(), store.Filter{Instance: w.instance, Status: order.Posted})
	if err != nil || posted == 0 {
		t.Fatal(posted, err)
	}
	in := `{instance="` + w.instance + `"`
	for _, want := range []string{"datawald_orders" + in + `,state="posted"}`, "datawald_held_orders" + in + `,reason="b1_refused"}`, "datawald_lag_seconds" + in,
		"datawald_cut_age_seconds" + in, "datawald_oldest_pending_seconds" + in + "} 0", "datawald_placed_to_posted_seconds_count" + in + fmt.Sprintf("} %d\n", posted),
		"datawald_b1_call_seconds_count" + in + `,operation="POST Orders",outcome="ok"}`, "datawald_b1_call_seconds_count" + in + `,operation="POST Orders",outcome="refused"}`,
		"datawald_b1_calls_in_flight" + in + "} 0", "datawald_b1_concurrency" + in, "datawald_b1_circuit_open" + in + "} 0",
		"datawald_magento_call_seconds_count" + in + `,operation="GET orders",outcome="ok"}`, `program="gateway"`, `program="worker"`,
		"temporal_request_latency_seconds_bucket", "temporal_activity_execution_latency_seconds_bucket", "temporal_workflow_completed_total", `part="orders"} `} {
		if !strings.Contains(metrics, want) {
			t.Errorf("the metrics lack %s", want)
		}
	}
	// Every label of Temporal's is a name that the programs are written with, or set up with.
	if found := regexp.MustCompile(`(?m)^temporal_[a-z_]+\{[^}]*(insert-order|[0-9]{9}|@).*$`).FindString(metrics); found != "" {
		t.Error("a metric of Temporal's holds a key: ", found)
	}
}

// checkTrace follows the sending of an order back to the request.
func (w *watched) checkTrace(t *testing.T, p magentosim.Placed) {
	spans, children := map[string]*v1.Span{}, w.traces.Spans()
	for _, s := range children {
		spans[string(s.GetSpanId())] = s
	}
	names := []string{}
	for _, s := range children {
		if s.GetName() != "b1 POST Orders" {
			continue
		}
		chain := []string{}
		for s != nil {
			chain = append(chain, s.GetName())
			s = spans[string(s.GetParentSpanId())]
		}
		if chain[len(chain)-1] == "POST /webhooks/magento/:instance" {
			names = chain
		}
	}
	want := []string{"b1 POST Orders", "RunActivity:", "RunWorkflow:InsertOrder", "RunWorkflow:ResyncOrders", "RunWorkflow:TakeHints", "POST /webhooks/magento/:instance"}
	at := 0
	for _, name := range names {
		if at < len(want) && strings.HasPrefix(name, want[at]) {
			at++
		}
	}
	if at != len(want) {
		t.Errorf("the trace of an order is %v, want in it %v", names, want)
	}
	ofOrder := 0
	for _, s := range children {
		for _, kv := range s.GetAttributes() {
			if kv.GetKey() == "datawald.order" && kv.GetValue().GetStringValue() == string(w.key(p)) {
				ofOrder++
			} else if strings.Contains(kv.GetValue().GetStringValue(), p.IncrementID) {
				t.Errorf("%s has %s=%s", s.GetName(), kv.GetKey(), kv.GetValue().GetStringValue())
			}
		}
	}
	if ofOrder == 0 {
		t.Error("no span has the order's key")
	}
}
