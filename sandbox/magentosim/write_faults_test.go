package magentosim_test

import (
	"net/http"
	"strings"
	"testing"

	"datawald/sandbox/magentosim"
)

// write makes a write that may get no answer; then its status is 0.
func (s running) write(path, body string) (status int, contentType string) {
	s.t.Helper()
	req, err := http.NewRequest(http.MethodPost, s.url+path, strings.NewReader(body))
	if err != nil {
		s.t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+token)
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return 0, ""
	}
	defer res.Body.Close()
	return res.StatusCode, res.Header.Get("Content-Type")
}

func TestWriteFaults(t *testing.T) {
	tests := map[string]struct {
		status    int
		kind      string
		committed bool
	}{
		magentosim.WriteCommitDrop:       {0, "", true},
		magentosim.WriteCommitBadGateway: {502, "text/html", true},
		magentosim.WriteCommitHTML:       {200, "text/html", true},
		magentosim.WriteDropBefore:       {0, "", false},
		magentosim.WriteErrorBefore:      {500, "application/json", false},
	}
	for kind, tt := range tests {
		t.Run(kind, func(t *testing.T) {
			shop := fill(t, magentosim.Config{}, document(1, map[string]any{"state": "new", "status": "pending"}))
			shop.control("/control", `{"write_fault":{"kind":"`+kind+`","times":2}}`)
			for _, write := range [][2]string{
				{"/rest/V1/orders/1/comments", `{"statusHistory":{"comment":"x","status":"pending"}}`},
				{"/rest/V1/orders", `{"entity":{"entity_id":1,"ext_order_id":"7"}}`},
			} {
				if a := shop.get("/rest/V1/orders/1"); a.status != 200 {
					t.Fatalf("a read fails too: %d", a.status)
				}
				if status, contentType := shop.write(write[0], write[1]); status != tt.status || !strings.HasPrefix(contentType, tt.kind) {
					t.Errorf("%s: got %d %s", write[0], status, contentType)
				}
			}
			order := doc(shop.get("/rest/V1/orders/1").json(t))
			if got := len(order.list("status_histories")) == 1 && order["ext_order_id"] == "7"; got != tt.committed {
				t.Errorf("committed: %t, want %t: %v", got, tt.committed, order)
			}
			if status, _ := shop.write("/rest/V1/orders/1/comments", `{"statusHistory":{"comment":"x","status":"pending"}}`); status != 200 {
				t.Errorf("it does not end: %d", status)
			}
		})
	}
	shop := fill(t, magentosim.Config{}, document(1, nil))
	for _, bad := range []string{`{"write_fault":{"kind":"other"}}`, `{"write_fault":{"kind":"drop_before","times":-1}}`} {
		if a := shop.call("POST", "/control", bad); a.status != http.StatusBadRequest {
			t.Errorf("%s: got %d", bad, a.status)
		}
	}
	shop.control("/control", `{"write_fault":{"kind":"500_before"}}`)
	for range 3 {
		if status, _ := shop.write("/rest/V1/orders/1/comments", `{"statusHistory":{"comment":"x"}}`); status != 500 {
			t.Errorf("without a number of times it ends: %d", status)
		}
	}
}

// TestDeny: an integration that may read and not write.
func TestDeniedResources(t *testing.T) {
	shop := fill(t, magentosim.Config{}, document(1, nil))
	shop.control("/control", `{"deny":["Magento_Sales::comment"]}`)
	a := shop.post("/rest/V1/orders/1/comments", `{"statusHistory":{"comment":"x"}}`)
	if a.status != 401 || !strings.Contains(string(a.body), "Magento_Sales::comment") {
		t.Errorf("a comment: got %d %s", a.status, a.body)
	}
	if a := shop.get("/rest/V1/orders/1"); a.status != 200 {
		t.Errorf("a read: got %d", a.status)
	}
	if a := shop.post("/rest/V1/orders", `{"entity":{"entity_id":1,"ext_order_id":"7"}}`); a.status != 200 {
		t.Errorf("a save: got %d %s", a.status, a.body)
	}
}

func TestHideStatus(t *testing.T) {
	shop := fill(t, magentosim.Config{}, document(1, map[string]any{"status": "pending"}))
	shop.control("/control", `{"hide_status":true}`)
	if order := doc(shop.get("/rest/V1/orders/1").json(t)); order["status"] != nil || order["state"] == nil {
		t.Errorf("got %v", order)
	}
	shop.control("/control", `{"hide_status":false}`)
	if order := doc(shop.get("/rest/V1/orders/1").json(t)); order["status"] != "pending" {
		t.Errorf("got %v", order)
	}
}
