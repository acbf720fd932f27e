package chaos

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"datawald/order"
	"datawald/sandbox/b1sim"
	"datawald/store"
)

// The books are compared when B1 has nothing in hand: a call that nobody waits for any more may still make an order. Fails without:
// the waiting in idle.
func TestIdle_WaitsForWhatB1HasInHand(t *testing.T) {
	company, err := b1sim.New(b1sim.Config{Latency: b1sim.Latency{Write: 400 * time.Millisecond}})
	if err != nil {
		t.Fatal(err)
	}
	defer company.Close()
	server := httptest.NewServer(company)
	defer server.Close()
	go func() {
		res, err := http.Post(server.URL+"/b1s/v2/Login", "application/json", strings.NewReader(`{"CompanyDB":"SBODEMOUS","UserName":"manager","Password":"sandbox"}`))
		if err == nil {
			res.Body.Close()
		}
	}()
	for limit := time.Now().Add(20 * time.Second); company.Traffic().Active == 0; time.Sleep(time.Millisecond) {
		if time.Now().After(limit) {
			t.Fatal("the call never came")
		}
	}
	w := &world{company: company}
	if busy := w.idle(t.Context()); busy != 0 || company.Traffic().Logins != 1 {
		t.Errorf("%d calls in hand, %d logins; want the login to be over", busy, company.Traffic().Logins)
	}
}

// A hold is counted once, however often the clerk finds it, and the next one of the order again. Fails without: the comparison in knows.
func TestClerk_CountsEachHoldOnce(t *testing.T) {
	c := &clerk{noted: map[order.Key]int{}}
	for n, want := range []struct {
		attempts int
		known    bool
	}{{1, false}, {1, true}, {2, false}, {2, true}} {
		if got := c.knows(store.Staged{Key: "main:1:1", Attempts: want.attempts}); got != want.known {
			t.Errorf("look %d: known %t, want %t", n+1, got, want.known)
		}
	}
}
