package web

import (
	"net/http"
	"net/url"
	"slices"
	"strings"

	"datawald/gateway/api"
	"datawald/order"
)

// filters are the parameters of the list of orders that are kept in its address.
var filters = []string{"instance", "state", "reason", "attention", "write_back", "store", "from", "to", "q"}

// ordersPage is the list of orders.
type ordersPage struct {
	Orders []api.OrderSummary
	Tabs   []tab
	// Filter are the filters in force; More is true when some beside state and text are.
	Filter url.Values
	More   bool
	// Older and Newest are the addresses of the next page and of the first one; empty where one is there already.
	Older, Newest string
	CSV           string
	// Reasons are the reasons why orders are held, with their counts; All how many fit the filters.
	Reasons []api.ReasonCount
	All     int64
	Problem *api.Problem
	// Settles is true when an order of the list asks for attention, which can be settled.
	Settles bool
}

// tab is a state with its count; Known is false where it was not counted.
type tab struct {
	Name, Link string
	Status     order.Status
	Count      int64
	Known      bool
	Here       bool
}

// filter gives the filters of the address, with some set anew or dropped.
func (v *visit) filter(change ...string) url.Values {
	q := url.Values{}
	for _, name := range filters {
		for _, value := range v.r.URL.Query()[name] {
			if strings.TrimSpace(value) != "" && !slices.Contains(q[name], value) {
				q.Add(name, value)
			}
		}
	}
	for i := 0; i < len(change); i += 2 {
		if q.Del(change[i]); change[i+1] != "" {
			q.Set(change[i], change[i+1])
		}
	}
	return q
}

// ofMany are filters for links to the list from a page that shows one instance: named where there are several.
func (v *visit) ofMany(change ...string) url.Values {
	if len(v.settings.Instances) > 1 {
		change = append(change, "instance", v.instance())
	}
	return v.filter(change...)
}

func orders(v *visit) error {
	p := ordersPage{Filter: v.filter()}
	var list struct {
		Orders []api.OrderSummary `json:"orders"`
		Next   string             `json:"next"`
	}
	q := v.filter()
	cursor := v.r.URL.Query().Get("cursor")
	if cursor != "" {
		q.Set("cursor", cursor)
		p.Newest = "/orders?" + v.filter().Encode()
	}
	if err := v.get("/api/v1/orders", q, &list); err != nil {
		if p.Problem = asProblem(err); p.Problem == nil || p.Problem.Status != http.StatusUnprocessableEntity {
			return err
		}
	}
	p.Settles = slices.ContainsFunc(list.Orders, func(o api.OrderSummary) bool { return o.Attention != nil })
	if p.Orders = list.Orders; list.Next != "" {
		older := v.filter()
		older.Set("cursor", list.Next)
		p.Older = "/orders?" + older.Encode()
	}
	p.CSV = "/api/v1/orders/export?" + v.filter().Encode()
	for _, name := range []string{"reason", "attention", "write_back", "store", "from", "to"} {
		p.More = p.More || p.Filter.Get(name) != ""
	}
	if err := p.tabs(v); err != nil {
		return err
	}
	status := http.StatusOK
	if p.Problem != nil {
		status = p.Problem.Status
	}
	return v.show(status, "orders", "Orders", p)
}

// tabs are all states and each of them, with how many orders of the other filters are in it.
func (p *ordersPage) tabs(v *visit) error {
	var counts api.OrderCounts
	known := p.Problem == nil
	if known {
		if err := v.get("/api/v1/orders/counts", v.filter("state", ""), &counts); err != nil {
			return err
		}
	}
	here := p.Filter["state"]
	p.Reasons, p.All = counts.Held, counts.Total
	p.Tabs = append(p.Tabs, tab{Name: "All", Link: "/orders?" + v.filter("state", "").Encode(), Count: counts.Total, Known: known, Here: len(here) == 0})
	for _, s := range order.Statuses() {
		p.Tabs = append(p.Tabs, tab{Name: statusName(s), Status: s, Link: "/orders?" + v.filter("state", string(s)).Encode(), Count: counts.States[s], Known: known,
			Here: slices.Contains(here, string(s))})
	}
	if len(here) > 0 {
		p.All = 0
		for _, s := range here {
			p.All += counts.States[order.Status(s)]
		}
	}
	return nil
}
