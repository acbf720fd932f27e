package main

import (
	"bytes"
	"net/netip"
	"strings"
	"testing"

	"datawald/gateway/access"
	"datawald/sandbox/testkit"
	"datawald/store"
)

// lockedOut is somebody with a shell, the address of the store, and nothing else.
type lockedOut struct {
	t  *testing.T
	db *store.Store
}

func newLockedOut(t *testing.T) *lockedOut {
	t.Helper()
	db, database := testkit.Database(t)
	for name, value := range map[string]string{"MONGODB_URI": testkit.MongoURI(t), "MONGODB_DATABASE": database,
		"TEMPORAL_ADDRESS": "nothing", "INSTANCES": "!", "SYNC_WINDOW": "0"} { // what is not needed does not matter
		t.Setenv(name, value)
	}
	return &lockedOut{t, db}
}

// starter runs a command line with a text on standard input, and wants an exit code.
func (l *lockedOut) starter(want int, in string, args ...string) (out, errs string) {
	l.t.Helper()
	var stdout, stderr bytes.Buffer
	if code := run(l.t.Context(), args, streams{strings.NewReader(in), &stdout, &stderr}); code != want {
		l.t.Fatalf("starter %s: exit %d, want %d\n%s%s", strings.Join(args, " "), code, want, stdout.String(), stderr.String())
	}
	return stdout.String(), stderr.String()
}

func (l *lockedOut) getsIn(name, password string, want bool) {
	l.t.Helper()
	_, _, _, err := access.New(l.db, access.Settings{}).SignIn(l.t.Context(), name, password, netip.MustParseAddr("127.0.0.1"))
	if (err == nil) != want {
		l.t.Errorf("%s with %q: %v, want in: %t", name, password, err, want)
	}
}

func TestUser_LetsInWhoIsLockedOut(t *testing.T) {
	l := newLockedOut(t)
	const first, second = "correct horse battery", "another good password"
	if out, _ := l.starter(exitOK, "", "user", "list"); !strings.Contains(out, "no users") {
		t.Errorf("an empty list says %q", out)
	}
	if _, errs := l.starter(exitInput, first+"\n", "user", "add", "anna", "--role", "viewer"); !strings.Contains(errs, "first user has to be an admin") {
		t.Errorf("it says %q", errs)
	}
	l.starter(exitOK, first+"\n", "user", "add", "admin", "--role", "admin")
	l.starter(exitOK, first+"\r\n", "user", "add", "anna", "--role", "operator")
	l.getsIn("anna", first, true)
	l.starter(exitOK, second, "user", "password", "anna")
	l.getsIn("anna", first, false)
	l.getsIn("anna", second, true)
	l.starter(exitOK, "", "user", "disable", "anna")
	l.getsIn("anna", second, false)
	l.starter(exitOK, "", "user", "enable", "anna")
	l.getsIn("anna", second, true)
	l.starter(exitOK, "", "user", "role", "anna", "viewer")
	if out, _ := l.starter(exitOK, "", "user", "list"); !strings.Contains(out, "admin  admin   enabled") || !strings.Contains(out, "anna   viewer  enabled") {
		t.Errorf("the list is:\n%s", out)
	}
	for _, args := range [][]string{{"user", "disable", "admin"}, {"user", "role", "admin", "viewer"}, {"user", "remove", "admin"}} {
		if _, errs := l.starter(exitInput, "", args...); !strings.Contains(errs, "last admin") {
			t.Errorf("%v says %q", args, errs)
		}
	}
	l.starter(exitOK, "", "user", "remove", "anna")
	l.getsIn("anna", second, false)

	for words, args := range map[string][]string{
		"none of this name":         {"user", "enable", "anna"},
		"a user of this name":       {"user", "add", "admin", "--role", "viewer"},
		"want 1 to 64":              {"user", "add", "a b", "--role", "viewer"},
		"must be one of":            {"user", "add", "carl", "--role", "boss"},
		"unexpected argument short": {"user", "password", "admin", "short"},
	} {
		if _, errs := l.starter(exitInput, first+"\n", args...); !strings.Contains(errs, words) {
			t.Errorf("%v says %q, want %q", args, errs, words)
		}
	}
	if _, errs := l.starter(exitInput, "short\n", "user", "password", "admin"); !strings.Contains(errs, "at least 12") {
		t.Errorf("a short password: %q", errs)
	}
	if _, errs := l.starter(exitInput, "", "user", "password", "admin"); !strings.Contains(errs, "no password") {
		t.Errorf("no password: %q", errs)
	}
}

func TestKey_IsMadeShownAndRevoked(t *testing.T) {
	l := newLockedOut(t)
	out, _ := l.starter(exitOK, "", "key", "add", "warehouse", "--role", "viewer", "--expires", "1h")
	key := strings.TrimSuffix(out, "\n")
	gate := access.New(l.db, access.Settings{})
	pass, err := gate.Key(t.Context(), key)
	if err != nil || pass.Actor.Role != access.Viewer || pass.EndsAt.IsZero() {
		t.Fatalf("%q gives %v, %v", key, pass, err)
	}
	id, secret, _ := access.ParseKey(key)
	out, _ = l.starter(exitOK, "", "key", "list")
	if !strings.Contains(out, id) || !strings.Contains(out, "valid until") || !strings.Contains(out, "warehouse") || strings.Contains(out, secret) {
		t.Errorf("the list is:\n%s", out)
	}
	l.starter(exitOK, "", "key", "revoke", id)
	if _, err := gate.Key(t.Context(), key); err == nil {
		t.Error("it gets in although it was revoked")
	}
	if out, _ = l.starter(exitOK, "", "key", "list"); !strings.Contains(out, "revoked") {
		t.Errorf("the list is:\n%s", out)
	}
	l.starter(exitInput, "", "key", "revoke", "nothing")
	l.starter(exitInput, "", "key", "add", "x", "--role", "viewer", "--expires", "-1h")

	entries, err := l.db.ListAudit(t.Context(), store.AuditFilter{Actor: "starter", Limit: 10})
	if err != nil || len(entries) != 3 || entries[0].State != store.AuditRefused || entries[1].Action != "revoke-key" || entries[2].Target != "warehouse" {
		t.Errorf("written down: %+v, %v", entries, err)
	}
}

// Somebody who types a password or a whole key where a name belongs finds neither in the audit.
//
// Fails without: checkedTarget, for users and for keys.
func TestAudit_HoldsNothingButNames(t *testing.T) {
	l := newLockedOut(t)
	l.starter(exitInput, "correct horse battery\n", "user", "add", "My Secret Password", "--role", "admin")
	l.starter(exitInput, "", "user", "disable", "My Secret Password")
	l.starter(exitInput, "", "user", "remove", "My Secret Password")
	_, errs := l.starter(exitInput, "", "key", "revoke", "dw_abc_0123456789abcdefghij")
	if !strings.Contains(errs, "public part") {
		t.Errorf("it does not say what is wanted: %s", errs)
	}
	entries, err := l.db.ListAudit(t.Context(), store.AuditFilter{Limit: 10})
	if err != nil || len(entries) != 0 {
		t.Errorf("written down: %+v, %v", entries, err)
	}
}
