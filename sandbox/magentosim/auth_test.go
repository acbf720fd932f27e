package magentosim_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"datawald/sandbox/magentosim"
)

var creds = magentosim.OAuthCredentials{
	ConsumerKey: "consumer", ConsumerSecret: "consumer&secret", AccessToken: "access", AccessTokenSecret: "access secret",
}

const notAllowed = `{"message":"The consumer isn't authorized to access %resources.","parameters":{"resources":"Magento_Sales::actions_view"}}`

func TestBearer(t *testing.T) {
	shop := fill(t, magentosim.Config{}, document(1, nil))
	tests := []struct {
		header string
		status int
	}{
		{"Bearer " + token, 200}, {"bearer " + token, 200}, {"Bearer wrong", 401}, {"Bearer ", 401}, {"Basic " + token, 401}, {"", 401},
	}
	for _, tt := range tests {
		a := shop.call("GET", "/rest/V1/orders/1", "", "Authorization", tt.header)
		if a.status != tt.status || a.status == 401 && string(a.body) != notAllowed {
			t.Errorf("%q: got %d %s", tt.header, a.status, a.body)
		}
	}
	if err := shop.SetFaults(func(f *magentosim.Faults) { f.ACL = false }); err != nil {
		t.Fatal(err)
	}
	if a := shop.get("/rest/V1/orders/1"); a.status != 401 || string(a.body) != notAllowed {
		t.Errorf("without permission: got %d %s", a.status, a.body)
	}
	shop.ClearFaults()
	shop.control("/control", `{"bearer_disabled":true}`)
	if a := shop.get("/rest/V1/orders/1"); a.status != 401 || string(a.body) != notAllowed {
		t.Errorf("bearer disabled: got %d %s", a.status, a.body)
	}
}

func TestNoCredentialsRefuseEverybody(t *testing.T) {
	shop, err := magentosim.New(magentosim.Config{})
	if err != nil {
		t.Fatal(err)
	}
	r := running{Shop: shop, t: t}
	for _, header := range []string{"", "Bearer ", "Bearer x"} {
		req, _ := http.NewRequest("GET", "/rest/V1/orders?searchCriteria=", nil)
		req.Header.Set("Authorization", header)
		w := &recorder{header: http.Header{}}
		r.ServeHTTP(w, req)
		if w.status != http.StatusUnauthorized {
			t.Errorf("%q: got %d", header, w.status)
		}
	}
}

// recorder keeps the status alone.
type recorder struct {
	header http.Header
	status int
}

func (r *recorder) Header() http.Header         { return r.header }
func (r *recorder) Write(b []byte) (int, error) { return len(b), nil }
func (r *recorder) WriteHeader(status int)      { r.status = status }

func TestOAuth(t *testing.T) {
	good := signer{creds: creds, algorithm: "HMAC-SHA256", at: noon}
	with := func(change func(*signer)) signer {
		s := good
		change(&s)
		return s
	}
	tests := []struct {
		name    string
		version string
		signer  signer
		query   string
		status  int
		message string
	}{
		{"good", "2.4.6", good, "searchCriteria=", 200, ""},
		{"brackets and a space", "2.4.6", good, criteria(append(where(0, 0, "updated_at", "gteq", "2026-10-01 00:00:00"), byID...)...), 200, ""},
		{"umlaut, plus, slash, tilde", "2.4.6", good, criteria(where(0, 0, "customer_lastname", "eq", "Jö+rg/~*'(x)")...), 200, ""},
		{"599 s ahead", "2.4.6", with(func(s *signer) { s.at = noon.Add(599 * time.Second) }), "searchCriteria=", 200, ""},
		{"601 s ahead", "2.4.6", with(func(s *signer) { s.at = noon.Add(601 * time.Second) }), "searchCriteria=", 401,
			"An error occurred validating the nonce"},
		{"long ago", "2.4.6", with(func(s *signer) { s.at = noon.Add(-time.Hour) }), "searchCriteria=", 200, ""},
		{"SHA1 refused", "2.4.6", with(func(s *signer) { s.algorithm = "HMAC-SHA1" }), "searchCriteria=", 400, "Signature method %1 is not supported"},
		{"SHA1 taken in 2.4.1", "2.4.1", with(func(s *signer) { s.algorithm = "HMAC-SHA1" }), "searchCriteria=", 200, ""},
		{"wrong consumer", "2.4.6", with(func(s *signer) { s.creds.ConsumerKey = "x" }), "searchCriteria=", 401, "A consumer having the specified key does not exist"},
		{"wrong token", "2.4.6", with(func(s *signer) { s.creds.AccessToken = "x" }), "searchCriteria=", 401, "Specified token does not exist"},
		{"wrong secret", "2.4.6", with(func(s *signer) { s.creds.ConsumerSecret = "x" }), "searchCriteria=", 401, "The signature is invalid. Verify and try again."},
		{"wrong token secret", "2.4.6", with(func(s *signer) { s.creds.AccessTokenSecret = "x" }), "searchCriteria=", 401, "The signature is invalid. Verify and try again."},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			shop := open(t, magentosim.Config{OAuth: creds, Version: tt.version})
			path := "/rest/V1/orders?" + tt.query
			a := shop.call("GET", path, "", "Authorization", tt.signer.header("GET", shop.url+path))
			if a.status != tt.status || tt.message != "" && a.json(t)["message"] != tt.message {
				t.Errorf("got %d %s", a.status, a.body)
			}
		})
	}
}

