package main

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/shopspring/decimal"

	"datawald/sandbox/b1sim"
	"datawald/sandbox/testkit"
)

// sampleCompany is a company that has what rules.example.yaml names, and the settings that lead to it.
func sampleCompany(t *testing.T, cfg b1sim.Config) (*b1sim.Company, map[string]string) {
	t.Helper()
	cfg.Password, cfg.TaxCodes = "s3cret-pass", map[string]decimal.Decimal{"Exempt": decimal.Zero}
	for code, rate := range map[string]string{"CA825": "8.25", "NY8875": "8.875", "TX825": "8.25", "MI825": "8.25"} {
		cfg.TaxCodes[code] = decimal.RequireFromString(rate)
	}
	company, err := b1sim.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(company)
	t.Cleanup(func() {
		if err := company.Close(); err != nil {
			t.Error(err)
		}
		server.Close()
	})
	return company, map[string]string{"B1_URL": server.URL + "/b1s/v2", "B1_COMPANY_DB": "SBODEMOUS", "B1_USER": "manager", "B1_PASSWORD": "s3cret-pass",
		"RULES_FILE": filepath.Join(testkit.Root(), "rules.example.yaml")}
}

// doctorB1 runs the command with these settings and no others.
func doctorB1(ctx context.Context, t *testing.T, settings map[string]string, args ...string) (code int, out, errs string) {
	t.Helper()
	var stdout bytes.Buffer
	code, errs = doctorB1Into(ctx, t, &stdout, settings, args...)
	return code, stdout.String(), errs
}

// doctorB1Into writes what it says to out, as it comes.
func doctorB1Into(ctx context.Context, t *testing.T, out io.Writer, settings map[string]string, args ...string) (code int, errs string) {
	t.Helper()
	for _, pair := range os.Environ() {
		if name, _, _ := strings.Cut(pair, "="); strings.HasPrefix(name, "B1_") || strings.HasPrefix(name, "RULES_") || name == "INSTANCES" {
			t.Setenv(name, "") // brings it back at the end of the test
			if err := os.Unsetenv(name); err != nil {
				t.Fatal(err)
			}
		}
	}
	for name, value := range settings {
		t.Setenv(name, value)
	}
	var stderr bytes.Buffer
	code = run(ctx, append([]string{"doctor", "b1"}, args...), streams{strings.NewReader(""), out, &stderr})
	return code, stderr.String()
}

// reader is somebody at the terminal who presses Ctrl-C when he reads a word.
type reader struct {
	bytes.Buffer
	word  string
	press func()
}

func (r *reader) Write(b []byte) (int, error) {
	if strings.Contains(string(b), r.word) {
		r.press()
	}
	return r.Buffer.Write(b)
}

func TestDoctorB1_TellsByItsExitCodeWhoMustAct(t *testing.T) {
	down := httptest.NewServer(http.NotFoundHandler())
	down.Close()
	for _, c := range []struct {
		name  string
		cfg   b1sim.Config
		set   map[string]string
		code  int
		lines []string
	}{
		{"sound", b1sim.Config{}, nil, 0, []string{"ok    all orders       manager is a superuser", "ok    partners         2 codes of the rules: there", "ok    sign-out         the session is ended"}},
		{"a warning", b1sim.Config{PriceDecimals: 4}, nil, 0, []string{"warn  company          company.price_decimals is 6 by the rules, and 4 in B1\n                       -> Set it to what B1 has"}},
		{"nobody answers", b1sim.Config{}, map[string]string{"B1_URL": down.URL + "/b1s/v2"}, 1,
			[]string{"FAIL  address          no answer: dial: connect: connection refused\n                       -> Check that the Service Layer is started"}},
		{"wrong password", b1sim.Config{}, map[string]string{"B1_PASSWORD": "another"}, 2, []string{"FAIL  sign-in          Fail to get DB Credentials from SLD. (-304)\n"}},
		{"a code that is not there", b1sim.Config{Warehouses: map[string]string{"02": "Web"}}, nil, 2, []string{`FAIL  warehouses       B1 has no warehouse "01" (rules.example.yaml:`}},
		{"no rules", b1sim.Config{}, map[string]string{"RULES_FILE": "/nowhere/rules.yaml"}, 2,
			[]string{"FAIL  rules            RULES_FILE: open /nowhere/rules.yaml", "checks        not checked: it needs rules\n", "ok    read orders      allowed\n"}},
		{"a bad setting", b1sim.Config{}, map[string]string{"B1_MAX_CALLS": "0"}, 2, []string{"FAIL  settings         B1_MAX_CALLS: is 0", "skip  address          not checked: it needs settings\n"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, settings := sampleCompany(t, c.cfg)
			for name, value := range c.set {
				settings[name] = value
			}
			code, out, errs := doctorB1(t.Context(), t, settings)
			if code != c.code || errs != "" {
				t.Errorf("exit %d, want %d; %s", code, c.code, errs+out)
			}
			for _, line := range c.lines {
				if !strings.Contains(out, line) {
					t.Errorf("it prints\n%s\nwant %q in it", out, line)
				}
			}
			if strings.Contains(out, "s3cret-pass") || strings.Contains(out, "another") {
				t.Errorf("it prints a password:\n%s", out)
			}
		})
	}
}

