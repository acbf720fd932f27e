package b1sim_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"datawald/sandbox/b1sim"
)

const goodLogin = `{"CompanyDB":"SBODEMOUS","UserName":"manager","Password":"sandbox"}`

func TestLoginShapes(t *testing.T) {
	for _, tc := range []struct{ version, context string }{
		{"v1", "odata.metadata"},
		{"v2", "@odata.context"},
	} {
		t.Run(tc.version, func(t *testing.T) {
			s := startSim(t, b1sim.Config{})
			answer := s.call("POST", "/b1s/"+tc.version+"/Login", goodLogin)
			answer.want(t, http.StatusOK)
			if !strings.Contains(answer.text(tc.context), "/b1s/"+tc.version+"/$metadata#B1Sessions/") {
				t.Errorf("%s = %q", tc.context, answer.text(tc.context))
			}
			answer.wantProps(t, "SessionTimeout", "30", "Version", "1000280")
			cookies := answer.header.Values("Set-Cookie")
			want := []string{"B1SESSION=" + answer.text("SessionId") + ";HttpOnly;", "ROUTEID=.node1; path=/b1s"}
			if strings.Join(cookies, "|") != strings.Join(want, "|") {
				t.Errorf("cookies %q, want %q", cookies, want)
			}
		})
	}
}

func TestLoginRefused(t *testing.T) {
	for _, tc := range []struct{ name, body, code string }{
		{"ErrPassword", `{"CompanyDB":"SBODEMOUS","UserName":"manager","Password":"wrong"}`, "-304"},
		{"ErrUser", `{"CompanyDB":"SBODEMOUS","UserName":"nobody","Password":"sandbox"}`, "-304"},
		{"ErrDatabase", `{"CompanyDB":"OTHER","UserName":"manager","Password":"sandbox"}`, "-5027"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			s := startSim(t, b1sim.Config{})
			for _, version := range []string{"v1", "v2"} {
				s.call("POST", "/b1s/"+version+"/Login", tc.body).wantError(t, http.StatusUnauthorized, tc.code, "")
			}
			if logins := s.company.Traffic().Logins; logins != 0 {
				t.Errorf("logins = %d, want 0", logins)
			}
		})
	}
}

func TestErrorShapes(t *testing.T) {
	for _, tc := range []struct {
		version, want string
		details       bool
	}{
		{"v1", `{"error":{"code":301,"message":{"lang":"en-us","value":"Invalid session or session already timeout."}}}`, true},
		{"v2", `{"error":{"code":"301","message":"Invalid session or session already timeout."}}`, false},
		{"v2", `{"error":{"code":"301","details":[{"code":"","message":""}],"message":"Invalid session or session already timeout."}}`, true},
	} {
		s := startSim(t, b1sim.Config{ErrorDetails: tc.details})
		answer := s.call("GET", "/b1s/"+tc.version+"/Orders", "")
		answer.want(t, http.StatusUnauthorized)
		if got := string(answer.body); got != tc.want {
			t.Errorf("%s: %s, want %s", tc.version, got, tc.want)
		}
	}
}

func TestSessionEndsByIdleness(t *testing.T) {
	at := newClock()
	s := newSim(t, b1sim.Config{Now: at.Now})
	for range 3 { // every use extends the session
		at.add(29 * time.Minute)
		s.call("GET", "/b1s/v1/Orders", "").want(t, http.StatusOK)
	}
	at.add(30 * time.Minute)
	s.call("GET", "/b1s/v1/Orders", "").wantError(t, http.StatusUnauthorized, "301", "timeout")
	s.login("v2")
	s.call("GET", "/b1s/v2/Orders", "").want(t, http.StatusOK)
}

func TestLogout(t *testing.T) {
	s := newSim(t, b1sim.Config{})
	if answer := s.call("POST", "/b1s/v2/Logout", ""); answer.status != http.StatusNoContent || len(answer.body) > 0 {
		t.Fatalf("logout answered %d %s", answer.status, answer.body)
	}
	s.call("GET", "/b1s/v2/Orders", "").wantError(t, http.StatusUnauthorized, "301", "Invalid session")
	s.call("POST", "/b1s/v2/Logout", "").wantError(t, http.StatusUnauthorized, "301", "Invalid session")
}

func TestRouteIDRequiredBySetting(t *testing.T) {
	s := newSim(t, b1sim.Config{RequireRouteID: true})
	s.call("GET", "/b1s/v2/Orders", "").want(t, http.StatusOK)
	s.cookie, _, _ = strings.Cut(s.cookie, ";")
	s.call("GET", "/b1s/v2/Orders", "").wantError(t, http.StatusUnauthorized, "301", "")
}

func TestPingNeedsNoSession(t *testing.T) {
	s := startSim(t, b1sim.Config{Now: func() time.Time { return time.Unix(1555998764, 740e6) }})
	for path, sender := range map[string]string{
		"/ping/": "load balancer", "/ping/load-balancer": "load balancer", "/ping/node/1": "node1",
	} {
		answer := s.call("GET", path, "")
		answer.want(t, http.StatusOK)
		answer.wantProps(t, "message", "pong", "sender", sender, "timestamp", "1555998764.740")
	}
	s.call("GET", "/ping/node/9", "").want(t, http.StatusNotFound)
}

func TestExpectHeaderAnswersEmpty500(t *testing.T) {
	s := newSim(t, b1sim.Config{})
	answer := s.call("POST", "/b1s/v2/Orders", simpleOrder("1"), "Expect: 100-continue")
	answer.want(t, http.StatusInternalServerError)
	if len(answer.body) != 0 || len(s.company.Orders()) != 0 {
		t.Errorf("body %q, %d orders; want none", answer.body, len(s.company.Orders()))
	}
}

func TestMessagesFollowTheLanguageCodesDoNot(t *testing.T) {
	s := newSim(t, b1sim.Config{Language: "es"})
	body := orderWith("", `{"ItemCode":"NOPE","Quantity":1}`)
	s.call("POST", "/b1s/v2/Orders", body).
		wantError(t, http.StatusBadRequest, "-10", "Falta el número de artículo; indique un número de artículo  [DocumentLines.ItemCode][line: 1]")
	s.company.SetLanguage("en")
	s.call("POST", "/b1s/v2/Orders", body).
		wantError(t, http.StatusBadRequest, "-10", "Item number is missing; specify an item number  [DocumentLines.ItemCode][line: 1]")
}

func TestMethodOverride(t *testing.T) {
	s := newSim(t, b1sim.Config{})
	s.order(simpleOrder("1"))
	s.call("POST", "/b1s/v2/Orders(1)", `{"Comments":"by POST"}`, "X-HTTP-Method-Override: PATCH").want(t, http.StatusNoContent)
	s.call("GET", "/b1s/v2/Orders(1)", "").wantProps(t, "Comments", "by POST")
}
