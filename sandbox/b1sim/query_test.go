package b1sim_test

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"datawald/sandbox/b1sim"
)

// threeOrders holds O'Hara-1 (100.00), WEB-2 (200.00, cancelled) and one without a reference (50.00).
func threeOrders(t *testing.T) *sim {
	s := newSim(t, b1sim.Config{Now: newClock().Now})
	s.order(orderWith(`"NumAtCard":"O'Hara-1","DocDate":"2029-05-01"`, `{"ItemCode":"A1","UnitPrice":100}`))
	s.order(orderWith(`"NumAtCard":"WEB-2","DocDate":"2029-06-01"`, `{"ItemCode":"A1","UnitPrice":200}`))
	s.order(orderWith(`"DocDate":"2029-07-01"`, `{"ItemCode":"A1","UnitPrice":50}`))
	if err := s.company.Cancel("WEB-2"); err != nil {
		t.Fatal(err)
	}
	return s
}

func TestFilter(t *testing.T) {
	s := threeOrders(t)
	for _, tc := range []struct{ filter, want string }{
		{`NumAtCard eq 'O''Hara-1'`, "1"},
		{`NumAtCard eq 'nobody'`, ""},
		{`NumAtCard eq 'WEB-2' and Cancelled eq 'tYES'`, "2"},
		{`Cancelled eq 'Y'`, "2"},
		{`Cancelled eq 'tNO' and DocTotal gt 60`, "1"},
		{`DocTotal ge 100 and DocTotal le 200`, "1,2"},
		{`DocTotal lt '100.0'`, "3"},
		{`DocEntry ne 2`, "1,3"},
		{`NumAtCard ne 'WEB-2'`, "1"}, // null is neither equal nor unequal
		{`not (NumAtCard eq 'WEB-2')`, "1"},
		{`NumAtCard eq null`, "3"},
		{`NumAtCard ne null`, "1,2"},
		{`DocEntry eq 1 or DocEntry eq 3`, "1,3"},
		{`DocEntry eq 1 or DocEntry eq 2 and DocTotal eq 50`, "1"},
		{`(DocEntry eq 1 or DocEntry eq 2) and DocTotal eq 200`, "2"},
		{`startswith(NumAtCard,'WEB')`, "2"},
		{`endswith(NumAtCard,'-1')`, "1"},
		{`contains(NumAtCard,'-')`, "1,2"},
		{`substringof('''Ha',NumAtCard)`, "1"},
		{`substringof('WEB',NumAtCard) eq true`, "2"},
		{`substringof('WEB',NumAtCard) eq false`, "1"},
		{`DocDate ge '2029-06-01'`, "2,3"},
		{`DocDate eq '20290601'`, "2"},
		{`DocDate gt datetime'2029-06-01T00:00:00'`, "3"},
		{`DocDate le 2029-05-01T00:00:00Z`, "1"},
		{`DocObjectCode eq '17' and DocObjectCode eq 'oOrders' and DocEntry eq 1`, "1"},
		{`DocTotal gt -5`, "1,2,3"},
	} {
		for _, version := range []string{"v1", "v2"} {
			answer := s.call("GET", "/b1s/"+version+"/Orders?$select=DocEntry&$filter="+url.QueryEscape(tc.filter), "")
			answer.want(t, http.StatusOK)
			if got := strings.Join(answer.values("DocEntry"), ","); got != tc.want {
				t.Errorf("%s: %s gives %q, want %q", version, tc.filter, got, tc.want)
			}
			count := s.call("GET", "/b1s/"+version+"/Orders/$count?$filter="+url.QueryEscape(tc.filter), "")
			if got, want := string(count.body), fmt.Sprint(len(answer.values("DocEntry"))); got != want {
				t.Errorf("%s: $count of %s is %s, want %s", version, tc.filter, got, want)
			}
		}
	}
}

func TestFilterFoldsCaseOnRequest(t *testing.T) {
	s := threeOrders(t)
	path := "/b1s/v2/Orders?$filter=" + url.QueryEscape("NumAtCard eq 'web-2' or startswith(NumAtCard,'o''HARA')")
	if got := s.call("GET", path, "").values("DocEntry"); len(got) != 0 {
		t.Errorf("case sensitive: %v", got)
	}
	if got := s.call("GET", path, "", "B1S-CaseInsensitive: true").values("DocEntry"); len(got) != 2 {
		t.Errorf("case insensitive: %v", got)
	}
}

