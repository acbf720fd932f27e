package mapping_test

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"github.com/shopspring/decimal"

	"datawald/mapping"
	"datawald/order"
	"datawald/sapb1"
)

func comparedAmount(s string) sapb1.Amount { return sapb1.NewAmount(decimal.RequireFromString(s)) }

// compared is a result of two lines that came to its end.
func compared(change func(*mapping.Result)) mapping.Result {
	total := decimal.RequireFromString("91.60")
	r := mapping.Result{
		Document: &sapb1.SalesOrder{CardCode: "C-WEB", NumAtCard: "12", DocCurrency: "USD",
			Lines: []sapb1.DocumentLine{
				{ItemCode: "CUP", Quantity: comparedAmount("2"), UnitPrice: comparedAmount("15"), TaxCode: "CA825"},
				{ItemCode: "SAUCER", Quantity: comparedAmount("2"), UnitPrice: comparedAmount("5.00"), TaxCode: "CA825"}},
			Expenses: []sapb1.AdditionalExpense{{ExpenseCode: 1, LineTotal: comparedAmount("5"), TaxCode: "Exempt"}}},
		Proof:  &mapping.Proof{Currency: "USD", Equal: true, Components: []mapping.Component{{Name: "total", Magento: total, B1: total}}},
		Expect: order.Money{Amount: total, Currency: "USD"},
	}
	if change != nil {
		change(&r)
	}
	return r
}

func comparedHold(code, message string) mapping.Result {
	return mapping.Result{Hold: &order.Reason{Code: code, Message: message}}
}

