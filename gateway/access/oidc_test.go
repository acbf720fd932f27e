package access_test

import (
	"encoding/base64"
	"errors"
	"maps"
	"net/http"
	"net/netip"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"

	"datawald/gateway/access"
	"datawald/sandbox/testkit/identity"
	"datawald/store"
)

const callback = "https://datawald.example.com/api/oidc/callback"

// company is a desk whose people come in by an identity provider.
type company struct {
	*desk
	provider *identity.Provider
	client   *access.Provider
}

func newCompany(t *testing.T) *company {
	t.Helper()
	c := &company{desk: newDesk(t), provider: identity.New(t)}
	c.knows(func(*access.ProviderSettings) {})
	c.provider.Is("1", anna("datawald-ops"))
	return c
}

// knows makes the gateway's side of the provider anew.
func (c *company) knows(change func(*access.ProviderSettings)) {
	c.t.Helper()
	s := access.ProviderSettings{Issuer: c.provider.URL, ClientID: identity.ClientID, ClientSecret: identity.ClientSecret, Callback: callback,
		Scopes: []string{"profile"}, NameClaim: "preferred_username", RoleClaim: "groups",
		Roles: map[string]access.Role{"datawald-ops": access.Operator, "datawald-admin": access.Admin, "staff": access.Viewer}}
	change(&s)
	var err error
	if c.client, err = access.NewProvider(s); err != nil {
		c.t.Fatal(err)
	}
}

func anna(groups ...string) map[string]any {
	return map[string]any{"preferred_username": "Anna", "groups": groups}
}

// visit is a browser on its way: what it keeps, and what the provider sent it back with.
type visit struct {
	kept   string
	answer url.Values
}

// goes to the provider and back.
func (c *company) goes(next string) visit {
	c.t.Helper()
	address, kept, err := c.client.Begin(c.t.Context(), next)
	if err != nil {
		c.t.Fatal(err)
	}
	res, err := (&http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}).Get(address)
	if err != nil {
		c.t.Fatal(err)
	}
	res.Body.Close()
	at, err := res.Location()
	if err != nil || !strings.HasPrefix(at.String(), callback) {
		c.t.Fatalf("the provider answers %d, %v, %v", res.StatusCode, at, err)
	}
	return visit{kept, at.Query()}
}

// comes back with it, from an address.
func (c *company) comes(v visit, from netip.Addr) (token string, pass access.Pass, next string, err error) {
	token, pass, next, _, err = c.SignInProvided(c.t.Context(), c.client, v.kept, v.answer, time.Hour, from)
	return token, pass, next, err
}

// enters signs in as who sits before the browser.
func (c *company) enters() (string, access.Pass) {
	c.t.Helper()
	token, pass, _, err := c.comes(c.goes("/"), home)
	if err != nil {
		c.t.Fatal(err)
	}
	return token, pass
}

// refused checks that somebody who comes back is not let in, and why.
func (c *company) refused(what string, v visit, want access.Refusal) {
	c.t.Helper()
	token, pass, _, err := c.comes(v, home)
	refused, ok := errors.AsType[*access.Refused](err)
	if !ok || refused.Why != want || token != "" || pass.Actor != (access.Actor{}) {
		c.t.Errorf("%s: token %q, %+v, %v; want it refused as %s", what, token, pass.Actor, err, want)
		return
	}
	if strings.Contains(err.Error(), identity.ClientSecret) || strings.Contains(err.Error(), v.answer.Get("code")) && v.answer.Get("code") != "" {
		c.t.Errorf("%s: a secret is in %q", what, err)
	}
}

func TestProvided_ComesInWithNameRoleAndASessionThatEnds(t *testing.T) {
	c := newCompany(t)
	token, pass, next, err := c.comes(c.goes("/orders?state=held"), home)
	if err != nil || next != "/orders?state=held" || pass.Actor != (access.Actor{Name: "anna", Role: access.Operator, Kind: access.User}) || pass.CSRF == "" {
		t.Fatalf("%+v to %s, %v", pass, next, err)
	}
	if got := c.session(token, nil); got.Actor != pass.Actor || !got.EndsAt.Equal(c.clock.Add(time.Hour)) {
		t.Errorf("the session is of %+v and ends at %s", got.Actor, got.EndsAt)
	}
	c.clock = c.clock.Add(time.Hour)
	c.session(token, access.ErrCredential) // fails without: life in SignInProvided
	if _, _, _, err := c.SignIn(t.Context(), "anna", "", away); !errors.Is(err, access.ErrWrong) {
		t.Errorf("without a password: %v", err)
	}
	if asked := c.provider.Asked("/.well-known/openid-configuration"); asked != 1 {
		t.Errorf("what there is was asked for %d times", asked)
	}
	c.goes("https://evil.example/")
	if _, _, next, _ := c.comes(c.goes("//evil.example"), home); next != "/" { // fails without: OwnPath in Begin
		t.Errorf("it leads to %s", next)
	}
}

