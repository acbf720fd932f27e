package magento_test

import (
	"net/http"
	"slices"
	"sync"
	"testing"
	"time"

	"datawald/magento"
	"datawald/order"
)

// loginShop answers logins as told, by a clock that the test moves, and keeps when they came.
type loginShop struct {
	clock  *clock
	mu     sync.Mutex
	answer http.HandlerFunc
	logins []time.Duration
}

func newLoginShop(answer http.HandlerFunc) *loginShop {
	return &loginShop{clock: newClock(), answer: answer}
}

func (s *loginShop) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.Method != http.MethodPost {
		w.WriteHeader(http.StatusUnauthorized) // a token that ended
		_, _ = w.Write([]byte(`{"message":"The consumer isn't authorized to access %resources.","parameters":{"resources":"x"}}`))
		return
	}
	s.mu.Lock()
	s.logins = append(s.logins, s.clock.now().Sub(second(0)))
	answer := s.answer
	s.mu.Unlock()
	answer(w, r)
}

// answerNow changes the answer and forgets the logins so far.
func (s *loginShop) answerNow(answer http.HandlerFunc) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.answer, s.logins = answer, nil
}

// seen are the times of the logins.
func (s *loginShop) seen() []time.Duration {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.logins)
}

func (s *loginShop) client(t *testing.T) *magento.Client {
	t.Helper()
	c, err := magento.New(magento.Settings{URL: serve(t, s), AdminUser: adminUser, AdminPassword: adminPassword, Now: s.clock.now})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// askEveryMinute makes a call a minute for so long and gives the kinds of the failures.
func (s *loginShop) askEveryMinute(t *testing.T, c *magento.Client, d time.Duration) (kinds []order.Kind) {
	t.Helper()
	for range int(d.Minutes()) {
		kinds = append(kinds, failureOf(t, get(t, c)).Kind)
		s.clock.add(time.Minute)
	}
	slices.Sort(kinds)
	return slices.Compact(kinds)
}

func answerWith(status int, header, body string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		if header != "" {
			w.Header().Set("Location", header)
		}
		w.WriteHeader(status)
		_, _ = w.Write([]byte(body))
	}
}

func hangUp(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }

const wrongPassword = `{"message":"The account sign-in was incorrect or your account is disabled temporarily."}`

// TestAdmin_TheConnectorNeverLocksTheAccount: Magento counts failures without looking how far they are apart, up to 2.3
// for ever.
func TestAdmin_TheConnectorNeverLocksTheAccount(t *testing.T) {
	minutes := func(ms ...int) (at []time.Duration) {
		for _, m := range ms {
			at = append(at, time.Duration(m)*time.Minute)
		}
		return at
	}
	for name, c := range map[string]struct {
		answer http.HandlerFunc
		kind   order.Kind
		within time.Duration
		want   []time.Duration
	}{
		"the password is refused":      {answerWith(401, "", wrongPassword), order.Config, 24 * time.Hour, minutes(0, 31, 151, 511)},
		"for days":                     {answerWith(401, "", wrongPassword), order.Config, 72 * time.Hour, minutes(0, 31, 151, 511, 1951, 3391)},
		"a second factor is asked for": {answerWith(401, "", `{"message":"2fa is required"}`), order.Config, 24 * time.Hour, minutes(0, 31, 151, 511)},
		"no answer comes":              {hangUp, order.Transient, 5 * time.Hour, minutes(0, 1, 32, 152, 272)},
		"a proxy waits no longer":      {answerWith(504, "", ""), order.Transient, 5 * time.Hour, minutes(0, 1, 32, 152, 272)},
	} {
		t.Run(name, func(t *testing.T) {
			shop := newLoginShop(c.answer)
			if kinds := shop.askEveryMinute(t, shop.client(t), c.within); !slices.Equal(kinds, []order.Kind{c.kind}) {
				t.Errorf("failures are %v, want %v alone", kinds, c.kind)
			}
			if !slices.Equal(shop.seen(), c.want) {
				t.Errorf("logins after %v, want %v", shop.seen(), c.want)
			}
			if name != "for days" && len(shop.seen()) >= 6 {
				t.Errorf("%d logins lock the account", len(shop.seen()))
			}
		})
	}
}

// TestAdmin_ALoginThatMagentoDidNotSeeIsTriedAgainSoon: a proxy that is wrong for two minutes must not cost an hour.
func TestAdmin_ALoginThatMagentoDidNotSeeIsTriedAgainSoon(t *testing.T) {
	for name, answer := range map[string]http.HandlerFunc{
		"redirect":     answerWith(302, "/elsewhere", ""),
		"404":          answerWith(404, "", "<html>"),
		"proxy's 401":  answerWith(401, "", "<html>"),
		"firewall 403": answerWith(403, "", "<html>"),
	} {
		shop := newLoginShop(answer)
		client := shop.client(t)
		for range 8 { // far more than six in the end: none of them counts
			_ = get(t, client)
			_ = get(t, client)
			shop.clock.add(61 * time.Second)
		}
		if len(shop.seen()) != 8 {
			t.Errorf("%s: %d logins in 8 minutes of two calls each, want one a minute", name, len(shop.seen()))
		}
	}
}

// TestAdmin_RefusalsBeginAnewAfterASuccess: a password that was mended in the shop leaves no long pause behind.
func TestAdmin_RefusalsBeginAnewAfterASuccess(t *testing.T) {
	refused := answerWith(401, "", wrongPassword)
	shop := newLoginShop(refused)
	client := shop.client(t)
	shop.askEveryMinute(t, client, 32*time.Minute) // two refusals
	shop.answerNow(answerWith(200, "", `"token"`))
	shop.clock.add(2 * time.Hour)
	_ = get(t, client) // logs in; its call is refused
	shop.answerNow(refused)
	shop.clock.add(2 * time.Hour) // the token has ended
	shop.askEveryMinute(t, client, time.Hour)
	if len(shop.seen()) != 2 {
		t.Errorf("logins after %v, want the second after the first pause again", shop.seen())
	}
}
