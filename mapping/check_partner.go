package mapping

import (
	"maps"
	"regexp"
	"slices"
	"strconv"
)

// maxPrefix leaves room in a card code for a customer's number, which Magento counts up to ten digits.
const maxPrefix = maxCardCode - 10

// prefixPattern has no space and nothing that means something in an address of the Service Layer.
var prefixPattern = regexp.MustCompile(`^[A-Za-z0-9._-]*$`)

// partner checks who the orders of a store go to.
func (c *checker) partner(at string, p PartnerRules) {
	policies := map[string]string{"customers": p.Customers, "guests": p.Guests}
	for name, policy := range policies {
		if policy != "" {
			c.oneOf(at+"."+name, policy, PartnerFixed, PartnerFind, PartnerFindOrCreate)
		}
	}
	for i, way := range p.FindBy {
		c.oneOf(at+".find_by["+strconv.Itoa(i)+"]", way, FindByEmail, FindByTaxNumber)
	}
	if p.NotFound != "" {
		c.oneOf(at+".not_found", p.NotFound, UseCardCode, HoldOrder)
	}
	c.findable(at, p)
	c.partnerForm(at+".create", p.Create, slices.Contains([]string{p.Customers, p.Guests}, PartnerFindOrCreate))
}

// findable checks that there is a way to find each kind of buyer who is to be found. One whose code B1 gives must be
// found too: after a lost answer nothing else tells whether he was created.
func (c *checker) findable(at string, p PartnerRules) {
	asks := func(policy string) bool {
		return policy == PartnerFind || policy == PartnerFindOrCreate && p.Create.Series != nil
	}
	if len(p.FindBy) > 0 {
		return
	}
	if asks(p.Customers) && p.Create.UserField == "" {
		c.bad(at+".find_by", "is empty, want email or tax_number (or create.user_field), by which customers are found")
	} else if asks(p.Guests) {
		c.bad(at+".find_by", "is empty, want email or tax_number, by which guests are found")
	}
}

// partnerForm checks how partners are created; needed says whether any are.
func (c *checker) partnerForm(at string, f PartnerForm, needed bool) {
	switch {
	case f.Prefix != "" && f.Series != nil:
		c.bad(at+".series", "stands beside prefix, want one of them")
	case needed && f.Prefix == "" && f.Series == nil:
		c.bad(at, "has neither prefix nor series, want one of them, by which new partners get their codes")
	}
	if length(f.Prefix) > maxPrefix || !prefixPattern.MatchString(f.Prefix) {
		c.bad(at+".prefix", "is %q, want at most %d letters, digits and . _ -: the number behind it has up to 10 digits, a code 15", f.Prefix, maxPrefix)
	}
	for _, group := range slices.Sorted(maps.Keys(f.Group)) {
		if n, err := strconv.ParseInt(group, 10, 64); group != "*" && (err != nil || n < 0) {
			c.bad(at+".group."+group, "is no customer group, want a customer_group_id such as 1, or *")
		}
		c.number(at+".group."+group, f.Group[group])
	}
	if f.UserField != "" && !userFieldPattern.MatchString(f.UserField) {
		c.bad(at+".user_field", "is %q, want a name such as U_MagentoID", f.UserField)
	}
	if f.Currency != anyCurrency && length(f.Currency) > maxCurrency {
		c.bad(at+".currency", "is %q, want ## for all or B1's code of one, 1 to %d characters", f.Currency, maxCurrency)
	}
	for name, n := range map[string]*int{"series": f.Series, "price_list": f.PriceList} {
		if n != nil {
			c.number(at+"."+name, *n)
		}
	}
	// B1 counts these two from -1.
	for name, n := range map[string]*int{"terms": f.Terms, "sales_person": f.SalesPerson} {
		if n != nil && (*n < -1 || *n == 0) {
			c.bad(at+"."+name, "is %d, want a number of B1: -1, or 1 and more", *n)
		}
	}
}

func (c *checker) number(at string, n int) {
	if n < 1 {
		c.bad(at, "is %d, want a number of B1, 1 or more", n)
	}
}
