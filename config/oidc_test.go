package config_test

import (
	"maps"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"datawald/config"
)

var withProvider = map[string]string{"OIDC_ISSUER": "https://id.example.com/realms/main", "OIDC_CLIENT_ID": "datawald", "OIDC_CLIENT_SECRET": "k3q7w2xy5z4a9b8c",
	"OIDC_ROLES": "datawald-admin=admin,cn=ops=operator,*=viewer", "GATEWAY_URL": "https://datawald.example.com", "GATEWAY_HOSTS": "DataWald.example.com:8443,d.example.com"}

func TestOIDC_OK(t *testing.T) {
	path := filepath.Join(t.TempDir(), "secret")
	if err := os.WriteFile(path, []byte(withProvider["OIDC_CLIENT_SECRET"]+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for name, value := range withProvider {
		if name != "OIDC_CLIENT_SECRET" {
			t.Setenv(name, value)
		}
	}
	t.Setenv("OIDC_CLIENT_SECRET_FILE", path)
	g, err := config.LoadGateway()
	if err != nil {
		t.Fatal(err)
	}
	if !maps.Equal(g.Roles(), map[string]string{"datawald-admin": "admin", "cn=ops": "operator", "*": "viewer"}) {
		t.Errorf("roles %v", g.Roles())
	}
	if !g.Provided() || g.ClientSecret != "k3q7w2xy5z4a9b8c" || g.ProviderSessionLife != 12*time.Hour || g.PublicURL() != "https://datawald.example.com" {
		t.Errorf("%+v", g.OIDC)
	}
}

// Each fault is named, and the secret in no line. Fails without: each of the looks in checkProvider and checkRoles; hostOf in Answers.
func TestOIDC_Problems(t *testing.T) {
	for _, tc := range []struct{ name, value, want string }{
		{"OIDC_ISSUER", "", "OIDC_ISSUER: is missing"}, {"OIDC_ISSUER", "http://id.example.com", "OIDC_ISSUER: is"}, {"OIDC_ISSUER", "https://u:p4ssw0rd@id.example.com", "OIDC_ISSUER: is"},
		{"OIDC_ISSUER", "https://id.example.com?x=1", "OIDC_ISSUER: is"}, {"OIDC_ISSUER", "id.example.com", "OIDC_ISSUER: is"},
		{"OIDC_CLIENT_ID", "", "OIDC_CLIENT_ID: is missing"}, {"OIDC_CLIENT_SECRET", "", "OIDC_CLIENT_SECRET: is missing"},
		{"OIDC_CLIENT_SECRET", "k3q7w2xy5z4a", "OIDC_CLIENT_SECRET: want 16"}, {"OIDC_CLIENT_SECRET", strings.Repeat("k3", 20), "OIDC_CLIENT_SECRET: want 16"},
		{"OIDC_ROLES", "", "OIDC_ROLES: is missing"}, {"OIDC_ROLES", "ops=boss", `OIDC_ROLES: has "ops=boss"`}, {"OIDC_ROLES", "ops", `OIDC_ROLES: has "ops"`}, {"OIDC_ROLES", "=viewer", "OIDC_ROLES: has"},
		{"OIDC_ROLES", "*=admin", "OIDC_ROLES: has *=admin"}, {"OIDC_ROLES", "a=viewer,a=admin", "OIDC_ROLES: names a group twice"},
		{"OIDC_SESSION_LIFE", "1s", "OIDC_SESSION_LIFE: is 1s"}, {"OIDC_LOCAL_SIGN_IN", "none", "OIDC_LOCAL_SIGN_IN: is"},
		{"GATEWAY_URL", "http://datawald.example.com", "GATEWAY_URL: the gateway would be at"}, {"GATEWAY_URL", "https://datawald.example.com/desk", "GATEWAY_URL: the gateway would be at"},
		{"GATEWAY_URL", "https://desk.example.com", `at "https://desk.example.com", and does not answer under that name`},
		{"GATEWAY_HOSTS", "d.example.com", `at "https://datawald.example.com", and does not answer under that name`},
	} {
		t.Run(tc.want+" "+tc.value, func(t *testing.T) {
			for name, value := range withProvider {
				t.Setenv(name, value)
			}
			t.Setenv(tc.name, tc.value)
			_, err := config.LoadGateway()
			if err == nil || !strings.Contains(err.Error(), tc.want) || strings.Count(err.Error(), "\n") != 1 {
				t.Fatalf("%v, want one problem: %s", err, tc.want)
			}
			if strings.Contains(err.Error(), "k3q7w2xy5z4a") || strings.Contains(err.Error(), "p4ssw0rd") {
				t.Errorf("a secret is in %v", err)
			}
		})
	}
}

// Where people open the gateway follows from its settings. Fails without: withPort, its look at the port of the name, at 443.
func TestPublicURL(t *testing.T) {
	for _, tc := range []struct {
		want string
		l    config.Listening
	}{
		{"https://d.example.com", config.Listening{Address: "127.0.0.1:8080", Hosts: []string{"d.example.com", "e.example.com"}, BehindTLS: true}},
		{"https://d.example.com:9443", config.Listening{Address: "0.0.0.0:8443", Hosts: []string{"d.example.com:9443"}, TLSCertFile: "x"}},
		{"https://d.example.com:8443", config.Listening{Address: "0.0.0.0:8443", Hosts: []string{"d.example.com"}, TLSCertFile: "x"}},
		{"https://[fd00::7]:8443", config.Listening{Address: "[::]:8443", Hosts: []string{"[fd00::7]"}, TLSCertFile: "x"}},
		{"https://d.example.com", config.Listening{Address: "0.0.0.0:443", Hosts: []string{"d.example.com"}, TLSCertFile: "x"}},
		{"https://desk.example.com", config.Listening{Address: "127.0.0.1:8080", Hosts: []string{"desk.example.com"}, URL: "https://desk.example.com/"}},
		{"http://127.0.0.1:8080", config.Listening{Address: "127.0.0.1:8080"}},
		{"https://127.0.0.1:8443", config.Listening{Address: "127.0.0.1:8443", TLSCertFile: "x"}},
	} {
		if got := tc.l.PublicURL(); got != tc.want {
			t.Errorf("%+v is at %s, want %s", tc.l, got, tc.want)
		}
	}
}
