package access

import (
	"context"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/hex"
	"errors"
	"strings"
	"time"

	"datawald/store"
)

// Pass is what a credential gives: who asks, and for sessions what changes must show beside the cookie.
type Pass struct {
	Actor Actor
	// CSRF is bound to the session; empty for keys, which no browser sends by itself.
	CSRF string
	// EndsAt is the end of the session, whatever happens; zero for keys that have none.
	EndsAt time.Time
	// Provided is true for the session of a user who comes in by the identity provider, and has no password here.
	Provided bool
	// token is what the cookie holds.
	token string
}

// Shows reports whether a change comes from a page that was given the token of this session. Keys need none.
func (p Pass) Shows(csrf string) bool {
	return p.CSRF == "" || subtle.ConstantTimeCompare([]byte(csrf), []byte(p.CSRF)) == 1
}

// chance is a text that nobody can guess: 130 bits.
func chance() string { return strings.ToLower(rand.Text()) }

// csrfOf follows from what the cookie holds, which no page and no other site can read.
func csrfOf(token string) string {
	mac := hmac.New(sha256.New, []byte(token))
	mac.Write([]byte("datawald csrf"))
	return hex.EncodeToString(mac.Sum(nil))
}

// open begins a session that ends after life, whatever happens.
func (g *Gate) open(ctx context.Context, user *store.User, life time.Duration) (token string, pass Pass, err error) {
	token = chance()
	now := g.now()
	session := store.Session{ID: hashed(token), User: user.Name, Generation: user.Generation, CreatedAt: now, SeenAt: now, EndsAt: now.Add(life)}
	if err := g.store.AddSession(ctx, session); err != nil {
		return "", Pass{}, err
	}
	return token, passOf(user, &session, token), nil
}

func passOf(user *store.User, session *store.Session, token string) Pass {
	return Pass{Actor: Actor{Name: user.Name, Role: Role(user.Role), Kind: User}, CSRF: csrfOf(token), EndsAt: session.EndsAt, Provided: Provided(*user), token: token}
}

// Session gives whose session it is. The role is that of the user now. The error is ErrCredential when there is no such session, when it is
// over, and when its user has changed so that he must sign in again.
func (g *Gate) Session(ctx context.Context, token string) (Pass, error) {
	return g.session(ctx, token, true)
}

// session is Session; used says whether that counts as use.
func (g *Gate) session(ctx context.Context, token string, used bool) (Pass, error) {
	session, err := g.store.Session(ctx, hashed(token))
	if errors.Is(err, store.ErrNotFound) {
		return Pass{}, ErrCredential
	}
	if err != nil {
		return Pass{}, err
	}
	now := g.now()
	if !now.Before(session.EndsAt) || now.Sub(session.SeenAt) >= g.settings.Idle {
		return Pass{}, ErrCredential
	}
	user, err := g.store.User(ctx, session.User)
	if errors.Is(err, store.ErrNotFound) {
		return Pass{}, ErrCredential
	}
	if err != nil {
		return Pass{}, err
	}
	if user.Disabled || user.Generation != session.Generation {
		return Pass{}, ErrCredential
	}
	if used && now.Sub(session.SeenAt) >= noteUse {
		_ = g.store.TouchSession(ctx, session.ID, now) // the request goes on; the next one notes it
	}
	return passOf(user, session, token), nil
}

// SignOut ends a session.
func (g *Gate) SignOut(ctx context.Context, p Pass) error {
	if p.token == "" {
		return nil
	}
	return g.store.DeleteSession(ctx, hashed(p.token))
}
