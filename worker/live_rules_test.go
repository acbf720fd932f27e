package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"go.temporal.io/api/serviceerror"
	"go.temporal.io/sdk/client"

	"datawald/activities"
	"datawald/config"
	"datawald/gateway/access"
	"datawald/gateway/api"
	"datawald/mapping"
	"datawald/order"
	"datawald/sandbox/magentosim"
	"datawald/sandbox/testkit"
	"datawald/store"
	"datawald/workflows"
)

// desk is a world with a gateway and a schedule that fires only when it is told to, and rules that hold what is paid by sofort.
type desk struct {
	*world
	gateway *httptest.Server
	file    string
}

func newRulesDesk(t *testing.T) *desk {
	t.Helper()
	d := &desk{world: newWorld(t, 0), file: filepath.Join(t.TempDir(), "rules.yaml")}
	d.write(d.example())
	gateway := &config.Gateway{Temporal: d.settings.Temporal, Instances: d.settings.Instances, Listening: config.Listening{Address: "127.0.0.1:8080"},
		Rules: map[string]config.FileRules{d.instance: d.settings.All[0].File}}
	handler, err := api.New(gateway, d.db, d.temporal, testkit.Silent())
	if err != nil {
		t.Fatal(err)
	}
	if err := api.Gate(gateway, d.db).KeepKey(t.Context(), deskKey, "test", access.Admin); err != nil {
		t.Fatal(err)
	}
	d.gateway = httptest.NewServer(handler)
	t.Cleanup(d.gateway.Close)
	h, err := d.temporal.ScheduleClient().Create(t.Context(), client.ScheduleOptions{ID: workflows.ScheduleID(d.instance),
		Spec: client.ScheduleSpec{Intervals: []client.ScheduleIntervalSpec{{Every: 1000 * time.Hour, Offset: 999 * time.Hour}}},
		Action: &client.ScheduleWorkflowAction{ID: workflows.SyncOrdersID(d.instance), Workflow: "SyncOrders", TaskQueue: d.queue,
			Args: []any{workflows.SyncOrdersInput{Instance: d.instance}}}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := h.Delete(context.Background()); err != nil {
			if _, gone := errors.AsType[*serviceerror.NotFound](err); !gone {
				t.Log("delete schedule:", err)
			}
		}
	})
	return d
}

// example are the rules of the example, which know no payment by sofort; mended are those that do.
func (d *desk) example() string {
	d.t.Helper()
	text, err := os.ReadFile(filepath.Join(testkit.Root(), "rules.example.yaml"))
	if err != nil {
		d.t.Fatal(err)
	}
	return string(text)
}

func (d *desk) mended() string {
	return strings.Replace(d.example(), "checkmo: {", "sofort: { method: Incoming CHK, terms: 1 }\n    checkmo: {", 1)
}

// write writes the rules file, which workers that are started from now on have.
func (d *desk) write(text string) {
	d.t.Helper()
	if err := os.WriteFile(d.file, []byte(text), 0o600); err != nil {
		d.t.Fatal(err)
	}
	rules, err := config.ParseRules([]byte(text))
	if err != nil {
		d.t.Fatal(err)
	}
	d.settings.All[0].Rules, d.settings.All[0].File = rules, config.FileRules{Name: d.file, Text: text, Rules: rules}
	suffix := "_" + strings.ToUpper(d.instance)
	d.extra = []string{"RULES" + suffix + "_FILE=" + d.file, "RULES_POLL=200ms"}
}

