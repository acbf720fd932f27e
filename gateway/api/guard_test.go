package api_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"datawald/gateway/api"
	"datawald/sandbox/testkit"
)

func TestForeignHostsAreRefused(t *testing.T) {
	w := newWorld(t)
	w.settings.Address = "gateway.internal:8080"
	w.server = serve(t, w.settings, w.db, w.temporal)
	for host, allowed := range map[string]bool{
		"localhost": true, "localhost:8080": true, "LOCALHOST:1": true, "127.0.0.1:8080": true, "127.1.2.3": true,
		"[::1]:8080": true, "[::1]": true, "gateway.internal:8080": true, "gateway.internal": true,
		"evil.example:8080": false, "localhost.evil.example": false, "127.0.0.1.evil.example": false, "10.0.0.5:8080": false, "192.168.1.4": false,
	} {
		t.Run(host, func(t *testing.T) {
			r := call(t, w.server, http.MethodGet, "/api/v1/session", "", []string{"Host", host})
			if allowed && r.status != 200 {
				t.Errorf("status %d, want 200: %s", r.status, r.body)
			}
			if !allowed {
				r.problem(421, "foreign-host", "localhost")
			}
			for _, probe := range []string{"/healthz", "/readyz"} { // a cluster asks by the address of the container
				call(t, w.server, http.MethodGet, probe, "", []string{"Host", host}).ok(200, &struct{}{})
			}
		})
	}
}

func TestChangesFromElsewhereAreRefused(t *testing.T) {
	w := newWorld(t)
	text := body(w.instance, "1")
	for name, tc := range map[string]struct {
		headers []string
		status  int
		kind    string
	}{
		"NoContentType":   {nil, 415, "wrong-content-type"},
		"Form":            {[]string{"Content-Type", "application/x-www-form-urlencoded"}, 415, "wrong-content-type"},
		"PlainText":       {[]string{"Content-Type", "text/plain"}, 415, "wrong-content-type"},
		"LikeJSON":        {[]string{"Content-Type", "application/merge-patch+json"}, 415, "wrong-content-type"},
		"CrossSite":       {[]string{"Content-Type", "application/json", "Sec-Fetch-Site", "cross-site"}, 403, "cross-origin"},
		"ForeignOrigin":   {[]string{"Content-Type", "application/json", "Origin", "https://evil.example"}, 403, "cross-origin"},
		"JSON":            {[]string{"Content-Type", "application/json"}, 202, ""},
		"JSONWithCharset": {[]string{"Content-Type", "application/json; charset=utf-8"}, 202, ""},
		"SameOrigin":      {[]string{"Content-Type", "application/json", "Sec-Fetch-Site", "same-origin"}, 202, ""},
	} {
		t.Run(name, func(t *testing.T) {
			r := call(t, w.server, http.MethodPost, "/api/v1/resyncs", text, tc.headers)
			if tc.kind != "" {
				r.problem(tc.status, tc.kind)
			} else if r.status != tc.status {
				t.Errorf("status %d, want %d: %s", r.status, tc.status, r.body)
			}
		})
	}
}

func TestLargeBodiesAreRefused(t *testing.T) {
	w := newWorld(t)
	large := `{"increment_ids":["` + strings.Repeat("1", 1<<20) + `"]}`
	w.post("/api/v1/resyncs", large).problem(413, "request-too-large", "1 MB")

	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, w.server.URL+"/api/v1/resyncs", io.NopCloser(strings.NewReader(large)))
	if err != nil {
		t.Fatal(err)
	}
	req.ContentLength = -1 // chunked: the size is not known beforehand
	req.Header.Set("Content-Type", "application/json")
	res, err := w.server.Client().Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	if res.StatusCode != 413 {
		t.Errorf("status %d for a chunked body, want 413", res.StatusCode)
	}
}

func TestUnknownAddressesAndMethods(t *testing.T) {
	w := newWorld(t)
	w.get("/api/v1/nothing").problem(404, "no-such-route", "GET /api")
	w.get("/api/v1/orders/").problem(404, "no-such-route")
	w.get("/openapi.yaml").problem(404, "no-such-route")
	r := call(t, w.server, http.MethodDelete, "/api/v1/orders", "", []string{"Content-Type", "application/json"})
	r.problem(405, "wrong-method", "GET")
	if allow := r.header.Get("Allow"); allow != "GET" {
		t.Errorf("Allow %q, want GET", allow)
	}
}

