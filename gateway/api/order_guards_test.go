package api_test

import (
	"fmt"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"

	"datawald/config"
	"datawald/gateway/access"
	"datawald/gateway/api"
	"datawald/mapping"
	"datawald/order"
	"datawald/sandbox/testkit"
	"datawald/sapb1"
	"datawald/store"
)

// Orders that a retry would send anew beside what B1 had of them are retried by those who ask for just these. Fails without: keeps in one (of a
// dry run too); the comparison with the filter's reason there.
func TestBulk_ARetryByFilterSendsNothingAnewUnasked(t *testing.T) {
	w := newWorld(t)
	w.shelf(2)
	codes := []string{"reference_cancelled", "gone_from_b1", "draft_rejected"}
	for n, code := range codes {
		w.staged(w.key(2, fmt.Sprintf("%09d", n+1)), func(d *store.Staged) {
			d.Status, d.Reason, d.PayloadHash, d.ContentHash = order.Held, &order.Reason{Code: code}, "p", "c"
		})
	}
	filter := func(more string) string {
		return fmt.Sprintf(`"filter":{"instance":%q,"states":["held"]%s}}`, w.instance, more)
	}
	if r := w.act(`{"action":"retry","dry_run":true,` + filter("")); r.Done != 2 || r.Refused != 3 || !strings.Contains(r.Refusals[0].WhyNot, "anew beside") {
		t.Errorf("the dry run gives %+v", r)
	}
	if r := w.act(`{"action":"retry","expect":5,` + filter("")); r.Done != 2 || r.Refused != 3 {
		t.Errorf("the retry gives %+v", r)
	}
	if r := w.act(`{"action":"skip","reason":"w","dry_run":true,` + filter("")); r.Refused != 0 {
		t.Errorf("a skip sends nothing, and gives %+v", r)
	}
	if r := w.act(`{"action":"retry","expect":1,` + filter(`,"reason":"gone_from_b1"`)); r.Done != 1 {
		t.Errorf("with its reason: %+v", r)
	}
	if r := w.act(fmt.Sprintf(`{"action":"retry","keys":[%q]}`, w.key(2, "000000001"))); r.Done != 1 {
		t.Errorf("with its key: %+v", r)
	}
}

// Fails without: withoutBuyers in noteBegun; each case of it that gives no words.
func TestAudit_TellsReasonsWithoutBuyers(t *testing.T) {
	w := newWorld(t)
	readable, name := w.key(0, "1"), ""
	w.stock(1, func(_ int, d *store.Staged) {
		readable, name = d.Key, d.Order.Billing.FirstName+" "+d.Order.Billing.LastName
		d.Status, d.Reason = order.Held, &order.Reason{Code: "item_unknown"}
	})
	w.shelf(1)
	unreadable := w.key(1, "000000001")
	skip := fmt.Sprintf(`{"reason":"%s called, it is here"}`, name)
	w.post("/api/v1/orders/"+string(readable)+"/skip", skip).ok(200, &struct{}{})
	w.post("/api/v1/orders/"+string(unreadable)+"/skip", skip).ok(200, &struct{}{})
	w.act(fmt.Sprintf(`{"action":"resume","reason":"for %s","keys":[%q]}`, name, readable))
	w.act(fmt.Sprintf(`{"action":"resume","reason":"for %s","expect":1,"filter":{"instance":%q,"reason":"skipped"}}`, name, w.instance))
	entries, err := w.db.ListAudit(t.Context(), store.AuditFilter{Limit: 20})
	if err != nil {
		t.Fatal(err)
	}
	var why []string
	for _, e := range entries {
		if strings.Contains(e.Action, "order") {
			why = append(why, e.Why)
		}
	}
	if got := strings.Join(why, "|"); got != "(see the timeline)|for [personal]|(see the timeline)|[personal] called, it is here" {
		t.Errorf("the audit says %q (the buyer is %s)", got, name)
	}
	r := call(t, w.server, http.MethodGet, "/api/v1/orders/"+string(unreadable), "", []string{"Authorization", w.as(access.Viewer)})
	if r.ok(200, &struct{}{}); strings.Contains(string(r.body), name) {
		t.Errorf("a viewer sees the words: %s", r.body)
	}
}

