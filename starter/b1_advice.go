package main

import (
	"errors"
	"fmt"

	"datawald/order"
	"datawald/sapb1"
)

// refusedByB1 gives a failure to find or to make a thing its exit code, and says what helps.
func refusedByB1(t thing, err error) error {
	return advised(t, err, "a right is missing, or somebody else changes tables at the same time", "Customization Tools > User-Defined Tables and User-Defined Fields")
}

// cannotRead does so for a thing that is there and is not answered.
func cannotRead(t thing, err error) error {
	return advised(t, err, "a right is missing", t.right())
}

// advised gives each cause its own advice. likely is what is behind a refusal that tells nothing by its code, right is where B1
// has the authorisation that the call needs.
func advised(t thing, err error, likely, right string) error {
	needs := "The B1 user needs Full Authorization for " + right + " (Administration > System Initialization > Authorizations > General Authorizations), " +
		"and a licence that covers it (Administration > License > License Administration)"
	switch kind := order.KindOf(err); {
	case sapb1.IsSignInAnswer(err):
		return badInput("%s: %w. B1 refuses the sign-in: check B1_COMPANY_DB, B1_USER and B1_PASSWORD; starter doctor b1 says more", t, err)
	case sapb1.IsRightsAnswer(err):
		return badInput("%s: %w. The right is missing. %s", t, err, needs)
	case kind == order.Config:
		f, _ := errors.AsType[*order.Failure](err) // no other error has a kind
		return badInput("%s: %w. %s", t, err, f.Hint)
	case kind == order.Permanent:
		return badInput("%s: %w. Where B1's words name no other cause, %s. %s", t, err, likely, needs)
	case kind == order.Unknown:
		return fmt.Errorf("%s: %w. It may have been made all the same: run the command again", t, err)
	}
	return fmt.Errorf("%s: %w", t, err)
}
