package sapb1_test

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"datawald/order"
	"datawald/sandbox/b1sim"
	"datawald/sapb1"
)

// doorman stands before a B1 and refuses sign-ins, or everything, as a test wants.
type doorman struct {
	*b1
	locked, down atomic.Bool
	// refuses is what he turns away; nil for nothing.
	refuses atomic.Pointer[refusal]
}

func (d *doorman) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	refuses := d.refuses.Load()
	switch {
	case refuses != nil && refuses.op == r.Method+" "+r.URL.Path[strings.LastIndex(r.URL.Path, "/")+1:]:
		w.WriteHeader(refuses.status)
		_, _ = w.Write([]byte(refuses.body))
	case d.down.Load():
		http.Error(w, "<html></html>", http.StatusServiceUnavailable)
	case d.locked.Load() && strings.HasSuffix(r.URL.Path, "/Login"):
		w.WriteHeader(http.StatusUnauthorized)
		_, _ = w.Write([]byte(`{"error":{"code":"-304","message":"Fail to login"}}`))
	default:
		d.b1.ServeHTTP(w, r)
	}
}

// refusal is how a call is turned away.
type refusal struct {
	op     string
	status int
	body   string
}

// guarded is a B1 with a doorman, and a client that tells a listener of it.
func guarded(t *testing.T, change ...func(*sapb1.Settings)) (*doorman, *sapb1.Client, *listener) {
	t.Helper()
	d, l := &doorman{b1: start(t, b1sim.Config{})}, &listener{}
	server := httptest.NewServer(d)
	t.Cleanup(server.Close)
	s := sapb1.Settings{URL: server.URL + "/b1s/v2", CompanyDB: "SBODEMOUS", User: "manager", Password: "sandbox",
		Timeout: 20 * time.Second, ProbeEvery: probing, Tell: l.tell}
	for _, f := range change {
		f(&s)
	}
	return d, newClient(t, s), l
}

// all is what the listener has heard.
func (l *listener) all() []sapb1.Health {
	l.mu.Lock()
	defer l.mu.Unlock()
	return append([]sapb1.Health(nil), l.heard...)
}

// wantRefused wants all that was told to be that B1 refuses the connector, since the first time.
func wantRefused(t *testing.T, told []sapb1.Health, code string) {
	t.Helper()
	if len(told) == 0 {
		t.Error("nothing is told")
	}
	for _, h := range told {
		if !h.Down || h.Cause != sapb1.Refused || h.Code != code || !h.Since.Equal(told[0].Since) || time.Since(h.Since) > time.Minute {
			t.Errorf("told %+v, want that B1 refuses the connector (%s) since the first time", h, code)
		}
	}
}

// A sign-in that is refused is told each time that it stands in the way, and never that B1 is well; an order fails at once with what
// to mend. After the mend it is told that B1 is well. Fails without: shutOut, or refused in health.
func TestRefused_ASignInIsTold(t *testing.T) {
	d, c, l := guarded(t)
	d.locked.Store(true)
	for range 3 {
		release := admit(t, c)
		if _, err := c.FindOrders(t.Context(), sapb1.Reference{NumAtCard: "1"}); failureOf(t, err).Kind != order.Config {
			t.Errorf("an order fails with %v, want config", err)
		}
		release()
	}
	if n := d.calls("POST Login"); n != 0 {
		t.Errorf("B1 has let the user in %d times", n)
	}
	wantRefused(t, l.all(), "-304")
	if c.Troubled(time.Now()) {
		t.Error("it is taken for trouble: nothing was sent")
	}
	d.locked.Store(false)
	c.ForgetRefusal()
	release := admit(t, c)
	if _, err := c.FindOrders(t.Context(), sapb1.Reference{NumAtCard: "1"}); err != nil {
		t.Fatal(err)
	}
	release()
	if told := l.all(); told[len(told)-1].Down || l.times(false) != 1 {
		t.Errorf("after the mend it is told %+v, want that B1 is well", told[len(told)-1])
	}
}

// B1 comes back from an outage and refuses the user: that is told, and not that B1 answers again. Fails without: refused in health.
func TestRefused_AProbeThatIsNotLetInDoesNotSayThatB1IsWell(t *testing.T) {
	d, c, l := guarded(t)
	d.down.Store(true)
	for range 5 {
		if _, err := c.FindOrders(t.Context(), sapb1.Reference{NumAtCard: "1"}); err == nil {
			t.Fatal("a call succeeds while B1 is down")
		}
	}
	d.locked.Store(true)
	d.down.Store(false)
	admit(t, c)() // as soon as a probe was answered
	told := l.all()
	if last := told[len(told)-1]; !last.Down || last.Cause != sapb1.Refused || told[0].Cause != sapb1.Silent || l.times(false) != 0 {
		t.Errorf("told %+v, want that B1 does not answer, and then that it refuses the connector", told)
	}
}

