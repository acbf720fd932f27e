package access

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"net/netip"
	"regexp"
	"strings"
	"time"

	"datawald/store"
)

// The times of a session and of what is noted of use, unless settings say otherwise.
const (
	DefaultIdle = 12 * time.Hour
	DefaultLife = 7 * 24 * time.Hour
	// noteUse is how seldom the use of a session or a key is written down.
	noteUse = time.Minute
)

// Settings of the gate. Zero times stand for the defaults.
type Settings struct {
	// Idle ends a session that is not used, Life ends any.
	Idle, Life time.Duration
	// Proxies are believed when they say for whom they ask, and that he came by TLS.
	Proxies []netip.Prefix
}

// Gate knows users, keys and sessions. It is safe for concurrent use.
type Gate struct {
	store    *store.Store
	settings Settings
	throttle *throttle
	hasher   *hasher
	now      func() time.Time
}

// New makes the gate of a store.
func New(db *store.Store, s Settings) *Gate {
	if s.Idle == 0 {
		s.Idle = DefaultIdle
	}
	if s.Life == 0 {
		s.Life = DefaultLife
	}
	return &Gate{store: db, settings: s, throttle: newThrottle(), hasher: newHasher(), now: func() time.Time { return time.Now().UTC().Truncate(time.Millisecond) }}
}

var (
	// ErrCredential: what was shown is not known, or not valid any longer.
	ErrCredential = errors.New("the credential is not valid")
	// ErrWrong: there is no such user with such a password. Which of the two is wrong nobody is told.
	ErrWrong = errors.New("wrong name or password")
	// ErrLastAdmin: without the user nobody could say who may do what.
	ErrLastAdmin = errors.New("the last admin who is not disabled")
)

// Invalid says what is wrong with a name, a role or a password that was given.
type Invalid struct{ Field, Message string }

// Error tells both.
func (e *Invalid) Error() string { return e.Field + ": " + e.Message }

var userName = regexp.MustCompile(`^[a-z0-9][a-z0-9._@-]{0,63}$`)

// CheckName gives a user's name as it is kept; case does not matter.
func CheckName(name string) (string, error) {
	kept := strings.ToLower(strings.TrimSpace(name))
	if !userName.MatchString(kept) {
		return "", &Invalid{"name", "want 1 to 64 of a-z, 0-9, '.', '_', '-' and '@', a letter or digit first"}
	}
	return kept, nil
}

// hashed is what is kept of a secret that was chosen by chance.
func hashed(secret string) string {
	sum := sha256.Sum256([]byte(secret))
	return hex.EncodeToString(sum[:])
}

// SignIn begins a session for who knows a password, from an address. The error is ErrWrong, *TooMany, ErrBusy, or the store's. known is the
// user's name when there is one of that name, also with a wrong password: for the record, not for who asks.
func (g *Gate) SignIn(ctx context.Context, name, password string, from netip.Addr) (token string, pass Pass, known string, err error) {
	account := strings.ToLower(strings.TrimSpace(name))
	user, err := g.verify(ctx, account, password, from)
	if user != nil {
		known = user.Name
	}
	if err != nil {
		return "", Pass{}, known, err
	}
	token, pass, err = g.open(ctx, user, g.settings.Life)
	return token, pass, known, err
}

// verify gives the user whose password it is. With ErrWrong the user is there when the name is right.
func (g *Gate) verify(ctx context.Context, account, password string, from netip.Addr) (*store.User, error) {
	if len(account) > 64 || len(password) > MaxPassword {
		return nil, ErrWrong
	}
	if err := g.throttle.begin(account, from, g.now()); err != nil {
		return nil, err
	}
	user, err := g.store.User(ctx, account)
	if err != nil && !errors.Is(err, store.ErrNotFound) {
		g.throttle.back(account, from)
		return nil, err
	}
	hash := ""
	if user != nil {
		hash = user.Password
	}
	right, err := g.hasher.check(ctx, hash, password)
	if err != nil {
		g.throttle.back(account, from)
		return nil, err
	}
	if !right || user.Disabled {
		return user, ErrWrong
	}
	g.throttle.right(account, from)
	return user, nil
}

// FirstAdmin creates the user admin when there is no user at all. A password that is empty is chosen by chance, and given back; it is told
// nowhere else. Of several gateways that begin at once one creates it: created is false for the others.
func (g *Gate) FirstAdmin(ctx context.Context, password string) (chosen string, created bool, err error) {
	users, err := g.store.Users(ctx)
	if err != nil || len(users) > 0 {
		return "", false, err
	}
	if password == "" {
		chosen = chance()
		password = chosen
	}
	if err := CheckPassword(password); err != nil {
		return "", false, &Invalid{"password", err.Error()}
	}
	hash, err := g.hasher.hash(ctx, password)
	if err != nil {
		return "", false, err
	}
	err = g.store.ChangeUsers(ctx, func(users *[]store.User) error {
		if len(*users) > 0 {
			return store.ErrUnchanged
		}
		*users = append(*users, store.User{Name: "admin", Role: string(Admin), Password: hash, Generation: g.now().UnixMilli(), CreatedAt: g.now(), ChangedAt: g.now()})
		return nil
	})
	if errors.Is(err, store.ErrUnchanged) {
		return "", false, nil
	}
	if err != nil {
		return "", false, fmt.Errorf("create the first admin: %w", err)
	}
	return chosen, true, nil
}

// Sweep removes sessions and answers that are over.
func (g *Gate) Sweep(ctx context.Context) error {
	_, err := g.store.Sweep(ctx, g.now().Add(-g.settings.Idle))
	return err
}
