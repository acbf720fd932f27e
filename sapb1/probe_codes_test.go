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

// Each code of the rules that B1 does not have, or not so, holds every order that needs it: all are named, with their place.
func TestProbe_ComparesTheCodesOfTheRulesWithB1(t *testing.T) {
	company := companyOfAll()
	company.Partners = []b1sim.Partner{{Code: "C-WEB", Name: "Web"}, {Code: "C-FROZEN", Frozen: true}, {Code: "S-PAPER", Supplier: true}, {Code: "C-EUR", Currency: "EUR"}}
	company.Items = []b1sim.Item{{Code: "A1", Sales: true}, {Code: "BUY", Sales: false}, {Code: "OLD", Sales: true, Frozen: true}}
	for _, c := range []struct {
		check      string
		use        sapb1.CodeUse
		outcome    order.Outcome
		seen, mend string
	}{
		{"partners", use(sapb1.ListPartners, "C-NONE", 1), order.OutcomeFail, `B1 has no business partner "C-NONE" (rules.yaml:1:5 default.x)`, "Business Partner Master Data"},
		{"partners", use(sapb1.ListPartners, "C-FROZEN", 1), order.OutcomeFail, "is frozen", "change it"},
		{"partners", use(sapb1.ListPartners, "S-PAPER", 1), order.OutcomeFail, "is no customer", "Correct the rules"},
		{"partners", use(sapb1.ListPartners, "C-EUR", 1), order.OutcomeWarn, "takes EUR alone, and the rules allow orders in USD", "All Currencies (##)"},
		{"partners", use(sapb1.ListPartners, "O'Neil", 1), order.OutcomeFail, `B1 has no business partner "O'Neil"`, ""},
		{"items", use(sapb1.ListItems, "SHIP", 2), order.OutcomeFail, `B1 has no item "SHIP"`, "Inventory > Item Master Data"},
		{"items", use(sapb1.ListItems, "BUY", 2), order.OutcomeFail, "is no sales item", ""},
		{"items", use(sapb1.ListItems, "OLD", 2), order.OutcomeFail, "is frozen", ""},
		{"payment methods", use(sapb1.ListPaymentMethods, "Cheque", 3), order.OutcomeFail, `no payment method "Cheque"`, "B1 has Incoming BT, Incoming CC"},
		{"payment methods", use(sapb1.ListPaymentMethods, "incoming bt", 3), order.OutcomeFail, "rules.yaml:3:5", `B1 writes it "Incoming BT". Correct`},
		{"payment terms", use(sapb1.ListPaymentTerms, "9", 4), order.OutcomeFail, `no payment terms "9"`, "-1 (Cash basic), 1 (Net 30)"},
		{"tax codes", taxUse(sapb1.ListSalesTax, "NV", "5"), order.OutcomeFail, `no sales tax code "NV"`, "Sales Tax Codes"},
		{"tax codes", taxUse(sapb1.ListSalesTax, "CA825", "8.5"), order.OutcomeFail, `sales tax code "CA825" has 8.25 % in B1, and 8.5 % in the rules (rules.yaml:20:5`, "correct percent"},
		{"tax codes", taxUse(sapb1.ListVatGroups, "A7", "19"), order.OutcomeFail, `no tax group "A7"`, "Tax Groups"},
		{"tax codes", taxUse(sapb1.ListVatGroups, "A1", "16"), order.OutcomeFail, "has 19 % in B1, and 16 % in the rules", ""},
		{"freight", use(sapb1.ListFreight, "9", 7), order.OutcomeFail, `no freight "9"`, "B1 has 1 (Freight), 2 (Surcharge), 3 (Rounding). Correct the rules, or add it: Administration > Setup > General > Freight."},
		{"shipping types", use(sapb1.ListShipping, "9", 8), order.OutcomeFail, `no shipping type "9"`, "1 (Ground)"},
		{"warehouses", use(sapb1.ListWarehouses, "1", 9), order.OutcomeFail, `no warehouse "1"`, "B1 has 01, 02."},
		{"sales employees", use(sapb1.ListSalesPersons, "9", 10), order.OutcomeFail, `no sales employee "9"`, "B1 has 1, 2."},
		{"branches", use(sapb1.ListBranches, "1", 11), order.OutcomeFail, `no branch "1"`, "7 (Main)"},
		{"customer groups", use(sapb1.ListPartnerGroups, "101", 12), order.OutcomeFail, `no customer group "101"`, "100 (Customers)"},
		{"price lists", use(sapb1.ListPriceLists, "2", 13), order.OutcomeFail, `no price list "2"`, "1 (Base Price)"},
		{"employees", use(sapb1.ListEmployees, "5", 14), order.OutcomeFail, `no employee "5"`, "Employee Master Data"},
		{"series", use(sapb1.ListOrderSeries, "71", 15), order.OutcomeFail, `no series of sales orders "71"`, "8 (Primary)"},
		{"series", use(sapb1.ListPartnerSeries, "8", 16), order.OutcomeFail, `no series of customers "8"`, "71 (C)"},
	} {
		for _, version := range versions {
			t.Run(c.use.Code+" "+version, func(t *testing.T) {
				found := examine(t, start(t, company), version, func(p *sapb1.Probe) { p.Uses = usesOf(c.use) })
				found.wants(t, c.check, c.outcome, c.seen, c.mend)
				if c.outcome == order.OutcomeFail && found.kind(c.check) != order.Config {
					t.Errorf("the failure is %q", found.kind(c.check))
				}
			})
		}
	}
}

