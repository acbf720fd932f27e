package api_test

import (
	"testing"

	"github.com/shopspring/decimal"

	"datawald/gateway/api"
	"datawald/order"
	"datawald/store"
)

// The versions of an order are listed, the latest first, with those that count; the document is given byte for byte, and never that of another order.
// Fails without: Current and Posted; the sort in PayloadVersions; the index's filter there (another order's versions).
func TestPayloads(t *testing.T) {
	w := newWorld(t)
	key, other := w.key(1, "000000001"), w.key(1, "000000002")
	for _, p := range []store.NewPayload{
		{PayloadRef: store.PayloadRef{Key: key, Hash: "a"}, Raw: []byte(`{"entity_id": 1 }`)},
		{PayloadRef: store.PayloadRef{Key: other, Hash: "x"}, Raw: []byte(`{}`)},
		{PayloadRef: store.PayloadRef{Key: key, Hash: "b"}, Raw: []byte(`{"entity_id":1,"more":true}`)},
	} {
		if err := w.db.PutPayloads(t.Context(), []store.NewPayload{p}); err != nil {
			t.Fatal(err)
		}
	}
	w.staged(key, func(d *store.Staged) { d.PayloadHash, d.PostedPayload = "b", "a" })
	var list struct {
		Key      order.Key            `json:"key"`
		Payloads []api.PayloadVersion `json:"payloads"`
	}
	path := "/api/v1/orders/" + string(key) + "/payloads"
	w.get(path).ok(200, &list)
	if len(list.Payloads) != 2 || list.Key != key {
		t.Fatalf("the list is %+v", list)
	}
	for _, v := range list.Payloads {
		if v.Current != (v.Hash == "b") || v.Posted != (v.Hash == "a") || v.ReceivedAt.IsZero() {
			t.Errorf("a version is %+v", v)
		}
		if r := w.get(v.Link); r.status != 200 || r.header.Get("Content-Type") != "application/json" || v.Hash == "a" && string(r.body) != `{"entity_id": 1 }` {
			t.Errorf("%s gives %d %s", v.Link, r.status, r.body)
		}
	}
	if list.Payloads[0].ReceivedAt.Before(list.Payloads[1].ReceivedAt) {
		t.Errorf("not the latest first: %+v", list.Payloads)
	}
	w.get(path+"/x").problem(404, "payload-not-found", "never received")
	w.get("/api/v1/orders/nonsense/payloads").problem(422, "malformed-order-key")
	w.get("/api/v1/orders/nonsense/payloads/a").problem(422, "malformed-order-key")
	w.get("/api/v1/orders/"+string(w.key(1, "9"))+"/payloads").problem(404, "order-not-found")
}

func (w *world) compared(key order.Key) (c api.OrderComparison) {
	w.t.Helper()
	w.get("/api/v1/orders/"+string(key)+"/comparison").ok(200, &c)
	return c
}

// Each row of Magento stands beside the line that the rules made of it, whatever products there are, and the totals agree where the order would be
// posted. Fails without: Row in lines.go (no row has a line); the rows that are none being behind the others; parts.
func TestComparison_SetsEachRowBesideItsLine(t *testing.T) {
	for freight, text := range map[string]string{"expense": exampleText(t), "line": exampleText(t, "freight: { expense_code: 1 }", "freight: { item_code: FREIGHT }")} {
		t.Run(freight, func(t *testing.T) { pairs(t, ruled(t, text), freight == "line") })
	}
}

