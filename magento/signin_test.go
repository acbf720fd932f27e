package magento_test

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"datawald/magento"
	"datawald/order"
	"datawald/sandbox/magentosim"
)

const (
	adminUser     = "connector"
	adminPassword = "s3cret-pass"
)

// clock is a time that a test moves, of the shop and the client alike.
type clock struct{ ns atomic.Int64 }

func newClock() *clock {
	c := &clock{}
	c.ns.Store(second(0).UnixNano())
	return c
}

func (c *clock) now() time.Time      { return time.Unix(0, c.ns.Load()).UTC() }
func (c *clock) add(d time.Duration) { c.ns.Add(int64(d)) }

// adminShop is a shop with an admin user and one order, which counts its calls.
type adminShop struct {
	*magentosim.Shop
	clock  *clock
	url    string
	logins atomic.Int32
	others atomic.Int32
}

func newAdminShop(t *testing.T, cfg magentosim.Config) *adminShop {
	t.Helper()
	s := &adminShop{clock: newClock()}
	cfg.Orders, cfg.Now, cfg.AdminUsername, cfg.AdminPassword = 1, s.clock.now, adminUser, adminPassword
	s.Shop = newShop(t, cfg)
	s.url = serve(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.HasSuffix(r.URL.Path, "/integration/admin/token") {
			s.logins.Add(1)
		} else {
			s.others.Add(1)
		}
		s.ServeHTTP(w, r)
	}))
	return s
}

