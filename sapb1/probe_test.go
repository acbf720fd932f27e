package sapb1_test

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"datawald/order"
	"datawald/sandbox/b1sim"
	"datawald/sapb1"
)

// rates answers for B1: yes to every currency but those named.
type rates map[string]error

var errNone = errors.New("none")

func (r rates) HasRate(_ context.Context, currency string, _ sapb1.Date) (bool, error) {
	err := r[currency]
	if err == errNone {
		return false, nil
	}
	return err == nil, err
}

func TestProbe_FindsNothingWrongWithASoundCompany(t *testing.T) {
	for _, version := range versions {
		for _, language := range []string{"en", "es"} {
			t.Run(version+" "+language, func(t *testing.T) {
				cfg := companyOfAll()
				cfg.Language, cfg.PageSize = language, 2 // a list of three has two pages for callers that do not ask for larger ones
				b := start(t, cfg)
				found := examine(t, b, version)
				for name, all := range found {
					for _, f := range all {
						if f.Outcome != order.OutcomeOK && f.Outcome != order.OutcomeSkip {
							t.Errorf("%s: %+v", name, f)
						}
					}
				}
				// What no call can show is not called ok.
				found.wants(t, "write", order.OutcomeSkip, "not checked: the doctor writes nothing. Orders need Full Authorization", "")
				found.wants(t, "sessions", order.OutcomeSkip, "not checked: the Service Layer tells nobody how many there are. Each worker process takes one (the doctor too, until its end), which ends after 30 min", "")
				found.wants(t, "items", order.OutcomeSkip, "not checked: items that are SKUs", "")
				found.wants(t, "latency", order.OutcomeSkip, "not checked: how long B1 takes to write an order", "")
				if n := found.count(order.OutcomeSkip); n != 4 {
					t.Errorf("%d things are not checked, want these 4: %+v", n, found)
				}
				spoken := map[string]string{"v1": "OData 3", "v2": "OData 4"}[version]
				found.wants(t, "address", order.OutcomeOK, "/b1s/"+version+" answers from 127.0.0.1:", "")
				found.wants(t, "certificate", order.OutcomeOK, "does not leave this machine", "")
				found.wants(t, "Service Layer", order.OutcomeOK, spoken, "")
				found.wants(t, "Service Layer", order.OutcomeOK, "/ping/ of its load balancer answers", "")
				found.wants(t, "clock", order.OutcomeOK, "days of documents are those of UTC", "")
				found.wants(t, "sign-in", order.OutcomeOK, "manager in SBODEMOUS, in ", "")
				found.wants(t, "version", order.OutcomeOK, "build 1000280, SAP Business One 10", "")
				found.wants(t, "tax codes", order.OutcomeOK, "(VatGroups)", "")
				found.wants(t, "latency", order.OutcomeOK, "5 cheap reads: median ", "")
				found.wants(t, "sign-out", order.OutcomeOK, "is ended", "")
				if n := len(b.received()); n > 32 {
					t.Errorf("it made %d calls, which is not kind", n)
				}
			})
		}
	}
}

