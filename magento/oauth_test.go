package magento_test

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"

	"pgregory.net/rapid"

	"datawald/magento"
	"datawald/order"
	"datawald/sandbox/magentosim"
)

// awkward are values that a signature gets wrong when anything is encoded once too often or too rarely.
var awkward = []string{
	"000000001", "WEB 1", "a+b", "100%", "%20", "a&b=c", "[1]", "ÄÖÜß", "中文", "😀", "~-._", "'\"", "a/b?c#d", "a;b", "*()!", "\\", "\t",
}

func TestOAuth_SignsWhateverIsAskedFor(t *testing.T) {
	shop := newShop(t, magentosim.Config{Orders: 3})
	for _, path := range []string{"", "/", "/rest", "/index.php/rest", "/rest/default", "/rest/all"} {
		client := newClient(t, magento.Settings{URL: serve(t, shop) + path, OAuth: fourCredentials})
		for _, id := range awkward {
			if _, err := client.FindByIncrementIDs(t.Context(), []string{id}); err != nil {
				t.Errorf("%q under %q: %v", id, path, err)
			}
		}
		reader := magento.Reader{Client: client, PageSize: 2}
		page, err := reader.Next(t.Context(), order.Cut{})
		if err != nil || len(page.Documents) != 2 {
			t.Fatalf("first page under %q: %v, %v", path, page, err)
		}
		if _, err := reader.Next(t.Context(), page.Next); err != nil {
			t.Errorf("second page under %q: %v", path, err)
		}
		if _, err := client.Get(t.Context(), page.Documents[0].EntityID); err != nil {
			t.Errorf("one order under %q: %v", path, err)
		}
	}
}

func TestOAuth_SignsAnyNumbersAndSecrets(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		draw := func(name string) string { return rapid.StringN(1, 20, -1).Draw(t, name) }
		o := magento.OAuth{ConsumerKey: draw("key"), ConsumerSecret: draw("secret"), AccessToken: draw("token"), AccessTokenSecret: draw("token secret")}
		shop, err := magentosim.New(magentosim.Config{OAuth: magentosim.OAuthCredentials(o)})
		if err != nil {
			t.Fatal(err)
		}
		server := httptest.NewServer(shop)
		defer server.Close()
		client := newClient(t, magento.Settings{URL: server.URL, OAuth: o})
		ids := rapid.SliceOfN(rapid.String(), 1, 5).Draw(t, "ids")
		if _, err := client.FindByIncrementIDs(t.Context(), ids); err != nil {
			t.Errorf("ids %q: %v", ids, err)
		}
	})
}

