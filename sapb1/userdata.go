package sapb1

import (
	"context"
	"errors"
	"net/http"
	"net/url"

	"datawald/order"
)

// TypeNoObject is the type of a user table that is written row by row, without an object of B1 around it.
const TypeNoObject = "bott_NoObject"

// UserTable is a user-defined table (UserTablesMD, Service Layer manual 3.15). Its rows are the entities U_<Name>, with the key
// Code, once the Service Layer has been restarted (7.2).
type UserTable struct {
	// Name is at most 19 characters, without @; Description at most 30.
	Name        string `json:"TableName"`
	Description string `json:"TableDescription"`
	Type        string `json:"TableType"`
}

// FindUserTable gives the table of a name, nil when there is none.
func (c *Client) FindUserTable(ctx context.Context, name string) (*UserTable, error) {
	return first[UserTable](ctx, c, "UserTablesMD", "TableName eq "+Quote(name))
}

// CreateUserTable makes a table. One that is there already fails with a code of IsDuplicateCode; a failure of kind Unknown
// may have made it.
func (c *Client) CreateUserTable(ctx context.Context, t UserTable) error {
	return c.make(ctx, "UserTablesMD", t)
}

// TypeText is the type of a user field that holds text.
const TypeText = "db_Alpha"

// UserField is a user-defined field (UserFieldsMD, manual 3.14): the property U_<Name> of what stands in the table, for a
// marketing document of all of them, once the Service Layer has been restarted.
type UserField struct {
	Table       string `json:"TableName"`
	Name        string `json:"Name"` // without U_
	Description string `json:"Description"`
	Type        string `json:"Type"`
	// Size is the longest text in characters, of TypeText 1 to 254.
	Size int `json:"Size"`
}

// FindUserField gives the field of a table by its name, nil when there is none.
func (c *Client) FindUserField(ctx context.Context, table, name string) (*UserField, error) {
	return first[UserField](ctx, c, "UserFieldsMD", "TableName eq "+Quote(table)+" and Name eq "+Quote(name))
}

// CreateUserField makes a field. B1 changes the table for it, which takes long on one with many rows. Failures are those of
// CreateUserTable.
func (c *Client) CreateUserField(ctx context.Context, f UserField) error {
	return c.make(ctx, "UserFieldsMD", f)
}

// FieldReady reports, as a failure, that the Service Layer does not show a user field (U_…) of sales orders.
func (c *Client) FieldReady(ctx context.Context, field string) error {
	var rows page[struct{}]
	return c.call(ctx, request{method: http.MethodGet, op: "GET Orders", path: "Orders",
		query: url.Values{"$filter": {field + " eq 'none'"}, "$select": {"DocEntry"}, "$top": {"1"}}}, &rows)
}

// first is the first row of a listing; nil for none.
func first[T any](ctx context.Context, c *Client, resource, filter string) (*T, error) {
	rows, err := list[T](ctx, c, resource, url.Values{"$filter": {filter}})
	if err != nil || len(rows) == 0 {
		return nil, err
	}
	return &rows[0], nil
}

// make creates one entity of which the answer does not matter.
func (c *Client) make(ctx context.Context, set string, body any) error {
	return c.call(ctx, request{method: http.MethodPost, op: "POST " + set, path: set, body: body, write: true}, nil)
}

// IsDuplicateAnswer reports whether err says that a unique key of the company was violated.
func IsDuplicateAnswer(err error) bool {
	f, ok := errors.AsType[*order.Failure](err)
	return ok && f.System == system && IsDuplicateCode(f.Code)
}
