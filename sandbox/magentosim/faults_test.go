package magentosim_test

import (
	"encoding/json"
	"io"
	"net/http"
	"reflect"
	"strings"
	"testing"
	"time"

	"datawald/sandbox/magentosim"
)

func faulty(t *testing.T, faults string) running {
	t.Helper()
	shop := fill(t, magentosim.Config{}, document(1, nil), document(2, nil), document(3, nil))
	shop.control("/control", faults)
	return shop
}

func TestFaultPages(t *testing.T) {
	tests := []struct {
		faults     string
		status     int
		retryAfter string
	}{
		{`{"unavailable":true}`, 503, ""},
		{`{"html_200":true}`, 200, ""},
		{`{"rate_limit":{"status":429,"retry_after":3}}`, 429, "3"},
		{`{"rate_limit":{}}`, 429, ""},
		{`{"rate_limit":{"status":403}}`, 403, ""},
	}
	for _, tt := range tests {
		shop := faulty(t, tt.faults)
		for _, path := range []string{"/rest/V1/orders?searchCriteria=", "/rest/V1/orders/1"} {
			a := shop.get(path)
			if a.status != tt.status || !strings.HasPrefix(a.header.Get("Content-Type"), "text/html") || a.header.Get("Retry-After") != tt.retryAfter {
				t.Errorf("%s: got %d %v %s", tt.faults, a.status, a.header, a.body)
			}
		}
		if a := shop.call("GET", "/state", ""); a.status != 200 {
			t.Errorf("%s: the control address fails too: %d", tt.faults, a.status)
		}
	}
}

func TestPoison(t *testing.T) {
	tests := []struct {
		faults            string
		list, page2, byID int
		message           string
	}{
		{`{"poison_entity_ids":[3]}`, 500, 200, 200, `Item (Magento\Sales\Model\Order\Interceptor) with the same ID "3" already exists.`},
		{`{"poison_entity_ids":[3],"poison_status":404}`, 404, 200, 200, "The entity that was requested doesn't exist. Verify the entity and try again."},
		{`{"poison_entity_ids":[3],"poison_get_missing":true}`, 500, 200, 404, `Item (Magento\Sales\Model\Order\Interceptor) with the same ID "3" already exists.`},
	}
	for _, tt := range tests {
		shop := faulty(t, tt.faults)
		a := shop.search(byID...)
		if a.status != tt.list || a.json(t)["message"] != tt.message {
			t.Errorf("%s: list %d %s", tt.faults, a.status, a.body)
		}
		if a := shop.search(append([]string{"[pageSize]=2", "[currentPage]=1"}, byID...)...); a.status != tt.page2 {
			t.Errorf("%s: a page without it: %d %s", tt.faults, a.status, a.body)
		}
		if a := shop.get("/rest/V1/orders/3"); a.status != tt.byID {
			t.Errorf("%s: by id %d", tt.faults, a.status)
		}
	}
}

func TestTruncate(t *testing.T) {
	shop := faulty(t, `{"truncate":true}`)
	a := shop.search()
	if a.status != 200 || !strings.HasPrefix(a.header.Get("Content-Type"), "application/json") || json.Valid(a.body) || len(a.body) == 0 {
		t.Errorf("got %d %s", a.status, a.body)
	}
}

func TestDrop(t *testing.T) {
	shop := faulty(t, `{"drop":true}`)
	req, _ := http.NewRequest("GET", shop.url+"/rest/V1/orders?searchCriteria=", nil)
	req.Header.Set("Authorization", "Bearer "+token)
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	if body, err := io.ReadAll(res.Body); err == nil || len(body) == 0 {
		t.Errorf("the reply arrived: %s", body)
	}
}

func TestFaultsEnd(t *testing.T) {
	shop := faulty(t, `{"unavailable":true,"for_requests":2}`)
	var got []int
	for range 3 {
		got = append(got, shop.get("/rest/V1/orders/1").status)
	}
	if !reflect.DeepEqual(got, []int{503, 503, 200}) {
		t.Errorf("got %v", got)
	}
}

// TestFaultsMerge: a switch that is not sent stays, null clears, nonsense changes nothing.
func TestFaultsMerge(t *testing.T) {
	shop := faulty(t, `{"latency_ms":1,"rate_limit":{"retry_after":5}}`)
	shop.control("/control", `{"rate_limit":null,"acl":false}`)
	if f := shop.Faults(); f.LatencyMS != 1 || f.RateLimit != nil || f.ACL {
		t.Errorf("got %+v", f)
	}
	before := shop.Faults()
	for _, bad := range []string{`{"unavailabel":true}`, `{"poison_status":418}`, `{"latency_ms":-1}`, `{"rate_limit":{"status":200}}`, `nonsense`} {
		if a := shop.call("POST", "/control", bad); a.status != http.StatusBadRequest {
			t.Errorf("%s: got %d %s", bad, a.status, a.body)
		}
	}
	if after := shop.Faults(); !reflect.DeepEqual(before, after) {
		t.Errorf("a refused request changed %+v to %+v", before, after)
	}
	if got := shop.call("GET", "/control", "").json(t)["acl"]; got != false {
		t.Errorf("GET /control says acl is %v", got)
	}
}

func TestLatency(t *testing.T) {
	shop := fill(t, magentosim.Config{Latency: 20 * time.Millisecond}, document(1, nil))
	shop.control("/control", `{"latency_ms":20}`)
	start := time.Now()
	shop.get("/rest/V1/orders/1")
	if took := time.Since(start); took < 40*time.Millisecond {
		t.Errorf("took %s", took)
	}
}

func TestClockSkew(t *testing.T) {
	shop := fill(t, magentosim.Config{ClockSkew: time.Hour}, document(1, nil))
	date := func() string { return shop.get("/rest/V1/orders/1").header.Get("Date") }
	if got := date(); got != "Sun, 01 Nov 2026 13:00:00 GMT" {
		t.Errorf("Date: %s", got)
	}
	shop.control("/control", `{"clock_skew_seconds":-7200}`)
	if got := date(); got != "Sun, 01 Nov 2026 11:00:00 GMT" {
		t.Errorf("Date: %s", got)
	}
	p, err := shop.Place(magentosim.Placement{})
	if err != nil || p.UpdatedAt != "2026-11-01 11:00:00" {
		t.Errorf("placed at %s (%v)", p.UpdatedAt, err)
	}
}

func TestPageLimitSwitchedOnWhileRunning(t *testing.T) {
	shop := fill(t, magentosim.Config{}, document(1, nil), document(2, nil), document(3, nil))
	shop.control("/control", `{"max_page_size":2}`)
	if a := shop.search("[pageSize]=3"); a.status != http.StatusBadRequest || !strings.Contains(string(a.body), "%max") {
		t.Errorf("a page of 3 gives %d %s", a.status, a.body)
	}
	if got, _ := ids(t, shop.search("[pageSize]=2")); len(got) != 2 {
		t.Errorf("a page of 2 gives %v", got)
	}
}
