package magentosim_test

import (
	"encoding/base64"
	"encoding/json"
	"strings"
	"testing"
	"time"

	"datawald/sandbox/magentosim"
)

const login = `{"username":"admin","password":"secret1"}`

// newToken logs in and gives the token.
func (r running) newToken() string {
	r.t.Helper()
	var token string
	a := r.call("POST", "/rest/V1/integration/admin/token", login)
	if err := json.Unmarshal(a.body, &token); err != nil {
		r.t.Fatalf("%d %s: %v", a.status, a.body, err)
	}
	return token
}

// as gives the status of a read with a token.
func (r running) as(token string) int {
	r.t.Helper()
	return r.call("GET", "/rest/V1/orders/1", "", "Authorization", "Bearer "+token).status
}

func TestAdminTokensByRelease(t *testing.T) {
	for _, c := range []struct {
		version string
		opaque  bool
		jwt     bool
		life    time.Duration
	}{
		{"2.3.5", false, false, 4 * time.Hour}, {"2.4.3", false, false, 4 * time.Hour},
		{"2.4.4", false, true, time.Hour}, {"2.4.6-p4", false, true, time.Hour}, {"2.4.6", true, false, 4 * time.Hour},
	} {
		now := noon
		shop := fill(t, magentosim.Config{Version: c.version, OpaqueAdminTokens: c.opaque, AdminUsername: "admin", AdminPassword: "secret1",
			Now: func() time.Time { return now }}, document(1, nil))
		token := shop.newToken()
		parts := strings.Split(token, ".")
		if (len(parts) == 3) != c.jwt {
			t.Errorf("%s: token %q, JWT is to be %v", c.version, token, c.jwt)
		}
		if c.jwt {
			raw, err := base64.RawURLEncoding.DecodeString(parts[1])
			var claims struct{ Iat, Exp int64 }
			if err != nil || json.Unmarshal(raw, &claims) != nil || claims.Iat != noon.Unix() || claims.Exp != noon.Add(time.Hour).Unix() {
				t.Errorf("%s: claims %s, %v", c.version, raw, err)
			}
		}
		now = noon.Add(c.life - time.Second)
		if got := shop.as(token); got != 200 {
			t.Errorf("%s: a second before its end it is answered %d", c.version, got)
		}
		now = noon.Add(c.life)
		if got := shop.as(token); got != 401 {
			t.Errorf("%s: at its end it is answered %d", c.version, got)
		}
	}
}

func TestAdminTokensAreRevoked(t *testing.T) {
	shop := fill(t, magentosim.Config{AdminUsername: "admin", AdminPassword: "secret1"}, document(1, nil))
	token := shop.newToken()
	shop.control("/control/revoke", "")
	if got := shop.as(token); got != 401 {
		t.Errorf("a revoked token is answered %d", got)
	}
	if got := shop.as(shop.newToken()); got != 200 {
		t.Errorf("a new token is answered %d", got)
	}
}

func TestSignInFaults(t *testing.T) {
	shop := fill(t, magentosim.Config{OAuth: creds, AdminUsername: "admin", AdminPassword: "secret1"}, document(1, nil))
	path := "/rest/V1/orders/1"
	signed := func() answer {
		return shop.call("GET", path, "", "Authorization", signer{creds: creds, algorithm: "HMAC-SHA256", at: noon}.header("GET", shop.url+path))
	}
	for _, c := range []struct {
		fault           string
		bearer, signed  int
		signedSays      string
		login           int
		loginSays       string
		otherRightStays bool
	}{
		{`{"deny":["Magento_Sales::actions_view"]}`, 401, 401, "%resources", 200, "", true},
		{`{"token_revoked":true}`, 401, 401, "Access token has been revoked", 200, "", false},
		{`{"integration_inactive":true}`, 401, 401, "%resources", 200, "", false},
		{`{"drop_authorization":true}`, 401, 401, "%resources", 200, "", false},
		{`{"oauth_refusal":"signature"}`, 200, 401, "The signature is invalid", 200, "", true},
		{`{"oauth_refusal":"consumer_expired"}`, 200, 401, "Consumer key has expired", 200, "", true},
		{`{"admin_locked":true}`, 200, 200, "", 401, "disabled temporarily", true},
		{`{"two_factor":true}`, 200, 200, "", 400, "active_providers", true},
		{`{}`, 200, 200, "", 200, "", true},
	} {
		shop.ClearFaults()
		shop.control("/control", c.fault)
		if a := shop.get(path); a.status != c.bearer {
			t.Errorf("%s: bearer is answered %d", c.fault, a.status)
		}
		if a := signed(); a.status != c.signed || !strings.Contains(string(a.body), c.signedSays) {
			t.Errorf("%s: a signature is answered %d %s", c.fault, a.status, a.body)
		}
		if a := shop.call("POST", "/rest/V1/integration/admin/token", login); a.status != c.login || !strings.Contains(string(a.body), c.loginSays) {
			t.Errorf("%s: a login is answered %d %s", c.fault, a.status, a.body)
		}
		if got := shop.get("/rest/V1/store/websites").status == 200; got != c.otherRightStays {
			t.Errorf("%s: other rights: %v", c.fault, got)
		}
	}
	if a := shop.call("POST", "/control", `{"oauth_refusal":"nonsense"}`); a.status != 400 || !strings.Contains(string(a.body), "consumer_expired") {
		t.Errorf("an unknown refusal: %d %s, want the names of those that there are", a.status, a.body)
	}
}

func TestVersionPage(t *testing.T) {
	for version, want := range map[string]string{"2.3.5": "Magento/2.3 (Community)", "2.4.6-p4": "Magento/2.4 (Community)"} {
		if a := open(t, magentosim.Config{Version: version}).call("GET", "/magento_version", ""); string(a.body) != want {
			t.Errorf("%s: %d %q, want %q", version, a.status, a.body, want)
		}
	}
}