func TestQueryRefused(t *testing.T) {
	s := threeOrders(t)
	for _, tc := range []struct{ option, value, code, text string }{
		{"$filter", "NoSuchField eq 1", "201", "Property 'NoSuchField' is invalid"},
		{"$filter", "DocStatus eq 'O'", "201", "Property 'DocStatus' is invalid"},
		{"$filter", "numatcard eq 'x'", "201", "Property 'numatcard' is invalid"},
		{"$filter", "DocEntry eq", "201", "Invalid filter condition"},
		{"$filter", "DocEntry", "201", "Invalid filter condition"},
		{"$filter", "DocEntry like 1", "201", "Invalid filter condition"},
		{"$filter", "DocEntry eq 1)", "201", "Invalid filter condition"},
		{"$filter", "(DocEntry eq 1", "201", "Invalid filter condition"},
		{"$filter", "NumAtCard eq 'open", "201", "Invalid filter condition"},
		{"$filter", "NumAtCard eq 12", "201", "Invalid filter condition"},
		{"$filter", "NumAtCard eq CardCode", "201", "Invalid filter condition"},
		{"$filter", "DocEntry eq 'many'", "201", "Invalid filter condition"},
		{"$filter", "DocTotal add 1 eq 2", "201", "Invalid filter condition"},
		{"$filter", "toupper(NumAtCard) eq 'X'", "201", "Not supported function"},
		{"$filter", "contains('x',NumAtCard)", "201", "Invalid filter condition"},
		{"$filter", "startswith(Nope,'x')", "201", "Property 'Nope' is invalid"},
		{"$filter", "DocumentLines/any(l: l/ItemCode eq 'A1')", "201", "Invalid symbol"},
		{"$select", "DocEntry,DocStatus", "-1000", "Property 'DocStatus' of 'Document' is invalid"},
		{"$orderby", "Nope", "201", "Property 'Nope' is invalid"},
		{"$orderby", "DocEntry upwards", "201", "$orderby"},
		{"$top", "-1", "201", "$top"},
		{"$skip", "x", "201", "$skip"},
		{"$apply", "aggregate(DocTotal with sum as T)", "201", "$apply"},
	} {
		s.call("GET", "/b1s/v2/Orders?"+tc.option+"="+url.QueryEscape(tc.value), "").wantError(t, 400, tc.code, tc.text)
	}
	s.call("GET", "/b1s/v2/Nothing", "").wantError(t, 400, "200", "Unrecognized resource path")
	s.call("GET", "/b1s/v2/Orders(1)/Lines", "").wantError(t, 400, "200", "Unrecognized resource path")
	s.call("GET", "/b1s/v2/Orders(1", "").wantError(t, 400, "200", "Unrecognized resource path")
	s.call("GET", "/b1s/v2/Orders('1')", "").wantError(t, 400, "201", "Invalid key")
	s.call("GET", "/b1s/v1/Orders(99)", "").wantError(t, 404, "-2028", "No matching records found (ODBC -2028)")
}

func TestSelectAndOrder(t *testing.T) {
	s := threeOrders(t)
	answer := s.call("GET", "/b1s/v2/Orders?$select=DocEntry,NumAtCard&$orderby=DocTotal%20desc,DocEntry", "")
	if got := strings.Join(answer.values("DocEntry"), ","); got != "2,1,3" {
		t.Errorf("order %s", got)
	}
	first := answer.doc["value"].([]any)[0].(map[string]any)
	if len(first) != 3 || first["@odata.etag"] == nil { // the two, and the ETag
		t.Errorf("selected %v", first)
	}
	one := s.call("GET", "/b1s/v1/Orders(1)?$select=NumAtCard", "")
	one.wantProps(t, "NumAtCard", "O'Hara-1")
	if one.doc["DocTotal"] != nil || one.doc["odata.etag"] == nil {
		t.Errorf("selected %v", one.doc)
	}
}

func TestKeysInPaths(t *testing.T) {
	s := newSim(t, b1sim.Config{Partners: []b1sim.Partner{{Code: "C'1/2", Name: "Odd"}, {Code: "C-WEB"}}})
	for _, path := range []string{"BusinessPartners('C%27%271%2F2')", "BusinessPartners(CardCode='C''1/2')"} {
		s.call("GET", "/b1s/v2/"+path, "").wantProps(t, "CardName", "Odd")
	}
}

