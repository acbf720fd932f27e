package mapping

import (
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/shopspring/decimal"

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

// Today is the day that the company has at a moment: that of a document for which the rules name none.
func (r *Rules) Today(now time.Time) time.Time { return r.Company.TimeZone.day(now) }

// Total is the total of a document of B1 in the document's own currency, under its ISO code: B1 keeps a foreign total
// beside the local one.
func (r *Rules) Total(d *sapb1.Document) order.Money {
	if r.IsLocal(d.DocCurrency) {
		return order.Money{Amount: d.DocTotal.Decimal, Currency: r.Company.LocalCurrency}
	}
	return order.Money{Amount: d.DocTotalFc.Decimal, Currency: r.ISOCurrency(d.DocCurrency)}
}

// Digits are the digits after the point that B1 keeps of amounts in a currency (ISO code).
func (r *Rules) Digits(iso string) int32 {
	if n, ok := r.Company.CurrencyDecimals[iso]; ok {
		return n
	}
	return order.MinorUnits(iso)
}

// inDocumentCurrency takes the order in the currency that the document shall have: its own, never a forced one, or, where
// the rules want it, that of the website with the amounts that Magento keeps in it.
func (m *mapper) inDocumentCurrency() *order.Reason {
	if m.store.Currency != DocumentInBaseCurrency {
		return nil
	}
	o := m.order.InBase()
	if o == m.order && o.BaseCurrency != "" && o.BaseCurrency != o.Currency {
		return &order.Reason{Code: "base_amounts_missing", Field: "base_currency_code",
			Message: fmt.Sprintf("The rules want the document in %s, but the order has no amounts in it.", o.BaseCurrency),
			Hint:    "Resync the order; if that does not help, set currency: order in the rules."}
	}
	m.inBase = o != m.order
	m.order, m.proof.Currency = o, o.Currency
	return nil
}

// currency sets the document's currency and the digits that B1 keeps of it.
func (m *mapper) currency() *order.Reason {
	o := m.order
	code, ok := m.rules.Company.Currencies[o.Currency]
	if !ok {
		return &order.Reason{Code: "currency_unmapped", Field: "order_currency_code",
			Message: fmt.Sprintf("The order is in %s, which the rules do not list.", o.Currency),
			Hint:    "Add it to company.currencies when B1 has the currency and its rate."}
	}
	m.document.DocCurrency, m.digits = code, m.rules.Digits(o.Currency)
	if !m.round(m.charged(o.Totals.Grand)).Equal(m.charged(o.Totals.Grand)) {
		return &order.Reason{Code: "currency_decimals", Field: "grand_total",
			Message: fmt.Sprintf("The total is %s; B1 keeps %d digits of %s.", o.Total(), m.digits, o.Currency),
			Hint:    "Let B1 keep more digits of the currency and say so in company.currency_decimals, or enter the order by hand."}
	}
	return m.exchangeRate()
}

// rateDigits are the decimals of ORDR.DocRate.
const rateDigits = 6

// exchangeRate sends Magento's rate where the rules want it; without one B1 takes that of the day.
func (m *mapper) exchangeRate() *order.Reason {
	o, local := m.order, m.rules.Company.LocalCurrency
	if m.store.ExchangeRate != RateOfMagento || o.Currency == local {
		return nil
	}
	if o.BaseCurrency != local || !o.BaseToOrderRate.IsPositive() {
		return &order.Reason{Code: "exchange_rate_missing", Field: "base_to_order_rate",
			Message: fmt.Sprintf("Magento has no rate between %s and %s.", o.Currency, local),
			Hint:    "Let B1's own rates hold for this store (exchange_rate: b1 in the rules)."}
	}
	rate := o.BaseToOrderRate.Round(rateDigits)
	if !m.rules.Company.IndirectRates {
		rate = decimal.NewFromInt(1).DivRound(o.BaseToOrderRate, rateDigits)
	}
	amount := sapb1.NewAmount(rate)
	m.document.DocRate = &amount
	return nil
}