// Fails without, one by one: the comparison of the nonce; Now, ClientID and the check of signatures of the verifier (with SkipExpiryCheck, SkipClientIDCheck,
// InsecureSkipSignatureCheck); the look at azp; at the subject.
func TestProvided_TakesTokensOfThisSignInAlone(t *testing.T) {
	c := newCompany(t)
	none := func(payload []byte) string {
		b := base64.RawURLEncoding
		return b.EncodeToString([]byte(`{"alg":"none"}`)) + "." + b.EncodeToString(payload) + "."
	}
	bySecret := func(payload []byte) string {
		signer, err := jose.NewSigner(jose.SigningKey{Algorithm: jose.HS256, Key: []byte(identity.ClientSecret + identity.ClientSecret)}, nil)
		if err != nil {
			panic(err)
		}
		signed, err := signer.Sign(payload)
		if err != nil {
			panic(err)
		}
		text, _ := signed.CompactSerialize() // it was just signed
		return text
	}
	set := func(name string, value any) identity.Broken {
		return identity.Broken{Alter: func(claims map[string]any) { claims[name] = value }}
	}
	away := 0
	for what, broken := range map[string]identity.Broken{
		"nonce of another": set("nonce", "x"), "no nonce": set("nonce", nil), "expired": set("exp", time.Now().Add(-time.Second).Unix()), "no expiry": set("exp", nil),
		"for another program": set("aud", "shop"), "made for another program": set("azp", "shop"), "of another provider": set("iss", "https://evil.example"), "no subject": set("sub", ""),
		"alg none": {Sign: none}, "signed with the client's secret": {Sign: bySecret}, "no token": {Sign: func([]byte) string { return "" }},
	} {
		c.provider.Break(broken)
		away++
		token, pass, _, err := c.comes(c.goes("/"), netip.AddrFrom4([4]byte{192, 0, 2, byte(away)}))
		if refused, ok := errors.AsType[*access.Refused](err); !ok || refused.Why != access.Untrusted || token != "" {
			t.Errorf("%s: %+v, %v", what, pass.Actor, err)
		}
	}
	c.provider.Break(identity.Broken{})
	c.provider.Rotate(false)
	c.refused("a key that the provider does not show", c.goes("/"), access.Untrusted)
	c.provider.Rotate(true)
	c.enters() // a new key is fetched by itself
	c.provider.Rotate(true)
	c.enters()
	users, err := c.db.Users(t.Context())
	if err != nil || len(users) != 2 {
		t.Errorf("%d users, %v", len(users), err)
	}
}

// Fails without, one by one: the look at state; at EndsAt; at first; the seal, with another secret.
func TestProvided_FinishesWhatWasBegunHereLatelyAndOnce(t *testing.T) {
	c := newCompany(t)
	wrong := c.goes("/")
	wrong.answer.Set("state", "x")
	c.refused("another state", wrong, access.Expired)
	mine, others := c.goes("/"), c.goes("/")
	c.refused("another's answer", visit{mine.kept, others.answer}, access.Expired)
	c.refused("nothing kept", visit{"", others.answer}, access.Expired)
	c.refused("kept in part", visit{mine.kept[:len(mine.kept)-4], mine.answer}, access.Expired)
	late := c.goes("/")
	begun := time.Now()
	c.client.SetClock(func() time.Time { return begun.Add(access.FlowLife + time.Second) })
	c.refused("late", late, access.Expired)
	c.client.SetClock(time.Now)
	before := c.goes("/")
	c.knows(func(s *access.ProviderSettings) { s.ClientSecret = strings.ToUpper(identity.ClientSecret) })
	c.refused("sealed by another", before, access.Expired)
	c.knows(func(*access.ProviderSettings) {})

	c.provider.Break(identity.Broken{Lenient: true})
	once := c.goes("/")
	if _, _, _, err := c.comes(once, home); err != nil {
		t.Fatal(err)
	}
	c.refused("twice, where the provider takes the code again", once, access.Expired)
}

