package access_test

import (
	"errors"
	"net/http/httptest"
	"net/netip"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"datawald/gateway/access"
	"datawald/sandbox/testkit"
	"datawald/store"
)

func TestMain(m *testing.M) { testkit.Main(m) }

const password = "correct horse battery"

// desk is a gate with a clock of the test and one admin.
type desk struct {
	*access.Gate
	t     *testing.T
	db    *store.Store
	clock time.Time
}

func newDesk(t *testing.T) *desk {
	t.Helper()
	d := &desk{t: t, db: testkit.Store(t), clock: time.Now().UTC().Truncate(time.Millisecond)}
	d.Gate = access.New(d.db, access.Settings{})
	d.SetClock(func() time.Time { return d.clock })
	if _, created, err := d.FirstAdmin(t.Context(), password); err != nil || !created {
		t.Fatalf("the first admin: %t, %v", created, err)
	}
	return d
}

func (d *desk) add(name string, role access.Role) {
	d.t.Helper()
	if _, err := d.AddUser(d.t.Context(), name, role, password, "admin"); err != nil {
		d.t.Fatal(err)
	}
}

func (d *desk) signIn(name string) string {
	d.t.Helper()
	token, _, _, err := d.SignIn(d.t.Context(), name, password, home)
	if err != nil {
		d.t.Fatalf("%s does not get in: %v", name, err)
	}
	return token
}

func (d *desk) session(token string, want error) access.Pass {
	d.t.Helper()
	pass, err := d.Session(d.t.Context(), token)
	if !errors.Is(err, want) {
		d.t.Errorf("the session gives %v, want %v", err, want)
	}
	return pass
}

func TestSignIn_TakesTheRightPasswordAlone(t *testing.T) {
	d := newDesk(t)
	d.add("Anna", access.Viewer)
	for _, tc := range []struct{ name, password, known string }{
		{"anna", password + "!", "anna"}, {"anna", "", "anna"}, {"nobody", password, ""}, {"", "", ""}, {"anna", strings.Repeat("x", 300), ""},
	} {
		token, _, known, err := d.SignIn(t.Context(), tc.name, tc.password, away)
		if token != "" || !errors.Is(err, access.ErrWrong) || known != tc.known {
			t.Errorf("%q with %q: token %q, known %q, %v", tc.name, tc.password, token, known, err)
		}
	}
	token, pass, _, err := d.SignIn(t.Context(), " ANNA ", password, home)
	if err != nil || pass.Actor != (access.Actor{Name: "anna", Role: access.Viewer, Kind: access.User}) {
		t.Fatalf("with the right one: %v, %v", pass, err)
	}
	if again := d.session(token, nil); again.Actor != pass.Actor || again.CSRF != pass.CSRF {
		t.Errorf("its session is %v", again)
	}
	if _, err := d.Session(t.Context(), token+"x"); !errors.Is(err, access.ErrCredential) {
		t.Errorf("another token gives %v", err)
	}
}

// Fails without: the hash of the token in open, that of the password, that of the key.
func TestStore_HoldsNothingToGetInWith(t *testing.T) {
	d := newDesk(t)
	token := d.signIn("admin")
	if _, err := d.db.Session(t.Context(), token); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("the store knows the session by its token: %v", err)
	}
	key, stored, err := d.AddKey(t.Context(), "erp", access.Viewer, "admin", time.Time{})
	if err != nil {
		t.Fatal(err)
	}
	_, secret, _ := access.ParseKey(key)
	users, err := d.db.Users(t.Context())
	if err != nil || !strings.HasPrefix(users[0].Password, "$argon2id$v=19$m=19456,t=2,p=1$") || strings.Contains(users[0].Password, password) {
		t.Errorf("the password is kept as %v, %v", users, err)
	}
	if strings.Contains(stored.Hash, secret) || len(stored.Hash) != 64 {
		t.Errorf("the key is kept as %+v", stored)
	}
}