// VAT groups have a rate from each date on: that of today counts, wherever it stands and whatever is to come.
func TestProbe_TakesTheRateOfToday(t *testing.T) {
	for _, c := range []struct{ lines, percent, seen string }{
		{`[{"Effectivefrom":"2020-01-01","Rate":16.0},{"Effectivefrom":"2021-01-01T00:00:00Z","Rate":19.0},{"Effectivefrom":"2099-01-01","Rate":21.0}]`, "19", ""},
		{`[{"Effectivefrom":"2021-01-01","Rate":19.0},{"Effectivefrom":"2020-01-01","Rate":16.0}]`, "16", "has 19 % in B1, and 16 % in the rules"},
		{`[{"Effectivefrom":"2099-01-01","Rate":21.0}]`, "19", ""},
		{`[]`, "19", ""}, {`null`, "19", ""}, {`[{"Effectivefrom":"2020-01-01","Rate":null}]`, "19", ""},
	} {
		b := start(t, companyOfAll()).front(says("/VatGroups", 200, "", `{"value":[{"Code":"A1","Inactive":"tNO","VatGroups_Lines":`+c.lines+`}]}`))
		found := examine(t, b, "v2", func(p *sapb1.Probe) { p.Uses = usesOf(taxUse(sapb1.ListVatGroups, "A1", c.percent)) })
		if c.seen == "" {
			found.wants(t, "tax codes", order.OutcomeOK, "", "")
			continue
		}
		found.wants(t, "tax codes", order.OutcomeFail, c.seen, "")
	}
}

// What is there and cannot be used holds orders as surely as what is missing.
func TestProbe_TellsWhatIsThereAndCannotBeUsed(t *testing.T) {
	for _, c := range []struct {
		list             sapb1.List
		check, row, seen string
	}{
		{sapb1.ListPaymentMethods, "payment methods", `{"PaymentMethodCode":"X","Active":"tNO"}`, `payment method "X" is inactive`},
		{sapb1.ListPaymentMethods, "payment methods", `{"PaymentMethodCode":"X","Type":"boptOutgoing"}`, "is for outgoing payments"},
		{sapb1.ListSalesTax, "tax codes", `{"Code":"X","Inactive":"tYES"}`, "is inactive"},
		{sapb1.ListSalesTax, "tax codes", `{"Code":"X","ValidForAR":"tNO"}`, "is not valid for A/R"},
		{sapb1.ListVatGroups, "tax codes", `{"Code":"X","Inactive":"tYES"}`, "is inactive"},
		{sapb1.ListVatGroups, "tax codes", `{"Code":"X","Category":"bovcInputTax"}`, "Input Tax"},
		{sapb1.ListWarehouses, "warehouses", `{"WarehouseCode":"X","Inactive":"tYES"}`, "is inactive"},
		{sapb1.ListBranches, "branches", `{"BPLID":"X","Disabled":"tYES"}`, "is disabled"},
		{sapb1.ListSalesPersons, "sales employees", `{"SalesEmployeeCode":"X","Active":"tNO"}`, "is inactive"},
		{sapb1.ListEmployees, "employees", `{"EmployeeID":"X","Active":"tNO"}`, "is inactive"},
		{sapb1.ListPriceLists, "price lists", `{"PriceListNo":"X","Active":"tNO"}`, "is inactive"},
		{sapb1.ListPartnerGroups, "customer groups", `{"Code":"X","Type":"bbpgt_VendorGroup"}`, "group of vendors"},
		{sapb1.ListOrderSeries, "series", `{"Series":"X","Locked":"tYES"}`, "is locked"},
	} {
		set, _, _ := strings.Cut(string(c.list), " ")
		b := start(t, companyOfAll()).front(says("/"+set, 200, "", `{"value":[`+c.row+`]}`))
		examine(t, b, "v2", func(p *sapb1.Probe) { p.Uses = usesOf(use(c.list, "X", 1)) }).wants(t, c.check, order.OutcomeFail, c.seen, "or change it: ")
	}
}

