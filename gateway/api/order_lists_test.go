package api_test

import (
	"bufio"
	"bytes"
	"context"
	"encoding/csv"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"datawald/gateway/api"
	"datawald/order"
	"datawald/sandbox/testkit"
	"datawald/store"
)

// Fails without: each filter in filter; the check of states.
func TestListOrders_ByStatesReasonAndAttention(t *testing.T) {
	w := newWorld(t)
	fillOrderDesk(w)
	w.staged(w.key(1, "000000006"), func(d *store.Staged) {
		d.PlacedAt, d.Status, d.Attention = day(6), order.Posted, &order.Reason{Code: "changed_in_magento"}
	})
	for query, want := range map[string][]string{
		"state=held&state=excluded":             {"000000004", "000000003"},
		"state=held":                            {"000000003"},
		"reason=item_unknown":                   {"000000003"},
		"reason=item":                           nil,
		"attention=true":                        {"000000006"},
		"attention=false&state=posted":          {"000000006", "000000002"},
		"q=1011":                                {"000000002"},
		"state=held&reason=item_unknown&q=mb99": {"000000003"},
	} {
		var list orderList
		w.get("/api/v1/orders?instance="+w.instance+"&"+query).ok(200, &list)
		if !slices.Equal(list.numbers(), want) {
			t.Errorf("%s gives %v, want %v", query, list.numbers(), want)
		}
	}
	w.get("/api/v1/orders?state=held&state=lost").problem(422, "invalid-request", "query.state[1]")
	w.get("/api/v1/orders/counts?state=lost").problem(422, "invalid-request", "query.state")
	w.get("/api/v1/orders/counts?from=x").problem(422, "invalid-request", "query.from")
	w.get("/api/v1/orders/export?instance=elsewhere").problem(422, "unknown-instance")
	w.get("/api/v1/orders/export?limit=5").problem(422, "invalid-request", "limit")
}

// Fails without: Held in countOrders; the order of its codes; state being passed over.
func TestCountOrders(t *testing.T) {
	w := newWorld(t)
	fillOrderDesk(w)
	for n := range 3 {
		w.staged(w.key(3, fmt.Sprint(n)), func(d *store.Staged) { d.Status, d.Reason = order.Held, &order.Reason{Code: "no_tax"} })
	}
	c := w.counted("state=posted&instance=" + w.instance)
	if c.Total != 8 || len(c.States) != len(order.Statuses()) || c.States[order.Held] != 4 || c.States[order.Pending] != 2 || c.States[order.Draft] != 0 {
		t.Errorf("counted %+v", c)
	}
	if want := []api.ReasonCount{{Code: "no_tax", Count: 3}, {Code: "item_unknown", Count: 1}}; !slices.Equal(c.Held, want) {
		t.Errorf("held %+v, want %+v", c.Held, want)
	}
	if c := w.counted("store=1&instance=" + w.instance); c.Total != 3 || len(c.Held) != 0 {
		t.Errorf("of store 1 counted %+v", c)
	}
}

