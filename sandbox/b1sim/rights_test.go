package b1sim_test

import (
	"net/http"
	"testing"

	"datawald/sandbox/b1sim"
)

// A regular user does not see what another employee owns where the company has data ownership; a superuser, or one of a company without, does. Fails without: each
// of the conditions in hides; hides in readOne and in matching; own in Tamper; rights in applySettings.
func TestRights_OwnershipHidesDocuments(t *testing.T) {
	s := newSim(t, b1sim.Config{})
	for _, key := range []string{"nobody's", "mine", "another's"} {
		s.order(simpleOrder(key))
	}
	s.control("/control/tamper", `{"key":"mine","do":"own","owner":4}`)
	s.control("/control/tamper", `{"key":"another's","do":"own","owner":5}`)
	for _, tc := range []struct {
		rights, super string
		status        int
		count         string
	}{
		{`{}`, "tYES", http.StatusOK, "3"},
		{`{"regular":true,"employee":4}`, "tNO", http.StatusOK, "3"},
		{`{"ownership":true,"employee":4}`, "tYES", http.StatusOK, "3"},
		{`{"regular":true,"ownership":true,"employee":4}`, "tNO", http.StatusNotFound, "2"},
		{`{"regular":true,"ownership":true}`, "tNO", http.StatusNotFound, "1"},
	} {
		s.control("/control", `{"rights":`+tc.rights+`}`)
		s.call("POST", "/b1s/v2/UsersService_GetCurrentUser", "").wantProps(t, "UserCode", "manager", "Superuser", tc.super)
		s.call("GET", "/b1s/v2/Orders(3)", "").want(t, tc.status)
		if a := s.call("GET", "/b1s/v2/Orders/$count", ""); string(a.body) != tc.count {
			t.Errorf("with %s it counts %s, want %s", tc.rights, a.body, tc.count)
		}
	}
}

// A password that is changed ends the sessions, and the old one signs in no more. Fails without: ExpireSessions in SetPassword; settings.password in signsIn.
func TestRights_APasswordIsChanged(t *testing.T) {
	s := newSim(t, b1sim.Config{})
	s.control("/control", `{"password":"another"}`)
	s.call("GET", "/b1s/v2/Orders", "").wantError(t, 401, "301", "")
	const sign = `{"CompanyDB":"SBODEMOUS","UserName":"manager","Password":"`
	s.call("POST", "/b1s/v2/Login", sign+`sandbox"}`).want(t, http.StatusUnauthorized)
	s.call("POST", "/b1s/v2/Login", sign+`another"}`).want(t, http.StatusOK)
}
