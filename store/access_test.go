package store_test

import (
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"datawald/sandbox/testkit"
	"datawald/store"
)

func TestUsers_AreChangedAsAWhole(t *testing.T) {
	s := testkit.Store(t)
	if users, err := s.Users(t.Context()); err != nil || len(users) != 0 {
		t.Fatalf("before there is one: %v, %v", users, err)
	}
	for _, name := range []string{"bert", "anna"} {
		err := s.ChangeUsers(t.Context(), func(users *[]store.User) error {
			*users = append(*users, store.User{Name: name, Role: "viewer"})
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	if u, err := s.User(t.Context(), "bert"); err != nil || u.Role != "viewer" {
		t.Errorf("%v, %v", u, err)
	}
	if users, err := s.Users(t.Context()); err != nil || len(users) != 2 || users[0].Name != "anna" {
		t.Errorf("users %v, %v, want both by name", users, err)
	}
	if _, err := s.User(t.Context(), "carl"); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("nobody is found with %v", err)
	}
	if err := s.ChangeUsers(t.Context(), func(*[]store.User) error { return store.ErrUnchanged }); !errors.Is(err, store.ErrUnchanged) {
		t.Errorf("a change that has nothing to do gives %v", err)
	}
}

// Fails without: the revision in writeUsers (two of them write in place of the same one).
func TestUsers_LoseNothingUnderManyWriters(t *testing.T) {
	s := testkit.Store(t)
	var wg sync.WaitGroup
	for n := range 12 {
		wg.Go(func() {
			err := s.ChangeUsers(t.Context(), func(users *[]store.User) error {
				*users = append(*users, store.User{Name: fmt.Sprint("user", n)})
				return nil
			})
			if err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if users, err := s.Users(t.Context()); err != nil || len(users) != 12 {
		t.Errorf("%d users, %v", len(users), err)
	}
}

func TestKeys_AreAddedUsedAndRevoked(t *testing.T) {
	s := testkit.Store(t)
	if err := s.AddKey(t.Context(), store.Key{ID: "b", Name: "erp"}); err != nil {
		t.Fatal(err)
	}
	if err := s.AddKey(t.Context(), store.Key{ID: "b", Name: "other"}); !errors.Is(err, store.ErrExists) {
		t.Errorf("a second one of its ID: %v", err)
	}
	if err := s.TouchKey(t.Context(), "b"); err != nil {
		t.Fatal(err)
	}
	if k, err := s.Key(t.Context(), "b"); err != nil || k.Name != "erp" || k.UsedAt == nil || k.RevokedAt != nil {
		t.Errorf("used, it is %+v, %v", k, err)
	}
	if err := s.RevokeKey(t.Context(), "b"); err != nil {
		t.Fatal(err)
	}
	k, err := s.Key(t.Context(), "b")
	if err != nil || k.RevokedAt == nil {
		t.Fatalf("revoked, it is %+v, %v", k, err)
	}
	if err := s.RevokeKey(t.Context(), "b"); err != nil {
		t.Error(err)
	}
	if again, err := s.Key(t.Context(), "b"); err != nil || !again.RevokedAt.Equal(*k.RevokedAt) {
		t.Errorf("revoked twice, it is %+v, %v", again, err)
	}
	if err := s.RevokeKey(t.Context(), "c"); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("no key is revoked with %v", err)
	}
	if err := s.AddKey(t.Context(), store.Key{ID: "a"}); err != nil {
		t.Fatal(err)
	}
	if all, err := s.Keys(t.Context()); err != nil || len(all) != 2 || all[0].ID != "a" {
		t.Errorf("keys %v, %v", all, err)
	}
}

// Fails without: each of the three filters of Sweep, and with one that removes too much.
func TestSweep_RemovesWhatIsOver(t *testing.T) {
	s := testkit.Store(t)
	moment := time.Now().UTC()
	for id, session := range map[string]store.Session{
		"ended": {SeenAt: moment, EndsAt: moment.Add(-time.Second)},
		"idle":  {SeenAt: moment.Add(-time.Hour), EndsAt: moment.Add(time.Hour)},
		"open":  {SeenAt: moment, EndsAt: moment.Add(time.Hour)},
	} {
		session.ID, session.User = id, "anna"
		if err := s.AddSession(t.Context(), session); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := s.BeginRequest(t.Context(), store.Request{ID: "fresh", Token: "t"}, time.Time{}); err != nil {
		t.Fatal(err)
	}
	if _, err := s.BeginRequest(t.Context(), store.Request{ID: "old", BegunAt: moment.Add(-25 * time.Hour)}, time.Time{}); err != nil {
		t.Fatal(err)
	}
	if n, err := s.Sweep(t.Context(), moment.Add(-time.Minute)); err != nil || n != 3 {
		t.Errorf("%d removed, %v, want three", n, err)
	}
	for id, want := range map[string]bool{"ended": false, "idle": false, "open": true} {
		if _, err := s.Session(t.Context(), id); (err == nil) != want {
			t.Errorf("session %s: %v, want it kept: %t", id, err, want)
		}
	}
	for id, want := range map[string]bool{"old": false, "fresh": true} {
		first, err := s.BeginRequest(t.Context(), store.Request{ID: id, Token: "u"}, time.Time{})
		if err != nil || (first != nil) != want {
			t.Errorf("request %s: %v, %v, want it kept: %t", id, first, err, want)
		}
	}
	if err := s.DeleteSessionsOf(t.Context(), "anna"); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Session(t.Context(), "open"); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("after all of hers are ended, one gives %v", err)
	}
}

// Fails without: the insert that only one can make.
func TestRequests_OneOfManyBeginsOne(t *testing.T) {
	s := testkit.Store(t)
	var begun atomic.Int32
	var wg sync.WaitGroup
	for n := range 10 {
		wg.Go(func() {
			first, err := s.BeginRequest(t.Context(), store.Request{ID: "r", Operation: "o", Fingerprint: "f", Token: fmt.Sprint(n)}, time.Time{})
			if err != nil {
				t.Error(err)
			}
			if err == nil && first == nil {
				begun.Add(1)
			}
		})
	}
	wg.Wait()
	if n := begun.Load(); n != 1 {
		t.Errorf("%d have begun it", n)
	}
}

// Fails without: the token in EndRequest and in DropRequest, or the take-over of what was abandoned.
func TestRequests_AreEndedByWhoHasThem(t *testing.T) {
	s := testkit.Store(t)
	r := store.Request{ID: "r", Operation: "o", Fingerprint: "f", Token: "one"}
	if first, err := s.BeginRequest(t.Context(), r, time.Time{}); first != nil || err != nil {
		t.Fatalf("%v, %v", first, err)
	}
	r.Token = "two"
	other := r
	other.Fingerprint = "g"
	if first, err := s.BeginRequest(t.Context(), other, time.Now().Add(time.Hour)); err != nil || first == nil || first.Token != "one" {
		t.Fatalf("another request under its name begins it: %v, %v", first, err)
	}
	if first, err := s.BeginRequest(t.Context(), r, time.Now().Add(time.Hour)); first != nil || err != nil {
		t.Fatalf("what was abandoned is not begun again: %v, %v", first, err)
	}
	late := store.Request{ID: "r", Token: "one", Status: 200}
	if err := s.EndRequest(t.Context(), late); err != nil {
		t.Fatal(err)
	}
	if err := s.DropRequest(t.Context(), "r", "one"); err != nil {
		t.Fatal(err)
	}
	if first, err := s.BeginRequest(t.Context(), r, time.Time{}); err != nil || first == nil || first.Done {
		t.Fatalf("who had lost it ended it: %+v, %v", first, err)
	}
	r.Status, r.Location, r.Body = 202, "/there", []byte("{}")
	if err := s.EndRequest(t.Context(), r); err != nil {
		t.Fatal(err)
	}
	if first, err := s.BeginRequest(t.Context(), r, time.Now().Add(time.Hour)); err != nil || !first.Done || first.Status != 202 || first.Location != "/there" || string(first.Body) != "{}" {
		t.Fatalf("ended, it is %+v, %v", first, err)
	}
	if err := s.DropRequest(t.Context(), "r", "two"); err != nil {
		t.Fatal(err)
	}
	if first, err := s.BeginRequest(t.Context(), r, time.Time{}); first != nil || err != nil {
		t.Errorf("forgotten, it cannot be begun: %v, %v", first, err)
	}
}

// Fails without: the further questions of Sweep.
func TestSweep_RemovesAllThatIsOver(t *testing.T) {
	s := testkit.Store(t)
	const many = 1100 // more than two questions find
	var wg sync.WaitGroup
	for n := range many {
		wg.Go(func() {
			if err := s.AddSession(t.Context(), store.Session{ID: fmt.Sprint(n), User: "anna", EndsAt: time.Now().Add(-time.Hour)}); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if n, err := s.Sweep(t.Context(), time.Now().Add(-time.Hour)); err != nil || n != many {
		t.Errorf("%d removed, %v, want %d", n, err, many)
	}
}

// Fails without: each of the filters of the keys in over, or the exception of a key that may be set again in each.
func TestSweep_ForgetsKeysThatEndedLongAgo(t *testing.T) {
	s := testkit.Store(t)
	long, lately := time.Now().UTC().Add(-store.KeysKept-time.Minute), time.Now().UTC().Add(-store.KeysKept+time.Hour)
	for id, k := range map[string]store.Key{"long": {RevokedAt: &long, CreatedBy: "anna"}, "lately": {RevokedAt: &lately, CreatedBy: "anna"},
		"set": {RevokedAt: &long, CreatedBy: store.FromSettings}, "valid": {CreatedBy: "anna"}, "expired": {CreatedBy: "anna", ExpiresAt: &long}, "ended": {CreatedBy: "anna", ExpiresAt: &lately},
		"set and ended": {CreatedBy: store.FromSettings, ExpiresAt: &long}} {
		k.ID = id
		if err := s.AddKey(t.Context(), k); err != nil {
			t.Fatal(err)
		}
	}
	if n, err := s.CountKeys(t.Context()); err != nil || n != 1 {
		t.Errorf("%d keys are valid (%v), want one", n, err)
	}
	if n, err := s.Sweep(t.Context(), long); err != nil || n != 2 {
		t.Errorf("%d removed, %v, want two", n, err)
	}
	for _, id := range []string{"long", "expired"} {
		if _, err := s.Key(t.Context(), id); !errors.Is(err, store.ErrNotFound) {
			t.Errorf("the key %s: %v", id, err)
		}
	}
}
