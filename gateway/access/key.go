package access

import (
	"context"
	"crypto/subtle"
	"errors"
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

// maxKeyName is the longest name of a key.
const maxKeyName = 64

// AddKey makes a key and gives it; it cannot be given again. expires is zero for never.
func (g *Gate) AddKey(ctx context.Context, name string, role Role, by string, expires time.Time) (key string, stored store.Key, err error) {
	key = "dw_" + chance()[:12] + "_" + chance()
	stored, err = g.addKey(ctx, key, name, role, by, expires)
	return key, stored, err
}

// KeepKey stores a key that was chosen elsewhere, unless it is there already, or was and is revoked: then nothing changes.
func (g *Gate) KeepKey(ctx context.Context, key, name string, role Role) error {
	_, err := g.addKey(ctx, key, name, role, "settings", time.Time{})
	if errors.Is(err, store.ErrExists) {
		return nil
	}
	return err
}

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
	right := subtle.ConstantTimeCompare([]byte(hashed(secret)), []byte(k.Hash)) == 1
	if !right || k.RevokedAt != nil || k.ExpiresAt != nil && !now.Before(*k.ExpiresAt) {
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
