package magento_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"datawald/magento"
	"datawald/order"
	"datawald/sandbox/magentosim"
)

// fault switches one fault of the shop on.
func fault(change func(*magentosim.Faults)) func(*magentosim.Shop) error {
	return func(s *magentosim.Shop) error { return s.SetFaults(change) }
}

func TestErrors_OfTheShopSayWhatToDo(t *testing.T) {
	wrong := fourCredentials
	wrong.AccessTokenSecret = "another"
	for _, c := range []struct {
		name     string
		config   magentosim.Config
		settings magento.Settings
		fault    func(*magentosim.Shop) error
		kind     order.Kind
		code     string
		message  string // part of it
		hint     string // part of it
		wait     time.Duration
	}{
		{name: "wrong token", settings: magento.Settings{Token: "wrong"},
			kind: order.Config, code: "401", message: "isn't authorized to access Magento_Sales::actions_view.", hint: "the token is wrong"},
		{name: "no permission", fault: fault(func(f *magentosim.Faults) { f.ACL = false }),
			kind: order.Config, code: "401", message: "Magento_Sales::actions_view", hint: "Orders > Actions > View (Magento_Sales::actions_view)"},
		{name: "bearer switched off", config: magentosim.Config{BearerDisabled: true},
			kind: order.Config, code: "401", message: "Magento_Sales::actions_view", hint: "enable_integration_as_bearer"},
		{name: "wrong secret", settings: magento.Settings{OAuth: wrong},
			kind: order.Config, code: "401", message: "The signature is invalid.", hint: "secrets"},
		{name: "a proxy that ends TLS", config: magentosim.Config{SignedBaseURL: "https://shop.example.com"}, settings: magento.Settings{OAuth: fourCredentials},
			kind: order.Config, code: "401", message: "The signature is invalid.", hint: "proxy"},
		{name: "unknown integration", settings: magento.Settings{OAuth: magento.OAuth{ConsumerKey: "a", ConsumerSecret: "b", AccessToken: "c", AccessTokenSecret: "d"}},
			kind: order.Config, code: "401", message: "A consumer having the specified key does not exist", hint: "credentials"},
		{name: "maintenance", fault: fault(func(f *magentosim.Faults) { f.Unavailable = true }),
			kind: order.Transient, code: "503", message: "HTTP 503 Service Unavailable", hint: "maintenance"},
		{name: "too many calls", fault: fault(func(f *magentosim.Faults) { f.RateLimit = &magentosim.RateLimit{RetryAfter: 17} }),
			kind: order.Transient, code: "429", message: "HTTP 429", wait: 17 * time.Second},
		{name: "too many calls, no time named", fault: fault(func(f *magentosim.Faults) { f.RateLimit = &magentosim.RateLimit{} }),
			kind: order.Transient, code: "429", message: "HTTP 429"},
		{name: "a firewall that asks to wait", fault: fault(func(f *magentosim.Faults) { f.RateLimit = &magentosim.RateLimit{Status: 403, RetryAfter: 9} }),
			kind: order.Transient, code: "403", message: "HTTP 403", wait: 9 * time.Second},
		{name: "a firewall", fault: fault(func(f *magentosim.Faults) { f.RateLimit = &magentosim.RateLimit{Status: 403} }),
			kind: order.Config, code: "403", message: "HTTP 403", hint: "firewall"},
		{name: "a page of a proxy", fault: fault(func(f *magentosim.Faults) { f.HTML200 = true }),
			kind: order.Transient, code: "unreadable", message: "HTML", hint: "proxy"},
		{name: "an answer cut off", fault: fault(func(f *magentosim.Faults) { f.Truncate = true }),
			kind: order.Transient, code: "unreadable", message: "cut off"},
		{name: "a connection cut off", fault: fault(func(f *magentosim.Faults) { f.Drop = true }),
			kind: order.Transient, code: "no_answer", message: "no answer"},
	} {
		t.Run(c.name, func(t *testing.T) {
			c.config.Orders = 3
			shop := newShop(t, c.config)
			if c.fault != nil {
				if err := c.fault(shop); err != nil {
					t.Fatal(err)
				}
			}
			c.settings.URL = serve(t, shop)
			_, err := (&magento.Reader{Client: newClient(t, c.settings), PageSize: 3}).Next(t.Context(), order.Cut{})
			f := failureOf(t, err)
			if f.Kind != c.kind || f.Code != c.code || f.RetryAfter != c.wait {
				t.Errorf("failure is %s with code %s, to wait %s; want %s, %s, %s", f.Kind, f.Code, f.RetryAfter, c.kind, c.code, c.wait)
			}
			if !strings.Contains(f.Message, c.message) || strings.ContainsAny(f.Message, "\n%<") {
				t.Errorf("message is %q, want %q in one line without placeholders", f.Message, c.message)
			}
			if !strings.Contains(f.Hint, c.hint) {
				t.Errorf("hint is %q, want one about %q", f.Hint, c.hint)
			}
		})
	}
}

