package mapping

import (
	"fmt"
	"slices"
	"time"

	"datawald/order"
)

// Eligibility says which orders go to B1. The parts are asked in the order in which they stand here; the first that
// leaves the order out names the rule.
type Eligibility struct {
	// Statuses and States: by the merchant's status and by Magento's state. The status wins over the state.
	Statuses map[string]string `yaml:"statuses"`
	States   map[string]string `yaml:"states"`
	// Stores leaves out every store that it does not list; empty for all stores.
	Stores []int64 `yaml:"stores"`
	// ExcludeGroups leaves out customers of these groups (customer_group_id).
	ExcludeGroups []int64 `yaml:"exclude_customer_groups"`
	// ZeroTotal is post or exclude, for orders that cost nothing; empty for post.
	ZeroTotal string `yaml:"zero_total"`
	// Edited is post or exclude, for orders that replace another in Magento ("Edit" in the Admin); empty for post.
	Edited string `yaml:"edited"`
	// MinimumAge lets an order rest since it was placed.
	MinimumAge Duration `yaml:"minimum_age"`
	// Payments says for which state of payment an order waits, by Magento's payment method, exact names first, then
	// patterns. A method that is not listed does not wait.
	Payments map[string]PaymentGate `yaml:"payments"`
}

// PaymentGate is the state of payment that lets an order in.
type PaymentGate struct {
	// When is always, paid (total_paid covers the total), authorized (authorized or paid) or never.
	When string `yaml:"when"`
	// AskAfter holds an order for a person when it has waited so long; zero waits for ever.
	AskAfter Duration `yaml:"ask_after"`
}

// Conditions of a PaymentGate.
const (
	WhenAlways     = "always"
	WhenPaid       = "paid"
	WhenAuthorized = "authorized"
	WhenNever      = "never"
)

// Decision is what the eligibility rules make of an order that B1 does not have.
type Decision struct {
	// Status is Pending (it goes to B1), Excluded, Cancelled or Held.
	Status order.Status
	// Reason names the rule; nil for Pending.
	Reason *order.Reason
	// Recheck is when the answer may change by itself; zero when only a change in Magento can change it.
	Recheck time.Time
}

// Decide applies the eligibility rules to an order at a moment.
func (r *Rules) Decide(o *order.Order, now time.Time) Decision {
	e := r.Eligibility
	if o.State == "canceled" || o.State == "" && o.Status == "canceled" {
		return Decision{Status: order.Cancelled, Reason: &order.Reason{Code: "cancelled_in_magento", Field: "state",
			Message: "The order was cancelled in Magento before it was posted."}}
	}
	switch ok, rule := r.byState(o.State, o.Status, len(o.Lines) == 0); {
	case !ok:
		return excluded(rule, "state")
	case len(e.Stores) > 0 && !slices.Contains(e.Stores, o.StoreID):
		return excluded(fmt.Sprintf("store:%d", o.StoreID), "store_id")
	case slices.Contains(e.ExcludeGroups, o.Customer.GroupID):
		return excluded(fmt.Sprintf("customer_group:%d", o.Customer.GroupID), "customer_group_id")
	case e.ZeroTotal == ExcludeOrder && o.Totals.Grand.IsZero():
		return excluded("zero_total", "grand_total")
	case e.Edited == ExcludeOrder && o.EditOf != "":
		return excluded("edited", "relation_parent_real_id")
	}
	if ready := o.CreatedAt.Add(time.Duration(e.MinimumAge)); ready.After(now) {
		d := excluded("minimum_age", "created_at")
		d.Recheck = ready
		d.Reason.Hint = "It comes in by itself at " + ready.UTC().Format("2006-01-02 15:04 MST") + "."
		return d
	}
	return r.byPayment(o, now)
}

func excluded(rule, field string) Decision {
	return Decision{Status: order.Excluded, Reason: &order.Reason{Code: rule, Field: field,
		Message: fmt.Sprintf("The rule %q leaves the order out.", rule), Hint: "It comes in by itself when it changes in Magento, or the rules change, so that the rule no longer fits."}}
}

// byState goes by status, then by state. An order with neither is left out by "no_state": Magento has not finished it.
func (r *Rules) byState(state, status string, empty bool) (ok bool, rule string) {
	if decision, found := r.Eligibility.Statuses[status]; found && status != "" {
		return decision == PostOrder, "status:" + status
	}
	// A row of asynchronous ordering has a state that is posted, and no content yet or never any.
	if empty && (status == "received" || status == "rejected") {
		return false, "status:" + status
	}
	if state == "" {
		if status == "" {
			return false, "no_state"
		}
		state = status // releases that lose the state keep the status, mostly of the same name
	}
	return r.Eligibility.States[state] == PostOrder, "state:" + state
}

// byPayment keeps an order waiting for its money, and asks a person when it has waited too long.
func (r *Rules) byPayment(o *order.Order, now time.Time) Decision {
	gate, ok := match(r.Eligibility.Payments, o.Payment.Method)
	if !ok || gate.open(o) {
		return Decision{Status: order.Pending}
	}
	rule := "payment:" + o.Payment.Method + ":" + gate.When
	if gate.AskAfter == 0 || gate.When == WhenNever {
		return excluded(rule, "payment.method")
	}
	ask := o.CreatedAt.Add(time.Duration(gate.AskAfter))
	if ask.After(now) {
		d := excluded(rule, "payment.method")
		d.Recheck = ask
		return d
	}
	return Decision{Status: order.Held, Reason: &order.Reason{Code: "payment_overdue", Field: "payment.method",
		Message: fmt.Sprintf("The order waits for its payment by %s since %s.", o.Payment.Method, o.CreatedAt.UTC().Format("2006-01-02 15:04 MST")),
		Hint:    "Chase the payment or cancel the order in Magento; it comes in by itself when it is paid."}}
}

func (g PaymentGate) open(o *order.Order) bool {
	t := o.Totals
	paid := t.Paid.GreaterThanOrEqual(t.Grand)
	switch g.When {
	case WhenPaid:
		return paid
	case WhenAuthorized:
		return paid || t.Authorized.GreaterThanOrEqual(t.Grand)
	case WhenNever:
		return false
	}
	return true
}

// Duration is a time span in a rules file: 90s, 10m, 36h, 7d.
type Duration time.Duration

// maxDays bounds time spans to ten years.
const maxDays = 3650

// parseDuration reads a time span. time.ParseDuration knows no days.
func parseDuration(s string) (Duration, error) {
	var days int
	if n, err := fmt.Sscanf(s, "%dd", &days); n == 1 && err == nil && s == fmt.Sprintf("%dd", days) && days >= 0 && days <= maxDays {
		return Duration(time.Duration(days) * 24 * time.Hour), nil
	}
	d, err := time.ParseDuration(s)
	if err != nil || d < 0 {
		return 0, fmt.Errorf("%q is no time span, want one such as 90s, 10m, 36h or 7d", s)
	}
	return Duration(d), nil
}

// String writes the span as time.Duration does.
func (d Duration) String() string { return time.Duration(d).String() }