// A certificate that is not trusted stands in the way of each order. Fails without: isUntrusted in once (with a session) or in
// shutOut.
func TestRefused_ACertificateIsTold(t *testing.T) {
	for name, signsInBefore := range map[string]bool{"from the beginning": false, "renewed while it runs": true} {
		t.Run(name, func(t *testing.T) {
			b, l := start(t, b1sim.Config{}), &listener{}
			trusted := httptest.NewServer(b)
			defer trusted.Close()
			untrusted := httptest.NewUnstartedServer(b)
			untrusted.Config.ErrorLog = silent
			untrusted.StartTLS()
			defer untrusted.Close()
			c := newClient(t, sapb1.Settings{URL: untrusted.URL + "/b1s/v2", CompanyDB: "SBODEMOUS", User: "manager", Password: "sandbox", Tell: l.tell})
			if signsInBefore {
				c.Through(func(next http.RoundTripper) http.RoundTripper {
					return wayTo(func(r *http.Request) (*http.Response, error) {
						if strings.HasSuffix(r.URL.Path, "/Login") {
							r.URL.Scheme, r.URL.Host = "http", strings.TrimPrefix(trusted.URL, "http://")
						}
						return next.RoundTrip(r)
					})
				})
			}
			for range 3 {
				release := admit(t, c)
				if _, err := c.FindOrders(t.Context(), sapb1.Reference{NumAtCard: "1"}); failureOf(t, err).Kind != order.Config {
					t.Errorf("an order fails with %v, want config", err)
				}
				release()
			}
			told := l.all()
			for len(told) > 0 && !told[0].Down { // between sign-in and the first order
				told = told[1:]
			}
			wantRefused(t, told, "certificate")
		})
	}
}

// wayTo is a way to B1.
type wayTo func(*http.Request) (*http.Response, error)

func (f wayTo) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

// Without the right to look for orders, or to send them, no order gets through: that is told, though the sign-in is good and other calls
// are answered; and that it is over with the first such call that B1 lets pass. Fails without: vital (twice) or sends in once, op in
// letPass, or looked in it (an order that is refused for what it is).
func TestRefused_WithoutARightNoOrderGetsThrough(t *testing.T) {
	const noRight, page = `{"error":{"code":"-1","message":"No permission"}}`, `<html>elsewhere</html>`
	for name, tc := range map[string]refusal{
		"to send":             {"POST Orders", 403, noRight},
		"to look":             {"GET Orders", 401, noRight},
		"to look for drafts":  {"GET Drafts", 403, noRight},
		"what is looked for":  {"GET Orders", 400, `{"error":{"code":"-1000","message":"Property 'U_Web' of 'Document' is invalid"}}`},
		"a proxy, to look":    {"GET Orders", 404, page},
		"a proxy, to send":    {"POST Orders", 302, page},
		"a firewall, to send": {"POST Orders", 403, page},
	} {
		t.Run(name, func(t *testing.T) {
			d, c, l := guarded(t)
			take := func() (err error) {
				release := admit(t, c)
				defer release()
				ref := sapb1.Reference{NumAtCard: "1"}
				if _, err = c.FindOrders(t.Context(), ref); err == nil {
					if _, err = c.FindDrafts(t.Context(), ref); err == nil {
						_, err = c.CreateOrder(t.Context(), anOrder("1"))
					}
				}
				return err
			}
			d.refuses.Store(&tc)
			for range 3 {
				if err := take(); failureOf(t, err).Kind != order.Config && tc.status != 400 {
					t.Fatalf("an order ends with %v, want config", err)
				}
				if tc.op == "POST Orders" { // one that B1 has already
					release := admit(t, c)
					if _, err := c.FindOrders(t.Context(), sapb1.Reference{NumAtCard: "1"}); err != nil {
						t.Fatal(err)
					}
					release()
				}
			}
			told := l.all()
			for len(told) > 0 && !told[0].Down {
				told = told[1:]
			}
			for _, h := range told {
				if !h.Down || h.Cause != sapb1.Refused {
					t.Errorf("told %+v, want that B1 refuses the connector", told)
				}
			}
			if len(told) < 3 {
				t.Errorf("told %d times", len(told))
			}
			d.refuses.Store(nil)
			if tc.op == "POST Orders" { // the right is there, the order is not good
				d.inject(b1sim.Rule{Fault: b1sim.NotificationVeto, Match: "POST Orders", Times: 1})
			}
			_ = take()
			if told = l.all(); told[len(told)-1].Down || told[len(told)-1].Again {
				t.Errorf("after the mend it is told %+v, want that B1 is well again", told[len(told)-1])
			}
		})
	}
}

