package sapb1_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/shopspring/decimal"

	"datawald/order"
	"datawald/sandbox/b1sim"
	"datawald/sapb1"
)

func TestHasRate_TellsWhetherB1HasIt(t *testing.T) {
	for _, version := range versions {
		for _, language := range []string{"en", "es"} {
			b := start(t, b1sim.Config{Language: language})
			client := b.client(version)
			if known, err := client.HasRate(t.Context(), "EUR", day); !known || err != nil {
				t.Errorf("%s %s: with the rate: %t, %v", version, language, known, err)
			}
			b.company.SetRate("EUR", decimal.Zero)
			if known, err := client.HasRate(t.Context(), "EUR", day); known || err != nil {
				t.Errorf("%s %s: without it: %t, %v", version, language, known, err)
			}
			if _, err := client.HasRate(t.Context(), "XXX", day); order.KindOf(err) != order.Permanent {
				t.Errorf("%s %s: of a currency that B1 does not have: %v, want a refusal", version, language, err)
			}
			for _, r := range b.received() {
				if strings.Contains(r.path, "Service_") && r.method == http.MethodPost && r.body != `{"Currency":"EUR","Date":"20300131"}` && !strings.Contains(r.body, "XXX") {
					t.Errorf("%s: B1 is asked %s", version, r.body)
				}
			}
		}
	}
}

// The reference has the question as a POST, the metadata of OData 4 as a function; a B1 that takes one alone is understood.
func TestHasRate_IsAskedAsB1TakesIt(t *testing.T) {
	refusal := func(status int, body string) func(http.ResponseWriter) {
		return func(w http.ResponseWriter) { w.WriteHeader(status); _, _ = w.Write([]byte(body)) }
	}
	answer := func(body string) func(http.ResponseWriter) { return refusal(http.StatusOK, body) }
	noRate := refusal(400, `{"error":{"code":"-4006","message":"Actualice el tipo de cambio"}}`)
	noWay := refusal(400, `{"error":{"code":"-1002","message":"Service Not Found"}}`)
	for name, c := range map[string]struct {
		post, get func(http.ResponseWriter)
		known     bool
		kind      order.Kind // of the failure, empty for none
	}{
		"a bare number":              {answer("1.08"), nil, true, ""},
		"a text":                     {answer(`"1.08"`), nil, true, ""},
		"a value":                    {answer(`{"@odata.context":"x","value":1.08}`), nil, true, ""},
		"zero":                       {answer(`{"value":0}`), nil, false, ""},
		"null":                       {answer("null"), nil, false, ""},
		"no rate":                    {noRate, nil, false, ""},
		"by GET alone":               {noWay, answer(`{"value":1.08}`), true, ""},
		"by GET alone, no rate":      {refusal(405, "<html></html>"), noRate, false, ""},
		"by GET alone, says a proxy": {refusal(404, "<html></html>"), answer("1.08"), true, ""},
		"neither":                    {noWay, noWay, false, order.Permanent},
		"something else":             {answer(`{"rates":[]}`), nil, false, order.Transient},
		"a page":                     {answer("<html></html>"), nil, false, order.Transient},
		"out of order":               {refusal(503, ""), nil, false, order.Transient},
		"no right to ask":            {refusal(403, `{"error":{"code":"-1","message":"no"}}`), nil, false, order.Config},
	} {
		var asked []string
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if strings.HasSuffix(r.URL.Path, "/Login") {
				w.Header().Add("Set-Cookie", "B1SESSION=x;HttpOnly;")
				return
			}
			asked = append(asked, r.Method+" "+strings.TrimPrefix(r.URL.Path, "/b1s/v2/"))
			if r.Method == http.MethodPost {
				c.post(w)
			} else {
				c.get(w)
			}
		}))
		known, err := newClient(t, sapb1.Settings{URL: server.URL + "/b1s/v2"}).HasRate(t.Context(), "O'R", day)
		server.Close()
		if known != c.known || (err == nil) != (c.kind == "") || err != nil && order.KindOf(err) != c.kind {
			t.Errorf("%s: %t, %v; want %t and a failure %q", name, known, err, c.known, c.kind)
		}
		want := []string{"POST SBOBobService_GetCurrencyRate", "GET SBOBobService_GetCurrencyRate(Currency='O''R',Date='20300131')"}
		if c.get == nil {
			want = want[:1]
		}
		if fmt.Sprint(asked) != fmt.Sprint(want) {
			t.Errorf("%s: asked %q, want %q", name, asked, want)
		}
	}
}