// pairs checks the orders of a shop. Freight is a line of its own, with a quantity, or an expense.
func pairs(t *testing.T, w *world, freightIsALine bool) {
	t.Helper()
	w.stock(60, nil)
	docs, err := w.db.ListAll(t.Context(), store.Filter{Instance: w.instance})
	if err != nil {
		t.Fatal(err)
	}
	paired, alone, others, freights, mapped := 0, 0, 0, 0, 0
	for _, doc := range docs {
		c := w.compared(doc.Key)
		if c.Hold != nil || len(c.Parts) == 0 {
			continue
		}
		mapped++
		full, err := w.db.Get(t.Context(), doc.Key)
		if err != nil {
			t.Fatal(err)
		}
		net := decimal.Zero
		for n, l := range c.Lines {
			switch {
			case l.Magento != nil && l.B1 != nil:
				paired++
				if l.B1.Part != "goods" || l.Magento.SKU == "" || l.Magento.Net == nil || l.Difference == nil || l.Differs {
					t.Errorf("%s: line %d is %+v beside %+v", doc.Key, n, l.Magento, l.B1)
				}
			case l.Magento != nil:
				alone++ // a part of another row
			default:
				others++
				if l.B1.Part == "freight" {
					freights++
				}
				if l.B1.Part == "freight" && (l.B1.Quantity != nil) != freightIsALine {
					t.Errorf("%s: the freight is %+v", doc.Key, l.B1)
				}
				if n < len(full.Order.Lines) {
					t.Errorf("%s: line %d is no row", doc.Key, n)
				}
			}
			if l.B1 != nil {
				net = net.Add(l.B1.Net.Amount)
			}
		}
		if c.Differs || c.Difference == nil || !c.Difference.Amount.IsZero() || c.RulesTotal == nil || c.B1Total != nil || c.MagentoTotal == nil {
			t.Errorf("%s: %+v", doc.Key, c)
		}
		if c.RulesVersion == "" || net.GreaterThan(c.RulesTotal.Amount) {
			t.Errorf("%s: lines come to %s of %s", doc.Key, net, c.RulesTotal)
		}
	}
	if mapped < 20 || paired < 20 || alone == 0 || others == 0 || freights == 0 {
		t.Errorf("%d orders with %d pairs, %d rows alone, %d other lines: the shop shows too little", mapped, paired, alone, others)
	}
}

// B1's own total is what counts where there is one, and where the rules cannot map the order Magento's side is shown with the reason.
// Fails without: BO in totals; Hold; lines without a document.
func TestComparison_ShowsWhatDiffers(t *testing.T) {
	w := ruled(t, exampleText(t))
	key := w.key(1, "000000001")
	put := func(total string, change func(*store.Staged)) {
		o := converted(t, w.instance, document("000000001", total))
		w.staged(key, func(d *store.Staged) {
			d.Order, d.ContentHash, d.PayloadHash = o, o.ContentHash(), "p"
			change(d)
		})
	}
	usd := func(text string) order.Money {
		return order.Money{Amount: decimal.RequireFromString(text), Currency: "USD"}
	}
	put("21.00", func(d *store.Staged) {
		d.Status, d.BO = order.Posted, &store.BackOffice{DocNum: 1, Total: usd("20.99")}
	})
	c := w.compared(key)
	if !c.Differs || c.Difference == nil || !c.Difference.Equal(usd("-0.01")) || !c.B1Total.Equal(usd("20.99")) || !c.RulesTotal.Equal(usd("21")) || !c.MagentoTotal.Equal(usd("21")) {
		t.Errorf("posted with another total: %+v", c)
	}
	put("99.00", func(d *store.Staged) { d.Status, d.BO = order.Held, nil })
	c = w.compared(key)
	if c.Hold == nil || len(c.Lines) == 0 || c.Lines[0].Magento == nil || c.Lines[0].Magento.SKU != "24-MB01" || !c.MagentoTotal.Equal(usd("99")) {
		t.Errorf("held: %+v", c)
	}
	put("21.00", func(d *store.Staged) { d.Order, d.ContentHash, d.Status = nil, "", order.Held })
	if c = w.compared(key); c.Hold == nil || len(c.Lines) != 0 || c.MagentoTotal != nil {
		t.Errorf("unreadable: %+v", c)
	}
	w.get("/api/v1/orders/nonsense/comparison").problem(422, "malformed-order-key")
	w.get("/api/v1/orders/"+string(w.key(1, "9"))+"/comparison").problem(404, "order-not-found")
	bare := newWorld(t)
	bare.staged(bare.key(1, "1"), nil)
	bare.get("/api/v1/orders/"+string(bare.key(1, "1"))+"/comparison").problem(409, "no-rules")
}
