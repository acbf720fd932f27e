package main

import (
	"crypto/tls"
	"fmt"
	"log/slog"
	"os"
	"sync"
	"time"
)

// certificateLook is how seldom the files are looked at for a newer certificate.
const certificateLook = 10 * time.Second

// certificate is the one in two files. They are read again when one of them has changed, so that a renewal needs no restart.
type certificate struct {
	certFile, keyFile string
	log               *slog.Logger
	look              time.Duration

	mu      sync.Mutex
	current *tls.Certificate
	// stamp is what the files looked like when current was read, looked when they were looked at last.
	stamp  string
	looked time.Time
}

// loadCertificate reads the files for the first time.
func loadCertificate(certFile, keyFile string, log *slog.Logger) (*certificate, error) {
	c := &certificate{certFile: certFile, keyFile: keyFile, log: log, look: certificateLook}
	if err := c.read(c.seen()); err != nil {
		return nil, fmt.Errorf("GATEWAY_TLS_CERT_FILE and GATEWAY_TLS_KEY_FILE: %w", err)
	}
	return c, nil
}

// seen tells the files' times and lengths; a file that is not there has none.
func (c *certificate) seen() string {
	text := ""
	for _, name := range []string{c.certFile, c.keyFile} {
		if info, err := os.Stat(name); err == nil {
			text += fmt.Sprintf("%d %d;", info.ModTime().UnixNano(), info.Size())
		}
	}
	return text
}

func (c *certificate) read(stamp string) error {
	pair, err := tls.LoadX509KeyPair(c.certFile, c.keyFile)
	if err != nil {
		return err
	}
	c.current, c.stamp, c.looked = &pair, stamp, time.Now()
	return nil
}

// get gives the certificate to a connection. While the files cannot be read, or only one of them is new, the one before stands.
func (c *certificate) get(*tls.ClientHelloInfo) (*tls.Certificate, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if time.Since(c.looked) < c.look {
		return c.current, nil
	}
	c.looked = time.Now()
	if stamp := c.seen(); stamp != c.stamp {
		if err := c.read(stamp); err != nil {
			c.log.Warn("the new certificate cannot be used, the one before stays", "error", err)
		} else {
			c.log.Info("the certificate was renewed")
		}
	}
	return c.current, nil
}

// config is how connections are encrypted.
func (c *certificate) config() *tls.Config {
	return &tls.Config{MinVersion: tls.VersionTLS12, NextProtos: []string{"h2", "http/1.1"}, GetCertificate: c.get}
}
