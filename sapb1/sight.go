package sapb1

import (
	"context"
	"net/http"
	"net/url"
	"strings"

	"datawald/order"
)

// Sight says whether B1 shows the connector's user every sales order. Data ownership hides orders of other owners from all users but superusers, and what it
// hides looks as if it were not there. Whether a company has data ownership B1 does not tell.
type Sight string

// What is known of it.
const (
	// SightWhole: the user is a superuser, whom data ownership does not concern.
	SightWhole Sight = "whole"
	// SightLimited: it is none, so that B1 may hide orders from it.
	SightLimited Sight = "limited"
	// SightUnknown: B1 does not say what the user is.
	SightUnknown Sight = "unknown"
)

const userService = "UsersService_GetCurrentUser"

// SightOf asks what the connector's user is. Programs ask by POST in OData 3 and by GET in OData 4, and releases before 10.0 know only the list of users: each
// is tried in turn. An error is one that may pass; what B1 refuses for good is SightUnknown.
func (c *Client) SightOf(ctx context.Context) (Sight, error) {
	user := func(method string, body any) func() (userRow, error) {
		return func() (row userRow, err error) {
			err = c.call(ctx, request{method: method, op: method + " " + userService, path: userService, body: body, aside: true}, &row)
			return row, err
		}
	}
	for _, ask := range []func() (userRow, error){user(http.MethodPost, struct{}{}), user(http.MethodGet, nil), func() (userRow, error) { return c.listedUser(ctx) }} {
		row, err := ask()
		if f := failureOf(err); err != nil && (f == nil || (f.Kind == order.Transient || f.Kind == order.Unknown) && !refusesMethod(err)) {
			return SightUnknown, err
		}
		if err != nil || !strings.EqualFold(row.UserCode, c.settings.User) { // somebody else's rights say nothing
			continue
		}
		switch row.Superuser {
		case "tYES":
			return SightWhole, nil
		case "tNO":
			return SightLimited, nil
		}
	}
	return SightUnknown, nil
}

// userRow is what B1 says of a user, as far as it is wanted.
type userRow struct {
	UserCode  string `json:"UserCode"`
	Superuser string `json:"Superuser"`
}

// listedUser is the connector's user in the list of all.
func (c *Client) listedUser(ctx context.Context) (userRow, error) {
	rows, err := pages[userRow](ctx, c, request{method: http.MethodGet, op: "GET Users", path: "Users", aside: true,
		query: url.Values{"$filter": {"UserCode eq " + Quote(c.settings.User)}, "$select": {"UserCode,Superuser"}}})
	if err != nil || len(rows) != 1 {
		return userRow{}, err
	}
	return rows[0], nil
}
