package sapb1

import (
	"context"
	"errors"
	"iter"
	"net/http"
	"net/url"
	"time"

	"datawald/order"
)

// Probe looks at B1 from the outside in, as the worker will use it, and writes nothing. It signs in once, whatever comes of it:
// B1 locks users after a few wrong passwords.
type Probe struct {
	// Client is nil where the settings do not make one; then every check is skipped.
	Client *Client
	// Instance begins the order keys, which the user-defined field of the rules must have room for.
	Instance string
	// Uses are what the rules need of B1; nil where the rules cannot be read. RulesFile is how their places are named.
	Uses      *Uses
	RulesFile string
	// SeesAll is the setting B1_SEES_ALL.
	SeesAll bool
	// LedgerTable is the setting of that name; empty for none.
	LedgerTable string
	// Rates is asked for exchange rates; nil for the client itself.
	Rates Rates
}

// Rates knows whether B1 has an exchange rate on a day.
type Rates interface {
	// HasRate is that of Client: B1's own code of the currency, and an error when it is not known.
	HasRate(ctx context.Context, currency string, on Date) (bool, error)
}

// Address is where the probe asks, without a password that the address may hold.
func (p Probe) Address() string {
	if p.Client == nil {
		return ""
	}
	u, err := url.Parse(p.Client.base)
	if err != nil {
		return ""
	}
	return u.Redacted()
}

// CheckRules is the caller's, like order.CheckSettings: whether the rules could be read.
const CheckRules = "rules"

// The names of checks, as they are shown.
const (
	checkAddress     = "address"
	checkCertificate = "certificate"
	checkLayer       = "Service Layer"
	checkClock       = "clock"
	checkSignIn      = "sign-in"
	checkSignOut     = "sign-out"
)

// checks are in the order of what lies on the way; from the rights on each stands for itself.
var checks = []order.Check[*checkup]{
	check(checkAddress, (*checkup).address, order.CheckSettings),
	check(checkCertificate, (*checkup).certificate, checkAddress),
	check(checkLayer, (*checkup).layer, checkCertificate),
	check(checkClock, (*checkup).clock, checkCertificate),
	check(checkSignIn, (*checkup).signIn, checkLayer),
	check("version", (*checkup).version, checkSignIn),
	check("read orders", (*checkup).readOrders, checkSignIn),
	check("read drafts", (*checkup).readDrafts, checkSignIn),
	check("all orders", (*checkup).allOrders, checkSignIn),
	check("write", (*checkup).write, checkSignIn),
	several("user fields", (*checkup).userFields),
	check("ledger table", (*checkup).ledgerTable, checkSignIn),
	several("company", (*checkup).company),
	several("partners", (*checkup).partners),
	several("find buyers", (*checkup).findBuyers),
	several("items", (*checkup).items),
	codes("payment methods", ListPaymentMethods),
	codes("payment terms", ListPaymentTerms),
	codes("tax codes", ListSalesTax, ListVatGroups),
	codes("freight", ListFreight),
	codes("shipping types", ListShipping),
	codes("warehouses", ListWarehouses),
	codes("sales employees", ListSalesPersons),
	several("branches", (*checkup).branches),
	codes("series", ListOrderSeries, ListPartnerSeries),
	codes("customer groups", ListPartnerGroups),
	codes("price lists", ListPriceLists),
	codes("employees", ListEmployees),
	several("computed codes", (*checkup).computed),
	several("exchange rates", (*checkup).exchangeRates),
	check("sessions", (*checkup).sessions, checkSignIn),
	{Name: "latency", Needs: []string{checkSignIn}, Look: (*checkup).latency},
}

// check is one that sees one thing.
func check(name string, look func(*checkup, context.Context) order.Finding, needs ...string) order.Check[*checkup] {
	return order.Check[*checkup]{Name: name, Needs: needs,
		Look: func(c *checkup, ctx context.Context) []order.Finding { return []order.Finding{look(c, ctx)} }}
}

// several is a check of what the rules name, with a finding for each thing that is wrong.
func several(name string, look func(*checkup, context.Context) []order.Finding) order.Check[*checkup] {
	return order.Check[*checkup]{Name: name, Needs: []string{checkSignIn, CheckRules}, Look: look}
}

// Findings makes the checks one after the other and gives each finding as it comes; a check may have several, and one of which
// there is nothing to say has none. Failures are findings and never errors. The session is ended in any case, also when ctx ends or
// nobody listens any more. It makes some 15 to 30 small calls, none of which writes.
func (p Probe) Findings(ctx context.Context) iter.Seq[order.Finding] {
	return func(yield func(order.Finding) bool) {
		c := &checkup{Probe: p}
		defer func() { _ = c.signOut(ctx) }() // nothing is left to do when it has been shown
		var lost []string
		if p.Client == nil {
			lost = append(lost, order.CheckSettings)
		}
		if p.Uses == nil {
			lost = append(lost, CheckRules)
		}
		for f := range order.Examine(ctx, c, checks, lost...) {
			if !yield(f) {
				return
			}
		}
		if c.signedIn {
			yield(c.signOut(ctx))
		}
	}
}

// checkup is what a probe has learnt so far.
type checkup struct {
	Probe
	// open is the answer to a call without a session with its body, opened when it was made and took how long it took;
	// untrusted is why its certificate is not trusted.
	open      *http.Response
	openBody  []byte
	opened    time.Time
	took      time.Duration
	untrusted *order.Failure
	// build is B1's Version, idle its SessionTimeout; login is how long signing in took.
	build    string
	idle     time.Duration
	login    time.Duration
	signedIn bool
	// reads are how long cheap reads took.
	reads []time.Duration
	// without are user-defined fields that were found missing, by table and name.
	without map[string]bool
}

func ok(seen string) order.Finding { return order.Finding{Outcome: order.OutcomeOK, Seen: seen} }

func warn(seen, mend string) order.Finding {
	return order.Finding{Outcome: order.OutcomeWarn, Seen: seen, Mend: mend}
}

func wrong(seen, mend string) order.Finding {
	return order.Finding{Outcome: order.OutcomeFail, Seen: seen, Mend: mend, Kind: order.Config}
}

// notChecked is what the doctor could not look at, and why: such a thing is never told as ok. The worker may do without it.
func notChecked(seen string) order.Finding {
	return order.Finding{Outcome: order.OutcomeSkip, Seen: "not checked: " + seen}
}

// failed makes a finding of a call that failed. What B1 refuses for good here is a matter of settings or rights; a hint of the
// caller's stands in for a failure that has none.
func failed(err error, hint string) order.Finding {
	f, is := errors.AsType[*order.Failure](err)
	if !is {
		return order.Finding{Outcome: order.OutcomeFail, Kind: order.Transient, Seen: err.Error(), Mend: hint}
	}
	if f.Hint != "" {
		hint = f.Hint
	}
	kind := order.Config
	if f.Kind == order.Transient || f.Kind == order.Unknown {
		kind = order.Transient
	}
	return order.Finding{Outcome: order.OutcomeFail, Kind: kind, Seen: spoken(err), Mend: hint}
}
