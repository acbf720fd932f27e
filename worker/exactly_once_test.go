package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"go.temporal.io/sdk/client"

	"datawald/order"
	"datawald/sandbox/b1sim"
	"datawald/sandbox/magentosim"
	"datawald/workflows"
)

// Whatever happens to a reply, each order is in B1 once.
func TestLostRepliesMakeNoSecondOrder(t *testing.T) {
	t.Parallel()
	tests := map[string]b1sim.Rule{
		"B1 commits, then the connection drops":       {Fault: b1sim.CommitThenDrop, Every: 2},
		"B1 commits, then the proxy answers 502":      {Fault: b1sim.CommitThenBadGateway, Every: 2},
		"B1 commits, then answers -1116":              {Fault: b1sim.Commit1116Committed, Every: 2},
		"B1 does not commit and answers -1116":        {Fault: b1sim.CommitFailed1116, Every: 3},
		"B1 answers after the client has given up":    {Fault: b1sim.ReplyLate, Every: 2, Delay: b1sim.Duration(2 * time.Second)},
		"the connection drops before B1 looks":        {Fault: b1sim.RefuseBeforeCommit, Every: 3},
		"the proxy answers 502 before B1 looks":       {Fault: b1sim.BadGatewayBefore, Every: 3},
		"B1 answers 500 without a body":               {Fault: b1sim.Empty500, Every: 3},
		"the session ends in the middle":              {Fault: b1sim.SessionExpire, Every: 7},
		"B1 is unavailable for a while, for any call": {Fault: b1sim.Unavailable, Times: 6},
	}
	for name, rule := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, 0)
			for range 10 {
				if _, err := w.shop.Place(magentosim.Placement{Kind: "simple", StoreID: 1}); err != nil {
					t.Fatal(err)
				}
			}
			w.settings.All[0].B1.Timeout = time.Second
			if err := w.company.Inject(rule); err != nil {
				t.Fatal(err)
			}
			w.startWorker()
			w.eventually("every order is settled", func() bool {
				w.sync()
				return w.counts()[order.Pending] == 0
			})
			if _, struck := w.company.Faults(); struck[rule.Fault] == 0 {
				t.Fatalf("the fault never struck: %v", struck)
			}
			w.checkLedger()
			if w.counts()[order.Posted] != 10 {
				t.Errorf("counts %v, want 10 posted", w.counts())
			}
		})
	}
}

func TestFourTriggersAtOnceMakeOneOrder(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 0)
	var placed []magentosim.Placed
	for range 5 {
		p, err := w.shop.Place(magentosim.Placement{Kind: "simple", StoreID: 1})
		if err != nil {
			t.Fatal(err)
		}
		placed = append(placed, p)
	}
	w.company.SetLatency(b1sim.Latency{Read: 50 * time.Millisecond, Write: 100 * time.Millisecond})
	w.startWorker()
	w.startWorker()
	w.stageOnly() // what follows names them again and again
	w.start("SyncOrders", workflows.SyncOrdersID(w.instance), workflows.SyncOrdersInput{Instance: w.instance})

	for _, p := range placed {
		in := workflows.ResyncOrdersInput{Instance: w.instance, IncrementIDs: []string{p.IncrementID}}
		for _, name := range []string{"a", "b", "c"} {
			w.start("ResyncOrders", workflows.ResyncOrdersID(w.instance, name+p.IncrementID), in)
		}
		w.start("InsertOrder", "by-hand:"+string(w.key(p)), workflows.InsertOrderInput{Key: w.key(p)})
		w.start("InsertOrder", "by-hand-too:"+string(w.key(p)), workflows.InsertOrderInput{Key: w.key(p)})
	}
	w.eventually("all are posted", func() bool { return w.counts()[order.Posted] == 5 })
	for _, p := range placed {
		for _, name := range []string{"a", "b", "c"} {
			w.await(workflows.ResyncOrdersID(w.instance, name+p.IncrementID))
		}
	}
	w.checkLedger()
}

