package magento

import (
	"context"
	"errors"
	"iter"
	"net/url"
	"strconv"
	"strings"
	"time"

	"datawald/order"
)

// Probe looks at a shop from the outside in, as the reader will use it, and writes nothing.
type Probe struct {
	// Client is nil where the settings do not make one; then every check is skipped.
	Client *Client
	// Instance names the orders that are read.
	Instance string
	// PageSize and From are those of the reader: MAGENTO_PAGE_SIZE and MAGENTO_SYNC_FROM.
	PageSize int
	From     time.Time
}

// Address is where the probe asks, without a password that the address may hold.
func (p Probe) Address() string {
	if p.Client == nil {
		return ""
	}
	u, err := url.Parse(p.Client.root)
	if err != nil {
		return ""
	}
	return u.Redacted()
}

// The names of checks, as they are shown.
const (
	checkAddress     = "address"
	checkCertificate = "certificate"
	checkRedirect    = "redirect"
	checkAPI         = "REST API"
	checkClock       = "clock"
	checkSignIn      = "sign-in"
	checkRead        = "read orders"
	checkComment     = "comment"
	checkPage        = "page size"
	checkOrder       = "newest order"
	checkCount       = "backlog"
	checkSpeed       = "speed"
)

var checks = []order.Check[*checkup]{
	check(checkAddress, order.CheckSettings, (*checkup).address),
	check(checkCertificate, checkAddress, (*checkup).certificate),
	check(checkRedirect, checkCertificate, (*checkup).redirect),
	check(checkAPI, checkRedirect, (*checkup).api),
	check(checkClock, checkCertificate, (*checkup).clock),
	check(checkSignIn, checkAPI, (*checkup).signIn),
	check(checkRead, checkSignIn, (*checkup).mayRead),
	check(checkComment, checkSignIn, (*checkup).mayComment),
	check(checkPage, checkRead, (*checkup).page),
	check(checkOrder, checkRead, (*checkup).newestOrder),
	check(checkCount, checkRead, (*checkup).backlog),
	check(checkSpeed, checkPage, (*checkup).speed),
}

// check is one that sees one thing and needs one other.
func check(name, needs string, look func(*checkup, context.Context) order.Finding) order.Check[*checkup] {
	return order.Check[*checkup]{Name: name, Needs: []string{needs},
		Look: func(c *checkup, ctx context.Context) []order.Finding { return []order.Finding{look(c, ctx)} }}
}

// Findings makes the checks one after the other and gives each finding as it comes.
func (p Probe) Findings(ctx context.Context) iter.Seq[order.Finding] {
	if p.Client == nil {
		return order.Examine(ctx, &checkup{Probe: p}, checks, order.CheckSettings)
	}
	return order.Examine(ctx, &checkup{Probe: p}, checks)
}

// checkup is what a probe has learnt so far.
type checkup struct {
	Probe
	// open is the answer to a call without sign-in, and opened when it was made; untrusted is why its certificate is not
	// trusted.
	open      *reply
	opened    time.Time
	untrusted *order.Failure
	// refusal is why orders may not be read although the sign-in was accepted.
	refusal *order.Failure
	// small and large are how long the shop took for a call that finds nothing and for a page.
	small, large time.Duration
	pageOf       int
}

func ok(seen string) order.Finding { return order.Finding{Outcome: order.OutcomeOK, Seen: seen} }
func warn(seen, mend string) order.Finding {
	return order.Finding{Outcome: order.OutcomeWarn, Seen: seen, Mend: mend}
}

func fail(kind order.Kind, seen, mend string) order.Finding {
	return order.Finding{Outcome: order.OutcomeFail, Seen: seen, Mend: mend, Kind: kind}
}

// failed makes a finding of a call that failed. What the shop refuses for good here is a matter of its settings.
func failed(err error) order.Finding {
	f, is := errors.AsType[*order.Failure](err)
	if !is {
		return fail(order.Transient, err.Error(), "")
	}
	kind := order.Config
	if f.Kind == order.Transient {
		kind = order.Transient
	}
	seen := f.Message
	if _, err := strconv.Atoi(f.Code); err == nil && !strings.Contains(seen, f.Code) {
		seen += " (" + f.Code + ")" // the HTTP status
	}
	return fail(kind, seen, f.Hint)
}
