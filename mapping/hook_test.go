package mapping_test

import (
	"reflect"
	"strings"
	"testing"

	"github.com/shopspring/decimal"

	"datawald/mapping"
	"datawald/order"
	"datawald/sapb1"
)

// hook is one for tests; nil does nothing.
type hook struct {
	name   string
	before func(o *order.Order) *order.Reason
	after  func(d *sapb1.SalesOrder) *order.Reason
}

func (h hook) Name() string { return h.name }

func (h hook) Before(o *order.Order, _ *mapping.Source) *order.Reason {
	if h.before == nil {
		return nil
	}
	return h.before(o)
}

func (h hook) After(_ *order.Order, _ *mapping.Source, d *sapb1.SalesOrder) *order.Reason {
	if h.after == nil {
		return nil
	}
	return h.after(d)
}

func hooked(t testing.TB, hooks ...mapping.Hook) *mapping.Rules {
	r := rulesWith(t, `user_field: ""`, `user_field: U_Key`)
	r.Use(hooks...)
	return r
}

func TestHooks_RunInOrder(t *testing.T) {
	var ran []string
	note := func(name string) mapping.Hook {
		return hook{name, func(*order.Order) *order.Reason { ran = append(ran, name+" before"); return nil },
			func(*sapb1.SalesOrder) *order.Reason { ran = append(ran, name+" after"); return nil }}
	}
	r := hooked(t, note("a"), note("b"))
	if got := mapped(teeOrder(), r, today); got.Hold != nil {
		t.Fatal(got.Hold)
	}
	if want := []string{"a before", "b before", "a after", "b after"}; !reflect.DeepEqual(ran, want) {
		t.Errorf("they ran as %q, want %q", ran, want)
	}
	if !r.ReadSource(1) {
		t.Error("a hook may read the document, and is not given it")
	}
}

// What a hook changes is in the document, and the caller's order is as it was.
func TestHooks_ChangeACopy(t *testing.T) {
	o := teeOrder()
	o.Base = &order.BaseAmounts{Lines: make([]order.LineAmounts, 1)}
	o.Lines[0].Taxes, o.ShippingRates = make([]order.AppliedTax, 1), make([]order.AppliedTax, 1)
	before := string(asJSON(t, o))
	got := mapped(o, hooked(t, hook{name: "x", before: func(o *order.Order) *order.Reason {
		o.Lines[0].SKU, o.Lines[0].Taxes[0].Code, o.ShippingRates[0].Code = "OTHER", "x", "x"
		o.Billing.Street[0], o.Shipping.City, o.Shipping.Street[1] = "9 New Road", "Berkeley", "x"
		o.Base.Lines[0].Price = d("9")
		return nil
	}}), today)
	if got.Hold != nil || got.Document.Lines[0].ItemCode != "OTHER" || got.Document.Address.ShipToCity != "Berkeley" {
		t.Errorf("the hook is not in the document: %v, %s", got.Hold, asJSON(t, got.Document))
	}
	if after := string(asJSON(t, o)); after != before {
		t.Errorf("the order has changed:\n%s\n%s", before, after)
	}
}

// Nothing that hangs on the copy hangs on the order: a new list or pointer in order.Order must be copied as well.
func TestHooks_TheCopyIsWhole(t *testing.T) {
	o := teeOrder()
	o.Base = &order.BaseAmounts{Lines: make([]order.LineAmounts, 1)}
	o.Lines[0].Taxes, o.ShippingRates = make([]order.AppliedTax, 1), make([]order.AppliedTax, 1)
	mapped(o, hooked(t, hook{name: "x", before: func(c *order.Order) *order.Reason {
		apart(t, "order", reflect.ValueOf(o).Elem(), reflect.ValueOf(c).Elem())
		return nil
	}}), today)
}

