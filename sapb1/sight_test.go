package sapb1_test

import (
	"errors"
	"net/http"
	"testing"

	"datawald/order"
	"datawald/sandbox/b1sim"
	"datawald/sapb1"
)

const gone = `{"error":{"code":"-1002","message":"Service Not Found"}}`

// answers answers calls of one method to a path.
func answers(method, end string, status int, body string) func(http.ResponseWriter, *http.Request) bool {
	say := says(end, status, "", body)
	return func(w http.ResponseWriter, r *http.Request) bool { return r.Method == method && say(w, r) }
}

// B1 says in one of three ways what the user is. What it does not say is not known, and what may pass is an error. Fails without: each of the ways in SightOf;
// the conditions on the user's code, on the kind of the failure, and on there being one row.
func TestSightOf_GoesByWhateverB1Answers(t *testing.T) {
	const current, users = "/UsersService_GetCurrentUser", "/Users"
	no := func(method string) func(http.ResponseWriter, *http.Request) bool {
		return answers(method, current, 400, gone)
	}
	for name, tc := range map[string]struct {
		regular bool
		front   []func(http.ResponseWriter, *http.Request) bool
		want    sapb1.Sight
		kind    order.Kind
	}{
		"a superuser":               {want: sapb1.SightWhole},
		"a regular user":            {regular: true, want: sapb1.SightLimited},
		"by GET":                    {front: []func(http.ResponseWriter, *http.Request) bool{no("POST"), answers("GET", current, 200, `{"UserCode":"Manager","Superuser":"tNO"}`)}, want: sapb1.SightLimited},
		"by the list":               {front: []func(http.ResponseWriter, *http.Request) bool{no("POST"), no("GET"), answers("GET", users, 200, `{"value":[{"UserCode":"manager","Superuser":"tYES"}]}`)}, want: sapb1.SightWhole},
		"not in the list":           {front: []func(http.ResponseWriter, *http.Request) bool{no("POST"), no("GET"), answers("GET", users, 200, `{"value":[]}`)}, want: sapb1.SightUnknown},
		"the list may not be read":  {front: []func(http.ResponseWriter, *http.Request) bool{no("POST"), no("GET"), answers("GET", users, 403, forbidden)}, want: sapb1.SightUnknown},
		"somebody else":             {front: []func(http.ResponseWriter, *http.Request) bool{answers("POST", current, 200, `{"UserCode":"other","Superuser":"tYES"}`), no("GET")}, want: sapb1.SightUnknown},
		"another word":              {front: []func(http.ResponseWriter, *http.Request) bool{answers("POST", current, 200, `{"UserCode":"manager"}`), no("GET")}, want: sapb1.SightUnknown},
		"a method that is not let":  {front: []func(http.ResponseWriter, *http.Request) bool{answers("POST", current, 405, "no"), answers("GET", current, 200, `{"UserCode":"manager","Superuser":"tYES"}`)}, want: sapb1.SightWhole},
		"B1 is restarting, say 503": {front: []func(http.ResponseWriter, *http.Request) bool{answers("POST", current, 503, "away")}, want: sapb1.SightUnknown, kind: order.Transient},
	} {
		t.Run(name, func(t *testing.T) {
			b := start(t, b1sim.Config{Password: password})
			b.company.SetRights(b1sim.Rights{Regular: tc.regular})
			b.front(func(w http.ResponseWriter, r *http.Request) bool {
				for _, answer := range tc.front {
					if answer(w, r) {
						return true
					}
				}
				return false
			})
			c := b.client("v2", func(s *sapb1.Settings) { s.Password = password })
			sight, err := c.SightOf(t.Context())
			var kind order.Kind
			if f, is := errors.AsType[*order.Failure](err); is {
				kind = f.Kind
			}
			if sight != tc.want || kind != tc.kind {
				t.Errorf("%s, %v; want %s, %q", sight, err, tc.want, tc.kind)
			}
			if _, err := c.FindOrders(t.Context(), sapb1.Reference{NumAtCard: "1"}); err != nil {
				t.Errorf("an answer to the question shuts the way to B1: %v", err)
			}
		})
	}
}