// Fails without: the comparison with EndsAt; with SeenAt; the renewal.
func TestSession_Ends(t *testing.T) {
	d := newDesk(t)
	token := d.signIn("admin")
	d.clock = d.clock.Add(access.DefaultIdle - time.Second)
	d.session(token, nil) // renews it
	d.clock = d.clock.Add(access.DefaultIdle - time.Second)
	d.session(token, nil)
	d.clock = d.clock.Add(access.DefaultIdle)
	d.session(token, access.ErrCredential)

	token = d.signIn("admin")
	for begun := d.clock; d.clock.Sub(begun) < access.DefaultLife; d.clock = d.clock.Add(time.Hour) {
		d.session(token, nil)
	}
	d.session(token, access.ErrCredential)
}

// Fails without: noteUse in Session.
func TestSession_IsRenewedOnceAMinute(t *testing.T) {
	d := newDesk(t)
	begun := d.clock
	token := d.signIn("admin")
	id := ""
	seen := func() time.Time {
		s, err := d.db.Session(t.Context(), access.Hashed(token))
		if err != nil {
			t.Fatal(err)
		}
		id = s.ID
		return s.SeenAt
	}
	d.clock = begun.Add(59 * time.Second)
	d.session(token, nil)
	if at := seen(); !at.Equal(begun) {
		t.Errorf("within the minute %s was noted, want %s (%s)", at, begun, id)
	}
	d.clock = begun.Add(60 * time.Second)
	d.session(token, nil)
	if at := seen(); !at.Equal(d.clock) {
		t.Errorf("after a minute %s was noted, want %s", at, d.clock)
	}
}

// Fails without: the generation in Session and in change, one by one with DeleteSessionsOf; the look at Disabled in verify.
func TestSession_EndsWhenItsUserChanges(t *testing.T) {
	d := newDesk(t)
	d.add("bert", access.Operator)
	viewer, no, fresh := access.Viewer, true, "another good password"
	for name, change := range map[string]access.UserChange{"role": {Role: &viewer}, "password": {Password: &fresh}, "disabled": {Disabled: &no}} {
		d.add("anna-"+name, access.Operator)
		token, bert := d.signIn("anna-"+name), d.signIn("bert")
		if _, err := d.ChangeUser(t.Context(), "anna-"+name, change); err != nil {
			t.Fatal(err)
		}
		d.session(token, access.ErrCredential)
		d.session(bert, nil)
		if _, err := d.db.Session(t.Context(), access.Hashed(token)); !errors.Is(err, store.ErrNotFound) {
			t.Errorf("%s: the session stays in the store: %v", name, err)
		}
	}
	if _, _, _, err := d.SignIn(t.Context(), "anna-disabled", password, home); !errors.Is(err, access.ErrWrong) {
		t.Errorf("a disabled user gets in: %v", err)
	}
	token := d.signIn("bert")
	if err := d.RemoveUser(t.Context(), "bert"); err != nil {
		t.Fatal(err)
	}
	d.session(token, access.ErrCredential)
}

// A session that was made of an earlier state of its user, and that nobody deleted, is worth nothing.
//
// Fails without: the generation in Session.
func TestSession_OfAnEarlierGenerationIsNone(t *testing.T) {
	d := newDesk(t)
	session := store.Session{ID: access.Hashed("token"), User: "admin", Generation: 1, CreatedAt: d.clock, SeenAt: d.clock, EndsAt: d.clock.Add(time.Hour)}
	if err := d.db.AddSession(t.Context(), session); err != nil {
		t.Fatal(err)
	}
	d.session("token", access.ErrCredential)
}

