package magento

import (
	"context"
	"strconv"
	"strings"
	"time"

	"datawald/order"
)

// Account is what a reconciliation reads of an order: keys, times, states and totals, and nothing of a person.
type Account struct {
	EntityID, StoreID    int64
	IncrementID          string
	CreatedAt, UpdatedAt time.Time
	// State is Magento's; empty where the document lacks it.
	State string
	// Total is what the customer owes, in the order's currency; nil where the document has none.
	Total *order.Money
	// Fault is Magento's message when it cannot show the order. Then EntityID is all that is known.
	Fault string
}

// Key names the order as Document.Key does.
func (a *Account) Key(instance string) (order.Key, error) {
	return (&Document{EntityID: a.EntityID, IncrementID: a.IncrementID, StoreID: a.StoreID, Raw: []byte("{}")}).Key(instance)
}

// accountFields are the members of an order that an Account is made of. The shop builds the whole order all the same ("Retrieve filtered
// responses"): it saves bytes, not the shop's time.
const accountFields = "entity_id,increment_id,store_id,created_at,updated_at,state,grand_total,order_currency_code"

// AccountPage is one step through the accounts of a selection.
type AccountPage struct {
	Accounts []Account
	// Next, Done and Total are as in RangePage.
	Next  int64
	Done  bool
	Total int64
}

// Accounts reads the page of a selection behind an entity_id, as InRange does, and of each order only what an Account has. Use a Reader of its own for it:
// what these orders weigh says nothing about whole ones.
func (r *Reader) Accounts(ctx context.Context, selected order.Selection, after int64) (*AccountPage, error) {
	where := append(conditionsOf(selected), condition{"entity_id", opGreater, strconv.FormatInt(after, 10)})
	read, err := r.inTurn(ctx, search{where: where, sort: []string{"entity_id"}, fields: accountFields}, after)
	if err != nil {
		return nil, err
	}
	page := &AccountPage{Next: read.Next, Done: read.Done, Total: read.Total}
	for _, d := range read.Documents {
		page.Accounts = append(page.Accounts, accountOf(d))
	}
	return page, nil
}

// CountOrders is how many orders of a selection Magento counts at the moment, up to an entity_id with that one: what is placed behind a reading has a higher one, however
// long ago it says that it was placed.
func (c *Client) CountOrders(ctx context.Context, selected order.Selection, upTo int64) (int64, error) {
	where := append(conditionsOf(selected), condition{"entity_id", opTo, strconv.FormatInt(upTo, 10)})
	l, err := c.list(ctx, search{where: where, sort: []string{"entity_id"}, pageSize: 1, fields: "entity_id"})
	if err != nil && mayBeOneOrder(err) { // the first order breaks the list; behind all of them none does
		l, err = c.list(ctx, search{where: where, sort: []string{"entity_id"}, newest: true, pageSize: 1, fields: "entity_id"})
	}
	if err != nil {
		return 0, err
	}
	return l.total, nil
}

// accountOf reads what the account needs, leniently: what cannot be read is left out.
func accountOf(d Document) Account {
	a := Account{EntityID: d.EntityID, StoreID: d.StoreID, IncrementID: d.IncrementID, UpdatedAt: d.UpdatedAt, CreatedAt: CreatedAt(d.Raw), Fault: d.Fault}
	var currency lenient
	var total amount
	for name, value := range membersOf(d.Raw) {
		switch string(name) {
		case `"state"`:
			a.State = string(lenientOf(value))
		case `"order_currency_code"`:
			currency = lenientOf(value)
		case `"grand_total"`:
			if total.UnmarshalJSON(value) != nil {
				total = amount{}
			}
		}
	}
	if total.given && currency != "" {
		a.Total = &order.Money{Amount: total.Decimal, Currency: string(currency)}
	}
	return a
}

// AccountsOf reads the accounts of orders by their entity_id. Those that do not exist are left out.
func (r *Reader) AccountsOf(ctx context.Context, entityIDs []int64) (all []Account, err error) {
	names := make([]string, len(entityIDs))
	for n, id := range entityIDs {
		names[n] = strconv.FormatInt(id, 10)
	}
	for after, done := int64(0), len(names) == 0; !done; {
		where := []condition{{"entity_id", opIn, strings.Join(names, ",")}, {"entity_id", opGreater, strconv.FormatInt(after, 10)}}
		page, err := r.inTurn(ctx, search{where: where, sort: []string{"entity_id"}, fields: accountFields}, after)
		if err != nil {
			return nil, err
		}
		for _, d := range page.Documents {
			all = append(all, accountOf(d))
		}
		after, done = page.Next, page.Done
	}
	return all, nil
}

// CountOrders is the client's.
func (r *Reader) CountOrders(ctx context.Context, selected order.Selection, upTo int64) (int64, error) {
	return r.Client.CountOrders(ctx, selected, upTo)
}
