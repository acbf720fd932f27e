package alarm

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"io"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	netmail "net/mail"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/emersion/go-sasl"
	"github.com/emersion/go-smtp"

	"datawald/config"
	"datawald/store"
)

// one is a message of one event.
func one() Message {
	return newMessage([]untold{{"main", Lag, store.AlarmEvent{Seq: 3, Kind: store.AlarmRaised, At: monday, Since: monday.Add(-time.Hour), What: "Nothing is read.", Todo: "Look."}}}, time.UTC)
}

func channel(t *testing.T, s config.Alarms) Channel {
	t.Helper()
	all, err := Channels(s)
	if err != nil || len(all) != 1 {
		t.Fatalf("%d channels, %v", len(all), err)
	}
	return all[0]
}

// A receiver knows by the signature who speaks and when, and by the ID what it has seen. Fails without: each of the headers.
func TestWebhook_IsSigned(t *testing.T) {
	const secret = "0123456789abcdef"
	var body []byte
	var header http.Header
	in := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ = io.ReadAll(r.Body) // what is missing is seen below
		header = r.Header
		w.WriteHeader(http.StatusAccepted)
	}))
	defer in.Close()
	if err := channel(t, config.Alarms{WebhookURL: in.URL + "/hook", WebhookSecret: secret}).Send(t.Context(), one()); err != nil {
		t.Fatal(err)
	}
	seconds, _, _ := strings.Cut(strings.TrimPrefix(header.Get(HeaderSignature), "t="), ",")
	at, err := time.ParseDuration(seconds + "s")
	if err != nil || time.Since(time.Unix(0, 0).Add(at)).Abs() > time.Minute {
		t.Errorf("signed at %q (%v)", seconds, err)
	}
	if want := Signature(secret, time.Unix(0, 0).Add(at), body); header.Get(HeaderSignature) != want {
		t.Errorf("the signature is %s, want %s", header.Get(HeaderSignature), want)
	}
	if header.Get(HeaderID) != "main/lag/3" || header.Get("Content-Type") != "application/json" {
		t.Errorf("the headers are %v", header)
	}
	const want = `{"id":"main/lag/3","subject":"DataWald main: Magento is not read","text":"ALARM: Magento is not read (main, lag), since 2026-11-29 23:00 UTC\nNothing is read.\nWhat to do: Look.\n",` +
		`"alarms":[{"id":"main/lag/3","event":"raised","instance":"main","alarm":"lag","at":"2026-11-30T00:00:00Z","since":"2026-11-29T23:00:00Z","what":"Nothing is read.","todo":"Look."}]}`
	if string(body) != want {
		t.Errorf("the body is\n%s\nwant\n%s", body, want)
	}
}

// Receivers that refuse, hang, send elsewhere, or are not there: an error, in time, that does not show the address. Fails without: the limit,
// CheckRedirect, the status, withoutAddress.
func TestWebhook_Fails(t *testing.T) {
	const hidden = "/T00/B00/hidden"
	over := make(chan struct{})
	elsewhere := 0
	other := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { elsewhere++ }))
	defer other.Close()
	in := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case hidden + "/gone":
			w.WriteHeader(http.StatusNotFound)
		case hidden + "/moved":
			http.Redirect(w, r, other.URL, http.StatusTemporaryRedirect)
		case hidden + "/hangs":
			<-over
		}
	}))
	defer in.Close()
	defer close(over)
	closed, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	closed.Close()
	for url, want := range map[string]string{in.URL + hidden + "/gone": "HTTP 404", in.URL + hidden + "/moved": "HTTP 307", in.URL + hidden + "/hangs": "in time",
		"http://" + closed.Addr().String() + hidden: "refused"} {
		patience := time.Minute
		if want == "in time" {
			patience = time.Second
		}
		ctx, cancel := context.WithTimeout(t.Context(), patience)
		err := channel(t, config.Alarms{WebhookURL: url}).Send(ctx, one())
		cancel()
		if err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "hidden") {
			t.Errorf("%s: %v, want %q and no address", url, err, want)
		}
	}
	if elsewhere > 0 {
		t.Error("the message went elsewhere")
	}
}