// manyOrders makes orders 1 to n.
func manyOrders(t *testing.T, n int, cfg b1sim.Config) *sim {
	s := newSim(t, cfg)
	for i := range n {
		s.order(simpleOrder(fmt.Sprint("K", i+1)))
	}
	return s
}

func TestPagingShapes(t *testing.T) {
	s := manyOrders(t, 25, b1sim.Config{})
	v1 := s.call("GET", "/b1s/v1/Orders?$select=DocEntry", "")
	v1.wantProps(t, "odata.nextLink", "/b1s/v1/Orders?$select=DocEntry&$skip=20")
	if len(v1.values("DocEntry")) != 20 || v1.header.Get("Preference-Applied") != "" {
		t.Errorf("page of %d", len(v1.values("DocEntry")))
	}
	v2 := s.call("GET", "/b1s/v2/Orders?$skip=20", "")
	if len(v2.values("DocEntry")) != 5 || v2.doc["@odata.nextLink"] != nil {
		t.Errorf("last page of %d, link %v", len(v2.values("DocEntry")), v2.doc["@odata.nextLink"])
	}
	for _, header := range []string{"Prefer: odata.maxpagesize=10", "B1S-PageSize: 10"} {
		page := s.call("GET", "/b1s/v2/Orders?$filter=DocEntry%20gt%203&$orderby=DocEntry", "", header)
		page.wantProps(t, "@odata.nextLink", "Orders?$filter=DocEntry%20gt%203&$orderby=DocEntry&$skip=10")
		if page.header.Get("Preference-Applied") != "odata.maxpagesize=10" {
			t.Errorf("%s not applied", header)
		}
	}
	if all := s.call("GET", "/b1s/v2/Orders", "", "Prefer: odata.maxpagesize=0"); len(all.values("DocEntry")) != 25 {
		t.Errorf("without paging: %d rows", len(all.values("DocEntry")))
	}
}

func TestTopGoesAcrossPages(t *testing.T) {
	s := manyOrders(t, 25, b1sim.Config{PageSize: 10})
	s.call("GET", "/b1s/v2/Orders?$top=23", "").wantProps(t, "@odata.nextLink", "Orders?$top=13&$skip=10")
	for query, rows := range map[string]int{"$top=5": 5, "$top=10": 10, "$top=3&$skip=24": 1, "$top=0": 0} {
		answer := s.call("GET", "/b1s/v2/Orders?"+query, "")
		if got := len(answer.values("DocEntry")); got != rows || answer.doc["@odata.nextLink"] != nil {
			t.Errorf("%s: %d rows, link %v", query, got, answer.doc["@odata.nextLink"])
		}
	}
}

// Following the links yields every row once; a last page that is full still has a link, to an empty page.
func TestFollowingNextLinks(t *testing.T) {
	s := manyOrders(t, 20, b1sim.Config{PageSize: 5})
	for version, base := range map[string]string{"v1": "", "v2": "/b1s/v2/"} {
		path, pages, seen := "/b1s/"+version+"/Orders?$select=DocEntry", 0, map[string]bool{}
		for path != "" {
			answer := s.call("GET", path, "")
			for _, entry := range answer.values("DocEntry") {
				if seen[entry] {
					t.Errorf("%s: %s twice", version, entry)
				}
				seen[entry] = true
			}
			pages++
			link, _ := answer.doc[map[string]string{"v1": "odata.nextLink", "v2": "@odata.nextLink"}[version]].(string)
			if path = link; link != "" {
				path = base + link
			}
		}
		if pages != 5 || len(seen) != 20 {
			t.Errorf("%s: %d pages, %d rows", version, pages, len(seen))
		}
	}
}

func TestCounts(t *testing.T) {
	s := manyOrders(t, 25, b1sim.Config{})
	s.call("GET", "/b1s/v1/Orders?$inlinecount=allpages&$top=1", "").wantProps(t, "odata.count", "25")
	s.call("GET", "/b1s/v2/Orders?$count=true&$filter=DocEntry%20le%203", "").wantProps(t, "@odata.count", "3")
	answer := s.call("GET", "/b1s/v2/Orders/$count", "")
	if string(answer.body) != "25" || !strings.HasPrefix(answer.header.Get("Content-Type"), "text/plain") {
		t.Errorf("$count %q as %s", answer.body, answer.header.Get("Content-Type"))
	}
}
