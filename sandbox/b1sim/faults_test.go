package b1sim_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"datawald/sandbox/b1sim"
)

// Each fault strikes exactly the number of calls it was ordered for. lost is whether the caller gets no answer.
func TestFaultsStrikeOnce(t *testing.T) {
	for _, tc := range []struct {
		fault        b1sim.Fault
		lost         bool
		status       int
		code, text   string // of the error; "" when the body is not one
		orders, left int    // orders and drafts after the struck call
	}{
		{fault: b1sim.RefuseBeforeCommit, lost: true},
		{fault: b1sim.CommitThenDrop, lost: true, orders: 1},
		{fault: b1sim.BadGatewayBefore, status: 502},
		{fault: b1sim.CommitThenBadGateway, status: 502, orders: 1},
		{fault: b1sim.Unavailable, status: 503},
		{fault: b1sim.Empty500, status: 500},
		{fault: b1sim.SessionExpire, status: 401, code: "301", text: "Invalid session"},
		{fault: b1sim.CommitFailed1116, status: 400, code: "-1116", text: "Could not commit transaction: Error -1 detected during transaction"},
		{fault: b1sim.Commit1116Committed, status: 400, code: "-1116", text: "Could not commit", orders: 1},
		{fault: b1sim.ApprovalDraft, status: 404, code: "-2028", text: "(ODBC -2028)", left: 1},
		{fault: b1sim.LockedPeriod, status: 400, code: "-4013", text: "Posting period locked"},
		{fault: b1sim.MissingRate, status: 400, code: "-4006", text: "Update the exchange rate   USD"},
		{fault: b1sim.UnknownItem, status: 400, code: "-10", text: "[DocumentLines.ItemCode][line: 1]"},
		{fault: b1sim.NegativeStock, status: 400, code: "-10", text: "negative inventory"},
		{fault: b1sim.NotificationVeto, status: 400, code: "-5002", text: "(1) Order refused by company rules"},
		{fault: b1sim.Slow, status: 201, orders: 1},
		{fault: b1sim.ReplyLate, status: 201, orders: 1},
	} {
		t.Run(string(tc.fault), func(t *testing.T) {
			s := newSim(t, b1sim.Config{})
			rule := b1sim.Rule{Fault: tc.fault, Times: 1, Match: "POST Orders"}
			if tc.fault == b1sim.Slow || tc.fault == b1sim.ReplyLate {
				rule.Delay = b1sim.Duration(time.Millisecond)
			}
			if err := s.company.Inject(rule); err != nil {
				t.Fatal(err)
			}
			s.call("GET", "/b1s/v2/Orders", "").want(t, http.StatusOK) // not matched
			answer, err := s.try("POST", "/b1s/v2/Orders", simpleOrder("k"))
			if (err != nil) != tc.lost {
				t.Fatalf("error %v, want one: %v", err, tc.lost)
			}
			if !tc.lost {
				answer.want(t, tc.status)
			}
			if tc.code != "" {
				answer.wantError(t, tc.status, tc.code, tc.text)
			}
			if tc.status == 502 && !strings.Contains(string(answer.body), "502 Proxy Error") {
				t.Errorf("no proxy page: %s", answer.body)
			}
			if o, d := len(s.company.Orders()), len(s.company.Drafts()); o != tc.orders || d != tc.left {
				t.Errorf("%d orders and %d drafts, want %d and %d", o, d, tc.orders, tc.left)
			}
			if rules, struck := s.company.Faults(); len(rules) != 0 || struck[tc.fault] != 1 {
				t.Errorf("rules %v, struck %v", rules, struck)
			}
			s.login("v2")
			s.order(simpleOrder("k"))
		})
	}
}

func TestFaultsSelectCalls(t *testing.T) {
	s := newSim(t, b1sim.Config{})
	s.control("/control", `{"faults":[
		{"fault":"notification_veto","times":1,"key":"bad","text":"no such customer"},
		{"fault":"502_before_commit","times":1,"match":"GET Orders(n)"},
		{"fault":"commit_then_502","every":2,"match":"POST Orders(n)/Cancel"}]}`)
	s.order(simpleOrder("good"))
	s.call("POST", "/b1s/v2/Orders", simpleOrder("bad")).wantError(t, 400, "-5002", "(1) no such customer")
	s.order(simpleOrder("bad"))
	s.call("GET", "/b1s/v2/Orders", "").want(t, 200)
	s.call("GET", "/b1s/v2/Orders(1)", "").want(t, 502)
	s.call("POST", "/b1s/v2/Orders(1)/Cancel", "").want(t, 204)
	s.call("POST", "/b1s/v2/Orders(1)/Cancel", "").want(t, 400) // changes nothing, so it is not counted
	s.call("POST", "/b1s/v2/Orders(2)/Cancel", "").want(t, 502)
	s.control("/control", `{"clear_faults":true}`)
	if rules, _ := s.company.Faults(); len(rules) != 0 {
		t.Errorf("rules left: %v", rules)
	}
}

