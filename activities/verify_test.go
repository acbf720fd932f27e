package activities

import (
	"testing"

	"github.com/shopspring/decimal"

	"datawald/mapping"
	"datawald/order"
	"datawald/sapb1"
	"datawald/store"
)

func TestVerify_ComparesWithWhatTheMappingExpects(t *testing.T) {
	line := func(item, tree string) sapb1.LineReadBack { return sapb1.LineReadBack{ItemCode: item, TreeType: tree} }
	parent, part, plain := line("KIT", "iSalesTree"), line("A", "iIngredient"), line("MUG", "iNotATree")
	tests := map[string]struct {
		total string
		lines []sapb1.LineReadBack
		trees []string
		hold  bool
		want  string
	}{
		"as expected":                {"24", []sapb1.LineReadBack{parent, part, part, plain}, []string{"kit"}, false, ""},
		"without bundles":            {"24", []sapb1.LineReadBack{plain, plain}, nil, false, ""},
		"Magento's total":            {"30", []sapb1.LineReadBack{plain, plain}, nil, false, "b1_total_differs"},
		"a line less":                {"24", []sapb1.LineReadBack{parent, part}, []string{"KIT"}, false, "b1_lines_differ"},
		"not broken up":              {"24", []sapb1.LineReadBack{line("KIT", "iNotATree"), plain}, []string{"KIT"}, false, "b1_bom_missing"},
		"a tree without components":  {"24", []sapb1.LineReadBack{plain, parent}, []string{"KIT"}, false, "b1_bom_missing"},
		"components of another":      {"24", []sapb1.LineReadBack{parent, plain, part}, []string{"KIT"}, false, "b1_bom_missing"},
		"nothing at all":             {"24", nil, []string{"KIT"}, false, "b1_lines_differ"},
		"rules that map it no more":  {"30", []sapb1.LineReadBack{plain}, []string{"KIT"}, true, ""},
		"and the total they reckon":  {"24", []sapb1.LineReadBack{plain}, nil, true, ""},
		"and a total that is no one": {"25", []sapb1.LineReadBack{plain}, nil, true, "b1_total_differs"},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			o := &order.Order{Currency: "USD"}
			o.Totals.Grand = decimal.NewFromInt(30) // Magento's: 24 of it are left
			p := &posting{doc: &store.Staged{Order: o}, mapped: mapping.Result{Document: &sapb1.SalesOrder{Lines: make([]sapb1.DocumentLine, 2)}, Trees: tc.trees}}
			p.instance.Rules = &mapping.Rules{Company: mapping.Company{LocalCurrency: "USD"}}
			p.mapped.Expect = order.Money{Amount: decimal.NewFromInt(24), Currency: "USD"}
			if tc.hold {
				p.mapped.Hold = &order.Reason{Code: "x"}
			}
			got := ""
			d := &sapb1.Document{DocCurrency: "USD", DocTotal: sapb1.NewAmount(decimal.RequireFromString(tc.total)), Lines: tc.lines}
			if r := p.verify(d); r != nil {
				got = r.Code
			}
			if got != tc.want {
				t.Errorf("got %q, want %q", got, tc.want)
			}
		})
	}
}

func TestVerify_WhatWasSentCounts(t *testing.T) {
	line := func(item, tree string) sapb1.LineReadBack { return sapb1.LineReadBack{ItemCode: item, TreeType: tree} }
	parent, part, plain := line("KIT", "iSalesTree"), line("A", "iIngredient"), line("MUG", "iNotATree")
	usd := func(n int64) order.Money { return order.Money{Amount: decimal.NewFromInt(n), Currency: "USD"} }
	sent := &store.Sent{Total: usd(24), Lines: 2, Trees: []string{"KIT"}}
	tests := map[string]struct {
		total int64
		lines []sapb1.LineReadBack
		// today is the total of one line to which the order comes by now; 0 where it is held.
		today int64
		want  string
	}{
		"as it was sent":                  {24, []sapb1.LineReadBack{parent, part, plain}, 12, ""},
		"as it was sent, held today":      {24, []sapb1.LineReadBack{parent, part, plain}, 0, ""},
		"as Magento has it by now":        {12, []sapb1.LineReadBack{plain}, 12, ""},
		"another total":                   {23, []sapb1.LineReadBack{parent, part, plain}, 12, "b1_total_differs"},
		"another total, held today":       {30, []sapb1.LineReadBack{parent, part, plain}, 0, "b1_total_differs"},
		"a line less":                     {24, []sapb1.LineReadBack{parent, part}, 12, "b1_lines_differ"},
		"not broken up":                   {24, []sapb1.LineReadBack{plain, plain}, 12, "b1_bom_missing"},
		"the total of today on two lines": {12, []sapb1.LineReadBack{parent, part, plain}, 12, "b1_total_differs"},
	}
	for name, tc := range tests {
		for place, doc := range map[string]store.Staged{"intent": {Intent: &store.Intent{Sent: sent}},
			"document": {BO: &store.BackOffice{Sent: sent}, Intent: &store.Intent{Sent: &store.Sent{Total: usd(1)}}}} {
			t.Run(name+" by the "+place, func(t *testing.T) {
				doc.Order = &order.Order{Currency: "USD"}
				doc.Order.Totals.Grand = decimal.NewFromInt(30)
				p := &posting{doc: &doc, mapped: mapping.Result{Document: &sapb1.SalesOrder{Lines: make([]sapb1.DocumentLine, 1)}, Expect: usd(tc.today)}}
				p.instance.Rules = &mapping.Rules{Company: mapping.Company{LocalCurrency: "USD"}}
				if tc.today == 0 {
					p.mapped = mapping.Result{Hold: &order.Reason{Code: "x"}}
				}
				got := ""
				if r := p.verify(&sapb1.Document{DocCurrency: "USD", DocTotal: sapb1.NewAmount(decimal.NewFromInt(tc.total)), Lines: tc.lines}); r != nil {
					got = r.Code
				}
				if got != tc.want {
					t.Errorf("got %q, want %q", got, tc.want)
				}
			})
		}
	}
}