// The code of a refused login decides what is said, in whatever language B1 answers.
func TestProbe_TellsWhyTheSignInIsRefused(t *testing.T) {
	refusal := func(v1, v2 string) map[string]string { return map[string]string{"v1": v1, "v2": v2} }
	for _, c := range []struct {
		name, seen, mend string
		kind             order.Kind
		change           func(*sapb1.Settings)
		answer           map[string]string
	}{
		{"wrong password", "(-304)", "finds no such company, user or password", order.Config, func(s *sapb1.Settings) { s.Password = "other" }, nil},
		{"wrong company", "-5027", "not the name of a database", order.Config, func(s *sapb1.Settings) { s.Password, s.CompanyDB = password, "SBODEMODE" }, nil},
		{"locked", "Inicio de sesión fallido (100000027)", "check box Locked", order.Config, nil,
			refusal(`{"error":{"code":100000027,"message":{"lang":"en-us","value":"Inicio de sesión fallido"}}}`, `{"error":{"code":"100000027","message":"Inicio de sesión fallido"}}`)},
		{"something else", "(-99)", "License Administration", order.Config, nil,
			refusal(`{"error":{"code":-99,"message":{"lang":"en-us","value":"Sin licencia"}}}`, `{"error":{"code":"-99","message":"Sin licencia"}}`)},
		{"no session", "no B1SESSION cookie", "/b1s/v2", order.Config, nil, nil},
		{"a proxy fails", "HTTP 502 Bad Gateway, not from B1 itself", "does not get through", order.Transient, nil, refusal("<html>502</html>", "<html>502</html>")},
	} {
		for _, version := range versions {
			t.Run(c.name+" "+version, func(t *testing.T) {
				b := start(t, b1sim.Config{Password: password, Language: "es"})
				switch {
				case c.name == "no session":
					b.front(says("/Login", 200, "", `{"SessionId":"x"}`))
				case c.answer != nil:
					status := http.StatusUnauthorized
					if c.kind == order.Transient {
						status = http.StatusBadGateway
					}
					b.front(says("/Login", status, "", c.answer[version]))
				}
				found := examine(t, b, version, func(p *sapb1.Probe) {
					if c.change != nil {
						p.Client = b.client(version, c.change)
					}
				})
				found.wants(t, "sign-in", order.OutcomeFail, c.seen, c.mend)
				if found.kind("sign-in") != c.kind {
					t.Errorf("the failure is %s, want %s", found.kind("sign-in"), c.kind)
				}
				// Nothing that needs a session may be asked: that would sign in again, and lock the user.
				for _, name := range []string{"read orders", "partners", "tax codes", "latency"} {
					found.wants(t, name, order.OutcomeSkip, "needs sign-in", "")
				}
				if len(found["sign-out"]) > 0 {
					t.Errorf("it signs out of nothing: %+v", found["sign-out"])
				}
			})
		}
	}
}

// What is not the Service Layer must never be sent the password, and each such thing has another cure.
func TestProbe_TellsWhatStandsInTheServiceLayersPlace(t *testing.T) {
	page := "<html><body>Welcome</body></html>"
	for _, c := range []struct {
		name       string
		answer     func(http.ResponseWriter, *http.Request) bool
		path       string
		check      string
		seen, mend string
		kind       order.Kind
	}{
		{"a wrong path", nil, "/b1s", "Service Layer", "HTTP 404, and no Service Layer at this path", "/b1s/v2: set B1_URL to that", order.Config},
		{"a page", says("/Orders", 200, "", page), "", "Service Layer", "HTTP 200 to a call without a session (a page)", "page of a proxy", order.Config},
		{"a cache", says("/Orders", 200, "", `{"value":[]}`), "", "Service Layer", "(JSON)", "signs callers in", order.Config},
		{"a redirect", says("/Orders", 302, "Location: https://user:hidden@portal.example.com/login?x=hidden", ""), "", "Service Layer",
			"HTTP 302 sends callers to https://portal.example.com/login", "not sent on", order.Config},
		{"a sign-in of a proxy", says("/Orders", 401, "", page), "", "Service Layer", "HTTP 401, not from B1 itself", "a sign-in of its own", order.Config},
		{"a wall", says("/Orders", 403, "", page), "", "Service Layer", "HTTP 403, not from B1 itself", "keeps this machine out", order.Config},
		{"TLS wanted", says("/Orders", 400, "", "You're speaking plain HTTP to an SSL-enabled server port."), "", "Service Layer", "speaks TLS", "https", order.Config},
		{"no node", says("/Orders", 502, "", page), "", "Service Layer", "HTTP 502 Bad Gateway, not from B1 itself; /ping/ of its load balancer answers", "start the Service Layer's nodes", order.Transient},
		{"no node, no ping", says("", 503, "", page), "", "Service Layer", "HTTP 503 Service Unavailable, not from B1 itself; no answer from /ping/", "nodes", order.Transient},
		{"a failing node", says("/Orders", 500, "", `{"error":{"code":"-1","message":"Internal error"}}`), "", "Service Layer", "Internal error (-1)", "look into its log", order.Transient},
	} {
		t.Run(c.name, func(t *testing.T) {
			b := start(t, b1sim.Config{Password: password})
			if c.answer != nil {
				b.front(c.answer)
			}
			found := examineBy(t, sapb1.Probe{Uses: everyCode(), Client: b.client("v2", func(s *sapb1.Settings) {
				if c.path != "" {
					s.URL = b.url + c.path
				}
			})})
			found.wants(t, c.check, order.OutcomeFail, c.seen, c.mend)
			found.wants(t, "sign-in", order.OutcomeSkip, "needs Service Layer", "")
			if found.kind(c.check) != c.kind {
				t.Errorf("the failure is %s, want %s", found.kind(c.check), c.kind)
			}
			if n := b.calls("POST Login"); n > 0 {
				t.Errorf("it sent the password there, %d times", n)
			}
		})
	}
}