func TestErrors_OfOneOrder(t *testing.T) {
	shop := newShop(t, magentosim.Config{Orders: 1})
	client := newClient(t, magento.Settings{URL: serve(t, shop)})
	_, err := client.Get(t.Context(), 4711)
	if f := failureOf(t, err); f.Kind != order.Permanent || f.Code != "404" || !strings.Contains(f.Message, "doesn't exist") {
		t.Errorf("an order that is not there: %+v, want permanent", f)
	}
	if d, err := client.Get(t.Context(), 1); err != nil || d.EntityID != 1 || d.IncrementID == "" {
		t.Errorf("an order that is there: %+v, %v", d, err)
	}
}

// answering is a shop that gives one answer to everything.
func answering(t *testing.T, status int, header http.Header, body string) *magento.Client {
	return newClient(t, magento.Settings{URL: serve(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		for name, values := range header {
			w.Header()[name] = values
		}
		w.WriteHeader(status)
		_, _ = w.Write([]byte(body))
	}))})
}

func TestErrors_HaveTheirPlaceholdersFilledIn(t *testing.T) {
	for _, c := range []struct{ body, want string }{
		{`{"message":"The consumer isn't authorized to access %resources.","parameters":{"resources":"Magento_Sales::actions_view"}}`,
			"The consumer isn't authorized to access Magento_Sales::actions_view."},
		{`{"message":"The \"%1\" Oauth version isn't supported.","parameters":["2.0"]}`, `The "2.0" Oauth version isn't supported.`},
		{`{"message":"%1 of %2, %12","parameters":["a","b","c","d","e","f","g","h","i","j","k","l"]}`, "a of b, l"},
		{`{"message":"No such entity with %fieldName = %fieldValue, %field2Name = %field2Value","parameters":{"fieldName":"email","fieldValue":"jane@example.com","field2Name":"websiteId","field2Value":1}}`,
			"No such entity with email = (hidden), websiteId = 1"},
		{`{"message":"No such entity with %fieldName = %fieldValue","parameters":{"fieldName":"lastname","fieldValue":"Doe"}}`, "No such entity with lastname = (hidden)"},
		{`{"message":"The customer %1 is not there, ask <jane.doe@example.com>.","parameters":["jane@example.com"]}`, "The customer (hidden) is not there, ask <(hidden)>."},
		{`{"message":"%field and %fieldName","parameters":{"field":"x","fieldName":"y"}}`, "x and y"},
		{`{"message":"%1 %2","parameters":["%2","once"]}`, "%2 once"},
		{`{"message":"No such entity with id = %id","parameters":{"id":12345678}}`, "No such entity with id = 12345678"},
		{`{"message":"%1","parameters":[0.1]}`, "0.1"},
		{`{"message":"two\n lines","trace":null}`, "two lines"},
		{`{"message":"none to fill: 100%","parameters":[]}`, "none to fill: 100%"},
		{`{"message":"odd %1","parameters":"text"}`, "odd %1"},
		{`{"message":"One or more input exceptions have occurred.","errors":[
			{"message":"\"%fieldName\" is required. Enter and try again.","parameters":{"fieldName":"oauth_nonce"}},{"message":"Second."}]}`,
			`One or more input exceptions have occurred. "oauth_nonce" is required. Enter and try again. Second.`},
	} {
		_, err := answering(t, http.StatusBadRequest, nil, c.body).Get(t.Context(), 1)
		if f := failureOf(t, err); f.Message != c.want || f.Kind != order.Permanent {
			t.Errorf("%s\nbecomes %q (%s), want %q", c.body, f.Message, f.Kind, c.want)
		}
	}
}

func TestErrors_ARedirectIsNotFollowed(t *testing.T) {
	var elsewhere atomic.Int32
	other := serve(t, http.HandlerFunc(func(http.ResponseWriter, *http.Request) { elsewhere.Add(1) }))
	_, err := answering(t, http.StatusMovedPermanently, http.Header{"Location": {other}}, "").Get(t.Context(), 1)
	if f := failureOf(t, err); f.Kind != order.Config || !strings.Contains(f.Hint, "MAGENTO_URL") || elsewhere.Load() != 0 {
		t.Errorf("%+v, with %d calls elsewhere; want config with a hint at the address", f, elsewhere.Load())
	}
}

func TestErrors_ByStatus(t *testing.T) {
	const page = "<html>sorry</html>"
	for _, c := range []struct {
		status int
		body   string
		kind   order.Kind
	}{
		{400, `{"message":"x"}`, order.Permanent},
		{401, page, order.Config},
		{403, `{"message":"x"}`, order.Config},
		{404, `{"message":"The entity that was requested doesn't exist. Verify the entity and try again."}`, order.Permanent},
		{404, `{"message":"Request does not match any route."}`, order.Config},
		{404, page, order.Config},
		{301, page, order.Config},
		{302, page, order.Config},
		{429, `{"message":"Too Many Requests","trace":null}`, order.Transient},
		{500, `{"message":"Internal Error."}`, order.Transient},
		{502, page, order.Transient},
		{503, page, order.Transient},
		{504, page, order.Transient},
	} {
		_, err := answering(t, c.status, nil, c.body).Get(t.Context(), 1)
		f := failureOf(t, err)
		if f.Kind != c.kind || f.Code != fmt.Sprint(c.status) {
			t.Errorf("%d %s: %s with code %s, want %s", c.status, c.body, f.Kind, f.Code, c.kind)
		}
		if c.kind == order.Config && f.Hint == "" {
			t.Errorf("%d %s: no hint for the operator", c.status, c.body)
		}
	}
}