// The provider takes a code once, and of who began alone: the gateway says so, and lets nobody in.
//
// Fails without: the verifier in Exchange (the provider refuses every code).
func TestProvided_IsRefusedACodeThatIsNoneOfHis(t *testing.T) {
	c := newCompany(t)
	first, second := c.goes("/"), c.goes("/")
	stolen := visit{second.kept, url.Values{"state": second.answer["state"], "code": first.answer["code"]}}
	c.refused("a code of another sign-in", stolen, access.Untrusted)
	used := c.goes("/")
	c.enters()
	again := c.goes("/")
	if _, _, _, err := c.comes(used, home); err != nil {
		t.Fatal(err)
	}
	c.refused("a code that was used", visit{again.kept, url.Values{"state": again.answer["state"], "code": used.answer["code"]}}, access.Untrusted)
	c.provider.Break(identity.Broken{Deny: "access_denied"})
	c.refused("no code", c.goes("/"), access.Denied)
	c.provider.Break(identity.Broken{})
	c.knows(func(s *access.ProviderSettings) { s.ClientSecret = "another secret 0123456789" })
	c.refused("a client that the provider does not know", c.goes("/"), access.Untrusted)
}

// Fails without: the look at Anyone in identify; role.Allows in role; nested in at; verified in name.
func TestProvided_HasTheHighestRoleOfHisGroupsOrNone(t *testing.T) {
	c := newCompany(t)
	for i, tc := range []struct {
		groups any
		want   access.Role
	}{
		{[]string{"staff", "datawald-admin", "datawald-ops"}, access.Admin}, {[]string{"staff"}, access.Viewer}, {"datawald-ops", access.Operator}, {[]any{1, "staff"}, access.Viewer},
		{[]string{"sales"}, ""}, {nil, ""}, {[]string{}, ""}, {[]string{"*"}, ""}, {map[string]any{"staff": true}, ""}, {[]string{"STAFF"}, ""},
	} {
		c.provider.Is("2", map[string]any{"preferred_username": "bert", "groups": tc.groups})
		if tc.want == "" {
			c.refused("groups "+string(rune('0'+i)), c.goes("/"), access.NoRole)
		} else if _, pass := c.enters(); pass.Actor.Role != tc.want {
			t.Errorf("%v: %s, want %s", tc.groups, pass.Actor.Role, tc.want)
		}
	}
	c.knows(func(s *access.ProviderSettings) { s.Roles["*"] = access.Viewer })
	c.provider.Is("3", map[string]any{"preferred_username": "cleo"})
	if _, pass := c.enters(); pass.Actor.Role != access.Viewer {
		t.Errorf("everybody is %s", pass.Actor.Role)
	}
	c.knows(func(s *access.ProviderSettings) { s.RoleClaim, s.NameClaim = "realm_access.roles", "email" })
	inner := map[string]any{"email": "dora@example.com", "email_verified": true, "realm_access": map[string]any{"roles": []string{"datawald-admin"}}}
	c.provider.Is("4", inner)
	if _, pass := c.enters(); pass.Actor.Role != access.Admin || pass.Actor.Name != "dora@example.com" {
		t.Errorf("%+v", pass.Actor)
	}
	unsure := maps.Clone(inner)
	unsure["email_verified"] = false
	c.provider.Is("5", unsure)
	c.refused("an address that nobody verified", c.goes("/"), access.Unverified)
	for _, name := range []any{"", "Dora Müller", "(nobody)", nil, 7, strings.Repeat("x", 65)} {
		c.provider.Is("6", map[string]any{"email": name, "realm_access": inner["realm_access"]})
		c.refused("no name", c.goes("/"), access.NoName)
	}
}

// Fails without: Generation++ in provided and in ended, one by one with DeleteSessionsOf; user.Role in provided; ended; HasSession there.
func TestProvided_WhoseRoleHasChangedLosesTheOneBefore(t *testing.T) {
	c := newCompany(t)
	c.provider.Is("1", anna("datawald-admin"))
	before, _ := c.enters()
	same, _ := c.enters()
	c.session(before, nil)
	generation := func() int64 {
		user, err := c.db.User(t.Context(), "anna")
		if err != nil {
			t.Fatal(err)
		}
		return user.Generation
	}
	was := generation()
	c.provider.Is("1", anna("staff"))
	after, pass := c.enters()
	if generation() == was {
		t.Error("a session of the role before that nobody deleted would go on")
	}
	if pass.Actor.Role != access.Viewer {
		t.Errorf("she is %s still", pass.Actor.Role)
	}
	for _, token := range []string{before, same} {
		c.session(token, access.ErrCredential)
		if _, err := c.db.Session(t.Context(), access.Hashed(token)); !errors.Is(err, store.ErrNotFound) {
			t.Errorf("a session stays in the store: %v", err)
		}
	}
	if got := c.session(after, nil).Actor.Role; got != access.Viewer {
		t.Errorf("the session is of a %s", got)
	}
	was = generation()
	c.provider.Is("1", anna("sales"))
	c.refused("nobody's group any longer", c.goes("/"), access.NoRole)
	c.session(after, access.ErrCredential)
	if _, err := c.db.Session(t.Context(), access.Hashed(after)); !errors.Is(err, store.ErrNotFound) || generation() == was {
		t.Errorf("the session of the role that is lost stays: %v", err)
	}
	was = generation()
	c.refused("once more", c.goes("/"), access.NoRole)
	if generation() != was {
		t.Error("who has no session has the users written each time that he tries")
	}
	c.provider.Is("1", anna("staff"))
	c.enters()
}

