package sapb1_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"pgregory.net/rapid"

	"datawald/order"
	"datawald/sandbox/b1sim"
	"datawald/sapb1"
)

// awkward are references that a filter gets wrong when anything is encoded once too often or too rarely.
var awkward = []string{
	"000000123", "O'Brien", "''", "'", "100%", "%20", "%27", "a&b", "a=b", "a+b", "a b", "a;b", "a/b?c#d", "Söhne", "中文", "😀",
	"' or DocEntry gt 0 or NumAtCard eq '", "(1)", "[1]", "$filter", "\\", "\"", "a,b", "<&>",
}

func TestFindOrders_FindsExactlyTheReference(t *testing.T) {
	for _, version := range versions {
		b := start(t, b1sim.Config{})
		client := b.client(version)
		for _, reference := range awkward {
			if _, err := client.CreateOrder(t.Context(), anOrder(reference)); err != nil {
				t.Fatalf("%s: %q: %v", version, reference, err)
			}
		}
		for _, reference := range awkward {
			found, err := client.FindOrders(t.Context(), sapb1.Reference{NumAtCard: reference})
			if err != nil || len(found) != 1 || found[0].NumAtCard != reference {
				t.Errorf("%s: %q finds %+v, %v", version, reference, found, err)
			}
		}
		if found, err := client.FindOrders(t.Context(), sapb1.Reference{NumAtCard: "not there"}); err != nil || len(found) != 0 {
			t.Errorf("%s: what is not there finds %+v, %v", version, found, err)
		}
	}
}

func TestFindOrders_FindsAnyReference(t *testing.T) {
	b := start(t, b1sim.Config{})
	clients := []*sapb1.Client{b.client("v1"), b.client("v2")}
	rapid.Check(t, func(t *rapid.T) {
		client := rapid.SampledFrom(clients).Draw(t, "version")
		reference := rapid.StringOfN(rapid.RuneFrom([]rune("'%&+=;#?/ äÖß中😀()0aA")), 1, 30, -1).Draw(t, "reference")
		before, err := client.FindOrders(t.Context(), sapb1.Reference{NumAtCard: reference})
		if err != nil {
			t.Fatalf("%q: %v", reference, err)
		}
		if _, err := client.CreateOrder(t.Context(), anOrder(reference)); err != nil {
			t.Fatalf("%q: %v", reference, err)
		}
		after, err := client.FindOrders(t.Context(), sapb1.Reference{NumAtCard: reference})
		if err != nil || len(after) != len(before)+1 || after[len(before)].NumAtCard != reference {
			t.Errorf("%q finds %d orders before it is there and %d after, %v", reference, len(before), len(after), err)
		}
	})
}

func TestFindOrders_LooksIntoTheUserFieldToo(t *testing.T) {
	for _, version := range versions {
		b := start(t, b1sim.Config{UserFields: []b1sim.UserField{{Table: "ORDR", Name: "WEBORDID"}}})
		client := b.client(version)
		for _, c := range []struct{ number, field string }{
			{"123", "main:1:123"}, {"typed by hand", "main:1:124"}, {"123", ""}, {"125", "main:2:O'Brien"},
		} {
			o := anOrder(c.number)
			if c.field != "" {
				o.UserFields = map[string]any{"U_WEBORDID": c.field}
			}
			if _, err := client.CreateOrder(t.Context(), o); err != nil {
				t.Fatal(err)
			}
		}
		for _, c := range []struct {
			ref  sapb1.Reference
			want []int64
		}{
			{sapb1.Reference{NumAtCard: "123", Field: "U_WEBORDID", Value: "main:1:123"}, []int64{1, 3}},
			{sapb1.Reference{NumAtCard: "124", Field: "U_WEBORDID", Value: "main:1:124"}, []int64{2}},
			{sapb1.Reference{NumAtCard: "x", Field: "U_WEBORDID", Value: "main:2:O'Brien"}, []int64{4}},
			{sapb1.Reference{NumAtCard: "123"}, []int64{1, 3}},
			{sapb1.Reference{NumAtCard: "x", Field: "U_WEBORDID", Value: "main:1"}, nil},
		} {
			found, err := client.FindOrders(t.Context(), c.ref)
			if err != nil || !slices.Equal(entries(found), c.want) {
				t.Errorf("%s: %+v finds %v, %v; want %v", version, c.ref, entries(found), err, c.want)
			}
		}
		_, err := client.FindOrders(t.Context(), sapb1.Reference{NumAtCard: "1", Field: "U_MISSING", Value: "x"})
		if f := failureOf(t, err); f.Kind != order.Permanent {
			t.Errorf("%s: a user field that is not there: %+v, want permanent", version, f)
		}
	}
}

