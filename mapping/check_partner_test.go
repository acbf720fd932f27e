package mapping_test

import (
	"reflect"
	"strings"
	"testing"
)

func TestParseRules_PartnerProblemsStandAtTheirPlace(t *testing.T) {
	tests := map[string]struct {
		partner string
		want    []string
	}{
		"sound":               {"{customers: find_or_create, guests: find, find_by: [email, tax_number], not_found: hold, contact: true, create: {series: 7, group: {0: 100, \"*\": 101}, terms: -1}}", nil},
		"by account alone":    {"{customers: find_or_create, create: {series: 7, user_field: U_Web}}", nil},
		"by prefix alone":     {"{customers: find_or_create, guests: find_or_create, create: {prefix: WEB-}}", nil},
		"unknown values":      {"{customers: ask, guests: never, not_found: skip}", []string{`6:13: default.partner.customers: is "ask", want card_code, find or find_or_create`, `6:29: default.partner.guests: is "never", want card_code, find or find_or_create`, `6:44: default.partner.not_found: is "skip", want card_code or hold`}},
		"unknown way":         {"{customers: find, find_by: [phone]}", []string{`6:40: default.partner.find_by[0]: is "phone", want email or tax_number`}},
		"no way":              {"{customers: find}", []string{`6:3: default.partner.find_by: is empty, want email or tax_number (or create.user_field), by which customers are found`}},
		"no way for guests":   {"{guests: find, create: {user_field: U_Web}}", []string{`6:3: default.partner.find_by: is empty, want email or tax_number, by which guests are found`}},
		"series without way":  {"{guests: find_or_create, create: {series: 7}}", []string{`6:3: default.partner.find_by: is empty, want email or tax_number, by which guests are found`}},
		"neither":             {"{guests: find_or_create, find_by: [email]}", []string{`6:3: default.partner.create: has neither prefix nor series, want one of them, by which new partners get their codes`}},
		"both":                {"{guests: find_or_create, find_by: [email], create: {prefix: W, series: 7}}", []string{`6:75: default.partner.create.series: stands beside prefix, want one of them`}},
		"long prefix":         {"{guests: find_or_create, create: {prefix: WEBSHOP}}", []string{`6:46: default.partner.create.prefix: is "WEBSHOP", want at most 5 letters, digits and . _ -: the number behind it has up to 10 digits, a code 15`}},
		"prefix with a quote": {"{guests: find_or_create, create: {prefix: \"W'\"}}", []string{`6:46: default.partner.create.prefix: is "W'", want at most 5 letters, digits and . _ -: the number behind it has up to 10 digits, a code 15`}},
		"numbers": {"{create: {group: {a: 1, 2: 0}, terms: 0, sales_person: -2, price_list: 0}}", []string{`6:30: default.partner.create.group.a: is no customer group, want a customer_group_id such as 1, or *`,
			`6:36: default.partner.create.group.2: is 0, want a number of B1, 1 or more`, `6:43: default.partner.create.terms: is 0, want a number of B1: -1, or 1 and more`,
			`6:53: default.partner.create.sales_person: is -2, want a number of B1: -1, or 1 and more`, `6:71: default.partner.create.price_list: is 0, want a number of B1, 1 or more`}},
		"user field and currency": {"{create: {user_field: WebID, currency: DOLLAR}}", []string{`6:22: default.partner.create.user_field: is "WebID", want a name such as U_MagentoID`, `6:41: default.partner.create.currency: is "DOLLAR", want ## for all or B1's code of one, 1 to 3 characters`}},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			got := problemsOf(t, strings.Replace(small, "  card_code: C\n", "  card_code: C\n  partner: "+tc.partner+"\n", 1))
			if !reflect.DeepEqual(got, tc.want) {
				t.Errorf("got\n  %s\nwant\n  %s", strings.Join(got, "\n  "), strings.Join(tc.want, "\n  "))
			}
		})
	}
}
