package access

import (
	"context"
	"errors"
	"net/netip"
	"net/url"
	"slices"
	"strings"
	"time"

	"datawald/store"
)

// Identity is who somebody is by the word of the provider.
type Identity struct {
	// Subject is what the provider never gives to anybody else, with the provider's own name before it. A name may change hands.
	Subject string
	Name    string
	Role    Role
}

// claims are what an ID token says of somebody.
type claims map[string]any

// at gives the claim of a name. One that is not there may be inside another: a.b is b within a.
func (c claims) at(name string) any {
	if v, told := c[name]; told {
		return v
	}
	outer, inner, nested := strings.Cut(name, ".")
	if within, ok := c[outer].(map[string]any); nested && ok {
		return claims(within).at(inner)
	}
	return nil
}

// texts are the texts of a claim: one, or a list of them.
func (c claims) texts(name string) (all []string) {
	switch v := c.at(name).(type) {
	case string:
		return []string{v}
	case []any:
		for _, one := range v {
			if text, ok := one.(string); ok {
				all = append(all, text)
			}
		}
	}
	return all
}

// identify says who a token is about. With NoRole the name is there, for the record.
func (s ProviderSettings) identify(issuer, subject string, c claims) (*Identity, error) {
	told, _ := c.at(s.NameClaim).(string)
	name, err := CheckName(told)
	if verified, said := c["email_verified"]; s.NameClaim == "email" && said && verified != true && verified != "true" {
		err = errors.New("the address was never verified")
	}
	if err != nil {
		return nil, refuse(NoName, err)
	}
	id := &Identity{Subject: issuer + " " + subject, Name: name, Role: s.role(c.texts(s.RoleClaim))}
	if id.Role == Anyone {
		return id, refuse(NoRole, nil)
	}
	return id, nil
}

// role is the highest of those that somebody's groups have.
func (s ProviderSettings) role(groups []string) (highest Role) {
	for group, role := range s.Roles {
		if (group == "*" || slices.Contains(groups, group)) && role.Allows(highest) {
			highest = role
		}
	}
	return highest
}

// atProvider stands in the throttle for all who come back from the provider. It can be no user's name.
const atProvider = "(provider)"

// SignInProvided begins a session for who comes back from the provider, from an address. kept is what Begin gave to the browser; life bounds the session. next
// is where he wanted to go, known his name when the provider told it, also of one who is not let in. The error is *Refused, or the store's.
func (g *Gate) SignInProvided(ctx context.Context, p *Provider, kept string, answer url.Values, life time.Duration, from netip.Addr) (token string, pass Pass, next, known string, err error) {
	f, err := p.returned(kept, answer)
	if err != nil {
		return "", Pass{}, "/", "", err
	}
	if err := g.throttle.begin(atProvider, from, g.now()); err != nil {
		return "", Pass{}, f.Next, "", refuse(Throttled, err)
	}
	id, err := p.identity(ctx, f, answer)
	if id != nil {
		known = id.Name
	}
	switch refused, ok := errors.AsType[*Refused](err); {
	case ok && refused.Why == Untrusted: // it may have been made up: it counts
		return "", Pass{}, f.Next, known, err
	case err != nil:
		g.throttle.back(atProvider, from)
		return "", Pass{}, f.Next, known, err
	}
	g.throttle.right(atProvider, from)
	user, err := g.provided(ctx, *id)
	if err != nil {
		return "", Pass{}, f.Next, known, err
	}
	token, pass, err = g.open(ctx, user, min(life, g.settings.Life))
	return token, pass, f.Next, user.Name, err
}

// provided gives the user of an identity, whom the provider has made sure of: the one that it had before, with the role that it has now, or a new
// one. What he did before under another name stays his. Nobody gets the name of somebody else.
func (g *Gate) provided(ctx context.Context, id Identity) (*store.User, error) {
	var user store.User
	changed := false
	err := g.store.ChangeUsers(ctx, func(users *[]store.User) error {
		changed = false
		if i := slices.IndexFunc(*users, func(u store.User) bool { return u.Subject == id.Subject }); i >= 0 {
			user = (*users)[i]
			switch {
			case user.Disabled:
				return refuse(OutOfUse, nil)
			case user.Role == string(id.Role):
				return store.ErrUnchanged
			}
			// Sessions of the role before end with their generation.
			user.Role, user.ChangedAt, changed = string(id.Role), g.now(), true
			user.Generation++
			(*users)[i] = user
			return nil
		}
		if slices.ContainsFunc(*users, func(u store.User) bool { return u.Name == id.Name }) {
			return refuse(NameTaken, nil)
		}
		if len(*users) >= store.MaxUsers {
			return refuse(NoRoom, nil)
		}
		user = store.User{Name: id.Name, Role: string(id.Role), Subject: id.Subject, Generation: g.now().UnixMilli(), CreatedAt: g.now(), CreatedBy: "(identity provider)", ChangedAt: g.now()}
		*users = append(*users, user)
		return nil
	})
	if err != nil && !errors.Is(err, store.ErrUnchanged) {
		return nil, err
	}
	if changed {
		err = g.store.DeleteSessionsOf(ctx, user.Name)
		return &user, err
	}
	return &user, nil
}

// ownPasswords refuses a password for a user of the provider: it would let him in when the provider does no longer.
func (g *Gate) ownPasswords(ctx context.Context, name string) error {
	user, err := g.store.User(ctx, strings.ToLower(name))
	if err == nil && user.Subject != "" {
		return &Invalid{"password", "the user signs in by the identity provider, and has none here"}
	}
	return nil // whether there is such a user is found out when he is changed
}
