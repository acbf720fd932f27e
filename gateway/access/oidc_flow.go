package access

import (
	"context"
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"strings"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
	"golang.org/x/oauth2"
)

// FlowLife is how long somebody may take at the provider.
const FlowLife = 10 * time.Minute

// Refusal says why nobody was let in by the provider. It is part of the sign-in page's address, and no secret.
type Refusal string

// Why nobody is let in.
const (
	Unreachable Refusal = "unreachable" // the provider does not answer
	Expired     Refusal = "expired"     // the sign-in was not begun here, too long ago, or has come back before
	Denied      Refusal = "denied"      // the provider let nobody in
	Untrusted   Refusal = "untrusted"   // what the provider says cannot be relied on
	NoRole      Refusal = "no-role"     // none of the groups has a role
	NoName      Refusal = "no-name"     // there is no name that can be used
	Unverified  Refusal = "unverified"  // the role or the name is an e-mail address that nobody verified
	NameTaken   Refusal = "name-taken"  // the name is somebody else's, or that of a user with a password
	OutOfUse    Refusal = "disabled"    // an admin has disabled the user
	NoRoom      Refusal = "no-room"     // there are too many users
	Throttled   Refusal = "throttled"   // too many sign-ins failed
)

// Refused is a sign-in by the provider that let nobody in. Its cause is for the log.
type Refused struct {
	Why   Refusal
	cause error
}

func refuse(why Refusal, cause error) *Refused { return &Refused{why, cause} }

// Error tells why, for the log: nothing in it lets anybody in.
func (r *Refused) Error() string {
	answer, ok := errors.AsType[*oauth2.RetrieveError](r.cause)
	switch {
	case ok: // its own text has the answer in it
		return fmt.Sprintf("%s: the provider refuses the code, status %d, %.40q", r.Why, answer.Response.StatusCode, answer.ErrorCode)
	case r.cause != nil:
		return fmt.Sprintf("%s: %.300s", r.Why, r.cause)
	}
	return string(r.Why)
}

// Unwrap gives the cause.
func (r *Refused) Unwrap() error { return r.cause }

// flow is a sign-in that is under way. The browser keeps it, sealed, so that what comes back belongs to what this browser began.
type flow struct {
	State    string    `json:"s"`
	Nonce    string    `json:"n"`
	Verifier string    `json:"v"`
	Next     string    `json:"p"`
	EndsAt   time.Time `json:"e"`
}

// sealOf makes the seal of flows from the client's secret, which all gateways of a deployment have.
func sealOf(secret string) (cipher.AEAD, error) {
	key, err := hkdf.Key(sha256.New, []byte(secret), nil, "datawald sign-in under way", 32)
	if err != nil {
		return nil, err
	}
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, err
	}
	return cipher.NewGCMWithRandomNonce(block)
}

// Begin gives the address at the provider to which a browser goes, and what it keeps meanwhile. next is the path to which it comes in the end. The error
// is *Refused.
func (p *Provider) Begin(ctx context.Context, next string) (address, kept string, err error) {
	o, err := p.offer(ctx)
	if err != nil {
		return "", "", refuse(Unreachable, err)
	}
	f := flow{State: chance(), Nonce: chance(), Verifier: oauth2.GenerateVerifier(), Next: OwnPath(next), EndsAt: p.now().Add(FlowLife)}
	if len(f.Next) > 1024 { // a cookie has 4 KB
		f.Next = "/"
	}
	text, err := json.Marshal(f)
	if err != nil {
		return "", "", err
	}
	return o.oauth.AuthCodeURL(f.State, oidc.Nonce(f.Nonce), oauth2.S256ChallengeOption(f.Verifier)),
		base64.RawURLEncoding.EncodeToString(p.seal.Seal(nil, nil, text, nil)), nil
}

// returned gives the sign-in that comes back, when this browser began it here, lately, and it comes for the first time.
func (p *Provider) returned(kept string, answer url.Values) (*flow, error) {
	box, err := base64.RawURLEncoding.DecodeString(kept)
	if err != nil || kept == "" {
		return nil, refuse(Expired, nil)
	}
	text, err := p.seal.Open(nil, nil, box, nil)
	if err != nil {
		return nil, refuse(Expired, nil)
	}
	var f flow
	if err := json.Unmarshal(text, &f); err != nil {
		return nil, refuse(Expired, nil)
	}
	if subtle.ConstantTimeCompare([]byte(answer.Get("state")), []byte(f.State)) != 1 || !p.now().Before(f.EndsAt) || !p.first(f.State) {
		return nil, refuse(Expired, nil)
	}
	return &f, nil
}

// first reports whether a state has not come back before.
func (p *Provider) first(state string) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	used := p.used.at(state)
	first := !*used
	*used = true
	return first
}

// identity asks the provider who came back with an answer. The error is *Refused.
func (p *Provider) identity(ctx context.Context, f *flow, answer url.Values) (*Identity, error) {
	if answer.Get("error") != "" || answer.Get("code") == "" {
		return nil, refuse(Denied, fmt.Errorf("the provider answers %.60q", answer.Get("error")))
	}
	o, err := p.offer(ctx)
	if err != nil {
		return nil, refuse(Unreachable, err)
	}
	select {
	case p.exchanges <- struct{}{}:
		defer func() { <-p.exchanges }()
	case <-ctx.Done():
		return nil, refuse(Unreachable, ctx.Err())
	}
	return p.redeem(oidc.ClientContext(ctx, p.client), o, f, answer)
}

// redeem has a code made into an ID token, and looks whether it is one of this sign-in.
func (p *Provider) redeem(ctx context.Context, o *offer, f *flow, answer url.Values) (*Identity, error) {
	tokens, err := o.oauth.Exchange(ctx, answer.Get("code"), oauth2.VerifierOption(f.Verifier))
	if err != nil {
		p.doubt(o)
	}
	if _, answered := errors.AsType[*oauth2.RetrieveError](err); answered {
		return nil, refuse(Untrusted, err)
	}
	if err != nil {
		return nil, refuse(Unreachable, err)
	}
	raw, ok := tokens.Extra("id_token").(string)
	if !ok {
		return nil, refuse(Untrusted, errors.New("the provider gave no ID token"))
	}
	token, err := o.verifier.Verify(ctx, raw)
	if err != nil {
		p.doubt(o)
		return nil, refuse(Untrusted, err)
	}
	if subtle.ConstantTimeCompare([]byte(token.Nonce), []byte(f.Nonce)) != 1 {
		return nil, refuse(Untrusted, errors.New("the ID token is of another sign-in: the nonce differs"))
	}
	claims := claims{}
	if err := token.Claims(&claims); err != nil || token.Subject == "" {
		return nil, refuse(Untrusted, errors.New("the ID token has no subject, or claims that cannot be read"))
	}
	if party, told := claims["azp"]; told && party != p.settings.ClientID {
		return nil, refuse(Untrusted, errors.New("the ID token was made for another program"))
	}
	return p.settings.identify(token.Issuer, token.Subject, claims)
}

// OwnPath gives a path of the gateway's page; the start page for all that is none, so that no link leads anybody away after he has
// signed in.
func OwnPath(next string) string {
	u, err := url.Parse(next)
	if err != nil || u.Scheme != "" || u.Host != "" || u.User != nil || u.Opaque != "" ||
		!strings.HasPrefix(next, "/") || strings.HasPrefix(next, "//") || strings.ContainsAny(next, "\\\r\n\t") ||
		u.Path == "/login" || strings.HasPrefix(u.Path, "/api/") && u.Path != "/api/docs" {
		return "/"
	}
	return next
}