func entries(docs []sapb1.Document) (all []int64) {
	for _, d := range docs {
		all = append(all, d.DocEntry)
	}
	return all
}

func TestFindOrders_FollowsTheNextLinks(t *testing.T) {
	for _, version := range versions {
		for _, n := range []int{0, 2, 3, 6, 7} { // B1 names a next page even behind a last page that is full
			b := start(t, b1sim.Config{PageSize: 3})
			client := b.client(version)
			var want []int64
			for i := range n {
				for _, reference := range []string{"O'Brien & Co 100%", "another"} {
					if _, err := client.CreateOrder(t.Context(), anOrder(reference)); err != nil {
						t.Fatal(err)
					}
				}
				want = append(want, int64(2*i+1))
			}
			found, err := client.FindOrders(t.Context(), sapb1.Reference{NumAtCard: "O'Brien & Co 100%"})
			if err != nil || !slices.Equal(entries(found), want) {
				t.Errorf("%s: of %d it finds %v, %v; want %v", version, n, entries(found), err, want)
			}
			if pages := b.calls("GET Orders"); pages != n/3+1 {
				t.Errorf("%s: %d pages are read for %d orders", version, pages, n)
			}
		}
	}
}

func TestFindDrafts_FindsDraftsOfSalesOrdersAlone(t *testing.T) {
	for _, version := range versions {
		b := start(t, b1sim.Config{PageSize: 2, Approval: b1sim.Approval{On: true}})
		client := b.client(version)
		for range 5 {
			_, err := client.CreateOrder(t.Context(), anOrder("1"))
			if f := failureOf(t, err); f.Kind != order.Unknown || !sapb1.IsApprovalAnswer(err) {
				t.Fatalf("%s: %+v, want unknown: there may be a draft", version, f)
			}
		}
		found, err := client.FindDrafts(t.Context(), sapb1.Reference{NumAtCard: "1"})
		if err != nil || len(found) != 5 || found[0].AuthorizationStatus != "dasPending" || !slices.IsSorted(entries(found)) {
			t.Errorf("%s: drafts %+v, %v", version, found, err)
		}
		if orders, err := client.FindOrders(t.Context(), sapb1.Reference{NumAtCard: "1"}); err != nil || len(orders) != 0 {
			t.Errorf("%s: orders %+v, %v", version, orders, err)
		}
		if err := b.company.Reject("1"); err != nil {
			t.Fatal(err)
		}
		if found, err = client.FindDrafts(t.Context(), sapb1.Reference{NumAtCard: "1"}); err != nil || !found[0].IsRejected() {
			t.Errorf("%s: after a refusal %+v, %v", version, found, err)
		}
	}
}

// pages is a Service Layer that answers a look-up with pages of its own making.
type pages struct {
	mu      sync.Mutex
	answers []string
	queries []url.Values
}

func (p *pages) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if strings.HasSuffix(r.URL.Path, "/Login") {
		w.Header().Add("Set-Cookie", "B1SESSION=x;HttpOnly;")
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	q := r.URL.Query()
	p.queries = append(p.queries, q)
	n := 0
	_, _ = fmt.Sscan(q.Get("$skip"), &n)
	_, _ = w.Write([]byte(p.answers[min(n, len(p.answers)-1)]))
}

func look2(t *testing.T, answers ...string) ([]sapb1.Document, *pages, error) {
	t.Helper()
	p := &pages{answers: answers}
	server := httptest.NewServer(p)
	t.Cleanup(server.Close)
	found, err := newClient(t, sapb1.Settings{URL: server.URL + "/b1s/v2"}).FindDrafts(t.Context(), sapb1.Reference{NumAtCard: "O'Brien & 100%"})
	return found, p, err
}

