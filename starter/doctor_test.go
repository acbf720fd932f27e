package main

import (
	"bytes"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"

	"datawald/sandbox/magentosim"
)

// doctor runs the command with these settings and no others.
func doctor(t *testing.T, settings map[string]string, args ...string) (code int, out, errs string) {
	t.Helper()
	for _, pair := range os.Environ() {
		if name, _, _ := strings.Cut(pair, "="); strings.HasPrefix(name, "MAGENTO_") || name == "INSTANCES" {
			t.Setenv(name, "") // brings it back at the end of the test
			if err := os.Unsetenv(name); err != nil {
				t.Fatal(err)
			}
		}
	}
	for name, value := range settings {
		t.Setenv(name, value)
	}
	var stdout, stderr bytes.Buffer
	code = run(t.Context(), append([]string{"doctor", "magento"}, args...), streams{strings.NewReader(""), &stdout, &stderr})
	return code, stdout.String(), stderr.String()
}

// sampleShop is a shop with a token and an admin user.
func sampleShop(t *testing.T, cfg magentosim.Config) (*magentosim.Shop, string) {
	t.Helper()
	cfg.Orders, cfg.BearerToken, cfg.AdminUsername, cfg.AdminPassword = 12, "integration-token", "connector", "s3cret-pass"
	shop, err := magentosim.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(shop)
	t.Cleanup(server.Close)
	return shop, server.URL
}

func TestDoctor_TellsByItsExitCodeWhoMustAct(t *testing.T) {
	down := httptest.NewServer(http.NotFoundHandler())
	down.Close()
	for _, c := range []struct {
		name   string
		config magentosim.Config
		fault  func(*magentosim.Faults)
		url    string // instead of the shop's
		set    map[string]string
		code   int
		lines  []string
	}{
		{"sound", magentosim.Config{}, nil, "", map[string]string{"MAGENTO_TOKEN": "integration-token"}, 0,
			[]string{"ok    settings         complete; the sign-in is by integration token\n", "ok    newest order     main:", "ok    backlog          12 orders in all"}},
		{"a warning", magentosim.Config{MaxPageSize: 50}, nil, "", map[string]string{"MAGENTO_ADMIN_USER": "connector", "MAGENTO_ADMIN_PASSWORD": "s3cret-pass"}, 0,
			[]string{"ok    sign-in          admin user: the shop gave a token for 1h0m0s\n", "warn  page size        the shop allows 50; the reader adopts it instead of 100\n                       -> Set MAGENTO_PAGE_SIZE=50"}},
		{"nobody answers", magentosim.Config{}, nil, down.URL, map[string]string{"MAGENTO_TOKEN": "integration-token"}, 1,
			[]string{"FAIL  address          no answer: dial: connect: connection refused\n                       -> Check that the shop is up", "skip  sign-in          not checked: it needs REST API\n"}},
		{"maintenance", magentosim.Config{}, func(f *magentosim.Faults) { f.Unavailable = true }, "", map[string]string{"MAGENTO_TOKEN": "integration-token"}, 1,
			[]string{"FAIL  REST API         HTTP 503 Service Unavailable\n"}},
		{"wrong token", magentosim.Config{}, nil, "", map[string]string{"MAGENTO_TOKEN": "another"}, 2,
			[]string{"FAIL  sign-in          The consumer isn't authorized to access Magento_Sales::actions_view. (401)\n                       -> Likeliest first"}},
		{"second factor", magentosim.Config{TwoFactor: true}, nil, "", map[string]string{"MAGENTO_ADMIN_USER": "connector", "MAGENTO_ADMIN_PASSWORD": "s3cret-pass"}, 2,
			[]string{"-> The password is right, but the shop asks admin users for a second factor (google)"}},
		{"no right", magentosim.Config{}, func(f *magentosim.Faults) { f.Deny = []string{"Magento_Sales::actions_view"} }, "", map[string]string{"MAGENTO_TOKEN": "integration-token"}, 2,
			[]string{"ok    sign-in  ", "FAIL  read orders      ", "Sales > Operations > Orders > Actions > View", "skip  page size        not checked: it needs read orders\n"}},
		{"half-given settings", magentosim.Config{}, nil, "", map[string]string{"MAGENTO_ADMIN_USER": "connector", "MAGENTO_CONSUMER_KEY": "k", "MAGENTO_PAGE_SIZE": "0"}, 2,
			[]string{"FAIL  settings         MAGENTO_…: Magento credentials: the password", "FAIL  settings         MAGENTO_…: Magento credentials: OAuth needs all four", "FAIL  settings         MAGENTO_PAGE_SIZE: is 0", "skip  address          not checked: it needs settings\n"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			shop, url := sampleShop(t, c.config)
			if c.fault != nil {
				if err := shop.SetFaults(c.fault); err != nil {
					t.Fatal(err)
				}
			}
			if c.set["MAGENTO_URL"] = url; c.url != "" {
				c.set["MAGENTO_URL"] = c.url
			}
			code, out, errs := doctor(t, c.set)
			if code != c.code || errs != "" {
				t.Errorf("exit %d, want %d; %s", code, c.code, errs)
			}
			for _, line := range c.lines {
				if !strings.Contains(out, line) {
					t.Errorf("it prints\n%s\nwant %q in it", out, line)
				}
			}
			if strings.Contains(out, "integration-token") || strings.Contains(out, "s3cret-pass") {
				t.Errorf("it prints credentials:\n%s", out)
			}
		})
	}
}

func TestDoctor_PrintsJSONForPrograms(t *testing.T) {
	_, url := sampleShop(t, magentosim.Config{TwoFactor: true})
	code, out, errs := doctor(t, map[string]string{"INSTANCES": "main,eu", "MAGENTO_EU_URL": url,
		"MAGENTO_EU_ADMIN_USER": "connector", "MAGENTO_EU_ADMIN_PASSWORD": "s3cret-pass"}, "--instance", "eu", "--json")
	var d struct {
		Instance, URL string
		Findings      []struct{ Check, Outcome, Seen, Mend, Kind string }
	}
	if err := json.Unmarshal([]byte(out), &d); err != nil || strings.Count(out, "\n") != 1 || code != exitInput || errs != "" {
		t.Fatalf("exit %d, %v\n%s%s", code, err, out, errs)
	}
	if d.Instance != "eu" || !strings.HasSuffix(d.URL, "/rest/V1") || len(d.Findings) != 13 {
		t.Errorf("it prints %+v", d)
	}
	for _, f := range d.Findings {
		if f.Check == "sign-in" && (f.Outcome != "FAIL" || f.Kind != "config" || f.Mend == "") {
			t.Errorf("sign-in is %+v", f)
		}
	}
}

// A password in an address is refused, and not shown.
func TestDoctor_ShowsNoPasswordOfAnAddress(t *testing.T) {
	_, url := sampleShop(t, magentosim.Config{})
	code, out, errs := doctor(t, map[string]string{"MAGENTO_URL": strings.Replace(url, "//", "//user:hidden@", 1)}, "--json")
	if code != exitInput || strings.Contains(out+errs, "hidden") || !strings.Contains(out, "MAGENTO_URL: has an @") {
		t.Errorf("exit %d\n%s%s", code, out, errs)
	}
}

func TestDoctor_NeedsToKnowWhichShop(t *testing.T) {
	code, out, errs := doctor(t, map[string]string{"INSTANCES": "eu,us"})
	if code != exitInput || out != "" || !strings.Contains(errs, "--instance") {
		t.Errorf("exit %d\n%s%s", code, out, errs)
	}
}
