package api

import (
	"context"
	"errors"
	"math"
	"net/http"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"datawald/gateway/access"
	"datawald/store"
)

const sessionPath = "/api/v1/session"

func (s *server) routeSession() {
	reads := map[string]any{metaRole: access.Viewer}
	route(s, huma.Operation{OperationID: "sign-in", Method: http.MethodPost, Path: sessionPath, Tags: []string{"session"},
		Summary: "Sign in with name and password; the answer sets the cookie of the session",
		Description: "For browsers; programs use an API key. Changes by session show `csrf` in the header X-CSRF-Token. After several wrong passwords the answer is 429 " +
			"with Retry-After.",
		DefaultStatus: http.StatusOK, Metadata: map[string]any{metaRole: access.Anyone},
		Errors: []int{http.StatusUnauthorized, http.StatusForbidden, http.StatusTooManyRequests, http.StatusUnsupportedMediaType}}, s.signIn)
	route(s, huma.Operation{OperationID: "get-session", Method: http.MethodGet, Path: sessionPath, Tags: []string{"session"},
		Summary: "Who asks: name, role, and the token that changes by session show", Metadata: reads}, s.getSession)
	route(s, huma.Operation{OperationID: "sign-out", Method: http.MethodDelete, Path: sessionPath, Tags: []string{"session"},
		Summary: "End the session", Metadata: reads}, s.signOut)
	route(s, huma.Operation{OperationID: ownPasswordOperation, Method: http.MethodPost, Path: sessionPath + "/password", Tags: []string{"session"},
		Summary:     "Change one's own password",
		Description: "Needs the old one. All sessions of the user end; the answer sets the cookie of a new one.", DefaultStatus: http.StatusOK, Metadata: reads,
		Errors: []int{http.StatusTooManyRequests}}, s.changeOwnPassword)
}

type signInInput struct {
	Body struct {
		Name     string `json:"name" maxLength:"64" example:"admin"`
		Password string `json:"password" maxLength:"256"`
	}
}

type sessionOutput struct {
	SetCookie string `header:"Set-Cookie"`
	Body      Session
}

// Session says who asks.
type Session struct {
	Actor string      `json:"actor" doc:"The user, or the name of the key" example:"admin"`
	Kind  access.Kind `json:"kind" enum:"user,key,program" doc:"user: by session; key: by API key"`
	Role  access.Role `json:"role" enum:"viewer,operator,admin"`
	CSRF  string      `json:"csrf,omitempty" doc:"What changes by this session show in the header X-CSRF-Token; absent with a key"`
	// EndsAt is zero for keys that do not expire.
	EndsAt time.Time `json:"ends_at,omitzero" doc:"When it ends, whatever happens; an unused session ends earlier"`
}

func sessionOf(p access.Pass) Session {
	return Session{Actor: p.Actor.Name, Kind: p.Actor.Kind, Role: p.Actor.Role, CSRF: p.CSRF, EndsAt: p.EndsAt}
}

func (s *server) signIn(ctx context.Context, in *signInInput) (*sessionOutput, error) {
	r := requestOf(ctx)
	if !s.gate.Private(r) {
		return nil, notEncrypted.problem("Passwords are taken over TLS alone. Use https.")
	}
	token, pass, known, err := s.gate.SignIn(ctx, in.Body.Name, in.Body.Password, s.gate.Address(r))
	if err != nil {
		p := s.passwordProblem(err)
		if known == "" && errors.Is(err, access.ErrWrong) {
			known = nobody // written down as well, so that it takes as long
		}
		s.noteTurnedAway(ctx, "sign-in", access.Actor{Name: known, Kind: access.User}, p)
		return nil, p
	}
	if p := s.passwordsOf(pass); p != nil {
		s.noteTurnedAway(ctx, "sign-in", pass.Actor, p)
		return nil, errors.Join(p, s.gate.SignOut(ctx, pass))
	}
	if err := s.noteOwn(ctx, "sign-in", pass.Actor, store.AuditDone, nil); err != nil {
		return nil, errors.Join(partDown(err, "store"), s.gate.SignOut(ctx, pass))
	}
	return &sessionOutput{SetCookie: s.gate.Remember(r, token, pass).String(), Body: sessionOf(pass)}, nil
}

// nobody stands in the audit for a name that nobody has, and can be no user's. The name itself is not written: it may be a password that was typed in
// the wrong place.
const nobody = "(nobody)"

