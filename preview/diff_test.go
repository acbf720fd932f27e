package preview_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"datawald/mapping"
	"datawald/order"
	"datawald/preview"
	"datawald/sapb1"
)

// tried compares two rules on one order.
func tried(t *testing.T, s preview.Subject, replace ...string) preview.Change {
	t.Helper()
	return preview.Compare(preview.Try(rules(t), s, preview.At(now)), preview.Try(rules(t, replace...), s, preview.At(now)))
}

func inLines(c preview.Change) string {
	var lines []string
	for _, d := range c.Differences {
		lines = append(lines, d.String())
	}
	return strings.Join(lines, "; ")
}

func TestCompareOfOutcomes(t *testing.T) {
	for name, tc := range map[string]struct {
		change  func(*preview.Subject)
		replace []string
		want    string
	}{
		"nothing": {replace: []string{"statuses:", "statuses: # as before"}, want: ""},
		"a property": {replace: []string{`warehouse: "01"`, `warehouse: "02"`},
			want: "DocumentLines[0].WarehouseCode 01 -> 02"},
		"another card code": {replace: []string{"card_code: C-WEB\n", "card_code: C-NEW\n"}, want: "CardCode C-WEB -> C-NEW"},
		"newly left out": {replace: []string{"new: post", "new: exclude"}, change: func(s *preview.Subject) { s.Order.State = "new" },
			want: "left_out none -> state:new"},
		"no longer left out": {replace: []string{"holded: exclude", "holded: post"}, change: func(s *preview.Subject) { s.Order.State = "holded" },
			want: "left_out state:holded -> none"},
		"newly let in and held": {replace: []string{"holded: exclude", "holded: post"}, change: func(s *preview.Subject) {
			s.Order.State, s.Order.Payment.Method = "holded", "barter"
		}, want: "left_out state:holded -> none; hold none -> payment_method_unmapped"},
		"left out by both": {replace: []string{`warehouse: "01"`, `warehouse: "02"`}, change: func(s *preview.Subject) { s.Order.State = "holded" }},
		"left out by both, but B1 has it": {replace: []string{`warehouse: "01"`, `warehouse: "02"`}, change: func(s *preview.Subject) {
			s.Order.State, s.InB1 = "closed", true
		}, want: "DocumentLines[0].WarehouseCode 01 -> 02"},
		"would be left out, but B1 has it": {replace: []string{"complete: post", "complete: exclude"}, change: func(s *preview.Subject) {
			s.Order.State, s.InB1 = "complete", true
		}, want: "left_out none -> state:complete"},
		"newly held": {replace: []string{"checkmo:", "cash:", "banktransfer:", "cash2:", "purchaseorder:", "cash3:", `"paypal*":`, "cash4:"},
			want: "hold none -> payment_method_unmapped"},
		"unreadable": {change: func(s *preview.Subject) {
			*s = preview.FromDocument("main", []byte(`{}`))
		}, replace: []string{`warehouse: "01"`, `warehouse: "02"`}},
	} {
		t.Run(name, func(t *testing.T) {
			s := subjectOf(t, "simple")
			s.Order.Lines = s.Order.Lines[:1]
			s.Order.Totals = totalsOf(s.Order)
			if tc.change != nil {
				tc.change(&s)
			}
			if got := inLines(tried(t, s, tc.replace...)); got != tc.want {
				t.Errorf("got  %q\nwant %q", got, tc.want)
			}
		})
	}
}

// totalsOf adds the rows of an order up, without anything else.
func totalsOf(o *order.Order) (t order.Totals) {
	for i := range o.Lines {
		o.Lines[i].Discount, o.Lines[i].Tax, o.Lines[i].TaxPercent, o.Lines[i].TaxCompensation = t.Tax, t.Tax, t.Tax, t.Tax
		t.Subtotal = t.Subtotal.Add(o.Lines[i].Price.Mul(o.Lines[i].QtyOrdered))
	}
	t.Grand = t.Subtotal
	return t
}

func changeOf(n int, differences ...mapping.Difference) preview.Change {
	return preview.Change{Key: order.Key(fmt.Sprintf("main:1:%d", n)), State: order.Posted, Old: preview.Post, New: preview.Post, Differences: differences}
}

