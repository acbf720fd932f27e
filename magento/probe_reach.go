package magento

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/http/httptrace"
	"net/url"
	"strings"
	"time"

	"datawald/order"
)

// address asks for orders without a sign-in: a sound shop refuses that, in a way that shows all that lies before it.
func (c *checkup) address(ctx context.Context) order.Finding {
	peer := ""
	trace := &httptrace.ClientTrace{GotConn: func(i httptrace.GotConnInfo) { peer = i.Conn.RemoteAddr().String() }}
	c.opened = time.Now()
	r, err := c.Client.roundTrip(httptrace.WithClientTrace(ctx, trace), call{op: opList, method: http.MethodGet, path: "/orders",
		params: search{where: nothing, sort: []string{"entity_id"}, pageSize: 1}.params()}, func(*http.Request, []param) {})
	if err == nil {
		c.open = r
		return ok(fmt.Sprintf("%s answers from %s in %s", c.Address(), peer, short(r.took)))
	}
	f, is := errors.AsType[*order.Failure](err)
	if is && noTrust(f) {
		c.untrusted = f
		return ok(c.Address() + " answers, but see its certificate")
	}
	host := "this address"
	if u, err := url.Parse(c.Client.root); err == nil {
		host = u.Host
	}
	if dns, is := errors.AsType[*net.DNSError](err); is && dns.IsNotFound {
		return fail(order.Config, "the name "+dns.Name+" does not resolve", "Correct MAGENTO_URL, or the name server of this machine.")
	}
	finding := failed(err)
	finding.Mend = "Check that the shop is up, and that a firewall lets this machine reach " + host + "."
	return finding
}

// nothing is a condition that no order meets.
var nothing = []condition{{"entity_id", opTo, "0"}}

// noTrust reports whether the other side answered, but its certificate or its TLS is no good.
func noTrust(f *order.Failure) bool {
	_, certificate := errors.AsType[*tls.CertificateVerificationError](f)
	_, noTLS := errors.AsType[tls.RecordHeaderError](f)
	_, alert := errors.AsType[tls.AlertError](f)
	return certificate || noTLS || alert || errors.Is(f, http.ErrSchemeMismatch)
}

// soon is when a certificate is to be renewed at the latest.
const soon = 14 * 24 * time.Hour

func (c *checkup) certificate(context.Context) order.Finding {
	if c.untrusted != nil {
		if _, is := errors.AsType[*tls.CertificateVerificationError](c.untrusted); is {
			return fail(order.Config, strings.TrimPrefix(c.untrusted.Message, "no answer: "), c.untrusted.Hint)
		}
		return fail(order.Config, "the shop does not speak TLS at this address", "Check scheme and port of MAGENTO_URL, and the TLS settings of the web server.")
	}
	if c.open.tls == nil {
		if local(c.Client.root) {
			return ok("none: plain HTTP, which does not leave this machine")
		}
		return warn("none: plain HTTP, so that customers' data, and tokens and passwords, can be read on the way", "Give MAGENTO_URL an address with https.")
	}
	end := c.open.tls.PeerCertificates[0].NotAfter
	left := end.Sub(c.Client.now())
	seen := fmt.Sprintf("trusted, until %s (%d days)", end.UTC().Format(time.DateOnly), int(left.Hours()/24))
	if left < soon {
		return warn(seen, "Renew the certificate of the shop: orders are not read with one that has expired.")
	}
	return ok(seen)
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

func (c *checkup) redirect(context.Context) order.Finding {
	if c.open.status < 300 || c.open.status >= 400 {
		return ok("none")
	}
	to, err := url.Parse(c.open.header.Get("Location"))
	if err != nil || to.String() == "" {
		return fail(order.Config, fmt.Sprintf("HTTP %d without a readable place to go", c.open.status), "Give MAGENTO_URL the address that a browser ends at.")
	}
	if from, err := url.Parse(c.Client.root); err == nil {
		to = from.ResolveReference(to)
	}
	shop := url.URL{Scheme: to.Scheme, Host: to.Host}
	shop.Path, _, _ = strings.Cut(to.Path, "/rest/")
	return fail(order.Config, fmt.Sprintf("HTTP %d sends callers to %s", c.open.status, shop.String()),
		"Set MAGENTO_URL="+shop.String()+" if that is the shop: signed calls are not sent on.")
}

// api wants the refusal that Magento has for a call without a sign-in.
func (c *checkup) api(context.Context) order.Finding {
	r := c.open
	f := r.failure(opList, access{way: c.Client.way})
	switch {
	case r.status == http.StatusOK:
		return fail(order.Transient, "HTTP 200 to a call without a sign-in ("+firstWord(r.body)+"): not Magento's answer",
			"Look at what stands before the shop: a page of a proxy or a firewall, or a cache that serves orders to everybody.")
	case r.status == http.StatusUnauthorized && r.fromMagento(), f.Kind == order.Permanent && r.fromMagento():
		return ok("Magento's REST API is there, and refuses a call without a sign-in as it should")
	}
	return failed(f)
}

// skewed is the difference of clocks from which on it is worth a warning.
const skewed = 30 * time.Second

// clock measures the shop's clock against the middle of the call: the Date was written somewhere in it, in whole seconds.
func (c *checkup) clock(context.Context) order.Finding {
	const reader = "The reader goes by the shop's clock, so no order is missed for it. "
	if c.open == nil || c.open.now.IsZero() {
		return warn("the shop sends no Date", "The reader then goes by this machine's clock: keep it right by NTP, or let the proxy pass the Date on.")
	}
	skew := c.open.now.Add(500 * time.Millisecond).Sub(c.opened.Add(c.open.took / 2)).Round(time.Second)
	switch {
	case skew.Abs() <= skewed:
		return ok(fmt.Sprintf("the shop's differs by %s from this machine's", skew.Abs()))
	case skew > 0:
		return warn(fmt.Sprintf("the shop's is %s ahead of this machine's", skew), reader+"Set the wrong one of the two by NTP.")
	}
	return warn(fmt.Sprintf("the shop's is %s behind this machine's", -skew),
		reader+"Magento refuses signatures from 10 minutes on, so that calls are signed with the shop's time. Set the wrong one of the two by NTP.")
}

// short rounds a time for people.
func short(d time.Duration) time.Duration {
	if d < time.Second {
		return max(d.Round(time.Millisecond), time.Millisecond)
	}
	return d.Round(100 * time.Millisecond)
}
