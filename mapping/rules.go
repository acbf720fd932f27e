// Package mapping turns an order into the B1 document and proves that the totals agree. It is pure: an order and rules
// in, a document with its proof, or the reason why not, out.
package mapping

import (
	"maps"
	"path"
	"slices"
	"strings"
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
	// QuietHours are when no order is sent; none for always.
	QuietHours []QuietHours `yaml:"quiet_hours"`
	// Default holds for every store; Stores overrides it by store_id.
	Default StoreRules           `yaml:"default"`
	Stores  map[int64]StoreRules `yaml:"-"`

	hash  string
	hooks []Hook
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
	// CurrencyDecimals are the digits after the point that B1 keeps of amounts, for currencies (ISO codes) in which they
	// are not those of ISO 4217 (Administration > Setup > Financials > Currencies).
	CurrencyDecimals map[string]int32 `yaml:"currency_decimals"`
	// TimeZone is where the days of the company's documents begin (IANA name); UTC where the file does not say.
	TimeZone Zone `yaml:"time_zone"`
	// NegativeLines says how a line that takes something off is written: NegativeQuantity or NegativePrice. Which one a
	// company's release takes is not documented.
	NegativeLines string `yaml:"negative_lines"`
	// IndirectRates is true where the company quotes rates as foreign units for one of its own (OADM.DirectRate N).
	IndirectRates bool `yaml:"indirect_rates"`
}

// Values of Company.NegativeLines. The first is what holds without the setting.
const (
	NegativeQuantity = "quantity"
	NegativePrice    = "price"
)

// Reference says how an order is recognised in B1.
type Reference struct {
	// Template makes NumAtCard (at most 100 characters) of {increment_id}, {store_id}, {entity_id}, {instance},
	// {customer_id} and {po_number}.
	Template string `yaml:"template"`
	// UserField is a header field (U_…) that holds the whole order key; empty for none.
	UserField string `yaml:"user_field"`
}

// What the eligibility rules may say of an order.
const (
	PostOrder    = "post"
	ExcludeOrder = "exclude"
)

// ID names the version of the rules: the beginning of the hash of their text.
func (r *Rules) ID() string { return r.hash }

// TextID names a text of rules: it is the ID of the rules that are made of it, while no hooks are added to them.
func TextID(text string) string { return shortHash(text) }

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