// decidesNothingHere checks that an admin of the provider has role and password from there, and is no reason to let the last one go who has a password here.
func (c *company) decidesNothingHere(name string) {
	c.t.Helper()
	viewer, fresh := access.Viewer, "another good password"
	for field, change := range map[string]access.UserChange{"role": {Role: &viewer}, "password": {Password: &fresh}} {
		_, err := c.ChangeUser(c.t.Context(), strings.ToUpper(name), change)
		if invalid, ok := errors.AsType[*access.Invalid](err); !ok || invalid.Field != field {
			c.t.Errorf("%s is changed here: %v", field, err)
		}
	}
	if _, err := c.ChangeUser(c.t.Context(), "admin", access.UserChange{Role: &viewer}); !errors.Is(err, access.ErrLastAdmin) {
		c.t.Errorf("the last admin with a password goes: %v", err)
	}
	if err := c.RemoveUser(c.t.Context(), "admin"); !errors.Is(err, access.ErrLastAdmin) {
		c.t.Errorf("the last admin with a password is removed: %v", err)
	}
}

// Fails without: the comparison of the subject; of the name; the look at Disabled; lastAdmin's look at Provided; decidedHere, for the role and
// for the password; Password in Provided, which an older release leaves as it is.
func TestProvided_NobodyBecomesSomebodyElse(t *testing.T) {
	c := newCompany(t)
	c.enters()
	c.provider.Is("2", anna("datawald-admin"))
	c.refused("another of her name", c.goes("/"), access.NameTaken)
	c.provider.Is("1", map[string]any{"preferred_username": "admin", "groups": []string{"datawald-admin"}})
	if _, pass := c.enters(); pass.Actor.Name != "anna" {
		t.Errorf("she is %s now", pass.Actor.Name)
	}
	c.provider.Is("3", map[string]any{"preferred_username": "ADMIN", "groups": []string{"datawald-admin"}})
	c.refused("the name of a user with a password", c.goes("/"), access.NameTaken)
	c.add("bert", access.Operator)
	yes := true
	disable := func(name string) {
		if _, err := c.ChangeUser(t.Context(), name, access.UserChange{Disabled: &yes}); err != nil {
			t.Fatal(err)
		}
	}
	disable("bert")
	c.provider.Is("4", map[string]any{"preferred_username": "bert", "groups": []string{"staff"}})
	c.refused("the name of a disabled user", c.goes("/"), access.NameTaken)

	c.decidesNothingHere("anna")
	users, err := c.db.Users(t.Context())
	if err == nil { // as a release writes her that knows no subject
		err = c.db.ChangeUsers(t.Context(), func(all *[]store.User) error {
			for i := range *all {
				(*all)[i].Subject = ""
			}
			return nil
		})
	}
	if err != nil {
		t.Fatal(err)
	}
	c.decidesNothingHere("anna")
	if err := c.db.ChangeUsers(t.Context(), func(all *[]store.User) error { *all = users; return nil }); err != nil {
		t.Fatal(err)
	}
	disable("anna")
	c.provider.Is("1", anna("staff"))
	c.refused("a disabled user", c.goes("/"), access.OutOfUse)
	users, err = c.db.Users(t.Context())
	if err != nil || len(users) != 3 {
		t.Errorf("%+v, %v", users, err)
	}
}

// Fails without: the look at MaxUsers in provided.
func TestProvided_StaysWithinTheBoundOfUsers(t *testing.T) {
	c := newCompany(t)
	err := c.db.ChangeUsers(t.Context(), func(users *[]store.User) error {
		for len(*users) < store.MaxUsers {
			*users = append(*users, store.User{Name: "u" + strings.Repeat("x", len(*users)), Role: "viewer"})
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	c.refused("one too many", c.goes("/"), access.NoRoom)
}
