package b1sim_test

import (
	"encoding/json"
	"slices"
	"testing"

	"datawald/sandbox/b1sim"
)

// What the company holds is told in full, the rows of user tables too.
func TestStateTellsAllThatWasWritten(t *testing.T) {
	s := newSim(t, b1sim.Config{UserTables: []b1sim.UserTable{{Name: "LEDGER"}}})
	s.order(simpleOrder("k"))
	for _, code := range []string{"b", "a"} {
		s.call("POST", "/b1s/v2/U_LEDGER", `{"Code":"`+code+`"}`).want(t, 201)
	}
	var state b1sim.State
	if err := json.Unmarshal(s.call("GET", "/state", "").body, &state); err != nil {
		t.Fatal(err)
	}
	want := []string{"b", "a"}
	if state.Count != 1 || s.company.Count() != 1 || len(state.Orders) != 1 || !slices.Equal(state.UserTables["LEDGER"], want) {
		t.Errorf("the state is %+v", state)
	}
	if got := s.company.Codes("LEDGER"); !slices.Equal(got, want) || len(s.company.Codes("OTHER")) != 0 {
		t.Errorf("the codes are %q", got)
	}
	var summary b1sim.State
	if err := json.Unmarshal(s.call("GET", "/state?summary=1", "").body, &summary); err != nil || summary.Orders != nil || summary.UserTables != nil || summary.Count != 1 {
		t.Errorf("the summary is %+v, %v", summary, err)
	}
}

// A document is summed up by item, in its own currency, and its business partner is among those of the state. Fails without: the sums in
// summary, the choice of the currency, the partners of the state.
func TestOrders_SumUpTheirItems(t *testing.T) {
	s := newSim(t, b1sim.Config{})
	s.call("POST", "/b1s/v2/Orders", orderWith(`"DocCurrency":"EUR","NumAtCard":"k"`, `{"ItemCode":"A1","Quantity":2,"UnitPrice":10}`,
		`{"ItemCode":"A2","Quantity":0.5,"UnitPrice":3}`, `{"ItemCode":"A1","Quantity":1,"UnitPrice":7}`)).want(t, 201)
	o := s.company.Orders()[0]
	if a, b := o.Items["A1"], o.Items["A2"]; len(o.Items) != 2 || !a.Quantity.Equal(num("3")) || !a.Net.Equal(num("27")) || !b.Quantity.Equal(num("0.5")) || !b.Net.Equal(num("1.5")) {
		t.Errorf("items %+v, want 3 of A1 for 27 and half of A2 for 1.50", o.Items)
	}
	if !slices.Contains(s.company.Partners(), o.Partner) {
		t.Errorf("%s is not among %v", o.Partner, s.company.Partners())
	}
}
