package magento_test

import (
	"net/http"
	"strings"
	"testing"

	"datawald/magento"
	"datawald/order"
	"datawald/sandbox/magentosim"
)

// TestRefusal_NamesTheLikeliestCauseFirst asks with each sign-in, against each refusal that the shop knows.
func TestRefusal_NamesTheLikeliestCauseFirst(t *testing.T) {
	signed, token, admin := magento.Settings{OAuth: fourCredentials}, magento.Settings{Token: bearer}, magento.Settings{AdminUser: adminUser, AdminPassword: adminPassword}
	oauth := func(name string) func(*magentosim.Faults) {
		return func(f *magentosim.Faults) { f.OAuthRefusal = name }
	}
	deny := func(f *magentosim.Faults) { f.Deny = []string{"Magento_Sales::actions_view"} }
	const menu = "Integrations > API > Sales > Operations > Orders > Actions > View (Magento_Sales::actions_view)"
	for _, c := range []struct {
		name   string
		as     magento.Settings
		before bool // the shop takes a call before the fault
		fault  func(*magentosim.Faults)
		want   []string // in this order
		not    string
	}{
		{"signed, wrong secret or proxy", signed, false, oauth("signature"), []string{"secrets", "proxy that ends TLS", "Offloader header"}, "bearer"},
		{"signed, unknown consumer", signed, false, oauth("consumer_unknown"), []string{"MAGENTO_CONSUMER_KEY", "deleted"}, "proxy"},
		{"signed, short consumer", signed, false, oauth("consumer_length"), []string{"MAGENTO_CONSUMER_KEY", "not copied whole"}, "proxy"},
		{"signed, activation not finished", signed, false, oauth("consumer_expired"), []string{"Reauthorize"}, "proxy"},
		{"signed, unknown token", signed, false, oauth("token_unknown"), []string{"MAGENTO_ACCESS_TOKEN", "reauthorized"}, "proxy"},
		{"signed, short token", signed, false, oauth("token_length"), []string{"MAGENTO_ACCESS_TOKEN", "not copied whole"}, "proxy"},
		{"signed, token of another", signed, false, oauth("token_of_another"), []string{"MAGENTO_ACCESS_TOKEN"}, "proxy"},
		{"signed, request token", signed, false, oauth("token_not_exchanged"), []string{"MAGENTO_ACCESS_TOKEN"}, "proxy"},
		{"signed, revoked", signed, true, oauth("token_revoked"), []string{"MAGENTO_ACCESS_TOKEN", "reauthorized"}, "proxy"},
		{"signed, no right", signed, false, deny, []string{"signature was accepted", "right is missing", menu, "Activate"}, "Bearer"},
		{"signed, no right any more", signed, true, deny, []string{"worked before", "right was taken", menu}, "Bearer"},
		{"signed, switched off", signed, false, func(f *magentosim.Faults) { f.IntegrationInactive = true }, []string{"signature was accepted", "Activate"}, "Bearer"},
		{"token, never worked", token, false, func(f *magentosim.Faults) { f.BearerDisabled = true },
			[]string{"since 2.4.4", "Allow OAuth Access Tokens to be used as standalone Bearer tokens", "config:set oauth/consumer/enable_integration_as_bearer 1", "token is wrong", "not active", menu}, "worked before"},
		{"token, worked before", token, true, func(f *magentosim.Faults) { f.TokenRevoked = true }, []string{"worked before", "revoked", "upgrade to 2.4.4", "enable_integration_as_bearer 1", menu}, "Likeliest"},
		{"admin, no right", admin, false, deny, []string{"login was accepted", "User Roles", "Actions > View (Magento_Sales::actions_view)"}, "Bearer"},
	} {
		t.Run(c.name, func(t *testing.T) {
			shop := newShop(t, magentosim.Config{Orders: 1, AdminUsername: adminUser, AdminPassword: adminPassword})
			c.as.URL = serve(t, shop)
			client, err := magento.New(c.as)
			if err != nil {
				t.Fatal(err)
			}
			if c.before {
				if err := get(t, client); err != nil {
					t.Fatal(err)
				}
			}
			if err := shop.SetFaults(c.fault); err != nil {
				t.Fatal(err)
			}
			f := failureOf(t, get(t, client))
			if f.Kind != order.Config || f.Code != "401" {
				t.Errorf("failure is %+v, want config", f)
			}
			rest := f.Hint
			for _, w := range c.want {
				_, after, found := strings.Cut(rest, w)
				if !found {
					t.Fatalf("hint is %q, want %q in it, in this order", f.Hint, c.want)
				}
				rest = after
			}
			if strings.Contains(f.Hint, c.not) {
				t.Errorf("hint %q speaks of %q", f.Hint, c.not)
			}
		})
	}
}

func TestRefusal_OfOneOperationWhileOthersAreAnswered(t *testing.T) {
	shop := newShop(t, magentosim.Config{Orders: 1})
	client := newClient(t, magento.Settings{URL: serve(t, shop)})
	if err := get(t, client); err != nil {
		t.Fatal(err)
	}
	if err := shop.SetFaults(func(f *magentosim.Faults) { f.ACL = false }); err != nil {
		t.Fatal(err)
	}
	_, err := client.FindByIncrementIDs(t.Context(), []string{"1"})
	if f := failureOf(t, err); !strings.HasPrefix(f.Hint, "The token is accepted for other calls, so the right is missing") {
		t.Errorf("hint is %q", f.Hint)
	}
}

func TestRefusal_ThatIsNotTheShops(t *testing.T) {
	_, err := answering(t, http.StatusUnauthorized, http.Header{"Www-Authenticate": {"Basic"}}, "<html>401</html>").Get(t.Context(), 1)
	if f := failureOf(t, err); f.Kind != order.Config || !strings.Contains(f.Hint, "password of its own") {
		t.Errorf("%+v, want a hint at the proxy", f)
	}
	for body, want := range map[string]string{
		`{"message":"Something new"}`: "integration token",
		`{"message":"The consumer isn't authorized to access %resources.","parameters":{"resources":"Magento_Sales::invoice"}}`: "Actions > Invoice (Magento_Sales::invoice)",
		`{"message":"The consumer isn't authorized to access %resources.","parameters":{"resources":"Vendor_Module::x"}}`:       "Orders (Vendor_Module::x)",
	} {
		_, err := answering(t, http.StatusUnauthorized, nil, body).Get(t.Context(), 1)
		if f := failureOf(t, err); !strings.Contains(f.Hint, want) {
			t.Errorf("%s: hint is %q, want %q", body, f.Hint, want)
		}
	}
}
