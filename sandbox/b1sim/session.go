package b1sim

import (
	"crypto/rand"
	"encoding/json"
	"math"
	"net/http"
	"sync"
	"time"
)

// sessions are the signed-in callers. The timeout is one of idleness (API reference, Logout).
type sessions struct {
	mu      sync.Mutex
	used    map[string]time.Time
	timeout time.Duration
	now     func() time.Time
}

func newSessions(timeout time.Duration, now func() time.Time) *sessions {
	return &sessions{used: map[string]time.Time{}, timeout: timeout, now: now}
}

func (s *sessions) open() string {
	id := rand.Text()
	s.mu.Lock()
	defer s.mu.Unlock()
	s.used[id] = s.now()
	return id
}

// touch reports whether the session lives, and if so keeps it alive.
func (s *sessions) touch(id string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	last, known := s.used[id]
	if !known || s.now().Sub(last) >= s.timeout {
		delete(s.used, id)
		return false
	}
	s.used[id] = s.now()
	return true
}

func (s *sessions) close(id string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.used, id)
}

func (s *sessions) dropAll() {
	s.mu.Lock()
	defer s.mu.Unlock()
	clear(s.used)
}

func (s *sessions) count() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.used)
}

// login answers POST Login (Service Layer manual 3.1). B1SESSION comes without a path and with a trailing semicolon,
// which some cookie jars drop or scope to one version.
func (c *Company) login(req *request) *response {
	if !c.pace.wait(c.cfg.LoginTime) {
		return unavailableAnswer()
	}
	var who struct{ CompanyDB, UserName, Password string }
	if err := json.Unmarshal(req.body, &who); err != nil {
		return c.failed(req, fail(codeInvalid, msgJSON))
	}
	if !c.signsIn(who.UserName, who.Password) {
		return c.failed(req, fail(codeLogin, msgLogin).withStatus(http.StatusUnauthorized))
	}
	if who.CompanyDB != c.cfg.CompanyDB {
		return c.failed(req, fail(codeSwitch, msgSwitch).withStatus(http.StatusUnauthorized))
	}
	id := c.sessions.open()
	c.meter.login()
	answer := newResponse(http.StatusOK, c.loginBody(req, id))
	answer.header.Add("Set-Cookie", "B1SESSION="+id+";HttpOnly;")
	answer.header.Add("Set-Cookie", "ROUTEID=.node1; path=/b1s")
	return answer
}

func (c *Company) loginBody(req *request, id string) []byte {
	context, value := "odata.metadata", req.base+"/$metadata#B1Sessions/@Element"
	if req.version == v2 {
		context, value = "@odata.context", req.base+"/$metadata#B1Sessions/$entity"
	}
	return mustJSON(map[string]any{
		context: value, "SessionId": id, "Version": serverVersion,
		"SessionTimeout": int(math.Ceil(c.cfg.SessionTimeout.Minutes())),
	})
}

// serverVersion is the build that recorded answers came from.
const serverVersion = "1000280"

// session returns the failure of a call without a living session, or nil.
func (c *Company) session(req *request) *failure {
	id := cookie(req.header, "B1SESSION")
	if c.cfg.RequireRouteID && cookie(req.header, "ROUTEID") == "" {
		id = ""
	}
	if id == "" || !c.sessions.touch(id) {
		return fail(codeSession, msgSession)
	}
	return nil
}

// logout ends the session: 204, no body.
func (c *Company) logout(req *request) *response {
	c.sessions.close(cookie(req.header, "B1SESSION"))
	return newResponse(http.StatusNoContent, nil)
}

func cookie(header http.Header, name string) string {
	c, err := (&http.Request{Header: header}).Cookie(name)
	if err != nil {
		return ""
	}
	return c.Value
}
