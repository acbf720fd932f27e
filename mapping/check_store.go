package mapping

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/shopspring/decimal"
)

// extraNames are the parts of a total that the extras may name.
var extraNames = []string{"gift_card", "store_credit", "reward_points", "gift_wrap", "weee"}

// store checks the settings that hold for a store, its own and the inherited ones.
func (c *checker) store(at string, s StoreRules) {
	if n := length(s.CardCode); n == 0 || n > 15 {
		c.bad(at+".card_code", "is %q, want a business partner code of 1 to 15 characters", s.CardCode)
	}
	c.partner(at+".partner", s.Partner)
	c.between(at+".due_days", s.DueDays, 0, 3650)
	c.oneOf(at+".tax.property", s.Tax.Property, "tax_code", "vat_group")
	c.taxCodes(at+".tax.codes", s.Tax.Codes)
	if s.Freight.ItemCode == "" && s.Freight.ExpenseCode == 0 {
		c.bad(at+".freight", "is empty, want expense_code (a B1 additional expense) or item_code")
	}
	patterns(c, at+".payments", s.Payments)
	patterns(c, at+".shippings", s.Shippings)
	for name, e := range s.Extras {
		if !slices.Contains(extraNames, name) {
			c.bad(at+".extras."+name, "is unknown, want one of %s", strings.Join(extraNames, ", "))
			continue
		}
		c.untaxedExpense(at+".extras."+name, e.ExpenseCode, e.TaxCode, s.Tax.Codes)
	}
	if r := s.Rounding; r != nil {
		for currency, limit := range r.Max {
			if limit.IsNegative() {
				c.bad(at+".rounding.max."+currency, "is %s, want 0 or more", limit)
			}
		}
		c.untaxedExpense(at+".rounding", r.ExpenseCode, r.TaxCode, s.Tax.Codes)
	}
}

// taxCodes checks the codes of lines. B1 has one rate for a code: with two, the proof would reckon with one of them for
// all lines of the code.
func (c *checker) taxCodes(at string, codes []TaxCode) {
	if len(codes) == 0 {
		c.bad(at, "is empty, want at least one code (percent 0 for untaxed goods)")
	}
	first := map[string]int{}
	for i, t := range codes {
		here := fmt.Sprintf("%s[%d]", at, i)
		if t.Code == "" {
			c.bad(here+".code", `is "", want a tax code of B1`)
			continue
		}
		if t.Percent.IsNegative() {
			c.bad(here+".percent", "is %s, want 0 or more", t.Percent)
		}
		if n, twice := first[t.Code]; !twice {
			first[t.Code] = i
		} else if !codes[n].Percent.Equal(t.Percent) {
			c.bad(here+".percent", "is %s, but code %s has %s in codes[%d], want the same: a code of B1 has one rate", t.Percent, t.Code, codes[n].Percent, n)
		}
	}
}

// untaxedExpense checks an expense whose amount is final: B1 must not add tax to it, which the proof does not know of.
func (c *checker) untaxedExpense(at string, expense int, code string, codes []TaxCode) {
	if expense == 0 {
		c.bad(at+".expense_code", "is missing, want the number of a B1 additional expense")
	}
	want := "want a code of tax.codes with percent 0"
	if untaxed := untaxedCodes(codes); len(untaxed) > 0 {
		want += ": " + strings.Join(untaxed, " or ")
	}
	if slices.ContainsFunc(codes, func(t TaxCode) bool { return t.Code == "" }) || len(codes) == 0 {
		return // tax.codes has a problem of its own; what it lists is not known
	}
	rate, listed := rateOf(code, codes)
	switch {
	case code == "":
		c.bad(at+".tax_code", "is missing, %s", want)
	case !listed:
		c.bad(at+".tax_code", "is %q, which tax.codes does not list, %s", code, want)
	case !rate.IsZero():
		c.bad(at+".tax_code", "is %q, on which B1 adds %s %% tax, %s", code, rate, want)
	}
}

func rateOf(code string, codes []TaxCode) (rate decimal.Decimal, listed bool) {
	for _, t := range codes {
		if t.Code == code {
			return t.Percent, true
		}
	}
	return rate, false
}

func untaxedCodes(codes []TaxCode) []string {
	names := map[string]bool{}
	for _, t := range codes {
		if t.Percent.IsZero() && t.Code != "" {
			names[t.Code] = true
		}
	}
	return slices.Sorted(maps.Keys(names))
}
