package hooks_test

import (
	"fmt"
	"regexp"
	"time"

	"github.com/shopspring/decimal"

	"datawald/mapping"
	"datawald/order"
	"datawald/sapb1"
)

// FleetNumber takes the number of a car out of what the buyer wrote (fleet no. 4711) and puts it into a user-defined field.
// Buyers of the group 7 must give one.
type FleetNumber struct{}

var fleetNumber = regexp.MustCompile(`(?i)fleet no\.? ?([0-9]{1,8})`)

// Name has a number, which goes up when the hook's answer changes: held orders are then looked at again.
func (FleetNumber) Name() string { return "fleet number 1" }

// Before changes nothing, and holds an order of a fleet customer that names no car.
func (FleetNumber) Before(o *order.Order, source *mapping.Source) *order.Reason {
	if o.Customer.GroupID == 7 && number(source) == "" {
		return &order.Reason{Code: "fleet_number_missing", Field: "customer_note", Message: "The order names no fleet number.",
			Hint: "Ask the customer, and enter the order by hand."}
	}
	return nil
}

// After writes the number.
func (FleetNumber) After(o *order.Order, source *mapping.Source, d *sapb1.SalesOrder) *order.Reason {
	if n := number(source); n != "" {
		if d.UserFields == nil {
			d.UserFields = map[string]any{}
		}
		d.UserFields["U_Fleet"] = n
	}
	return nil
}

func number(source *mapping.Source) string {
	note, _ := source.Get("customer_note").(string)
	if m := fleetNumber.FindStringSubmatch(note); m != nil {
		return m[1]
	}
	return ""
}

// A company writes its hook in this package and names it in All: return []mapping.Hook{FleetNumber{}}.
func Example() {
	rules, err := mapping.ParseRules([]byte(`
version: 1
company: { local_currency: EUR }
default:
  card_code: C-WEB
  tax: { property: vat_group, codes: [{ code: A0, percent: 0 }] }
  freight: { expense_code: 1 }
  payments: { checkmo: { terms: 1 } }
`))
	if err != nil {
		fmt.Println(err)
		return
	}
	rules.Use(FleetNumber{})

	o := &order.Order{Key: "main:1:000000001", Instance: "main", StoreID: 1, IncrementID: "000000001", Currency: "EUR", BaseCurrency: "EUR",
		Customer: order.Customer{GroupID: 7}, Payment: order.Payment{Method: "checkmo"},
		Lines:  []order.Line{{ItemID: 1, SKU: "TYRE", ProductType: order.Simple, QtyOrdered: decimal.NewFromInt(4), Price: decimal.NewFromInt(90)}},
		Totals: order.Totals{Subtotal: decimal.NewFromInt(360), Grand: decimal.NewFromInt(360)}}
	now := time.Date(2026, 1, 31, 12, 0, 0, 0, time.UTC)

	named := mapping.NewSource([]byte(`{"customer_note": "For fleet no. 4711, please"}`))
	fmt.Println(rules.Map(mapping.Input{Order: o, Source: named, Now: now}).Document.UserFields["U_Fleet"])

	nameless := mapping.NewSource([]byte(`{"customer_note": "Thanks"}`))
	fmt.Println(rules.Map(mapping.Input{Order: o, Source: nameless, Now: now}).Hold.Message)
	// Output:
	// 4711
	// Hook fleet number 1: The order names no fleet number.
}
