// Package mapping turns an order into the B1 document and proves that the totals agree. It is pure: an order and rules
// in, a document with its proof, or the reason why not, out.
package mapping

import (
	"maps"
	"path"
	"slices"
	"strings"

	"github.com/shopspring/decimal"
)

// Rules say how orders of an instance become B1 documents. They are read from a file that merchants edit; see
// rules.example.yaml for every setting with its meaning.
type Rules struct {
	// Version of the file format; 1 is the only one.
	Version     int         `yaml:"version"`
	Company     Company     `yaml:"company"`
	Eligibility Eligibility `yaml:"eligibility"`
	Reference   Reference   `yaml:"reference"`
	WriteBack   WriteBack   `yaml:"write_back"`
	// Default holds for every store; Stores overrides it by store_id.
	Default StoreRules           `yaml:"default"`
	Stores  map[int64]StoreRules `yaml:"-"`

	hash string
}

// Company is what the rules must know of the B1 company.
type Company struct {
	// LocalCurrency decides which of B1's totals is compared: DocTotal, or DocTotalFc for every other currency.
	LocalCurrency string `yaml:"local_currency"`
	// Currencies are those that B1 accepts; orders in others are held. Empty: only the local one. A list, where B1 has
	// the ISO codes, or a table from ISO codes to B1's own.
	Currencies Currencies `yaml:"currencies"`
	// TaxRounding is how the company computes tax: "document" (rate x sum of net per code) or "line".
	TaxRounding string `yaml:"tax_rounding"`
	// PriceDecimals and PercentDecimals are the company's display settings for prices and percentages, 0 to 6;
	// 6 where the file does not say.
	PriceDecimals   int32 `yaml:"price_decimals"`
	PercentDecimals int32 `yaml:"percent_decimals"`
}

// Reference says how an order is recognised in B1.
type Reference struct {
	// Template makes NumAtCard (at most 100 characters) of {increment_id}, {store_id}, {entity_id} and {instance}.
	Template string `yaml:"template"`
	// UserField is a header field (U_…) that holds the whole order key; empty for none.
	UserField string `yaml:"user_field"`
}

// StoreRules are the settings that may differ between stores.
type StoreRules struct {
	CardCode    string `yaml:"card_code"`
	DueDays     int    `yaml:"due_days"`
	Warehouse   string `yaml:"warehouse"`
	Series      *int   `yaml:"series"`
	Branch      *int   `yaml:"branch"`
	SalesPerson *int   `yaml:"sales_person"`
	// ReferencePrefix stands before the reference of this store's orders.
	ReferencePrefix string `yaml:"reference_prefix"`
	// StateCountries are the countries whose regions B1 knows as states; elsewhere the region goes into the county.
	StateCountries []string `yaml:"state_countries"`
	Tax            Tax      `yaml:"tax"`
	Freight        Freight  `yaml:"freight"`
	// Payments and Shippings map Magento's codes to B1's: the exact code first, then patterns with *.
	Payments  map[string]Payment `yaml:"payments"`
	Shippings map[string]int     `yaml:"shippings"`
	// Extras are parts of the total that are neither goods nor freight: gift_card, store_credit, reward_points,
	// gift_wrap, weee.
	Extras   map[string]Extra `yaml:"extras"`
	Rounding *Rounding        `yaml:"rounding"`
}

// Tax lists the codes that a line may get.
type Tax struct {
	// Property is where the code goes: "tax_code" (US and alike) or "vat_group" (VAT countries).
	Property string    `yaml:"property"`
	Codes    []TaxCode `yaml:"codes"`
}

// TaxCode fits a percentage in a place. Among those that fit, the most particular wins.
type TaxCode struct {
	Code    string          `yaml:"code"`
	Percent decimal.Decimal `yaml:"percent"`
	// Country is ISO-2, Region the region code; empty for any.
	Country string `yaml:"country"`
	Region  string `yaml:"region"`
}

// Freight is where shipping costs go.
type Freight struct {
	// ExpenseCode is B1's additional expense; used when ItemCode is empty.
	ExpenseCode int    `yaml:"expense_code"`
	ItemCode    string `yaml:"item_code"`
}

// Payment is B1's payment method and terms for one of Magento's.
type Payment struct {
	Method string `yaml:"method"`
	Terms  *int   `yaml:"terms"`
}

// Extra books a part of the total as an additional expense.
type Extra struct {
	ExpenseCode int    `yaml:"expense_code"`
	TaxCode     string `yaml:"tax_code"`
}

// Rounding books the cents by which Magento's tax rounding and B1's differ.
type Rounding struct {
	// Max is the largest difference, in order currency, that may be booked; more holds the order.
	Max         decimal.Decimal `yaml:"max"`
	ExpenseCode int             `yaml:"expense_code"`
	TaxCode     string          `yaml:"tax_code"`
}

// What the eligibility rules may say of an order.
const (
	PostOrder    = "post"
	ExcludeOrder = "exclude"
)

// ID names the version of the rules: the beginning of the hash of their text.
func (r *Rules) ID() string { return r.hash }

// Store gives the rules that hold for a store.
func (r *Rules) Store(id int64) StoreRules {
	if own, ok := r.Stores[id]; ok {
		return own
	}
	return r.Default
}

// match finds the value for a code: exactly, then by the longest pattern that fits.
func match[T any](table map[string]T, code string) (value T, ok bool) {
	if v, found := table[code]; found {
		return v, true
	}
	patterns := slices.SortedFunc(maps.Keys(table), func(a, b string) int {
		if len(a) != len(b) {
			return len(b) - len(a)
		}
		return strings.Compare(a, b)
	})
	for _, p := range patterns {
		if hit, err := path.Match(p, code); err == nil && hit && strings.Contains(p, "*") {
			return table[p], true
		}
	}
	return value, false
}
