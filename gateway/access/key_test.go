package access_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"datawald/gateway/access"
	"datawald/store"
)

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
	d.unkept(t, key, access.Operator, "revoked")
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

// unkept wants the settings' key refused, for a reason.
func (d *desk) unkept(t *testing.T, key string, role access.Role, why string) {
	t.Helper()
	err := d.KeepKey(t.Context(), key, "again", role)
	if bad, ok := errors.AsType[*access.Unkept](err); !ok || !strings.Contains(bad.Error(), why) || strings.Contains(bad.Error(), key) {
		t.Errorf("it gives %v, want %q", err, why)
	}
}

// Fails without: each of the conditions in KeepKey.
func TestKeepKey_SaysWhenTheKeyOfTheSettingsDoesNotGetIn(t *testing.T) {
	d := newDesk(t)
	first, second := "dw_ci_aaaaabbbbbcccccddddd", "dw_ci_bbbbbcccccdddddeeeee"
	for range 2 { // it is there the second time
		if err := d.KeepKey(t.Context(), first, "ci", access.Operator); err != nil {
			t.Fatal(err)
		}
	}
	d.unkept(t, second, access.Operator, "another secret")
	d.unkept(t, first, access.Admin, "role operator")
	if _, err := d.Key(t.Context(), first); err != nil {
		t.Errorf("the first one gives %v", err)
	}
	key, _, err := d.AddKey(t.Context(), "erp", access.Viewer, "admin", d.clock.Add(time.Hour))
	if err != nil {
		t.Fatal(err)
	}
	d.clock = d.clock.Add(time.Hour)
	d.unkept(t, key, access.Viewer, "expired")
}

// Fails without: the count in AddKey.
func TestAddKey_MakesNoMoreThanAnybodyLooksAfter(t *testing.T) {
	d := newDesk(t)
	for n := range access.MaxKeys {
		if err := d.db.AddKey(t.Context(), store.Key{ID: fmt.Sprintf("k%d", n), Name: "erp", Role: "viewer"}); err != nil {
			t.Fatal(err)
		}
	}
	if _, _, err := d.AddKey(t.Context(), "one more", access.Viewer, "admin", time.Time{}); !errors.Is(err, access.ErrTooManyKeys) {
		t.Errorf("one more gives %v", err)
	}
	if err := d.db.RevokeKey(t.Context(), "k7"); err != nil {
		t.Fatal(err)
	}
	if _, _, err := d.AddKey(t.Context(), "one more", access.Viewer, "admin", time.Time{}); err != nil {
		t.Errorf("in place of one that was revoked: %v", err)
	}
}
