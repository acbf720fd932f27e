package chaos

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"datawald/order"
	"datawald/sandbox/b1sim"
	"datawald/sandbox/checker"
	"datawald/sandbox/magentosim"
	"datawald/store"
)

// The books are compared when B1 has nothing in hand: a call that nobody waits for any more may still make an order. Fails without:
// the waiting in idle.
func TestIdle_WaitsForWhatB1HasInHand(t *testing.T) {
	company, err := b1sim.New(b1sim.Config{})
	if err != nil {
		t.Fatal(err)
	}
	defer company.Close()
	if err := company.Inject(b1sim.Rule{Fault: b1sim.Slow, Times: 1, Match: "*", Delay: b1sim.Duration(3 * time.Second)}); err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(company)
	defer server.Close()
	answered := make(chan struct{})
	go func() {
		defer close(answered)
		res, err := http.Post(server.URL+"/b1s/v2/Login", "application/json", strings.NewReader(`{"CompanyDB":"SBODEMOUS","UserName":"manager","Password":"sandbox"}`))
		if err == nil {
			res.Body.Close()
		}
	}()
	for company.Traffic().Active == 0 {
		select {
		case <-answered:
			t.Fatal("the call was over before it was looked for")
		case <-time.After(time.Millisecond):
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

// An order in euro counts once as waiting for its rate, another one as something that no fault explains. Fails without: reason.
func TestClerk_CountsWhoWaitsForARate(t *testing.T) {
	c := &clerk{waited: map[order.Key]bool{}}
	for n, want := range []struct {
		key            order.Key
		code, currency string
		counts         string
	}{
		{"main:2:1", rateMissing, "EUR", rateMissing}, {"main:2:1", rateMissing, "EUR", ""}, {"main:2:2", rateMissing, "EUR", rateMissing},
		{"main:1:3", rateMissing, "USD", "b1_rate_missing in USD"}, {"main:1:3", "b1_refused", "USD", "b1_refused"},
	} {
		got := c.reason(store.Staged{Key: want.key, Reason: &order.Reason{Code: want.code}}, magentosim.Placed{OrderCurrency: want.currency})
		if got != want.counts {
			t.Errorf("%d: counts under %q, want %q", n, got, want.counts)
		}
	}
	if explained["b1_rate_missing in USD"] != nil || explained[partnerNoClearAnswer] == nil {
		t.Error("what no fault explains is explained, or the contrary")
	}
}

// A business partner whom nobody needed is found, as is one too many. Fails without: either condition of twicePartners.
func TestTwicePartners_FindsWhoWasMadeTwice(t *testing.T) {
	placed := func(id int64, state string) magentosim.Placed {
		return magentosim.Placed{EntityID: id, StoreID: germanStore, State: state, OrderCurrency: "EUR"}
	}
	held := placed(3, "new")
	held.Kind = magentosim.KindForgotten
	books := func(partners ...string) checker.Books {
		return checker.Books{Placed: []magentosim.Placed{placed(1, "new"), placed(2, "new"), held, placed(4, "canceled")},
			Sold:   map[int64]magentosim.Sold{1: {CustomerID: 7}, 2: {CustomerID: 7}, 3: {CustomerID: 8}, 4: {CustomerID: 9}},
			Orders: []b1sim.Order{{Partner: "M-1"}, {Partner: "M-1"}}, Partners: append([]string{"C-WEB"}, partners...)}
	}
	for _, c := range []struct {
		partners []string
		found    bool
	}{
		{[]string{"M-1"}, false},
		{[]string{"M-1", "M-2"}, false}, // the account whose only order is to be held
		{[]string{"M-1", "M-2", "M-3"}, true},
	} {
		if got := twicePartners(books(c.partners...)); (len(got) > 0) != c.found {
			t.Errorf("%v: %v", c.partners, got)
		}
	}
	used := books("M-1", "M-2", "M-3")
	if used.Orders[1].Partner = "M-3"; len(twicePartners(used)) != 1 { // both of one account
		t.Error("three business partners for two accounts are not found")
	}
	b := books("M-1", "M-2") // two accounts stand under one, and nobody needed the other
	b.Placed = append(b.Placed[:2:2], b.Placed[3])
	b.Sold[2] = magentosim.Sold{CustomerID: 10}
	if got := twicePartners(b); len(got) != 1 || got[0].Kind != checker.Duplicated || got[0].Key != "M-2" {
		t.Errorf("M-2 has no document: %v", got)
	}
}
