package mapping

import (
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"

	"github.com/shopspring/decimal"
)

// store checks the settings that hold for a store, its own and the inherited ones.
func (c *checker) store(at string, s StoreRules) {
	if n := length(s.CardCode); n == 0 || n > 15 {
		c.bad(at+".card_code", "is %q, want a business partner code of 1 to 15 characters", s.CardCode)
	}
	c.partner(at+".partner", s.Partner)
	c.between(at+".due_days", s.DueDays, 0, 3650)
	for name, day := range map[string]string{"document": s.Dates.Document, "tax": s.Dates.Tax, "due_from": s.Dates.DueFrom} {
		c.choice(at+".dates."+name, day, DayOfPosting, DayOfOrder)
	}
	c.choice(at+".currency", s.Currency, DocumentInOrderCurrency, DocumentInBaseCurrency)
	c.choice(at+".exchange_rate", s.ExchangeRate, RateOfB1, RateOfMagento)
	c.choice(at+".partly_cancelled", s.PartlyCancelled, HoldPartly, OrderedQuantity, OpenQuantity)
	patterns(c, at+".bundles", s.Bundles)
	for sku, mode := range s.Bundles {
		c.choice(at+".bundles."+sku, mode, BundleAsPriced, BundleChildren, BundleParent, BundleBOM)
	}
	c.taxes(at+".tax", s.Tax)
	c.discount(at+".discount", s)
	c.expressions(at, s)
	c.items(at+".items", s.Items)
	if s.Freight.ItemCode == "" && s.Freight.ExpenseCode == 0 {
		c.bad(at+".freight", "is empty, want expense_code (a B1 additional expense) or item_code")
	}
	patterns(c, at+".payments", s.Payments)
	patterns(c, at+".shippings", s.Shippings)
	c.extras(at+".extras", s)
	c.rounding(at+".rounding", s)
}

// choice checks a setting that may be left out.
func (c *checker) choice(at, value string, want ...string) {
	if value != "" {
		c.oneOf(at, value, want...)
	}
}

func (c *checker) taxes(at string, t Tax) {
	c.oneOf(at+".property", t.Property, "tax_code", "vat_group")
	c.choice(at+".place", t.Place, TaxByShipTo, TaxByBillTo)
	c.taxCodes(at+".codes", t.Codes)
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
		c.conditions(here, i, codes)
	}
}

// conditions checks when a code holds.
func (c *checker) conditions(here string, i int, codes []TaxCode) {
	t := codes[i]
	for n, country := range t.Country {
		if len(country) != 2 || strings.ToUpper(country) != country {
			c.bad(itemPath(here+".country", n, t.Country), "is %q, want two capital letters such as DE", country)
		}
	}
	for n, kind := range t.For {
		c.oneOf(itemPath(here+".for", n, t.For), kind, kindGoods, kindVirtual, kindShipping, kindExtras)
	}
	patterns(c, here, map[string]bool{t.Rate: true})
	for n, other := range codes[:i] {
		if other.Code != t.Code && other.Percent.Equal(t.Percent) && sameConditions(other, t) {
			c.bad(here+".percent", "is that of %s in codes[%d], under the same conditions: %s is never chosen; want a condition that tells them apart", other.Code, n, t.Code)
			return
		}
	}
}

// itemPath is the path of an item of a list that may be written as a single value.
func itemPath(at string, n int, all Texts) string {
	if len(all) == 1 {
		return at
	}
	return fmt.Sprintf("%s[%d]", at, n)
}

func sameConditions(a, b TaxCode) bool {
	a.Code, a.Percent, b.Code, b.Percent = "", decimal.Zero, "", decimal.Zero
	return reflect.DeepEqual(a, b)
}

// extras checks where the other parts of a total go.
func (c *checker) extras(at string, s StoreRules) {
	for _, name := range slices.Sorted(maps.Keys(s.Extras)) {
		here, e := at+"."+name, s.Extras[name]
		known := slices.Contains(extraNames, name)
		switch {
		case !known && !e.Amount.IsSet():
			c.bad(here, "is unknown, want one of %s, or a name of your own with amount: where it stands in the order", strings.Join(extraNames, ", "))
			continue
		case known && e.Amount.IsSet():
			c.bad(here+".amount", "is set, but Magento's own amount is taken; want a name that is none of %s", strings.Join(extraNames, ", "))
		case e.Taxed && name != giftWrap && name != weeeTax && !e.Tax.IsSet():
			c.bad(here+".taxed", "is true, but the tax is not known, want tax: where it stands in the order, or a tax_code")
		case e.Taxed && e.TaxCode != "":
			c.bad(here+".tax_code", "is %q, but the code follows from the tax (taxed), want one of both", e.TaxCode)
		}
		if c.target(here, e.ExpenseCode, e.ItemCode); !e.Taxed {
			c.untaxed(here, e.TaxCode, s.Tax.Codes)
		}
	}
}

func (c *checker) rounding(at string, s StoreRules) {
	r := s.Rounding
	if r == nil {
		return
	}
	for _, currency := range slices.Sorted(maps.Keys(r.Max)) {
		if currency != "*" && !isoPattern.MatchString(currency) {
			c.bad(at+".max."+currency, "is no currency, want three capital letters such as USD, or \"*\"")
		}
		if limit := r.Max[currency]; limit.IsNegative() {
			c.bad(at+".max", "has %s for %s, want 0 or more", limit, currency)
		}
	}
	c.target(at, r.ExpenseCode, r.ItemCode)
	c.untaxed(at, r.TaxCode, s.Tax.Codes)
}

// target checks that an amount has a place to go.
func (c *checker) target(at string, expense int, item string) {
	switch {
	case expense == 0 && item == "":
		c.bad(at+".expense_code", "is missing, want the number of a B1 additional expense, or item_code")
	case expense != 0 && item != "":
		c.bad(at+".item_code", "is set beside expense_code, want one of both")
	}
}

// untaxed checks the code of an amount that is final: B1 must not add tax to it, which the proof does not know of.
func (c *checker) untaxed(at, code string, codes []TaxCode) {
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