// A table of items can have thousands of rows: the doctor asks for some, and says that there are more.
func TestProbe_AsksForSomeOfManyItems(t *testing.T) {
	uses := usesOf(use(sapb1.ListItems, "A1", 1))
	for n := range 300 {
		uses.Codes = append(uses.Codes, use(sapb1.ListItems, fmt.Sprintf("I%d", n), n))
	}
	cfg := companyOfAll()
	cfg.Items = []b1sim.Item{{Code: "A1", Sales: true}}
	for n := range 300 {
		cfg.Items = append(cfg.Items, b1sim.Item{Code: fmt.Sprintf("I%d", n), Sales: true})
	}
	b := start(t, cfg)
	found := examine(t, b, "v1", func(p *sapb1.Probe) { p.Uses = uses })
	found.wants(t, "items", order.OutcomeOK, "200 codes of the rules: there, sold, not frozen", "")
	found.wants(t, "items", order.OutcomeSkip, "not checked: 101 of 301 codes", "")
	if n := b.calls("GET Items"); n != 10 {
		t.Errorf("%d calls for items, want 10", n)
	}
}

// Advice that is the same for several codes stands once, behind the last; a code that stands in many places is named once.
func TestProbe_NamesAllCodesThatAreWrong(t *testing.T) {
	uses := usesOf(use(sapb1.ListShipping, "8", 1), use(sapb1.ListShipping, "9", 2), use(sapb1.ListShipping, "9", 3), use(sapb1.ListShipping, "9", 4),
		use(sapb1.ListShipping, "9", 5), use(sapb1.ListShipping, "2", 6))
	found := examine(t, start(t, b1sim.Config{Password: password}), "v2", func(p *sapb1.Probe) { p.Uses = uses })["shipping types"]
	if len(found) != 2 || !strings.Contains(found[0].Seen, `"8"`) || found[0].Mend != "" || found[1].Mend == "" ||
		!strings.HasSuffix(found[1].Seen, "rules.yaml:4:5 default.x, and 1 more)") {
		t.Errorf("it finds %+v", found)
	}
}

// A long list must be read to its end, or codes at its end would be called missing.
func TestProbe_ReadsListsToTheirEnd(t *testing.T) {
	cfg := companyOfAll()
	cfg.ShippingTypes = map[int]string{}
	for n := range 450 {
		cfg.ShippingTypes[n+1] = "Carrier"
	}
	for _, version := range versions {
		b := start(t, cfg)
		found := examine(t, b, version, func(p *sapb1.Probe) {
			p.Uses = usesOf(use(sapb1.ListShipping, "449", 1), use(sapb1.ListShipping, "451", 2))
		})
		if all := found["shipping types"]; len(all) != 1 || !strings.Contains(all[0].Seen, `"451"`) || !strings.Contains(all[0].Mend, "and 438 more") {
			t.Errorf("it finds %+v", all)
		}
		if n := b.calls("GET ShippingTypes"); n != 3 {
			t.Errorf("%d calls for 450 rows, want 3", n)
		}
	}
}

