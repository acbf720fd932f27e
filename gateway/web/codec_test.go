package web_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
	"google.golang.org/protobuf/encoding/protojson"

	"datawald/gateway/access"
	"datawald/sandbox/testkit/browser"
)

// Temporal's UI, at another port of this machine, has payloads decrypted in a real browser with the session of the operator who looks at it. A page that the
// settings do not name gets nothing, and neither does the one that they name of anything else.
//
// Fails without: codecOrigins; Allow-Credentials or Allow-Headers there.
func TestCodecForTemporalUI(t *testing.T) {
	w := newWorld(t)
	page := func() *httptest.Server {
		s := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
		t.Cleanup(s.Close)
		return s
	}
	ui, other := page(), page()
	w.settings.CodecOrigins, w.settings.Temporal.CodecKeys = []string{ui.URL}, "a:"+strings.Repeat("YWFh", 10)+"YWE="
	w.serve()
	locked, err := w.settings.Converter()
	if err != nil {
		t.Fatal(err)
	}
	p, err := locked.ToPayload("main:1:000000123")
	if err != nil {
		t.Fatal(err)
	}
	text, err := protojson.Marshal(p)
	if err != nil {
		t.Fatal(err)
	}
	b := w.open()
	w.signIn(b, access.Operator)
	ask := func(at, method, path string) string {
		t.Helper()
		b.Do(chromedp.Navigate(at))
		body := ""
		if method == http.MethodPost {
			body = ", body: " + browser.Quote(`{"payloads":[`+string(text)+`]}`)
		}
		return browser.Value[string](b, `fetch(`+browser.Quote(w.server.URL+path)+`, { method: `+browser.Quote(method)+`, credentials: "include",
			headers: { "Content-Type": "application/json", "X-Namespace": "default" }`+body+` }).then(r => r.text(), e => "refused by the browser: " + e)`, chromedp.EvalAwaitPromise)
	}
	if got := ask(ui.URL, http.MethodPost, "/api/v1/codec/decode"); !strings.Contains(got, "Im1haW46MTowMDAwMDAxMjMi") {
		t.Errorf("the UI gets %s", got)
	}
	for name, got := range map[string]string{"another page": ask(other.URL, http.MethodPost, "/api/v1/codec/decode"), "orders": ask(ui.URL, http.MethodGet, "/api/v1/orders"),
		"a resync": ask(ui.URL, http.MethodPost, "/api/v1/resyncs")} {
		if !strings.HasPrefix(got, "refused by the browser") {
			t.Errorf("%s: %s", name, got)
		}
	}
}
