package web_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"datawald/gateway/access"
	"datawald/order"
)

// Who has not signed in comes to the login page and back; what was sent meanwhile is not done. Wrong passwords are refused, and kept waiting.
func TestSigningIn(t *testing.T) {
	w := newWorld(t)
	w.user(access.Operator)
	w.staged(w.key("1"), heldNow)
	none := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	for path, want := range map[string]string{"/orders?state=held&q=a%26b": "/login?again=1&next=%2Forders%3Fstate%3Dheld%26q%3Da%2526b", "/": "/login?again=1&next=%2F", "/nothing": "/login?again=1&next=%2Fnothing"} {
		res, err := none.Get(w.server.URL + path)
		if err != nil {
			t.Fatal(err)
		}
		res.Body.Close()
		if res.StatusCode != http.StatusSeeOther || res.Header.Get("Location") != want {
			t.Errorf("%s: %d to %s", path, res.StatusCode, res.Header.Get("Location"))
		}
	}
	res, err := none.PostForm(w.server.URL+"/orders/"+string(w.key("1"))+"/skip", url.Values{"reason": {"x"}, "back": {"/orders?state=held"}})
	if err != nil {
		t.Fatal(err)
	}
	res.Body.Close()
	if res.Header.Get("Location") != "/login?again=1&next=%2Forders%3Fstate%3Dheld" {
		t.Errorf("a form without a session leads to %s", res.Header.Get("Location"))
	}
	w.is(w.key("1"), order.Held)
	guess := w.form(&http.Client{}, "/login?next=%2Forders", "/login")
	guess.comes(401, "/login", "There is no user with this name and this password", `value="operator"`)("name", "operator", "password", "wrong wrong wrong")
	status := 0
	for range 6 {
		if status, _, _ = guess.send(); status == http.StatusTooManyRequests {
			break
		}
	}
	if status != http.StatusTooManyRequests {
		t.Errorf("the last of seven wrong passwords gave %d", status)
	}
}

// Whoever signs out is out, and his cookie is worth nothing.
func TestSigningOut(t *testing.T) {
	w := newWorld(t)
	clerk := w.as(access.Operator)
	address, err := url.Parse(w.server.URL)
	if err != nil {
		t.Fatal(err)
	}
	cookies := clerk.Jar.Cookies(address)
	w.form(clerk, "/", "/logout").comes(200, "/login", "Sign in")()
	req, err := http.NewRequest(http.MethodGet, w.server.URL+"/orders", nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range cookies {
		req.AddCookie(c)
	}
	res, err := http.DefaultTransport.RoundTrip(req)
	if err != nil {
		t.Fatal(err)
	}
	res.Body.Close()
	if len(cookies) != 1 || res.StatusCode != http.StatusSeeOther {
		t.Errorf("%d cookies; the old one gives %d", len(cookies), res.StatusCode)
	}
}

// Other addresses, names and methods are refused in words. Fails without: the Host in access.Within.
func TestWhatIsNoPage(t *testing.T) {
	w := newWorld(t)
	c := w.as(access.Admin)
	for _, path := range []string{"/nothing", "/orders/" + string(w.key("404")), "/orders/nonsense", "/runs/x~y", "/resync/orders/x", "/resync/backfills/x", "/rules/versions/x", "/users/nobody"} {
		res, text := w.answer(path)
		if res.StatusCode < 400 || res.StatusCode >= 500 || !strings.Contains(text, "<h1>") {
			t.Errorf("%s: %d", path, res.StatusCode)
		}
	}
	req, err := http.NewRequest(http.MethodGet, w.server.URL+"/orders", nil)
	if err != nil {
		t.Fatal(err)
	}
	address, _ := url.Parse(w.server.URL) // it was one before
	for _, cookie := range c.Jar.Cookies(address) {
		req.AddCookie(cookie)
	}
	req.Host = "evil.example"
	res, err := http.DefaultTransport.RoundTrip(req)
	if err != nil {
		t.Fatal(err)
	}
	res.Body.Close()
	if res.StatusCode != http.StatusMisdirectedRequest {
		t.Errorf("under a foreign name: %d", res.StatusCode)
	}
	for _, path := range []string{"/", "/orders"} {
		res, err := c.Post(w.server.URL+path, "text/plain", nil)
		if err != nil {
			t.Fatal(err)
		}
		res.Body.Close()
		if res.StatusCode != http.StatusMethodNotAllowed {
			t.Errorf("POST %s: %d", path, res.StatusCode)
		}
	}
}
