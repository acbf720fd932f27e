package sapb1_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"io"
	"log"
	"math/big"
	"net"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"datawald/order"
	"datawald/sandbox/b1sim"
	"datawald/sapb1"
)

const aDay = 24 * time.Hour

// authority signs certificates.
type authority struct {
	t    *testing.T
	cert *x509.Certificate
	key  *ecdsa.PrivateKey
}

func newAuthority(t *testing.T) *authority {
	t.Helper()
	a := &authority{t: t, key: newKey(t)}
	a.cert = a.sign(&x509.Certificate{Subject: pkix.Name{CommonName: "Company CA"}, NotAfter: time.Now().Add(1000 * aDay), IsCA: true, KeyUsage: x509.KeyUsageCertSign}, nil, a.key)
	return a
}

func newKey(t *testing.T) *ecdsa.PrivateKey {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

// sign makes a certificate of a template; without a parent it signs itself.
func (a *authority) sign(template, parent *x509.Certificate, key *ecdsa.PrivateKey) *x509.Certificate {
	a.t.Helper()
	template.SerialNumber, template.BasicConstraintsValid = big.NewInt(1), true
	if template.NotBefore.IsZero() {
		template.NotBefore = time.Now().Add(-365 * aDay)
	}
	signer := a.key
	if parent == nil {
		parent, signer = template, key
	}
	raw, err := x509.CreateCertificate(rand.Reader, template, parent, &key.PublicKey, signer)
	if err != nil {
		a.t.Fatal(err)
	}
	cert, err := x509.ParseCertificate(raw)
	if err != nil {
		a.t.Fatal(err)
	}
	return cert
}

// file writes a certificate as B1_CA_FILE has it.
func file(t *testing.T, cert *x509.Certificate) string {
	t.Helper()
	name := filepath.Join(t.TempDir(), "ca.pem")
	if err := os.WriteFile(name, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: cert.Raw}), 0o600); err != nil {
		t.Fatal(err)
	}
	return name
}

