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
	currencyPattern  = regexp.MustCompile(`^[A-Z]{3}$`)
	userFieldPattern = regexp.MustCompile(`^U_[A-Za-z0-9_]{1,50}$`)
	placeholder      = regexp.MustCompile(`\{[^}]*\}`)
	extras           = []string{"gift_card", "store_credit", "reward_points", "gift_wrap", "weee"}
)

// check gives every problem of the rules; each names the setting and what it may be.
func (r *Rules) check() []error {
	var p []error
	bad := func(format string, args ...any) { p = append(p, fmt.Errorf(format, args...)) }
	if r.Version != 1 {
		bad("version: is %d, want 1", r.Version)
	}
	if !currencyPattern.MatchString(r.Company.LocalCurrency) {
		bad("company.local_currency: is %q, want three capital letters such as USD", r.Company.LocalCurrency)
	}
	for _, c := range r.Company.Currencies {
		if !currencyPattern.MatchString(c) {
			bad("company.currencies: %q is no currency, want three capital letters such as USD", c)
		}
	}
	if t := r.Company.TaxRounding; t != "document" && t != "line" {
		bad("company.tax_rounding: is %q, want document or line", t)
	}
	for name, n := range map[string]int32{"price_decimals": r.Company.PriceDecimals, "percent_decimals": r.Company.PercentDecimals} {
		if n < 0 || n > 6 {
			bad("company.%s: is %d, want 0 to 6", name, n)
		}
	}
	p = append(p, r.Eligibility.check()...)
	for _, name := range placeholder.FindAllString(r.Reference.Template, -1) {
		if !slices.Contains([]string{"{increment_id}", "{store_id}", "{entity_id}", "{instance}"}, name) {
			bad("reference.template: %s is unknown, want {increment_id}, {store_id}, {entity_id} or {instance}", name)
		}
	}
	if !strings.Contains(r.Reference.Template, "{increment_id}") && !strings.Contains(r.Reference.Template, "{entity_id}") {
		bad("reference.template: is %q, want {increment_id} or {entity_id} in it, or all orders look alike", r.Reference.Template)
	}
	if f := r.Reference.UserField; f != "" && !userFieldPattern.MatchString(f) {
		bad("reference.user_field: is %q, want a name such as U_MagentoKey", f)
	}
	p = append(p, r.Default.check("default")...)
	for _, id := range slices.Sorted(maps.Keys(r.Stores)) {
		p = append(p, r.Stores[id].check(fmt.Sprintf("stores.%d", id))...)
	}
	slices.SortStableFunc(p, func(a, b error) int { return strings.Compare(a.Error(), b.Error()) })
	return p
}

func (e Eligibility) check() []error {
	var p []error
	bad := func(format string, args ...any) { p = append(p, fmt.Errorf("eligibility."+format, args...)) }
	for name, table := range map[string]map[string]string{"states": e.States, "statuses": e.Statuses} {
		for key, v := range table {
			if v != PostOrder && v != ExcludeOrder {
				bad("%s.%s: is %q, want post or exclude", name, key, v)
			}
		}
	}
	for name, v := range map[string]string{"zero_total": e.ZeroTotal, "edited": e.Edited} {
		if v != "" && v != PostOrder && v != ExcludeOrder {
			bad("%s: is %q, want post or exclude", name, v)
		}
	}
	for pattern, gate := range e.Payments {
		if _, err := path.Match(pattern, ""); err != nil {
			bad("payments.%s: is no pattern", pattern)
		}
		if !slices.Contains([]string{WhenAlways, WhenPaid, WhenAuthorized, WhenNever}, gate.When) {
			bad("payments.%s.when: is %q, want always, paid, authorized or never", pattern, gate.When)
		}
	}
	return p
}

func (s StoreRules) check(at string) []error {
	var p []error
	bad := func(format string, args ...any) { p = append(p, fmt.Errorf(at+"."+format, args...)) }
	if s.CardCode == "" || len(s.CardCode) > 15 {
		bad("card_code: is %q, want a business partner code of 1 to 15 characters", s.CardCode)
	}
	if s.DueDays < 0 || s.DueDays > 3650 {
		bad("due_days: is %d, want 0 to 3650", s.DueDays)
	}
	if v := s.Tax.Property; v != "tax_code" && v != "vat_group" {
		bad("tax.property: is %q, want tax_code or vat_group", v)
	}
	if len(s.Tax.Codes) == 0 {
		bad("tax.codes: is empty, want at least one code (percent 0 for untaxed goods)")
	}
	for i, c := range s.Tax.Codes {
		if c.Code == "" {
			bad("tax.codes[%d].code: is missing", i)
		}
		if c.Percent.IsNegative() {
			bad("tax.codes[%d].percent: is %s, want 0 or more", i, c.Percent)
		}
	}
	if s.Freight.ItemCode == "" && s.Freight.ExpenseCode == 0 {
		bad("freight: want expense_code (a B1 additional expense) or item_code")
	}
	for name, e := range s.Extras {
		if !slices.Contains(extras, name) {
			bad("extras.%s: is unknown, want one of %s", name, strings.Join(extras, ", "))
		}
		if e.ExpenseCode == 0 {
			bad("extras.%s.expense_code: is missing", name)
		}
	}
	for pattern := range s.Payments {
		if _, err := path.Match(pattern, ""); err != nil {
			bad("payments.%s: is no pattern", pattern)
		}
	}
	for pattern := range s.Shippings {
		if _, err := path.Match(pattern, ""); err != nil {
			bad("shippings.%s: is no pattern", pattern)
		}
	}
	if s.Rounding != nil {
		if s.Rounding.Max.IsNegative() {
			bad("rounding.max: is %s, want 0 or more", s.Rounding.Max)
		}
		if s.Rounding.ExpenseCode == 0 {
			bad("rounding.expense_code: is missing")
		}
	}
	return p
}
