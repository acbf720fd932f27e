package sapb1

import (
	"bytes"
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

// patience bounds the first calls, which cost B1 nothing: a person waits.
const patience = 15 * time.Second

// anybody is a call without a session: a sound Service Layer refuses it with 301, in a way that shows all that lies before it.
func (c *checkup) anybody(ctx context.Context, address string) (*http.Response, []byte, error) {
	ctx, cancel := context.WithTimeout(ctx, min(patience, c.Client.settings.Timeout))
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return nil, nil, err
	}
	req.Header.Set("Accept", "application/json")
	res, body, err := c.Client.send(req)
	if err != nil {
		return nil, nil, transportFailure("GET without a session", false, err)
	}
	return res, body, nil
}

// cheapRead is what is asked for, here and for the latency.
const cheapRead = "/Orders?$select=DocEntry&$top=1"

func (c *checkup) address(ctx context.Context) order.Finding {
	peer := ""
	trace := &httptrace.ClientTrace{GotConn: func(i httptrace.GotConnInfo) { peer = i.Conn.RemoteAddr().String() }}
	c.opened = time.Now()
	res, body, err := c.anybody(httptrace.WithClientTrace(ctx, trace), c.Client.base+cheapRead)
	c.took = time.Since(c.opened)
	if err == nil {
		c.open, c.openBody = res, body
		return ok(fmt.Sprintf("%s answers from %s in %s", c.Address(), peer, short(c.took)))
	}
	f, _ := errors.AsType[*order.Failure](err)
	if f != nil && noTrust(f) {
		c.untrusted = f
		return ok(c.Address() + " answers, but see its certificate")
	}
	if dns, is := errors.AsType[*net.DNSError](err); is && dns.IsNotFound {
		return wrong("the name "+dns.Name+" does not resolve", "Correct B1_URL, or the name server of this machine.")
	}
	return failed(err, fmt.Sprintf("Check that the Service Layer is started, and that a firewall lets this machine reach %s; the load balancer of the Service Layer listens on port 50000.", c.host()))
}

// host is the host and port that the probe asks.
func (c *checkup) host() string {
	if u, err := url.Parse(c.Client.base); err == nil {
		return u.Host
	}
	return "this address"
}

// noTrust reports whether the other side answered, but its certificate or its TLS is no good.
func noTrust(f *order.Failure) bool {
	_, certificate := errors.AsType[*tls.CertificateVerificationError](f)
	_, noTLS := errors.AsType[tls.RecordHeaderError](f)
	_, alert := errors.AsType[tls.AlertError](f)
	return certificate || noTLS || alert || errors.Is(f, http.ErrSchemeMismatch)
}

// layer wants the refusal that the Service Layer has for a call without a session (manual 3.1.1), and else says what stands in
// its place.
func (c *checkup) layer(ctx context.Context) order.Finding {
	status, where := c.open.StatusCode, "B1_URL"
	code, message, isB1 := parseError(c.openBody)
	switch {
	case isB1 && status < http.StatusInternalServerError:
		return ok(c.spokenVersion() + "; " + c.ping(ctx))
	case isB1:
		return failed(failure("GET", false, status, c.open.Header, c.openBody), fmt.Sprintf("The Service Layer is there and fails (%s %s): look into its log, and restart it.", code, oneLine(message)))
	case status >= 300 && status < 400:
		return wrong(fmt.Sprintf("HTTP %d sends callers to %s", status, redacted(c.open.Header.Get("Location"))), "Give "+where+" the address of the Service Layer itself: calls are not sent on.")
	case bytes.Contains(c.openBody, []byte("plain HTTP")) && status == http.StatusBadRequest:
		return wrong("HTTP 400: this port speaks TLS", "Give B1_URL the address with https.")
	case status == http.StatusUnauthorized, status == http.StatusForbidden, status == http.StatusProxyAuthRequired:
		return wrong(fmt.Sprintf("HTTP %d, not from B1 itself", status), "Something before the Service Layer asks for a sign-in of its own or keeps this machine out: let it through there, or give B1_URL an address behind it.")
	case status >= 500:
		return order.Finding{Outcome: order.OutcomeFail, Kind: order.Transient, Seen: fmt.Sprintf("HTTP %d %s, not from B1 itself; %s", status, http.StatusText(status), c.ping(ctx)),
			Mend: "The load balancer, or a proxy before it, answers and the Service Layer behind it does not: start the Service Layer's nodes, and look into their logs."}
	case status == http.StatusOK:
		return wrong("HTTP 200 to a call without a session ("+kindOf(c.openBody)+"): not the Service Layer's answer", "Look at what stands at B1_URL: a page of a proxy or of another server, or something that signs callers in by itself.")
	}
	return c.elsewhere(ctx, status)
}

