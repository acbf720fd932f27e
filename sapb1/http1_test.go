package sapb1_test

import (
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"

	"datawald/sandbox/b1sim"
	"datawald/sapb1"
)

// The Apache in front of B1 speaks HTTP/1.1. A proxy that offers HTTP/2 is not taken at its word: there net/http repeats requests
// by itself, as it does with those that call themselves idempotent.
func TestCalls_SpeakHTTP1AndSayNothingThatWouldLetAWriteBeRepeated(t *testing.T) {
	b := start(t, b1sim.Config{UserTables: []b1sim.UserTable{{Name: "LEDGER"}}})
	var mu sync.Mutex
	protocols := map[string]int{}
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		mu.Lock()
		protocols[r.Proto]++
		mu.Unlock()
		b.ServeHTTP(w, r)
	}))
	server.EnableHTTP2 = true
	server.Config.ErrorLog = silent
	server.StartTLS()
	defer server.Close()
	client := newClient(t, sapb1.Settings{URL: server.URL + "/b1s/v2", CompanyDB: "SBODEMOUS", User: "manager", Password: "sandbox", Insecure: true})
	if _, err := client.CreateOrder(t.Context(), anOrder("1")); err != nil {
		t.Fatal(err)
	}
	if _, err := client.CreateOrderOnce(t.Context(), anOrder("2"), ledgerRow); err != nil {
		t.Fatal(err)
	}
	if len(protocols) != 1 || protocols["HTTP/1.1"] == 0 {
		t.Errorf("it speaks %v, want HTTP/1.1 alone", protocols)
	}
	for _, r := range b.received() {
		for _, name := range []string{"Idempotency-Key", "X-Idempotency-Key", "Expect"} {
			if r.header.Get(name) != "" {
				t.Errorf("%s %s has the header %s", r.method, r.path, name)
			}
		}
	}
}
