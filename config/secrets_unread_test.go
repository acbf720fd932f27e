package config

import (
	"bytes"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// A secret that is filled in and that no setting names is told of; one that is used, empty, or not wanted is not. Fails without: each of the
// conditions; the warning.
func TestUnreadSecrets(t *testing.T) {
	dir := t.TempDir()
	for name, text := range map[string]string{"MAGENTO_WEBHOOK_SECRET": "x", "B1_PASSWORD": "x", "ALARM_WEBHOOK_URL": "x", "ALARM_SMTP_PASSWORD": "", "MAGENTO_ADMIN_PASSWORD": "x", "other": "x"} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Mkdir(filepath.Join(dir, "MONGODB_URI"), 0o700); err != nil { // what a container engine makes of a file that is not there
		t.Fatal(err)
	}
	t.Setenv("B1_PASSWORD_FILE", filepath.Join(dir, "B1_PASSWORD"))
	t.Setenv("ALARM_WEBHOOK_URL", "https://hooks.example.com/x")
	t.Setenv("MAGENTO_ADMIN_PASSWORD_FILE", "")
	if got, want := unreadSecrets(dir, []string{"main"}), []string{filepath.Join(dir, "MAGENTO_WEBHOOK_SECRET")}; !slices.Equal(got, want) {
		t.Errorf("unread are %v, want %v", got, want)
	}
	var said bytes.Buffer
	warnOfSecrets(dir, []string{"main"}, slog.New(slog.NewTextHandler(&said, nil)))
	if text := said.String(); strings.Count(text, "level=WARN") != 1 || !strings.Contains(text, "they are not used") || !strings.Contains(text, "MAGENTO_WEBHOOK_SECRET]") {
		t.Errorf("it says %q", text)
	}
}
