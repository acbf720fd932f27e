package access_test

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"datawald/gateway/access"
	"datawald/store"
)

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

// Fails without: noteUse in session.
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

// Fails without: the generation in session and in change, one by one with DeleteSessionsOf; the look at Disabled in verify.
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
// Fails without: the generation in session.
func TestSession_OfAnEarlierGenerationIsNone(t *testing.T) {
	d := newDesk(t)
	session := store.Session{ID: access.Hashed("token"), User: "admin", Generation: 1, CreatedAt: d.clock, SeenAt: d.clock, EndsAt: d.clock.Add(time.Hour)}
	if err := d.db.AddSession(t.Context(), session); err != nil {
		t.Fatal(err)
	}
	d.session("token", access.ErrCredential)
}

// Fails without: byItself in Request; the look at it in session.
func TestSession_EndsBeforeAPageThatNobodySitsAt(t *testing.T) {
	d := newDesk(t)
	token := d.signIn("admin")
	ask := func(path, live string) error {
		r := httptest.NewRequest("GET", path, nil)
		r.AddCookie(&http.Cookie{Name: access.Cookie, Value: token})
		if live != "" {
			r.Header.Set(access.LiveHeader, live)
		}
		_, err := d.Request(r)
		return err
	}
	for begun := d.clock; d.clock.Sub(begun) < access.DefaultIdle; d.clock = d.clock.Add(time.Hour) {
		if err := errors.Join(ask("/api/v1/events", ""), ask("/orders", "1"), ask("/api/v1/status", "1")); err != nil {
			t.Fatal(err)
		}
	}
	if err := ask("/orders", ""); !errors.Is(err, access.ErrCredential) {
		t.Errorf("an open page kept the session: %v", err)
	}
	token = d.signIn("admin")
	d.clock = d.clock.Add(access.DefaultIdle - time.Second)
	if err := ask("/orders", ""); err != nil {
		t.Fatal(err)
	}
	d.clock = d.clock.Add(time.Hour)
	if err := ask("/orders", ""); err != nil {
		t.Errorf("who sits at it is not seen: %v", err)
	}
}