func TestDiffCountsOrdersByKind(t *testing.T) {
	d := preview.NewDiff()
	for n := range 41 {
		tax := mapping.Difference{Path: fmt.Sprintf("DocumentLines[%d].TaxCode", n%3), Old: "CA825", New: "CA9"}
		again := tax
		again.Path = "DocumentLines[7].TaxCode" // the second line of one order is no second order
		d.Add(changeOf(n, tax, again, mapping.Difference{Path: "DocumentLines[0].UnitPrice", Old: fmt.Sprint(n), New: fmt.Sprint(n + 1)}))
	}
	d.Add(changeOf(50, mapping.Difference{Path: "AddressExtension.ShipToStreet", Old: "1 Engine Way", New: "2 Engine Way"}))
	d.Add(changeOf(51))
	d.Add(preview.Change{State: order.Pending, Old: preview.Post, New: preview.Held, Differences: []mapping.Difference{{Path: "hold", New: "x"}}})
	d.Add(preview.Change{State: order.Pending, Old: preview.LeftOut, New: preview.Post, Differences: []mapping.Difference{{Path: "left_out", Old: "x"}}})
	var got []string
	for _, k := range d.Kinds() {
		got = append(got, fmt.Sprintf("%d %s", k.Orders, k))
	}
	want := []string{"41 DocumentLines[].TaxCode CA825 -> CA9", "41 DocumentLines[].UnitPrice, various values",
		"1 AddressExtension.ShipToStreet, various values", "1 hold none -> x", "1 left_out x -> none"}
	if !slices.Equal(got, want) {
		t.Errorf("kinds %q", got)
	}
	s := d.Summary()
	if s.Orders != 45 || s.Changed != 44 || s.Unchanged != 1 || s.NewlyHeld != 1 || s.NoLongerHeld != 0 || s.NewlyLeftOut != 0 || s.NoLongerLeft != 1 ||
		s.States[order.Posted] != 43 || s.States[order.Pending] != 2 {
		t.Errorf("summary %+v", s)
	}
}

// The table of differences names nobody: what an expression takes out of an order is counted, and told only where it is a
// number, a date or a flag.
func TestKindsTellNoTextsOfOrders(t *testing.T) {
	old := []string{"  card_code: C-WEB\n", "  card_code: C-WEB\n"}
	proposed := []string{"  card_code: C-WEB\n", `  card_code: C-WEB
  fields: { U_Phone: billing.telephone, U_Digits: '"5550100"', JournalMemo: billing.lastname, U_Gift: 'true', U_Count: '3', U_Day: 'date("2026-11-28")', Confirmed: 'true' }
  line_fields: { U_Who: billing.firstname, FreeText: billing.lastname, WarehouseCode: '"W-" + billing.lastname' }
`}
	s := subjectOf(t, "simple")
	lines := len(s.Order.Lines)
	d := preview.NewDiff()
	d.Add(preview.Compare(preview.Try(rules(t, old...), s, preview.At(now)), preview.Try(rules(t, proposed...), s, preview.At(now))))
	got := map[string]string{}
	for _, k := range d.Kinds() {
		got[k.Path] = k.String()
	}
	for path, want := range map[string]string{"U_Phone": "U_Phone, various values", "U_Digits": "U_Digits, various values",
		"JournalMemo": "JournalMemo, various values", "DocumentLines[].U_Who": "DocumentLines[].U_Who, various values",
		"DocumentLines[].FreeText": "DocumentLines[].FreeText, various values", "DocumentLines[].WarehouseCode": "DocumentLines[].WarehouseCode, various values",
		"U_Gift": "U_Gift none -> Y", "U_Count": "U_Count none -> 3", "U_Day": "U_Day none -> 2026-11-28", "Confirmed": "Confirmed none -> tYES"} {
		if got[path] != want {
			t.Errorf("%d lines: %s is told as %q, want %q", lines, path, got[path], want)
		}
	}
}

// writer is a hook that writes into a property which the rules leave alone.
type writer struct{ text string }

func (writer) Name() string { return "writer" }

func (writer) Before(*order.Order, *mapping.Source) *order.Reason { return nil }

func (w writer) After(_ *order.Order, _ *mapping.Source, d *sapb1.SalesOrder) *order.Reason {
	d.Comments = w.text
	return nil
}

func TestKindsTellNoTextsOfHooks(t *testing.T) {
	hooked := rules(t)
	hooked.Use(writer{"for Ada"})
	s := subjectOf(t, "simple")
	d := preview.NewDiff()
	d.Add(preview.Compare(preview.Try(rules(t), s, preview.At(now)), preview.Try(hooked, s, preview.At(now))))
	if kinds := d.Kinds(); len(kinds) != 1 || kinds[0].String() != "Comments, various values" {
		t.Errorf("kinds %v", kinds)
	}
}

// What is asked about a buyer is told without the buyer.
func TestPartnerDifferencesNameNobody(t *testing.T) {
	ask := func(value string) preview.Outcome {
		return preview.Outcome{Verdict: preview.Post, Partner: &mapping.PartnerPlan{Find: []mapping.PartnerQuery{{Property: "EmailAddress", Value: value}}, Hold: true}}
	}
	got := inLines(preview.Compare(preview.Outcome{Verdict: preview.Post}, ask("ada@example.com")))
	if got != "partner none -> find by EmailAddress, hold" {
		t.Errorf("got %q", got)
	}
	got = inLines(preview.Compare(ask("grace@example.com"), ask("ada@example.com")))
	if got != "partner find by EmailAddress, hold -> find by EmailAddress, hold, with other values" {
		t.Errorf("got %q", got)
	}
}
