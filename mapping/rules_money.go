package mapping

import (
	"fmt"

	"github.com/shopspring/decimal"
)

// Tax lists the codes that a line may get.
type Tax struct {
	// Property is where the code goes: "tax_code" (US and alike) or "vat_group" (VAT countries).
	Property string `yaml:"property"`
	// Place is the address that decides: TaxByShipTo or TaxByBillTo.
	Place string    `yaml:"place"`
	Codes []TaxCode `yaml:"codes"`
}

// Values of Tax.Place. The first is what holds without the setting.
const (
	TaxByShipTo = "ship_to"
	TaxByBillTo = "bill_to"
)

// TaxCode fits a percentage under conditions, all of which must hold; those left out hold for everything. Among the codes
// that fit, the most particular wins: by rate, then postcode, region, customers, goods, country.
type TaxCode struct {
	Code    string          `yaml:"code"`
	Percent decimal.Decimal `yaml:"percent"`
	// Country is one ISO-2 code or several, Region the region codes.
	Country Texts `yaml:"country"`
	Region  Texts `yaml:"region"`
	// Postcodes are postcodes, ranges (90001-90099, SW1A-SW2Z) and patterns with * (SW1*). Ranges include both ends.
	Postcodes Postcodes `yaml:"postcodes"`
	// CustomerGroups are Magento's customer groups (customer_group_id): a customer's tax class is that of his group.
	CustomerGroups []int64 `yaml:"customer_groups"`
	// TaxNumber is true for buyers with a tax number, false for those without.
	TaxNumber *bool `yaml:"tax_number"`
	// For is what is taxed: goods, virtual (goods that are not shipped), shipping, extras.
	For Texts `yaml:"for"`
	// Rate is the name of Magento's tax rate, a pattern with * allowed.
	Rate string `yaml:"rate"`
}

// Texts is a list of texts, which may be written as a single one.
type Texts []string

func (t *Texts) short(text string) string {
	*t = Texts{text}
	return ""
}

// Discount says how discounts on goods are booked.
type Discount struct {
	// As is DiscountOnLines, DiscountOnDocument, DiscountAsItem or DiscountAsExpense.
	As string `yaml:"as"`
	// ItemCode and ExpenseCode book the discount where As says so: an amount less than nothing for each tax code.
	ItemCode    string `yaml:"item_code"`
	ExpenseCode int    `yaml:"expense_code"`
	// Untaxed books a discount that leaves the tax as it is: where Magento computes tax before the discount.
	Untaxed *Extra `yaml:"untaxed"`
}

// Values of Discount.As. The first is what holds without the setting.
const (
	// DiscountOnLines lowers each line by its own discount.
	DiscountOnLines = "line"
	// DiscountOnDocument is a percentage of the document, where one gives the amount to the cent.
	DiscountOnDocument = "document"
	DiscountAsItem     = "item"
	DiscountAsExpense  = "expense"
)

// Freight is where shipping costs go.
type Freight struct {
	// ExpenseCode is B1's additional expense; used when ItemCode is empty.
	ExpenseCode int    `yaml:"expense_code"`
	ItemCode    string `yaml:"item_code"`
}

// Extra books a part of the total as an additional expense, or as a line where ItemCode is set.
type Extra struct {
	ExpenseCode int    `yaml:"expense_code"`
	ItemCode    string `yaml:"item_code"`
	// TaxCode is a code with percent 0: the amount is final. Empty where Taxed is set.
	TaxCode string `yaml:"tax_code"`
	// Taxed is true for a part on which Magento takes tax beside its amount: gift_wrap and weee, and others that name their
	// Tax. The code is found among tax.codes.
	Taxed bool `yaml:"taxed"`
	// Amount is where a part of a name of its own stands in the Magento order, such as
	// order.extension_attributes.payment_surcharge_amount; Tax is the tax on it.
	Amount Expression `yaml:"amount"`
	Tax    Expression `yaml:"tax"`
}

// Rounding books the cents by which Magento's tax rounding and B1's differ.
type Rounding struct {
	// Max is the largest difference that may be booked, by document currency; more holds the order.
	Max         Limits `yaml:"max"`
	ExpenseCode int    `yaml:"expense_code"`
	ItemCode    string `yaml:"item_code"`
	TaxCode     string `yaml:"tax_code"`
}

// Limits are amounts by currency (ISO 4217). A single amount, or the entry "*", holds for those not named.
type Limits map[string]decimal.Decimal

func (l *Limits) short(text string) string {
	if !decimalPattern.MatchString(text) {
		return "an amount such as 0.05, or a table such as { \"*\": 0.05, JPY: 5 }"
	}
	*l = Limits{"*": decimal.RequireFromString(text)}
	return ""
}

// In is the limit in a currency; zero where none is stated.
func (l Limits) In(currency string) decimal.Decimal {
	if limit, ok := l[currency]; ok {
		return limit
	}
	return l["*"]
}

// String writes the limit of a currency for a message.
func (l Limits) of(currency string) string { return fmt.Sprintf("%s %s", l.In(currency), currency) }
