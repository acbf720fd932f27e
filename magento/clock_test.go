package magento_test

import (
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"datawald/magento"
	"datawald/order"
	"datawald/sandbox/magentosim"
)

// counting counts the requests, and keeps the Date from the answers when told to.
type counting struct {
	http.Handler
	calls  atomic.Int64
	noDate bool
}

// dateless forgets the Date that the handler sets.
type dateless struct{ http.ResponseWriter }

func (d dateless) WriteHeader(status int) {
	d.Header()["Date"] = nil
	d.ResponseWriter.WriteHeader(status)
}

func (c *counting) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	c.calls.Add(1)
	if c.noDate {
		w = dateless{w}
	}
	c.Handler.ServeHTTP(w, r)
}

func TestOAuth_SignsWithTheShopsTimeWhereTheClocksDiffer(t *testing.T) {
	for _, c := range []struct {
		ahead time.Duration
		// calls is how many requests the first of three reads takes.
		calls int64
	}{
		{0, 1}, {3 * time.Hour, 1}, {-5 * time.Minute, 1}, {-2 * time.Hour, 2}, {-400 * 24 * time.Hour, 2},
	} {
		shop := &counting{Handler: newShop(t, magentosim.Config{Orders: 1, ClockSkew: c.ahead})}
		client := newClient(t, magento.Settings{URL: serve(t, shop), OAuth: fourCredentials})
		for n := range int64(3) {
			if _, err := client.Get(t.Context(), 1); err != nil {
				t.Fatalf("shop's clock ahead by %s: %v", c.ahead, err)
			}
			if got := shop.calls.Load(); got != c.calls+n {
				t.Errorf("shop's clock ahead by %s: %d requests for %d reads, want %d", c.ahead, got, n+1, c.calls+n)
			}
		}
	}
}

func TestOAuth_FollowsAClockThatIsSet(t *testing.T) {
	shop := newShop(t, magentosim.Config{Orders: 1})
	client := newClient(t, magento.Settings{URL: serve(t, shop), OAuth: fourCredentials})
	for _, ahead := range []int{0, -7200, 0, 86400, -7200} {
		if err := shop.SetFaults(func(f *magentosim.Faults) { f.ClockSkewSeconds = ahead }); err != nil {
			t.Fatal(err)
		}
		if _, err := client.Get(t.Context(), 1); err != nil {
			t.Errorf("shop's clock ahead by %d s: %v", ahead, err)
		}
	}
}

func TestOAuth_RepeatsNothingThatTheShopsTimeDoesNotMend(t *testing.T) {
	silent := &counting{noDate: true, Handler: newShop(t, magentosim.Config{Orders: 1, ClockSkew: -2 * time.Hour})}
	wrong := fourCredentials
	wrong.AccessTokenSecret = "other"
	spoilt := &counting{Handler: newShop(t, magentosim.Config{Orders: 1, ClockSkew: -5 * time.Minute})}
	for name, c := range map[string]struct {
		shop *counting
		auth magento.OAuth
		hint string
	}{
		"a shop that sends no Date":            {silent, fourCredentials, "NTP"},
		"a wrong secret, the clocks differing": {spoilt, wrong, "secrets"},
	} {
		_, err := newClient(t, magento.Settings{URL: serve(t, c.shop), OAuth: c.auth}).Get(t.Context(), 1)
		if f := failureOf(t, err); f.Kind != order.Config || !strings.Contains(f.Hint, c.hint) || c.shop.calls.Load() != 1 {
			t.Errorf("%s: %+v after %d requests", name, f, c.shop.calls.Load())
		}
	}
}

// TestOAuth_ANonceThatTheShopCouldNotStoreIsNoMatterOfTheClock: Magento says the same of a time that it does not take and
// of a database that failed.
func TestOAuth_ANonceThatTheShopCouldNotStoreIsNoMatterOfTheClock(t *testing.T) {
	for name, c := range map[string]struct {
		ahead  time.Duration // of the shop's clock
		noDate bool
		kind   order.Kind
		hint   string
		calls  int64
	}{
		"the clocks agree":                    {0, false, order.Transient, "could not store the nonce", 1},
		"they differ little":                  {-3 * time.Minute, false, order.Transient, "could not store the nonce", 2},
		"they differ, signed by the shop's":   {-2 * time.Hour, false, order.Transient, "could not store the nonce", 2},
		"nobody knows the time of the shop's": {0, true, order.Config, "10 minutes ahead", 1},
	} {
		sim := newShop(t, magentosim.Config{Orders: 1, ClockSkew: c.ahead})
		shop := &counting{Handler: sim, noDate: c.noDate}
		if err := sim.SetFaults(func(f *magentosim.Faults) { f.OAuthRefusal = "timestamp" }); err != nil {
			t.Fatal(err)
		}
		client := newClient(t, magento.Settings{URL: serve(t, shop), OAuth: fourCredentials})
		f := failureOf(t, get(t, client))
		if f.Kind != c.kind || f.Code != "401" || !strings.Contains(f.Hint, c.hint) || shop.calls.Load() != c.calls {
			t.Errorf("%s: %+v after %d requests, want %v after %d", name, f, shop.calls.Load(), c.kind, c.calls)
		}
		sim.ClearFaults()
		if err := get(t, client); err != nil {
			t.Errorf("%s, when it is over: %v", name, err)
		}
	}
}
