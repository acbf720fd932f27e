// Package deploy_test checks what stands beside the code: .env.example, docker-compose.yml and the Dockerfile.
package deploy_test

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// read gives a file of the project, by its path from the root.
func read(t *testing.T, path string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("..", path))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// sorted gives the keys of a map in order, for messages.
func sorted[V any](m map[string]V) []string {
	keys := make([]string, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}

var settingLine = regexp.MustCompile(`^#?([A-Z][A-Z0-9_]*)=(.*)$`)

// setting is one line of .env.example.
type setting struct {
	value string
	// explained is true when a comment stands right above.
	explained bool
}

// example reads .env.example: the settings of the programs and those of the sandbox.
func example(t *testing.T) (programs, sandbox map[string]setting) {
	t.Helper()
	programs, sandbox = map[string]setting{}, map[string]setting{}
	var part map[string]setting
	above := ""
	for n, line := range strings.Split(read(t, ".env.example"), "\n") {
		switch {
		case strings.HasPrefix(line, "# ==== worker, starter, gateway "):
			part = programs
		case strings.HasPrefix(line, "# ==== sandbox "):
			part = sandbox
		}
		if m := settingLine.FindStringSubmatch(line); m != nil {
			if part == nil {
				t.Fatalf(".env.example:%d: %s stands before the first part", n+1, m[1])
			}
			if _, twice := part[m[1]]; twice {
				t.Errorf(".env.example:%d: %s is there twice", n+1, m[1])
			}
			part[m[1]] = setting{m[2], strings.HasPrefix(above, "# ") && !strings.HasPrefix(above, "# ----")}
		}
		above = line
	}
	return programs, sandbox
}

func compare(t *testing.T, part string, want map[string]string, have map[string]setting) {
	t.Helper()
	for _, name := range sorted(want) {
		s, ok := have[name]
		switch {
		case !ok:
			t.Errorf(".env.example, %s: %s is missing", part, name)
		case s.value != want[name]:
			t.Errorf(".env.example, %s: %s=%s, but the default is %q", part, name, s.value, want[name])
		case !s.explained:
			t.Errorf(".env.example, %s: %s has no comment above it", part, name)
		}
	}
	for _, name := range sorted(have) {
		if _, ok := want[name]; !ok {
			t.Errorf(".env.example, %s: no program reads %s", part, name)
		}
	}
}

func TestEnvExampleListsEverySettingWithItsDefault(t *testing.T) {
	programs, sandbox := example(t)
	compare(t, "programs", programSettings(t), programs)
	compare(t, "sandbox", sandboxSettings(t), sandbox)
}

func TestSandboxEnvironmentHasKnownNames(t *testing.T) {
	programs, _ := example(t)
	for n, line := range strings.Split(read(t, "deploy/sandbox.env"), "\n") {
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		name, _, _ := strings.Cut(line, "=")
		_, ok := programs[name]
		_, secret := programs[strings.TrimSuffix(name, "_FILE")]
		if !ok && !secret && name != "COMPOSE_PROFILES" { // that one is for Compose
			t.Errorf("deploy/sandbox.env:%d: %s is not in .env.example", n+1, name)
		}
	}
}

func write(t *testing.T, path, text string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}
