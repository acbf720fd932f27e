package b1sim_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/shopspring/decimal"

	"datawald/sandbox/b1sim"
)

var testTax = map[string]decimal.Decimal{"T175": num("17.5"), "CA825": num("8.25"), "Exempt": num("0")}

// taxed is a line of one unit with a tax code.
func taxed(price, code string) string {
	return fmt.Sprintf(`{"ItemCode":"A1","Quantity":1,"UnitPrice":%s,"TaxCode":%q}`, price, code)
}

// The worked example of SAP Note 3379849: 4 + 3 + 3 at 17.5 % has a header tax of 1.75, the lines 0.70 + 0.53 + 0.53;
// the cent too much comes off line B.
func TestTaxDifferenceGoesToLines(t *testing.T) {
	s := newSim(t, b1sim.Config{TaxCodes: testTax})
	s.order(orderWith("", taxed("4", "T175"), taxed("3", "T175"), taxed("3", "T175"))).wantProps(t,
		"VatSum", "1.75", "DocTotal", "11.75",
		"DocumentLines.0.TaxTotal", "0.7", "DocumentLines.1.TaxTotal", "0.52", "DocumentLines.2.TaxTotal", "0.53")
}

func TestTaxByLine(t *testing.T) {
	s := newSim(t, b1sim.Config{TaxCodes: testTax, TaxRounding: b1sim.TaxByLine})
	s.order(orderWith("", taxed("4", "T175"), taxed("3", "T175"), taxed("3", "T175"))).wantProps(t,
		"VatSum", "1.76", "DocTotal", "11.76", "DocumentLines.1.TaxTotal", "0.53")
}

