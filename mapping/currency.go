package mapping

import (
	"fmt"
	"maps"
	"slices"

	"datawald/order"
	"datawald/sapb1"
)

// Currencies are the order currencies (ISO 4217) that B1 accepts, each with B1's own code for it: companies name
// theirs as they like, many "$" or "GBP".
type Currencies map[string]string

// B1Currency is B1's code for a currency; its ISO code where the rules give no other.
func (r *Rules) B1Currency(iso string) string {
	if code, ok := r.Company.Currencies[iso]; ok {
		return code
	}
	return iso
}

// ISOCurrency is the currency that B1 calls so; the code itself where the rules do not list it.
func (r *Rules) ISOCurrency(b1 string) string {
	for _, iso := range slices.Sorted(maps.Keys(r.Company.Currencies)) {
		if r.Company.Currencies[iso] == b1 {
			return iso
		}
	}
	return b1
}

// IsLocal reports whether a document in this B1 currency is in the company's own. B1 may leave the currency out then.
func (r *Rules) IsLocal(b1 string) bool {
	return b1 == "" || b1 == r.B1Currency(r.Company.LocalCurrency)
}

// Total is the total of a document of B1 in the document's own currency, under its ISO code: B1 keeps a foreign total
// beside the local one.
func (r *Rules) Total(d *sapb1.Document) order.Money {
	if r.IsLocal(d.DocCurrency) {
		return order.Money{Amount: d.DocTotal.Decimal, Currency: r.Company.LocalCurrency}
	}
	return order.Money{Amount: d.DocTotalFc.Decimal, Currency: r.ISOCurrency(d.DocCurrency)}
}

// currency sends the order's own currency, never a forced one.
func (m *mapper) currency() *order.Reason {
	if code, ok := m.rules.Company.Currencies[m.order.Currency]; ok {
		m.document.DocCurrency = code
		return nil
	}
	return &order.Reason{Code: "currency_unmapped", Field: "order_currency_code",
		Message: fmt.Sprintf("The order is in %s, which the rules do not list.", m.order.Currency),
		Hint:    "Add it to company.currencies when B1 has the currency and its rate."}
}
