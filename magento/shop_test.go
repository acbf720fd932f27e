package magento_test

import (
	"encoding/json"
	"errors"
	"flag"
	"net/http"
	"net/http/httptest"
	"os"
	"testing"
	"time"

	"datawald/magento"
	"datawald/order"
	"datawald/sandbox/magentosim"
)

// TestMain keeps the properties moderate; -rapid.checks and -rapid.steps ask for more.
func TestMain(m *testing.M) {
	if err := errors.Join(flag.Set("rapid.checks", "12"), flag.Set("rapid.steps", "12")); err != nil {
		panic(err)
	}
	os.Exit(m.Run())
}

const bearer = "integration-token"

var fourCredentials = magento.OAuth{ConsumerKey: "key", ConsumerSecret: "secret&+%", AccessToken: "token", AccessTokenSecret: "hidden =~"}

// simCredentials are the same four as the shop knows them.
var simCredentials = magentosim.OAuthCredentials{ConsumerKey: fourCredentials.ConsumerKey, ConsumerSecret: fourCredentials.ConsumerSecret,
	AccessToken: fourCredentials.AccessToken, AccessTokenSecret: fourCredentials.AccessTokenSecret}

// failer is what a check needs of a test or of a property.
type failer interface {
	Helper()
	Fatalf(format string, args ...any)
}

// newShop makes a shop that knows both kinds of credentials.
func newShop(t failer, cfg magentosim.Config) *magentosim.Shop {
	t.Helper()
	cfg.BearerToken, cfg.OAuth = bearer, simCredentials
	shop, err := magentosim.New(cfg)
	if err != nil {
		t.Fatalf("%v", err)
	}
	return shop
}

// serve answers with h until the test ends and gives the address.
func serve(t *testing.T, h http.Handler) string {
	t.Helper()
	server := httptest.NewServer(h)
	t.Cleanup(server.Close)
	return server.URL
}

func newClient(t failer, s magento.Settings) *magento.Client {
	t.Helper()
	if s.Token == "" && s.OAuth == (magento.OAuth{}) {
		s.Token = bearer
	}
	c, err := magento.New(s)
	if err != nil {
		t.Fatalf("%v", err)
	}
	return c
}

// failureOf wants err to be a Failure of Magento.
func failureOf(t failer, err error) *order.Failure {
	t.Helper()
	f, ok := errors.AsType[*order.Failure](err)
	if !ok {
		t.Fatalf("error is %v (%T), want an order.Failure", err, err)
	}
	if f.System != "magento" || f.Op == "" || f.Message == "" || f.Code == "" {
		t.Fatalf("failure %+v does not say who failed at what", f)
	}
	return f
}

// document writes a small sound order; extra members override its own, and nil removes one.
func document(extra map[string]any) []byte {
	doc := map[string]any{
		"entity_id": 7, "increment_id": "000000007", "store_id": 1, "state": "processing", "status": "processing",
		"created_at": "2026-11-01 10:00:00", "updated_at": "2026-11-02 11:00:00",
		"order_currency_code": "EUR", "base_currency_code": "USD", "base_to_order_rate": 0.9,
		"customer_email": "jane.doe@example.com", "customer_firstname": "Jane", "customer_lastname": "Doe",
		"subtotal": 24, "shipping_amount": 5, "tax_amount": 2.9, "discount_amount": -2, "grand_total": 29.9,
		"items": []any{map[string]any{"item_id": 1, "sku": "A-1", "name": "Mug", "product_type": "simple",
			"qty_ordered": 2, "price": 12, "price_incl_tax": 13.2, "discount_amount": 2, "tax_amount": 2.4, "tax_percent": 10}},
		"billing_address": map[string]any{"firstname": "Jane", "lastname": "Doe", "street": []any{"Long Lane 5"}, "city": "Bonn", "country_id": "DE"},
		"payment":         map[string]any{"method": "checkmo"},
	}
	for name, value := range extra {
		doc[name] = value
		if value == nil {
			delete(doc, name)
		}
	}
	raw, err := json.Marshal(doc)
	if err != nil {
		panic(err)
	}
	return raw
}

// second is a time of the test's shop: noon and so many seconds.
func second(n int) time.Time { return time.Date(2026, 11, 1, 12, 0, n, 0, time.UTC) }