func TestTotals(t *testing.T) {
	for _, tc := range []struct {
		name, body string
		want       []string
	}{
		{"LineIsRoundedOnce", orderWith("", `{"ItemCode":"A1","Quantity":3,"UnitPrice":3.333333}`),
			[]string{"DocumentLines.0.LineTotal", "10", "DocTotal", "10"}},
		{"PriceIsRoundedToSixDecimals", orderWith("", `{"ItemCode":"A1","Quantity":1000000,"UnitPrice":0.00000149}`),
			[]string{"DocumentLines.0.UnitPrice", "0.000001", "DocTotal", "1"}},
		{"LineDiscount", orderWith("", `{"ItemCode":"A1","Quantity":3,"UnitPrice":9.99,"DiscountPercent":33.33}`),
			[]string{"DocumentLines.0.LineTotal", "19.98", "DocumentLines.0.Price", "6.660333", "DocTotal", "19.98"}},
		{"FreeLine", orderWith("", `{"ItemCode":"A1","UnitPrice":9.99,"DiscountPercent":100}`),
			[]string{"DocumentLines.0.LineTotal", "0", "DocTotal", "0"}},
		{"DiscountImpliedByTwoPrices", orderWith("", `{"ItemCode":"A1","Quantity":2,"UnitPrice":100,"Price":75}`),
			[]string{"DocumentLines.0.DiscountPercent", "25", "DocTotal", "150"}},
		{"PriceWithDiscountIsDiscountedOnceMore", orderWith("", `{"ItemCode":"A1","Quantity":1,"Price":80,"DiscountPercent":10}`),
			[]string{"DocumentLines.0.UnitPrice", "80", "DocTotal", "72"}},
		{"LineTotalSetsThePrice", orderWith("", `{"ItemCode":"A1","Quantity":3,"LineTotal":10}`),
			[]string{"DocumentLines.0.UnitPrice", "3.333333", "DocumentLines.0.LineTotal", "10"}},
		{"LineTotalBesideAPriceIsReplaced", orderWith("", `{"ItemCode":"A1","Quantity":3,"UnitPrice":3,"LineTotal":10}`),
			[]string{"DocumentLines.0.LineTotal", "9", "DocTotal", "9"}},
		{"TaxSentIsReplaced", orderWith("", `{"ItemCode":"A1","UnitPrice":100,"TaxCode":"CA825","TaxTotal":1}`),
			[]string{"DocumentLines.0.TaxTotal", "8.25", "DocTotal", "108.25"}},
		{"PriceAfterVAT", orderWith("", `{"ItemCode":"A1","PriceAfterVAT":77.70,"VatGroup":"A1"}`),
			[]string{"DocumentLines.0.UnitPrice", "65.294118", "DocumentLines.0.LineTotal", "65.29", "VatSum", "12.41", "DocTotal", "77.7"}},
		{"GrossPrice", orderWith("", `{"ItemCode":"A1","Quantity":2,"GrossPrice":119,"VatGroup":"A1","DiscountPercent":50}`),
			[]string{"DocumentLines.0.UnitPrice", "100", "DocTotal", "119", "DocumentLines.0.PriceAfterVAT", "59.5"}},
		{"HeaderDiscount", orderWith(`"DiscountPercent":10`, taxed("100", "CA825"), taxed("50", "Exempt")),
			[]string{"TotalDiscount", "15", "VatSum", "7.43", "DocTotal", "142.43"}},
		{"FreightHasItsOwnTaxAndNoDiscount",
			orderWith(`"DiscountPercent":50,"DocumentAdditionalExpenses":[{"ExpenseCode":1,"LineTotal":10,"TaxCode":"CA825"},{"ExpenseCode":2,"LineTotal":1.005}]`,
				taxed("100", "Exempt")),
			[]string{"DocumentAdditionalExpenses.0.TaxSum", "0.83", "DocumentAdditionalExpenses.1.LineTotal", "1.01", "VatSum", "0.83", "DocTotal", "61.84"}},
		{"FreightGross", orderWith(`"DocumentAdditionalExpenses":[{"ExpenseCode":1,"LineGross":11.90,"VatGroup":"A1"}]`, taxed("1", "Exempt")),
			[]string{"DocumentAdditionalExpenses.0.LineTotal", "10", "DocTotal", "12.9"}},
		{"FreightWithTheTaxOfItsKind", orderWith(`"DocumentAdditionalExpenses":[{"ExpenseCode":5,"LineTotal":100}]`, taxed("1", "Exempt")),
			[]string{"DocumentAdditionalExpenses.0.TaxCode", "CA825", "VatSum", "8.25"}},
		{"Rounding", orderWith(`"Rounding":"tYES","RoundingDiffAmount":-0.01`, taxed("10", "Exempt")),
			[]string{"RoundingDiffAmount", "-0.01", "DocTotal", "9.99"}},
		{"RoundingOnlyWhenOn", orderWith(`"RoundingDiffAmount":-0.01`, taxed("10", "Exempt")),
			[]string{"RoundingDiffAmount", "0", "DocTotal", "10"}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			s := newSim(t, b1sim.Config{TaxCodes: testTax, Expenses: []b1sim.Expense{
				{Code: 1, Name: "Freight"}, {Code: 2, Name: "Surcharge"}, {Code: 5, Name: "Insured freight", TaxCode: "CA825"},
			}})
			s.order(tc.body).wantProps(t, tc.want...)
		})
	}
}

// A real order with lines of 4000.00, no tax and a DocTotal of 4147.27 came out with a discount of -3.68175 %.
func TestDocTotalSentMakesADiscount(t *testing.T) {
	s := newSim(t, b1sim.Config{TaxCodes: testTax})
	s.order(orderWith(`"DocTotal":4147.27`, taxed("4000", "Exempt"))).wantProps(t,
		"DiscountPercent", "-3.68175", "TotalDiscount", "-147.27", "DocTotal", "4147.27", "DocumentLines.0.LineTotal", "4000")
	s.order(orderWith(`"DocTotal":4000`, taxed("4000", "Exempt"))).wantProps(t, "DiscountPercent", "0", "DocTotal", "4000")
	s.order(orderWith(`"DocTotal":97.43`, taxed("100", "CA825"))).wantProps(t,
		"DiscountPercent", "9.995381", "TotalDiscount", "10", "VatSum", "7.43", "DocTotal", "97.43")
	s.call("POST", "/b1s/v2/Orders", orderWith(`"DocTotal":0`, taxed("4000", "Exempt"))).
		wantError(t, http.StatusBadRequest, "-5002", "10001058")
}

