package magento_test

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"io"
	"log"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"datawald/magento"
	"datawald/order"
	"datawald/sandbox/magentosim"
)

// certify makes a certificate that signs itself, for these names, until then.
func certify(t *testing.T, until time.Time, names ...string) (tls.Certificate, *x509.Certificate) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), NotBefore: time.Now().Add(-365 * 24 * time.Hour), NotAfter: until, IsCA: true,
		BasicConstraintsValid: true, KeyUsage: x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign, DNSNames: names, IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}}
	if len(names) > 0 {
		template.IPAddresses = nil
	}
	raw, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	parsed, err := x509.ParseCertificate(raw)
	if err != nil {
		t.Fatal(err)
	}
	return tls.Certificate{Certificate: [][]byte{raw}, PrivateKey: key}, parsed
}

func TestProbe_LooksAtTheCertificate(t *testing.T) {
	const day = 24 * time.Hour
	for _, c := range []struct {
		name    string
		left    time.Duration
		names   []string
		trusted bool
		outcome order.Outcome
		seen    string
		mend    string
	}{
		{"sound", 90*day + time.Hour, nil, true, order.OutcomeOK, "(90 days)", ""},
		{"ends soon", 13*day + time.Hour, nil, true, order.OutcomeWarn, "(13 days)", "Renew"},
		{"just long enough", 14*day + time.Hour, nil, true, order.OutcomeOK, "(14 days)", ""},
		{"has ended", -time.Hour, nil, true, order.OutcomeFail, "expired", "certificate"},
		{"nobody trusts it", 90 * day, nil, false, order.OutcomeFail, "certificate signed by unknown authority", "does not trust"},
		{"of another name", 90 * day, []string{"www.shop.example.com"}, true, order.OutcomeFail, "127.0.0.1", "MAGENTO_URL"},
	} {
		t.Run(c.name, func(t *testing.T) {
			certificate, parsed := certify(t, time.Now().Add(c.left), c.names...)
			server := httptest.NewUnstartedServer(newShop(t, magentosim.Config{Orders: 1}))
			server.TLS = &tls.Config{Certificates: []tls.Certificate{certificate}}
			server.Config.ErrorLog = log.New(io.Discard, "", 0)
			server.StartTLS()
			defer server.Close()
			roots := x509.NewCertPool()
			if c.trusted {
				roots.AddCert(parsed)
			}
			found := diagnose(t, magento.Settings{URL: server.URL, OAuth: fourCredentials,
				Transport: &http.Transport{TLSClientConfig: &tls.Config{RootCAs: roots}}})
			wantFinding(t, found, "address", order.OutcomeOK, "", "")
			wantFinding(t, found, "certificate", c.outcome, c.seen, c.mend)
			if c.outcome == order.OutcomeFail {
				wantFinding(t, found, "sign-in", order.OutcomeSkip, "", "")
				if found["certificate"].Kind != order.Config {
					t.Errorf("%+v, want config", found["certificate"])
				}
				return
			}
			wantFinding(t, found, "sign-in", order.OutcomeOK, "", "")
		})
	}
}

func TestProbe_OfAnAddressWithoutTLS(t *testing.T) {
	address := serve(t, newShop(t, magentosim.Config{Orders: 1}))
	found := diagnose(t, magento.Settings{URL: "https" + strings.TrimPrefix(address, "http"), OAuth: fourCredentials})
	wantFinding(t, found, "certificate", order.OutcomeFail, "does not speak TLS", "scheme and port")

	found = diagnose(t, magento.Settings{URL: "http://shop.example.com", OAuth: fourCredentials,
		Transport: &http.Transport{Proxy: nil, DialContext: (&dialer{to: strings.TrimPrefix(address, "http://")}).dial}})
	wantFinding(t, found, "certificate", order.OutcomeWarn, "can be read on the way", "https")
	wantFinding(t, found, "sign-in", order.OutcomeOK, "", "")
}

// dialer reaches one server whatever the name.
type dialer struct{ to string }

func (d *dialer) dial(ctx context.Context, network, _ string) (net.Conn, error) {
	return new(net.Dialer).DialContext(ctx, network, d.to)
}
