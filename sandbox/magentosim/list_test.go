package magentosim_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"reflect"
	"slices"
	"strings"
	"testing"

	"datawald/sandbox/magentosim"
)

func sortShop(t *testing.T) running {
	return fill(t, magentosim.Config{},
		document(1, map[string]any{"grand_total": 100, "status": "b", "updated_at": "2026-10-02 00:00:00"}),
		document(2, map[string]any{"grand_total": 9, "status": "B", "updated_at": "2026-10-01 00:00:00"}),
		document(3, map[string]any{"grand_total": 9, "status": "-", "updated_at": "2026-10-02 00:00:00"}),
		document(4, map[string]any{"grand_total": 20.5, "status": "a", "updated_at": "2026-10-03 00:00:00"}),
	)
}

func sortBy(fields ...string) []string {
	var parts []string
	for i, f := range fields {
		name, direction, given := strings.Cut(f, " ")
		parts = append(parts, fmt.Sprintf("[sortOrders][%d][field]=%s", i, name))
		if given {
			parts = append(parts, fmt.Sprintf("[sortOrders][%d][direction]=%s", i, direction))
		}
	}
	return parts
}

func TestSorts(t *testing.T) {
	shop := sortShop(t)
	tests := []struct {
		keys []string
		want []int
	}{
		{[]string{"entity_id ASC"}, []int{1, 2, 3, 4}},
		{[]string{"entity_id DESC"}, []int{4, 3, 2, 1}},
		{[]string{"entity_id"}, []int{4, 3, 2, 1}}, // no direction is DESC
		{[]string{"entity_id asc"}, []int{1, 2, 3, 4}},
		{[]string{"grand_total ASC", "entity_id ASC"}, []int{2, 3, 4, 1}},
		{[]string{"grand_total DESC", "entity_id ASC"}, []int{1, 4, 2, 3}},
		{[]string{"updated_at ASC", "entity_id ASC"}, []int{2, 1, 3, 4}},
		{[]string{"updated_at ASC", "entity_id DESC"}, []int{2, 3, 1, 4}},
		{[]string{"updated_at DESC", "entity_id DESC"}, []int{4, 3, 1, 2}},
		{[]string{"status ASC", "entity_id ASC"}, []int{3, 4, 1, 2}}, // NULL first, case does not matter
	}
	for _, tt := range tests {
		t.Run(strings.Join(tt.keys, ","), func(t *testing.T) {
			if got, _ := ids(t, shop.search(sortBy(tt.keys...)...)); !reflect.DeepEqual(got, tt.want) {
				t.Errorf("got %v, want %v", got, tt.want)
			}
		})
	}
}

func TestSortErrors(t *testing.T) {
	shop := sortShop(t)
	tests := []struct {
		key     string
		status  int
		message string
	}{
		{"entity_id UP", 400, "The sort order has to be specified as %1 for ascending order or %2 for descending order."},
		{"nothing ASC", 500, "Internal Error."},
		{"entity_id; ASC", 400, `Invalid value of "%value" provided for the %fieldName field.`},
	}
	for _, tt := range tests {
		a := shop.search(sortBy(tt.key)...)
		if message := a.json(t)["message"].(string); a.status != tt.status || !strings.HasPrefix(message, tt.message) {
			t.Errorf("%s: got %d %s", tt.key, a.status, a.body)
		}
	}
}

// TestUndefinedOrder: without a sort, or among equal keys, rows come differently from call to call.
func TestUndefinedOrder(t *testing.T) {
	var documents []json.RawMessage
	for id := 1; id <= 30; id++ {
		documents = append(documents, document(id, nil))
	}
	shop := fill(t, magentosim.Config{}, documents...)
	for _, parts := range [][]string{nil, sortBy("updated_at ASC")} {
		seen := map[string]bool{}
		for range 5 {
			got, _ := ids(t, shop.search(parts...))
			seen[fmt.Sprint(got)] = true
			slices.Sort(got)
			if len(got) != 30 || got[0] != 1 || got[29] != 30 {
				t.Fatalf("rows are missing: %v", got)
			}
		}
		if len(seen) < 2 {
			t.Errorf("%v: the order was the same five times", parts)
		}
	}
}

func TestPages(t *testing.T) {
	tests := []struct {
		version string
		page    string // parts of the search
		want    []int
	}{
		{"2.4.6", "[pageSize]=3&[currentPage]=1", []int{1, 2, 3}},
		{"2.4.6", "[page_size]=3&[current_page]=2", []int{4, 5, 6}},
		{"2.4.6", "[pageSize]=3&[currentPage]=3", []int{7}},
		{"2.4.6", "[pageSize]=3&[currentPage]=4", nil},
		{"2.4.1", "[pageSize]=3&[currentPage]=99", nil},
		{"2.4.6", "[pageSize]=3&[currentPage]=0", []int{1, 2, 3}},
		{"2.4.6", "[pageSize]=3&[currentPage]=-5", []int{1, 2, 3}},
		{"2.4.6", "[pageSize]=3", []int{1, 2, 3}},
		{"2.4.6", "[currentPage]=2", []int{1, 2, 3, 4, 5, 6, 7}}, // no page size: all
		{"2.3.5", "[pageSize]=3&[currentPage]=4", []int{7}},
		{"2.3", "[pageSize]=3&[currentPage]=4000", []int{7}},
		{"2.1.6", "[pageSize]=7&[currentPage]=2", []int{1, 2, 3, 4, 5, 6, 7}},
	}
	for _, tt := range tests {
		t.Run(tt.version+" "+tt.page, func(t *testing.T) {
			var documents []json.RawMessage
			for id := 1; id <= 7; id++ {
				documents = append(documents, document(id, nil))
			}
			shop := fill(t, magentosim.Config{Version: tt.version}, documents...)
			got, total := ids(t, shop.search(append(strings.Split(tt.page, "&"), byID...)...))
			if !reflect.DeepEqual(got, tt.want) || total != 7 {
				t.Errorf("got %v of %d, want %v of 7", got, total, tt.want)
			}
		})
	}
}

