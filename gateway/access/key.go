package access

import (
	"context"
	"crypto/subtle"
	"errors"
	"fmt"
	"regexp"
	"strings"
	"time"

	"datawald/store"
)

// keyForm is dw_<id>_<secret>: the id finds the key, and may be shown; the secret proves it.
var keyForm = regexp.MustCompile(`^dw_([a-z0-9]{1,32})_([a-z0-9]{20,128})$`)

// ParseKey takes a key apart.
func ParseKey(key string) (id, secret string, ok bool) {
	m := keyForm.FindStringSubmatch(key)
	if m == nil {
		return "", "", false
	}
	return m[1], m[2], true
}

var keyID = regexp.MustCompile(`^[a-z0-9]{1,32}$`)

// CheckKeyID refuses what cannot be the public part of a key, such as a whole key: its secret must not get into lists and logs.
func CheckKeyID(id string) error {
	if !keyID.MatchString(id) {
		return &Invalid{"id", "want the public part of the key, the text between dw_ and the next _"}
	}
	return nil
}

// maxKeyName is the longest name of a key.
const maxKeyName = 64

// MaxKeys is about how many keys may be valid at once: each is a way in, and all of them are listed on one page.
const MaxKeys = 200

// ErrTooManyKeys says that there are so many.
var ErrTooManyKeys = fmt.Errorf("there are %d API keys already: revoke those that nobody uses", MaxKeys)

// AddKey makes a key and gives it; it cannot be given again. expires is zero for never. The error is *Invalid, ErrTooManyKeys, or the store's.
func (g *Gate) AddKey(ctx context.Context, name string, role Role, by string, expires time.Time) (key string, stored store.Key, err error) {
	valid, err := g.store.CountKeys(ctx)
	if err != nil {
		return "", store.Key{}, err
	}
	if valid >= MaxKeys {
		return "", store.Key{}, ErrTooManyKeys
	}
	key = "dw_" + chance()[:12] + "_" + chance()
	stored, err = g.addKey(ctx, key, name, role, by, expires)
	return key, stored, err
}

// KeepKey stores a key that was chosen elsewhere, unless it is there already. One that does not get in, or not as what is asked for, is an *Unkept:
// nothing changes then, and whoever set it learns of it.
func (g *Gate) KeepKey(ctx context.Context, key, name string, role Role) error {
	_, err := g.addKey(ctx, key, name, role, store.FromSettings, time.Time{})
	if !errors.Is(err, store.ErrExists) {
		return err
	}
	id, secret, _ := ParseKey(key) // it was taken apart before
	k, err := g.store.Key(ctx, id)
	switch {
	case err != nil:
		return err
	case !rightSecret(k, secret):
		return &Unkept{id, "is there with another secret, which stays valid. Revoke it (starter key revoke " + id + ") and set a key with another id"}
	case k.RevokedAt != nil:
		return &Unkept{id, "was revoked, and stays so. Set a key with another id, or none"}
	case over(k, g.now()):
		return &Unkept{id, "has expired. Set a key with another id, or none"}
	case Role(k.Role) != role:
		return &Unkept{id, "is there with the role " + k.Role + ", not " + string(role) + ". Set a key with another id, and revoke this one (starter key revoke " + id + ")"}
	}
	return nil
}

// Unkept says why a key that was set does not get in, and what to do.
type Unkept struct{ ID, Why string }

// Error tells both.
func (e *Unkept) Error() string { return "the key " + e.ID + " " + e.Why }

func rightSecret(k *store.Key, secret string) bool {
	return subtle.ConstantTimeCompare([]byte(hashed(secret)), []byte(k.Hash)) == 1
}

// over reports whether a key ended by itself.
func over(k *store.Key, now time.Time) bool { return k.ExpiresAt != nil && !now.Before(*k.ExpiresAt) }

func (g *Gate) addKey(ctx context.Context, key, name string, role Role, by string, expires time.Time) (store.Key, error) {
	id, secret, ok := ParseKey(key)
	name = strings.TrimSpace(name)
	switch {
	case !ok:
		return store.Key{}, &Invalid{"key", "want dw_<id>_<secret> of a-z and 0-9, the secret of 20 characters or more"}
	case name == "" || len(name) > maxKeyName || strings.ContainsFunc(name, func(r rune) bool { return r < ' ' || r == 0x7f }):
		return store.Key{}, &Invalid{"name", "want 1 to 64 characters that say what the key is for"}
	case !role.Valid():
		return store.Key{}, &Invalid{"role", "want viewer, operator or admin"}
	case !expires.IsZero() && !expires.After(g.now()):
		return store.Key{}, &Invalid{"expires_at", "lies in the past"}
	}
	k := store.Key{ID: id, Name: name, Role: string(role), Hash: hashed(secret), CreatedAt: g.now(), CreatedBy: by}
	if !expires.IsZero() {
		expires = expires.UTC().Truncate(time.Millisecond)
		k.ExpiresAt = &expires
	}
	return k, g.store.AddKey(ctx, k)
}

// Key gives whose key it is. The error is ErrCredential for one that is not known, revoked or expired.
func (g *Gate) Key(ctx context.Context, key string) (Pass, error) {
	id, secret, ok := ParseKey(key)
	if !ok {
		return Pass{}, ErrCredential
	}
	k, err := g.store.Key(ctx, id)
	if errors.Is(err, store.ErrNotFound) {
		return Pass{}, ErrCredential
	}
	if err != nil {
		return Pass{}, err
	}
	now := g.now()
	if !rightSecret(k, secret) || k.RevokedAt != nil || over(k, now) {
		return Pass{}, ErrCredential
	}
	if k.UsedAt == nil || now.Sub(*k.UsedAt) >= noteUse {
		_ = g.store.TouchKey(ctx, id) // the request goes on; the next one notes it
	}
	pass := Pass{Actor: Actor{Name: k.Name, Role: Role(k.Role), Kind: Key, KeyID: id}}
	if k.ExpiresAt != nil {
		pass.EndsAt = *k.ExpiresAt
	}
	return pass, nil
}