// apart fails for lists and pointers that two values share. Decimals and times never change.
func apart(t *testing.T, at string, a, b reflect.Value) {
	t.Helper()
	switch a.Kind() {
	case reflect.Struct:
		if name := a.Type().String(); name == "decimal.Decimal" || name == "time.Time" {
			return
		}
		for i := range a.NumField() {
			apart(t, at+"."+a.Type().Field(i).Name, a.Field(i), b.Field(i))
		}
	case reflect.Pointer:
		if a.IsNil() || a.Pointer() == b.Pointer() {
			t.Errorf("%s is shared, or not tested", at)
			return
		}
		apart(t, at, a.Elem(), b.Elem())
	case reflect.Slice:
		if a.Len() == 0 || a.Pointer() == b.Pointer() {
			if !strings.Contains(at, "Billing") || a.Len() > 0 {
				t.Errorf("%s is shared, or not tested", at)
			}
			return
		}
		apart(t, at+"[0]", a.Index(0), b.Index(0))
	case reflect.Map, reflect.Interface:
		t.Errorf("%s is a %s, which this test does not know", at, a.Kind())
	}
}

// The order is looked for and reserved under the reference that it has without hooks.
func TestHooks_MustLeaveWhatTheReferenceIsMadeOf(t *testing.T) {
	changes := map[string]func(*order.Order){
		"{po_number}":   func(o *order.Order) { o.Payment.PONumber += "9" },
		"{customer_id}": func(o *order.Order) { o.Customer.ID++ },
	}
	for placeholder, change := range changes {
		h := hook{name: "x", before: func(o *order.Order) *order.Reason { change(o); return nil }}
		r := hooked(t, h)
		if got := mapped(teeOrder(), r, today); got.Hold != nil {
			t.Errorf("%s is no part of the reference, and the order is held: %v", placeholder, got.Hold)
		}
		r.Reference.Template += placeholder
		if got := mapped(teeOrder(), r, today); got.Hold == nil || got.Hold.Code != "hook_not_allowed" || !strings.Contains(got.Hold.Message, "the reference of the order") {
			t.Errorf("a hook that changes %s ends with %v", placeholder, got.Hold)
		}
	}
}

func TestHooks_Hold(t *testing.T) {
	reason := &order.Reason{Code: "no_fleet", Field: "note", Message: "The order names no car.", Hint: "Ask."}
	for name, tc := range map[string]struct {
		hook          hook
		code, message string
	}{
		"by a reason before":    {hook{before: func(*order.Order) *order.Reason { return reason }}, "no_fleet", "Hook x: The order names no car."},
		"by a reason after":     {hook{after: func(*sapb1.SalesOrder) *order.Reason { return reason }}, "no_fleet", "Hook x: The order names no car."},
		"by a nameless reason":  {hook{before: func(*order.Order) *order.Reason { return &order.Reason{Message: "No."} }}, "hook", "Hook x: No."},
		"by a panic before":     {hook{before: func(o *order.Order) *order.Reason { o.Lines[7].SKU = ""; return nil }}, "hook_failed", "The hook x failed in Before: runtime error: index out of range [7] with length 1."},
		"by a panic after":      {hook{after: func(d *sapb1.SalesOrder) *order.Reason { panic("Jane Doe") }}, "hook_failed", "The hook x failed in After."},
		"with another key":      {hook{before: func(o *order.Order) *order.Reason { o.IncrementID = "9"; return nil }}, "hook_not_allowed", "The hook x changes the key of the order"},
		"with another currency": {hook{before: func(o *order.Order) *order.Reason { o.Currency = "EUR"; return nil }}, "hook_not_allowed", "The hook x changes the currency of the order"},
		"with another total":    {hook{before: func(o *order.Order) *order.Reason { o.Totals.Grand = d("1"); return nil }}, "hook_not_allowed", "The hook x changes the total of the order"},
		"with another base":     {hook{before: func(o *order.Order) *order.Reason { o.Base = &order.BaseAmounts{}; return nil }}, "hook_not_allowed", "The hook x changes the total of the order"},
		"with a reference":      {hook{after: func(d *sapb1.SalesOrder) *order.Reason { d.NumAtCard += "x"; return nil }}, "hook_not_allowed", "The hook x changes the reference of the document"},
		"without the key":       {hook{after: func(d *sapb1.SalesOrder) *order.Reason { d.UserFields = nil; return nil }}, "hook_not_allowed", "The hook x changes the reference of the document"},
		"in another money":      {hook{after: func(d *sapb1.SalesOrder) *order.Reason { d.DocCurrency = "EUR"; return nil }}, "hook_not_allowed", "The hook x changes the currency of the document"},
	} {
		tc.hook.name = "x"
		got := mapped(teeOrder(), hooked(t, tc.hook), today)
		if got.Hold == nil || got.Hold.Code != tc.code || !strings.HasPrefix(got.Hold.Message, tc.message) || strings.Contains(got.Hold.Message, "Jane") {
			t.Errorf("%s: %v, want %s %q", name, got.Hold, tc.code, tc.message)
		}
	}
	if reason.Message != "The order names no car." {
		t.Error("the hook's own reason was changed")
	}
}

