package chaos

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"reflect"
	"testing"
	"time"

	"datawald/sandbox/b1sim"
	"datawald/sandbox/magentosim"
)

// quiet is a world without processes: a shop with some orders, and a company that has none of them.
func quiet(t *testing.T, orders int) *world {
	t.Helper()
	shop, err := magentosim.New(magentosim.Config{Orders: orders})
	if err != nil {
		t.Fatal(err)
	}
	company, err := b1sim.New(b1sim.Config{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = company.Close() })
	return &world{options: Options{Orders: 300, Workers: 2}.withDefaults(), say: func(string, ...any) {}, shop: shop, company: company,
		recovery: &recovery{company: company}, keeper: &keeper{parts: map[string]*part{"a": {}, "b": {}}}}
}

// Nothing is killed while B1 has nothing to get; a kill that waits has customers place orders. Fails without: loaded in whenLoaded;
// wanted in underLoad.
func TestUnderLoad_WaitsForOrders(t *testing.T) {
	w := quiet(t, 0)
	loaded := make(chan bool, 1)
	go func() { loaded <- w.underLoad(t.Context()) }()
	for limit := time.Now().Add(time.Minute); !w.load.wanted.Load(); time.Sleep(time.Millisecond) {
		if time.Now().After(limit) || len(loaded) > 0 {
			t.Fatal("B1 has nothing to get, and no orders are wanted")
		}
	}
	if _, err := w.shop.Place(magentosim.Placement{Kind: "simple", StoreID: 1}); err != nil {
		t.Fatal(err)
	}
	if !<-loaded || w.load.wanted.Load() {
		t.Error("there is an order, and it is waited for another")
	}
	gone, cancel := context.WithCancel(t.Context())
	cancel()
	if idle := quiet(t, 0); idle.underLoad(gone) {
		t.Error("B1 had nothing to get until the end, and something would be killed")
	}
}

// Customers keep orders back until each process was killed. Fails without: either return of reserve.
func TestReserve_IsKeptForTheKills(t *testing.T) {
	w := quiet(t, 0)
	for _, c := range []struct {
		killed string
		want   int
	}{{"", 100}, {"a", 100}, {"a", 100}, {"b", 0}} {
		if c.killed != "" {
			w.load.killed(c.killed)
		}
		if got := w.reserve(); got != c.want {
			t.Errorf("after the kill of %q: %d, want %d", c.killed, got, c.want)
		}
	}
	w = quiet(t, 0)
	if w.options.Orders = 60; w.reserve() != 20 {
		t.Errorf("of 60 orders %d are kept back, want a third", w.reserve())
	}
}

// What the end of the run cuts short does not count. Fails without: asking how the sleep ended, in each of the three.
func TestWeather_DoesNotCountWhatIsCutShort(t *testing.T) {
	for _, gap := range []*span{&outageGap, &troubleGap, &shopGap} {
		was := *gap
		*gap = span{time.Millisecond, 2 * time.Millisecond}
		defer func() { *gap = was }()
	}
	for _, lasts := range []*span{&outageTime, &troubleTime, &shopTime} {
		was := *lasts
		*lasts = span{time.Minute, 2 * time.Minute}
		defer func() { *lasts = was }()
	}
	w := quiet(t, 20)
	fine := w.shop.Faults()
	server := httptest.NewServer(w.company)
	defer server.Close()
	away := func() bool {
		res, err := http.Get(server.URL + "/b1s/v2/Orders")
		if err != nil {
			return true
		}
		_ = res.Body.Close()
		return false
	}
	for _, c := range []struct {
		name  string
		run   func(context.Context) error
		began func() bool
		count *tally
	}{
		{"B1 away", w.outages, away, &w.away},
		{"books not ready", w.bookkeeping, w.unready.Load, &w.wrong},
		{"shop in trouble", w.shopTrouble, func() bool { return !reflect.DeepEqual(w.shop.Faults(), fine) }, &w.trouble},
	} {
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan error, 1)
		go func() { done <- c.run(ctx) }()
		for limit := time.Now().Add(time.Minute); !c.began(); time.Sleep(time.Millisecond) {
			if time.Now().After(limit) {
				t.Fatalf("%s: it never began", c.name)
			}
		}
		cancel()
		if err := <-done; err != nil && !errors.Is(err, context.Canceled) {
			t.Error(c.name, err)
		}
		if n := total(c.count.all()); n != 0 {
			t.Errorf("%s: counted %d times, want none: it was cut short", c.name, n)
		}
	}
}
