package privacy

import (
	"fmt"
	"strings"
)

// mark begins everything that is personal in the shop of a test, in whatever case.
const mark = "zqmark"

// markOf names one person.
func markOf(person int) string { return fmt.Sprintf("%s%04dq", mark, person) }

// emailOf is a person's address.
func emailOf(person int) string { return markOf(person) + "@example.com" }

// brand gives an order a buyer: every text of his, those that the connector does not read among them, carries his mark.
func brand(person int) func(doc map[string]any) {
	m := markOf(person)
	upper := strings.ToUpper(m)
	address := func(v any) {
		a, ok := v.(map[string]any)
		if !ok {
			return
		}
		for name, value := range map[string]any{"firstname": "F" + m, "middlename": "M" + m, "lastname": "L" + m, "company": "Company " + m, "city": "City " + m,
			"postcode": upper, "telephone": "0" + m, "fax": "1" + m, "email": emailOf(person), "vat_id": "V" + upper, "street": []any{"Street " + m + " 1", "House " + m},
			"prefix": "Dr " + m, "suffix": m} {
			a[name] = value
		}
	}
	return func(doc map[string]any) {
		for name, value := range map[string]any{"customer_email": emailOf(person), "customer_firstname": "F" + m, "customer_lastname": "L" + m, "customer_middlename": "M" + m,
			"customer_taxvat": "T" + upper, "customer_dob": "1970-01-01 " + m, "customer_note": "Please ring at " + m, "remote_ip": "ip-" + m, "x_forwarded_for": "ip-" + m,
			"status_histories": []any{map[string]any{"comment": "called " + m, "created_at": "2026-01-01 00:00:00"}}} {
			doc[name] = value
		}
		address(doc["billing_address"])
		if payment, ok := doc["payment"].(map[string]any); ok {
			payment["po_number"], payment["cc_owner"], payment["additional_information"] = "PO "+m, "F"+m, []any{"account " + m}
		}
		extension, _ := doc["extension_attributes"].(map[string]any)
		assignments, _ := extension["shipping_assignments"].([]any)
		for _, a := range assignments {
			if shipping, ok := a.(map[string]any)["shipping"].(map[string]any); ok {
				address(shipping["address"])
			}
		}
	}
}

// findMarks gives the places of marks in a text, a few of them with what stands around.
func findMarks(text string, of string) (places []string) {
	lower, from := strings.ToLower(text), 0
	for len(places) < 3 {
		at := strings.Index(lower[from:], of)
		if at < 0 {
			return places
		}
		at += from
		places = append(places, text[max(0, at-120):min(len(text), at+60)])
		from = at + len(of)
	}
	return places
}
