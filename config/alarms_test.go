package config

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// sound are settings with nothing amiss.
func sound() Alarms {
	return Alarms{TimeZone: "Europe/Berlin", QuietDays: []string{"12-25", "2026-04-03", "02-29"}, Lag: time.Minute, OldestPending: time.Minute, B1Down: time.Minute, Paused: time.Minute, WorkerGone: time.Minute,
		WebhookURL: "https://hooks.example.com/hidden", WebhookSecret: "0123456789abcdef",
		SMTPAddress: "mail.example.com:587", SMTPUser: "u", SMTPPassword: "p", SMTPFrom: "DataWald <datawald@example.com>", SMTPTo: []string{"a@example.com"}}
}

// What is amiss is named, and nothing secret is shown. Fails without: each of the checks.
func TestAlarms_AreChecked(t *testing.T) {
	if problems := sound().check(); len(problems) > 0 {
		t.Fatalf("sound settings: %v", problems)
	}
	for name, change := range map[string]func(*Alarms){
		"ALARM_LAG": func(a *Alarms) { a.Lag = 0 }, "ALARM_HELD_ORDERS": func(a *Alarms) { a.HeldOrders = -1 },
		"ALARM_REMINDER": func(a *Alarms) { a.Reminder = -1 }, "ALARM_RECONCILIATION_AGE": func(a *Alarms) { a.ReconciliationAge = -1 },
		"ALARM_TIME_ZONE": func(a *Alarms) { a.TimeZone = "Berlin" }, "ALARM_QUIET_DAYS": func(a *Alarms) { a.QuietDays = []string{"25.12."} },
		"ALARM_WEBHOOK_URL": func(a *Alarms) { a.WebhookURL = "http://hooks.example.com/hidden" }, "ALARM_WEBHOOK_SECRET": func(a *Alarms) { a.WebhookSecret = "short" },
		"ALARM_SMTP_ADDRESS": func(a *Alarms) { a.SMTPAddress = "mail.example.com" }, "ALARM_SMTP_FROM": func(a *Alarms) { a.SMTPFrom = "datawald" },
		"ALARM_SMTP_TO": func(a *Alarms) { a.SMTPTo = nil }, "ALARM_SMTP_USER": func(a *Alarms) { a.SMTPPassword = "" }, "ALARM_CA_FILE": func(a *Alarms) { a.CAFile = "missing.pem" },
	} {
		a := sound()
		change(&a)
		problems := a.check()
		if len(problems) != 1 || !strings.HasPrefix(problems[0], name) || strings.Contains(problems[0], "hidden") {
			t.Errorf("%s: %v, want one problem", name, problems)
		}
	}
	half := sound()
	half.SMTPAddress, half.WebhookURL = "", ""
	if problems := half.check(); len(problems) != 2 {
		t.Errorf("mail without a server and a secret without an address: %v, want two problems", problems)
	}
	for url, ok := range map[string]bool{"http://127.0.0.1:9/x": true, "http://[::1]:9/x": true, "http://localhost/x": true, "http://localhost.example.com/x": false, "http://10.0.0.1/x": false, "ftp://a/x": false} {
		a := sound()
		a.WebhookURL = url
		if got := len(a.check()) == 0; got != ok {
			t.Errorf("%s: %v, want %v", url, got, ok)
		}
	}
}

// The secrets are read from files as well. Fails without: the tags secret.
func TestLoadAlarms_SecretsFromFiles(t *testing.T) {
	file := func(text string) string {
		path := filepath.Join(t.TempDir(), "secret")
		if err := os.WriteFile(path, []byte(text+"\n"), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	t.Setenv("ALARM_WEBHOOK_URL_FILE", file("https://hooks.example.com/x"))
	t.Setenv("ALARM_WEBHOOK_SECRET_FILE", file("0123456789abcdef"))
	t.Setenv("ALARM_SMTP_PASSWORD_FILE", file("right"))
	for name, value := range map[string]string{"ALARM_SMTP_ADDRESS": "mail.example.com:587", "ALARM_SMTP_USER": "shop", "ALARM_SMTP_FROM": "a@example.com", "ALARM_SMTP_TO": "b@example.com,c@example.com"} {
		t.Setenv(name, value)
	}
	a, err := LoadAlarms()
	if err != nil || a.WebhookURL != "https://hooks.example.com/x" || a.WebhookSecret != "0123456789abcdef" || a.SMTPPassword != "right" || len(a.SMTPTo) != 2 {
		t.Errorf("%+v (%v)", a, err)
	}
}