// Orders that were held are looked at again when the hooks change.
func TestHooks_AreInTheVersionOfTheRules(t *testing.T) {
	ids := map[string]bool{}
	for _, hooks := range [][]mapping.Hook{nil, {hook{name: "a"}}, {hook{name: "b"}}, {hook{name: "a"}, hook{name: "b"}}, {hook{name: "b"}, hook{name: "a"}}} {
		r := hooked(t, hooks...)
		if again := hooked(t, hooks...); again.ID() != r.ID() || len(r.ID()) != 12 {
			t.Errorf("the version is %s, then %s", r.ID(), again.ID())
		}
		ids[r.ID()] = true
	}
	if len(ids) != 5 {
		t.Errorf("five sets of hooks have %d versions", len(ids))
	}
}

// The total is proven after the hooks, whatever they do to the lines.
func TestHooks_AreProven(t *testing.T) {
	deposit := func(price string) mapping.Hook {
		return hook{name: "deposit", after: func(d *sapb1.SalesOrder) *order.Reason {
			bottle := d.Lines[0]
			bottle.ItemCode, bottle.UnitPrice = "DEPOSIT", sapb1.NewAmount(decimal.RequireFromString("0.25"))
			d.Lines[0].UnitPrice = sapb1.NewAmount(decimal.RequireFromString(price))
			d.Lines = append(d.Lines, bottle)
			return nil
		}}
	}
	good := mapped(teeOrder(), hooked(t, deposit("4.75")), today)
	if got, want := shape(good), "2 x TEE-M @ 4.75 Exempt; 2 x DEPOSIT @ 0.25 Exempt"; good.Hold != nil || got != want {
		t.Errorf("the deposit: %s (%v), want %s", got, good.Hold, want)
	}
	wrong := mapped(teeOrder(), hooked(t, deposit("5")), today)
	if wrong.Hold == nil || wrong.Hold.Code != "total_differs" {
		t.Errorf("a deposit on top: %v, want total_differs", wrong.Hold)
	}
	free := hook{name: "free", after: func(d *sapb1.SalesOrder) *order.Reason { d.UserFields["DocTotal"] = 1; return nil }}
	if got := mapped(teeOrder(), hooked(t, free), today); got.Hold == nil {
		t.Error("a hook that writes a DocTotal is not held")
	}
	voucher := hook{name: "voucher", after: func(d *sapb1.SalesOrder) *order.Reason {
		line := d.Lines[0]
		line.ItemCode, line.Quantity, line.UnitPrice, line.TaxCode = "VOUCHER", sapb1.NewAmount(decimal.NewFromInt(-1)), sapb1.NewAmount(decimal.NewFromInt(1)), "CA825"
		d.Lines = append(d.Lines, line)
		return nil
	}}
	if got := mapped(teeOrder(), hooked(t, voucher), today); got.Hold == nil || got.Hold.Code != "tax_negative" {
		t.Errorf("a voucher that is taxed where the goods are not: %v, want tax_negative", got.Hold)
	}
}

// Whom an order goes to is asked of the order as it was given, in the worker and in the preview alike.
func TestHooks_DoNotDecideWhomAnOrderGoesTo(t *testing.T) {
	r := rulesWith(t, "\n  card_code: C-WEB\n", "\n  card_code: C-WEB\n  partner: { customers: find, find_by: [email] }\n")
	o := teeOrder()
	o.Customer.Guest, o.Customer.ID = true, 0
	r.Use(hook{name: "account", before: func(o *order.Order) *order.Reason {
		o.Customer.Guest, o.Customer.ID, o.Customer.Email = false, 7, "jane.doe@example.com"
		return nil
	}})
	plan := r.PartnerPlan(o)
	got := mapped(o, r, today)
	if got.Hold != nil || got.Document.CardCode != "C-WEB" || got.Document.CardCode != plan.CardCode || len(got.Notes) != 0 {
		t.Errorf("the order goes to %q (%v, %q), the plan says %q", got.Document.CardCode, got.Hold, got.Notes, plan.CardCode)
	}
}