func (s *adminShop) client(t *testing.T, password string) *magento.Client {
	t.Helper()
	c, err := magento.New(magento.Settings{URL: s.url, AdminUser: adminUser, AdminPassword: password, Now: s.clock.now})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// wantCalls checks how often the shop was asked since the last look.
func (s *adminShop) wantCalls(t *testing.T, when string, logins, others int32) {
	t.Helper()
	if l, o := s.logins.Swap(0), s.others.Swap(0); l != logins || o != others {
		t.Errorf("%s: %d logins and %d other calls, want %d and %d", when, l, o, logins, others)
	}
}

// faults switches faults of the shop.
func (s *adminShop) faults(t *testing.T, change func(*magentosim.Faults)) {
	t.Helper()
	if err := s.SetFaults(change); err != nil {
		t.Fatal(err)
	}
}

func get(t *testing.T, c *magento.Client) error {
	t.Helper()
	_, err := c.Get(t.Context(), 1)
	return err
}

func TestAdmin_LogsInOnceForAllCalls(t *testing.T) {
	shop := newAdminShop(t, magentosim.Config{Latency: 20 * time.Millisecond})
	client := shop.client(t, adminPassword)
	var wg sync.WaitGroup
	for range 50 {
		wg.Go(func() {
			if err := get(t, client); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	shop.wantCalls(t, "50 at once", 1, 50)
}

func TestAdmin_RenewsTheTokenShortlyBeforeItsEnd(t *testing.T) {
	for _, c := range []struct {
		name         string
		config       magentosim.Config
		still, again time.Duration // the token is used until still, and renewed before again
	}{
		{"a JWT of 60 minutes", magentosim.Config{}, 58 * time.Minute, 59*time.Minute + 30*time.Second},
		{"a JWT of 10 hours", magentosim.Config{AdminTokenLifetime: 10 * time.Hour}, 9*time.Hour + 58*time.Minute, 9*time.Hour + 59*time.Minute + 30*time.Second},
		{"a JWT of 20 seconds", magentosim.Config{AdminTokenLifetime: 20 * time.Second}, 14 * time.Second, 16 * time.Second},
		{"a JWT by a clock that is slow", magentosim.Config{ClockSkew: -5 * time.Hour}, 58 * time.Minute, 59*time.Minute + 30*time.Second},
		{"a JWT by a clock that is fast", magentosim.Config{ClockSkew: 5 * time.Hour}, 58 * time.Minute, 59*time.Minute + 30*time.Second},
		{"an opaque token of 4 hours", magentosim.Config{Version: "2.4.3"}, 59 * time.Minute, 61 * time.Minute},
		{"an opaque token of a newer release", magentosim.Config{OpaqueAdminTokens: true}, 59 * time.Minute, 61 * time.Minute},
	} {
		t.Run(c.name, func(t *testing.T) {
			shop := newAdminShop(t, c.config)
			client := shop.client(t, adminPassword)
			for _, step := range []struct {
				at     time.Duration
				logins int32
			}{{0, 1}, {c.still, 0}, {c.again, 1}} {
				shop.clock.ns.Store(second(0).Add(step.at).UnixNano())
				if err := get(t, client); err != nil {
					t.Fatal(err)
				}
				shop.wantCalls(t, fmt.Sprintf("after %s", step.at), step.logins, 1)
			}
		})
	}
}

func TestAdmin_ATokenThatWasRevokedIsReplacedOnceAndTheCallsRepeated(t *testing.T) {
	shop := newAdminShop(t, magentosim.Config{Latency: 5 * time.Millisecond})
	client := shop.client(t, adminPassword)
	if err := get(t, client); err != nil {
		t.Fatal(err)
	}
	shop.wantCalls(t, "before", 1, 1)
	shop.RevokeAdminTokens()
	var wg sync.WaitGroup
	for range 30 {
		wg.Go(func() {
			if err := get(t, client); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if n := shop.others.Load(); n < 31 || n > 60 {
		t.Errorf("%d calls were sent for 30, want each at most twice", n)
	}
	if n := shop.logins.Load(); n != 1 {
		t.Errorf("%d logins, want 1", n)
	}
}

func TestAdmin_AnOpaqueTokenThatEndsEarlyIsReplaced(t *testing.T) {
	shop := newAdminShop(t, magentosim.Config{OpaqueAdminTokens: true, AdminTokenLifetime: 10 * time.Minute})
	client := shop.client(t, adminPassword)
	for range 3 {
		if err := get(t, client); err != nil {
			t.Fatal(err)
		}
		shop.clock.add(11 * time.Minute)
	}
	shop.wantCalls(t, "three calls", 3, 5)
}

func TestAdmin_ARightThatIsMissingIsNoReasonToLogInAgain(t *testing.T) {
	shop := newAdminShop(t, magentosim.Config{})
	shop.faults(t, func(f *magentosim.Faults) { f.Deny = []string{"Magento_Sales::actions_view"} })
	client := shop.client(t, adminPassword)
	for range 5 {
		f := failureOf(t, get(t, client))
		if f.Kind != order.Config || f.Code != "401" || !strings.Contains(f.Hint, "User Roles") || !strings.Contains(f.Hint, "actions_view") {
			t.Errorf("failure is %+v, want config that names the right", f)
		}
	}
	shop.wantCalls(t, "five calls", 1, 5)
	shop.clock.add(2 * time.Minute)
	_ = get(t, client)
	shop.wantCalls(t, "two minutes later", 1, 2)
	shop.faults(t, func(f *magentosim.Faults) { f.Deny = nil })
	if err := get(t, client); err != nil {
		t.Errorf("with the right: %v", err)
	}
}

func TestAdmin_IsAskedAgainAtOnceAfterAnOutage(t *testing.T) {
	shop := newAdminShop(t, magentosim.Config{})
	shop.faults(t, func(f *magentosim.Faults) { f.Unavailable, f.ForRequests = true, 1 })
	client := shop.client(t, adminPassword)
	if f := failureOf(t, get(t, client)); f.Kind != order.Transient || f.Code != "503" {
		t.Errorf("during the outage: %+v, want transient", f)
	}
	if err := get(t, client); err != nil {
		t.Errorf("after it: %v", err)
	}
}

func TestAdmin_WaitsForAnothersLoginNoLongerThanItsContext(t *testing.T) {
	release := make(chan struct{})
	begun := make(chan struct{})
	address := serve(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		close(begun)
		<-release
	}))
	t.Cleanup(func() { close(release) })
	client, err := magento.New(magento.Settings{URL: address, AdminUser: adminUser, AdminPassword: adminPassword})
	if err != nil {
		t.Fatal(err)
	}
	first, stop := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { _, err := client.Get(first, 1); done <- err }()
	<-begun
	second, cancel := context.WithCancel(t.Context())
	cancel()
	_, err = client.Get(second, 1)
	if f := failureOf(t, err); f.Kind != order.Transient {
		t.Errorf("%+v, want transient: nothing was sent", f)
	}
	stop()
	if f := failureOf(t, <-done); f.Kind != order.Transient {
		t.Errorf("the login that was broken off: %+v, want transient", f)
	}
}

func TestWay_WhichSignInWins(t *testing.T) {
	whole, half := fourCredentials, fourCredentials
	half.AccessTokenSecret = ""
	for _, c := range []struct {
		name     string
		settings magento.Settings
		want     magento.Way
		problems []string
	}{
		{"all", magento.Settings{OAuth: whole, Token: "t", AdminUser: "u", AdminPassword: "p"}, magento.WayOAuth, nil},
		{"token and admin", magento.Settings{Token: "t", AdminUser: "u", AdminPassword: "p"}, magento.WayToken, nil},
		{"admin", magento.Settings{AdminUser: "u", AdminPassword: "p"}, magento.WayAdmin, nil},
		{"three of four and the token", magento.Settings{OAuth: half, Token: "t"}, "", []string{"the access token secret is missing"}},
		{"three of four and the admin", magento.Settings{OAuth: half, AdminUser: "u", AdminPassword: "p"}, "", []string{"the access token secret is missing"}},
		{"nothing", magento.Settings{}, "", []string{"give consumer key"}},
		{"three of four", magento.Settings{OAuth: half}, "", []string{"the access token secret is missing"}},
		{"one of four", magento.Settings{OAuth: magento.OAuth{AccessToken: "x"}}, "", []string{"the consumer key, the consumer secret, the access token secret are missing"}},
		{"no password", magento.Settings{AdminUser: "u"}, "", []string{"password of the admin user is missing"}},
		{"no user", magento.Settings{AdminPassword: "p"}, "", []string{"the admin user is missing"}},
		{"no password beside OAuth", magento.Settings{OAuth: whole, AdminUser: "u"}, "", []string{"password of the admin user is missing"}},
		{"both half", magento.Settings{OAuth: half, AdminUser: "u"}, "", []string{"the access token secret is missing", "password of the admin user is missing"}},
	} {
		c.settings.URL = "https://shop.example.com"
		way, err := c.settings.Way()
		if _, newErr := magento.New(c.settings); (newErr == nil) != (err == nil) {
			t.Errorf("%s: New gives %v, Way %v", c.name, newErr, err)
		}
		if len(c.problems) == 0 {
			if err != nil || way != c.want {
				t.Errorf("%s: %q, %v; want %q", c.name, way, err, c.want)
			}
			continue
		}
		if err == nil || strings.Count(err.Error(), "\n") != len(c.problems)-1 {
			t.Errorf("%s: %v; want %d problems, each on a line", c.name, err, len(c.problems))
			continue
		}
		for _, p := range c.problems {
			if !strings.Contains(err.Error(), p) {
				t.Errorf("%s: %v; want %q", c.name, err, p)
			}
		}
	}
}

// TestAdmin_ALateRefusalOfTheOldTokenKeepsTheNewOne: a call that was under way with the old token is refused after another
// call has replaced it.
func TestAdmin_ALateRefusalOfTheOldTokenKeepsTheNewOne(t *testing.T) {
	var logins, old atomic.Int32
	bothAsked, renewed := make(chan struct{}), make(chan struct{})
	address := serve(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch {
		case r.Method == http.MethodPost:
			_, _ = fmt.Fprintf(w, `"token-%d"`, logins.Add(1))
			return
		case r.Header.Get("Authorization") != "Bearer token-1" || r.URL.Path == "/rest/V1/orders/1":
			_, _ = w.Write([]byte(`{"entity_id":1}`))
			return
		case old.Add(1) == 1: // is refused at once, when the other is under way
			<-bothAsked
		default:
			close(bothAsked)
			<-renewed
		}
		w.WriteHeader(http.StatusUnauthorized)
		_, _ = w.Write([]byte(`{"message":"The consumer isn't authorized to access %resources.","parameters":{"resources":"x"}}`))
	}))
	client, err := magento.New(magento.Settings{URL: address, AdminUser: adminUser, AdminPassword: adminPassword})
	if err != nil {
		t.Fatal(err)
	}
	if err := get(t, client); err != nil {
		t.Fatal(err)
	}
	done := make(chan error, 2)
	for range 2 {
		go func() { _, err := client.Get(t.Context(), 2); done <- err }()
	}
	if err := <-done; err != nil {
		t.Error(err)
	}
	close(renewed)
	if err := <-done; err != nil {
		t.Error(err)
	}
	if n := logins.Load(); n != 2 {
		t.Errorf("%d logins, want one and one more", n)
	}
}