// post is a mail server.
type post struct {
	address string
	ca      string
	mu      sync.Mutex
	letters []letter
	users   []string
	refuse  error
	// refused are the recipients that it does not take.
	refused []string
	hang    chan struct{}
	// recipient is what it says of some recipients instead of taking them.
	recipient map[string]error
}

// letter is what it took.
type letter struct {
	from      string
	to        []string
	encrypted bool
	text      string
}

// session is one conversation.
type session struct {
	p    *post
	conn *smtp.Conn
	letter
}

func (s *session) AuthMechanisms() []string { return []string{sasl.Plain} }

func (s *session) Auth(string) (sasl.Server, error) {
	return sasl.NewPlainServer(func(_, user, password string) error {
		if user != "shop" || password != "right" {
			return smtp.ErrAuthFailed
		}
		s.p.mu.Lock()
		defer s.p.mu.Unlock()
		s.p.users = append(s.p.users, user)
		return nil
	}), nil
}

func (s *session) Mail(from string, _ *smtp.MailOptions) error {
	if s.p.hang != nil {
		<-s.p.hang
	}
	s.from = from
	return s.p.refuse
}

func (s *session) Rcpt(to string, _ *smtp.RcptOptions) error {
	if slices.Contains(s.p.refused, to) {
		return &smtp.SMTPError{Code: 550, EnhancedCode: smtp.EnhancedCode{5, 1, 1}, Message: "<" + to + ">: no such user"}
	}
	if err := s.p.recipient[to]; err != nil {
		return err
	}
	s.to = append(s.to, to)
	return nil
}

func (s *session) Data(r io.Reader) error {
	text, err := io.ReadAll(r)
	if err != nil {
		return err
	}
	s.text = string(text)
	_, s.encrypted = s.conn.TLSConnectionState()
	s.p.mu.Lock()
	defer s.p.mu.Unlock()
	s.p.letters = append(s.p.letters, s.letter)
	return nil
}

func (s *session) Reset()        { s.letter = letter{} }
func (s *session) Logout() error { return nil }

// newPost starts a mail server, with STARTTLS or without.
func newPost(t *testing.T, encrypted bool) *post {
	t.Helper()
	p := &post{}
	server := smtp.NewServer(smtp.BackendFunc(func(c *smtp.Conn) (smtp.Session, error) { return &session{p: p, conn: c}, nil }))
	server.Domain, server.AllowInsecureAuth, server.ErrorLog = "mail.example.com", true, silent{}
	if encrypted {
		var pair tls.Certificate
		pair, p.ca = certificate(t, "mail.example.com")
		server.TLSConfig = &tls.Config{Certificates: []tls.Certificate{pair}}
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	p.address = l.Addr().String()
	served := make(chan struct{})
	go func() {
		defer close(served)
		_ = server.Serve(l) // ends with the test
	}()
	t.Cleanup(func() {
		server.Close()
		<-served
	})
	return p
}

// silent is a log of which nobody wants to hear.
type silent struct{}

func (silent) Printf(string, ...any) {}
func (silent) Println(...any)        {}

// certificate makes one for names and for 127.0.0.1, and a file with its authority, which is itself.
func certificate(t *testing.T, names ...string) (pair tls.Certificate, file string) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	c := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: names[0]}, DNSNames: names, IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour), IsCA: true, BasicConstraintsValid: true}
	der, err := x509.CreateCertificate(rand.Reader, c, c, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	file = filepath.Join(t.TempDir(), "ca.pem")
	if err := os.WriteFile(file, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}), 0o600); err != nil {
		t.Fatal(err)
	}
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}, file
}

func (p *post) settings() config.Alarms {
	return config.Alarms{SMTPAddress: p.address, SMTPUser: "shop", SMTPPassword: "right", SMTPFrom: "datawald@example.com", SMTPTo: []string{"a@example.com", "b@example.com"}, CAFile: p.ca}
}

