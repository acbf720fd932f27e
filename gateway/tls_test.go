package main

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"io"
	"log/slog"
	"math/big"
	"net"
	"net/http"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"datawald/config"
	"datawald/gateway/access"
	"datawald/sandbox/testkit"
	"datawald/store"
)

// certify writes a certificate for this machine, of this number, over the one in two files.
func certify(t *testing.T, certFile, keyFile string, number int64) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(number), NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour), IsCA: true,
		BasicConstraintsValid: true, KeyUsage: x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign, IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}}
	raw, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	private, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	for file, block := range map[string]*pem.Block{certFile: {Type: "CERTIFICATE", Bytes: raw}, keyFile: {Type: "PRIVATE KEY", Bytes: private}} {
		if err := os.WriteFile(file, pem.EncodeToMemory(block), 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

// Fails without: MinVersion; the look at the files in get; with a certificate that is given up before there is a new one.
func TestTLS_TakesANewCertificateWithoutARestart(t *testing.T) {
	dir := t.TempDir()
	certFile, keyFile := filepath.Join(dir, "cert.pem"), filepath.Join(dir, "key.pem")
	certify(t, certFile, keyFile, 1)
	settings := &config.Gateway{Listening: config.Listening{Address: "127.0.0.1:0", TLSCertFile: certFile, TLSKeyFile: keyFile}}
	plain, err := listen(settings, testkit.Silent())
	if err != nil {
		t.Fatal(err)
	}
	_ = plain.Close()
	c, err := loadCertificate(certFile, keyFile, testkit.Silent())
	if err != nil {
		t.Fatal(err)
	}
	c.look = 0
	tcp, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	var log bytes.Buffer
	ctx, stop := context.WithCancel(t.Context())
	served := make(chan error, 1)
	handler := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { _, _ = io.WriteString(w, r.Proto) })
	go func() {
		served <- serve(ctx, encrypted{tls.NewListener(tcp, c.config())}, handler, slog.New(slog.NewTextHandler(&log, nil)))
	}()
	seen := func() (number int64, protocol string, err error) {
		client := &http.Client{Transport: &http.Transport{ForceAttemptHTTP2: true, TLSClientConfig: &tls.Config{InsecureSkipVerify: true}}}
		defer client.CloseIdleConnections()
		res, err := client.Get("https://" + tcp.Addr().String())
		if err != nil {
			return 0, "", err
		}
		defer res.Body.Close()
		text, err := io.ReadAll(res.Body)
		return res.TLS.PeerCertificates[0].SerialNumber.Int64(), string(text), err
	}
	if n, protocol, err := seen(); err != nil || n != 1 || protocol != "HTTP/2.0" {
		t.Errorf("certificate %d by %s, %v", n, protocol, err)
	}
	old, err := tls.Dial("tcp", tcp.Addr().String(), &tls.Config{InsecureSkipVerify: true, MinVersion: tls.VersionTLS10, MaxVersion: tls.VersionTLS11})
	if err == nil {
		t.Errorf("TLS of version %x is spoken", old.ConnectionState().Version)
		_ = old.Close()
	}
	if err := os.WriteFile(certFile, []byte("half of a new one"), 0o600); err != nil {
		t.Fatal(err)
	}
	if n, _, err := seen(); err != nil || n != 1 {
		t.Errorf("while the new one is written: certificate %d, %v", n, err)
	}
	certify(t, certFile, keyFile, 2)
	if n, _, err := seen(); err != nil || n != 2 {
		t.Errorf("after the renewal: certificate %d, %v", n, err)
	}
	stop()
	if err := <-served; err != nil {
		t.Error(err)
	}
	if !strings.Contains(log.String(), "https://") {
		t.Errorf("the log does not say where: %s", log.String())
	}
}

// Fails without: any of the looks in letIn; with a password that is printed twice, or that was given.
func TestLetIn_PrintsAPasswordOnce(t *testing.T) {
	db := testkit.Store(t)
	gate := access.New(db, access.Settings{})
	settings := &config.Gateway{}
	var out bytes.Buffer
	for range 2 {
		if err := letIn(t.Context(), gate, settings, &out); err != nil {
			t.Fatal(err)
		}
	}
	lines := strings.Fields(out.String())
	password := ""
	for _, word := range lines {
		if len(word) == 26 {
			password += word
		}
	}
	if _, pass, _, err := gate.SignIn(t.Context(), "admin", password, netip.Addr{}); err != nil || pass.Actor.Role != access.Admin {
		t.Errorf("what was printed does not get in: %v\n%s", err, out.String())
	}

	other := testkit.Store(t)
	settings.AdminPassword, settings.Key = "correct horse battery", "dw_first_abcdefghijklmnopqrst"
	settings.KeyRole = "operator"
	gate = access.New(other, access.Settings{})
	out.Reset()
	if err := letIn(t.Context(), gate, settings, &out); err != nil || out.Len() != 0 {
		t.Errorf("with a password that was given: %v, %q", err, out.String())
	}
	if _, _, _, err := gate.SignIn(t.Context(), "admin", settings.AdminPassword, netip.Addr{}); err != nil {
		t.Errorf("the password of the settings does not get in: %v", err)
	}
	if pass, err := gate.Key(t.Context(), settings.Key); err != nil || pass.Actor.Role != access.Operator {
		t.Errorf("the key of the settings does not get in: %v", err)
	}
	if err := other.RevokeKey(t.Context(), "first"); err != nil {
		t.Fatal(err)
	}
	if err := letIn(t.Context(), gate, settings, &out); err == nil || !strings.Contains(err.Error(), "GATEWAY_KEY") || !strings.Contains(err.Error(), "revoked") {
		t.Errorf("the start with a key that was revoked gives %v", err)
	}
	if k, err := other.Key(t.Context(), "first"); err != nil || k.RevokedAt == nil {
		t.Errorf("a key that was revoked comes back with a start: %+v, %v", k, err)
	}
}

// Fails without: the first sweep before the tick.
func TestSweep_RemovesWhatIsOverAndEnds(t *testing.T) {
	db := testkit.Store(t)
	if err := db.AddSession(t.Context(), store.Session{ID: "old", User: "anna", SeenAt: time.Now(), EndsAt: time.Now().Add(-time.Hour)}); err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan struct{})
	go func() {
		sweep(ctx, access.New(db, access.Settings{}), testkit.Silent())
		close(ended)
	}()
	for deadline := time.Now().Add(time.Minute); ; {
		if _, err := db.Session(t.Context(), "old"); err == store.ErrNotFound {
			break
		}
		if time.Now().After(deadline) {
			t.Fatal("after 20 s a session that is over is still there")
		}
		time.Sleep(5 * time.Millisecond)
	}
	stop()
	<-ended
}
