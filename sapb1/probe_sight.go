package sapb1

import (
	"context"

	"datawald/order"
)

const (
	menuOwnership = "Administration > System Initialization > Authorizations > Data Ownership Authorizations"
	menuGeneral   = "Administration > System Initialization > General Settings"
)

// allOrders looks whether B1 may keep sales orders from the user: what it does not show looks as if it were gone, and would be sent a second time.
func (c *checkup) allOrders(ctx context.Context) order.Finding {
	sight, err := c.Client.SightOf(ctx)
	user := c.Client.settings.User
	const ask = "Find out whether the company has data ownership (" + menuGeneral + ", Enable Data Ownership)"
	switch {
	case err != nil:
		return failed(err, "Look into the log of the Service Layer.")
	case sight == SightWhole:
		return ok(user + " is a superuser: data ownership hides none from it")
	case c.SeesAll:
		return ok(user + " is no superuser as far as B1 tells; B1_SEES_ALL says that nothing hides orders from it")
	case sight == SightUnknown:
		return notChecked("B1 does not say whether " + user + " is a superuser. " + ask + ": it would hide orders from any other user. A reconciliation sends nothing anew, unless B1_SEES_ALL=true says that nothing hides orders from it")
	}
	owner := ""
	if c.Uses != nil && len(c.used(ListEmployees)) > 0 {
		owner = " The rules give orders an owner: with data ownership the connector may not find its own orders after a lost answer, and send them twice."
	}
	return warn(user+" is no superuser: where the company has data ownership, it does not see orders of other owners, which look as if they were gone."+owner,
		ask+". If it has, make "+user+" a superuser ("+menuUsers+"), or give its employee the relation Company for sales orders and drafts ("+menuOwnership+
			"). As long as it is none, a reconciliation tells what B1 lacks and sends nothing anew. If the company has none, and no authorization by branch, set B1_SEES_ALL=true.")
}