// Mail goes to all, signed in and encrypted, says what is so, and is no letter to which somebody's absence answers. Fails without: the settings of
// newMailer, the headers of Send.
func TestMail_IsSent(t *testing.T) {
	p := newPost(t, true)
	if err := channel(t, p.settings()).Send(t.Context(), one()); err != nil {
		t.Fatal(err)
	}
	if len(p.letters) != 1 || len(p.users) != 1 {
		t.Fatalf("%d letters, signed in as %v", len(p.letters), p.users)
	}
	l := p.letters[0]
	if !l.encrypted || l.from != "datawald@example.com" || strings.Join(l.to, " ") != "a@example.com b@example.com" {
		t.Errorf("it is %+v", l)
	}
	m, err := netmail.ReadMessage(strings.NewReader(l.text))
	if err != nil {
		t.Fatal(err)
	}
	if m.Header.Get("Subject") != "DataWald main: Magento is not read" || m.Header.Get("Auto-Submitted") != "auto-generated" || m.Header.Get("Message-ID") == "" {
		t.Errorf("its header is %v", m.Header)
	}
	if body, err := io.ReadAll(m.Body); err != nil || !strings.Contains(string(body), "What to do: Look.") {
		t.Errorf("it says %q (%v)", body, err)
	}
	if again := channel(t, p.settings()).Send(t.Context(), one()); again != nil {
		t.Fatal(again)
	}
	second, err := netmail.ReadMessage(strings.NewReader(p.letters[1].text))
	if err != nil || second.Header.Get("Message-ID") != m.Header.Get("Message-ID") {
		t.Errorf("sent again it has another Message-ID (%v)", err)
	}
}

// Mail servers that refuse the user, the sender, hang, or show a certificate that nobody vouches for. Fails without: the password, the authorities,
// the context of Send.
func TestMail_Fails(t *testing.T) {
	p := newPost(t, true)
	wrong := p.settings()
	wrong.SMTPPassword = "wrong"
	if err := channel(t, wrong).Send(t.Context(), one()); err == nil || err.Error() != "the user or the password is refused (SMTP 535)" {
		t.Errorf("%v, want it to be refused", err)
	}
	strange := p.settings()
	strange.CAFile, strange.SMTPAddress = "", "mail.example.com:25"
	if err := p.elsewhere(t, strange).Send(t.Context(), one()); err == nil || !strings.Contains(err.Error(), "certificate") {
		t.Errorf("%v, want the certificate to be refused", err)
	}
	p.refuse = &smtp.SMTPError{Code: 451, Message: "later, datawald@example.com"}
	if err := channel(t, p.settings()).Send(t.Context(), one()); err == nil || err.Error() != "the sender is refused (SMTP 451)" {
		t.Errorf("%v, want the sender to be refused", err)
	}
	p.refuse, p.hang = nil, make(chan struct{})
	defer close(p.hang)
	ctx, cancel := context.WithTimeout(t.Context(), time.Second)
	defer cancel()
	began := time.Now()
	if err := channel(t, p.settings()).Send(ctx, one()); err == nil || time.Since(began) > 10*time.Second {
		t.Errorf("a server that hangs: %v after %s", err, time.Since(began))
	}
	if len(p.letters) > 0 {
		t.Errorf("it took %d letters", len(p.letters))
	}
}

// elsewhere is a mailer for a server beyond this machine, which is this one.
func (p *post) elsewhere(t *testing.T, s config.Alarms) *mailer {
	t.Helper()
	var pool *x509.CertPool
	if s.CAFile != "" {
		pool = authorities(t, s.CAFile)
	}
	m, err := newMailer(s, pool)
	if err != nil {
		t.Fatal(err)
	}
	m.dial = func(ctx context.Context, network, _ string) (net.Conn, error) {
		return (&net.Dialer{}).DialContext(ctx, network, p.address)
	}
	return m
}

