package b1sim

import (
	"encoding/json"
	"slices"
	"strings"

	"github.com/shopspring/decimal"
)

// Order is a sales order or a draft of one, in short.
type Order struct {
	DocEntry   int64           `json:"doc_entry"`
	DocNum     int64           `json:"doc_num"`
	Key        string          `json:"key"`   // NumAtCard
	Total      decimal.Decimal `json:"total"` // in Currency
	Tax        decimal.Decimal `json:"tax"`   // part of Total
	Currency   string          `json:"currency"`
	TotalLocal decimal.Decimal `json:"total_local"` // in local currency
	Partner    string          `json:"card_code"`
	Lines      int             `json:"lines"`
	// Items sums the lines up by item code.
	Items map[string]ItemSum `json:"items"`

	Cancelled     bool   `json:"cancelled"`
	Open          bool   `json:"open"`
	Authorization string `json:"authorization"` // dasWithout, dasPending, …
}

// ItemSum is what a document has of one item.
type ItemSum struct {
	Quantity decimal.Decimal `json:"quantity"`
	Net      decimal.Decimal `json:"net"` // after discount and without tax, in the document's currency
}

// live tells whether the document counts: not a cancelled order, not a draft that was rejected or became an order.
func (o Order) live() bool {
	return !o.Cancelled && o.Authorization != "dasRejected" && o.Authorization != "dasCancelled"
}

// Orders lists the sales orders, cancelled ones too, oldest first.
func (c *Company) Orders() []Order { return c.list(setOrders) }

// Partners lists the codes of the business partners.
func (c *Company) Partners() []string {
	c.mu.RLock()
	defer c.mu.RUnlock()
	codes := []string{}
	c.tables[setPartners].each(func(r row) bool {
		codes = append(codes, r.text("CardCode"))
		return true
	})
	return codes
}

// Count is the number of sales orders, cancelled ones too. It costs less than Orders.
func (c *Company) Count() int {
	c.mu.RLock()
	defer c.mu.RUnlock()
	return len(c.tables[setOrders].byKey)
}

// Codes lists the keys of the rows of a user table, named without U_, in the order in which they were written.
func (c *Company) Codes(table string) []string {
	c.mu.RLock()
	defer c.mu.RUnlock()
	codes := []string{}
	if t := c.tables["U_"+table]; t != nil {
		t.each(func(r row) bool {
			codes = append(codes, r.text("Code"))
			return true
		})
	}
	return codes
}

// userTables are the codes of all user tables that are shown.
func (c *Company) userTables() map[string][]string {
	all := map[string][]string{}
	for name, set := range c.shown.Load().sets {
		if set.isUserTable() {
			table := strings.TrimPrefix(name, "U_")
			all[table] = c.Codes(table)
		}
	}
	return all
}

// Drafts lists the drafts, settled ones too, oldest first.
func (c *Company) Drafts() []Order { return c.list(setDrafts) }

// Entities gives every entity of a set, such as BusinessPartners, as OData 4 answers it, oldest first.
func (c *Company) Entities(set string) []json.RawMessage {
	c.mu.RLock()
	defer c.mu.RUnlock()
	w, t := writer{version: v2, fields: c.shown.Load().fields}, c.tables[set]
	var out []json.RawMessage
	t.each(func(r row) bool {
		out = append(out, w.entity(nil, t.set.typ, r, nil, nil))
		return true
	})
	return out
}

func (c *Company) list(set string) []Order {
	c.mu.RLock()
	defer c.mu.RUnlock()
	out := []Order{}
	c.tables[set].each(func(r row) bool {
		out = append(out, c.summary(r))
		return true
	})
	return out
}

func (c *Company) summary(r row) Order {
	order := Order{
		DocEntry: r.integer("DocEntry"), DocNum: r.integer("DocNum"), Key: r.text("NumAtCard"),
		Total: r.number("DocTotal"), Tax: r.number("VatSum"), TotalLocal: r.number("DocTotal"),
		Currency: r.text("DocCurrency"), Partner: r.text("CardCode"), Lines: len(r.list("DocumentLines")),
		Cancelled: r.text("Cancelled") == yes, Open: r.text("DocumentStatus") == "bost_Open",
		Authorization: r.text("AuthorizationStatus"), Items: map[string]ItemSum{},
	}
	net := "LineTotal"
	if order.Currency != c.money.local {
		order.Total, order.Tax, net = r.number("DocTotalFc"), r.number("VatSumFc"), "RowTotalFC"
	}
	for _, line := range r.list("DocumentLines") {
		sum := order.Items[line.text("ItemCode")]
		order.Items[line.text("ItemCode")] = ItemSum{sum.Quantity.Add(line.number("Quantity")), sum.Net.Add(line.number(net))}
	}
	return order
}

// CountByNumAtCard is the number of sales orders with a customer reference number, cancelled ones too.
func (c *Company) CountByNumAtCard(key string) int {
	c.mu.RLock()
	defer c.mu.RUnlock()
	return len(c.tables[setOrders].indexes["NumAtCard"][key])
}

// DuplicateKeys lists the customer reference numbers that more than one live document carries: orders that are not
// cancelled, and open drafts that were not rejected.
func (c *Company) DuplicateKeys() []string { return duplicates(c.Orders(), c.Drafts()) }

func duplicates(orders, drafts []Order) []string {
	count := map[string]int{}
	for _, order := range orders {
		if order.live() && order.Key != "" {
			count[order.Key]++
		}
	}
	for _, draft := range drafts {
		if draft.live() && draft.Open && draft.Key != "" {
			count[draft.Key]++
		}
	}
	out := []string{}
	for key, times := range count {
		if times > 1 {
			out = append(out, key)
		}
	}
	slices.Sort(out)
	return out
}