// startLive runs a worker in this process that takes rules as they are activated.
func (d *desk) startLive() (stop func()) {
	d.t.Helper()
	d.settings.RulesPoll = 200 * time.Millisecond
	all, companies, err := instances(d.settings, d.db, d.log, nil)
	if err != nil {
		d.t.Fatal(err)
	}
	stopRules, err := liveRules(d.t.Context(), d.settings, d.db, all, d.log)
	if err != nil {
		d.t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() {
		done <- serve(ctx, d.temporal, d.settings, activities.New(d.db, testkit.Silent(), all...), d.log)
	}()
	stopped := false
	stop = func() {
		if stopped {
			return
		}
		stopped = true
		cancel()
		if err := <-done; err != nil {
			d.t.Error("worker:", err)
		}
		stopRules()
		for _, c := range companies {
			_ = c.Logout(context.Background())
		}
	}
	d.t.Cleanup(stop)
	return stop
}

// bySofort places an order whose payment the example rules do not know.
func (d *desk) bySofort() magentosim.Placed {
	d.t.Helper()
	p := d.place("simple", 1)
	if err := d.shop.Update(p.EntityID, func(doc map[string]any) { doc["payment"].(map[string]any)["method"] = "sofort" }); err != nil {
		d.t.Fatal(err)
	}
	return p
}

// held waits until the order is held for its payment.
func (d *desk) held(p magentosim.Placed) {
	d.t.Helper()
	d.sync()
	d.eventually("the order is held", func() bool { return d.is(p, order.Held) })
	if doc := d.get(p); doc.Reason.Code != "payment_method_unmapped" {
		d.t.Fatalf("the order is held for %v", doc.Reason)
	}
}

// is reports whether an order is staged and in a state.
func (d *desk) is(p magentosim.Placed, want order.Status) bool {
	doc, err := d.db.Get(d.t.Context(), d.key(p))
	return err == nil && doc.Status == want
}

// deskKey is an API key of an admin.
const deskKey = "dw_test_0123456789abcdefghij"

// ask sends a request to the gateway.
func (d *desk) ask(method, path, body string) *http.Response {
	d.t.Helper()
	req, err := http.NewRequestWithContext(d.t.Context(), method, d.gateway.URL+path, strings.NewReader(body))
	if err != nil {
		d.t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+deskKey)
	if body != "" {
		req.Header.Set("Content-Type", "application/json")
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		d.t.Fatal(err)
	}
	return res
}

// inForce asks the gateway what is in force.
func (d *desk) inForce() api.InstanceRules {
	d.t.Helper()
	res := d.ask(http.MethodGet, "/api/v1/rules", "")
	defer res.Body.Close()
	var list struct{ Rules []api.InstanceRules }
	if err := json.NewDecoder(res.Body).Decode(&list); err != nil || len(list.Rules) != 1 {
		d.t.Fatalf("GET /rules: %v, %v", list, err)
	}
	return list.Rules[0]
}

// activate activates rules over HTTP, as a clerk who has just looked at those in force.
func (d *desk) activate(text string) (done api.ActivatedRules) {
	d.t.Helper()
	body, err := json.Marshal(map[string]string{"text": text, "reason": "sofort is paid into the bank account", "expect": d.inForce().Version})
	if err != nil {
		d.t.Fatal(err)
	}
	res := d.ask(http.MethodPost, "/api/v1/rules/activate", string(body))
	defer res.Body.Close()
	var answer bytes.Buffer
	_, _ = answer.ReadFrom(res.Body)
	if res.StatusCode != http.StatusOK {
		d.t.Fatalf("activate: %d %s", res.StatusCode, answer.String())
	}
	if err := json.Unmarshal(answer.Bytes(), &done); err != nil {
		d.t.Fatal(err)
	}
	return done
}

func idOf(t *testing.T, text string) string {
	t.Helper()
	rules, err := mapping.ParseRules([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return rules.ID()
}

// A clerk mends a rule in the page: the order that it held is posted, by a run that begins by itself, and no worker is started again.
//
// Fails without: the poll or Fresh (the worker goes on by its file), and without the trigger in activateRules (nothing happens until the
// time of the schedule).
func TestLiveRules_AHeldOrderIsPostedWithoutARestart(t *testing.T) {
	t.Parallel()
	d := newRulesDesk(t)
	p := d.bySofort()
	d.startLive()
	d.held(p)
	done := d.activate(d.mended())
	if done.Run.State != "begun" || done.Held == nil || done.Held.WouldGo != 1 || !done.Held.All {
		t.Errorf("the answer: run %+v, held %+v; want a run begun and one order let through", done.Run, done.Held)
	}
	d.eventually("the order is posted", func() bool { return d.is(p, order.Posted) })
	if doc := d.get(p); doc.RuleVersion != idOf(t, d.mended()) {
		t.Errorf("rule_version %s, want that of the mended rules, %s", doc.RuleVersion, idOf(t, d.mended()))
	}
	d.eventually("the worker is known to have taken the rules", func() bool {
		now := d.inForce()
		return len(now.Workers) == 1 && now.Workers[0].Version == done.Version && !now.Workers[0].Late
	})
	d.checkLedger()
}

// Several workers, killed around an activation, all come to work by the rules that were activated: their unchanged file does not bring
// back the ones before. A file that is changed and brought by a restart does.
//
// Fails without: store.isNews (with every file taken at the start, the held order stays held).
func TestLiveRules_WorkersThatAreKilledComeBackWithWhatWasActivated(t *testing.T) {
	t.Parallel()
	d := newRulesDesk(t)
	p := d.bySofort()
	program := buildWorker(t)
	first, second := d.startProcess(program), d.startProcess(program)
	d.held(p)
	first.Kill()
	second.Kill()
	done := d.activate(d.mended())
	first = d.startProcess(program)
	d.startProcess(program)
	d.eventually("the order is posted", func() bool { return d.is(p, order.Posted) })
	if doc := d.get(p); doc.RuleVersion != idOf(t, d.mended()) {
		t.Errorf("rule_version %s, want %s", doc.RuleVersion, idOf(t, d.mended()))
	}
	if now := d.inForce(); now.Version != done.Version || now.Whence != store.RulesByActivated {
		t.Errorf("after a restart with the same file %s is in force by %s", now.Version, now.By)
	}

	changed := strings.Replace(d.example(), "checkmo: {", "# sofort is no more\n    checkmo: {", 1)
	d.write(changed)
	first.Kill()
	d.startProcess(program) // the other one goes on, with the file of before
	d.eventually("the changed file is in force", func() bool {
		now := d.inForce()
		return now.Text == changed && now.Whence == store.RulesByFile && now.By == "file"
	})
	d.eventually("both workers have taken it", func() bool {
		n := 0
		for _, w := range d.inForce().Workers {
			if w.Version == mapping.TextID(changed) {
				n++
			}
		}
		return n == 2
	})
	q := d.bySofort()
	d.held(q)
	if doc := d.get(q); doc.RuleVersion != idOf(t, changed) {
		t.Errorf("held by %s, want %s", doc.RuleVersion, idOf(t, changed))
	}
	d.checkLedger()
}

// Write-back, quiet hours and what else was read at the start follow the rules as well.
//
// Fails without: activities.instance giving the rules of the moment.
func TestLiveRules_WriteBackBeginsWithTheRulesThatAskForIt(t *testing.T) {
	t.Parallel()
	d := newRulesDesk(t)
	d.startLive()
	before := d.place("simple", 1)
	d.sync()
	d.eventually("the order is posted", func() bool { return d.is(before, order.Posted) })
	done := d.activate(strings.Replace(d.example(), "ext_order_id: false", "ext_order_id: true", 1))
	if len(done.Notes) != 1 || !strings.Contains(done.Notes[0], "write_back") {
		t.Errorf("notes %q", done.Notes)
	}
	after := d.place("simple", 1)
	d.eventually("Magento is told of the order that was posted since", func() bool {
		d.sync()
		doc, ok := d.shop.Document(after.EntityID)
		return ok && bytes.Contains(doc, []byte(`"ext_order_id"`))
	})
	if doc := d.get(before); doc.WriteBack != nil {
		t.Errorf("the order of before has a write-back %+v", doc.WriteBack)
	}
}