// An untrusted certificate is told apart by its cause, and the password never goes to who shows it; B1_INSECURE is never silent.
func TestProbe_LooksAtTheCertificate(t *testing.T) {
	ca := newAuthority(t)
	here := []net.IP{net.IPv4(127, 0, 0, 1)}
	for _, c := range []struct {
		name       string
		template   x509.Certificate
		alone      bool // signs itself
		trusted    bool // B1_CA_FILE has what it takes
		insecure   bool
		outcome    order.Outcome
		seen, mend string
	}{
		{"sound", x509.Certificate{NotAfter: time.Now().Add(90*aDay + time.Hour), IPAddresses: here}, false, true, false, order.OutcomeOK, "trusted; issued by Company CA, for 127.0.0.1, until ", ""},
		{"ends soon", x509.Certificate{NotAfter: time.Now().Add(13*aDay + time.Hour), IPAddresses: here}, false, true, false, order.OutcomeWarn, "(13 days)", "Renew"},
		{"just long enough", x509.Certificate{NotAfter: time.Now().Add(14*aDay + time.Hour), IPAddresses: here}, false, true, false, order.OutcomeOK, "(14 days)", ""},
		{"has ended", x509.Certificate{NotAfter: time.Now().Add(-time.Hour), IPAddresses: here}, false, true, false, order.OutcomeFail, "it has expired", "server.crt"},
		{"not yet", x509.Certificate{NotBefore: time.Now().Add(time.Hour), NotAfter: time.Now().Add(90 * aDay), IPAddresses: here}, false, true, false, order.OutcomeFail, "not valid yet", "clocks"},
		{"of another name", x509.Certificate{NotAfter: time.Now().Add(90 * aDay), DNSNames: []string{"b1.example.com"}}, false, true, false, order.OutcomeFail, "for b1.example.com", "a name that the certificate has"},
		{"without names", x509.Certificate{NotAfter: time.Now().Add(90 * aDay), Subject: pkix.Name{CommonName: "hana"}}, false, true, false, order.OutcomeFail, "only CN hana", "Subject Alternative Name"},
		{"of an unknown authority", x509.Certificate{NotAfter: time.Now().Add(90 * aDay), IPAddresses: here}, false, false, false, order.OutcomeFail, "no authority that this machine knows", "B1_CA_FILE"},
		{"self-signed", x509.Certificate{NotAfter: time.Now().Add(90 * aDay), IPAddresses: here}, true, false, false, order.OutcomeFail, "self-signed, for 127.0.0.1", "set B1_CA_FILE=b1.pem"},
		{"self-signed, and given", x509.Certificate{NotAfter: time.Now().Add(90 * aDay), IPAddresses: here}, true, true, false, order.OutcomeOK, "trusted; self-signed", ""},
		{"insecure", x509.Certificate{NotAfter: time.Now().Add(90 * aDay), IPAddresses: here}, true, false, true, order.OutcomeWarn, "B1_INSECURE IS ON", "take B1_INSECURE away: Installed as it comes"},
		{"insecure for nothing", x509.Certificate{NotAfter: time.Now().Add(90 * aDay), IPAddresses: here}, false, true, true, order.OutcomeWarn, "and it is not needed", "Take B1_INSECURE away."},
	} {
		t.Run(c.name, func(t *testing.T) {
			key, parent := newKey(t), ca.cert
			if c.alone {
				parent = nil
			}
			cert := ca.sign(&c.template, parent, key)
			b := start(t, b1sim.Config{Password: password})
			server := httptest.NewUnstartedServer(b)
			server.TLS = &tls.Config{Certificates: []tls.Certificate{{Certificate: [][]byte{cert.Raw}, PrivateKey: key}}}
			server.Config.ErrorLog = log.New(io.Discard, "", 0)
			server.StartTLS()
			defer server.Close()
			settings := sapb1.Settings{URL: server.URL + "/b1s/v2", CompanyDB: "SBODEMOUS", User: "manager", Password: password, Insecure: c.insecure}
			if c.trusted {
				root := ca.cert
				if c.alone {
					root = cert
				}
				settings.CAFile = file(t, root)
			}
			found := examineBy(t, sapb1.Probe{Uses: usesOf(), Client: newClient(t, settings)})
			found.wants(t, "address", order.OutcomeOK, "", "")
			found.wants(t, "certificate", c.outcome, c.seen, c.mend)
			if c.outcome != order.OutcomeFail {
				found.wants(t, "sign-in", order.OutcomeOK, "", "")
				return
			}
			found.wants(t, "sign-in", order.OutcomeSkip, "", "")
			if found.kind("certificate") != order.Config || b.calls("POST Login") > 0 {
				t.Errorf("%+v, and %d logins", found["certificate"], b.calls("POST Login"))
			}
		})
	}
}

func TestProbe_OfAnAddressWithoutTLS(t *testing.T) {
	b := start(t, b1sim.Config{Password: password})
	found := examineBy(t, sapb1.Probe{Uses: usesOf(), Client: newClient(t, sapb1.Settings{URL: "https" + strings.TrimPrefix(b.url, "http") + "/b1s/v2"})})
	found.wants(t, "certificate", order.OutcomeFail, "does not speak TLS", "50001")

	mail, err := net.Listen("tcp", "127.0.0.1:0") // what answers need not be HTTP either
	if err != nil {
		t.Fatal(err)
	}
	defer mail.Close()
	go func() {
		for {
			conn, err := mail.Accept()
			if err != nil {
				return
			}
			_, _ = conn.Write([]byte("220 mail.example.com ESMTP\r\n")) // the caller may have gone
			conn.Close()
		}
	}()
	found = examineBy(t, sapb1.Probe{Uses: usesOf(), Client: newClient(t, sapb1.Settings{URL: "https://" + mail.Addr().String() + "/b1s/v2"})})
	found.wants(t, "certificate", order.OutcomeFail, "does not speak TLS", "50001")

	elsewhere := strings.Replace(b.url, "127.0.0.1", "0.0.0.0", 1) // this machine, by an address that does not say so
	found = examineBy(t, sapb1.Probe{Uses: usesOf(), Client: newClient(t, sapb1.Settings{URL: elsewhere + "/b1s/v2", CompanyDB: "SBODEMOUS", User: "manager", Password: password})})
	found.wants(t, "certificate", order.OutcomeWarn, "can be read on the way", "https")
	found.wants(t, "sign-in", order.OutcomeOK, "", "")
}
