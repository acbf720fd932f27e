package alarm

import (
	"context"
	"errors"
	"fmt"
	"net"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/emersion/go-smtp"
)

// busy is what a server says of a recipient whom it takes later.
var busy = &smtp.SMTPError{Code: 450, EnhancedCode: smtp.EnhancedCode{4, 2, 0}, Message: "try again, b@example.com"}

// to are those whom a server gave letters to, in their order.
func (p *post) to() (all []string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, l := range p.letters {
		all = append(all, l.to...)
	}
	return all
}

// A recipient whom the server puts off, as it does with senders whom it does not know, gets the letter at the next attempt: until then it is not told.
// Those who have it get it once. One who is put off for long, as by a full mailbox, is given up, and keeps nothing from the others. Fails without: forGood
// and later (who was put off is counted as told), missing (each attempt is sent to all), greylisted.
func TestMail_WhoIsPutOffGetsItLater(t *testing.T) {
	p := newPost(t, false)
	p.recipient = map[string]error{"b@example.com": busy}
	s := p.settings()
	s.SMTPUser, s.SMTPPassword = "", ""
	ch := channel(t, s).(*mailer)
	at := monday
	ch.now = func() time.Time { return at }
	attempt := func() error { return ch.Send(t.Context(), one()) }

	err := attempt()
	if _, partly := errors.AsType[*Partly](err); partly || err == nil || err.Error() != "1 of 2 recipients have yet to get it: recipients are refused (SMTP 450)" {
		t.Errorf("put off: %v", err)
	}
	p.recipient = nil
	if err := attempt(); err != nil || !slices.Equal(p.to(), []string{"a@example.com", "b@example.com"}) {
		t.Errorf("at the next attempt: %v, sent to %v", err, p.to())
	}
	p.recipient = map[string]error{"b@example.com": busy} // another message, and he is put off again
	for ; at.Before(monday.Add(greylisted)); at = at.Add(time.Minute) {
		if _, partly := errors.AsType[*Partly](attempt()); partly {
			t.Errorf("given up after %s", at.Sub(monday))
		}
	}
	err = attempt()
	if partly, ok := errors.AsType[*Partly](err); !ok || partly.Refused != 1 || partly.Of != 2 || strings.Contains(err.Error(), "example.com") {
		t.Errorf("in the end: %v", err)
	}
	if want := []string{"a@example.com", "b@example.com", "a@example.com"}; !slices.Equal(p.to(), want) {
		t.Errorf("sent to %v, want %v", p.to(), want)
	}
	if err := attempt(); err == nil || len(p.to()) != 4 {
		t.Errorf("what comes next: %v, sent to %v, want to the other as well", err, p.to())
	}
}

// One who is put off for good keeps the first message from the others for a while, and none of the next: they are told of it at once. Once he has got one,
// or a day is over, he is tried again. Fails without: lost (each message keeps the others waiting), its end
// in sendEach and in Send (he who is back is not tried again), lasting (greylisting, months later, costs him what is told).
func TestMail_WhoIsPutOffForGoodHoldsUpNobody(t *testing.T) {
	p := newPost(t, false)
	s := p.settings()
	s.SMTPUser, s.SMTPPassword = "", ""
	ch := channel(t, s).(*mailer)
	at, sent := monday, 0
	ch.now = func() time.Time { return at }
	attempt := func(n int) error {
		m := one()
		m.ID = fmt.Sprint("message ", n)
		return ch.Send(t.Context(), m)
	}
	want := func(what string, err error, outcome string, to ...string) {
		t.Helper()
		got := "told"
		if _, partly := errors.AsType[*Partly](err); partly {
			got = "partly"
		} else if err != nil {
			got = "later"
		}
		if got != outcome || !slices.Equal(p.to()[sent:], to) {
			t.Errorf("%s: %s (%v), sent to %v; want %s, sent to %v", what, got, err, p.to()[sent:], outcome, to)
		}
		sent = len(p.to())
	}
	putOff := func(is bool) {
		p.recipient = nil
		if is {
			p.recipient = map[string]error{"b@example.com": busy}
		}
	}
	putOff(true)
	want("the first message", attempt(1), "later", "a@example.com")
	at = at.Add(greylisted)
	want("its last attempt", attempt(1), "partly")
	want("the second one", attempt(2), "partly", "a@example.com")
	at = at.Add(lasting - time.Minute)
	want("one within a day", attempt(3), "partly", "a@example.com")
	at = at.Add(time.Minute)
	want("one after a day", attempt(4), "later", "a@example.com")
	at = at.Add(greylisted)
	want("its last attempt", attempt(4), "partly")
	putOff(false)
	want("one that all get", attempt(5), "told", "a@example.com", "b@example.com")
	putOff(true)
	want("one after that", attempt(6), "later", "a@example.com")
	at = at.Add(greylisted)
	want("its last attempt", attempt(6), "partly")
	p.recipient = map[string]error{"a@example.com": busy}
	want("one that he gets, and the other later", attempt(7), "later", "b@example.com")
	at = at.Add(greylisted)
	want("its last attempt", attempt(7), "partly")
	putOff(true)
	want("one that he gets later again", attempt(8), "later", "a@example.com")
}

// Who was not reached because the connection ended is not refused. Fails without: the code in forGood.
func TestMail_WhoWasNotReachedGetsItLater(t *testing.T) {
	p := newPost(t, false)
	p.recipient = map[string]error{"b@example.com": &smtp.SMTPError{Code: 550, Message: "no"}}
	s := p.settings()
	s.SMTPUser, s.SMTPPassword = "", ""
	s.SMTPTo = []string{"a@example.com", "b@example.com", "c@example.com"}
	ch := channel(t, s).(*mailer)
	ended := p.endsAt(ch, "c@example.com", 2) // of the second letter, which is his own
	err := ch.Send(t.Context(), one())
	if _, partly := errors.AsType[*Partly](err); partly || err == nil || !ended() {
		t.Errorf("the connection ended (%t): %v", ended(), err)
	}
	if partly, ok := errors.AsType[*Partly](ch.Send(t.Context(), one())); !ok || partly.Refused != 1 || partly.Of != 3 {
		t.Errorf("at the next attempt: %+v", partly)
	}
	if want := []string{"a@example.com", "c@example.com"}; !slices.Equal(p.to(), want) {
		t.Errorf("sent to %v, want %v", p.to(), want)
	}
}

// endsAt has a mailer's connection end when it names a recipient for the nth time.
func (p *post) endsAt(m *mailer, recipient string, nth int) (ended func() bool) {
	named, dial := 0, m.dial
	m.dial = func(ctx context.Context, network, address string) (net.Conn, error) {
		conn, err := dial(ctx, network, address)
		return &ending{Conn: conn, at: func(line string) bool {
			if !strings.HasPrefix(line, "RCPT TO:<"+recipient) {
				return false
			}
			named++
			return named == nth
		}}, err
	}
	return func() bool { return named >= nth }
}

// ending is a connection that ends at a line.
type ending struct {
	net.Conn
	at func(line string) bool
}

func (e *ending) Write(b []byte) (int, error) {
	if e.at(string(b)) {
		_ = e.Conn.Close() // that it ends is what is wanted
	}
	return e.Conn.Write(b)
}
