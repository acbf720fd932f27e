package web

import (
	"strings"
	"testing"
	"time"

	"github.com/shopspring/decimal"

	"datawald/order"
	"datawald/store"
)

func TestMoney(t *testing.T) {
	for want, m := range map[string]order.Money{
		"1,204.50 EUR":      {Amount: decimal.RequireFromString("1204.5"), Currency: "EUR"},
		"300 JPY":           {Amount: decimal.RequireFromString("300"), Currency: "JPY"},
		"1,234,567.125 USD": {Amount: decimal.RequireFromString("1234567.125"), Currency: "USD"}, // no digit is left out
		"\u221210.00 USD":   {Amount: decimal.RequireFromString("-10"), Currency: "USD"},
		"1.250 BHD":         {Amount: decimal.RequireFromString("1.25"), Currency: "BHD"},
		"\u2212123.00 USD":  {Amount: decimal.RequireFromString("-123"), Currency: "USD"},
		"–":                 {},
	} {
		if got := strings.ReplaceAll(money(m), "\u00a0", " "); got != want {
			t.Errorf("%v is written %q, want %q", m, got, want)
		}
	}
}

// Every line of account and every kind of finding has words of its own. Fails without: any one of lineNames.
func TestLineNames(t *testing.T) {
	seen := map[string]bool{}
	for _, line := range store.AccountLines() {
		seen[string(line)] = true
	}
	for _, kind := range store.FindingKinds() {
		seen[string(kind)] = true
	}
	words := map[string]string{}
	for name := range seen {
		text := lineNames[name]
		if text == "" || words[text] != "" {
			t.Errorf("%s is called %q, as %q is", name, text, words[text])
		}
		words[text] = name
	}
}

func TestSentence(t *testing.T) {
	for want, counts := range map[string]map[order.Status]int64{
		"1,204 orders from Magento: 1,198 in B1, 4 excluded, 2 held.":      {order.Posted: 1198, order.Excluded: 4, order.Held: 2, order.Draft: 0},
		"1 order from Magento: 0 in B1, 1 waiting for B1.":                 {order.Pending: 1},
		"No order from Magento yet.":                                       {order.Pending: 0},
		"3 orders from Magento: 1 in B1, 1 as a draft in B1, 1 cancelled.": {order.Posted: 1, order.Draft: 1, order.Cancelled: 1},
	} {
		if got := sentence(counts); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}

// Every state has a word, a shape and a place in the sentence: one that is added cannot be forgotten.
func TestEveryStateHasItsWords(t *testing.T) {
	for _, s := range order.Statuses() {
		if _, err := icon(string(s)); err != nil || statusNames[s] == "" || inSentence[s] == "" {
			t.Errorf("the state %s: shape %v, name %q, in the sentence %q", s, err, statusNames[s], inSentence[s])
		}
	}
}

// After signing in one comes back to one's own page and never to another site. Fails without: each condition of ownPath.
func TestOwnPath(t *testing.T) {
	for next, want := range map[string]string{
		"/orders?state=held": "/orders?state=held", "/": "/", "/orders/main:1:000000123": "/orders/main:1:000000123",
		"": "/", "//evil.example": "/", "https://evil.example/": "/", "/\\evil.example": "/", "javascript:alert(1)": "/", "orders": "/",
		"/login?next=/": "/", "/api/v1/orders": "/", "/api/docs": "/api/docs", "http:/orders": "/", "/a\nb": "/", "\t//evil.example": "/", "/%0a": "/%0a",
	} {
		if got := ownPath(next); got != want {
			t.Errorf("%q leads to %q, want %q", next, got, want)
		}
	}
}

func TestSeconds(t *testing.T) {
	n := int64(7200)
	for want, v := range map[string]any{"40 s": 40, "119 s": int64(119), "2 min": 120, "2 h": &n, "3 days": 3 * 86400, "–": (*int64)(nil), "1 s": .6} {
		if got := seconds(v); got != want {
			t.Errorf("%v is written %q, want %q", v, got, want)
		}
	}
}

func TestTimesNameTheirZone(t *testing.T) {
	at := time.Date(2026, 11, 30, 12, 5, 9, 0, time.FixedZone("", 3600))
	if got := when(at); got != `<time datetime="2026-11-30T11:05:09Z" data-precision="minute">2026-11-30 11:05 UTC</time>` {
		t.Errorf("%s", got)
	}
	if got := stamp(&at); !strings.Contains(string(got), "11:05:09 UTC") {
		t.Errorf("%s", got)
	}
	if when(time.Time{}) != "–" || when((*time.Time)(nil)) != "–" {
		t.Error("no time is not written as none")
	}
}

// The picture fits: no bar leaves it, and the highest one fills it to more than half.
func TestChartFits(t *testing.T) {
	for _, most := range []int64{0, 1, 3, 7, 10, 99, 1234} {
		var hours []hour
		for n := range 24 {
			hours = append(hours, hour{At: time.Unix(int64(n)*3600, 0), Placed: most * int64(n) / 23, Posted: most / 2, Median: float64(most), P95: float64(3 * most)})
		}
		c := draw(hours, "")
		highest := 0.0
		for _, p := range []panel{c.Orders, c.Times} {
			for _, b := range p.Bars {
				if b.X < chartLeft || b.X+b.W > chartWidth || b.Y < chartTop || b.Y+b.H > chartTop+chartHeight+.1 {
					t.Errorf("most %d: a bar leaves the picture: %+v", most, b)
				}
				highest = max(highest, b.H)
			}
		}
		if most > 1 && highest < chartHeight/2 {
			t.Errorf("most %d: the highest bar is %v of %d", most, highest, chartHeight)
		}
	}
}

// Each kind of run has a name of its own on the page. Fails without: "retry" in kindNames.
func TestKindNames(t *testing.T) {
	seen := map[string]bool{}
	for _, k := range store.RunKinds() {
		name := kindName(k)
		if _, ok := kindNames[k]; !ok || seen[name] {
			t.Errorf("the kind %s is called %q", k, name)
		}
		seen[name] = true
	}
}
