package sapb1

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"strings"

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

// TableShown reports whether the Service Layer shows a user table as U_<name>. It is false where B1 answers as it does for a
// name that no company has: the table is missing, or the Service Layer was not restarted since it was made (manual 7.2).
// Failures are those of a read; a user without the right to read the table is one of them.
func (c *Client) TableShown(ctx context.Context, name string) (bool, error) {
	return shown(name, func(name string) error {
		return c.glance(ctx, "U_"+name, url.Values{"$select": {"Code"}})
	})
}

// FieldShown reports the same of a user field of sales orders, named without U_.
func (c *Client) FieldShown(ctx context.Context, name string) (bool, error) {
	return shown(name, func(name string) error {
		return c.glance(ctx, "Orders", url.Values{"$filter": {"U_" + name + " eq 'none'"}, "$select": {"DocEntry"}})
	})
}

// glance reads a row of a set and throws it away.
func (c *Client) glance(ctx context.Context, set string, query url.Values) error {
	query.Set("$top", "1")
	var rows page[struct{}]
	return c.call(ctx, request{method: http.MethodGet, op: "GET " + set, path: set, query: query}, &rows)
}

// noName is the name of a user table or field that no company has.
const noName = "DW_NO_SUCH_NAME"

// shown looks for a name, and where it is refused for noName too: codes and texts for a name that B1 does not know differ with
// the release and the language, and a missing right may be told by any code. The same answer to both is that of an unknown name.
func shown(name string, look func(string) error) (bool, error) {
	err := look(name)
	if err == nil {
		return true, nil
	}
	refused, is := errors.AsType[*order.Failure](err)
	if !is || refused.Kind != order.Permanent {
		return false, err
	}
	other := look(noName)
	unknown, is := errors.AsType[*order.Failure](other)
	if other != nil && (!is || unknown.Kind != order.Permanent) {
		return false, other // what the first answer means is not known; this one says what is the matter
	}
	if is && unknown.Code == refused.Code &&
		strings.ReplaceAll(unknown.Message, noName, "") == strings.ReplaceAll(refused.Message, name, "") {
		return false, nil
	}
	return false, err
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

// IsSignInAnswer reports whether err says that B1 refused the login: company, user, password, or a licence.
func IsSignInAnswer(err error) bool {
	f, ok := errors.AsType[*order.Failure](err)
	return ok && f.System == system && f.Op == opLogin && f.Kind == order.Config && f.Code != codeNoAnswer && f.Code != codeNoSession && f.Hint != hintAddress
}

// IsRightsAnswer reports whether err says that B1 knows the user and does not let him do this (HTTP 401 or 403 of B1 itself).
// A release may refuse him by another answer, of kind Permanent, which nothing tells from other refusals.
func IsRightsAnswer(err error) bool {
	f, ok := errors.AsType[*order.Failure](err)
	return ok && f.System == system && f.Hint == hintRights
}
