package b1sim_test

import (
	"net/http"
	"testing"

	"datawald/sandbox/b1sim"
)

// The books can be changed as no caller of the Service Layer may. Fails without: each of the acts in Tamper.
func TestTamper_ChangesTheBooksBehindEverybodysBack(t *testing.T) {
	s := newSim(t, b1sim.Config{})
	for _, key := range []string{"a", "b", "c", "d"} {
		s.order(simpleOrder(key))
	}
	before := s.company.Orders()
	s.control("/control/tamper", `{"key":"a","do":"remove"}`)
	s.control("/control/tamper", `{"key":"b","do":"duplicate"}`)
	s.control("/control/tamper", `{"key":"c","do":"add","amount":"0.01"}`)
	s.control("/control/tamper", `{"key":"d","do":"rename","to":"e"}`)
	s.call("POST", "/control/tamper", `{"key":"a","do":"remove"}`).want(t, http.StatusBadRequest)
	s.call("POST", "/control/tamper", `{"key":"b","do":"burn"}`).want(t, http.StatusBadRequest)
	count, total := map[string]int{}, map[string]b1sim.Order{}
	for _, o := range s.company.Orders() {
		count[o.Key]++
		total[o.Key] = o
	}
	if len(count) != 3 || count["b"] != 2 || count["c"] != 1 || count["e"] != 1 {
		t.Errorf("B1 has %v", count)
	}
	if !total["c"].Total.Equal(before[2].Total.Add(num("0.01"))) || total["e"].DocEntry != before[3].DocEntry || total["b"].DocEntry <= before[3].DocEntry {
		t.Errorf("the documents are %+v", total)
	}
	s.call("GET", "/b1s/v2/Orders(1)", "").want(t, http.StatusNotFound)
}
