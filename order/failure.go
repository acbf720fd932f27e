package order

import (
	"errors"
	"fmt"
	"time"
)

// Kind says what a caller must do about a failure. The client that saw the answer decides it, once, for everybody.
type Kind string

const (
	// Transient: nothing happened; try again later.
	Transient Kind = "transient"
	// Permanent: refused for good; hold the order until somebody mends it.
	Permanent Kind = "permanent"
	// Unknown: it may or may not have happened; look before doing anything again.
	Unknown Kind = "unknown"
	// Config: credentials, addresses, a missing database; nothing works until an operator mends it.
	Config Kind = "config"
)

// Failure is an answer from Magento or B1 that is not the one asked for.
type Failure struct {
	Kind Kind
	// System is "magento" or "b1".
	System string
	// Op is the call that failed, without personal data: "POST Orders".
	Op string
	// Code is the other side's own code, or the HTTP status; Field the place it named.
	Code  string
	Field string
	// Status is the HTTP status of the answer, zero for none.
	Status int
	// Detail is the other side's own number of the message, where its code is one for many things: 10000515.
	Detail string
	// Message is the other side's answer in one line. It may quote what was sent: pass it through Redactor before
	// it leaves the store.
	Message string
	// Hint says what to do.
	Hint string
	// RetryAfter is how long the other side asked to wait, zero where it did not.
	RetryAfter time.Duration
	Err        error
}

// Error tells the failure in one line.
func (f *Failure) Error() string {
	s := fmt.Sprintf("%s: %s: %s", f.System, f.Op, f.Message)
	if f.Code != "" {
		s = fmt.Sprintf("%s: %s: %s (%s)", f.System, f.Op, f.Message, f.Code)
	}
	return s
}

// Unwrap gives the cause, for errors.Is on context ends.
func (f *Failure) Unwrap() error { return f.Err }

// KindOf is the kind of the failure in err, or Transient for an error of our own side (store, network to it): those
// are retried, and nothing was sent.
func KindOf(err error) Kind {
	if f, ok := errors.AsType[*Failure](err); ok {
		return f.Kind
	}
	return Transient
}
