package order

import "fmt"

// Status is where an order stands. Every order is in exactly one at any time.
type Status string

// The six states. There is no seventh: an order in none of them is lost.
const (
	// Pending: staged, waits for B1.
	Pending Status = "pending"
	// Posted: B1 has it and the totals agree.
	Posted Status = "posted"
	// Held: a person must look; Reason says why.
	Held Status = "held"
	// Excluded: a named rule leaves it out; it comes in by itself when it changes in Magento, its time comes, or the rules
	// change.
	Excluded Status = "excluded"
	// Cancelled: ended before it was posted, or cancelled in B1.
	Cancelled Status = "cancelled"
	// Draft: B1 keeps it as a draft until somebody approves it.
	Draft Status = "draft"
)

// Statuses lists the states in the order in which people read them.
func Statuses() []Status { return []Status{Pending, Posted, Held, Excluded, Cancelled, Draft} }

// ParseStatus checks a state that came from outside. The error of an unknown one names all six.
func ParseStatus(s string) (Status, error) {
	for _, known := range Statuses() {
		if string(known) == s {
			return known, nil
		}
	}
	return "", fmt.Errorf("state %q: want one of %v", s, Statuses())
}

// Open reports whether the connector still has work to do on an order in this state without being asked.
func (s Status) Open() bool { return s == Pending || s == Draft }

// Reason says why an order is held, excluded or cancelled, in words a clerk understands and without personal data.
type Reason struct {
	// Code is stable and short, for filters and counts: item_unknown, tax_code_missing.
	Code string `bson:"code" json:"code"`
	// Message says what is wrong, with the figures.
	Message string `bson:"message" json:"message"`
	// Field is the place it concerns, in Magento's or B1's words; empty where it is the whole order.
	Field string `bson:"field,omitempty" json:"field,omitempty"`
	// Hint says what to do about it.
	Hint string `bson:"hint,omitempty" json:"hint,omitempty"`
}

// Error makes a Reason usable where an error is expected.
func (r *Reason) Error() string {
	if r.Hint == "" {
		return r.Message
	}
	return r.Message + " " + r.Hint
}
