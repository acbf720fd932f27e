package access_test

import (
	"context"
	"errors"
	"net/netip"
	"strings"
	"testing"
	"time"

	"datawald/gateway/access"
	"datawald/sandbox/testkit/identity"
)

// A provider that hangs keeps nobody waiting for long, and nobody from trying again: what it offers is asked for anew, after a while.
//
// Fails without: the Timeout of the client (the test does not end); rest in offer (it is asked at once, and hangs again); the time of rest.
func TestProvider_ThatHangs(t *testing.T) {
	c := newCompany(t)
	c.provider.Hang()
	begun := time.Now()
	_, _, err := c.client.Begin(t.Context(), "/")
	if refused, ok := errors.AsType[*access.Refused](err); !ok || refused.Why != access.Unreachable || time.Since(begun) > 3*access.ProviderTime {
		t.Fatalf("after %s: %v", time.Since(begun), err)
	}
	asked := c.provider.Asked("/.well-known/openid-configuration")
	for range 5 {
		if _, _, err := c.client.Begin(t.Context(), "/"); err == nil {
			t.Error("it is said to answer")
		}
	}
	if n := c.provider.Asked("/.well-known/openid-configuration"); n != asked {
		t.Errorf("it was asked %d times more within its rest", n-asked)
	}
	c.provider.Answer()
	c.client.SetClock(func() time.Time { return time.Now().Add(access.ProviderRests) })
	v := c.goes("/")
	c.client.SetClock(time.Now)
	c.provider.Hang()
	c.refused("while it hangs", v, access.Unreachable)
	c.provider.Answer()
	c.enters()
}

// Who goes away while the provider is asked leaves those who wait with an answer.
//
// Fails without: WithoutCancel in offer.
func TestProvider_IsAskedForThoseWhoStay(t *testing.T) {
	c := newCompany(t)
	gone, cancel := context.WithCancel(t.Context())
	cancel()
	// He goes before it is his turn to ask, or after: which of the two is chance, and one in two each time.
	for tries := 0; c.provider.Asked("/.well-known/openid-configuration") == 0; tries++ {
		if _, _, err := c.client.Begin(gone, "/"); tries == 100 {
			t.Fatalf("nobody asks the provider: %v", err)
		}
	}
	c.enters()
}

// The provider is asked for eight sign-ins at once. The next one waits for a place, as long as its request lasts, and nothing of it goes out before.
//
// Fails without: exchanges in identity; giving the place back.
func TestProvider_IsAskedForEightAtOnce(t *testing.T) {
	c := newCompany(t)
	v := c.goes("/")
	n, free := c.client.Occupy()
	brief, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	_, _, _, _, err := c.SignInProvided(brief, c.client, v.kept, v.answer, time.Hour, home)
	if refused, ok := errors.AsType[*access.Refused](err); !ok || refused.Why != access.Unreachable || !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("without a place: %v", err)
	}
	if asked := c.provider.Asked("/token"); n != 8 || asked != 0 {
		t.Errorf("with %d sign-ins under way the provider is asked for %d more", n, asked)
	}
	free()
	for range n + 1 {
		c.enters()
	}
}

// Fails without: the look at the scheme in safe; safe in discover; the bound of answers; the issuer, which the library compares.
func TestProvider_ThatIsNotWhatItShouldBe(t *testing.T) {
	c := newCompany(t)
	for what, change := range map[string]func(map[string]any){
		"keys in the clear":        func(d map[string]any) { d["jwks_uri"] = "http://192.0.2.1/keys" },
		"token in the clear":       func(d map[string]any) { d["token_endpoint"] = "http://192.0.2.1/token" },
		"a way in that is no link": func(d map[string]any) { d["authorization_endpoint"] = "javascript:alert(1)" },
		"no keys":                  func(d map[string]any) { delete(d, "jwks_uri") },
		"another's name":           func(d map[string]any) { d["issuer"] = "https://evil.example" },
		"too much":                 func(d map[string]any) { d["claims_supported"] = strings.Repeat("x", 2<<20) },
	} {
		c.knows(func(*access.ProviderSettings) {})
		c.provider.Break(identity.Broken{Describe: change})
		_, _, err := c.client.Begin(t.Context(), "/")
		if refused, ok := errors.AsType[*access.Refused](err); !ok || refused.Why != access.Unreachable {
			t.Errorf("%s: %v", what, err)
		}
	}
}

