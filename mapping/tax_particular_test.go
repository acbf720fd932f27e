package mapping_test

import (
	"strings"
	"testing"

	"datawald/order"
)

// conditions are those of a tax code, from the most particular to the least, as docs/mapping.md orders them. All of them hold for
// the order of particularOrder.
var conditions = []struct{ name, text string }{
	{"rate", `rate: "US-CA-*"`}, {"postcode", "postcodes: 90000-94999"}, {"region", "region: CA"},
	{"customers", "customer_groups: [2]"}, {"goods", "for: goods"}, {"country", "country: US"},
}

func particularOrder(o *order.Order) {
	o.Customer.GroupID, o.Customer.TaxVAT = 2, "DE1"
	o.Lines[0].Taxes = []order.AppliedTax{{Code: "US-CA-Rate 1", Percent: d("19")}}
}

// wins wants one code to win over another, whichever stands first in the rules.
func wins(t *testing.T, winner, loser string, change func(*order.Order)) {
	t.Helper()
	codes := []string{"      - {code: WINNER, percent: 19, " + winner + "}\n", "      - {code: LOSER, percent: 19, " + loser + "}\n"}
	for _, text := range []string{codes[0] + codes[1], codes[1] + codes[0]} {
		if got := codeFor(t, text, change); got != "WINNER" {
			t.Errorf("got %s under\n%s", got, text)
		}
	}
}

func TestMap_EachConditionOfATaxCodeWinsOverAllThatAreLessParticular(t *testing.T) {
	for i, c := range conditions[:len(conditions)-1] {
		var less []string
		for _, other := range conditions[i+1:] {
			less = append(less, other.text)
			t.Run(c.name+" against "+other.name, func(t *testing.T) { wins(t, c.text, other.text, particularOrder) })
		}
		t.Run(c.name+" against all below it", func(t *testing.T) { wins(t, c.text, strings.Join(less, ", "), particularOrder) })
	}
}

func TestMap_TheMoreParticularOfTwoTaxCodesWins(t *testing.T) {
	virtual := func(o *order.Order) {
		particularOrder(o)
		o.Lines[0].Virtual = true
	}
	tests := map[string]struct {
		winner, loser string
		change        func(*order.Order)
	}{
		"a tax number counts as customers do":        {"tax_number: true", "for: goods, country: US", particularOrder},
		"a region against both kinds of customers":   {"region: CA", "tax_number: true, customer_groups: [2]", particularOrder},
		"virtual goods against goods":                {"for: virtual", "for: goods", virtual},
		"virtual goods against goods of a country":   {"for: virtual", "for: goods, country: US", virtual},
		"customers against virtual goods":            {"customer_groups: [2]", "for: virtual, country: US", virtual},
		"goods against a country for virtual goods":  {"for: goods", "country: US", virtual},
		"a country against no condition at all":      {"country: US", "for: []", particularOrder},
		"two conditions against one of them":         {"region: CA, country: US", "region: CA", particularOrder},
		"a rate's name against all of a postcode's":  {`rate: "US-CA-Rate 1"`, "postcodes: 94601, region: CA, country: US", particularOrder},
		"a postcode against a region and a customer": {"postcodes: 94601", "region: CA, customer_groups: [2]", particularOrder},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) { wins(t, tc.winner, tc.loser, tc.change) })
	}
}
