package magento

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"time"

	"datawald/order"
)

// Way is how a client proves to the shop who it is ("Authentication" in the Web APIs guide).
type Way string

const (
	// WayOAuth signs each request with the four credentials of an integration. It always works and wins over the others.
	WayOAuth Way = "OAuth 1.0a"
	// WayToken sends an integration's access token as Bearer, which 2.4.4 and later refuse unless it is switched on.
	WayToken Way = "integration token"
	// WayAdmin logs in as an admin user and sends the token that it gets. It cannot pass two-factor authentication.
	WayAdmin Way = "admin user"
)

// Way is how a client of these settings signs in: OAuth, else the token, else the admin user. It reports all that is
// half given.
func (s Settings) Way() (way Way, err error) {
	var problems []error
	if s.AdminUser == "" && s.AdminPassword != "" {
		problems = append(problems, errors.New("Magento credentials: the admin user is missing, only its password is given"))
	}
	if s.AdminUser != "" && s.AdminPassword == "" {
		problems = append(problems, errors.New("Magento credentials: the password of the admin user is missing"))
	}
	if s.OAuth != (OAuth{}) && !s.OAuth.complete() {
		problems = append(problems, fmt.Errorf("Magento credentials: OAuth needs all four, and %s missing", s.OAuth.missing()))
	}
	admin := s.AdminUser != "" && s.AdminPassword != ""
	switch {
	case s.OAuth.complete():
		way = WayOAuth
	case s.Token != "":
		way = WayToken
	case admin:
		way = WayAdmin
	case len(problems) == 0:
		problems = append(problems, errors.New("Magento credentials: give consumer key, consumer secret, access token and access token secret of an integration; or its access token alone; or an admin user with its password"))
	}
	return way, errors.Join(problems...)
}

// missing names the values that are not given: "the access token and the access token secret are".
func (o OAuth) missing() string {
	var names []string
	for _, v := range [][2]string{{o.ConsumerKey, "the consumer key"}, {o.ConsumerSecret, "the consumer secret"},
		{o.AccessToken, "the access token"}, {o.AccessTokenSecret, "the access token secret"}} {
		if v[0] == "" {
			names = append(names, v[1])
		}
	}
	if len(names) == 1 {
		return names[0] + " is"
	}
	return strings.Join(names, ", ") + " are"
}

// adminSession is the one token that all calls of a client share.
type adminSession struct {
	user, password string
	// turn is held by the call that logs in; the others wait for it, or for the end of their context.
	turn chan struct{}

	mu    sync.Mutex
	token string
	// until is when the token is renewed, shortly before its end.
	until time.Time
	// refusals keeps a login that failed from being repeated too soon.
	refusals refusals
	// denied holds the operations that a new token was refused for: that is a matter of rights, which no login mends.
	denied map[string]time.Time
}

func newAdminSession(user, password string) *adminSession {
	return &adminSession{user: user, password: password, turn: make(chan struct{}, 1), denied: map[string]time.Time{}}
}

// deniedPause is how long a 401 for an operation is taken as an answer after a new token was refused for it.
const deniedPause = time.Minute

// sendAsAdmin makes one call with the shared token. What is refused with 401 did nothing, so that after a new login it
// may be sent again, whatever it is, once.
func (c *Client) sendAsAdmin(ctx context.Context, what call) (*answer, error) {
	token, isNew, err := c.adminToken(ctx)
	if err != nil {
		return nil, err
	}
	a, err := c.exchange(ctx, what, bearer(token))
	if isNew || !unauthorized(err) || !c.admin.forget(token, what.op, c.now()) {
		c.admin.learn(what.op, isNew && unauthorized(err), c.now())
		return a, err
	}
	if token, _, err = c.adminToken(ctx); err != nil {
		return nil, err
	}
	a, err = c.exchange(ctx, what, bearer(token))
	c.admin.learn(what.op, unauthorized(err), c.now())
	return a, err
}

func bearer(token string) authorizer {
	return func(req *http.Request, _ []param) { req.Header.Set("Authorization", "Bearer "+token) }
}

// unauthorized reports whether the shop did not take the sign-in, or not for this.
func unauthorized(err error) bool {
	f, ok := errors.AsType[*order.Failure](err)
	return ok && f.Code == "401"
}

// forget drops a token that the shop no longer takes, and reports whether a new one may help.
func (s *adminSession) forget(token, op string, now time.Time) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if now.Before(s.denied[op]) {
		return false
	}
	if s.token == token {
		s.token = ""
	}
	return true
}

// learn keeps that a new token was refused for an operation.
func (s *adminSession) learn(op string, refused bool, now time.Time) {
	if !refused {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.denied[op] = now.Add(deniedPause)
}

// adminToken gives the token, logging in when there is none. isNew is true for the call that logged in.
func (c *Client) adminToken(ctx context.Context) (token string, isNew bool, err error) {
	s := c.admin
	if token, err = s.known(c.now()); token != "" || err != nil {
		return token, false, err
	}
	select {
	case s.turn <- struct{}{}:
		defer func() { <-s.turn }()
	case <-ctx.Done():
		return "", false, transportFailure(opLogin, ctx.Err())
	}
	if token, err = s.known(c.now()); token != "" || err != nil {
		return token, false, err // another call has logged in meanwhile
	}
	began := c.now()
	token, life, err := c.login(ctx)
	s.loggedIn(token, began.Add(life), err, c.now())
	return token, true, err
}

// known is the token of the moment, or the failure that still stands; empty when there is neither.
func (s *adminSession) known(now time.Time) (string, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.token != "" && now.Before(s.until) {
		return s.token, nil
	}
	return "", s.refusals.standing(now)
}

// loggedIn keeps what came of a login.
func (s *adminSession) loggedIn(token string, until time.Time, err error, now time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.token, s.until = token, until
	s.refusals.learn(err, now)
}
