package access_test

import (
	"errors"
	"net/netip"
	"strings"
	"sync"
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
	const most = 2
	seen := 0
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
		seen = max(seen, d.Hashing())
		select {
		case <-done:
			if seen > most || seen == 0 {
				t.Errorf("%d at once were seen, want some and at most %d", seen, most)
			}
			return
		case <-time.After(time.Millisecond):
		}
	}
}

// Fails without: CheckPassword in FirstAdmin.
func TestFirstAdmin_GetsNoPasswordThatNobodyCanSignInWith(t *testing.T) {
	g := access.New(testkit.Store(t), access.Settings{})
	for _, bad := range []string{strings.Repeat("ab", access.MaxPassword), "short", strings.Repeat("a", 20)} {
		if _, created, err := g.FirstAdmin(t.Context(), bad); created || err == nil || strings.Contains(err.Error(), bad) {
			t.Errorf("%d characters: created %t, %v", len(bad), created, err)
		}
	}
	if _, created, err := g.FirstAdmin(t.Context(), password); err != nil || !created {
		t.Errorf("a good one: %t, %v", created, err)
	}
}
