package b1sim_test

import (
	"net/http"
	"testing"

	"github.com/shopspring/decimal"

	"datawald/sandbox/b1sim"
)

func TestRateIsToldInBothForms(t *testing.T) {
	s := newSim(t, b1sim.Config{})
	const question = `{"Currency":"EUR","Date":"20300131"}`
	s.call("POST", "/b1s/v2/SBOBobService_GetCurrencyRate", question).wantProps(t, "value", "1.08")
	const get = "/b1s/v2/SBOBobService_GetCurrencyRate(Currency='EUR',Date='20300131')"
	s.call("GET", get, "").wantProps(t, "value", "1.08")
	s.login("v1")
	if answer := s.call("POST", "/b1s/v1/SBOBobService_GetCurrencyRate", question); string(answer.body) != "1.08" {
		t.Errorf("version 3 answers %s, want the bare number", answer.body)
	}
	s.call("POST", "/b1s/v1/SBOBobService_GetCurrencyRate", `{"Currency":"EUR","Date":"soon"}`).wantError(t, 400, "-1004", "")
	s.call("POST", "/b1s/v1/SBOBobService_GetCurrencyRate", `{"Currency":"XXX","Date":"20300131"}`).wantError(t, 400, "-5002", "")

	s.company.SetRate("EUR", decimal.Zero)
	s.login("v2")
	s.call("POST", "/b1s/v2/SBOBobService_GetCurrencyRate", question).wantError(t, http.StatusBadRequest, "-4006", "Update the exchange rate   EUR")
	s.call("GET", get, "").wantError(t, http.StatusBadRequest, "-4006", "")
}
