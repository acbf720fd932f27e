package mapping

import (
	"fmt"
	"maps"
	"path"
	"regexp"
	"slices"
	"strings"
)

var (
	isoPattern       = regexp.MustCompile(`^[A-Z]{3}$`)
	userFieldPattern = regexp.MustCompile(`^U_[A-Za-z0-9_]{1,50}$`)
	placeholder      = regexp.MustCompile(`\{[^}]*\}`)
)

// checker gathers the problems of rules that could be read; the decoder knows where they stand.
type checker struct{ problems []Problem }

func (c *checker) bad(path, format string, args ...any) {
	if len(c.problems) >= maxFound {
		return
	}
	c.problems = append(c.problems, Problem{Path: path, Message: fmt.Sprintf(format, args...)})
}

// check gives every problem of the rules; each names the setting and what it may be.
func (r *Rules) check() []Problem {
	c := &checker{}
	if r.Version != 1 {
		c.bad("version", "is %d, want 1", r.Version)
	}
	c.company(r.Company)
	c.eligibility(r.Eligibility)
	c.reference(r.Reference)
	c.writeBack(r.WriteBack)
	c.quiet(r.QuietHours)
	c.store("default", r.Default)
	c.fields("default", r.Default, r.Reference.UserField)
	for _, id := range slices.Sorted(maps.Keys(r.Stores)) {
		if len(c.problems) >= maxFound {
			break
		}
		c.store(storePath(id), r.Stores[id])
		c.fields(storePath(id), r.Stores[id], r.Reference.UserField)
	}
	return c.problems
}

func (c *checker) company(s Company) {
	if !isoPattern.MatchString(s.LocalCurrency) {
		c.bad("company.local_currency", "is %q, want three capital letters such as USD", s.LocalCurrency)
	}
	c.currencies(s.Currencies)
	c.oneOf("company.tax_rounding", s.TaxRounding, "document", "line")
	c.between("company.price_decimals", int(s.PriceDecimals), 0, 6)
	c.between("company.percent_decimals", int(s.PercentDecimals), 0, 6)
	c.choice("company.negative_lines", s.NegativeLines, NegativeQuantity, NegativePrice)
	for _, iso := range slices.Sorted(maps.Keys(s.CurrencyDecimals)) {
		if !isoPattern.MatchString(iso) {
			c.bad("company.currency_decimals."+iso, "is no currency, want three capital letters such as JPY")
		}
		c.between("company.currency_decimals."+iso, int(s.CurrencyDecimals[iso]), 0, 6)
	}
}

// maxCurrency is the length of OCRN.CurrCode; anyCurrency is what B1 calls all currencies of a partner.
const (
	maxCurrency = 3
	anyCurrency = "##"
)

func (c *checker) currencies(all Currencies) {
	taken := map[string]string{}
	for _, iso := range slices.Sorted(maps.Keys(all)) {
		at, b1 := "company.currencies."+iso, all[iso]
		if !isoPattern.MatchString(iso) {
			c.bad(at, "is no currency, want three capital letters such as USD (and USD: $ where B1 has another code)")
			continue
		}
		if b1 == "" || b1 == anyCurrency || length(b1) > maxCurrency {
			c.bad(at, "is %q, want B1's code for the currency, 1 to %d characters", b1, maxCurrency)
		}
		if other, twice := taken[b1]; twice {
			c.bad(at, "is %q like %s, want a code of its own", b1, other)
		}
		taken[b1] = iso
	}
}

func (c *checker) reference(s Reference) {
	for _, name := range placeholder.FindAllString(s.Template, -1) {
		if !slices.Contains(placeholders, name) {
			c.bad("reference.template", "%s is unknown, want one of %s", name, strings.Join(placeholders, ", "))
		}
	}
	if !strings.Contains(s.Template, "{increment_id}") && !strings.Contains(s.Template, "{entity_id}") {
		c.bad("reference.template", "is %q, want {increment_id} or {entity_id} in it, or all orders look alike", s.Template)
	}
	if s.UserField != "" && !userFieldPattern.MatchString(s.UserField) {
		c.bad("reference.user_field", "is %q, want a name such as U_MagentoKey", s.UserField)
	}
}

func (c *checker) eligibility(s Eligibility) {
	for name, table := range map[string]map[string]string{"states": s.States, "statuses": s.Statuses} {
		for key, decision := range table {
			c.oneOf("eligibility."+name+"."+key, decision, PostOrder, ExcludeOrder)
		}
	}
	for name, decision := range map[string]string{"zero_total": s.ZeroTotal, "edited": s.Edited} {
		if decision != "" {
			c.oneOf("eligibility."+name, decision, PostOrder, ExcludeOrder)
		}
	}
	patterns(c, "eligibility.payments", s.Payments)
	for pattern, gate := range s.Payments {
		c.oneOf("eligibility.payments."+pattern+".when", gate.When, WhenAlways, WhenPaid, WhenAuthorized, WhenNever)
	}
}

// patterns checks the names of a table that Magento's codes are looked up in.
func patterns[T any](c *checker, at string, table map[string]T) {
	for pattern := range table {
		if _, err := path.Match(pattern, ""); err != nil {
			c.bad(at+"."+pattern, "is no pattern, want a code or one with *, such as paypal*")
		}
	}
}

func (c *checker) oneOf(at, value string, want ...string) {
	if !slices.Contains(want, value) {
		last := len(want) - 1
		c.bad(at, "is %q, want %s or %s", value, strings.Join(want[:last], ", "), want[last])
	}
}

func (c *checker) between(at string, n, low, high int) {
	if n < low || n > high {
		c.bad(at, "is %d, want %d to %d", n, low, high)
	}
}
