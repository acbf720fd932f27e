package sapb1_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"datawald/order"
	"datawald/sandbox/b1sim"
	"datawald/sapb1"
)

// unasked answers calls whose address with its query holds a text.
func unasked(part string, status int, body string) func(http.ResponseWriter, *http.Request) bool {
	return func(w http.ResponseWriter, r *http.Request) bool {
		return strings.Contains(r.URL.Path+"?"+r.URL.Query().Encode(), part) && says("", status, "", body)(w, r)
	}
}

// What the doctor could not look at is never called ok: a merchant takes ok for looked at. Fails without: the finding of its own
// for each of these, which said ok, or nothing, before.
func TestProbe_CallsNothingOkThatItDidNotCheck(t *testing.T) {
	row := sapb1.FieldUse{Table: "RDR1", Name: "U_Row"}
	account := sapb1.FieldUse{Table: "OCRD", Name: "U_Account"}
	key := sapb1.FieldUse{Table: "ORDR", Name: "U_Key"}
	fields := []b1sim.UserField{{Table: "ORDR", Name: "Key", Size: 50}, {Table: "RDR1", Name: "Row"}}
	for _, c := range []struct {
		name, check string
		answer      func(http.ResponseWriter, *http.Request) bool
		change      func(*sapb1.Probe)
		ok, open    string // ok is empty where nothing was checked
	}{
		{"lines of a company without an order", "user fields", nil, func(p *sapb1.Probe) { p.Uses.Fields = []sapb1.FieldUse{row} },
			"", "not checked: the 1 field of lines: B1 has no order whose lines would show them"},
		{"a field beside it", "user fields", nil, func(p *sapb1.Probe) { p.Uses.Fields, p.Uses.KeyField = []sapb1.FieldUse{row, key}, "U_Key" },
			"1 field of the rules: there", "not checked: the 1 field of lines"},
		{"room for a key, without the right", "user fields", says("/UserFieldsMD", 403, "", forbidden),
			func(p *sapb1.Probe) { p.Uses.Fields, p.Uses.KeyField = []sapb1.FieldUse{key}, "U_Key" },
			"1 field of the rules: there", "not checked: whether U_Key has room for a key: B1 does not show how it is defined: No autorizado (-5009). Mind that an order key such as main:1:000000001 has 16"},
		{"room for a key, of no length", "user fields", says("/UserFieldsMD", 200, "", `{"value":[]}`),
			func(p *sapb1.Probe) { p.Uses.Fields, p.Uses.KeyField = []sapb1.FieldUse{key}, "U_Key" },
			"1 field of the rules: there", "not checked: whether U_Key has room for a key: B1 tells no length of it"},
		{"decimals that B1 does not tell", "company", says("/CompanyService_GetAdminInfo", 200, "", `{"LocalCurrency":"USD","PercentageAccuracy":6}`), nil,
			"local currency, decimals of percentages: as in the rules", "not checked: B1 does not tell its decimals of prices. Compare company in the rules"},
		{"a company that tells nothing", "company", says("/CompanyService_GetAdminInfo", 200, "", `{}`), nil,
			"", "not checked: B1 does not tell its local currency, decimals of prices, decimals of percentages"},
		{"a rate that B1 does not tell", "tax codes", says("/SalesTaxCodes", 200, "", `{"value":[{"Code":"CA825"}]}`),
			func(p *sapb1.Probe) { p.Uses = usesOf(taxUse(sapb1.ListSalesTax, "CA825", "8.25")) },
			"the 1 code of the rules is in B1's list of 1 (SalesTaxCodes)", "not checked: the rate of CA825: B1 tells none for today"},
		{"branches without the right", "branches", says("/BusinessPlaces", 403, "", forbidden), func(p *sapb1.Probe) { p.Uses = usesOf() },
			"", "not checked: B1 does not show BusinessPlaces to this user"},
		{"branches in an outage", "branches", says("/BusinessPlaces", 503, "", ""), func(p *sapb1.Probe) { p.Uses = usesOf() },
			"", "not checked: whether the company has branches, of which the rules name none: HTTP 503"},
		{"more partners than are asked for", "partners", unasked("BusinessPartners?", 200, customers(200)), func(p *sapb1.Probe) {
			p.Uses = usesOf()
			for n := range 201 {
				p.Uses.Codes = append(p.Uses.Codes, use(sapb1.ListPartners, fmt.Sprintf("C%d", n), n))
			}
		}, "200 codes of the rules: there", "not checked: 1 of 201 codes: the doctor asks for 200 at most"},
		{"more currencies than are asked for", "exchange rates", nil, func(p *sapb1.Probe) {
			for n := range 21 {
				p.Uses.Foreign = append(p.Uses.Foreign, fmt.Sprintf("X%02d", n))
			}
		}, "20 rates for today", "not checked: 1 of 21 currencies: the doctor asks for 20 at most"},
		{"buyers by a field that is not there", "find buyers", nil, func(p *sapb1.Probe) { p.Uses.Fields, p.Uses.AccountField = []sapb1.FieldUse{account}, "U_Account" },
			"", "not checked: by U_Account: B1 does not show that field"},
		{"codes of expressions", "computed codes", nil, func(p *sapb1.Probe) { p.Uses.Computed = []sapb1.Place{{Line: 1, Column: 1, Path: "default.x"}} },
			"", "not checked: 1 setting made by expressions and known only with an order"},
	} {
		t.Run(c.name, func(t *testing.T) {
			b := start(t, b1sim.Config{Password: password, UserFields: fields})
			if c.answer != nil {
				b.front(c.answer)
			}
			found := examine(t, b, "v2", func(p *sapb1.Probe) {
				p.Uses = usesOf()
				if c.change != nil {
					c.change(p)
				}
			})
			found.wants(t, c.check, order.OutcomeSkip, c.open, "")
			if c.ok != "" {
				found.wants(t, c.check, order.OutcomeOK, c.ok, "")
			}
			for _, f := range found[c.check] {
				if f.Outcome == order.OutcomeOK && (c.ok == "" || !strings.Contains(f.Seen, c.ok)) {
					t.Errorf("it calls ok what it did not check: %+v", f)
				}
			}
		})
	}
}

// customers are the rows of so many business partners, C0 and on.
func customers(n int) string {
	rows := make([]string, n)
	for i := range rows {
		rows[i] = fmt.Sprintf(`{"CardCode":"C%d","CardType":"cCustomer","Frozen":"tNO","Currency":"##"}`, i)
	}
	return `{"value":[` + strings.Join(rows, ",") + `]}`
}
