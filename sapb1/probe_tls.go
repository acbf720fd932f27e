package sapb1

import (
	"bytes"
	"cmp"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"net/url"
	"strings"
	"time"

	"datawald/order"
)

// soon is when a certificate is to be renewed at the latest.
const soon = 14 * 24 * time.Hour

const dangerous = "B1_INSECURE IS ON: NOBODY CHECKS WHO ANSWERS, and whoever stands on the way can take the password and change orders"

func (c *checkup) certificate(context.Context) order.Finding {
	switch {
	case c.untrusted != nil:
		return c.distrust()
	case c.open.TLS == nil && local(c.Client.base):
		return ok("none: plain HTTP, which does not leave this machine")
	case c.open.TLS == nil:
		return warn("none: plain HTTP, so that the password and customers' data can be read on the way", "Give B1_URL an address with https; the Service Layer speaks nothing else on port 50000.")
	}
	chain := c.open.TLS.PeerCertificates
	if c.Client.settings.Insecure {
		err := c.verify(chain)
		if err == nil {
			return warn(dangerous+"; and it is not needed: "+described(chain[0]), "Take B1_INSECURE away.")
		}
		return warn(dangerous+"; the certificate: "+described(chain[0])+"; "+reasonOf(err, chain[0]), "For anything but a trial take B1_INSECURE away: "+mendOf(err, chain[0], c.host()))
	}
	seen := "trusted; " + described(chain[0])
	if time.Until(chain[0].NotAfter) < soon {
		return warn(seen, "Renew the certificate of the Service Layer (ServiceLayer/conf/server.crt) in time: no order is posted with one that has expired.")
	}
	return ok(seen)
}

// verify looks at a certificate as would be done without B1_INSECURE.
func (c *checkup) verify(chain []*x509.Certificate) error {
	u, err := url.Parse(c.Client.base)
	if err != nil {
		return err
	}
	settings := c.Client.settings
	settings.Insecure = false
	cfg, err := tlsConfig(settings)
	if err != nil {
		return err
	}
	options := x509.VerifyOptions{Roots: cfg.RootCAs, DNSName: u.Hostname(), Intermediates: x509.NewCertPool()}
	for _, other := range chain[1:] {
		options.Intermediates.AddCert(other)
	}
	_, err = chain[0].Verify(options)
	return err
}

// distrust says why the certificate is no good, or that there is none.
func (c *checkup) distrust() order.Finding {
	bad, is := errors.AsType[*tls.CertificateVerificationError](c.untrusted)
	if !is || len(bad.UnverifiedCertificates) == 0 {
		return wrong("B1 does not speak TLS at this address, or none that this program takes (TLS 1.2 and later)", "Check scheme and port of B1_URL: the Service Layer's load balancer speaks TLS on port 50000, its nodes (50001 and on) plain HTTP.")
	}
	leaf := bad.UnverifiedCertificates[0]
	return wrong("not trusted: "+reasonOf(bad.Err, leaf)+"; "+described(leaf), mendOf(bad.Err, leaf, c.host()))
}

// described says what a certificate is: of whom, for what, until when.
func described(cert *x509.Certificate) string {
	names := cert.DNSNames
	for _, ip := range cert.IPAddresses {
		names = append(names[:len(names):len(names)], ip.String())
	}
	by := "issued by " + cmp.Or(cert.Issuer.CommonName, strings.Join(cert.Issuer.Organization, ", "), "nobody it names")
	if selfSigned(cert) {
		by = "self-signed"
	}
	return fmt.Sprintf("%s, for %s, until %s (%d days)", by, cmp.Or(strings.Join(names, ", "), "no name that counts (only CN "+cert.Subject.CommonName+")"),
		cert.NotAfter.UTC().Format(time.DateOnly), int(time.Until(cert.NotAfter).Hours()/24))
}

func selfSigned(cert *x509.Certificate) bool { return bytes.Equal(cert.RawIssuer, cert.RawSubject) }

// reasonOf is why a certificate is not trusted, in few words.
func reasonOf(err error, leaf *x509.Certificate) string {
	_, name := errors.AsType[x509.HostnameError](err)
	switch {
	case name:
		return "it is for another name than that of B1_URL"
	case time.Now().After(leaf.NotAfter):
		return "it has expired"
	case time.Now().Before(leaf.NotBefore):
		return "it is not valid yet"
	}
	return "no authority that this machine knows has signed it"
}

// mendOf is what to do about a certificate that is not trusted.
func mendOf(err error, leaf *x509.Certificate, host string) string {
	_, name := errors.AsType[x509.HostnameError](err)
	switch {
	case name && len(leaf.DNSNames)+len(leaf.IPAddresses) == 0:
		return "Make a new certificate for the Service Layer that has the host's name as Subject Alternative Name; a CN alone no longer counts."
	case name:
		return "Give B1_URL a name that the certificate has, or make a new certificate that has this one."
	case time.Now().After(leaf.NotAfter):
		return "Renew the certificate of the Service Layer (ServiceLayer/conf/server.crt), and restart it."
	case time.Now().Before(leaf.NotBefore):
		return "Check the clocks of both machines."
	case selfSigned(leaf):
		return "Installed as it comes, the Service Layer signs its certificate itself. Copy ServiceLayer/conf/server.crt from the B1 server, or fetch it with: openssl s_client -connect " + host +
			" </dev/null | openssl x509 > b1.pem; compare its fingerprint there, and set B1_CA_FILE=b1.pem."
	}
	return "Set B1_CA_FILE to a PEM file with the authority that signed it (and those between)."
}

// local reports whether an address is on this machine.
func local(address string) bool {
	u, err := url.Parse(address)
	if err != nil {
		return false
	}
	ip := net.ParseIP(u.Hostname())
	return u.Hostname() == "localhost" || ip != nil && ip.IsLoopback()
}
