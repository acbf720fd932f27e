package main

import (
	"bytes"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"datawald/order"
	"datawald/sandbox/b1sim"
	"datawald/sandbox/magentosim"
	"datawald/store"
	"datawald/workflows"
)

// writer stands before a B1 and answers orders in its place: all while it is broken, and a few for good that it refuses.
type writer struct {
	company http.Handler
	broken  atomic.Bool
	status  int
	body    string
	refuses bool
	sent    atomic.Int32
}

const diskFull = `{"error":{"code":"-1","message":"Internal error: disk full"}}`

func (f *writer) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.Method == http.MethodPost && strings.HasSuffix(r.URL.Path, "/Orders") {
		body, _ := io.ReadAll(r.Body)
		r.Body = io.NopCloser(bytes.NewReader(body))
		f.sent.Add(1)
		switch {
		case f.refuses && isRefused(body):
			w.WriteHeader(http.StatusBadRequest)
			_, _ = w.Write([]byte(`{"error":{"code":"-10","message":"No such item"}}`))
			return
		case f.broken.Load():
			w.WriteHeader(f.status)
			_, _ = w.Write([]byte(f.body))
			return
		}
	}
	f.company.ServeHTTP(w, r)
}

// isRefused is true of one order in twenty, each time that it is sent.
func isRefused(body []byte) bool {
	var o struct{ NumAtCard string }
	return json.Unmarshal(body, &o) == nil && (strings.HasSuffix(o.NumAtCard, "07") || strings.HasSuffix(o.NumAtCard, "27") ||
		strings.HasSuffix(o.NumAtCard, "47") || strings.HasSuffix(o.NumAtCard, "67") || strings.HasSuffix(o.NumAtCard, "87"))
}

// B1 ceases to write under load while its reads are answered: it fails in its own words while a few orders are refused for what they
// are, or a proxy fails in its place. One alarm and one end; none is held but what is refused; none is lost or there twice; and
// after B1 writes again it has as many calls at once as are allowed, within ten seconds where `make outage` asks. Fails without: the streak of writes, wordOf (a refusal
// ends the outage: several alarms), or restore (B1 gets one call at a time).
func TestB1ThatCeasesToWrite(t *testing.T) {
	for name, at := range map[string]*writer{
		"in its own words, and some orders are bad": {status: http.StatusInternalServerError, body: diskFull, refuses: true},
		"in the words of a proxy":                   {status: http.StatusBadGateway, body: "<html>502</html>"},
	} {
		t.Run(name, func(t *testing.T) {
			const calls = 8
			w := newWorld(t, 0)
			w.company.SetLatency(b1sim.Latency{Read: outageRead, Write: *outageWrite})
			said := &journal{}
			w.log = slog.New(said)
			at.company = w.company
			b1 := &front{company: at}
			server := httptest.NewServer(b1)
			t.Cleanup(server.Close)
			i := &w.settings.All[0]
			i.B1.URL, i.B1.MaxCalls, i.B1.AlarmAfter = server.URL+"/b1s/v2", calls, 3*time.Second
			sell := func(n int) {
				for range n {
					if _, err := w.shop.Place(magentosim.Placement{Kind: "simple", StoreID: 1}); err != nil {
						t.Fatal(err)
					}
				}
			}
			sell(70)
			w.startWorker()
			defer w.schedule(workflows.SyncOrdersInput{Window: outageWindow, Budget: 8 * time.Second})()
			w.eventually("B1 has as many calls as are allowed", func() bool { _, most := b1.since(time.Now()); return most >= calls })

			at.broken.Store(true)
			w.eventually("the alarm is raised", func() bool { return said.count(saysReadsOnly) == 1 })
			before := at.sent.Load()
			w.eventually("more orders are tried", func() bool { return at.sent.Load() >= before+3 })
			sell(70)
			at.broken.Store(false)
			b1.set(false)
			back := time.Now()
			w.eventually("B1 has as many calls as are allowed again", func() bool { _, most := b1.since(back); return most >= calls })
			full := time.Since(back)
			w.drained(back)
			lost, twice := w.lostAndTwice()
			c := w.counts()
			t.Logf("as many calls as are allowed %.1f s after B1 wrote again; orders: %v; said %q", full.Seconds(), c, said.lines)
			w.isTimely("as many calls at once as are allowed", full)
			held, err := w.db.List(t.Context(), store.Filter{Instance: w.instance, Status: order.Held, Limit: 100})
			if err != nil || (len(held) > 0) != at.refuses {
				t.Errorf("%d orders are held, %v", len(held), err)
			}
			for _, doc := range held {
				if doc.Reason.Code != "b1_refused" {
					t.Errorf("order %s is held as %s", doc.Key, doc.Reason.Code)
				}
			}
			if alarms := said.count("ERROR"); alarms != 1 || said.count(saysWell) != 1 || lost+twice != 0 {
				t.Errorf("%d alarms, %d ends, %d lost, %d twice; want 1, 1, 0, 0", alarms, said.count(saysWell), lost, twice)
			}
		})
	}
}