// Fails without: lastAdmin in change and in RemoveUser; the users in one document.
func TestLastAdmin_Stays(t *testing.T) {
	d := newDesk(t)
	d.add("anna", access.Admin)
	d.add("bert", access.Operator)
	viewer, no := access.Viewer, true
	var left atomic.Int32
	var wg sync.WaitGroup
	for _, name := range []string{"admin", "anna"} { // each would be the last if the other went first
		wg.Go(func() {
			_, err := d.ChangeUser(t.Context(), name, access.UserChange{Role: &viewer})
			switch {
			case errors.Is(err, access.ErrLastAdmin):
				left.Add(1)
			case err != nil:
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if left.Load() != 1 {
		t.Fatalf("%d of two were kept", left.Load())
	}
	users, err := d.db.Users(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, u := range users {
		if u.Role != string(access.Admin) {
			continue
		}
		if _, err := d.ChangeUser(t.Context(), u.Name, access.UserChange{Disabled: &no}); !errors.Is(err, access.ErrLastAdmin) {
			t.Errorf("the last one is disabled: %v", err)
		}
		if err := d.RemoveUser(t.Context(), u.Name); !errors.Is(err, access.ErrLastAdmin) {
			t.Errorf("the last one is removed: %v", err)
		}
		fresh := "another good password"
		if _, err := d.ChangeUser(t.Context(), u.Name, access.UserChange{Password: &fresh}); err != nil {
			t.Errorf("the last one cannot change his password: %v", err)
		}
	}
}

// Fails without: the look at the users inside of ChangeUsers.
func TestFirstAdmin_IsOneOfManyGateways(t *testing.T) {
	db := testkit.Store(t)
	var created atomic.Int32
	var chosen sync.Map
	var wg sync.WaitGroup
	for range 6 {
		wg.Go(func() {
			text, mine, err := access.New(db, access.Settings{}).FirstAdmin(t.Context(), "")
			if err != nil {
				t.Error(err)
			}
			if mine {
				created.Add(1)
				chosen.Store("password", text)
			} else if text != "" {
				t.Errorf("a password is given of a user that was not created")
			}
		})
	}
	wg.Wait()
	if n := created.Load(); n != 1 {
		t.Fatalf("%d have created the first admin", n)
	}
	text, _ := chosen.Load("password")
	g := access.New(db, access.Settings{})
	if _, pass, _, err := g.SignIn(t.Context(), "admin", text.(string), home); err != nil || pass.Actor.Role != access.Admin {
		t.Errorf("the password that was given does not work: %v", err)
	}
	if _, mine, err := g.FirstAdmin(t.Context(), "another good password"); mine || err != nil {
		t.Errorf("a second start creates one: %t, %v", mine, err)
	}
	if _, _, _, err := g.SignIn(t.Context(), "admin", "another good password", home); !errors.Is(err, access.ErrWrong) {
		t.Errorf("a second start changes the password: %v", err)
	}
}

func TestUsers_AreRefusedForWhatIsWrongWithThem(t *testing.T) {
	d := newDesk(t)
	d.add("anna", access.Viewer)
	for _, tc := range []struct {
		name, password string
		role           access.Role
		field          string
	}{
		{"", password, access.Viewer, "name"}, {"a b", password, access.Viewer, "name"}, {".a", password, access.Viewer, "name"}, {strings.Repeat("a", 65), password, access.Viewer, "name"},
		{"carl", password, "boss", "role"}, {"carl", password, "", "role"},
		{"carl", "elevenchars", access.Viewer, "password"}, {"carl", strings.Repeat("ab", 200), access.Viewer, "password"}, {"carl", strings.Repeat("a", 20), access.Viewer, "password"},
	} {
		_, err := d.AddUser(t.Context(), tc.name, tc.role, tc.password, "admin")
		if bad, ok := errors.AsType[*access.Invalid](err); !ok || bad.Field != tc.field || strings.Contains(err.Error(), tc.password) {
			t.Errorf("%+v: %v, want one of %s", tc, err, tc.field)
		}
	}
	if _, err := d.AddUser(t.Context(), "ANNA", access.Viewer, password, "admin"); !errors.Is(err, store.ErrExists) {
		t.Errorf("a second one of her name: %v", err)
	}
	if _, err := d.ChangeUser(t.Context(), "carl", access.UserChange{}); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("nobody is changed: %v", err)
	}
	if err := d.RemoveUser(t.Context(), "carl"); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("nobody is removed: %v", err)
	}
}

func TestOwnPassword_NeedsTheOldOne(t *testing.T) {
	d := newDesk(t)
	d.add("anna", access.Viewer)
	old := d.signIn("anna")
	if _, _, err := d.ChangeOwnPassword(t.Context(), "anna", "not the old one", "another good password", home); !errors.Is(err, access.ErrWrong) {
		t.Errorf("without the old one: %v", err)
	}
	d.session(old, nil)
	token, _, err := d.ChangeOwnPassword(t.Context(), "anna", password, "another good password", home)
	if err != nil {
		t.Fatal(err)
	}
	d.session(old, access.ErrCredential)
	d.session(token, nil)
	if _, _, _, err := d.SignIn(t.Context(), "anna", password, home); !errors.Is(err, access.ErrWrong) {
		t.Errorf("the old one still works: %v", err)
	}
}

// Fails without: each of the conditions in Key.
func TestKey_GetsInUntilItEnds(t *testing.T) {
	d := newDesk(t)
	key, stored, err := d.AddKey(t.Context(), "erp", access.Operator, "admin", d.clock.Add(time.Hour))
	if err != nil {
		t.Fatal(err)
	}
	want := access.Actor{Name: "erp", Role: access.Operator, Kind: access.Key, KeyID: stored.ID}
	if pass, err := d.Key(t.Context(), key); err != nil || pass.Actor != want || !pass.Shows("") {
		t.Errorf("it gives %v, %v", pass, err)
	}
	if k, err := d.db.Key(t.Context(), stored.ID); err != nil || k.UsedAt == nil {
		t.Errorf("its use is not noted: %+v, %v", k, err)
	}
	for _, wrong := range []string{"", "x", key + "x", "dw_" + stored.ID + "_" + strings.Repeat("a", 26), "dw_unknown_" + strings.Repeat("a", 26), strings.ToUpper(key)} {
		if _, err := d.Key(t.Context(), wrong); !errors.Is(err, access.ErrCredential) {
			t.Errorf("%q gives %v", wrong, err)
		}
	}
	d.clock = d.clock.Add(time.Hour)
	if _, err := d.Key(t.Context(), key); !errors.Is(err, access.ErrCredential) {
		t.Errorf("expired, it gives %v", err)
	}
	key, stored, err = d.AddKey(t.Context(), "erp", access.Operator, "admin", time.Time{})
	if err != nil {
		t.Fatal(err)
	}
	if err := d.db.RevokeKey(t.Context(), stored.ID); err != nil {
		t.Fatal(err)
	}
	if _, err := d.Key(t.Context(), key); !errors.Is(err, access.ErrCredential) {
		t.Errorf("revoked, it gives %v", err)
	}
	if err := d.KeepKey(t.Context(), key, "again", access.Admin); err != nil {
		t.Error(err)
	}
	if _, err := d.Key(t.Context(), key); !errors.Is(err, access.ErrCredential) {
		t.Errorf("revoked and kept by the settings, it gives %v", err)
	}
	for _, tc := range []struct {
		name    string
		role    access.Role
		expires time.Time
		field   string
	}{{"", access.Viewer, time.Time{}, "name"}, {"a\nb", access.Viewer, time.Time{}, "name"}, {"a", "boss", time.Time{}, "role"}, {"a", access.Viewer, d.clock, "expires_at"}} {
		_, _, err := d.AddKey(t.Context(), tc.name, tc.role, "admin", tc.expires)
		if bad, ok := errors.AsType[*access.Invalid](err); !ok || bad.Field != tc.field {
			t.Errorf("%+v: %v", tc, err)
		}
	}
}

// Fails without: the queue of the hasher.
func TestSignIn_IsRefusedWhileTooManyPasswordsAreChecked(t *testing.T) {
	d := newDesk(t)
	free := d.Occupy()
	_, _, _, err := d.SignIn(t.Context(), "admin", password, home)
	if !errors.Is(err, access.ErrBusy) {
		t.Errorf("it gives %v, want busy", err)
	}
	free()
	for range 6 { // being busy is nobody's wrong password
		d.signIn("admin")
	}
}

// Fails without: back, or with one that forgets what was wrong before.
func TestSignIn_ForgivesNothingForBeingBusy(t *testing.T) {
	d := newDesk(t)
	try := func(want error) {
		t.Helper()
		if _, _, _, err := d.SignIn(t.Context(), "admin", "wrong wrong wrong", home); !errors.Is(err, want) {
			t.Errorf("it gives %v, want %v", err, want)
		}
	}
	for range 4 {
		try(access.ErrWrong)
	}
	free := d.Occupy()
	for range 10 {
		try(access.ErrBusy)
	}
	free()
	try(access.ErrWrong)
	if _, _, _, err := d.SignIn(t.Context(), "admin", password, home); err == nil {
		t.Error("after five wrong ones it waits for nothing")
	} else if _, ok := errors.AsType[*access.TooMany](err); !ok {
		t.Errorf("it gives %v, want too many", err)
	}
}

// Fails without: the turns of the hasher.
func TestSignIn_ChecksFewPasswordsAtOnce(t *testing.T) {
	d := newDesk(t)
	most, seen := 0, atomic.Int32{}
	done := make(chan struct{})
	go func() {
		defer close(done)
		var wg sync.WaitGroup
		for n := range 12 {
			wg.Go(func() {
				_, _, _, err := d.SignIn(t.Context(), "admin", password, netip.AddrFrom4([4]byte{10, 0, 0, byte(n)}))
				if err != nil {
					t.Error(err)
				}
			})
		}
		wg.Wait()
	}()
	for {
		limit, now := d.HashAtOnce()
		most = limit
		seen.Store(max(seen.Load(), int32(now)))
		select {
		case <-done:
			if n := seen.Load(); n > int32(most) || n == 0 {
				t.Errorf("%d at once were seen, want some and at most %d", n, most)
			}
			return
		case <-time.After(time.Millisecond):
		}
	}
}

// Fails without: the proxies in believed; the walk from the end in Address.
func TestRequest_BelievesItsProxiesAlone(t *testing.T) {
	g := access.New(nil, access.Settings{Proxies: []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8")}})
	for _, tc := range []struct {
		remote, forwarded, proto, address string
		secure, private                   bool
	}{
		{"192.0.2.1:1", "", "", "192.0.2.1", false, false},
		{"192.0.2.1:1", "127.0.0.1", "https", "192.0.2.1", false, false},
		{"127.0.0.1:1", "", "", "127.0.0.1", false, true},
		{"[::1]:1", "", "", "::1", false, true},
		{"10.0.0.5:1", "198.51.100.7", "https", "198.51.100.7", true, true},
		{"10.0.0.5:1", "198.51.100.7", "http", "198.51.100.7", false, false},
		{"10.0.0.5:1", "127.0.0.1, 198.51.100.7, 10.1.1.1", "https", "198.51.100.7", true, true},
		{"10.0.0.5:1", "nonsense, 10.1.1.1", "", "10.1.1.1", false, false},
		{"10.0.0.5:1", "nonsense", "", "10.0.0.5", false, false},
		{"nowhere", "", "", "invalid IP", false, false},
	} {
		r := httptest.NewRequest("GET", "/", nil)
		r.RemoteAddr = tc.remote
		if tc.forwarded != "" {
			r.Header.Set("X-Forwarded-For", tc.forwarded)
		}
		if tc.proto != "" {
			r.Header.Set("X-Forwarded-Proto", tc.proto)
		}
		if a := g.Address(r).String(); a != tc.address || g.Secure(r) != tc.secure || g.Private(r) != tc.private {
			t.Errorf("%+v: %s, secure %t, private %t", tc, a, g.Secure(r), g.Private(r))
		}
		if c := g.Remember(r, "token", access.Pass{}); c.Secure != tc.secure || !c.HttpOnly || c.SameSite != 3 || c.Path != "/" {
			t.Errorf("%+v: the cookie is %s", tc, c)
		}
	}
}