// A release that lacks a property is asked without it; what a user may not see stops nothing, and is not called missing.
func TestProbe_DoesWithoutWhatB1DoesNotShow(t *testing.T) {
	b := start(t, companyOfAll())
	b.front(func(w http.ResponseWriter, r *http.Request) bool {
		return strings.Contains(r.URL.Query().Get("$select"), "Inactive") && says("/Warehouses", 400, "", `{"error":{"code":"-1000","message":"Property 'Inactive' of 'Warehouse' is invalid"}}`)(w, r)
	})
	found := examine(t, b, "v2")
	found.wants(t, "warehouses", order.OutcomeOK, "the 1 code of the rules is in B1's list", "")
	found.wants(t, "warehouses", order.OutcomeSkip, "not checked: whether they can be used: this B1 has no Inactive on Warehouses", "")

	b = start(t, companyOfAll()).front(says("/PriceLists", 400, "", `{"error":{"code":"200","message":"Unrecognized resource path."}}`))
	found = examine(t, b, "v2")
	found.wants(t, "price lists", order.OutcomeSkip, "B1 does not show PriceLists to this user: Unrecognized resource path. (200)", "")
	found.wants(t, "employees", order.OutcomeOK, "", "")

	b = start(t, companyOfAll()).front(says("/PriceLists", 503, "", "<html>"))
	found = examine(t, b, "v2")
	found.wants(t, "price lists", order.OutcomeFail, "HTTP 503", "log of the Service Layer")
	if found.kind("price lists") != order.Transient {
		t.Errorf("an outage is %s", found.kind("price lists"))
	}
}

// Where a company works with branches, an order without one is refused in a way that tells nobody why.
func TestProbe_WarnsOfBranchesThatTheRulesDoNotName(t *testing.T) {
	for _, version := range versions {
		examine(t, start(t, companyOfAll()), version, func(p *sapb1.Probe) { p.Uses = usesOf() }).
			wants(t, "branches", order.OutcomeWarn, "B1 has 1, and the rules name none", "B1 has 7 (Main). Where the company works with branches")
		examine(t, start(t, b1sim.Config{Password: password}), version, func(p *sapb1.Probe) { p.Uses = usesOf() }).
			wants(t, "branches", order.OutcomeOK, "none, and the rules name none", "")
	}
}

func TestProbe_ComparesTheCompany(t *testing.T) {
	b := start(t, b1sim.Config{Password: password, PriceDecimals: 2})
	found := examine(t, b, "v1", func(p *sapb1.Probe) { p.Uses.LocalCurrency = "$" })
	found.wants(t, "company", order.OutcomeFail, `the local currency is "USD" in B1, and "$" by the rules`, "company.currencies")
	found.wants(t, "company", order.OutcomeWarn, "company.price_decimals is 6 by the rules, and 2 in B1", "Display")
	if len(found["company"]) != 2 {
		t.Errorf("beside what differs it finds %+v", found["company"])
	}

	// A release that has the question as a function is asked by GET.
	b = start(t, b1sim.Config{Password: password}).front(func(w http.ResponseWriter, r *http.Request) bool {
		answer := says("/CompanyService_GetAdminInfo", 405, "", "<html>")
		if r.Method == http.MethodGet {
			answer = says("/CompanyService_GetAdminInfo", 200, "", `{"LocalCurrency":"GBP"}`)
		}
		return answer(w, r)
	})
	examine(t, b, "v2").wants(t, "company", order.OutcomeFail, `the local currency is "GBP" in B1`, "")

	b = start(t, b1sim.Config{Password: password}).front(says("/CompanyService_GetAdminInfo", 403, "", `{"error":{"code":"-1","message":"No"}}`))
	examine(t, b, "v2").wants(t, "company", order.OutcomeSkip, "does not show its company settings", "")
}

// A currency without a rate today makes its orders wait; whether B1 has one may not be known.
func TestProbe_AsksForExchangeRates(t *testing.T) {
	b := start(t, b1sim.Config{Password: password})
	found := examine(t, b, "v2", func(p *sapb1.Probe) {
		p.Uses.Foreign = []string{"EUR", "GBP", "JPY"}
		p.Rates = rates{"GBP": errNone, "JPY": &order.Failure{Kind: order.Permanent, Code: "-1", Message: "No"}}
	})
	found.wants(t, "exchange rates", order.OutcomeWarn, "no rate for today: GBP", "Exchange Rates and Indexes")
	found.wants(t, "exchange rates", order.OutcomeSkip, "not checked: today's rate of JPY: No (-1)", "")
	found = examine(t, start(t, b1sim.Config{Password: password}), "v2", func(p *sapb1.Probe) { p.Uses.Foreign = []string{"EUR"} })
	found.wants(t, "exchange rates", order.OutcomeOK, "1 rate for today", "")
}
