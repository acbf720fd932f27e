package access_test

import (
	"errors"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"datawald/gateway/access"
	"datawald/sandbox/testkit"
	"datawald/store"
)

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
