package config

import (
	"crypto/x509"
	"fmt"
	"net"
	"net/mail"
	"net/url"
	"os"
	"strings"
	"time"
)

// Alarms say when somebody is told that something is amiss, and how. Worker and gateway watch alike, so that each of them may be gone.
type Alarms struct {
	// NoNewOrders is false where a shop has no rhythm that tells its silence.
	NoNewOrders bool `envconfig:"ALARM_NO_NEW_ORDERS" default:"true"`
	// QuietDays are days on which no order is missed: 12-25 of each year, or 2026-04-03.
	QuietDays []string `envconfig:"ALARM_QUIET_DAYS"`
	// TimeZone is that of the shop's customers: hours of the week and quiet days are meant in it.
	TimeZone string `envconfig:"ALARM_TIME_ZONE" default:"UTC"`
	// Lag is how far the staged orders may lie behind Magento.
	Lag time.Duration `envconfig:"ALARM_LAG" default:"30m"`
	// OldestPending is how long an order may wait for B1.
	OldestPending time.Duration `envconfig:"ALARM_OLDEST_PENDING" default:"1h"`
	// B1Down is how long B1 may take no order.
	B1Down time.Duration `envconfig:"ALARM_B1_DOWN" default:"5m"`
	// HeldOrders is how many orders may be held; more are an alarm.
	HeldOrders int `envconfig:"ALARM_HELD_ORDERS" default:"10"`
	// Paused is how long a schedule may be paused or missing, WorkerGone how long nobody may ask for the work.
	Paused     time.Duration `envconfig:"ALARM_SCHEDULE_PAUSED" default:"30m"`
	WorkerGone time.Duration `envconfig:"ALARM_WORKER_GONE" default:"5m"`
	// ReconciliationAge is how old the latest reconciliation may be; 0 for instances that are not reconciled.
	ReconciliationAge time.Duration `envconfig:"ALARM_RECONCILIATION_AGE" default:"36h"`
	// Reminder is the time after which an alarm that stands is told again; 0 for never.
	Reminder time.Duration `envconfig:"ALARM_REMINDER" default:"24h"`

	// WebhookURL is where messages are posted as JSON, WebhookSecret what they are signed with. Empty: none.
	// The address is a secret as well: with many services whoever has it may write.
	WebhookURL    string `envconfig:"ALARM_WEBHOOK_URL" secret:"ALARM_WEBHOOK_URL"`
	WebhookSecret string `envconfig:"ALARM_WEBHOOK_SECRET" secret:"ALARM_WEBHOOK_SECRET"`
	// SMTPAddress is host:port of the mail server; port 465 speaks TLS from the start, all others must offer STARTTLS. Empty: no mail.
	SMTPAddress  string   `envconfig:"ALARM_SMTP_ADDRESS"`
	SMTPUser     string   `envconfig:"ALARM_SMTP_USER"`
	SMTPPassword string   `envconfig:"ALARM_SMTP_PASSWORD" secret:"ALARM_SMTP_PASSWORD"`
	SMTPFrom     string   `envconfig:"ALARM_SMTP_FROM"`
	SMTPTo       []string `envconfig:"ALARM_SMTP_TO"`
	// CAFile has the authorities that signed the certificates of both; empty for those of the system.
	CAFile string `envconfig:"ALARM_CA_FILE"`
}

// LoadAlarms reads and checks them, for commands that need nothing else.
func LoadAlarms() (Alarms, error) {
	var s struct{ Alarms }
	return s.Alarms, problemsError("The command", load("", &s))
}

// LoadInstances reads and checks which instances there are, for commands that need nothing else.
func LoadInstances() ([]string, error) {
	var s struct{ Instances }
	problems := load("", &s)
	return s.InstanceNames, problemsError("The command", problems)
}