func TestForeignCurrency(t *testing.T) {
	s := newSim(t, b1sim.Config{TaxCodes: testTax, Rates: map[string]decimal.Decimal{"EUR": num("1.1"), "BHD": num("2.65"), "JPY": num("0.0067")}})
	for _, tc := range []struct {
		name, body string
		want       []string
	}{
		{"EUR", orderWith(`"DocCurrency":"EUR","DiscountPercent":10,"DocumentAdditionalExpenses":[{"ExpenseCode":1,"LineTotal":5}]`,
			`{"ItemCode":"A1","Quantity":3,"UnitPrice":10.01,"Currency":"EUR","VatGroup":"A1"}`),
			[]string{"DocRate", "1.1", "DocTotalFc", "37.17", "DocTotal", "40.89", "VatSumFc", "5.14", "VatSum", "5.65",
				"TotalDiscountFC", "3", "DocumentLines.0.RowTotalFC", "30.03", "DocumentLines.0.LineTotal", "33.03",
				"DocumentAdditionalExpenses.0.LineTotalFC", "5", "DocumentAdditionalExpenses.0.LineTotal", "5.5"}},
		{"ThreeDecimals", orderWith(`"DocCurrency":"BHD"`, `{"ItemCode":"A1","Quantity":1,"UnitPrice":93.2005}`),
			[]string{"DocTotalFc", "93.201", "DocTotal", "246.98"}},
		{"NoDecimals", orderWith(`"DocCurrency":"JPY"`, `{"ItemCode":"A1","Quantity":1,"UnitPrice":1500.5}`),
			[]string{"DocTotalFc", "1501", "DocTotal", "10.06"}},
		{"OwnRate", orderWith(`"DocCurrency":"EUR","DocRate":2`, `{"ItemCode":"A1","UnitPrice":10}`),
			[]string{"DocTotalFc", "10", "DocTotal", "20"}},
		{"LineInLocalCurrency", orderWith(`"DocCurrency":"EUR"`, `{"ItemCode":"A1","UnitPrice":11,"Currency":"USD"}`),
			[]string{"DocTotalFc", "10", "DocTotal", "11", "DocumentLines.0.UnitPrice", "11"}},
		{"LineTotalIsLocal", orderWith(`"DocCurrency":"EUR"`, `{"ItemCode":"A1","LineTotal":11}`, `{"ItemCode":"A1","RowTotalFC":5}`),
			[]string{"DocTotalFc", "15", "DocumentLines.0.RowTotalFC", "10", "DocumentLines.1.UnitPrice", "5"}},
		{"ListPrice", orderWith(`"DocCurrency":"EUR"`, `{"ItemCode":"A2"}`), []string{"DocTotalFc", "11.36"}},
		{"DocTotalFcMakesADiscount", orderWith(`"DocCurrency":"EUR","DocTotalFc":8`, `{"ItemCode":"A1","UnitPrice":10}`),
			[]string{"DiscountPercent", "20", "DocTotalFc", "8", "DocTotal", "8.8"}},
	} {
		t.Run(tc.name, func(t *testing.T) { s.t = t; s.order(tc.body).wantProps(t, tc.want...) })
	}
	last := s.company.Orders()[0]
	if last.Total.String() != "37.17" || last.TotalLocal.String() != "40.89" || last.Currency != "EUR" {
		t.Errorf("summary %+v", last)
	}
}

func TestPartnerCurrencyIsTheDefault(t *testing.T) {
	s := newSim(t, b1sim.Config{Partners: []b1sim.Partner{{Code: "C-WEB", Currency: "EUR"}}})
	s.order(simpleOrder("1")).wantProps(t, "DocCurrency", "EUR", "DocTotalFc", "20")
}

func TestRateEnteredLaterHeals(t *testing.T) {
	s := newSim(t, b1sim.Config{})
	s.company.SetRate("EUR", decimal.Zero)
	body := strings.Replace(simpleOrder("1"), `"CardCode"`, `"DocCurrency":"EUR","CardCode"`, 1)
	s.call("POST", "/b1s/v2/Orders", body).wantError(t, 400, "-4006", "Update the exchange rate   EUR")
	s.company.SetRate("EUR", num("1.2"))
	s.order(body).wantProps(t, "DocTotal", "24")
}
