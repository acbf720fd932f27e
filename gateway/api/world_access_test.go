package api_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"datawald/gateway/access"
	"datawald/gateway/api"
	"datawald/store"
)

// listen serves a handler. Requests of the server's client bear the key of an admin, unless they show another credential or stay nameless.
func listen(t *testing.T, handler http.Handler) *httptest.Server {
	t.Helper()
	server := httptest.NewServer(handler)
	server.Client().Transport = &signing{server.Client().Transport}
	t.Cleanup(server.Close)
	return server
}

// adminKey is an API key of an admin; a request with the header Nameless bears none.
const (
	adminKey = "dw_test_0123456789abcdefghij"
	nameless = "Nameless"
)

// signing adds the key to requests that show nothing.
type signing struct{ http.RoundTripper }

func (s *signing) RoundTrip(r *http.Request) (*http.Response, error) {
	shows := r.Header.Get("Authorization") != "" || r.Header.Get("Cookie") != "" || r.Header.Get(nameless) != "" || strings.HasPrefix(r.URL.Path, "/webhooks/")
	if !shows {
		r = r.Clone(r.Context())
		r.Header.Set("Authorization", "Bearer "+adminKey)
	}
	return s.RoundTripper.RoundTrip(r)
}

// as gives the header Authorization of a new key with a role.
func (w *world) as(role access.Role) string {
	w.t.Helper()
	key, _, err := api.Gate(w.settings, w.db).AddKey(w.t.Context(), string(role), role, "test", time.Time{})
	if err != nil {
		w.t.Fatal(err)
	}
	return "Bearer " + key
}

// keepKey lets the test's key into another store than the world's.
func (w *world) keepKey(db *store.Store) {
	w.t.Helper()
	if err := api.Gate(w.settings, db).KeepKey(w.t.Context(), adminKey, "test", access.Admin); err != nil {
		w.t.Fatal(err)
	}
}
