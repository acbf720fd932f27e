package sapb1

import (
	"context"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

// posts is a B1 that lets everybody in, reads well, and answers each order as a test wants.
type posts struct {
	*Client
	answer atomic.Pointer[posted]
	told   chan Health
}

// posted is an answer to an order.
type posted struct {
	status int
	body   string
}

const (
	gatewayDown = `<html>502</html>`
	maintenance = `<html>Down for maintenance</html>`
)

func ownWords(code, message string) string {
	return `{"error":{"code":"` + code + `","message":"` + message + `"}}`
}

// posting starts such a B1, and a client that probes it every 20 ms.
func posting(t *testing.T) *posts {
	t.Helper()
	p := &posts{told: make(chan Health, 1000)}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch {
		case strings.HasSuffix(r.URL.Path, "/Login"):
			w.Header().Add("Set-Cookie", "B1SESSION=x;HttpOnly;")
			_, _ = w.Write([]byte(`{"SessionId":"x"}`))
		case r.Method == http.MethodPost:
			a := p.answer.Load()
			w.WriteHeader(a.status)
			_, _ = w.Write([]byte(a.body))
		default:
			_, _ = w.Write([]byte(`{"value":[]}`))
		}
	}))
	t.Cleanup(server.Close)
	c, err := New(Settings{URL: server.URL + "/b1s/v2", CompanyDB: "x", User: "u", Password: "p", MaxCalls: 8, ProbeEvery: 20 * time.Millisecond,
		Tell: func(_ context.Context, h Health) error { p.told <- h; return nil }})
	if err != nil {
		t.Fatal(err)
	}
	p.Client = c
	return p
}

// send sends an order of a number and is answered so.
func (p *posts) send(ctx context.Context, n, status int, body string) error {
	p.answer.Store(&posted{status, body})
	_, err := p.CreateOrder(ctx, &SalesOrder{NumAtCard: strconv.Itoa(n)})
	return err
}

// state is how the circuit is.
func (p *posts) state() (open, trial bool) {
	p.lane.mu.Lock()
	defer p.lane.mu.Unlock()
	return p.lane.circuit.open, p.lane.circuit.trial
}

// What comes back from an order that was not written ends no trial well, and no streak of orders that failed: it may come from a
// proxy, before B1 looks at the order, or before it writes. Fails without: each of the words in wordOf, or reading a document before
// it is judged.
func TestWord_OnlyAWrittenOrderSaysThatB1Writes(t *testing.T) {
	for name, tc := range map[string]struct {
		status int
		body   string
		// wrote: the trial ends and B1 is well; goesOn: the next order has the trial at once.
		wrote, goesOn bool
	}{
		"written":               {201, `{"DocEntry":1}`, true, false},
		"approval, or no match": {404, ownWords("-2028", "No matching records found"), true, false},
		"a key that is there":   {400, ownWords("-2035", "exists"), true, false},
		"session gone":          {401, ownWords("301", "Invalid session"), false, true},
		"page, not found":       {404, maintenance, false, true},
		"page, elsewhere":       {302, maintenance, false, true},
		"no right":              {403, ownWords("-1", "licence"), false, true},
		"another's turn":        {412, ownWords("-2039", "changed"), false, true},
		"refused":               {400, ownWords("-10", "item"), false, true},
		"refused: disk full":    {400, ownWords("-1", "database is full (ODBC -1)"), false, true},
		"no document":           {200, `{"no":1}`, false, false},
		"nothing":               {200, "", false, false},
		"page, good":            {200, maintenance, false, false},
		"error of its own":      {500, ownWords("-1", "disk full"), false, false},
		"no gateway":            {502, gatewayDown, false, false},
		"commit failed":         {400, ownWords("-1116", "commit"), false, false},
	} {
		t.Run(name, func(t *testing.T) {
			p := posting(t)
			for n := range 3 {
				_ = p.send(t.Context(), n, 502, gatewayDown)
			}
			_ = p.send(t.Context(), 3, tc.status, tc.body)
			_ = p.send(t.Context(), 4, 502, gatewayDown)
			if open, _ := p.state(); open == tc.wrote {
				t.Fatalf("three that failed, this, and one more: open %v", open)
			}
			for n := 5; n < 8; n++ {
				_ = p.send(t.Context(), n, 502, gatewayDown)
			}
			ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
			defer cancel()
			release, err := p.Admit(ctx)
			if err != nil {
				t.Fatal(err)
			}
			err = p.send(ctx, 9, tc.status, tc.body)
			if open, trial := p.state(); open == tc.wrote || trial != tc.goesOn {
				t.Errorf("open %v, on trial %v after %v; want %v, %v", open, trial, err, !tc.wrote, tc.goesOn)
			}
			release()
			close(p.told)
			for h := range p.told {
				if !h.Down && !tc.wrote {
					t.Error("it is told that B1 is well")
				}
			}
		})
	}
}

// A B1 that fails at its orders for a while, in its own words, gets half as many at once as before as soon as it writes one, and all of
// them soon: what lowered the limit was no sign of too many. Where it says that it has too much to do, it is. Fails without: restore in
// end (limit 1, goal 1), or strained.
func TestLane_AfterAnOutageTheLimitIsWhatB1BoreBefore(t *testing.T) {
	for status, want := range map[int]bounds{500: {4, 8}, 503: {2, 4}, 502: {4, 8}} {
		p := posting(t)
		l := &p.lane.limit
		l.limit, l.goal, l.measuring, l.measured = 8, 8, 0, time.Now()
		body := ownWords("-1", "disk full")
		if status == 502 {
			body = gatewayDown
		}
		n := 0
		try := func(status int, body string) {
			t.Helper()
			release, err := p.Admit(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			defer release()
			if _, err := p.FindOrders(t.Context(), Reference{NumAtCard: "q"}); err != nil {
				t.Fatal(err)
			}
			n++
			_ = p.send(t.Context(), n, status, body)
		}
		for range enoughWrites + 3 {
			try(status, body)
		}
		if open, _ := p.state(); !open {
			t.Fatal("it is closed")
		}
		try(201, `{"DocEntry":1}`)
		if got := (bounds{l.limit, l.goal}); got != want {
			t.Errorf("after an outage of %d the limit is %+v, want %+v", status, got, want)
		}
	}
}
