package access

import (
	"cmp"
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
	// Name is empty where the provider's cannot be used; unnamed says why.
	Name    string
	Role    Role
	unnamed *Refused
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

// verified reports whether the provider has made sure of a claim. An e-mail address is what people enter themselves: whether it was verified is told beside it. told
// is false where it is not.
func (c claims) verified(name string) (sure, told bool) {
	if name != "email" && !strings.HasSuffix(name, ".email") {
		return true, true
	}
	v := c.at(name + "_verified")
	return v == true || v == "true", v != nil
}

// identify says who a token is about: also with an error, for the record. The name matters last: who is known here keeps the one that he has.
func (s ProviderSettings) identify(issuer, subject string, c claims) (*Identity, error) {
	id := &Identity{Subject: issuer + " " + subject}
	id.Name, id.unnamed = s.name(c)
	if sure, _ := c.verified(s.RoleClaim); !sure && c.at(s.RoleClaim) != nil {
		return id, refuse(Unverified, errors.New("the role would follow from an address that nobody verified"))
	}
	if id.Role = s.role(c.texts(s.RoleClaim)); id.Role == Anyone {
		return id, refuse(NoRole, nil)
	}
	return id, nil
}

// name is the one that a token gives. No right follows from it, so that an address will do of which the provider does not tell whether it was verified.
func (s ProviderSettings) name(c claims) (string, *Refused) {
	told, _ := c.at(s.NameClaim).(string)
	name, err := CheckName(told)
	if err != nil {
		return "", refuse(NoName, err)
	}
	if sure, said := c.verified(s.NameClaim); said && !sure {
		return "", refuse(Unverified, errors.New("the name would be an address that nobody verified"))
	}
	return name, nil
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

// SignInProvided begins a session for who comes back from the provider, from an address. kept is what Begin gave to the browser; life bounds the session. next
// is where he wanted to go, known his name when the provider told it, also of one who is not let in. The error is *Refused, or the store's.
func (g *Gate) SignInProvided(ctx context.Context, p *Provider, kept string, answer url.Values, life time.Duration, from netip.Addr) (token string, pass Pass, next, known string, err error) {
	f, err := p.returned(kept, answer)
	if err != nil {
		return "", Pass{}, "/", "", err
	}
	if err := g.throttle.provided(from, g.now()); err != nil {
		return "", Pass{}, f.Next, "", refuse(Throttled, err)
	}
	id, err := p.identity(ctx, f, answer)
	if err != nil {
		known, err = g.turnedAway(ctx, id, err, from)
		return "", Pass{}, f.Next, known, err
	}
	user, err := g.provided(ctx, *id)
	if err != nil {
		return "", Pass{}, f.Next, cmp.Or(user.Name, id.Name), err
	}
	token, pass, err = g.open(ctx, user, min(life, g.settings.Life))
	return token, pass, f.Next, user.Name, err
}

// turnedAway is for who comes back and is not let in, and why. It gives his name for the record, when the provider knows him: the one that he has here, if any.
func (g *Gate) turnedAway(ctx context.Context, id *Identity, why error, from netip.Addr) (known string, err error) {
	if id != nil { // he has no role: what he had before ends as well
		known, err = g.ended(ctx, id.Subject)
		return cmp.Or(known, id.Name), cmp.Or(err, why)
	}
	if refused, ok := errors.AsType[*Refused](why); ok && refused.Why == Untrusted { // it may have been made up: it counts
		g.throttle.untrusted(from, g.now())
	}
	return "", why
}

// provided gives the user of an identity, whom the provider has made sure of: the one that it had before, with the role that it has now, or a new
// one. What he did before under another name stays his. Nobody gets the name of somebody else. With an
// error the user is there for his name, which is empty when he is not known here.
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
		if id.unnamed != nil {
			return id.unnamed
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
		return &user, err
	}
	if changed {
		err = g.store.DeleteSessionsOf(ctx, user.Name)
		return &user, err
	}
	return &user, nil
}

// Provided reports whether a user comes in by the identity provider. He has no password; his subject is lost when a release that does not know it writes the users.
func Provided(u store.User) bool { return u.Password == "" }

// decidedHere refuses to change what the provider alone decides of a user: a role would be undone at his next sign-in, a password would let him in when the
// provider does no longer.
func (g *Gate) decidedHere(ctx context.Context, name, field, why string) error {
	user, err := g.store.User(ctx, strings.ToLower(name))
	if err == nil && Provided(*user) {
		return &Invalid{field, why}
	}
	return nil // whether there is such a user is found out when he is changed
}

// ended ends the sessions of who is known by a subject and has no role any longer: first by the generation, which counts at once. name is his. Without a session nothing is
// written: he may try as often as he likes.
func (g *Gate) ended(ctx context.Context, subject string) (name string, err error) {
	users, err := g.store.Users(ctx)
	if err != nil {
		return "", err
	}
	i := slices.IndexFunc(users, func(u store.User) bool { return u.Subject == subject })
	if i < 0 {
		return "", nil
	}
	name = users[i].Name
	if has, err := g.store.HasSession(ctx, name); err != nil || !has {
		return name, err
	}
	err = g.store.ChangeUsers(ctx, func(users *[]store.User) error {
		i := slices.IndexFunc(*users, func(u store.User) bool { return u.Subject == subject })
		if i < 0 {
			return store.ErrUnchanged // he was removed meanwhile
		}
		(*users)[i].Generation++
		return nil
	})
	if err != nil && !errors.Is(err, store.ErrUnchanged) {
		return name, err
	}
	return name, g.store.DeleteSessionsOf(ctx, name)
}
