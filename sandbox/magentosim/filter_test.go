package magentosim_test

import (
	"net/http"
	"reflect"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"datawald/sandbox/magentosim"
)

func filterShop(t *testing.T) running {
	return fill(t, magentosim.Config{},
		document(1, map[string]any{"status": "Pending", "grand_total": 9.5, "applied_rule_ids": "1,2"}),
		document(2, map[string]any{"updated_at": "2026-10-02 00:00:00", "status": "processing", "grand_total": 100}),
		document(3, map[string]any{"updated_at": "2026-10-02 00:00:01", "store_id": 2, "grand_total": 20.25, "customer_lastname": "Müller"}),
		document(10, map[string]any{"updated_at": "2026-10-03 09:30:00", "store_id": 3, "customer_lastname": "muller ", "ext_order_id": "SAP-1"}),
		document(11, map[string]any{"updated_at": "2026-10-03 09:30:00", "status": "-", "applied_rule_ids": "12"}),
	)
}

func TestFilters(t *testing.T) {
	shop := filterShop(t)
	tests := []struct {
		name                    string
		field, condition, value string
		want                    []int
	}{
		{"eq number", "entity_id", "eq", "10", []int{10}},
		{"eq number with tail", "entity_id", "eq", "10abc", []int{10}},
		{"eq without case", "status", "eq", "PENDING", []int{1, 3, 10}},
		{"eq string keeps zeros", "increment_id", "eq", "10", nil},
		{"eq accent", "customer_lastname", "eq", "MULLER", []int{3, 10}},
		{"neq skips null", "status", "neq", "pending", []int{2}},
		{"gt numbers not text", "grand_total", "gt", "9.5", []int{2, 3, 10, 11}},
		{"lt numbers not text", "grand_total", "lt", "20.25", []int{1, 10, 11}},
		{"gteq", "grand_total", "gteq", "20.25", []int{2, 3}},
		{"lteq", "grand_total", "lteq", "10", []int{1, 10, 11}},
		{"gteq id", "entity_id", "gteq", "3", []int{3, 10, 11}},
		{"gt time", "updated_at", "gt", "2026-10-02 00:00:00", []int{3, 10, 11}},
		{"gteq time with T", "updated_at", "gteq", "2026-10-02T00:00:01", []int{3, 10, 11}},
		{"gteq date", "updated_at", "gteq", "2026-10-03", []int{10, 11}},
		{"lt fraction of a second", "updated_at", "lt", "2026-10-02 00:00:00.5", []int{1, 2}},
		{"eq time with T", "updated_at", "eq", "2026-10-03T09:30", []int{10, 11}},
		{"like", "status", "like", "%ing", []int{1, 2, 3, 10}},
		{"like one character", "increment_id", "like", "00000001_", []int{10, 11}},
		{"like escaped", "increment_id", "like", `00000001\_`, nil},
		{"nlike", "status", "nlike", "pend%", []int{2}},
		{"in", "store_id", "in", "2,3", []int{3, 10}},
		{"in with space, number", "store_id", "in", "2, 3", []int{3, 10}},
		{"in with space, text", "status", "in", "processing, pending", []int{2}},
		{"nin", "store_id", "nin", "2,3", []int{1, 2, 11}},
		{"nin skips null", "status", "nin", "processing", []int{1, 3, 10}},
		{"null", "status", "null", "1", []int{11}},
		{"notnull", "ext_order_id", "notnull", "1", []int{10}},
		{"from", "entity_id", "from", "10", []int{10, 11}},
		{"to", "entity_id", "to", "2", []int{1, 2}},
		{"finset", "applied_rule_ids", "finset", "2", []int{1}},
		{"nfinset", "applied_rule_ids", "nfinset", "2", []int{11}},
		{"seq empty", "status", "seq", "", []int{11}},
		{"sneq empty", "status", "sneq", "", []int{1, 2, 3, 10}},
		{"regexp", "status", "regexp", "^proc", []int{2}},
		{"moreq is an equals", "entity_id", "moreq", "10", []int{10}},
		{"typo is an equals", "entity_id", "gteqq", "3", []int{3}},
		{"no condition type", "entity_id", "", "2", []int{2}},
		{"column that is not kept ready", "customer_lastname", "like", "m%", []int{3, 10}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, total := ids(t, shop.search(append(where(0, 0, tt.field, tt.condition, tt.value), byID...)...))
			if !reflect.DeepEqual(got, tt.want) || total != len(tt.want) {
				t.Errorf("got %v, total_count %d, want %v", got, total, tt.want)
			}
		})
	}
}

