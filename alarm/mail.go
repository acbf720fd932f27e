package alarm

import (
	"context"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"encoding/hex"
	"fmt"
	"net"
	"strconv"

	"github.com/wneessen/go-mail"

	"datawald/config"
)

// implicitTLS is the port of mail servers that speak TLS from the start.
const implicitTLS = 465

// mailer sends messages by SMTP.
type mailer struct {
	host, from string
	to         []string
	options    []mail.Option
}

func newMailer(s config.Alarms, authorities *x509.CertPool) (*mailer, error) {
	host, text, err := net.SplitHostPort(s.SMTPAddress)
	if err != nil {
		return nil, fmt.Errorf("ALARM_SMTP_ADDRESS: %w", err)
	}
	port, err := strconv.Atoi(text)
	if err != nil {
		return nil, fmt.Errorf("ALARM_SMTP_ADDRESS: %w", err)
	}
	m := &mailer{host: host, from: s.SMTPFrom, to: s.SMTPTo, options: []mail.Option{
		mail.WithPort(port), mail.WithTimeout(sendLimit),
		mail.WithTLSConfig(&tls.Config{ServerName: host, RootCAs: authorities, MinVersion: tls.VersionTLS12}),
	}}
	switch {
	case port == implicitTLS:
		m.options = append(m.options, mail.WithSSL())
	case config.Loopback(host): // nobody listens between here and there
		m.options = append(m.options, mail.WithTLSPolicy(mail.TLSOpportunistic))
	default:
		m.options = append(m.options, mail.WithTLSPolicy(mail.TLSMandatory))
	}
	if s.SMTPUser != "" {
		m.options = append(m.options, mail.WithSMTPAuth(mail.SMTPAuthAutoDiscover), mail.WithUsername(s.SMTPUser), mail.WithPassword(s.SMTPPassword))
	}
	return m, nil
}

// Name is mail.
func (m *mailer) Name() string { return "mail" }

// Send sends the message to all who are to have it, in one transaction.
func (m *mailer) Send(ctx context.Context, message Message) error {
	letter := mail.NewMsg()
	if err := letter.From(m.from); err != nil {
		return err
	}
	if err := letter.To(m.to...); err != nil {
		return err
	}
	sum := sha256.Sum256([]byte(message.ID))
	letter.SetMessageIDWithValue(hex.EncodeToString(sum[:16]) + "@datawald")
	letter.SetGenHeader("Auto-Submitted", "auto-generated") // no holiday reply comes back
	letter.SetDate()
	letter.Subject(message.Subject)
	letter.SetBodyString(mail.TypeTextPlain, message.Text)
	client, err := mail.NewClient(m.host, m.options...)
	if err != nil {
		return err
	}
	return client.DialAndSendWithContext(ctx, letter)
}

// Channels are the ways that the settings name; none when they name none.
func Channels(s config.Alarms) (all []Channel, err error) {
	authorities, err := s.Authorities()
	if err != nil {
		return nil, fmt.Errorf("ALARM_CA_FILE: %w", err)
	}
	if s.WebhookURL != "" {
		all = append(all, newWebhook(s.WebhookURL, s.WebhookSecret, authorities))
	}
	if s.SMTPAddress != "" {
		m, err := newMailer(s, authorities)
		if err != nil {
			return nil, err
		}
		all = append(all, m)
	}
	return all, nil
}
