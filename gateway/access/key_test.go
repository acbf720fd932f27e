package access_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"datawald/gateway/access"
)

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
