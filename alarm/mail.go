package alarm

import (
	"cmp"
	"context"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"encoding/hex"
	"errors"
	"fmt"
	"net"
	"net/textproto"
	"strconv"
	"strings"
	"time"

	"github.com/wneessen/go-mail"

	"datawald/config"
)

// implicitTLS is the port of mail servers that speak TLS from the start.
const implicitTLS = 465

// mailer sends messages by SMTP.
type mailer struct {
	host, from, user string
	to               []string
	options          []mail.Option
	// dial connects to the server.
	dial mail.DialContextFunc
	// sent is of the latest message, while some have it and others do not; nil otherwise.
	sent *partlySent
	// lost has, by address, when one was given up who did not get what others got. He is in it until he gets a letter.
	lost map[string]time.Time
	// now is what time it is.
	now func() time.Time
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
	secure := &tls.Config{ServerName: host, RootCAs: authorities, MinVersion: tls.VersionTLS12}
	// A mail server of this machine has mostly a certificate that it signed itself, and nobody listens between here and there.
	secure.InsecureSkipVerify = authorities == nil && config.Loopback(host)
	m := &mailer{host: host, from: s.SMTPFrom, user: s.SMTPUser, to: s.SMTPTo, dial: (&net.Dialer{}).DialContext, now: time.Now, lost: map[string]time.Time{},
		options: []mail.Option{mail.WithPort(port), mail.WithTimeout(sendLimit), mail.WithTLSConfig(secure)}}
	switch {
	case port == implicitTLS:
		m.dial = (&tls.Dialer{Config: secure}).DialContext
		m.options = append(m.options, mail.WithSSL())
	case config.Loopback(host) && s.SMTPUser == "":
		m.options = append(m.options, mail.WithTLSPolicy(mail.NoTLS))
	case config.Loopback(host): // many servers take a password over TLS alone
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

// Send sends the message to all who are to have it, in one transaction; where the server refuses some of them each has a letter of his own (sendEach).
// Errors name no address.
func (m *mailer) Send(ctx context.Context, message Message) error {
	missing := m.missing(message)
	all, err := m.letter(message, missing...)
	if err != nil {
		return err
	}
	err = m.deliver(ctx, all)
	if failed, ok := errors.AsType[*mail.SendError](err); all.IsDelivered() || !ok || failed.Reason != mail.ErrSMTPRcptTo || len(m.to) == 1 {
		if all.IsDelivered() {
			m.sent = nil
			clear(m.lost)
		}
		return m.failure(all, err)
	}
	return m.sendEach(ctx, message, missing)
}

// deliver sends letters in one conversation with the server. Which of them arrived they say themselves.
func (m *mailer) deliver(ctx context.Context, letters ...*mail.Msg) error {
	client, err := mail.NewClient(m.host, append(m.options[:len(m.options):len(m.options)], mail.WithDialContextFunc(m.until(ctx)))...)
	if err != nil {
		return err
	}
	return client.DialAndSendWithContext(ctx, letters...)
}

// failures are the words for what did not go well with a letter.
var failures = map[mail.SendErrReason]string{mail.ErrSMTPMailFrom: "the sender is refused", mail.ErrSMTPRcptTo: "recipients are refused", mail.ErrSMTPData: "the letter is refused",
	mail.ErrSMTPDataClose: "the letter is refused", mail.ErrWriteContent: "the connection ended within the letter", mail.ErrConnCheck: "the connection ended"}

// failure says what did not go well in words of ours: those of the library and of servers name people. nil when the letter has arrived.
func (m *mailer) failure(letter *mail.Msg, err error) error {
	if err == nil || letter.IsDelivered() {
		return nil
	}
	code := 0
	what := "the mail server answers with an error"
	if sending, ok := errors.AsType[*mail.SendError](err); ok {
		code = sending.ErrorCode()
		what = cmp.Or(failures[sending.Reason], "the letter was not sent")
	} else if answer, ok := errors.AsType[*textproto.Error](err); ok {
		code = answer.Code
		if code == authFailed {
			what = "the user or the password is refused"
		}
	} else { // nobody has spoken: the network, or the certificate
		text := err.Error()
		for _, name := range append([]string{m.from, m.user}, m.to...) {
			if name != "" {
				text = strings.ReplaceAll(text, name, "…")
			}
		}
		return errors.New(text)
	}
	if code != 0 {
		what += fmt.Sprintf(" (SMTP %d)", code)
	}
	return errors.New(what)
}

// authFailed is the code with which a server refuses a password.
const authFailed = 535

// letter makes a letter to some. It has the same Message-ID whoever gets it and however often.
func (m *mailer) letter(message Message, to ...string) (*mail.Msg, error) {
	letter := mail.NewMsg()
	if err := letter.From(m.from); err != nil {
		return nil, errors.New("ALARM_SMTP_FROM is no address")
	}
	if err := letter.To(to...); err != nil {
		return nil, errors.New("ALARM_SMTP_TO has what is no address")
	}
	sum := sha256.Sum256([]byte(message.ID))
	letter.SetMessageIDWithValue(hex.EncodeToString(sum[:16]) + "@datawald")
	letter.SetGenHeader("Auto-Submitted", "auto-generated") // no holiday reply comes back
	letter.SetDate()
	letter.Subject(message.Subject)
	letter.SetBodyString(mail.TypeTextPlain, message.Text)
	return letter, nil
}

// until dials connections that end with ctx: the library looks at it between two letters only.
func (m *mailer) until(ctx context.Context) mail.DialContextFunc {
	return func(dialing context.Context, network, address string) (net.Conn, error) {
		conn, err := m.dial(dialing, network, address)
		if err == nil {
			context.AfterFunc(ctx, func() { _ = conn.Close() }) // the library has its error from it
		}
		return conn, err
	}
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
