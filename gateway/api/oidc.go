package api

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/gin-gonic/gin"

	"datawald/config"
	"datawald/gateway/access"
	"datawald/store"
)

// The way in by an identity provider is for browsers alone, and answers with nothing but where to go: it is no part of the API.
const (
	providerBegin    = "/api/oidc/sign-in"
	providerCallback = "/api/oidc/callback"
	providerEnd      = "/api/oidc/sign-out"
	// flowCookie keeps a sign-in that is under way. The provider leads back from another site, which Lax lets it be sent with.
	flowCookie = "datawald_sign_in"
)

// provided is the way in by an identity provider.
type provided struct {
	*server
	provider *access.Provider
	// public is where people open the gateway.
	public *url.URL
	// told keeps the log short, which anybody could fill otherwise.
	told seldom
}

// routeProvider opens the way in by the identity provider of the settings, if there is one. The provider is not asked before somebody signs in.
func (s *server) routeProvider(router *gin.Engine) error {
	if !s.settings.Provided() {
		return nil
	}
	public, err := url.Parse(s.settings.PublicURL())
	if err != nil {
		return errors.New("GATEWAY_URL is no address")
	}
	p := &provided{server: s, public: public, told: seldom{now: time.Now, by: map[access.Refusal]*line{}}}
	if p.provider, err = access.NewProvider(providerSettings(s.settings)); err != nil {
		return err
	}
	for path, handle := range map[string]gin.HandlerFunc{providerBegin: p.begin, providerCallback: p.callback, providerEnd: p.end} {
		s.open[http.MethodGet+" "+path] = true
		router.GET(path, handle)
	}
	return nil
}

func providerSettings(g *config.Gateway) access.ProviderSettings {
	roles := map[string]access.Role{}
	for group, role := range g.OIDC.Roles() {
		roles[group] = access.Role(role)
	}
	return access.ProviderSettings{Issuer: g.Issuer, ClientID: g.ClientID, ClientSecret: g.ClientSecret, Callback: g.PublicURL() + providerCallback,
		Scopes: g.Scopes, NameClaim: g.NameClaim, RoleClaim: g.RoleClaim, Roles: roles}
}

// begin leads to the provider. Who came by another name of the gateway goes to the public one first, once: the cookie has to be there when the
// provider leads back.
func (p *provided) begin(c *gin.Context) {
	next := access.OwnPath(c.Query("next"))
	if c.Request.Host != p.public.Host && c.Query("at") == "" {
		p.lead(c, p.public.String()+providerBegin+"?"+url.Values{"at": {"1"}, "next": {next}}.Encode())
		return
	}
	if !p.gate.Private(c.Request) {
		p.lead(c, "/login") // which says why nobody signs in here
		return
	}
	address, kept, err := p.provider.Begin(c.Request.Context(), next)
	if err != nil {
		p.back(c, err, next)
		return
	}
	cookie := p.cookie(c.Request)
	cookie.Value, cookie.MaxAge = kept, int(access.FlowLife.Seconds())
	http.SetCookie(c.Writer, cookie)
	p.lead(c, address)
}

func (p *provided) cookie(r *http.Request) *http.Cookie {
	return &http.Cookie{Name: flowCookie, Path: providerCallback, MaxAge: -1, HttpOnly: true, SameSite: http.SameSiteLaxMode, Secure: p.gate.Secure(r)}
}

// callback is where the provider leads back. It lets in who comes, or says on the sign-in page why not.
func (p *provided) callback(c *gin.Context) {
	r := c.Request
	http.SetCookie(c.Writer, p.cookie(r)) // one try each
	if !p.gate.Private(r) {
		p.lead(c, "/login")
		return
	}
	kept := ""
	if cookie, err := r.Cookie(flowCookie); err == nil {
		kept = cookie.Value
	}
	token, pass, next, known, err := p.gate.SignInProvided(r.Context(), p.provider, kept, r.URL.Query(), p.settings.ProviderSessionLife, p.gate.Address(r))
	if err != nil {
		p.noteRefusal(r.Context(), known, err)
		p.back(c, err, next)
		return
	}
	if err := p.note(r.Context(), pass.Actor, store.AuditDone, http.StatusOK, ""); err != nil {
		p.back(c, errors.Join(err, p.gate.SignOut(r.Context(), pass)), next)
		return
	}
	http.SetCookie(c.Writer, p.gate.Remember(r, token, pass))
	p.lead(c, next)
}

// end leads to where the provider ends its own session. The gateway's has ended before.
func (p *provided) end(c *gin.Context) {
	address, err := p.provider.SignOutAddress(c.Request.Context(), p.public.String()+"/login")
	switch {
	case err != nil:
		p.back(c, err, "/")
	case address == "":
		p.lead(c, "/login?failed=no-sign-out")
	default:
		p.lead(c, address)
	}
}

func (p *provided) lead(c *gin.Context, to string) {
	c.Redirect(http.StatusSeeOther, to)
	c.Abort()
}

// back leads to the sign-in page, which says why nobody was let in.
func (p *provided) back(c *gin.Context, err error, next string) {
	why := "store"
	refused, ok := errors.AsType[*access.Refused](err)
	if ok {
		why = string(refused.Why)
		if times := p.told.say(refused.Why); times > 0 {
			p.log.Warn("nobody was let in by the identity provider", "cause", refused.Error(), "times", times)
		}
	} else {
		_ = p.report(c.Request.Context(), huma.Operation{Method: http.MethodGet, Path: c.FullPath()}, partDown(err, "store")) // the page says it in words of its own
	}
	p.lead(c, "/login?"+url.Values{"failed": {why}, "next": {next}}.Encode())
}

// noteRefusal writes down whom the provider knows and who was not let in. What was never begun here, and what came to nothing by itself, is not
// written: anybody could fill the audit with it. Nor is more of one name in a minute than of whoever asks for what he may not.
func (p *provided) noteRefusal(ctx context.Context, known string, err error) {
	refused, ok := errors.AsType[*access.Refused](err)
	if !ok || known == "" && refused.Why != access.Untrusted {
		return
	}
	if known == "" {
		known = nobody
	}
	actor := access.Actor{Name: known, Kind: access.User}
	if p.refusals.count(actor.String(), time.Now().UTC()) > refusalsNoted {
		return
	}
	// Nothing was let in: that it is not written changes nothing.
	_ = p.note(ctx, actor, store.AuditRefused, http.StatusForbidden, string(refused.Why))
}

func (p *provided) note(ctx context.Context, actor access.Actor, state store.AuditState, status int, problem string) error {
	e := entry(actor, huma.Operation{OperationID: "sign-in"}, actor.Name, "by the identity provider")
	now := time.Now().UTC()
	e.State, e.Status, e.Problem, e.EndedAt = state, status, problem, &now
	_, err := p.store.WriteAudit(ctx, e)
	return err
}

// passwordsOf says who may sign in with a password while there is a provider.
func (s *server) passwordsOf(pass access.Pass) *Problem {
	if !s.settings.Provided() || s.settings.LocalSignIn != "admins" || pass.Actor.Role == access.Admin {
		return nil
	}
	return notAllowed.problem("Passwords are for admins here. Sign in by the company's identity provider, with the button on the sign-in page.")
}

// noOwnPassword says why somebody with a session has no password to change here. It is asked before the old one is looked at: who has none must not be taken for
// somebody who guesses, and a session must not go on by a password that lets nobody in.
func (s *server) noOwnPassword(pass access.Pass) *Problem {
	if pass.Provided {
		return notAllowed.problem("Your password is the identity provider's: you have none here. Change it there.")
	}
	return s.passwordsOf(pass)
}
