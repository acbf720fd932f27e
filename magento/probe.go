package magento

import (
	"context"
	"errors"
	"iter"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"datawald/order"
)

// Outcome is how a check of a probe ended.
type Outcome string

// A check that depends on one that failed is skipped.
const (
	OK   Outcome = "ok"
	Warn Outcome = "warn"
	Fail Outcome = "FAIL"
	Skip Outcome = "skip"
)

// Finding is what one check of a probe saw. It holds no personal data and no credentials.
type Finding struct {
	// Check is its name: "sign-in".
	Check   string  `json:"check"`
	Outcome Outcome `json:"outcome"`
	Seen    string  `json:"seen"`
	// Mend says what to do, in the words of Magento's menus; empty where there is nothing to do.
	Mend string `json:"mend,omitempty"`
	// Kind of a failure: Transient when the shop does not answer, Config when settings or rights must be changed.
	Kind order.Kind `json:"kind,omitempty"`
}

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

// check is one look. It is skipped when one of those that it needs has failed or was skipped.
type check struct {
	name  string
	needs []string
	look  func(*checkup, context.Context) Finding
}

// The names of checks, as they are shown.
const (
	// CheckSettings comes before all others and is the caller's: whether the settings make a client.
	CheckSettings    = "settings"
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

var checks = []check{
	{checkAddress, []string{CheckSettings}, (*checkup).address},
	{checkCertificate, []string{checkAddress}, (*checkup).certificate},
	{checkRedirect, []string{checkCertificate}, (*checkup).redirect},
	{checkAPI, []string{checkRedirect}, (*checkup).api},
	{checkClock, []string{checkCertificate}, (*checkup).clock},
	{checkSignIn, []string{checkAPI}, (*checkup).signIn},
	{checkRead, []string{checkSignIn}, (*checkup).mayRead},
	{checkComment, []string{checkSignIn}, (*checkup).mayComment},
	{checkPage, []string{checkRead}, (*checkup).page},
	{checkOrder, []string{checkRead}, (*checkup).newestOrder},
	{checkCount, []string{checkRead}, (*checkup).backlog},
	{checkSpeed, []string{checkPage}, (*checkup).speed},
}

// Findings makes the checks one after the other and gives each finding as it comes.
func (p Probe) Findings(ctx context.Context) iter.Seq[Finding] {
	return func(yield func(Finding) bool) {
		c := &checkup{Probe: p}
		var lost []string
		if p.Client == nil {
			lost = append(lost, CheckSettings)
		}
		for _, ch := range checks {
			f := Finding{Outcome: Skip}
			if i := slices.IndexFunc(ch.needs, func(n string) bool { return slices.Contains(lost, n) }); i >= 0 {
				f.Seen = "not checked: it needs " + ch.needs[i]
			} else {
				f = ch.look(c, ctx)
			}
			if f.Check = ch.name; f.Outcome == Fail || f.Outcome == Skip {
				lost = append(lost, ch.name)
			}
			if !yield(f) {
				return
			}
		}
	}
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

func ok(seen string) Finding         { return Finding{Outcome: OK, Seen: seen} }
func warn(seen, mend string) Finding { return Finding{Outcome: Warn, Seen: seen, Mend: mend} }

func fail(kind order.Kind, seen, mend string) Finding {
	return Finding{Outcome: Fail, Seen: seen, Mend: mend, Kind: kind}
}

// failed makes a finding of a call that failed. What the shop refuses for good here is a matter of its settings.
func failed(err error) Finding {
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