// Fails without: each column at its place; cell (a formula); UseCRLF; the times in UTC.
func TestExport_WritesWhatAListShows(t *testing.T) {
	w := newWorld(t)
	fillOrderDesk(w)
	w.staged(w.key(1, "000000006"), func(d *store.Staged) {
		d.PlacedAt, d.Status, d.EntityID = day(6), order.Held, 66
		d.Reason = &order.Reason{Code: "@code", Message: "=HYPERLINK(\"x\")\nand, more", Hint: "-1"}
		d.Attention = &order.Reason{Code: "+a", Message: "\tb"}
		d.Order = &order.Order{Key: d.Key, Customer: order.Customer{Email: "erika@example.com", LastName: "Mustermann"}}
	})
	r := w.get("/api/v1/orders/export?instance=" + w.instance)
	if r.status != 200 || r.header.Get("Content-Type") != "text/csv; charset=utf-8; header=present" || !strings.Contains(r.header.Get("Content-Disposition"), "orders.csv") {
		t.Fatalf("status %d, %v", r.status, r.header)
	}
	if !bytes.Contains(r.body, []byte("write_back\r\n")) || bytes.Contains(r.body, []byte("erika")) || bytes.Contains(r.body, []byte("Mustermann")) {
		t.Errorf("the file is %q", r.body)
	}
	lines, err := csv.NewReader(bytes.NewReader(r.body)).ReadAll()
	if err != nil || len(lines) != 7 {
		t.Fatalf("%d lines, %v", len(lines), err)
	}
	row := func(n int) map[string]string {
		m := map[string]string{}
		for i, name := range lines[0] {
			m[name] = lines[n][i]
		}
		return m
	}
	for name, want := range map[string]string{"key": string(w.key(1, "000000006")), "instance": w.instance, "store_id": "1", "increment_id": "000000006", "entity_id": "66",
		"placed_at": "2026-11-06T12:00:00Z", "state": "held", "reason_code": "'@code", "reason": "'=HYPERLINK(\"x\")\nand, more", "hint": "'-1", "attention_code": "'+a",
		"attention": "'\tb", "magento_state": "processing", "magento_status": "processing", "magento_total": "10.50", "magento_currency": "USD", "b1_number": "", "b1_total": ""} {
		if got := row(1)[name]; got != want {
			t.Errorf("%s is %q, want %q", name, got, want)
		}
	}
	posted := row(5)
	for name, want := range map[string]string{"increment_id": "000000002", "b1_number": "1011", "b1_doc_entry": "11", "b1_draft": "false", "b1_reference": "000000002", "b1_total": "10.50", "b1_currency": "USD", "write_back": "given_up"} {
		if posted[name] != want {
			t.Errorf("%s is %q, want %q", name, posted[name], want)
		}
	}
	lines, err = csv.NewReader(bytes.NewReader(w.get("/api/v1/orders/export?state=held&store=2&instance=" + w.instance).body)).ReadAll()
	if err != nil || len(lines) != 2 || lines[1][3] != "000000003" {
		t.Errorf("filtered: %v, %v", lines, err)
	}
}

// outlasting is a writer at whose first byte the time of the request and of the connection is over.
type outlasting struct {
	http.ResponseWriter
	over func()
}

func (o *outlasting) Unwrap() http.ResponseWriter { return o.ResponseWriter }

func (o *outlasting) Write(b []byte) (int, error) {
	o.over()
	return o.ResponseWriter.Write(b)
}

// A long export is one page after the other, each order once, and may take longer than a request and a connection otherwise.
// Fails without: After in export (it does not end); SetWriteDeadline and WithoutCancel (it breaks off).
func TestExport_OutlivesTheTimeOfARequest(t *testing.T) {
	w := newWorld(t)
	w.shelf(1300)
	handler := w.server.Config.Handler
	const writeTime = 100 * time.Millisecond
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		began := time.Now()
		ctx, cancel := context.WithCancel(r.Context()) // as limited does when its time is over
		defer cancel()
		once := sync.OnceFunc(func() {
			cancel()
			time.Sleep(time.Until(began.Add(2 * writeTime)))
		})
		handler.ServeHTTP(&outlasting{rw, once}, r.WithContext(ctx))
	}))
	server.Config.WriteTimeout = writeTime
	server.Start()
	server.Client().Transport = &signing{server.Client().Transport}
	t.Cleanup(server.Close)
	server.Client().Transport = &signing{server.Client().Transport}
	res, err := server.Client().Get(server.URL + "/api/v1/orders/export?instance=" + w.instance)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	lines, seen := bufio.NewScanner(res.Body), map[string]bool{}
	for lines.Scan() {
		seen[lines.Text()] = true
	}
	if lines.Err() != nil || len(seen) != 1301 {
		t.Errorf("%d lines, %v; want 1301", len(seen), lines.Err())
	}
}

// An export that cannot go on is cut off, so that nobody takes a part of it for the whole. Fails without: the panic in exportOrders.
func TestExport_IsCutOffWhenItCannotGoOn(t *testing.T) {
	w := newWorld(t)
	_, name := testkit.Database(t)
	db, err := store.Open(t.Context(), testkit.MongoURI(t), name)
	if err != nil {
		t.Fatal(err)
	}
	w.db = db
	w.keepKey(db)
	w.shelf(600)
	handler := serve(t, w.settings, db, w.temporal).Config.Handler
	server := httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		handler.ServeHTTP(&outlasting{rw, sync.OnceFunc(func() { _ = db.Close(context.Background()) })}, r)
	}))
	server.Client().Transport = &signing{server.Client().Transport}
	t.Cleanup(server.Close)
	server.Client().Transport = &signing{server.Client().Transport}
	res, err := server.Client().Get(server.URL + "/api/v1/orders/export?instance=" + w.instance)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	text, err := io.ReadAll(res.Body)
	if err == nil {
		t.Errorf("the answer ends as it should after %d bytes", len(text))
	}
}
