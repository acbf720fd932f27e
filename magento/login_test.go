package magento_test

import (
	"encoding/base64"
	"fmt"
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

func TestAdmin_ARefusedLoginIsNotRepeatedForAWhile(t *testing.T) {
	for _, c := range []struct {
		name     string
		password string
		fault    func(*magentosim.Faults)
		code     string
		message  string
		hint     string
	}{
		{"wrong password", "wr0ng-pass", nil, "login_refused", "sign-in was incorrect", "Locked Users"},
		{"locked", adminPassword, func(f *magentosim.Faults) { f.AdminLocked = true }, "login_refused", "disabled temporarily", "Locked Users"},
		{"second factor", adminPassword, func(f *magentosim.Faults) { f.TwoFactor = true }, "two_factor", "2fa", "a second factor (google) that only a person can give"},
	} {
		t.Run(c.name, func(t *testing.T) {
			shop := newAdminShop(t, magentosim.Config{Latency: 5 * time.Millisecond})
			if c.fault != nil {
				shop.faults(t, c.fault)
			}
			client := shop.client(t, c.password)
			var wg sync.WaitGroup
			for range 20 {
				wg.Go(func() {
					f, ok := get(t, client).(*order.Failure)
					if !ok || f.Kind != order.Config || f.Op != "POST integration/admin/token" || f.Code != c.code || !strings.Contains(f.Message, c.message) || !strings.Contains(f.Hint, c.hint) {
						t.Errorf("failure is %+v, want config about the login", f)
						return
					}
					if text := f.Error() + f.Hint; strings.Contains(text, c.password) || strings.Contains(text, adminUser) {
						t.Errorf("%q tells the credentials", text)
					}
				})
			}
			wg.Wait()
			shop.wantCalls(t, "20 calls", 1, 0)
			shop.clock.add(30 * time.Minute)
			_ = get(t, client)
			shop.wantCalls(t, "30 minutes later", 0, 0)
			shop.clock.add(2 * time.Minute)
			_ = get(t, client)
			shop.wantCalls(t, "32 minutes later", 1, 0)
		})
	}
}

func TestAdmin_AnAnswerThatIsNoToken(t *testing.T) {
	for _, body := range []string{`{}`, `""`, `"two\nlines"`, `"with space"`, `null`, `<html>`, ``, `[1]`} {
		logins := 0
		address := serve(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			logins++
			_, _ = w.Write([]byte(body))
		}))
		client, err := magento.New(magento.Settings{URL: address, AdminUser: adminUser, AdminPassword: adminPassword})
		if err != nil {
			t.Fatal(err)
		}
		if f := failureOf(t, get(t, client)); f.Kind != order.Transient || f.Code != "unreadable" || logins != 1 {
			t.Errorf("%q: %+v after %d calls, want transient after one", body, f, logins)
		}
	}
}

// TestAdmin_TakesTokensThatOnlyLookLikeJWTs: whatever the claims, calls go on and the login is not repeated for each.
func TestAdmin_TakesTokensThatOnlyLookLikeJWTs(t *testing.T) {
	claims := func(text string) string { return "e30." + base64.RawURLEncoding.EncodeToString([]byte(text)) + ".c2ln" }
	for _, token := range []string{"a.b.c", "..", "e30.e30.", claims(`{"exp":"soon"}`), claims(`{"exp":-5}`), claims(`{"exp":1}`), claims(`{"exp":1,"iat":99999}`),
		claims(`{"exp":9223372036854775807,"iat":1}`), claims(`{"exp":1e300}`), claims(`[1]`), claims(`{"exp":"4102444800"}`), "a.b.c.d.e"} {
		var logins atomic.Int32
		address := serve(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if r.Method == http.MethodPost {
				logins.Add(1)
				_, _ = fmt.Fprintf(w, "%q", token)
				return
			}
			if got := r.Header.Get("Authorization"); got != "Bearer "+token {
				t.Errorf("it sends %q for %q", got, token)
			}
			_, _ = w.Write([]byte(`{"entity_id":1}`))
		}))
		client, err := magento.New(magento.Settings{URL: address, AdminUser: adminUser, AdminPassword: adminPassword})
		if err != nil {
			t.Fatal(err)
		}
		for range 3 {
			if err := get(t, client); err != nil {
				t.Errorf("%q: %v", token, err)
			}
		}
		if n := logins.Load(); n != 1 {
			t.Errorf("%q: %d logins for three calls, want 1", token, n)
		}
	}
}

func TestAdmin_AJWTWithoutABeginningCountsFromTheShopsClock(t *testing.T) {
	clock, logins := newClock(), 0
	address := serve(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		shop := clock.now().Add(-5 * time.Hour)
		w.Header().Set("Date", shop.Format(http.TimeFormat))
		if r.Method == http.MethodPost {
			logins++
			claims := fmt.Sprintf(`{"exp":%d}`, shop.Add(time.Hour).Unix())
			_, _ = fmt.Fprintf(w, `"e30.%s.c2ln"`, base64.RawURLEncoding.EncodeToString([]byte(claims)))
			return
		}
		_, _ = w.Write([]byte(`{"entity_id":1}`))
	}))
	client, err := magento.New(magento.Settings{URL: address, AdminUser: adminUser, AdminPassword: adminPassword, Now: clock.now})
	if err != nil {
		t.Fatal(err)
	}
	// By this machine's clock the token is dead from the start: then it would be used for an hour.
	for _, step := range []struct {
		after  time.Duration
		logins int
	}{{0, 1}, {58 * time.Minute, 1}, {90 * time.Second, 2}} {
		clock.add(step.after)
		if err := get(t, client); err != nil || logins != step.logins {
			t.Errorf("%s later: %d logins, %v; want %d", step.after, logins, err, step.logins)
		}
	}
}

func TestAdmin_ALoginThatAProxyRefusesIsNotTheShops(t *testing.T) {
	address := serve(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.WriteHeader(http.StatusUnauthorized)
		_, _ = w.Write([]byte("<html>who are you?</html>"))
	}))
	client, err := magento.New(magento.Settings{URL: address, AdminUser: adminUser, AdminPassword: adminPassword})
	if err != nil {
		t.Fatal(err)
	}
	f := failureOf(t, get(t, client))
	if f.Kind != order.Config || !strings.Contains(f.Hint, "proxy before the shop asks for a password of its own") {
		t.Errorf("%+v, want config with a hint at the proxy", f)
	}
}
