package access_test

import (
	"errors"
	"testing"
	"time"

	"datawald/gateway/access"
	"datawald/store"
)

// Anybody can enter the boss's address at the provider: a role follows from one only where the provider says that it was verified.
//
// Fails without: verified in identify (each of the first is admin); its look at what is not told; ".email" in verified; "beside it", for the outer email_verified; the
// look at whether there is such a claim (he who has no address is not let in); turnedAway's ended for those who are unverified.
func TestProvided_HasNoRoleByAnAddressThatNobodyVerified(t *testing.T) {
	c := newCompany(t)
	boss := func(verified any, more map[string]any) map[string]any {
		claims := map[string]any{"preferred_username": "mallory", "email": "boss@example.com", "email_verified": verified}
		for name, value := range more {
			claims[name] = value
		}
		return claims
	}
	byAddress := func(claim string) {
		c.knows(func(s *access.ProviderSettings) {
			s.RoleClaim, s.Roles = claim, map[string]access.Role{"boss@example.com": access.Admin, "*": access.Viewer}
		})
	}
	byAddress("email")
	for what, claims := range map[string]map[string]any{
		"not verified": boss(false, nil), "not verified, in words": boss("false", nil), "not told": boss(nil, nil), "told otherwise": boss(1, nil),
		"in a list": boss(false, map[string]any{"email": []string{"boss@example.com"}}),
	} {
		c.provider.Is("1", claims)
		c.refused(what, c.goes("/"), access.Unverified)
	}
	var token string
	for _, sure := range []any{true, "true"} {
		var pass access.Pass
		c.provider.Is("1", boss(sure, nil))
		if token, pass = c.enters(); pass.Actor.Role != access.Admin {
			t.Errorf("verified by %v: %+v", sure, pass.Actor)
		}
	}
	c.provider.Is("1", boss(false, nil))
	c.refused("no longer", c.goes("/"), access.Unverified)
	c.session(token, access.ErrCredential)
	c.provider.Is("2", map[string]any{"preferred_username": "nina"})
	if _, pass := c.enters(); pass.Actor.Role != access.Viewer {
		t.Errorf("who has no address is %+v", pass.Actor)
	}
	byAddress("user.email")
	inner := map[string]any{"email": "boss@example.com", "email_verified": false}
	c.provider.Is("3", boss(true, map[string]any{"preferred_username": "otto", "user": inner}))
	c.refused("another address is verified", c.goes("/"), access.Unverified)
	inner["email_verified"] = true
	c.provider.Is("3", boss(false, map[string]any{"preferred_username": "otto", "user": inner}))
	if _, pass := c.enters(); pass.Actor.Role != access.Admin {
		t.Errorf("the one within is verified: %+v", pass.Actor)
	}
}

// No right follows from a name: an address of which the provider does not say whether it was verified will do, one of which it says that it was not does not.
//
// Fails without: said in name; the suffix in verified.
func TestProvided_HasNoNameThatIsAnAddressNobodyVerified(t *testing.T) {
	c := newCompany(t)
	c.knows(func(s *access.ProviderSettings) { s.NameClaim = "user.email" })
	user := map[string]any{"email": "dora@example.com", "email_verified": false}
	claims := map[string]any{"user": user, "groups": []string{"staff"}}
	c.provider.Is("1", claims)
	c.refused("not verified", c.goes("/"), access.Unverified)
	delete(user, "email_verified")
	c.provider.Is("1", claims)
	if _, pass := c.enters(); pass.Actor.Name != "dora@example.com" {
		t.Errorf("not told: %+v", pass.Actor)
	}
}

// Who is known keeps the name that he has here, whatever the provider calls him now: he comes in, and he loses what he may no longer do.
//
// Fails without: unnamed being asked where nobody is found alone; the role before the name in identify (his session goes on); the user's name in turnedAway, and
// beside OutOfUse.
func TestProvided_WhomTheProviderGivesANameOfNoUse(t *testing.T) {
	c := newCompany(t)
	c.enters()
	for _, name := range []any{"Anna Müller", nil, "x@" + string(make([]byte, 65))} {
		c.provider.Is("1", map[string]any{"preferred_username": name, "groups": []string{"datawald-ops"}})
		token, pass := c.enters()
		if pass.Actor != (access.Actor{Name: "anna", Role: access.Operator, Kind: access.User}) {
			t.Errorf("called %q she is %+v", name, pass.Actor)
		}
		c.provider.Is("1", map[string]any{"preferred_username": name, "groups": []string{"sales"}})
		c.isTurnedAway(access.NoRole, "anna")
		c.session(token, access.ErrCredential)
		if _, err := c.db.Session(t.Context(), access.Hashed(token)); !errors.Is(err, store.ErrNotFound) {
			t.Errorf("called %q she keeps the session of an operator: %v", name, err)
		}
	}
	yes := true
	if _, err := c.ChangeUser(t.Context(), "anna", access.UserChange{Disabled: &yes}); err != nil {
		t.Fatal(err)
	}
	c.provider.Is("1", map[string]any{"groups": []string{"staff"}})
	c.isTurnedAway(access.OutOfUse, "anna")
	c.provider.Is("2", map[string]any{"preferred_username": "bert", "groups": []string{"sales"}})
	c.isTurnedAway(access.NoRole, "bert")
	c.provider.Is("2", map[string]any{"preferred_username": "Bert Müller", "groups": []string{"staff"}})
	c.isTurnedAway(access.NoName, "")
}

// isTurnedAway checks why somebody is not let in, and by which name that is written down.
func (c *company) isTurnedAway(why access.Refusal, known string) {
	c.t.Helper()
	v := c.goes("/")
	_, _, _, name, err := c.SignInProvided(c.t.Context(), c.client, v.kept, v.answer, time.Hour, home)
	if refused, ok := errors.AsType[*access.Refused](err); !ok || refused.Why != why || name != known {
		c.t.Errorf("%q is turned away, %v; want %q, %s", name, err, known, why)
	}
}
