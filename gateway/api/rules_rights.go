package api

import (
	"context"

	"datawald/gateway/access"
)

// The roles that operations on rules ask for, where the default does not fit.
const (
	roleOperator = access.Operator
	roleAdmin    = access.Admin
)

// seesRules reports whether who asks may see the texts of rules.
func seesRules(ctx context.Context) bool {
	a, _ := access.From(ctx)
	return a.Role.Allows(access.Operator)
}
