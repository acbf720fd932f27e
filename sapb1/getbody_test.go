package sapb1_test

import (
	"net/http"
	"testing"

	"datawald/sandbox/b1sim"
	"datawald/sapb1"
)

// No write can be sent again by net/http: it does that, without a word, with a request whose body it can get once more, when the
// connection that it took had just been closed. Fails without: GetBody = nil in build.
func TestCalls_NoWriteCanBeSentAgainByTheTransport(t *testing.T) {
	b := start(t, b1sim.Config{UserTables: []b1sim.UserTable{{Name: "LEDGER"}}, Partners: []b1sim.Partner{{Code: "C1"}, {Code: "C-WEB"}}})
	client := b.client("v2")
	var seen []string
	client.Through(func(next http.RoundTripper) http.RoundTripper {
		return wayTo(func(r *http.Request) (*http.Response, error) {
			if r.Method != http.MethodGet && r.URL.Path != "/b1s/v2/Login" {
				seen = append(seen, r.Method)
				if r.GetBody != nil || r.Body == nil {
					t.Errorf("%s %s: the body can be got again", r.Method, r.URL.Path)
				}
			}
			return next.RoundTrip(r)
		})
	})
	ctx := t.Context()
	if _, err := client.CreateOrder(ctx, anOrder("1")); err != nil {
		t.Error(err)
	}
	if _, err := client.CreateOrderOnce(ctx, anOrder("2"), ledgerRow); err != nil {
		t.Error(err)
	}
	if _, err := client.CreatePartner(ctx, &sapb1.BusinessPartner{CardCode: "C2", CardName: "Jane", CardType: "cCustomer"}); err != nil {
		t.Error(err)
	}
	if err := client.AddContact(ctx, "C1", sapb1.ContactEmployee{Name: "Jane"}); err != nil {
		t.Error(err)
	}
	if len(seen) != 4 {
		t.Errorf("the writes are %v, want four", seen)
	}
}