// Without the ledger's table no order gets through either. Fails without: shutOut in LedgerReady.
func TestRefused_AMissingLedgerIsTold(t *testing.T) {
	_, c, l := guarded(t)
	for range 2 {
		release := admit(t, c)
		if _, err := c.CreateOrderOnce(t.Context(), anOrder("1"), ledgerRow); failureOf(t, err).Kind != order.Config {
			t.Errorf("the order ends with %v, want config", err)
		}
		release()
	}
	var told []sapb1.Health
	for _, h := range l.all() {
		if told = append(told, h); !h.Down || h.Cause != sapb1.Refused {
			t.Errorf("told %+v, want that B1 refuses the connector", h)
		}
	}
	if len(told) < 2 {
		t.Errorf("told %d times", len(told))
	}
}

// What is wrong with one order, or with B1's rights for something else, is not told as a refusal of the connector, nor what ends before
// it is sent. Fails without: Config in shutOut.
func TestRefused_NothingElseIsTakenForIt(t *testing.T) {
	d, c, l := guarded(t)
	d.down.Store(true)
	if _, err := c.FindOrders(t.Context(), sapb1.Reference{NumAtCard: "1"}); failureOf(t, err).Kind != order.Transient {
		t.Errorf("the sign-in ends with %v, want transient", err)
	}
	d.down.Store(false)
	ctx, cancel := context.WithCancelCause(t.Context())
	cancel(errors.New("no time"))
	if _, err := c.FindOrders(ctx, sapb1.Reference{NumAtCard: "1"}); err == nil {
		t.Error("a call is made that has no time")
	}
	d.inject(b1sim.Rule{Fault: b1sim.NotificationVeto, Match: "POST Orders", Times: 1})
	if _, err := c.CreateOrder(t.Context(), anOrder("1")); failureOf(t, err).Kind != order.Permanent {
		t.Errorf("the order ends with %v, want it refused", err)
	}
	if n := l.times(true); n != 0 {
		t.Errorf("told %d times that B1 is down: %+v", n, l.all())
	}
}

// Orders whose buyers are looked for end the run when B1 refuses that look; others are written meanwhile, and say nothing about it. What
// all need is let pass as soon as one is written, whoever was refused it beside. Fails without: needed; ofSome; wrote in letPass.
func TestRefused_ABuyersLookIsToldUntilItIsLetPass(t *testing.T) {
	d, c, l := guarded(t)
	down := func() bool { all := l.all(); return len(all) > 0 && all[len(all)-1].Down }
	write := func(key string) {
		t.Helper()
		release := admit(t, c)
		defer release()
		if _, err := c.CreateOrder(t.Context(), anOrder(key)); err != nil {
			t.Fatal(err)
		}
	}
	look := func() error {
		release := admit(t, c)
		defer release()
		_, err := c.FindPartners(t.Context(), "EmailAddress", "x")
		return err
	}
	d.refuses.Store(&refusal{"GET BusinessPartners", 403, ""})
	if err := look(); failureOf(t, err).Kind != order.Config || !down() {
		t.Errorf("the look for a partner ends with %v, told %+v; want config, told", err, l.all())
	}
	if write("1"); !down() {
		t.Error("an order without a buyer of its own ends the refusal")
	}
	d.refuses.Store(nil)
	if err := look(); err != nil || down() {
		t.Errorf("after the mend: %v, told %+v", err, l.all())
	}
	d.refuses.Store(&refusal{"GET Drafts", 403, ""})
	if _, err := c.FindDrafts(t.Context(), sapb1.Reference{NumAtCard: "1"}); err == nil || !down() {
		t.Fatalf("the look for drafts ends with %v, told %+v", err, l.all())
	}
	if write("2"); down() {
		t.Error("an order is written, and B1 still refuses the connector")
	}
}