func (a Alarms) check() (problems []string) {
	for _, s := range []struct {
		name  string
		value time.Duration
	}{{"ALARM_LAG", a.Lag}, {"ALARM_OLDEST_PENDING", a.OldestPending}, {"ALARM_B1_DOWN", a.B1Down}, {"ALARM_SCHEDULE_PAUSED", a.Paused}, {"ALARM_WORKER_GONE", a.WorkerGone}} {
		problems = append(problems, positive(s.name, s.value)...)
	}
	problems = append(problems, notNegative("ALARM_RECONCILIATION_AGE", a.ReconciliationAge)...)
	problems = append(problems, notNegative("ALARM_REMINDER", a.Reminder)...)
	if a.HeldOrders < 0 {
		problems = append(problems, fmt.Sprintf("ALARM_HELD_ORDERS: is %d, want zero or more", a.HeldOrders))
	}
	if _, err := time.LoadLocation(a.TimeZone); err != nil || a.TimeZone == "" {
		problems = append(problems, fmt.Sprintf("ALARM_TIME_ZONE: is %q, want a name such as Europe/Berlin or UTC", a.TimeZone))
	}
	for _, day := range a.QuietDays {
		_, ofEach := time.Parse("01-02", day)
		if _, err := time.Parse(time.DateOnly, day); err != nil && ofEach != nil && day != "02-29" {
			problems = append(problems, fmt.Sprintf("ALARM_QUIET_DAYS: has %q, want days such as 12-25 (of each year) or 2026-04-03", day))
		}
	}
	problems = append(problems, a.checkWebhook()...)
	problems = append(problems, a.checkMail()...)
	if _, err := a.Authorities(); err != nil {
		problems = append(problems, "ALARM_CA_FILE: "+err.Error())
	}
	return problems
}

// checkWebhook never shows the address: with many services it is the secret.
func (a Alarms) checkWebhook() (problems []string) {
	if a.WebhookURL == "" {
		if a.WebhookSecret != "" {
			problems = append(problems, "ALARM_WEBHOOK_SECRET: there is no ALARM_WEBHOOK_URL")
		}
		return problems
	}
	u, err := url.Parse(a.WebhookURL)
	if err != nil || u.Host == "" || u.Scheme != "https" && (u.Scheme != "http" || !Loopback(u.Hostname())) {
		problems = append(problems, "ALARM_WEBHOOK_URL: want https://…, or http:// on this machine")
	}
	if n := len(a.WebhookSecret); n > 0 && n < 16 {
		problems = append(problems, fmt.Sprintf("ALARM_WEBHOOK_SECRET: has %d characters, want at least 16 by chance", n))
	}
	return problems
}

func (a Alarms) checkMail() (problems []string) {
	if a.SMTPAddress == "" {
		if a.SMTPFrom != "" || len(a.SMTPTo) > 0 || a.SMTPUser != "" || a.SMTPPassword != "" {
			problems = append(problems, "ALARM_SMTP_ADDRESS: is missing, and there are other settings of mail")
		}
		return problems
	}
	problems = append(problems, address("ALARM_SMTP_ADDRESS", a.SMTPAddress)...)
	if _, err := mail.ParseAddress(a.SMTPFrom); err != nil {
		problems = append(problems, fmt.Sprintf("ALARM_SMTP_FROM: is %q, want an address such as datawald@example.com", a.SMTPFrom))
	}
	if len(a.SMTPTo) == 0 {
		problems = append(problems, "ALARM_SMTP_TO: is missing, want addresses separated by commas")
	}
	for _, to := range a.SMTPTo {
		if _, err := mail.ParseAddress(to); err != nil {
			problems = append(problems, fmt.Sprintf("ALARM_SMTP_TO: has %q, want an address such as shop@example.com", to))
		}
	}
	if (a.SMTPUser == "") != (a.SMTPPassword == "") {
		problems = append(problems, "ALARM_SMTP_USER and ALARM_SMTP_PASSWORD: want both or none")
	}
	return problems
}

// Zone is the time zone of the shop's customers.
func (a Alarms) Zone() *time.Location {
	zone, err := time.LoadLocation(a.TimeZone)
	if err != nil { // checked when the settings were loaded
		return time.UTC
	}
	return zone
}

// Authorities are those of CAFile, nil for those of the system.
func (a Alarms) Authorities() (*x509.CertPool, error) {
	if a.CAFile == "" {
		return nil, nil
	}
	text, err := os.ReadFile(a.CAFile)
	if err != nil {
		return nil, err
	}
	pool := x509.NewCertPool()
	if !pool.AppendCertsFromPEM(text) {
		return nil, fmt.Errorf("%s has no certificate in PEM", a.CAFile)
	}
	return pool, nil
}

// Loopback reports whether a host is this machine.
func Loopback(host string) bool {
	ip := net.ParseIP(strings.Trim(host, "[]"))
	return host == "localhost" || ip != nil && ip.IsLoopback()
}
