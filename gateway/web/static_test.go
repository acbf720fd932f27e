package web_test

import (
	"io"
	"net/http"
	"regexp"
	"strings"
	"testing"
)

var assetAddress = regexp.MustCompile(`/static/[0-9a-f]{16}/[a-z.]+`)

// A browser keeps the static files for good, and asks for others after an update; pages it never keeps. Fails without: the hash in the condition
// of assets.ServeHTTP; secure.
func TestWhatABrowserMayKeep(t *testing.T) {
	w := newWorld(t)
	page, text := w.answer("/")
	if got := page.Header.Get("Cache-Control"); got != "no-store" {
		t.Errorf("a page is kept: %q", got)
	}
	addresses := assetAddress.FindAllString(text, -1)
	if len(addresses) < 3 {
		t.Fatalf("the page names only %q", addresses)
	}
	for _, address := range addresses {
		res, _ := w.answer(address)
		if got := res.Header.Get("Cache-Control"); res.StatusCode != 200 || got != "public, max-age=31536000, immutable" {
			t.Errorf("%s: %d, kept %q", address, res.StatusCode, got)
		}
	}
	if res, _ := w.answer("/static/0123456789abcdef/app.css"); res.StatusCode != 200 || res.Header.Get("Cache-Control") != "no-store" {
		t.Errorf("a file under the address of another release: %d, kept %q", res.StatusCode, res.Header.Get("Cache-Control"))
	}
	for _, address := range []string{"/static/", "/static/x", "/static/x/nothing.js", "/static/x/../../web.go", "/static/x/templates/login.html"} {
		if res, _ := w.answer(address); res.StatusCode != http.StatusNotFound {
			t.Errorf("%s: %d", address, res.StatusCode)
		}
	}
}

// Nothing on a page runs that is not of the gateway, and nobody embeds it. Fails without: each header in secure.
func TestHeadersOfPages(t *testing.T) {
	w := newWorld(t)
	for _, path := range []string{"/", "/orders", "/login", "/nowhere", assetAddress.FindString(w.fetch("/"))} {
		res, _ := w.answer(path)
		for name, want := range map[string]string{"Content-Security-Policy": "default-src 'self'; frame-ancestors 'none'; form-action 'self'; base-uri 'none'; object-src 'none'",
			"X-Content-Type-Options": "nosniff", "X-Frame-Options": "DENY", "Referrer-Policy": "same-origin", "Cross-Origin-Opener-Policy": "same-origin"} {
			if got := res.Header.Get(name); got != want {
				t.Errorf("%s: %s is %q, want %q", path, name, got, want)
			}
		}
	}
}

// A whole page with all that it loads stays under 200 KB.
func TestPageWeight(t *testing.T) {
	w := newWorld(t)
	w.stock(64)
	shared := 0
	for address := range w.modules() {
		shared += w.weight(address)
	}
	for name, path := range w.shown() {
		if sum := shared + w.weight(path); sum > 200<<10 {
			t.Errorf("%s weighs %d KB, of which files %d KB", name, sum>>10, shared>>10)
		} else {
			t.Logf("%s weighs %d KB, of which files %d KB", name, sum>>10, shared>>10)
		}
	}
}

var imported = regexp.MustCompile(`from "\./([a-z.]+)"`)

// modules are the addresses of all static files that a page loads, with what these import.
func (w *world) modules() map[string]bool {
	all := map[string]bool{}
	for _, address := range assetAddress.FindAllString(w.fetch("/"), -1) {
		all[address] = true
		for _, m := range imported.FindAllStringSubmatch(w.fetch(address), -1) {
			all[address[:strings.LastIndex(address, "/")+1]+m[1]] = true
		}
	}
	return all
}

// weight is what goes over the wire.
func (w *world) weight(address string) int {
	w.t.Helper()
	req, err := http.NewRequest(http.MethodGet, w.server.URL+address, nil)
	if err != nil {
		w.t.Fatal(err)
	}
	req.Header.Set("Accept-Encoding", "gzip")
	res, err := w.client().Do(req)
	if err != nil {
		w.t.Fatal(err)
	}
	defer res.Body.Close()
	n, err := io.Copy(io.Discard, res.Body)
	if err != nil {
		w.t.Fatal(err)
	}
	return int(n)
}

func (w *world) answer(path string) (*http.Response, string) {
	w.t.Helper()
	res, err := w.client().Get(w.server.URL + path)
	if err != nil {
		w.t.Fatal(err)
	}
	defer res.Body.Close()
	text, err := io.ReadAll(res.Body)
	if err != nil {
		w.t.Fatal(err)
	}
	return res, string(text)
}
