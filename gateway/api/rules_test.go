package api_test

import (
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"datawald/config"
	"datawald/gateway/api"
)

type rulesList struct {
	Rules []api.InstanceRules `json:"rules"`
}

func TestRulesInForceAreShownWithTheirVersion(t *testing.T) {
	w := ruled(t, exampleText(t))
	w.settings.InstanceNames = append(w.settings.InstanceNames, "none", "broken", "unnamed")
	w.settings.Rules["none"] = config.FileRules{Err: errors.New("RULES_NONE_FILE: open rules.yaml: no such file or directory")}
	w.settings.Rules["broken"] = inForce("version: 2\n")
	w.server = serve(t, w.settings, w.db, w.temporal)
	var list rulesList
	w.get("/api/v1/rules").ok(200, &list)
	if len(list.Rules) != 4 {
		t.Fatalf("rules of %d instances, want 4", len(list.Rules))
	}
	own, none, broken, unnamed := list.Rules[0], list.Rules[1], list.Rules[2], list.Rules[3]
	if own.Instance != w.instance || own.Version != inForce(own.Text).Rules.ID() || own.Text != exampleText(t) || own.Missing != "" {
		t.Errorf("own rules: version %q, %d characters, missing %q", own.Version, len(own.Text), own.Missing)
	}
	if none.Version != "" || !strings.Contains(none.Missing, "no such file") {
		t.Errorf("rules without a file: %+v", none)
	}
	if broken.Version != "" || broken.Text == "" || !slices.ContainsFunc(broken.Problems, func(p api.RuleProblem) bool { return p.Line == 1 && p.Path == "version" }) {
		t.Errorf("rules with problems: %+v", broken)
	}
	if unnamed.Missing == "" {
		t.Errorf("rules of an instance without any: %+v", unnamed)
	}
}

type checked struct {
	Sound    bool              `json:"sound"`
	Version  string            `json:"version"`
	Problems []api.RuleProblem `json:"problems"`
}

func (w *world) check(text, media string) reply {
	w.t.Helper()
	return call(w.t, w.server, http.MethodPost, "/api/v1/rules/check", text, []string{"Content-Type", media})
}

func TestCheckNamesEveryProblemWithItsPlace(t *testing.T) {
	w := newWorld(t)
	var c checked
	w.check(exampleText(t), "application/yaml").ok(200, &c)
	if !c.Sound || c.Version != inForce(exampleText(t)).Rules.ID() || c.Problems == nil || len(c.Problems) != 0 {
		t.Errorf("sound rules: %+v", c)
	}
	w.check("version: 1\ncompany: { local_currency: USD }\ndefault:\n  card: X\n", "text/yaml; charset=utf-8").ok(200, &c)
	if c.Sound || len(c.Problems) < 2 {
		t.Fatalf("unsound rules: %+v", c)
	}
	found := false
	for _, p := range c.Problems {
		found = found || p.Line == 4 && p.Column == 3 && p.Path == "default.card" && strings.Contains(p.Message, "did you mean card_code?")
	}
	if !found {
		t.Errorf("problems %+v", c.Problems)
	}
	w.check("a: [", "application/yaml").ok(200, &c)
	if c.Sound || len(c.Problems) != 1 || !strings.Contains(c.Problems[0].Message, "no YAML") {
		t.Errorf("a text that is no YAML: %+v", c)
	}
}

func TestCheckTakesYAMLAlone(t *testing.T) {
	w := newWorld(t)
	for _, media := range []string{"text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", ""} {
		w.check("version: 1", media).problem(415, "wrong-content-type")
	}
	// The other routes go on taking JSON alone.
	call(t, w.server, http.MethodPost, "/api/v1/rules/preview", "{}", []string{"Content-Type", "application/yaml"}).problem(415, "wrong-content-type")
	call(t, w.server, http.MethodPost, "/api/v1/resyncs", "{}", []string{"Content-Type", "text/yaml"}).problem(415, "wrong-content-type")
	call(t, w.server, http.MethodPost, "/webhooks/magento/"+w.instance, "a: 1", []string{"Content-Type", "text/yaml"}).problem(415, "wrong-content-type")
	call(t, w.server, http.MethodPost, "/api/v1/rules/check", "version: 1", []string{"Content-Type", "application/yaml", "Sec-Fetch-Site", "cross-site"}).problem(403, "cross-origin")
}

// Texts that would keep the parser busy, or take the memory of the gateway, are refused before it reads them.
func TestCheckRefusesTextsMadeToKeepItBusy(t *testing.T) {
	w := newWorld(t)
	for name, tc := range map[string]struct{ text, want string }{
		"lists in lists":  {strings.Repeat("[\n", 100_000), "nests more than 50"},
		"dashes":          {strings.Repeat("- ", 4_000), "nests more than 50"},
		"a long line":     {"a: " + strings.Repeat("\"", 100_000), "is a line of"},
		"a large file":    {strings.Repeat("# rules\n", 60_000), "at most here"},
		"many references": {aliases(), "500000"},
	} {
		t.Run(name, func(t *testing.T) {
			var c checked
			w.check(tc.text, "application/yaml").ok(200, &c)
			if c.Sound || !strings.Contains(fmt.Sprint(c.Problems), tc.want) {
				t.Errorf("sound %t, %.300s; want %q", c.Sound, fmt.Sprint(c.Problems), tc.want)
			}
		})
	}
}

// aliases is a small file that holds millions of values: many stores with one long list of tax codes.
func aliases() string {
	var b strings.Builder
	b.WriteString("version: 1\nstores:\n  1: &all\n    tax:\n      codes:\n")
	for range 2_000 {
		b.WriteString("        - { code: E, percent: 0 }\n")
	}
	for n := range 2_000 {
		fmt.Fprintf(&b, "  %d: *all\n", n+2)
	}
	return b.String()
}
