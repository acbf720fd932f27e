package config_test

import (
	"errors"
	"os"
	"path/filepath"
	"testing"

	"datawald/config"
	"datawald/mapping"
	"datawald/sandbox/testkit"
)

// The gateway shows and tries rules; it serves orders and hints without them as well.
func TestGateway_StartsWithoutRules(t *testing.T) {
	broken := filepath.Join(t.TempDir(), "rules.yaml")
	if err := os.WriteFile(broken, []byte("version: 2\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	sound := filepath.Join(testkit.Root(), "rules.example.yaml")
	env(t, "INSTANCES=main,eu,us", "RULES_FILE="+sound, "RULES_EU_FILE="+broken, "RULES_US_FILE=/nowhere/rules.yaml")
	g, err := config.LoadGateway()
	if err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(sound)
	if err != nil {
		t.Fatal(err)
	}
	if r := g.Rules["main"]; r.Err != nil || r.Rules == nil || r.Text != string(text) {
		t.Errorf("sound rules: %v, %d characters", r.Err, len(r.Text))
	}
	if r := g.Rules["eu"]; r.Rules != nil || r.Text == "" {
		t.Errorf("rules with problems: %v", r.Err)
	} else if _, ok := errors.AsType[mapping.Problems](r.Err); !ok {
		t.Errorf("the error is a %T, want mapping.Problems", r.Err)
	}
	if r := g.Rules["us"]; r.Rules != nil || !errors.Is(r.Err, os.ErrNotExist) {
		t.Errorf("rules that are not there: %v", r.Err)
	}
}
