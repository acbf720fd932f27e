package access_test

import (
	"context"
	"net/http"
	"strings"
	"testing"

	"datawald/gateway/access"
)

// Fails without: the comparison of places in Roles.
func TestRole_AllowsItselfAndWhatIsLess(t *testing.T) {
	order := []access.Role{"nobody", access.Viewer, access.Operator, access.Admin}
	for i, have := range order {
		if !have.Allows(access.Anyone) {
			t.Errorf("%s is kept from what anyone may", have)
		}
		for j, need := range order[1:] {
			if got, want := have.Allows(need), i >= j+1; got != want {
				t.Errorf("%s allows %s: %t, want %t", have, need, got, want)
			}
		}
		if have.Allows("superuser") {
			t.Errorf("%s allows a role that nobody knows", have)
		}
	}
}

func TestFrom_GivesTheActorOfTheContext(t *testing.T) {
	if a, ok := access.From(context.Background()); ok {
		t.Errorf("nobody asks, and it is %v", a)
	}
	want := access.Actor{Name: "anna", Role: access.Operator, Kind: access.User}
	if a, ok := access.From(access.With(t.Context(), want)); !ok || a != want {
		t.Errorf("it is %v, %t", a, ok)
	}
	if user, key := want.String(), (access.Actor{Name: "anna", Kind: access.Key}).String(); user != "anna" || key == user {
		t.Errorf("a key %q and a user %q of one name", key, user)
	}
}

// Fails without: any of the sources that the policy closes.
func TestPageHeaders_CloseAPage(t *testing.T) {
	h := http.Header{}
	access.PageHeaders(h)
	for _, part := range []string{"default-src 'self'", "frame-ancestors 'none'", "form-action 'self'", "base-uri 'none'", "object-src 'none'"} {
		if !strings.Contains(h.Get("Content-Security-Policy"), part) {
			t.Errorf("the policy has no %s", part)
		}
	}
	if strings.Contains(h.Get("Content-Security-Policy"), "unsafe") || h.Get("Cross-Origin-Opener-Policy") != "same-origin" || !strings.Contains(h.Get("Permissions-Policy"), "camera=()") {
		t.Errorf("headers %v", h)
	}
}
