package main

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"datawald/config"
)

// ways loads the settings with an environment, and gives password and key.
func ways(t *testing.T, environment ...string) *settings {
	t.Helper()
	for _, line := range append([]string{"MONGODB_URI=", "GATEWAY_ADDRESS=127.0.0.1:8080"}, environment...) {
		name, value, _ := strings.Cut(line, "=")
		t.Setenv(name, value)
	}
	s, err := loadSettings()
	if err != nil {
		t.Fatal(err)
	}
	if err := s.ofItsOwn(); err != nil {
		t.Fatal(err)
	}
	return s
}

// Fails without: ofItsOwn, or with one that chooses anew at each start.
func TestWaysIn_OfAStoreOfOthersAreKnownToNobody(t *testing.T) {
	dir := t.TempDir()
	if s := ways(t, "SANDBOX_DIR="+dir); s.AdminPassword != config.SandboxPassword || s.Key != config.SandboxKey {
		t.Errorf("in its own store: %q, %q", s.AdminPassword, s.Key)
	}
	if s := ways(t, "SANDBOX_DIR="+dir, "MONGODB_URI=mongodb://127.0.0.1:27027/"); s.AdminPassword != config.SandboxPassword {
		t.Errorf("in its own store by its address: %q", s.AdminPassword)
	}
	first := ways(t, "SANDBOX_DIR="+dir, "MONGODB_URI=mongodb://db.example.com/")
	if first.AdminPassword == config.SandboxPassword || first.Key == config.SandboxKey || len(first.AdminPassword) < 20 || !strings.HasPrefix(first.Key, "dw_") {
		t.Errorf("in a store of others: %q, %q", first.AdminPassword, first.Key)
	}
	if !slices.Contains(first.environment(), "GATEWAY_KEY="+first.Key) {
		t.Error("the gateway is not told")
	}
	again := ways(t, "SANDBOX_DIR="+dir, "MONGODB_URI=mongodb://db.example.com/")
	if again.AdminPassword != first.AdminPassword || again.Key != first.Key {
		t.Errorf("the next start has %q, %q, want %q, %q", again.AdminPassword, again.Key, first.AdminPassword, first.Key)
	}
	if info, err := os.Stat(filepath.Join(dir, "gateway-access.json")); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("they are kept as %v, %v", info, err)
	}
	if s := ways(t, "SANDBOX_DIR="+dir, "MONGODB_URI=mongodb://db.example.com/", "GATEWAY_ADMIN_PASSWORD=a password of mine"); s.AdminPassword != "a password of mine" {
		t.Errorf("what was set becomes %q", s.AdminPassword)
	}
}

// Fails without: fromFiles; the empty settings of files in environment.
func TestWaysIn_AreTakenFromFiles(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "password")
	if err := os.WriteFile(file, []byte("a password of mine\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	s := ways(t, "SANDBOX_DIR="+dir, "GATEWAY_ADMIN_PASSWORD_FILE="+file)
	if s.AdminPassword != "a password of mine" || !slices.Contains(s.environment(), "GATEWAY_ADMIN_PASSWORD_FILE=") {
		t.Errorf("%q, and the gateway is told %q", s.AdminPassword, s.environment())
	}
	t.Setenv("GATEWAY_ADMIN_PASSWORD", "another")
	if _, err := loadSettings(); err == nil || !strings.Contains(err.Error(), "one of them") {
		t.Errorf("both give %v", err)
	}
}
