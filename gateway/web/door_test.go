package web_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"datawald/gateway/access"
	"datawald/gateway/api"
	"datawald/gateway/web"
	"datawald/sandbox/testkit"
	"datawald/sandbox/testkit/browser"
)

// At a host with a name and without TLS a browser does not say by Sec-Fetch-Site where a form comes from, and Origin alone does.
//
// Fails without: the Referrer-Policy of pages; with no-referrer, by which the browser sends "Origin: null".
func TestFormsAtANamedHost(t *testing.T) {
	w := newWorld(t)
	w.settings.Hosts = []string{browser.Named}
	w.serve()
	b := browser.Open(t, strings.Replace(w.server.URL, "127.0.0.1", browser.Named, 1))
	w.signIn(b, access.Operator)
	if host := browser.Value[string](b, "location.hostname"); host != browser.Named {
		t.Errorf("it is at %q, want %s", host, browser.Named)
	}
}

// Fails without: the look at Own in guarded; the look at private before the open pages; the headers of guarded.
func TestNothingIsGivenUnderForeignNamesOrInTheClear(t *testing.T) {
	w := newWorld(t)
	asset := assetAddress.FindString(w.fetch("/"))
	handler, err := api.New(w.settings, w.db, w.temporal, testkit.Silent())
	if err != nil {
		t.Fatal(err)
	}
	page, err := web.New(handler, w.gate, web.Settings{Instances: w.settings.InstanceNames, Own: api.OwnHost(w.settings), Log: testkit.Silent()})
	if err != nil {
		t.Fatal(err)
	}
	for _, tc := range []struct {
		host, remote, path string
		status             int
	}{
		{"localhost", "127.0.0.1:1", "/login", 200}, {"localhost", "127.0.0.1:1", asset, 200}, {"localhost", "127.0.0.1:1", "/static/x", 404},
		{"evil.example", "127.0.0.1:1", "/login", 421}, {"evil.example", "127.0.0.1:1", asset, 421}, {"evil.example", "127.0.0.1:1", "/orders", 421},
		{"localhost", "192.0.2.1:1", "/login", 403}, {"localhost", "192.0.2.1:1", "/orders", 403}, {"localhost", "192.0.2.1:1", asset, 200},
	} {
		r := httptest.NewRequest(http.MethodGet, tc.path, nil)
		r.Host, r.RemoteAddr = tc.host, tc.remote
		answer := httptest.NewRecorder()
		page.ServeHTTP(answer, r)
		if answer.Code != tc.status || answer.Header().Get("X-Frame-Options") != "DENY" {
			t.Errorf("%+v: %d, %v", tc, answer.Code, answer.Header())
		}
		if tc.status == 403 && strings.Contains(answer.Body.String(), "<form") {
			t.Errorf("%+v: it asks for a password", tc)
		}
	}
}

// read counts what is read of a body.
type read struct{ bytes int }

func (r *read) Read(b []byte) (int, error) {
	for i := range b {
		b[i] = 'a'
	}
	r.bytes += len(b)
	return len(b), nil
}

// Nothing is read of a form that another site sends, however large it is, and not much more than may be of one that is too large. Fails without: PostForm in admit,
// where the request comes from another site; MaxBytesReader there.
func TestLargeFormsAreNotRead(t *testing.T) {
	w := newWorld(t)
	handler, err := api.New(w.settings, w.db, w.temporal, testkit.Silent())
	if err != nil {
		t.Fatal(err)
	}
	page, err := web.New(handler, w.gate, web.Settings{Instances: w.settings.InstanceNames, Own: api.OwnHost(w.settings), Log: testkit.Silent()})
	if err != nil {
		t.Fatal(err)
	}
	for _, tc := range []struct {
		path, site   string
		status, most int
	}{
		{"/login", "cross-site", 403, 0}, {"/rules/try", "cross-site", 403, 0}, {"/orders/do", "cross-site", 403, 0}, {"/rules/try", "same-origin", 400, 1<<20 + 1<<16},
	} {
		body := &read{}
		r := httptest.NewRequest(http.MethodPost, tc.path, io.LimitReader(body, 2<<20))
		r.Host, r.RemoteAddr = "localhost", "127.0.0.1:1"
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		r.Header.Set("Sec-Fetch-Site", tc.site)
		answer := httptest.NewRecorder()
		page.ServeHTTP(answer, r)
		if answer.Code != tc.status || body.bytes > tc.most {
			t.Errorf("%+v: %d, %d bytes read", tc, answer.Code, body.bytes)
		}
	}
}