func TestFilterGroups(t *testing.T) {
	shop := filterShop(t)
	join := func(parts ...[]string) []string {
		var out []string
		for _, p := range parts {
			out = append(out, p...)
		}
		return append(out, byID...)
	}
	tests := []struct {
		name  string
		parts []string
		want  []int
	}{
		{"OR inside", join(where(0, 0, "entity_id", "eq", "1"), where(0, 1, "store_id", "eq", "3")), []int{1, 10}},
		{"AND across", join(where(0, 0, "entity_id", "gt", "2"), where(1, 0, "store_id", "eq", "1")), []int{11}},
		{"from and to in one group are a range",
			join(where(0, 0, "entity_id", "from", "2"), where(0, 1, "entity_id", "to", "10")), []int{2, 3, 10}},
		{"a range is one of the alternatives",
			join(where(0, 0, "entity_id", "to", "3"), where(0, 1, "entity_id", "from", "2"), where(0, 2, "entity_id", "eq", "11")), []int{2, 3, 11}},
		{"camel case", []string{
			"[filterGroups][0][filters][0][field]=entity_id", "[filterGroups][0][filters][0][conditionType]=gteq",
			"[filterGroups][0][filters][0][value]=10", "[sort_orders][0][field]=entity_id", "[sort_orders][0][direction]=ASC",
		}, []int{10, 11}},
		{"group numbers need not begin at 0", join(where(7, 3, "entity_id", "eq", "2")), []int{2}},
		{"an empty search finds all", join(), []int{1, 2, 3, 10, 11}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got, _ := ids(t, shop.search(tt.parts...)); !reflect.DeepEqual(got, tt.want) {
				t.Errorf("got %v, want %v", got, tt.want)
			}
		})
	}
}

func TestFilterErrors(t *testing.T) {
	shop := filterShop(t)
	tests := []struct {
		name    string
		path    string
		status  int
		message string
	}{
		{"no searchCriteria", "/rest/V1/orders", 400, `"%fieldName" is required. Enter and try again.`},
		{"unknown column", "/rest/V1/orders?" + criteria(where(0, 0, "update_at", "gt", "1")...), 500, "Internal Error."},
		{"nested column", "/rest/V1/orders?" + criteria(where(0, 0, "billing_address.city", "eq", "x")...), 500, "Internal Error."},
		{"indexes left empty make groups of their own", "/rest/V1/orders?searchCriteria[filterGroups][][filters][][field]=status" +
			"&searchCriteria[filterGroups][][filters][][value]=pending", 500, "Internal Error."},
		{"page size that is no number", "/rest/V1/orders?searchCriteria[pageSize]=ten", 400, "value's type is invalid"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			a := shop.get(tt.path)
			if message, _ := a.json(t)["message"].(string); a.status != tt.status || !strings.Contains(message, tt.message) {
				t.Errorf("got %d %s, want %d %q", a.status, a.body, tt.status, tt.message)
			}
		})
	}
}

func TestStoreCodeDoesNotFilter(t *testing.T) {
	shop := filterShop(t)
	for _, prefix := range []string{"/rest/", "/rest/default/", "/rest/de/", "/rest/all/", "/index.php/rest/", "/index.php/rest/de/"} {
		if _, total := ids(t, shop.get(prefix+"V1/orders?searchCriteria=")); total != 5 {
			t.Errorf("%s: total_count %d, want 5", prefix, total)
		}
	}
	if a := shop.get("/rest/nowhere/V1/orders?searchCriteria="); a.status != http.StatusNotFound {
		t.Errorf("unknown store code: got %d %s", a.status, a.body)
	}
}

// TestAnyQuery: whatever is asked, the shop answers with JSON and one of the states it knows.
func TestAnyQuery(t *testing.T) {
	shop := filterShop(t)
	rapid.Check(t, func(rt *rapid.T) {
		query := rapid.SliceOf(rapid.OneOf(
			rapid.SampledFrom([]string{"searchCriteria", "search_criteria", "[filter_groups]", "[filters]", "[0]", "[]", "[field]",
				"[value]", "[pageSize]", "[sortOrders]", "=", "&", "entity_id", "like", "fields", "items[", "]", ",", "%25", "-1"}),
			rapid.StringMatching(`[a-z\[\]%=&+]{0,4}`),
		)).Draw(rt, "query")
		a := shop.get("/rest/V1/orders?" + strings.Join(query, ""))
		if a.status != 200 && a.status != 400 && a.status != 500 || !strings.HasPrefix(a.header.Get("Content-Type"), "application/json") {
			rt.Fatalf("got %d %s", a.status, a.body)
		}
	})
}