// Who makes answers up is stopped after many; before that no colleague of his, who may have the same address, is kept waiting, nor are passwords from there. A colleague
// at another address never is, and failures that nobody can make up do not count.
//
// Fails without: provided in SignInProvided; untrusted there, or with it for every failure; providers apart from hosts.
func TestProvided_IsThrottled(t *testing.T) {
	c := newCompany(t)
	other := netip.MustParseAddr("198.51.100.7")
	c.provider.Is("1", anna("sales"))
	for range 70 {
		c.refused("no role", c.goes("/"), access.NoRole)
	}
	c.provider.Is("1", anna("staff"))
	made := func() visit {
		v := c.goes("/")
		v.answer.Set("code", "made up")
		return v
	}
	for range 60 {
		if _, _, _, err := c.comes(c.goes("/"), home); err != nil {
			t.Fatalf("a colleague at the same address: %v", err)
		}
		c.refused("a code that was made up", made(), access.Untrusted)
	}
	c.refused("one more", made(), access.Throttled)
	if _, _, _, err := c.comes(c.goes("/"), other); err != nil {
		t.Errorf("elsewhere: %v", err)
	}
	if _, _, _, err := c.SignIn(t.Context(), "admin", "wrong", home); !errors.Is(err, access.ErrWrong) {
		t.Errorf("a password from there: %v", err)
	}
	c.clock = c.clock.Add(15 * time.Minute)
	c.enters()
}

// What the provider says of itself is asked for again after an hour, and when a sign-in fails by it, but not for each of those; what it said holds while it does
// not answer.
//
// Fails without: offerServes in holds; doubt; offerStays there; before in offer.
func TestProvider_MayMove(t *testing.T) {
	c := newCompany(t)
	after := time.Duration(0)
	c.client.SetClock(func() time.Time { return time.Now().Add(after) })
	asked := func(want int, when string) {
		t.Helper()
		c.goes("/")
		if n := c.provider.Asked("/.well-known/openid-configuration"); n != want {
			t.Errorf("%s: asked %d times, want %d", when, n, want)
		}
	}
	asked(1, "at first")
	after = 59 * time.Minute
	asked(1, "within the hour")
	after = time.Hour
	asked(2, "after an hour")
	made := func() {
		v := c.goes("/")
		v.answer.Set("code", "made up")
		c.refused("made up", v, access.Untrusted)
	}
	made()
	asked(2, "when a sign-in fails at once")
	after += time.Minute
	made()
	asked(3, "when one fails later")
	made()
	asked(3, "when another fails")
	c.provider.Break(identity.Broken{Describe: func(d map[string]any) { delete(d, "jwks_uri") }})
	after += time.Hour
	asked(4, "when it says nothing of use")
}

func TestProvider_SaysWhereOneSignsOut(t *testing.T) {
	c := newCompany(t)
	address, err := c.client.SignOutAddress(t.Context(), "https://datawald.example.com/login")
	if err != nil || address != c.provider.URL+"/end?client_id=datawald&post_logout_redirect_uri=https%3A%2F%2Fdatawald.example.com%2Flogin" {
		t.Errorf("%s, %v", address, err)
	}
	c.knows(func(*access.ProviderSettings) {})
	c.provider.Break(identity.Broken{NoEnd: true})
	if address, err := c.client.SignOutAddress(t.Context(), "https://datawald.example.com/login"); err != nil || address != "" {
		t.Errorf("%s, %v", address, err)
	}
}