// TestSignatureVector checks a request with the parameters of the example in RFC 5849, 3.4.1, against a signature that
// was made once with openssl.
func TestSignatureVector(t *testing.T) {
	shop := open(t, magentosim.Config{
		OAuth: magentosim.OAuthCredentials{
			ConsumerKey: "9djdj82h48djs9d2", ConsumerSecret: "j49sk3j29djd", AccessToken: "kkk9d7dh3k39sjv7", AccessTokenSecret: "dh893hdasih9"},
		SignedBaseURL: "http://example.com",
	})
	header := `OAuth realm="Example", oauth_consumer_key="9djdj82h48djs9d2", oauth_token="kkk9d7dh3k39sjv7", ` +
		`oauth_signature_method="HMAC-SHA256", oauth_timestamp="137131201", oauth_nonce="7d8f3e4a", oauth_signature="` +
		url.QueryEscape(vector) + `"`
	a := shop.call("GET", "/rest/V1/orders?"+vectorQuery, "", "Authorization", header)
	if a.status != http.StatusOK {
		t.Errorf("got %d %s", a.status, a.body)
	}
}

const (
	vectorQuery = "searchCriteria%5BpageSize%5D=5&b5=%3D%253D&a3=a&c%40=&a2=r%20b&a3=2%20q&c2="
	vector      = "/bryRbJ3rOfFArID+sRPme5nFeKhIZp/rS0+WWrDgwg="
)

func TestNonceIsUsedOnce(t *testing.T) {
	shop := open(t, magentosim.Config{OAuth: creds})
	path := "/rest/V1/orders?searchCriteria="
	header := signer{creds: creds, algorithm: "HMAC-SHA256", at: noon}.header("GET", shop.url+path)
	if a := shop.call("GET", path, "", "Authorization", header); a.status != 200 {
		t.Fatalf("first use: got %d %s", a.status, a.body)
	}
	a := shop.call("GET", path, "", "Authorization", header)
	if want := `{"message":"The nonce is already being used by the consumer with ID %1","parameters":[1]}`; a.status != 401 || string(a.body) != want {
		t.Errorf("second use: got %d %s", a.status, a.body)
	}
}

func TestSignatureBehindProxy(t *testing.T) {
	shop := open(t, magentosim.Config{OAuth: creds, SignedBaseURL: "http://shop.example.com"})
	path := "/rest/V1/orders?searchCriteria="
	sign := func(base string) string {
		return signer{creds: creds, algorithm: "HMAC-SHA256", at: noon}.header("GET", base+path)
	}
	if a := shop.call("GET", path, "", "Authorization", sign("http://shop.example.com")); a.status != 200 {
		t.Errorf("signed as Magento sees itself: got %d %s", a.status, a.body)
	}
	if a := shop.call("GET", path, "", "Authorization", sign("https://shop.example.com")); a.status != 401 {
		t.Errorf("signed as the client sees it: got %d %s", a.status, a.body)
	}
}

func TestOAuthParametersMissing(t *testing.T) {
	shop := open(t, magentosim.Config{OAuth: creds})
	a := shop.call("GET", "/rest/V1/orders?searchCriteria=", "", "Authorization", `OAuth oauth_consumer_key="consumer"`)
	errors, _ := a.json(t)["errors"].([]any)
	if a.status != 400 || len(errors) != 5 {
		t.Errorf("got %d %s", a.status, a.body)
	}
}

func TestAdminToken(t *testing.T) {
	now := noon
	shop := fill(t, magentosim.Config{
		AdminUsername: "admin", AdminPassword: "secret1", AdminTokenLifetime: time.Hour, BearerDisabled: true,
		Now: func() time.Time { return now },
	}, document(1, nil))
	login := func(password string) answer {
		return shop.call("POST", "/rest/V1/integration/admin/token", fmt.Sprintf(`{"username":"admin","password":%q}`, password))
	}
	var issued string
	if err := json.Unmarshal(login("secret1").body, &issued); err != nil || issued == "" {
		t.Fatalf("not a JSON string: %v", err)
	}
	use := func() int {
		return shop.call("GET", "/rest/V1/orders/1", "", "Authorization", "Bearer "+issued).status
	}
	if use() != 200 {
		t.Errorf("a fresh token is refused")
	}
	now = noon.Add(time.Hour)
	if use() != 401 {
		t.Errorf("an old token is accepted")
	}
	for range 6 {
		if a := login("wrong"); a.status != 401 || !strings.HasPrefix(a.json(t)["message"].(string), "The account sign-in was incorrect") {
			t.Errorf("wrong password: got %d %s", a.status, a.body)
		}
	}
	if a := login("secret1"); a.status != 401 {
		t.Errorf("after six failures the account should be locked: got %d", a.status)
	}
	now = now.Add(30 * time.Minute)
	if a := login("secret1"); a.status != 200 {
		t.Errorf("after half an hour the lock should be open: got %d %s", a.status, a.body)
	}
}

func TestTwoFactor(t *testing.T) {
	shop := open(t, magentosim.Config{AdminUsername: "admin", AdminPassword: "secret1", TwoFactor: true})
	a := shop.call("POST", "/rest/V1/integration/admin/token", `{"username":"admin","password":"secret1"}`)
	want := `{"message":"Please use the 2fa provider-specific endpoints to obtain a token.","parameters":{"active_providers":["google"]}}`
	if a.status != 400 || string(a.body) != want {
		t.Errorf("got %d %s", a.status, a.body)
	}
}
