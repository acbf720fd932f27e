package access

import (
	"context"
	"net/netip"
	"slices"
	"strings"

	"datawald/store"
)

// AddUser creates a user. The error is *Invalid, store.ErrExists, ErrBusy, or the store's.
func (g *Gate) AddUser(ctx context.Context, name string, role Role, password, by string) (*store.User, error) {
	name, err := CheckName(name)
	if err != nil {
		return nil, err
	}
	if !role.Valid() {
		return nil, &Invalid{"role", "want viewer, operator or admin"}
	}
	hash, err := g.newPassword(ctx, password)
	if err != nil {
		return nil, err
	}
	user := store.User{Name: name, Role: string(role), Password: hash, Generation: g.now().UnixMilli(), CreatedAt: g.now(), CreatedBy: by, ChangedAt: g.now()}
	err = g.store.ChangeUsers(ctx, func(users *[]store.User) error {
		if slices.ContainsFunc(*users, func(u store.User) bool { return u.Name == name }) {
			return store.ErrExists
		}
		if len(*users) >= store.MaxUsers {
			return &Invalid{"name", "there are 500 users already: remove one first"}
		}
		*users = append(*users, user)
		return nil
	})
	return &user, err
}

func (g *Gate) newPassword(ctx context.Context, password string) (hash string, err error) {
	if err := CheckPassword(password); err != nil {
		return "", &Invalid{"password", err.Error()}
	}
	return g.hasher.hash(ctx, password)
}

// UserChange is what is to become of a user; nil leaves as it is.
type UserChange struct {
	Role     *Role
	Disabled *bool
	Password *string
}

// ChangeUser changes a user, who must sign in again when it changes what he may do or his password. The error is *Invalid, store.ErrNotFound,
// ErrLastAdmin, ErrBusy, or the store's.
func (g *Gate) ChangeUser(ctx context.Context, name string, change UserChange) (*store.User, error) {
	if change.Role != nil && !change.Role.Valid() {
		return nil, &Invalid{"role", "want viewer, operator or admin"}
	}
	if change.Role != nil {
		if err := g.decidedHere(ctx, name, "role", "the user signs in by the identity provider, and has the role that his groups there say (OIDC_ROLES): change it there"); err != nil {
			return nil, err
		}
	}
	hash := ""
	if change.Password != nil {
		err := g.decidedHere(ctx, name, "password", "the user signs in by the identity provider, and has none here")
		if err != nil {
			return nil, err
		}
		if hash, err = g.newPassword(ctx, *change.Password); err != nil {
			return nil, err
		}
	}
	return g.change(ctx, name, func(u *store.User) {
		if change.Role != nil {
			u.Role = string(*change.Role)
		}
		if change.Disabled != nil {
			u.Disabled = *change.Disabled
		}
		if hash != "" {
			u.Password = hash
		}
	})
}

// change alters one user, and ends his sessions when it matters to them: first by the generation, which counts at once, then by
// deleting them.
func (g *Gate) change(ctx context.Context, name string, alter func(*store.User)) (*store.User, error) {
	var after store.User
	name, ended := strings.ToLower(name), false
	err := g.store.ChangeUsers(ctx, func(users *[]store.User) error {
		i := slices.IndexFunc(*users, func(u store.User) bool { return u.Name == name })
		if i < 0 {
			return store.ErrNotFound
		}
		before := (*users)[i]
		after = before
		alter(&after)
		if ended = after.Role != before.Role || after.Password != before.Password || after.Disabled && !before.Disabled; ended {
			after.Generation++
		}
		after.ChangedAt = g.now()
		(*users)[i] = after
		return lastAdmin(before, *users)
	})
	if err != nil {
		return nil, err
	}
	if ended {
		err = g.store.DeleteSessionsOf(ctx, name)
	}
	return &after, err
}

// lastAdmin refuses to change an admin such that none is left who gets in without the identity provider.
func lastAdmin(before store.User, users []store.User) error {
	if Role(before.Role) != Admin || before.Disabled {
		return nil
	}
	if slices.ContainsFunc(users, func(u store.User) bool { return Role(u.Role) == Admin && !u.Disabled && !Provided(u) }) {
		return nil
	}
	return ErrLastAdmin
}

// RemoveUser forgets a user. The error is store.ErrNotFound, ErrLastAdmin, or the store's.
func (g *Gate) RemoveUser(ctx context.Context, name string) error {
	name = strings.ToLower(name)
	err := g.store.ChangeUsers(ctx, func(users *[]store.User) error {
		i := slices.IndexFunc(*users, func(u store.User) bool { return u.Name == name })
		if i < 0 {
			return store.ErrNotFound
		}
		before := (*users)[i]
		*users = slices.Delete(*users, i, i+1)
		return lastAdmin(before, *users)
	})
	if err != nil {
		return err
	}
	return g.store.DeleteSessionsOf(ctx, name)
}

// ChangeOwnPassword gives a user who knows his password a new one, and a new session: all that he had are ended. The error is ErrWrong,
// *TooMany, *Invalid, ErrBusy, or the store's.
func (g *Gate) ChangeOwnPassword(ctx context.Context, name, old, password string, from netip.Addr) (token string, pass Pass, err error) {
	if err := CheckPassword(password); err != nil {
		return "", Pass{}, &Invalid{"new", err.Error()}
	}
	if _, err := g.verify(ctx, name, old, from); err != nil {
		return "", Pass{}, err
	}
	user, err := g.ChangeUser(ctx, name, UserChange{Password: &password})
	if err != nil {
		return "", Pass{}, err
	}
	return g.open(ctx, user, g.settings.Life)
}
