package magento_test

import (
	"net"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"datawald/magento"
	"datawald/order"
	"datawald/sandbox/magentosim"
)

// diagnose makes a probe with these settings and gives its findings by the names of the checks.
func diagnose(t *testing.T, s magento.Settings, change ...func(*magento.Probe)) map[string]order.Finding {
	t.Helper()
	client, err := magento.New(s)
	if err != nil {
		t.Fatal(err)
	}
	p := magento.Probe{Client: client, Instance: "main", PageSize: 100}
	for _, c := range change {
		c(&p)
	}
	found := map[string]order.Finding{}
	for f := range p.Findings(t.Context()) {
		found[f.Check] = f
		for _, secret := range []string{bearer, adminPassword, fourCredentials.AccessTokenSecret, fourCredentials.ConsumerSecret, "@example", "Jane", "Doe"} {
			if strings.Contains(f.Seen+f.Mend, secret) {
				t.Errorf("%s tells %q: %+v", f.Check, secret, f)
			}
		}
		if f.Outcome == order.OutcomeFail && (f.Mend == "" || f.Kind == "") && f.Kind != order.Transient {
			t.Errorf("%+v does not say what to do", f)
		}
	}
	return found
}

// wantFinding checks an outcome, and parts of what was seen and what is to be done.
func wantFinding(t *testing.T, found map[string]order.Finding, check string, outcome order.Outcome, seen, mend string) {
	t.Helper()
	f, known := found[check]
	if !known || f.Outcome != outcome || !strings.Contains(f.Seen, seen) || !strings.Contains(f.Mend, mend) {
		t.Errorf("%s: %+v, want %s with %q and to mend it %q", check, f, outcome, seen, mend)
	}
}

