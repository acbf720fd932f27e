package sapb1

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"strings"
	"sync"
	"time"

	"datawald/order"
)

// session is the one B1 session that all calls of a client share: a login is "a heavy job" (Service Layer manual 8),
// and each takes a licence.
type session struct {
	// turn is held by the call that logs in; the others wait for it, or for the end of their context.
	turn chan struct{}

	mu sync.Mutex
	// cookies holds B1SESSION and ROUTEID as read by hand: B1 sends B1SESSION without a path, which a cookie jar
	// would tie to the path of the login.
	cookies string
	// generation counts logins, so that many calls that meet one dead session log in once.
	generation int
	// refused remembers a login that B1 turned down: asking again and again may lock the user.
	refused      *order.Failure
	refusedUntil time.Time
}

// loginPause is how long a refused login is not repeated.
const loginPause = 30 * time.Second

// credentials gives the cookies of a live session, logging in when there is none, and its generation.
func (c *Client) credentials(ctx context.Context) (string, int, error) {
	s := &c.session
	if cookies, generation, err := s.known(); cookies != "" || err != nil {
		return cookies, generation, err
	}
	select {
	case s.turn <- struct{}{}:
		defer func() { <-s.turn }()
	case <-ctx.Done():
		return "", 0, transportFailure(opLogin, false, ctx.Err())
	}
	if cookies, generation, err := s.known(); cookies != "" || err != nil {
		return cookies, generation, err // another call has logged in meanwhile
	}
	cookies, err := c.login(ctx)
	generation := s.loggedIn(cookies, err)
	return cookies, generation, err
}

// known is the session of the moment, or the refusal that still stands; empty when there is neither.
func (s *session) known() (cookies string, generation int, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.cookies == "" && s.refused != nil && time.Now().Before(s.refusedUntil) {
		return "", 0, s.refused
	}
	return s.cookies, s.generation, nil
}

// loggedIn keeps what came of a login.
func (s *session) loggedIn(cookies string, err error) (generation int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.cookies, s.refused = cookies, nil
	if err == nil {
		s.generation++
	}
	if f, ok := errors.AsType[*order.Failure](err); ok && f.Kind == order.Config {
		s.refused, s.refusedUntil = f, time.Now().Add(loginPause)
	}
	return s.generation
}

// forget drops the session of a generation that B1 no longer knows.
func (c *Client) forget(generation int) {
	s := &c.session
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.generation == generation {
		s.cookies = ""
	}
}

const (
	opLogin  = "POST Login"
	opLogout = "POST Logout"
)

func (c *Client) login(ctx context.Context) (string, error) {
	cookies, _, err := c.logIn(ctx)
	return cookies, err
}

// logIn is login with B1's answer, which has its version and the session's time-out.
func (c *Client) logIn(ctx context.Context) (cookies string, answer []byte, err error) {
	body, err := json.Marshal(map[string]string{
		"CompanyDB": c.settings.CompanyDB, "UserName": c.settings.User, "Password": c.settings.Password,
	})
	if err != nil {
		return "", nil, err
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, c.base+"/Login", bytes.NewReader(body))
	if err != nil {
		return "", nil, err
	}
	req.Header.Set("Content-Type", "application/json")
	began, ended := c.lane.begin(), c.settings.Observe(ctx, opLogin)
	res, answer, err := c.send(req)
	switch {
	case err != nil:
		err = transportFailure(opLogin, false, err)
	case res.StatusCode != http.StatusOK:
		err = failure(opLogin, false, res.StatusCode, res.Header, answer)
	default:
		cookies, err = sessionOf(res)
	}
	c.ended(ctx, began, request{op: opLogin}, ending{}, err) // without a class: a login is slow by itself
	if f := failureOf(err); f != nil && f.Kind == order.Permanent {
		f.Kind = order.Config
	}
	ended(err)
	return cookies, answer, err
}

// sessionOf reads the cookies of a login that was granted.
func sessionOf(res *http.Response) (string, error) {
	cookies := sessionCookies(res.Header.Values("Set-Cookie"))
	if !strings.Contains(cookies, "B1SESSION=") {
		return "", &order.Failure{Kind: order.Config, System: system, Op: opLogin, Code: codeNoSession, Status: res.StatusCode, Message: "the answer sets no B1SESSION cookie",
			Hint: "Check that B1_URL is a Service Layer address such as https://host:50000/b1s/v2."}
	}
	return cookies, nil
}

// sessionCookies keeps name=value of the two cookies of a login, whatever their attributes look like.
func sessionCookies(headers []string) string {
	var keep []string
	for _, h := range headers {
		pair, _, _ := strings.Cut(h, ";")
		name, _, _ := strings.Cut(pair, "=")
		if n := strings.TrimSpace(name); n == "B1SESSION" || n == "ROUTEID" {
			keep = append(keep, strings.TrimSpace(pair))
		}
	}
	return strings.Join(keep, "; ")
}

// Logout ends the session, if there is one, so that its licence is free at once.
func (c *Client) Logout(ctx context.Context) error {
	s := &c.session
	s.mu.Lock()
	cookies := s.cookies
	s.cookies = ""
	s.mu.Unlock()
	if cookies == "" {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, c.settings.Timeout)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, c.base+"/Logout", nil)
	if err != nil {
		return err
	}
	req.Header.Set("Cookie", cookies)
	ended := c.settings.Observe(ctx, opLogout)
	if _, _, err = c.send(req); err != nil {
		err = transportFailure(opLogout, false, err)
	}
	ended(err)
	return err
}