func TestFaultsInBatches(t *testing.T) {
	for _, tc := range []struct {
		fault  b1sim.Fault
		lost   bool
		orders int
	}{
		{b1sim.BatchVetoDrop, true, 0},
		{b1sim.CommitThenDrop, true, 1},
		{b1sim.CommitFailed1116, false, 0},
		{b1sim.Commit1116Committed, false, 1},
		{b1sim.NotificationVeto, false, 0},
	} {
		t.Run(string(tc.fault), func(t *testing.T) {
			s := newBatchSim(t)
			if err := s.company.Inject(b1sim.Rule{Fault: tc.fault, Times: 1, Key: "k"}); err != nil {
				t.Fatal(err)
			}
			body := joined("batch_1", changeSet(part("1", post("U_LEDGER", `{"Code":"k"}`)), part("2", post("Orders", simpleOrder("k")))))
			answer, err := s.try("POST", "/b1s/v2/$batch", body, "Content-Type: multipart/mixed;boundary=batch_1")
			if (err != nil) != tc.lost {
				t.Fatalf("error %v, want one: %v", err, tc.lost)
			}
			if !tc.lost {
				s.wantParts(answer, "400 Bad Request")
			}
			entries := s.call("GET", "/b1s/v2/U_LEDGER/$count", "")
			if got := len(s.company.Orders()); got != tc.orders || string(entries.body) != fmt.Sprint(tc.orders) {
				t.Errorf("%d orders and %s ledger rows, want %d of each", got, entries.body, tc.orders)
			}
		})
	}
}

func TestFaultsByChanceFollowTheSeed(t *testing.T) {
	run := func(seed uint64) string {
		s := newSim(t, b1sim.Config{Seed: seed})
		if err := s.company.Inject(b1sim.Rule{Fault: b1sim.LockedPeriod, Probability: 0.3}); err != nil {
			t.Fatal(err)
		}
		var pattern strings.Builder
		for i := range 60 {
			pattern.WriteString(fmt.Sprint(s.call("POST", "/b1s/v2/Orders", simpleOrder(fmt.Sprint(i))).status/100, ""))
		}
		return pattern.String()
	}
	first := run(7)
	if first != run(7) || first == run(8) {
		t.Error("the pattern must follow the seed")
	}
	if struck := strings.Count(first, "4"); struck < 8 || struck > 30 {
		t.Errorf("%d of 60 struck at 30 %%", struck)
	}
}

func TestWrongRulesAreRefused(t *testing.T) {
	s := newSim(t, b1sim.Config{})
	for _, rule := range []b1sim.Rule{
		{Fault: "no_such_fault", Times: 1},
		{Fault: b1sim.CommitThenDrop},
		{Fault: b1sim.CommitThenDrop, Times: 1, Probability: 0.5},
		{Fault: b1sim.CommitThenDrop, Probability: 1.5},
		{Fault: b1sim.CommitThenDrop, Times: -1},
		{Fault: b1sim.ReplyLate, Times: 1},
	} {
		if err := s.company.Inject(rule); err == nil {
			t.Errorf("%+v was accepted", rule)
		}
	}
}

// serve hands a request to the company without a network, so that virtual time applies.
func serve(c *b1sim.Company, session, method, path, body string) *httptest.ResponseRecorder {
	req := httptest.NewRequest(method, path, strings.NewReader(body))
	req.Header.Set("Cookie", session)
	w := httptest.NewRecorder()
	c.ServeHTTP(w, req)
	return w
}

// bubble builds a company and signs in, inside synctest.
func bubble(t *testing.T, cfg b1sim.Config) (*b1sim.Company, string) {
	cfg.Items = testItems
	company, err := b1sim.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	w := serve(company, "", "POST", "/b1s/v2/Login", goodLogin)
	session, _, _ := strings.Cut(w.Header().Get("Set-Cookie"), ";")
	return company, session
}