// Programs see every check, also those that people are shown as a number.
func TestDoctorB1_PrintsJSONForPrograms(t *testing.T) {
	company, settings := sampleCompany(t, b1sim.Config{})
	eu := map[string]string{"INSTANCES": "main,eu", "RULES_EU_FILE": settings["RULES_FILE"]}
	for name, value := range settings {
		eu[strings.Replace(name, "B1_", "B1_EU_", 1)] = value
	}
	eu["B1_EU_PASSWORD"] = "another"
	code, out, errs := doctorB1(t.Context(), t, eu, "--instance", "eu", "--json")
	var d struct {
		Instance, URL string
		Findings      []struct{ Check, Outcome, Seen, Mend, Kind string }
	}
	if err := json.Unmarshal([]byte(out), &d); err != nil || strings.Count(out, "\n") != 1 || code != exitInput || errs != "" {
		t.Fatalf("exit %d, %v\n%s%s", code, err, out, errs)
	}
	if d.Instance != "eu" || !strings.HasSuffix(d.URL, "/b1s/v2") || len(d.Findings) < 30 {
		t.Errorf("it prints %+v", d)
	}
	for _, f := range d.Findings {
		if f.Check == "sign-in" && (f.Outcome != "FAIL" || f.Kind != "config" || f.Mend == "") {
			t.Errorf("sign-in is %+v", f)
		}
	}
	if n := company.Traffic().Calls["POST Login"]; n != 1 {
		t.Errorf("it tried to sign in %d times", n)
	}
}

// A password in an address is refused, and not shown.
func TestDoctorB1_ShowsNoPasswordOfAnAddress(t *testing.T) {
	_, settings := sampleCompany(t, b1sim.Config{})
	settings["B1_URL"] = strings.Replace(settings["B1_URL"], "//", "//user:hidden@", 1)
	code, out, errs := doctorB1(t.Context(), t, settings, "--json")
	if code != exitInput || strings.Contains(out+errs, "hidden") || !strings.Contains(out, "B1_URL: has an @") {
		t.Errorf("exit %d\n%s%s", code, out, errs)
	}
}

// Ctrl-C ends it at once, with B1's licence given back, and never looks like success.
func TestDoctorB1_EndsWhenInterrupted(t *testing.T) {
	company, settings := sampleCompany(t, b1sim.Config{})
	ctx, stop := context.WithCancel(t.Context())
	person := &reader{word: "read orders", press: stop}
	code, _ := doctorB1Into(ctx, t, person, settings)
	out := person.String()
	if code != exitFailed || !strings.Contains(out, "not checked: interrupted\n") || !strings.HasSuffix(out, "ok    sign-out         the session is ended, its licence free again\n") {
		t.Errorf("exit %d\n%s", code, out)
	}
	if calls := company.Traffic().Calls; calls["POST Logout"] != 1 {
		t.Errorf("it made the calls %v", calls)
	}

	gone, end := context.WithCancel(t.Context()) // between two checks nothing fails: the exit code must say so all the same
	end()
	if code, out, _ := doctorB1(gone, t, settings); code != exitFailed || strings.Contains(out, "FAIL") {
		t.Errorf("exit %d\n%s", code, out)
	}
}