// outcomes lists the checks with an outcome, sorted.
func outcomes(found map[string]order.Finding, o order.Outcome) (names []string) {
	for name, f := range found {
		if f.Outcome == o {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names
}

func TestProbe_OfASoundShop(t *testing.T) {
	for name, s := range map[string]magento.Settings{
		"OAuth 1.0a": {OAuth: fourCredentials}, "integration token": {Token: bearer}, "admin user": {AdminUser: adminUser, AdminPassword: adminPassword},
	} {
		shop := newShop(t, magentosim.Config{Orders: 30, AdminUsername: adminUser, AdminPassword: adminPassword})
		before := shop.Orders()
		s.URL = serve(t, shop)
		found := diagnose(t, s)
		if ok := outcomes(found, order.OutcomeOK); len(ok) != 12 {
			t.Errorf("%s: ok are %v, want all twelve: %+v", name, ok, found)
		}
		wantFinding(t, found, "sign-in", order.OutcomeOK, name, "")
		wantFinding(t, found, "page size", order.OutcomeOK, "a page of 30 came", "")
		wantFinding(t, found, "newest order", order.OutcomeOK, "is understood: state ", "")
		wantFinding(t, found, "backlog", order.OutcomeOK, "30 orders in all", "")
		wantFinding(t, found, "comment", order.OutcomeOK, "granted (Magento_Sales::comment)", "")
		if !slices.Equal(before, shop.Orders()) {
			t.Errorf("%s: the probe changed orders", name)
		}
	}
}

func TestProbe_NamesEachFailureAndSkipsWhatDependsOnIt(t *testing.T) {
	signed, token, admin := magento.Settings{OAuth: fourCredentials}, magento.Settings{Token: bearer}, magento.Settings{AdminUser: adminUser, AdminPassword: adminPassword}
	wrongSecret := magento.Settings{OAuth: fourCredentials}
	wrongSecret.OAuth.ConsumerSecret = "another"
	deny := func(resources ...string) func(*magentosim.Faults) {
		return func(f *magentosim.Faults) { f.Deny = resources }
	}
	const view, stores, comment = "Magento_Sales::actions_view", "Magento_Backend::store", "Magento_Sales::comment"
	for _, c := range []struct {
		name    string
		as      magento.Settings
		config  magentosim.Config
		fault   func(*magentosim.Faults)
		check   string
		outcome order.Outcome
		seen    string
		mend    string
		kind    order.Kind
		skipped int
	}{
		{"maintenance", signed, magentosim.Config{}, func(f *magentosim.Faults) { f.Unavailable = true }, "REST API", order.OutcomeFail, "503", "maintenance", order.Transient, 7},
		{"a page of a proxy", signed, magentosim.Config{}, func(f *magentosim.Faults) { f.HTML200 = true }, "REST API", order.OutcomeFail, "HTML", "stands before the shop", order.Transient, 7},
		{"a firewall", signed, magentosim.Config{}, func(f *magentosim.Faults) { f.RateLimit = &magentosim.RateLimit{Status: 403} }, "REST API", order.OutcomeFail, "403", "firewall", order.Config, 7},
		{"too many calls", signed, magentosim.Config{}, func(f *magentosim.Faults) { f.RateLimit = &magentosim.RateLimit{} }, "REST API", order.OutcomeFail, "429", "", order.Transient, 7},
		{"wrong secret", wrongSecret, magentosim.Config{}, nil, "sign-in", order.OutcomeFail, "signature is invalid", "one of the two secrets is wrong", order.Config, 6},
		{"unknown token", signed, magentosim.Config{}, func(f *magentosim.Faults) { f.OAuthRefusal = "token_unknown" }, "sign-in", order.OutcomeFail, "does not exist", "reauthorized", order.Config, 6},
		{"our clock far ahead", signed, magentosim.Config{ClockSkew: -2 * time.Hour}, nil, "clock", order.OutcomeWarn, "2h0m0s behind", "signed with the shop's time", "", 0},
		{"signed, no right", signed, magentosim.Config{}, deny(view), "read orders", order.OutcomeFail, view, "Orders > Actions > View", order.Config, 4},
		{"signed, header lost", signed, magentosim.Config{}, func(f *magentosim.Faults) { f.DropAuthorization = true }, "sign-in", order.OutcomeFail, "not even of a wrong one", "CGIPassAuth", order.Config, 6},
		{"token, no right", token, magentosim.Config{}, deny(view), "read orders", order.OutcomeFail, view, "Orders > Actions > View", order.Config, 4},
		{"token, no right and no other", token, magentosim.Config{}, deny(view, stores), "sign-in", order.OutcomeFail, view, "Likeliest first: since 2.4.4", order.Config, 6},
		{"token, switched off", token, magentosim.Config{BearerDisabled: true}, nil, "sign-in", order.OutcomeFail, view, "standalone Bearer tokens", order.Config, 6},
		{"token, switched off or without any right", token, magentosim.Config{BearerDisabled: true}, nil, "sign-in", order.OutcomeFail, view, "right may also be all that is missing", order.Config, 6},
		{"wrong token of an old release", magento.Settings{Token: "wrong"}, magentosim.Config{Version: "2.3.5"}, nil, "sign-in", order.OutcomeFail, view, "This is Magento 2.3, which takes bearer tokens. The token is wrong", order.Config, 6},
		{"admin, wrong password", magento.Settings{AdminUser: adminUser, AdminPassword: "wrong"}, magentosim.Config{}, nil, "sign-in", order.OutcomeFail, "sign-in was incorrect", "Locked Users", order.Config, 6},
		{"admin, second factor", admin, magentosim.Config{TwoFactor: true}, nil, "sign-in", order.OutcomeFail, "2fa", "only a person can give. Make an integration", order.Config, 6},
		{"admin, no right", admin, magentosim.Config{}, deny(view), "read orders", order.OutcomeFail, view, "User Roles", order.Config, 4},
		{"no right to comment", signed, magentosim.Config{}, deny(comment), "comment", order.OutcomeOK, "not granted (Magento_Sales::comment)", "", "", 0},
		{"clock behind", signed, magentosim.Config{ClockSkew: -5 * time.Minute}, nil, "clock", order.OutcomeWarn, "5m0s behind", "goes by the shop's clock", "", 0},
		{"clock ahead", signed, magentosim.Config{ClockSkew: 3 * time.Hour}, nil, "clock", order.OutcomeWarn, "3h0m0s ahead", "goes by the shop's clock", "", 0},
		{"clock a little off", signed, magentosim.Config{ClockSkew: 20 * time.Second}, nil, "clock", order.OutcomeOK, "s from this machine's", "", "", 0},
		{"small pages", signed, magentosim.Config{MaxPageSize: 50}, nil, "page size", order.OutcomeWarn, "the shop allows 50; the reader adopts it", "MAGENTO_PAGE_SIZE=50", "", 0},
		{"an order that cannot be listed", signed, magentosim.Config{}, func(f *magentosim.Faults) { f.PoisonEntityIDs = []int64{2} }, "page size", order.OutcomeWarn, "a page of 100 fails", "mend or delete that order", "", 0},
		{"the newest order cannot be listed", signed, magentosim.Config{}, func(f *magentosim.Faults) { f.PoisonEntityIDs = []int64{3} }, "newest order", order.OutcomeWarn, "cannot list it", "delete", "", 0},
		{"pages out of order", signed, magentosim.Config{}, func(f *magentosim.Faults) { f.Truncate = true }, "sign-in", order.OutcomeFail, "cut off", "PHP error log", order.Transient, 6},
		{"a connection that breaks", signed, magentosim.Config{}, func(f *magentosim.Faults) { f.Drop = true }, "sign-in", order.OutcomeFail, "no answer", "", order.Transient, 6},
	} {
		t.Run(c.name, func(t *testing.T) {
			c.config.Orders, c.config.AdminUsername, c.config.AdminPassword = 3, adminUser, adminPassword
			shop := newShop(t, c.config)
			if c.fault != nil {
				if err := shop.SetFaults(c.fault); err != nil {
					t.Fatal(err)
				}
			}
			c.as.URL = serve(t, shop)
			found := diagnose(t, c.as)
			wantFinding(t, found, c.check, c.outcome, c.seen, c.mend)
			if found[c.check].Kind != c.kind {
				t.Errorf("%+v: kind %q, want %q", found[c.check], found[c.check].Kind, c.kind)
			}
			if fails := outcomes(found, order.OutcomeFail); c.outcome == order.OutcomeFail && !slices.Equal(fails, []string{c.check}) || c.outcome != order.OutcomeFail && len(fails) > 0 {
				t.Errorf("failed are %v", fails)
			}
			skipped := outcomes(found, order.OutcomeSkip)
			if len(skipped) != c.skipped {
				t.Errorf("skipped are %v, want %d", skipped, c.skipped)
			}
			for _, name := range skipped {
				if !strings.HasPrefix(found[name].Seen, "not checked: it needs ") {
					t.Errorf("%s was skipped as %q", name, found[name].Seen)
				}
			}
		})
	}
}

func TestProbe_SeesThatAProxyEndsTLS(t *testing.T) {
	var shop http.Handler
	address := serve(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { shop.ServeHTTP(w, r) }))
	shop = newShop(t, magentosim.Config{Orders: 1, SignedBaseURL: "https" + strings.TrimPrefix(address, "http")})
	found := diagnose(t, magento.Settings{URL: address, OAuth: fourCredentials})
	wantFinding(t, found, "sign-in", order.OutcomeFail, "the same signed for https:// is accepted", "Offloader header")
	shop = newShop(t, magentosim.Config{Orders: 1, SignedBaseURL: "https://inside.example.com"})
	found = diagnose(t, magento.Settings{URL: address, OAuth: fourCredentials})
	wantFinding(t, found, "sign-in", order.OutcomeFail, "signature is invalid", "changes the host")
}

func TestProbe_SaysWhereARedirectLeads(t *testing.T) {
	for location, want := range map[string][2]string{
		"https://www.shop.example.com/rest/V1/orders?searchCriteria=": {"sends callers to https://www.shop.example.com", "MAGENTO_URL=https://www.shop.example.com if"},
		"https://shop.example.com/eu/rest/V1/orders":                  {"https://shop.example.com/eu", "MAGENTO_URL=https://shop.example.com/eu if"},
		"//other.example.com/login?name=jane":                         {"http://other.example.com/login", "MAGENTO_URL=http://other.example.com/login if"},
		"":                                                            {"HTTP 301 without", "browser"},
	} {
		address := serve(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			w.Header()["Location"] = []string{location}
			w.WriteHeader(http.StatusMovedPermanently)
		}))
		found := diagnose(t, magento.Settings{URL: address, OAuth: fourCredentials})
		wantFinding(t, found, "redirect", order.OutcomeFail, want[0], want[1])
		wantFinding(t, found, "REST API", order.OutcomeSkip, "it needs redirect", "")
		wantFinding(t, found, "clock", order.OutcomeOK, "", "")
	}
}

