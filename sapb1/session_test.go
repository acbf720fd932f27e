package sapb1_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"datawald/order"
	"datawald/sandbox/b1sim"
	"datawald/sapb1"
)

// clock is a company clock that a test moves.
type clock struct {
	mu  sync.Mutex
	now time.Time
}

func newClock() *clock { return &clock{now: time.Date(2029, 6, 15, 10, 30, 0, 0, time.UTC)} }

func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *clock) add(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}

// atOnce makes so many calls at once and reports each failure.
func atOnce(t *testing.T, n int, call func() error) {
	t.Helper()
	var wg sync.WaitGroup
	for range n {
		wg.Go(func() {
			if err := call(); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
}

func look(t *testing.T, c *sapb1.Client) func() error {
	return func() error {
		_, err := c.FindOrders(t.Context(), sapb1.Reference{NumAtCard: "x"})
		return err
	}
}

func TestSession_IsSharedByAllCalls(t *testing.T) {
	for _, version := range versions {
		b := start(t, b1sim.Config{LoginTime: 20 * time.Millisecond, RequireRouteID: true})
		atOnce(t, 50, look(t, b.client(version, func(s *sapb1.Settings) { s.MaxCalls = 50 })))
		if n := b.company.Traffic().Logins; n != 1 {
			t.Errorf("%s: %d logins for 50 calls, want 1", version, n)
		}
		if n := b.sessions(); n != 1 {
			t.Errorf("%s: %d sessions, want 1", version, n)
		}
	}
}

func TestSession_SendsBothCookiesByHand(t *testing.T) {
	for _, version := range versions {
		b := start(t, b1sim.Config{})
		b.ready(version)
		for _, r := range b.received() {
			cookie := r.header.Get("Cookie")
			if strings.HasSuffix(r.path, "/Login") {
				if cookie != "" {
					t.Errorf("%s: the login sends cookies %q", version, cookie)
				}
				continue
			}
			if !strings.Contains(cookie, "B1SESSION=") || !strings.Contains(cookie, "; ROUTEID=.node1") || strings.Contains(strings.ToLower(cookie), "httponly") {
				t.Errorf("%s: %s %s sends cookies %q", version, r.method, r.path, cookie)
			}
		}
	}
}

func TestSession_ThatEndedByIdlingIsRenewedOnce(t *testing.T) {
	for _, version := range versions {
		now := newClock()
		b := start(t, b1sim.Config{Now: now.Now})
		client := b.ready(version, func(s *sapb1.Settings) { s.MaxCalls = 50 })
		now.add(31 * time.Minute)
		before := b.calls("GET Orders")
		atOnce(t, 50, look(t, client))
		if n := b.company.Traffic().Logins; n != 2 {
			t.Errorf("%s: %d logins, want one for the new session", version, n-1)
		}
		if n := b.calls("GET Orders") - before; n < 51 || n > 100 {
			t.Errorf("%s: %d calls were sent for 50, want each at most twice", version, n)
		}
	}
}

func TestSession_ThatEndedUnderAWriteIsRenewedAndTheWriteSentAgain(t *testing.T) {
	b := start(t, b1sim.Config{})
	client := b.ready("v2")
	b.company.ExpireSessions()
	if _, err := client.CreateOrder(t.Context(), anOrder("1")); err != nil {
		t.Fatal(err)
	}
	if got := b.company.CountByNumAtCard("1"); got != 1 || b.calls("POST Orders") != 2 {
		t.Errorf("B1 has the order %d times after %d calls, want once after 2", got, b.calls("POST Orders"))
	}
}

func TestSession_ThatEndsAgainAndAgainEndsTheCall(t *testing.T) {
	for _, version := range versions {
		b := start(t, b1sim.Config{})
		client := b.ready(version)
		b.inject(b1sim.Rule{Fault: b1sim.SessionExpire, Match: "POST Orders", Probability: 1})
		_, err := client.CreateOrder(t.Context(), anOrder("1"))
		if f := failureOf(t, err); f.Kind != order.Transient || f.Code != "301" {
			t.Errorf("%s: failure %+v, want transient: B1 did nothing", version, f)
		}
		if n := b.calls("POST Orders"); n != 2 {
			t.Errorf("%s: sent %d times, want once and once more", version, n)
		}
		b.company.ClearFaults()
		if _, err := client.CreateOrder(t.Context(), anOrder("1")); err != nil {
			t.Errorf("%s: afterwards: %v", version, err)
		}
	}
}

func TestSession_RefusedIsNotAskedForAgainAndAgain(t *testing.T) {
	for _, c := range []struct {
		name   string
		change func(*sapb1.Settings)
	}{
		{"wrong password", func(s *sapb1.Settings) { s.Password = "wrong" }},
		{"wrong user", func(s *sapb1.Settings) { s.User = "nobody" }},
		{"wrong database", func(s *sapb1.Settings) { s.CompanyDB = "OTHER" }},
	} {
		for _, version := range versions {
			b := start(t, b1sim.Config{})
			client := b.client(version, c.change)
			var wg sync.WaitGroup
			for range 20 {
				wg.Go(func() {
					_, err := client.CreateOrder(t.Context(), anOrder("1"))
					if f := failureOf(quiet{t}, err); f.Kind != order.Config || f.Hint == "" || f.Op != "POST Login" {
						t.Errorf("%s, %s: failure %+v, want config with a hint", c.name, version, f)
					}
					if strings.Contains(err.Error(), "wrong") {
						t.Errorf("%s: error %q tells the password", c.name, err)
					}
				})
			}
			wg.Wait()
			if n := b.calls("POST Login"); n != 1 {
				t.Errorf("%s, %s: %d logins, want 1: more may lock the user", c.name, version, n)
			}
			if n := b.calls("POST Orders"); n != 0 {
				t.Errorf("%s, %s: %d orders were sent without a session", c.name, version, n)
			}
		}
	}
}

// quiet is a test whose Fatalf may be called by any goroutine.
type quiet struct{ *testing.T }

func (q quiet) Fatalf(format string, args ...any) { q.Errorf(format, args...) }

func TestSession_IsAskedForAgainAfterAnOutage(t *testing.T) {
	b := start(t, b1sim.Config{})
	client := b.client("v2")
	b.inject(b1sim.Rule{Fault: b1sim.Unavailable, Match: "POST Login", Times: 1})
	if f := failureOf(t, look(t, client)()); f.Kind != order.Transient {
		t.Errorf("during the outage: %+v, want transient", f)
	}
	if err := look(t, client)(); err != nil {
		t.Errorf("after it: %v", err)
	}
	_, err := client.CreateOrder(t.Context(), anOrder("1"))
	if err != nil {
		t.Errorf("after it: %v", err)
	}
}

func TestSession_AWriteThatCouldNotLogInWasNeverSent(t *testing.T) {
	for _, fault := range []b1sim.Fault{b1sim.Unavailable, b1sim.RefuseBeforeCommit, b1sim.BadGatewayBefore, b1sim.Empty500} {
		b := start(t, b1sim.Config{})
		b.inject(b1sim.Rule{Fault: fault, Match: "POST Login", Times: 1})
		_, err := b.client("v2").CreateOrder(t.Context(), anOrder("1"))
		if f := failureOf(t, err); f.Kind != order.Transient || b.calls("POST Orders") != 0 {
			t.Errorf("%s at login: %+v after %d sendings, want transient and none", fault, f, b.calls("POST Orders"))
		}
	}
}

func TestSession_AnswerWithoutACookieIsNoServiceLayer(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { _, _ = w.Write([]byte(`{}`)) }))
	defer server.Close()
	client := newClient(t, sapb1.Settings{URL: server.URL + "/b1s/v2"})
	if f := failureOf(t, look(t, client)()); f.Kind != order.Config || !strings.Contains(f.Hint, "B1_URL") {
		t.Errorf("failure %+v, want config with a hint at the address", f)
	}
}

func TestSession_EndsWithLogout(t *testing.T) {
	for _, version := range versions {
		b := start(t, b1sim.Config{})
		client := b.client(version)
		if err := client.Logout(t.Context()); err != nil || len(b.received()) != 0 {
			t.Errorf("%s: without a session logout gives %v and sends %v", version, err, b.received())
		}
		if err := look(t, client)(); err != nil {
			t.Fatal(err)
		}
		if err := client.Logout(t.Context()); err != nil || b.sessions() != 0 {
			t.Errorf("%s: after logout (%v) there are %d sessions", version, err, b.sessions())
		}
		if err := client.Logout(t.Context()); err != nil || b.calls("POST Logout") != 1 {
			t.Errorf("%s: the second logout gives %v; %d were sent", version, err, b.calls("POST Logout"))
		}
		if err := look(t, client)(); err != nil || b.company.Traffic().Logins != 2 {
			t.Errorf("%s: afterwards %v, with %d logins", version, err, b.company.Traffic().Logins)
		}
	}
}

func TestSession_LogoutDoesNotWaitForEver(t *testing.T) {
	b := start(t, b1sim.Config{})
	client := b.ready("v2", func(s *sapb1.Settings) { s.Timeout = 50 * time.Millisecond })
	b.inject(b1sim.Rule{Fault: b1sim.Slow, Match: "POST Logout", Times: 1, Delay: b1sim.Duration(time.Minute)})
	began := time.Now()
	if f := failureOf(t, client.Logout(context.Background())); f.Op != "POST Logout" || time.Since(began) > 10*time.Second {
		t.Errorf("after %s: %+v", time.Since(began), f)
	}
}

func TestSession_ACallThatWaitsForAnothersLoginEndsWithItsContext(t *testing.T) {
	b := start(t, b1sim.Config{LoginTime: time.Minute})
	client := b.client("v2")
	ctx, stop := context.WithCancel(t.Context())
	first := make(chan error, 1)
	go func() {
		_, err := client.FindOrders(ctx, sapb1.Reference{NumAtCard: "x"})
		first <- err
	}()
	for b.calls("POST Login") == 0 {
		time.Sleep(time.Millisecond)
	}
	short, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	began := time.Now()
	_, err := client.CreateOrder(short, anOrder("1"))
	if f := failureOf(t, err); f.Kind != order.Transient || time.Since(began) > 10*time.Second {
		t.Errorf("after %s: %+v, want transient at once: nothing was sent", time.Since(began), f)
	}
	stop()
	if f := failureOf(t, <-first); f.Kind != order.Transient {
		t.Errorf("the login that was broken off: %+v, want transient", f)
	}
}
