package web

import (
	"net/http"
	"strings"
)

// Mount puts the page beside the API: each address belongs to one of them.
func Mount(api, page http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if ofAPI(r.URL.Path) {
			api.ServeHTTP(w, r)
			return
		}
		page.ServeHTTP(w, r)
	})
}

// ofAPI reports whether an address is the API's. Programs get its problems then, and people a page.
func ofAPI(path string) bool {
	for _, whole := range []string{"/api", "/healthz", "/readyz", "/openapi.json"} {
		if path == whole {
			return true
		}
	}
	return strings.HasPrefix(path, "/api/") || strings.HasPrefix(path, "/webhooks/")
}