func TestProbe_OfAnAddressThatIsNoShop(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	l.Close()
	found := diagnose(t, magento.Settings{URL: "http://" + l.Addr().String(), Token: "t"})
	wantFinding(t, found, "address", order.OutcomeFail, "refused", l.Addr().String())
	if found["address"].Kind != order.Transient || len(outcomes(found, order.OutcomeSkip)) != 11 {
		t.Errorf("nobody listens: %+v", found)
	}

	before := http.DefaultTransport // this test does not run beside others
	defer func() { http.DefaultTransport = before }()
	http.DefaultTransport = failing{&net.OpError{Op: "dial", Net: "tcp", Err: &net.DNSError{Err: "no such host", Name: "shop.example.com", IsNotFound: true}}}
	found = diagnose(t, magento.Settings{URL: "https://shop.example.com", Token: "t"})
	wantFinding(t, found, "address", order.OutcomeFail, "shop.example.com does not resolve", "MAGENTO_URL")
	if found["address"].Kind != order.Config {
		t.Errorf("a name that is none: %+v, want config", found["address"])
	}
	http.DefaultTransport = before

	found = diagnose(t, magento.Settings{URL: serve(t, http.NotFoundHandler()), Token: "t"})
	wantFinding(t, found, "REST API", order.OutcomeFail, "404", "MAGENTO_URL")
}