func TestEveryAnswerHasSecurityHeaders(t *testing.T) {
	w := newWorld(t)
	for _, path := range []string{"/", "/healthz", "/openapi.json", "/api/v1/orders", "/api/v1/orders/main:1:1", "/nothing"} {
		h := w.get(path).header
		for name, want := range map[string]string{"X-Content-Type-Options": "nosniff", "Cache-Control": "no-store", "X-Frame-Options": "DENY",
			"Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'", "Referrer-Policy": "no-referrer"} {
			if got := h.Get(name); got != want {
				t.Errorf("%s: %s is %q, want %q", path, name, got, want)
			}
		}
	}
}

// TestRequestsAtOnce is for the race detector: nothing is shared between requests that is written.
func TestRequestsAtOnce(t *testing.T) {
	w := newWorld(t)
	fillOrderDesk(w)
	done := make(chan int)
	paths := []string{"/openapi.json", "/api", "/api/v1/orders?limit=2", "/api/v1/status", "/api/v1/orders/" + string(w.key(1, "000000001"))}
	for i := range 20 {
		go func() { done <- statusOf(w.server, paths[i%len(paths)]) }()
	}
	for range 20 {
		if status := <-done; status != 200 {
			t.Errorf("status %d, want 200", status)
		}
	}
}

func statusOf(server *httptest.Server, path string) int {
	res, err := server.Client().Get(server.URL + path)
	if err != nil {
		return 0
	}
	defer res.Body.Close()
	_, _ = io.Copy(io.Discard, res.Body)
	return res.StatusCode
}

// Fails without: the look at Private in known and in signIn.
func TestCredentials_AreNotTakenInTheClear(t *testing.T) {
	w := newWorld(t)
	w.settings.TrustedProxies, w.settings.Hosts = []string{"10.0.0.0/8"}, []string{"datawald.example.com"}
	handler, err := api.New(w.settings, w.db, w.temporal, testkit.Silent())
	if err != nil {
		t.Fatal(err)
	}
	for _, tc := range []struct {
		remote, proto, path string
		status              int
	}{
		{"192.0.2.1:1", "", "/api/v1/orders", 403}, {"192.0.2.1:1", "https", "/api/v1/orders", 403}, {"192.0.2.1:1", "", "/healthz", 200},
		{"10.0.0.5:1", "http", "/api/v1/orders", 403}, {"10.0.0.5:1", "https", "/api/v1/orders", 200}, {"127.0.0.1:1", "", "/api/v1/orders", 200},
	} {
		r := httptest.NewRequest("GET", tc.path, nil)
		r.Host, r.RemoteAddr = "datawald.example.com", tc.remote
		r.Header.Set("Authorization", "Bearer "+adminKey)
		if tc.proto != "" {
			r.Header.Set("X-Forwarded-Proto", tc.proto)
			r.Header.Set("X-Forwarded-For", "198.51.100.7")
		}
		answer := httptest.NewRecorder()
		handler.ServeHTTP(answer, r)
		secure := tc.status == 200 && tc.proto == "https"
		if answer.Code != tc.status || (answer.Header().Get("Strict-Transport-Security") != "") != secure {
			t.Errorf("%+v: %d %v %s", tc, answer.Code, answer.Header(), answer.Body)
		}
	}
	sign := httptest.NewRequest("POST", "/api/v1/session", strings.NewReader(`{"name":"a","password":"b"}`))
	sign.Host, sign.RemoteAddr = "datawald.example.com", "192.0.2.1:1"
	sign.Header.Set("Content-Type", "application/json")
	answer := httptest.NewRecorder()
	handler.ServeHTTP(answer, sign)
	if answer.Code != 403 || !strings.Contains(answer.Body.String(), "not-encrypted") {
		t.Errorf("signing in in the clear: %d %s", answer.Code, answer.Body)
	}
}