// noteTurnedAway writes down that somebody was refused. Nothing was let in: when it cannot be written, the log says so.
func (s *server) noteTurnedAway(ctx context.Context, operation string, actor access.Actor, p *Problem) {
	if err := s.noteOwn(ctx, operation, actor, store.AuditRefused, p); err != nil {
		s.log.Warn("a refusal is not in the audit", "operation", operation, "cause", err.Error())
	}
}

// noteOwn writes down what somebody did with an account by its password, and at whose account somebody tried.
func (s *server) noteOwn(ctx context.Context, operation string, actor access.Actor, state store.AuditState, p *Problem) error {
	if actor.Name == "" {
		return nil
	}
	e := entry(actor, huma.Operation{OperationID: operation}, actor.Name, "")
	now := time.Now().UTC()
	e.State, e.Status, e.EndedAt = state, http.StatusOK, &now
	if p != nil {
		e.Status, e.Problem = p.Status, p.Type[len(problemPrefix):]
	}
	_, err := s.store.WriteAudit(ctx, e)
	return err
}

// passwordProblem answers who gave a password that was not taken, or whose password was not looked at.
func (s *server) passwordProblem(err error) *Problem {
	if many, ok := errors.AsType[*access.TooMany](err); ok {
		p := tooManyTries.problem("Wrong passwords came before. Wait as long as Retry-After says, in seconds: until then no password is looked at.")
		p.retryAfter = max(int(math.Ceil(many.Wait.Seconds())), 1)
		return p
	}
	if bad, ok := errors.AsType[*access.Invalid](err); ok {
		return invalid("body."+bad.Field, bad.Message)
	}
	switch {
	case errors.Is(err, access.ErrWrong):
		return wrongPassword.problem("There is no user with this name and this password who may sign in. Check both; an admin can set a new password (starter user password <name>).")
	case errors.Is(err, access.ErrBusy):
		return partDown(err, "gateway, which is busy with other passwords")
	}
	return partDown(err, "store")
}

func (s *server) getSession(ctx context.Context, _ *struct{}) (*sessionOutput, error) {
	pass, _ := access.PassFrom(ctx)
	return &sessionOutput{Body: sessionOf(pass)}, nil
}

type signOutOutput struct {
	SetCookie string `header:"Set-Cookie"`
}

func (s *server) signOut(ctx context.Context, _ *struct{}) (*signOutOutput, error) {
	pass, _ := access.PassFrom(ctx)
	if err := s.gate.SignOut(ctx, pass); err != nil {
		return nil, partDown(err, "store")
	}
	return &signOutOutput{SetCookie: s.gate.Forget(requestOf(ctx)).String()}, nil
}

type ownPasswordInput struct {
	Body struct {
		Old string `json:"old" maxLength:"256"`
		New string `json:"new" minLength:"12" maxLength:"256"`
	}
}

func (s *server) changeOwnPassword(ctx context.Context, in *ownPasswordInput) (*sessionOutput, error) {
	pass, _ := access.PassFrom(ctx)
	if pass.Actor.Kind != access.User {
		return nil, notAllowed.problem("An API key has no password. Sign in as the user whose password it is.")
	}
	r, actor := requestOf(ctx), pass.Actor
	if p := s.noOwnPassword(pass); p != nil {
		return nil, p
	}
	id, err := s.store.WriteAudit(ctx, entry(actor, huma.Operation{OperationID: ownPasswordOperation}, actor.Name, ""))
	if err != nil {
		return nil, partDown(err, "store") // without an entry nothing is done
	}
	token, pass, err := s.gate.ChangeOwnPassword(ctx, actor.Name, in.Body.Old, in.Body.New, s.gate.Address(r))
	p := s.endOwnPassword(ctx, id, err)
	if p != nil {
		return nil, p
	}
	return &sessionOutput{SetCookie: s.gate.Remember(r, token, pass).String(), Body: sessionOf(pass)}, nil
}

const ownPasswordOperation = "change-own-password"

// endOwnPassword writes down what came of it, and gives the problem that is to be answered; nil when the password is changed.
func (s *server) endOwnPassword(ctx context.Context, id string, err error) *Problem {
	state, status, kind := store.AuditDone, http.StatusOK, ""
	var p *Problem
	if err != nil {
		p = s.passwordProblem(err)
		state, status, kind = store.AuditRefused, p.Status, strings.TrimPrefix(p.Type, problemPrefix)
	}
	if status >= http.StatusInternalServerError {
		state = store.AuditFailed
	}
	if err := s.store.EndAudit(context.WithoutCancel(ctx), id, state, status, kind); err != nil {
		s.log.Error("the outcome of an act is not written down", "action", ownPasswordOperation, "entry", id, "cause", innermost(err))
	}
	return p
}