// failing is a network that is out of order.
type failing struct{ err error }

func (f failing) RoundTrip(*http.Request) (*http.Response, error) { return nil, f.err }

func TestProbe_OfOrders(t *testing.T) {
	shop := newShop(t, magentosim.Config{})
	s := magento.Settings{URL: serve(t, shop), OAuth: fourCredentials}
	wantFinding(t, diagnose(t, s), "newest order", order.OutcomeWarn, "no order at all", "")

	old := time.Now().UTC().Add(-50 * time.Hour).Format("2006-01-02 15:04:05")
	recent := time.Now().UTC().Add(-90 * time.Minute).Format("2006-01-02 15:04:05")
	for _, doc := range []map[string]any{
		{"entity_id": 1, "increment_id": "000000001", "created_at": old, "updated_at": old},
		{"entity_id": 2, "increment_id": "000000002", "created_at": recent, "updated_at": recent},
	} {
		if err := shop.Add(document(doc)); err != nil {
			t.Fatal(err)
		}
	}
	since := func(p *magento.Probe) { p.From = time.Now().UTC().Add(-24 * time.Hour).Truncate(24 * time.Hour) }
	found := diagnose(t, s, since)
	wantFinding(t, found, "newest order", order.OutcomeOK, "main:1:000000002 is understood: state processing, placed 1 h ago", "")
	wantFinding(t, found, "backlog", order.OutcomeOK, "1 orders changed since ", "")
	wantFinding(t, diagnose(t, s), "backlog", order.OutcomeOK, "2 orders in all", "")

	if err := shop.Add(document(map[string]any{"entity_id": 3, "increment_id": "000000003", "grand_total": nil})); err != nil {
		t.Fatal(err)
	}
	wantFinding(t, diagnose(t, s), "newest order", order.OutcomeWarn, "main:1:000000003 cannot be understood: The Magento document has no grand_total. (document_unreadable)", "are held")
}

func TestProbe_WarnsOfAPageThatTakesHalfOfItsTime(t *testing.T) {
	t.Parallel()
	shop := newShop(t, magentosim.Config{Orders: 1})
	address := serve(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Query().Get("searchCriteria[pageSize]") == "100" {
			time.Sleep(1600 * time.Millisecond) // a page takes its time
		}
		shop.ServeHTTP(w, r)
	}))
	found := diagnose(t, magento.Settings{URL: address, Token: bearer, Timeout: 20 * time.Second})
	wantFinding(t, found, "speed", order.OutcomeOK, "a page of 1 orders ", "") // however long it takes on this machine: not half of 20 seconds
	found = diagnose(t, magento.Settings{URL: address, Token: bearer, Timeout: 3 * time.Second})
	wantFinding(t, found, "speed", order.OutcomeWarn, "a call may take 3s", "MAGENTO_PAGE_SIZE")
}

func TestProbe_WithoutAClientSkipsEverything(t *testing.T) {
	n := 0
	for f := range (magento.Probe{}).Findings(t.Context()) {
		if n++; f.Outcome != order.OutcomeSkip || !strings.HasPrefix(f.Seen, "not checked: it needs ") {
			t.Errorf("%+v, want it skipped", f)
		}
	}
	if n != 12 {
		t.Errorf("%d checks, want 12", n)
	}
}

// TestProbe_MeasuresTheClockInTheMiddleOfASlowAnswer: the Date is that of the middle, and both clocks are one.
func TestProbe_MeasuresTheClockInTheMiddleOfASlowAnswer(t *testing.T) {
	t.Parallel()
	shop := newShop(t, magentosim.Config{Orders: 1})
	address := serve(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Authorization") != "" {
			shop.ServeHTTP(w, r)
			return
		}
		time.Sleep(3 * time.Second)
		w.Header().Set("Date", time.Now().UTC().Format(http.TimeFormat))
		time.Sleep(3 * time.Second)
		w.WriteHeader(http.StatusUnauthorized)
		_, _ = w.Write([]byte(`{"message":"The consumer isn't authorized to access %resources."}`))
	}))
	found := diagnose(t, magento.Settings{URL: address, OAuth: fourCredentials})
	if seen := found["clock"].Seen; !strings.HasPrefix(seen, "the shop's differs by 0s") && !strings.HasPrefix(seen, "the shop's differs by 1s") {
		t.Errorf("clock: %q, want no difference but that of whole seconds", seen)
	}
}