// Two activities race for one order that nobody has sent: the claim lets one through.
func TestTwoWorkflowsOfOneOrderMakeOneOrder(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 0)
	p, err := w.shop.Place(magentosim.Placement{Kind: "simple", StoreID: 1})
	if err != nil {
		t.Fatal(err)
	}
	w.company.SetLatency(b1sim.Latency{Write: 300 * time.Millisecond})
	if err := w.company.Inject(b1sim.Rule{Fault: b1sim.Unavailable, Times: 1}); err != nil {
		t.Fatal(err)
	}
	w.startWorker()
	w.stageOnly()
	for _, id := range []string{"first:", "second:", "third:"} {
		w.start("InsertOrder", id+string(w.key(p)), workflows.InsertOrderInput{Key: w.key(p)})
	}
	for _, id := range []string{"first:", "second:", "third:"} {
		w.await(id + string(w.key(p)))
	}
	w.checkLedger()
	if calls := w.company.Traffic().Calls["POST Orders"]; calls != 1 {
		t.Errorf("B1 got %d POST Orders, want 1", calls)
	}
}

func TestAnOrderThatAPersonTypedIsLinked(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		price string // of the order typed into B1
		want  order.Status
	}{
		"with the same total": {"", order.Posted},
		"with another total":  {"1.23", order.Held},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, 0)
			p, err := w.shop.Place(magentosim.Placement{Kind: "simple", StoreID: 3})
			if err != nil {
				t.Fatal(err)
			}
			price := tc.price
			if price == "" {
				price = p.GrandTotal.String()
			}
			w.typeIntoB1(p.IncrementID, price)
			w.startWorker()
			w.sync()
			doc := w.get(p)
			if tc.want == order.Posted && len(doc.Order.Lines) > 1 {
				tc.want = order.Held // one line was typed, so the number of lines differs
			}
			if doc.Status != tc.want || doc.BO == nil || !doc.BO.Linked {
				t.Errorf("order is %s (%v), B1 side %+v; want %s and linked", doc.Status, doc.Reason, doc.BO, tc.want)
			}
			if n := w.company.CountByNumAtCard(p.IncrementID); n != 1 {
				t.Errorf("B1 has the order %d times", n)
			}
		})
	}
}

// start begins a workflow; one of that ID that runs already is as good.
func (w *world) start(kind, id string, in any) {
	w.t.Helper()
	if _, err := w.temporal.ExecuteWorkflow(w.t.Context(), client.StartWorkflowOptions{ID: id, TaskQueue: w.queue}, kind, in); err != nil {
		w.t.Fatal(err)
	}
}

// await waits for the end of a workflow, good or bad.
func (w *world) await(id string) error {
	w.t.Helper()
	return w.temporal.GetWorkflow(w.t.Context(), id, "").Get(w.t.Context(), nil)
}

// typeIntoB1 posts a sales order of one line as a person at B1's own client would.
func (w *world) typeIntoB1(reference, price string) {
	w.t.Helper()
	w.atB1(http.MethodPost, "/Orders", map[string]any{"CardCode": "C-WEB", "DocDueDate": "2026-12-24", "NumAtCard": reference, "DocCurrency": "USD",
		"DocumentLines": []any{map[string]any{"ItemCode": magentosim.Catalogue()[0], "Quantity": 1, "UnitPrice": json.Number(price), "TaxCode": "Exempt"}}})
}

// removeDrafts deletes all drafts in B1, as a person would.
func (w *world) removeDrafts() {
	w.t.Helper()
	for _, d := range w.company.Drafts() {
		w.atB1(http.MethodDelete, fmt.Sprintf("/Drafts(%d)", d.DocEntry), nil)
	}
}

// atB1 is a person at work in B1.
func (w *world) atB1(method, path string, body any) {
	w.t.Helper()
	login := w.send(http.MethodPost, "/Login", "", map[string]string{"CompanyDB": "SBODEMOUS", "UserName": "manager", "Password": "sandbox"})
	cookies := ""
	for _, c := range login.Header.Values("Set-Cookie") {
		pair, _, _ := strings.Cut(c, ";")
		cookies += pair + "; "
	}
	w.send(method, path, cookies, body)
}

func (w *world) send(method, path, cookies string, body any) *http.Response {
	w.t.Helper()
	b, err := json.Marshal(body)
	if err != nil {
		w.t.Fatal(err)
	}
	req, err := http.NewRequestWithContext(w.t.Context(), method, w.settings.All[0].B1.URL+path, bytes.NewReader(b))
	if err != nil {
		w.t.Fatal(err)
	}
	req.Header.Set("Cookie", cookies)
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		w.t.Fatal(err)
	}
	res.Body.Close()
	if res.StatusCode >= 300 {
		w.t.Fatalf("%s %s: %s", method, path, res.Status)
	}
	return res
}