// quoting is a hook that names the buyer in why it holds an order.
type quoting struct{}

func (quoting) Name() string { return "quoting 1" }
func (quoting) Before(o *order.Order, _ *mapping.Source) *order.Reason {
	name := o.Billing.FirstName + " " + o.Billing.LastName
	return &order.Reason{Code: "hook_holds", Message: name + " is to be called.", Hint: "Call " + name + "."}
}
func (quoting) After(*order.Order, *mapping.Source, *sapb1.SalesOrder) *order.Reason { return nil }

// Fails without: the mask in compareOrder.
func TestViewers_SeeAComparisonWithoutItsBuyer(t *testing.T) {
	w := newWorld(t)
	text := exampleText(t)
	rules, err := mapping.ParseRules([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	rules.Use(quoting{})
	w.settings.Rules = map[string]config.FileRules{w.instance: {Text: text, Rules: rules}}
	w.server = serve(t, w.settings, w.db, w.temporal)
	key, name := order.Key(""), ""
	w.stock(10, func(_ int, d *store.Staged) {
		if d.Order.State == "processing" {
			key, name = d.Key, d.Order.Billing.FirstName+" "+d.Order.Billing.LastName
		}
	})
	for role, sees := range map[access.Role]bool{access.Viewer: false, access.Operator: true} {
		var c api.OrderComparison
		call(t, w.server, http.MethodGet, "/api/v1/orders/"+string(key)+"/comparison", "", []string{"Authorization", w.as(role)}).ok(200, &c)
		if c.Hold == nil || c.Hold.Code != "hook_holds" || strings.Contains(c.Hold.Message+c.Hold.Hint, name) != sees {
			t.Errorf("%s sees %+v", role, c.Hold)
		}
	}
}

// Blanks alone are no search; but they do not pass for no filter where orders are acted on, and neither does another text of which nothing is left.
// Fails without: Searches in filter; blanks in it.
func TestFilter_ATextOfNothingIsRefused(t *testing.T) {
	w := newWorld(t)
	w.shelf(2)
	for _, path := range []string{"/api/v1/orders?q=%20", "/api/v1/orders?q=%20%09%20"} {
		var list struct{ Orders []api.OrderSummary }
		if w.get(path).ok(200, &list); len(list.Orders) != 2 {
			t.Errorf("%s gives %d orders: blanks are no search", path, len(list.Orders))
		}
	}
	for _, q := range []string{"%00", "%20%00"} {
		w.get("/api/v1/orders?q="+q).problem(422, "invalid-request", "query.q")
	}
	w.post("/api/v1/orders/actions", `{"action":"retry","expect":2,"filter":{"q":"  "}}`).problem(422, "invalid-request", "body.filter.q")
	var c api.OrderCounts
	if w.get("/api/v1/orders/counts?q=%20000000001%20").ok(200, &c); c.States[order.Held] != 1 {
		t.Errorf("with blanks around it: %+v", c.States)
	}
}

// Fails without: MaybeTwice in Overview; the line of needs.
func TestStatus_TellsOfOrdersThatB1MayHaveTwice(t *testing.T) {
	w := newWorld(t)
	key := w.key(1, "000000001")
	w.staged(key, func(d *store.Staged) {
		d.Status, d.Attention = order.Posted, &order.Reason{Code: store.CodeCreatedLate, Message: "there may be two"}
	})
	twice := func() bool {
		var s api.Status
		w.get("/api/v1/status").ok(200, &s)
		for _, n := range s.Needs {
			if n.Code == "orders_twice" && n.Level == api.LevelTrouble && n.Count == 1 {
				return true
			}
		}
		return false
	}
	if !twice() {
		t.Error("the status does not tell of it")
	}
	w.post("/api/v1/orders/"+string(key)+"/settle", `{"reason":" "}`).problem(422, "invalid-request", "body.reason")
	var r api.ActionResult
	if w.post("/api/v1/orders/"+string(key)+"/settle", `{"reason":"one is cancelled in B1","state":"posted"}`).ok(200, &r); r.Order.Attention != nil || r.Run != nil {
		t.Errorf("the answer is %+v", r)
	}
	if twice() || !w.tells(key, "desk", "settled created_late", "one is cancelled", "key:test") {
		t.Error("it is settled, and the status tells of it still or the timeline does not")
	}
	w.post("/api/v1/orders/"+string(key)+"/settle", `{"reason":"again"}`).problem(409, "action-refused", "settled already")
}

// An order whose reading could not be begun has no line that tells of it. Fails without: ErrUnchanged of a retry with reread.
func TestRetry_ThatIsNotBegunIsNotNoted(t *testing.T) {
	w := newWorld(t)
	w.shelf(1)
	w.server = serve(t, w.settings, w.db, away(t))
	w.post("/api/v1/orders/"+string(w.key(1, "000000001"))+"/retry", `{"reread":true}`).problem(503, "unavailable", "temporal")
	if r := w.act(fmt.Sprintf(`{"action":"retry","reread":true,"keys":[%q]}`, w.key(1, "000000001"))); r.Refused != 1 {
		t.Errorf("the answer is %+v", r)
	}
	if doc, err := w.db.Get(t.Context(), w.key(1, "000000001")); err != nil || doc.Rev != 1 {
		t.Errorf("revision %d, %v: something was noted", doc.Rev, err)
	}
}

// As many exports are read as may be, and one that has ended makes room for the next. Fails without: the select in exportOrders; free.
func TestExport_AFewAtOnce(t *testing.T) {
	w := newWorld(t)
	w.shelf(1)
	for most, status := range map[int]int{0: http.StatusTooManyRequests, 1: http.StatusOK} {
		restore := api.SetMaxExports(most)
		w.server = serve(t, w.settings, w.db, w.temporal)
		restore()
		for range 3 {
			r := w.get("/api/v1/orders/export")
			if r.status != status {
				t.Fatalf("with %d at once the answer is %d: %s", most, r.status, r.body)
			}
			if status != http.StatusOK && r.header.Get("Retry-After") == "" {
				t.Error("it does not say when to try again")
			}
		}
	}
}

// An action that breaks off on its way tells what was done, begins that, and goes on from there. Fails without: the condition on Done in actOnOrders
// (503, and nobody begins the hundred); Next where a page breaks off.
func TestBulk_WhatWasDoneIsBegunWhereItBreaksOff(t *testing.T) {
	w := newWorld(t)
	db, name := testkit.Database(t)
	w.db = db
	w.keepKey(db)
	w.shelf(101)
	var deaf atomic.Bool
	w.server = serve(t, w.settings, testkit.DeafStore(t, name, &deaf, "find", string(w.key(1, "000000001"))), w.temporal)
	request := fmt.Sprintf(`{"action":"retry",%%s"filter":{"instance":%q,"states":["held"]}}`, w.instance)
	deaf.Store(true)
	r := w.act(fmt.Sprintf(request, `"expect":101,`))
	if r.Done != 100 || r.Started != 100 || r.Next == "" || !strings.Contains(r.Fault, "broke off") {
		t.Fatalf("the answer is %d done, %d started, next %q, fault %q", r.Done, r.Started, r.Next, r.Fault)
	}
	deaf.Store(false)
	if r := w.act(fmt.Sprintf(request, fmt.Sprintf(`"next":%q,`, r.Next))); r.Done != 1 || r.Fault != "" || r.Next != "" {
		t.Errorf("it goes on with %+v", r)
	}
}