func TestErrors_ANonceThatWasUsedIsTriedAgainWithAnother(t *testing.T) {
	_, err := answering(t, http.StatusUnauthorized, nil,
		`{"message":"The nonce is already being used by the consumer with ID %1","parameters":[1]}`).Get(t.Context(), 1)
	f := failureOf(t, err)
	if f.Kind != order.Transient || !strings.Contains(f.Hint, "nonce") || !strings.Contains(f.Message, "ID 1") {
		t.Errorf("failure is %+v, want transient with a hint about the nonce", f)
	}
}

func TestErrors_TellHowLongToWait(t *testing.T) {
	soon := time.Now().Add(time.Hour).UTC().Format(http.TimeFormat)
	for value, want := range map[string][2]time.Duration{
		"120": {2 * time.Minute, 2 * time.Minute}, "0": {}, "-5": {}, "soon": {}, "": {}, "9999999999999999999": {}, "999999999999": {24 * time.Hour, 24 * time.Hour},
		soon:                            {59 * time.Minute, time.Hour},
		"Mon, 02 Jan 2006 15:04:05 GMT": {},
	} {
		_, err := answering(t, http.StatusTooManyRequests, http.Header{"Retry-After": {value}}, "").Get(t.Context(), 1)
		if f := failureOf(t, err); f.RetryAfter < want[0] || f.RetryAfter > want[1] {
			t.Errorf("Retry-After %q: wait %s, want %s to %s", value, f.RetryAfter, want[0], want[1])
		}
	}
}

func TestErrors_AnAnswerThatIsNoListOfOrdersIsNotAnEmptyOne(t *testing.T) {
	for _, body := range []string{`{}`, `{"status":"ok"}`, `[]`, `"token"`, `null`, `{"items":{"a":1}}`, ``, `{"items":[`} {
		_, err := (&magento.Reader{Client: answering(t, http.StatusOK, nil, body), PageSize: 5}).Next(t.Context(), order.Cut{})
		if f := failureOf(t, err); f.Kind != order.Transient || f.Code != "unreadable" {
			t.Errorf("%q: %s with code %s, want transient and unreadable", body, f.Kind, f.Code)
		}
		_, err = answering(t, http.StatusOK, nil, body).Get(t.Context(), 1)
		if f := failureOf(t, err); f.Kind != order.Transient || f.Code != "unreadable" {
			t.Errorf("one order, %q: %s with code %s, want transient and unreadable", body, f.Kind, f.Code)
		}
	}
	for _, body := range []string{`{"items":[],"total_count":0}`, `{"items":null,"total_count":0}`} {
		page, err := (&magento.Reader{Client: answering(t, http.StatusOK, nil, body), PageSize: 5}).Next(t.Context(), order.Cut{})
		if err != nil || len(page.Documents) != 0 || !page.Done {
			t.Errorf("%s: %+v, %v; want an empty page and the end", body, page, err)
		}
	}
}

func TestErrors_WithoutAnAnswer(t *testing.T) {
	hold := make(chan struct{})
	address := serve(t, http.HandlerFunc(func(http.ResponseWriter, *http.Request) { <-hold }))
	t.Cleanup(func() { close(hold) }) // before the server waits for its handlers

	_, err := newClient(t, magento.Settings{URL: address, Timeout: 50 * time.Millisecond}).Get(t.Context(), 1)
	if f := failureOf(t, err); f.Kind != order.Transient || f.Message != "no answer: timed out" {
		t.Errorf("after the timeout: %+v", f)
	}

	ctx, cancel := context.WithCancel(t.Context())
	time.AfterFunc(50*time.Millisecond, cancel)
	_, err = newClient(t, magento.Settings{URL: address}).Get(ctx, 1)
	if f := failureOf(t, err); f.Kind != order.Transient || f.Message != "no answer: cancelled" || !errors.Is(err, context.Canceled) {
		t.Errorf("after a cancel: %+v", f)
	}

	secure := httptest.NewUnstartedServer(http.NotFoundHandler())
	secure.Config.ErrorLog = log.New(io.Discard, "", 0)
	secure.StartTLS()
	defer secure.Close()
	_, err = newClient(t, magento.Settings{URL: secure.URL}).Get(t.Context(), 1)
	if f := failureOf(t, err); f.Kind != order.Config || !strings.Contains(f.Message, "certificate") || !strings.Contains(f.Hint, "certificate") {
		t.Errorf("a certificate that nobody trusts: %+v", f)
	}

	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	l.Close()
	_, err = newClient(t, magento.Settings{URL: "http://" + l.Addr().String()}).Get(t.Context(), 1)
	if f := failureOf(t, err); f.Kind != order.Transient || !strings.Contains(f.Message, "dial") {
		t.Errorf("nobody listens: %+v", f)
	}
}
