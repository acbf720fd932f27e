package mapping_test

import (
	"testing"
	"time"

	"datawald/mapping"
	"datawald/order"
)

const gates = `
version: 1
company: {local_currency: USD}
eligibility:
  states: {new: post, processing: post, complete: post}
  statuses: {fraud: exclude, paid_by_hand: post}
  stores: [1, 2]
  exclude_customer_groups: [9]
  zero_total: exclude
  edited: exclude
  minimum_age: 10m
  payments:
    banktransfer: {when: paid, ask_after: 7d}
    "paypal*": {when: authorized}
    quote: {when: never, ask_after: 1h}
default:
  card_code: C
  tax: {property: tax_code, codes: [{code: E, percent: 0}]}
  freight: {expense_code: 1}
`

func TestDecide(t *testing.T) {
	now := time.Date(2026, 11, 20, 12, 0, 0, 0, time.UTC)
	ago := func(d time.Duration) func(*order.Order) { return func(o *order.Order) { o.CreatedAt = now.Add(-d) } }
	pay := func(method, paid, authorized string) func(*order.Order) {
		return func(o *order.Order) {
			o.Payment.Method, o.Totals.Paid, o.Totals.Authorized = method, d(paid), d(authorized)
		}
	}
	tests := map[string]struct {
		change  []func(*order.Order)
		status  order.Status
		rule    string
		recheck time.Time
	}{
		"an ordinary order":             {nil, order.Pending, "", time.Time{}},
		"cancelled":                     {[]func(*order.Order){func(o *order.Order) { o.State = "canceled" }}, order.Cancelled, "cancelled_in_magento", time.Time{}},
		"a state that is not listed":    {[]func(*order.Order){func(o *order.Order) { o.State = "holded" }}, order.Excluded, "state:holded", time.Time{}},
		"a status that is left out":     {[]func(*order.Order){func(o *order.Order) { o.Status = "fraud" }}, order.Excluded, "status:fraud", time.Time{}},
		"not finished by the shop":      {[]func(*order.Order){func(o *order.Order) { o.State, o.Status, o.Lines = "new", "received", nil }}, order.Excluded, "status:received", time.Time{}},
		"a merchant's own received":     {[]func(*order.Order){func(o *order.Order) { o.State, o.Status = "new", "received" }}, order.Pending, "", time.Time{}},
		"given up by the shop":          {[]func(*order.Order){func(o *order.Order) { o.State, o.Status, o.Lines = "new", "rejected", nil }}, order.Excluded, "status:rejected", time.Time{}},
		"a status that wins":            {[]func(*order.Order){func(o *order.Order) { o.State, o.Status = "holded", "paid_by_hand" }}, order.Pending, "", time.Time{}},
		"neither state nor status":      {[]func(*order.Order){func(o *order.Order) { o.State, o.Status = "", "" }}, order.Excluded, "no_state", time.Time{}},
		"a state lost, the status kept": {[]func(*order.Order){func(o *order.Order) { o.State, o.Status = "", "processing" }}, order.Pending, "", time.Time{}},
		"another store":                 {[]func(*order.Order){func(o *order.Order) { o.StoreID = 3 }}, order.Excluded, "store:3", time.Time{}},
		"a customer group":              {[]func(*order.Order){func(o *order.Order) { o.Customer.GroupID = 9 }}, order.Excluded, "customer_group:9", time.Time{}},
		"free of charge":                {[]func(*order.Order){func(o *order.Order) { o.Totals.Grand = d("0") }}, order.Excluded, "zero_total", time.Time{}},
		"edited":                        {[]func(*order.Order){func(o *order.Order) { o.EditOf = "9" }}, order.Excluded, "edited", time.Time{}},
		"too young":                     {[]func(*order.Order){ago(4 * time.Minute)}, order.Excluded, "minimum_age", now.Add(6 * time.Minute)},
		"not paid yet":                  {[]func(*order.Order){ago(time.Hour), pay("banktransfer", "0", "0")}, order.Excluded, "payment:banktransfer:paid", now.Add(7*24*time.Hour - time.Hour)},
		"paid in part":                  {[]func(*order.Order){ago(time.Hour), pay("banktransfer", "11.99", "0")}, order.Excluded, "payment:banktransfer:paid", now.Add(7*24*time.Hour - time.Hour)},
		"paid":                          {[]func(*order.Order){ago(time.Hour), pay("banktransfer", "12", "0")}, order.Pending, "", time.Time{}},
		"not paid for a week":           {[]func(*order.Order){ago(8 * 24 * time.Hour), pay("banktransfer", "0", "0")}, order.Held, "payment_overdue", time.Time{}},
		"authorized":                    {[]func(*order.Order){ago(time.Hour), pay("paypal_express", "0", "12")}, order.Pending, "", time.Time{}},
		"not authorized":                {[]func(*order.Order){ago(time.Hour), pay("paypal_express", "0", "0")}, order.Excluded, "payment:paypal_express:authorized", time.Time{}},
		"never":                         {[]func(*order.Order){ago(99 * time.Hour), pay("quote", "12", "12")}, order.Excluded, "payment:quote:never", time.Time{}},
	}
	rules, err := mapping.ParseRules([]byte(gates))
	if err != nil {
		t.Fatal(err)
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			o := newCart().simple("MUG", "1", "12").order()
			o.CreatedAt = now.Add(-24 * time.Hour)
			for _, c := range tc.change {
				c(o)
			}
			got := rules.Decide(o, now)
			code := ""
			if got.Reason != nil {
				code = got.Reason.Code
			}
			if got.Status != tc.status || code != tc.rule || !got.Recheck.Equal(tc.recheck) {
				t.Errorf("got %s by %q, again at %s; want %s by %q, again at %s", got.Status, code, got.Recheck, tc.status, tc.rule, tc.recheck)
			}
		})
	}
}