func TestCompare(t *testing.T) {
	cup, saucer := compared(nil).Document.Lines[0], compared(nil).Document.Lines[1]
	for name, tc := range map[string]struct {
		a, b mapping.Result
		want []string
	}{
		"the same": {a: compared(nil), b: compared(nil)},
		"the same amount written otherwise": {a: compared(nil), b: compared(func(r *mapping.Result) {
			r.Document.Lines[1].UnitPrice = comparedAmount("5")
		})},
		"the same number in a field": {
			a: compared(func(r *mapping.Result) { r.Document.UserFields = map[string]any{"U_N": json.Number("5.00")} }),
			b: compared(func(r *mapping.Result) { r.Document.UserFields = map[string]any{"U_N": 5} })},
		"a tax code": {a: compared(nil), b: compared(func(r *mapping.Result) { r.Document.Lines[1].TaxCode = "CA9" }),
			want: []string{"DocumentLines[1].TaxCode CA825 -> CA9"}},
		"a property more, one less": {a: compared(func(r *mapping.Result) { r.Document.Comments = "by web" }),
			b:    compared(func(r *mapping.Result) { r.Document.CardName = "Ada" }),
			want: []string{"CardName none -> Ada", "Comments by web -> none"}},
		"a user-defined field": {a: compared(nil), b: compared(func(r *mapping.Result) {
			r.Document.UserFields = map[string]any{"U_Gift": true, "U_Empty": ""}
		}), want: []string{`U_Empty none -> ""`, "U_Gift none -> true"}},
		"a line more in front": {a: compared(nil), b: compared(func(r *mapping.Result) {
			r.Document.Lines = []sapb1.DocumentLine{{ItemCode: "FEE", Quantity: comparedAmount("1"), UnitPrice: comparedAmount("3")}, cup, saucer}
		}), want: []string{"DocumentLines[0] none -> FEE, 1 x 3"}},
		"a line less": {a: compared(nil), b: compared(func(r *mapping.Result) { r.Document.Lines = []sapb1.DocumentLine{saucer} }),
			want: []string{"DocumentLines[0] CUP, 2 x 15 -> none"}},
		"one line in place of two": {a: compared(nil), b: compared(func(r *mapping.Result) {
			r.Document.Lines = []sapb1.DocumentLine{{ItemCode: "SET", Quantity: comparedAmount("1"), UnitPrice: comparedAmount("40")}}
		}), want: []string{"DocumentLines[0] CUP, 2 x 15 -> none", "DocumentLines[1] SAUCER, 2 x 5 -> none", "DocumentLines[0] none -> SET, 1 x 40"}},
		"another item": {a: compared(nil), b: compared(func(r *mapping.Result) { r.Document.Lines[0].ItemCode = "MUG" }),
			want: []string{"DocumentLines[0].ItemCode CUP -> MUG"}},
		"lines in another order": {a: compared(nil), b: compared(func(r *mapping.Result) {
			r.Document.Lines = []sapb1.DocumentLine{saucer, cup}
		}), want: []string{"DocumentLines CUP, SAUCER -> SAUCER, CUP"}},
		"one item in two lines": {
			a:    compared(func(r *mapping.Result) { r.Document.Lines = []sapb1.DocumentLine{cup, cup} }),
			b:    compared(func(r *mapping.Result) { c := cup; c.TaxCode = "CA9"; r.Document.Lines = []sapb1.DocumentLine{cup, c} }),
			want: []string{"DocumentLines[1].TaxCode CA825 -> CA9"}},
		"an expense more": {a: compared(nil), b: compared(func(r *mapping.Result) {
			r.Document.Expenses = append(r.Document.Expenses, sapb1.AdditionalExpense{ExpenseCode: 3, LineTotal: comparedAmount("0.01")})
		}), want: []string{"DocumentAdditionalExpenses[1] none -> expense 3, 0.01"}},
		"no expenses any more": {a: compared(nil), b: compared(func(r *mapping.Result) { r.Document.Expenses = nil }),
			want: []string{"DocumentAdditionalExpenses[0] expense 1, 5 -> none"}},
		"totals": {a: compared(nil), b: compared(func(r *mapping.Result) {
			r.Proof.Components[0].B1, r.Expect.Amount = decimal.RequireFromString("90"), decimal.RequireFromString("90.5")
		}), want: []string{"total 91.60 USD -> 90.00 USD", "expect 91.60 USD -> 90.50 USD"}},
		"items to be broken up": {a: compared(nil), b: compared(func(r *mapping.Result) { r.Trees = []string{"SET"} }),
			want: []string{"trees none -> SET"}},
		"held on the way": {a: compared(nil), b: comparedHold("tax_code_missing", "none for 9 %"), want: []string{"hold none -> tax_code_missing"}},
		"held on the way, with half a document": {a: compared(nil), b: compared(func(r *mapping.Result) {
			r.Hold, r.Document.Lines, r.Proof.Components = &order.Reason{Code: "tax_code_missing"}, nil, nil
		}), want: []string{"hold none -> tax_code_missing"}},
		"held at the end": {a: compared(nil), b: compared(func(r *mapping.Result) {
			r.Hold, r.Document.Lines[0].TaxCode = &order.Reason{Code: "total_differs", Message: "0.10"}, "CA9"
		}), want: []string{"hold none -> total_differs", "DocumentLines[0].TaxCode CA825 -> CA9"}},
		"held no longer":         {a: comparedHold("tax_code_missing", "x"), b: compared(nil), want: []string{"hold tax_code_missing -> none"}},
		"held for another place": {a: comparedHold("tax_code_missing", "x"), b: comparedHold("tax_code_missing", "y"), want: []string{"hold.message x -> y"}},
		"held as before":         {a: comparedHold("tax_code_missing", "x"), b: comparedHold("tax_code_missing", "x")},
	} {
		t.Run(name, func(t *testing.T) {
			var got []string
			for _, d := range mapping.Compare(tc.a, tc.b) {
				got = append(got, d.String())
			}
			if !slices.Equal(got, tc.want) {
				t.Errorf("got\n    %s\nwant\n    %s", strings.Join(got, "\n    "), strings.Join(tc.want, "\n    "))
			}
		})
	}
}

func TestCompareGivesTheSameSequenceEachTime(t *testing.T) {
	a, b := compared(nil), compared(func(r *mapping.Result) {
		r.Document.UserFields = map[string]any{"U_A": 1, "U_B": 2, "U_C": 3, "CardName": "x"}
		r.Document.Lines[0].TaxCode, r.Document.Lines[1].TaxCode, r.Document.Lines[1].WarehouseCode = "A", "B", "02"
		r.Document.Expenses = nil
	})
	first := mapping.Compare(a, b)
	for range 50 {
		if next := mapping.Compare(a, b); !slices.Equal(first, next) {
			t.Fatalf("once %v, then %v", first, next)
		}
	}
	if len(first) != 8 {
		t.Errorf("%d differences, want 8: %v", len(first), first)
	}
}

func TestKindLeavesPositionsOut(t *testing.T) {
	if got := (mapping.Difference{Path: "DocumentLines[12].TaxCode"}).Kind(); got != "DocumentLines[].TaxCode" {
		t.Errorf("kind %q", got)
	}
}
