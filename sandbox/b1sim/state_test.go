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