// elsewhere looks whether the Service Layer is at its usual path of the same host.
func (c *checkup) elsewhere(ctx context.Context, status int) order.Finding {
	seen := fmt.Sprintf("HTTP %d, and no Service Layer at this path", status)
	u, err := url.Parse(c.Client.base)
	if err != nil {
		return wrong(seen, "Correct B1_URL.")
	}
	for _, path := range []string{"/b1s/v2", "/b1s/v1"} {
		u.Path = path
		if _, body, err := c.anybody(ctx, u.String()+cheapRead); err == nil {
			if _, _, isB1 := parseError(body); isB1 {
				return wrong(seen, "It is at "+u.Redacted()+": set B1_URL to that.")
			}
		}
	}
	return wrong(seen, "Give B1_URL the root of the Service Layer, https://host:50000/b1s/v2; "+c.ping(ctx)+".")
}

// spokenVersion says which OData the address speaks. Errors tell them apart: OData 3 has a number for a code, 4 a text.
func (c *checkup) spokenVersion() string {
	if bytes.Contains(c.openBody, []byte(`"code":"`)) || strings.HasSuffix(c.Client.base, "/v2") {
		return "the Service Layer speaks OData 4 here"
	}
	return "the Service Layer speaks OData 3 here (SAP recommends OData 4: B1_URL with /b1s/v2)"
}

// ping asks SAP's health check, which needs no session and is there from 9.3 PL10 on (manual 3.21).
func (c *checkup) ping(ctx context.Context) string {
	const none = "no answer from /ping/ (older than 9.3 PL10, or a proxy keeps it back)"
	u, err := url.Parse(c.Client.base)
	if err != nil {
		return none
	}
	u.Path, u.User = "/ping/", nil
	res, body, err := c.anybody(ctx, u.String())
	if err != nil || res.StatusCode != http.StatusOK || !bytes.Contains(body, []byte(`"pong"`)) {
		return none
	}
	return "/ping/ of its load balancer answers"
}

func kindOf(body []byte) string {
	switch body = bytes.TrimSpace(body); {
	case len(body) == 0:
		return "nothing"
	case body[0] == '<':
		return "a page"
	case body[0] == '{', body[0] == '[':
		return "JSON"
	}
	return "text"
}

// redacted is an address without user, password and query.
func redacted(address string) string {
	u, err := url.Parse(address)
	if err != nil || address == "" {
		return "no readable place"
	}
	u.User, u.RawQuery, u.Fragment = nil, "", ""
	return u.String()
}

// skewed is the difference of clocks from which on it is worth a warning.
const skewed = 30 * time.Second

// clock measures B1's clock against the middle of the call: the Date was written somewhere in it, in whole seconds.
func (c *checkup) clock(context.Context) order.Finding {
	days := c.days(time.Now())
	if c.open == nil {
		return notChecked("no answer was read")
	}
	theirs, err := http.ParseTime(c.open.Header.Get("Date"))
	if err != nil {
		return warn("B1 sends no Date; "+days, "Keep both clocks right by NTP: the due dates of documents are reckoned by this machine's.")
	}
	skew := theirs.Add(500 * time.Millisecond).Sub(c.opened.Add(c.took / 2)).Round(time.Second)
	if skew.Abs() <= skewed {
		return ok(fmt.Sprintf("B1's differs by %s from this machine's; %s", skew.Abs(), days))
	}
	side := "behind"
	if skew > 0 {
		side = "ahead of"
	}
	return warn(fmt.Sprintf("B1's is %s %s this machine's; %s", skew.Abs(), side, days),
		"Set the wrong one of the two by NTP: near midnight B1's document date, which B1 sets, and the due date, which is reckoned by this machine's clock, would not fit.")
}

// days says which day documents are of.
func (c *checkup) days(now time.Time) string {
	if c.Uses == nil {
		return "the days of documents are not known without the rules"
	}
	now = now.In(c.Uses.Zone)
	return fmt.Sprintf("days of documents are those of %s (company.time_zone), now %s", c.Uses.Zone, now.Format("2006-01-02 15:04"))
}

// short rounds a time for people.
func short(d time.Duration) time.Duration {
	if d < time.Second {
		return max(d.Round(time.Millisecond), time.Millisecond)
	}
	return d.Round(100 * time.Millisecond)
}
