// Package access says who may do what: users with passwords and sessions, API keys, roles, and the throttle of those who guess.
// It knows no route: the gateway's API and its pages ask it.
package access

import (
	"context"
	"slices"
)

// Role is what somebody may do. Each role may do all that those before it may.
type Role string

// The roles: a viewer sees orders without personal data, an operator acts on orders, an admin decides who may do what.
// Anyone is no role: what needs it needs no credential.
const (
	Anyone   Role = ""
	Viewer   Role = "viewer"
	Operator Role = "operator"
	Admin    Role = "admin"
)

// Roles lists the roles, the least first.
func Roles() []Role { return []Role{Viewer, Operator, Admin} }

// Valid reports whether r is one of Roles.
func (r Role) Valid() bool { return slices.Contains(Roles(), r) }

// Allows reports whether r is need or more. A role that is not known allows nothing that needs one.
func (r Role) Allows(need Role) bool {
	if need == Anyone {
		return true
	}
	have, want := slices.Index(Roles(), r), slices.Index(Roles(), need)
	return want >= 0 && have >= want
}

// Kind is how somebody has shown who he is.
type Kind string

// A User has a session, a Key is sent with each request, a Program is a part of DataWald itself.
const (
	User    Kind = "user"
	Key     Kind = "key"
	Program Kind = "program"
)

// Actor is who asks for something.
type Actor struct {
	// Name is that of the user or of the key.
	Name string
	Role Role
	Kind Kind
	// KeyID is that of the key; empty for all others.
	KeyID string
}

// String names the actor in timelines and audit entries: a key cannot be taken for a user of its name.
func (a Actor) String() string {
	if a.Kind == Key {
		return "key:" + a.Name
	}
	return a.Name
}

type actorKey struct{}

// With gives a context in which the actor asks. Only code of this process can do so: whoever uses it has checked the credential.
func With(ctx context.Context, a Actor) context.Context { return context.WithValue(ctx, actorKey{}, a) }

// From gives the actor of a context, false when nobody has shown who he is.
func From(ctx context.Context) (Actor, bool) {
	a, ok := ctx.Value(actorKey{}).(Actor)
	return a, ok
}