func TestFind_KeepsItsQuestionWhateverTheNextLinkLooksLike(t *testing.T) {
	const last = `{"value":[{"DocEntry":2,"DocObjectCode":"oOrders"},{"DocEntry":3,"DocObjectCode":"13"}]}`
	for _, link := range []string{
		`"odata.nextLink":"/b1s/v1/Drafts?$skip=1"`, // the sample of the manual
		`"odata.nextLink":"/b1s/v1/Drafts?%24skip=1"`,
		`"@odata.nextLink":"Drafts?$filter=NumAtCard%20eq%20%27O%27%27Brien%20%26%20100%25%27&$skip=1"`,
		`"@odata.nextLink":"https://elsewhere:50000/b1s/v2/Drafts?$select=DocEntry&$skip=1"`,
		`"@odata.nextLink":"/Drafts?$filter=NumAtCard eq 'O''Brien & 100%'&$skip=1"`, // not encoded at all
		`"odata.nextLink":"Drafts?$filter=NumAtCard+eq+'x;y'&$skip=1&$orderby=DocEntry asc"`,
	} {
		found, p, err := look2(t, `{"value":[{"DocEntry":1,"DocObjectCode":"17"}],`+link+`}`, last)
		if err != nil || !slices.Equal(entries(found), []int64{1, 2}) {
			t.Errorf("%s: finds %v, %v", link, entries(found), err)
			continue
		}
		first, second := p.queries[0], p.queries[1]
		for _, name := range []string{"$filter", "$select", "$orderby"} {
			if first.Get(name) == "" || first.Get(name) != second.Get(name) {
				t.Errorf("%s: %s was %q and becomes %q", link, name, first.Get(name), second.Get(name))
			}
		}
	}
}

func TestFind_NeverTakesAPartForTheWhole(t *testing.T) {
	for name, answers := range map[string][]string{
		"a link in a circle":            {`{"value":[],"@odata.nextLink":"Drafts?$skip=0"}`},
		"a link that says the same":     {`{"value":[],"@odata.nextLink":"Drafts?$skip=1"}`, `{"value":[],"@odata.nextLink":"Drafts?$skip=1"}`},
		"a link without a place":        {`{"value":[],"@odata.nextLink":"Drafts"}`},
		"a link with an odd place":      {`{"value":[],"@odata.nextLink":"Drafts?$skip=next"}`},
		"no list":                       {`{}`},
		"another answer":                {`{"status":"ok"}`},
		"a list that is null":           {`{"value":null}`},
		"an HTML page":                  {`<html></html>`},
		"nothing":                       {``},
		"a second page that is no list": {`{"value":[],"@odata.nextLink":"Drafts?$skip=1"}`, `{"odata.metadata":"x"}`},
	} {
		began := time.Now()
		found, p, err := look2(t, answers...)
		if err == nil {
			t.Errorf("%s: finds %v, want a failure: an order that is overlooked is sent twice", name, found)
			continue
		}
		if f := failureOf(t, err); f.Kind != order.Transient || f.Code != "unreadable" && f.Code != "page" {
			t.Errorf("%s: %+v, want transient", name, f)
		}
		if len(p.queries) > 5 || time.Since(began) > 10*time.Second {
			t.Errorf("%s: asked %d times", name, len(p.queries))
		}
	}
}

func TestQuote_DoublesQuotes(t *testing.T) {
	for in, want := range map[string]string{"": "''", "a": "'a'", "O'Brien": "'O''Brien'", "'": "''''"} {
		if got := sapb1.Quote(in); got != want {
			t.Errorf("%q becomes %s, want %s", in, got, want)
		}
	}
}

func TestFind_AsksForNoMoreThanItNeeds(t *testing.T) {
	b := start(t, b1sim.Config{})
	client := b.ready("v2")
	if _, err := client.CreateOrder(t.Context(), anOrder("nothing")); err != nil {
		t.Fatal(err)
	}
	if _, err := client.FindOrders(t.Context(), sapb1.Reference{NumAtCard: "nothing"}); err != nil {
		t.Fatal(err)
	}
	all := b.received()
	query := all[len(all)-1].query
	values, err := url.ParseQuery(query)
	if err != nil || values.Get("$select") == "" || strings.Contains(query, "+") {
		t.Errorf("the query is %s (%v), want a $select and spaces as %%20", query, err)
	}
	var full map[string]any
	if err := json.Unmarshal(b.get("v2", "Orders(1)"), &full); err != nil {
		t.Fatal(err)
	}
	for name := range strings.SplitSeq(values.Get("$select"), ",") {
		if _, ok := full[name]; !ok {
			t.Errorf("it asks for %s, which B1 does not have", name)
		}
	}
}
