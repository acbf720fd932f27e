package magentosim_test

import (
	"strings"
	"testing"

	"datawald/sandbox/magentosim"
)

// TestComments: the three ways releases treat the status of a comment.
func TestComments(t *testing.T) {
	const (
		plain   = `{"statusHistory":{"comment":"SAP order 1234","is_customer_notified":0,"is_visible_on_front":0}}`
		same    = `{"statusHistory":{"comment":"SAP order 1234","status":"processing"}}`
		sent    = `{"statusHistory":{"comment":"SAP order 1234","status":"sent_to_erp"}}`
		foreign = `{"statusHistory":{"comment":"SAP order 1234","status":"complete"}}`
	)
	tests := []struct {
		version, body string
		status        int
		orderStatus   any // after the comment; nil: gone
		moved         bool
	}{
		{"2.4.6", plain, 200, nil, true},
		{"2.4.6", same, 200, "processing", false},
		{"2.4.6", sent, 200, "sent_to_erp", true},
		{"2.4.6", foreign, 200, "complete", true},
		{"2.4.7", plain, 200, "processing", false},
		{"2.4.7", same, 200, "processing", false},
		{"2.4.7", sent, 400, "processing", false},
		{"2.4.8", plain, 200, "processing", false},
		{"2.4.8", sent, 200, "sent_to_erp", true},
		{"2.4.8", foreign, 400, "processing", false},
	}
	for _, tt := range tests {
		t.Run(tt.version+" "+tt.body, func(t *testing.T) {
			shop := fill(t, magentosim.Config{Version: tt.version, ExtraStatuses: map[string][]string{"processing": {"sent_to_erp"}}},
				document(1, map[string]any{"state": "processing", "status": "processing"}))
			a := shop.post("/rest/V1/orders/1/comments", tt.body)
			if a.status != tt.status || tt.status == 200 && string(a.body) != "true" {
				t.Fatalf("got %d %s", a.status, a.body)
			}
			if tt.status == 400 && a.json(t)["message"] != `Unable to add comment: The status "%1" is not part of the order status history.` {
				t.Errorf("got %s", a.body)
			}
			order := doc(shop.get("/rest/V1/orders/1").json(t))
			if order["status"] != tt.orderStatus {
				t.Errorf("status is %v, want %v", order["status"], tt.orderStatus)
			}
			if moved := order.text("updated_at") != "2026-10-01 08:00:00"; moved != tt.moved {
				t.Errorf("updated_at is %s", order.text("updated_at"))
			}
			if got := len(order.list("status_histories")); got != map[int]int{200: 1, 400: 0}[tt.status] {
				t.Errorf("%d comments", got)
			}
		})
	}
}

func TestCommentErrors(t *testing.T) {
	shop := fill(t, magentosim.Config{}, document(1, nil))
	tests := []struct {
		path, body string
		status     int
	}{
		{"/rest/V1/orders/2/comments", `{"statusHistory":{"comment":"x"}}`, 404},
		{"/rest/V1/orders/x/comments", `{"statusHistory":{"comment":"x"}}`, 400},
		{"/rest/V1/orders/1/comments", `{}`, 400},
		{"/rest/V1/orders/1/comments", `{"statusHistory":`, 400},
	}
	for _, tt := range tests {
		if a := shop.post(tt.path, tt.body); a.status != tt.status || a.json(t)["message"] == nil {
			t.Errorf("%s %s: got %d %s", tt.path, tt.body, a.status, a.body)
		}
	}
	a := shop.call("POST", "/rest/V1/orders/1/comments", `{"statusHistory":{"comment":"x"}}`)
	if a.status != 401 || !strings.Contains(string(a.body), "Magento_Sales::comment") {
		t.Errorf("not signed in: got %d %s", a.status, a.body)
	}
}

// TestSave: a raw save writes columns and nothing else, and its echo shows null for what the database keeps.
func TestSave(t *testing.T) {
	shop := fill(t, magentosim.Config{}, document(1, map[string]any{"customer_email": "a@example.com", "protect_code": "abc"}))
	a := shop.post("/rest/V1/orders", `{"entity":{"entity_id":"1","increment_id":"000000001","state":"new","status":"pending","ext_order_id":"`+strings.Repeat("9", 40)+`"}}`)
	echo := a.json(t)
	for _, name := range []string{"grand_total", "base_grand_total", "customer_email"} {
		if value, has := echo[name]; a.status != 200 || !has || value != nil {
			t.Errorf("echo %d: %s is %v", a.status, name, value)
		}
	}
	order := doc(shop.get("/rest/V1/orders/1").json(t))
	if order.text("ext_order_id") != strings.Repeat("9", 32) || order.text("grand_total") != "10" || order.text("customer_email") != "a@example.com" {
		t.Errorf("saved %v", order)
	}
	if order.text("updated_at") != "2026-11-01 12:00:00" || order.text("protect_code") != "abc" {
		t.Errorf("updated_at %s, protect_code %s", order.text("updated_at"), order.text("protect_code"))
	}
	for body, status := range map[string]int{`{"entity":{"entity_id":2}}`: 404, `{"entity":{}}`: 400, `{}`: 400, `x`: 400} {
		if a := shop.post("/rest/V1/orders", body); a.status != status {
			t.Errorf("%s: got %d %s", body, a.status, a.body)
		}
	}
}

// TestSaveRenewsProtectCode: in 2.3 every save is a change, so that it comes back as an updated order.
func TestSaveRenewsProtectCode(t *testing.T) {
	shop := fill(t, magentosim.Config{Version: "2.3.5"}, document(1, map[string]any{"protect_code": "abc"}))
	shop.post("/rest/V1/orders", `{"entity":{"entity_id":1,"status":"pending"}}`)
	order := doc(shop.get("/rest/V1/orders/1").json(t))
	if order.text("protect_code") == "abc" || order.text("updated_at") != "2026-11-01 12:00:00" {
		t.Errorf("protect_code %s, updated_at %s", order.text("protect_code"), order.text("updated_at"))
	}
}