func TestProbe_OfAServerThatIsNotThere(t *testing.T) {
	dead := httptest.NewServer(http.NotFoundHandler())
	dead.Close()
	silent := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() }))
	defer silent.Close()
	for _, c := range []struct {
		name, url, seen, mend string
		kind                  order.Kind
	}{
		{"dead", dead.URL, "connection refused", "firewall", order.Transient},
		{"silent", silent.URL, "timed out", "firewall", order.Transient},
		{"no name", "https://b1..example.com:50000", "the name b1..example.com does not resolve", "name server", order.Config},
	} {
		t.Run(c.name, func(t *testing.T) {
			found := examineBy(t, sapb1.Probe{Uses: usesOf(), Client: newClient(t, sapb1.Settings{URL: c.url + "/b1s/v2", Timeout: time.Second})})
			found.wants(t, "address", order.OutcomeFail, c.seen, c.mend)
			found.wants(t, "certificate", order.OutcomeSkip, "needs address", "")
			if found.kind("address") != c.kind {
				t.Errorf("the failure is %s, want %s", found.kind("address"), c.kind)
			}
		})
	}
}

func TestProbe_WithoutSettingsOrRules(t *testing.T) {
	found := examineBy(t, sapb1.Probe{})
	found.wants(t, "address", order.OutcomeSkip, "needs settings", "")
	if (sapb1.Probe{}).Address() != "" {
		t.Error("it has an address")
	}
	b := start(t, b1sim.Config{Password: password})
	found = examine(t, b, "v2", func(p *sapb1.Probe) { p.Uses = nil })
	found.wants(t, "partners", order.OutcomeSkip, "needs rules", "")
	found.wants(t, "read orders", order.OutcomeOK, "", "")
	found.wants(t, "clock", order.OutcomeOK, "not known without the rules", "")
}

func TestProbe_ComparesTheClocks(t *testing.T) {
	for _, c := range []struct {
		off  time.Duration
		want order.Outcome
		seen string
	}{
		{20 * time.Second, order.OutcomeOK, "differs by"}, {2 * time.Hour, order.OutcomeWarn, "ahead of this machine's"}, {-2 * time.Hour, order.OutcomeWarn, "behind this machine's"},
	} {
		b := start(t, b1sim.Config{Password: password})
		b.front(func(w http.ResponseWriter, _ *http.Request) bool {
			w.Header().Set("Date", time.Now().Add(c.off).UTC().Format(http.TimeFormat))
			return false
		})
		examine(t, b, "v2").wants(t, "clock", c.want, c.seen, "")
	}
}

func TestProbe_ReadsTheBuild(t *testing.T) {
	for _, c := range []struct {
		build string
		want  order.Outcome
		seen  string
	}{
		{"1000110", order.OutcomeOK, "SAP Business One 10"}, {"930140", order.OutcomeWarn, "SAP Business One 9"},
		{"", order.OutcomeSkip, "not checked: the answer to the login names no build"}, {"ten", order.OutcomeSkip, "not checked: the answer to the login names no build"}, {"x1000280", order.OutcomeSkip, "not checked: the answer to the login names no build"},
	} {
		b := start(t, b1sim.Config{Password: password})
		b.front(func(w http.ResponseWriter, r *http.Request) bool {
			if !strings.HasSuffix(r.URL.Path, "/Login") {
				return false
			}
			inner := httptest.NewRecorder()
			b.ServeHTTP(inner, r)
			for _, cookie := range inner.Header().Values("Set-Cookie") {
				w.Header().Add("Set-Cookie", cookie)
			}
			_, _ = w.Write([]byte(`{"SessionId":"x","Version":"` + c.build + `","SessionTimeout":30}`)) // the probe is there
			return true
		})
		examine(t, b, "v2").wants(t, "version", c.want, c.seen, "")
	}
}