func TestOAuth_UsesEachNonceOnce(t *testing.T) {
	shop := newShop(t, magentosim.Config{Orders: 1})
	client := newClient(t, magento.Settings{URL: serve(t, shop), OAuth: fourCredentials})
	var wg sync.WaitGroup
	for range 50 {
		wg.Go(func() {
			if _, err := client.Get(t.Context(), 1); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
}

// elsewhere sends every request to one server, whatever its address says, and leaves the request as it is.
type elsewhere struct{ server *url.URL }

func (e elsewhere) RoundTrip(r *http.Request) (*http.Response, error) {
	there := r.Clone(r.Context())
	there.Host = r.URL.Host
	there.URL.Scheme, there.URL.Host = e.server.Scheme, e.server.Host
	return new(http.Transport).RoundTrip(there)
}

func TestOAuth_SignsTheAddressThatTheShopSees(t *testing.T) {
	for _, c := range []struct{ url, seenAs string }{
		{"http://shop.example.com", ""},
		{"http://shop.example.com:80", ""},
		{"http://shop.example.com:8080", ""},
		{"http://Shop.Example.COM", ""},
		{"http://shop.example.com:443", ""},
		{"http://[::1]:8080", ""},
		{"https://shop.example.com", "https://shop.example.com"},
		{"https://shop.example.com:443", "https://shop.example.com"},
		{"https://shop.example.com:80", "https://shop.example.com:80"},
		{"https://shop.example.com:8443", "https://shop.example.com:8443"},
		{"https://user:pass@shop.example.com", "https://shop.example.com"},
	} {
		shop := newShop(t, magentosim.Config{SignedBaseURL: c.seenAs})
		server, err := url.Parse(serve(t, shop))
		if err != nil {
			t.Fatal(err)
		}
		transport := new(http.Transport)
		for _, scheme := range []string{"http", "https"} {
			transport.RegisterProtocol(scheme, elsewhere{server})
		}
		client := newClient(t, magento.Settings{URL: c.url, OAuth: fourCredentials, Transport: transport})
		if _, err := client.FindByIncrementIDs(t.Context(), []string{"1"}); err != nil {
			t.Errorf("%s: %v", c.url, err)
		}
	}
}

func TestOAuth_WinsOverTheToken(t *testing.T) {
	shop := newShop(t, magentosim.Config{Orders: 1, BearerDisabled: true})
	client := newClient(t, magento.Settings{URL: serve(t, shop), Token: bearer, OAuth: fourCredentials})
	if _, err := client.Get(t.Context(), 1); err != nil {
		t.Errorf("with both: %v", err)
	}
}

func TestBearer_IsSentAsItIs(t *testing.T) {
	client := newClient(t, magento.Settings{URL: serve(t, newShop(t, magentosim.Config{Orders: 1})), Token: bearer})
	if _, err := client.Get(t.Context(), 1); err != nil {
		t.Error(err)
	}
}

func TestNew_RefusesSettingsThatCannotWork(t *testing.T) {
	for _, c := range []struct {
		name     string
		settings magento.Settings
		names    string
	}{
		{"no address", magento.Settings{Token: "t"}, "URL"},
		{"no scheme", magento.Settings{URL: "shop.example.com", Token: "t"}, "URL"},
		{"another scheme", magento.Settings{URL: "ftp://user:s3cret@shop.example.com", Token: "t"}, "URL"},
		{"no host", magento.Settings{URL: "https://", Token: "t"}, "URL"},
		{"a broken address", magento.Settings{URL: "https://user:s3cret@shop.example.com:x", Token: "t"}, "URL"},
		{"a query", magento.Settings{URL: "https://shop.example.com/?SID=1", Token: "t"}, "URL"},
		{"a fragment", magento.Settings{URL: "https://shop.example.com/#top", Token: "t"}, "URL"},
		{"no credentials", magento.Settings{URL: "https://shop.example.com"}, "credentials"},
		{"three of four", magento.Settings{URL: "https://shop.example.com", OAuth: magento.OAuth{ConsumerKey: "a", ConsumerSecret: "b", AccessToken: "c"}}, "credentials"},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := magento.New(c.settings)
			if err == nil || !strings.Contains(err.Error(), c.names) {
				t.Fatalf("error is %v, want one about %s", err, c.names)
			}
			if strings.Contains(err.Error(), "s3cret") {
				t.Errorf("error %q tells the password", err)
			}
		})
	}
	_, err := magento.New(magento.Settings{})
	if err == nil || !strings.Contains(err.Error(), "URL") || !strings.Contains(err.Error(), "credentials") {
		t.Errorf("error %v does not report both problems at once", err)
	}
}

func TestNew_FindsTheRESTRoot(t *testing.T) {
	for url, want := range map[string]string{
		"":                 "/rest/V1/orders/1",
		"/":                "/rest/V1/orders/1",
		"/shop":            "/shop/rest/V1/orders/1",
		"/shop/rest/":      "/shop/rest/V1/orders/1",
		"/rest/V1":         "/rest/V1/orders/1",
		"/rest/V1/":        "/rest/V1/orders/1",
		"/rest/de_view/V1": "/rest/de_view/V1/orders/1",
		"/index.php/rest":  "/index.php/rest/V1/orders/1",
		"/restaurant":      "/restaurant/rest/V1/orders/1",
	} {
		var asked string
		address := serve(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			asked = r.URL.Path
			_, _ = w.Write([]byte(`{}`))
		}))
		_, _ = newClient(t, magento.Settings{URL: address + url}).Get(t.Context(), 1)
		if asked != want {
			t.Errorf("with %q it asks for %s, want %s", url, asked, want)
		}
	}
}