// One who has left, and whom the server refuses, silences nobody: each has a letter of his own then, of the same ID, and that somebody did not get it is
// said without his address. When nobody gets it, it has failed. Fails without: Partly in Send, failure.
func TestMail_ARefusedRecipientSilencesNobody(t *testing.T) {
	p := newPost(t, true)
	p.refused = []string{"b@example.com"}
	err := channel(t, p.settings()).Send(t.Context(), one())
	partly, ok := errors.AsType[*Partly](err)
	if !ok || partly.Refused != 1 || partly.Of != 2 || partly.Why != "recipients are refused (SMTP 550)" {
		t.Errorf("it is %v", err)
	}
	if len(p.letters) != 1 || !slices.Equal(p.letters[0].to, []string{"a@example.com"}) {
		t.Fatalf("letters: %+v", p.letters)
	}
	p.refused = append(p.refused, "a@example.com")
	none := channel(t, p.settings()).Send(t.Context(), one())
	if _, ok := errors.AsType[*Partly](none); ok || none == nil || len(p.letters) != 1 {
		t.Errorf("refused by all: %v, %d letters", none, len(p.letters))
	}
	for _, e := range []error{err, none} {
		if e != nil && strings.Contains(e.Error(), "example.com") {
			t.Errorf("it names somebody: %v", e)
		}
	}
	p.refused = nil
	if err := channel(t, p.settings()).Send(t.Context(), one()); err != nil || len(p.letters) != 2 {
		t.Fatalf("taken by all: %v", err)
	}
	var ids []string
	for _, l := range p.letters {
		m, err := netmail.ReadMessage(strings.NewReader(l.text))
		if err != nil {
			t.Fatal(err)
		}
		ids = append(ids, m.Header.Get("Message-ID"))
	}
	if ids[0] != ids[1] {
		t.Errorf("the letters have the IDs %v, want one", ids)
	}
}

// The mail server of this machine has a certificate that it signed itself. Fails without: NoTLS, InsecureSkipVerify in newMailer.
func TestMail_TheServerOfThisMachine(t *testing.T) {
	for _, user := range []string{"", "shop"} {
		p := newPost(t, true)
		s := p.settings()
		s.CAFile = ""
		if s.SMTPUser = user; user == "" {
			s.SMTPPassword = ""
		}
		if err := channel(t, s).Send(t.Context(), one()); err != nil || len(p.letters) != 1 || p.letters[0].encrypted != (user != "") {
			t.Errorf("user %q: %v, %+v", user, err, p.letters)
		}
	}
}

// Beyond this machine nothing is sent in the clear, and no password. Fails without: TLSMandatory.
func TestMail_WantsTLSBeyondThisMachine(t *testing.T) {
	plain, encrypted := newPost(t, false), newPost(t, true)
	send := func(p *post) error {
		s := p.settings()
		s.SMTPAddress = "mail.example.com:25"
		if p == plain { // without a password the library itself refuses nothing
			s.SMTPUser, s.SMTPPassword = "", ""
		}
		return p.elsewhere(t, s).Send(t.Context(), one())
	}
	if err := send(plain); err == nil || len(plain.letters)+len(plain.users) > 0 {
		t.Errorf("in the clear: %v, %d letters, passwords of %v", err, len(plain.letters), plain.users)
	}
	if err := send(encrypted); err != nil || len(encrypted.letters) != 1 || !encrypted.letters[0].encrypted {
		t.Errorf("encrypted: %v, %+v", err, encrypted.letters)
	}
	here := plain.settings()
	here.SMTPUser, here.SMTPPassword = "", ""
	if err := channel(t, here).Send(t.Context(), one()); err != nil || len(plain.letters) != 1 {
		t.Errorf("on this machine: %v, %d letters", err, len(plain.letters))
	}
}

func authorities(t *testing.T, file string) *x509.CertPool {
	t.Helper()
	pool, err := config.Alarms{CAFile: file}.Authorities()
	if err != nil {
		t.Fatal(err)
	}
	return pool
}

// An error of the sending that has no end is kept short in the store. Fails without: short in putOff.
func TestTell_TheFailureIsShort(t *testing.T) {
	p := newPlace(t)
	k := p.keepers[0]
	has, err := p.db.TakeAlarmChannel(t.Context(), "webhook", k.now(), k.now().Add(lease))
	if err != nil {
		t.Fatal(err)
	}
	if err := k.putOff(t.Context(), has, errors.New(strings.Repeat("ä", 5000))); err != nil {
		t.Fatal(err)
	}
	if n := len([]rune(has.Failure)); n > mostFailure+1 {
		t.Errorf("it has %d characters", n)
	}
}