func TestLatency(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		began := time.Now()
		company, session := bubble(t, b1sim.Config{
			LoginTime: 3 * time.Second,
			Latency:   b1sim.Latency{Read: 100 * time.Millisecond, Write: time.Second, PerLine: 50 * time.Millisecond},
		})
		took := func(what string, want time.Duration) {
			t.Helper()
			if got := time.Since(began); got != want {
				t.Errorf("%s took %s, want %s", what, got, want)
			}
			began = time.Now()
		}
		took("login", 4*time.Second)
		serve(company, session, "GET", "/b1s/v2/Orders", "")
		took("a read", 100*time.Millisecond)
		serve(company, session, "POST", "/b1s/v2/Orders", orderWith("", `{"ItemCode":"A1"}`, `{"ItemCode":"A2"}`))
		took("an order of two lines", 1100*time.Millisecond)
		for _, rule := range []b1sim.Rule{{Fault: b1sim.Slow, Times: 1}, {Fault: b1sim.ReplyLate, Times: 1}} {
			rule.Delay = b1sim.Duration(time.Minute)
			if err := company.Inject(rule); err != nil {
				t.Fatal(err)
			}
		}
		serve(company, session, "POST", "/b1s/v2/Orders", simpleOrder("1"))
		took("a slow order with a late reply", 2*time.Minute+1050*time.Millisecond)
	})
}

// A late reply comes after the commit: the order is there while the caller still waits.
func TestReplyLateHasCommitted(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		company, session := bubble(t, b1sim.Config{})
		if err := company.Inject(b1sim.Rule{Fault: b1sim.ReplyLate, Times: 1, Delay: b1sim.Duration(time.Hour)}); err != nil {
			t.Fatal(err)
		}
		answered := make(chan int, 1)
		go func() { answered <- serve(company, session, "POST", "/b1s/v2/Orders", simpleOrder("1")).Code }()
		synctest.Wait()
		if len(company.Orders()) != 1 || len(answered) != 0 {
			t.Errorf("%d orders, answered: %v", len(company.Orders()), len(answered) > 0)
		}
		if status := <-answered; status != http.StatusCreated {
			t.Errorf("status %d", status)
		}
	})
}

// Up to the knee calls run side by side at full speed; beyond it all take longer, and throughput stays the same.
func TestKnee(t *testing.T) {
	for _, tc := range []struct {
		calls int
		took  time.Duration
	}{{1, time.Second}, {40, time.Second}, {80, 2 * time.Second}, {200, 5 * time.Second}} {
		synctest.Test(t, func(t *testing.T) {
			company, session := bubble(t, b1sim.Config{Knee: 40})
			company.SetLatency(b1sim.Latency{Write: time.Second})
			began := time.Now()
			codes := make(chan int, tc.calls)
			for i := range tc.calls {
				go func() { codes <- serve(company, session, "POST", "/b1s/v2/Orders", simpleOrder(fmt.Sprint(i))).Code }()
			}
			for range tc.calls {
				if code := <-codes; code != http.StatusCreated {
					t.Errorf("status %d", code)
				}
			}
			if got := time.Since(began); got != tc.took {
				t.Errorf("%d calls took %s, want %s", tc.calls, got, tc.took)
			}
			if got := company.Traffic().MaxConcurrency; got != tc.calls {
				t.Errorf("most at once %d, want %d", got, tc.calls)
			}
		})
	}
}

// A caller that hangs up does not stop the server, which commits all the same.
func TestHangingUpDoesNotStopTheCommit(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		company, session := bubble(t, b1sim.Config{})
		company.SetLatency(b1sim.Latency{Write: time.Minute})
		ctx, hangUp := context.WithTimeout(t.Context(), time.Second)
		defer hangUp()
		req := httptest.NewRequestWithContext(ctx, "POST", "/b1s/v2/Orders", strings.NewReader(simpleOrder("1")))
		req.Header.Set("Cookie", session)
		company.ServeHTTP(httptest.NewRecorder(), req)
		if len(company.Orders()) != 1 {
			t.Error("the order was not committed")
		}
	})
}

// Close ends a waiting call without carrying it out.
func TestCloseEndsWaiting(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		company, session := bubble(t, b1sim.Config{})
		company.SetLatency(b1sim.Latency{Write: time.Hour})
		answered := make(chan int, 1)
		go func() { answered <- serve(company, session, "POST", "/b1s/v2/Orders", simpleOrder("1")).Code }()
		synctest.Wait()
		if err := company.Close(); err != nil {
			t.Error(err)
		}
		if status := <-answered; status != http.StatusServiceUnavailable || len(company.Orders()) != 0 {
			t.Errorf("status %d, %d orders", status, len(company.Orders()))
		}
	})
}