func TestInputLimit(t *testing.T) {
	var documents []json.RawMessage
	for id := 1; id <= 40; id++ {
		documents = append(documents, document(id, nil))
	}
	shop := fill(t, magentosim.Config{MaxPageSize: 30}, documents...)
	a := shop.search("[pageSize]=31")
	if want := `{"message":"Maximum SearchCriteria pageSize is %max","parameters":{"max":30}}`; a.status != 400 || string(a.body) != want {
		t.Errorf("above the limit: got %d %s", a.status, a.body)
	}
	if got, _ := ids(t, shop.search("[pageSize]=30")); len(got) != 30 {
		t.Errorf("at the limit: got %d rows", len(got))
	}
	if got, _ := ids(t, shop.search()); len(got) != 20 {
		t.Errorf("no page size: got %d rows, want the default of 20", len(got))
	}
}

func TestEcho(t *testing.T) {
	shop := sortShop(t)
	tests := []struct {
		parts []string
		want  string
	}{
		{nil, `{"filter_groups":[]}`},
		{append(where(0, 0, "entity_id", "", "7"), "[pageSize]=5"),
			`{"filter_groups":[{"filters":[{"field":"entity_id","value":"7","condition_type":"eq"}]}],"page_size":5}`},
		{append(sortBy("entity_id"), "[currentPage]=2"),
			`{"filter_groups":[],"sort_orders":[{"field":"entity_id","direction":"DESC"}],"current_page":2}`},
	}
	for _, tt := range tests {
		var reply struct {
			Criteria json.RawMessage `json:"search_criteria"`
		}
		if err := json.Unmarshal(shop.search(tt.parts...).body, &reply); err != nil || string(reply.Criteria) != tt.want {
			t.Errorf("got %s (%v), want %s", reply.Criteria, err, tt.want)
		}
	}
}

func TestFields(t *testing.T) {
	shop := fill(t, magentosim.Config{}, document(5, map[string]any{
		"items": []any{map[string]any{"sku": "A", "qty_ordered": 1}, map[string]any{"sku": "B", "qty_ordered": 2}},
	}))
	list, one := "/rest/V1/orders?searchCriteria=&fields=", "/rest/V1/orders/5?fields="
	none := "/rest/V1/orders?" + criteria(where(0, 0, "entity_id", "eq", "0")...) + "&fields="
	tests := []struct{ path, want string }{
		{list + "items[entity_id,status]", `{"items":[{"entity_id":5,"status":"pending"}]}`},
		{list + "items[entity_id],total_count", `{"items":[{"entity_id":5}],"total_count":1}`},
		{list + "items[items[sku]]", `{"items":[{"items":[{"sku":"A"},{"sku":"B"}]}]}`},
		{list + "items[billing_address[city],entity_id]", `{"items":[{"billing_address":{"city":"Köln"},"entity_id":5}]}`},
		{list + "total_count,search_criteria", `{"search_criteria":{"filter_groups":[]},"total_count":1}`},
		{list + "items[nothing]", `{"items":[[]]}`},
		{list + "nothing", `[]`},
		{list + "items[entity_id", `[]`},
		{list + "items.entity_id", `[]`},
		{none + "items[entity_id],total_count", `{"items":null,"total_count":0}`},
		{none + "items", `{"items":[]}`},
		{one + "increment_id", `{"increment_id":"000000005"}`},
		{one + "items[qty_ordered]", `{"items":[{"qty_ordered":1},{"qty_ordered":2}]}`},
	}
	for _, tt := range tests {
		if a := shop.get(tt.path); a.status != http.StatusOK || string(a.body) != tt.want {
			t.Errorf("%s\n got %d %s\nwant %s", tt.path, a.status, a.body, tt.want)
		}
	}
}

func TestGet(t *testing.T) {
	raw := json.RawMessage("{ \"entity_id\": 5,\n \"increment_id\": \"5\", \"updated_at\": \"2026-10-01 00:00:00\", \"grand_total\": 1.50 }")
	shop := fill(t, magentosim.Config{}, raw)
	if a := shop.get("/rest/V1/orders/5"); string(a.body) != string(raw) {
		t.Errorf("a document is not sent byte for byte: %s", a.body)
	}
	if a := shop.search(); !strings.Contains(string(a.body), string(raw)) {
		t.Errorf("a document is not listed byte for byte: %s", a.body)
	}
	tests := []struct {
		path    string
		status  int
		message string
	}{
		{"/rest/V1/orders/6", 404, "The entity that was requested doesn't exist. Verify the entity and try again."},
		{"/rest/V1/orders/x", 400, `The "%value" value's type is invalid. The "%type" type was expected. Verify and try again.`},
		{"/rest/V1/order/5", 404, "Request does not match any route."},
		{"/rest/V2/orders/5", 404, "Request does not match any route."},
	}
	for _, tt := range tests {
		if a := shop.get(tt.path); a.status != tt.status || a.json(t)["message"] != tt.message {
			t.Errorf("%s: got %d %s", tt.path, a.status, a.body)
		}
	}
	if a := shop.get("/somewhere"); a.status != 404 || !strings.HasPrefix(a.header.Get("Content-Type"), "text/html") {
		t.Errorf("outside the API: got %d %s", a.status, a.body)
	}
}
