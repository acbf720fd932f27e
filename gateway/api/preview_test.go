package api_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"datawald/config"
	"datawald/mapping"
	"datawald/order"
	"datawald/sandbox/magentosim"
	"datawald/sandbox/testkit"
	"datawald/store"
)

// exampleText are the rules of the project, with some texts replaced by others.
func exampleText(t *testing.T, replace ...string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(testkit.Root(), "rules.example.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	for i := 0; i < len(replace); i += 2 {
		if !strings.Contains(string(text), replace[i]) {
			t.Fatalf("the rules do not hold %q", replace[i])
		}
	}
	return strings.NewReplacer(replace...).Replace(string(text))
}

// ruled is a world whose gateway has rules.
func ruled(t *testing.T, text string) *world {
	t.Helper()
	w := newWorld(t)
	w.settings.Rules = map[string]config.FileRules{w.instance: inForce(text)}
	w.server = serve(t, w.settings, w.db, w.temporal)
	return w
}

func inForce(text string) config.FileRules {
	rules, err := mapping.ParseRules([]byte(text))
	return config.FileRules{Text: text, Rules: rules, Err: err}
}

// stock stages so many orders of a simulated shop; they are placed in the 14 days before November 20.
func (w *world) stock(orders int, change func(int, *store.Staged)) *magentosim.Shop {
	w.t.Helper()
	now := time.Date(2026, 11, 20, 12, 0, 0, 0, time.UTC)
	shop, err := magentosim.New(magentosim.Config{Seed: 4, Orders: orders, Now: func() time.Time { return now }})
	if err != nil {
		w.t.Fatal(err)
	}
	testkit.Stage(w.t, w.db, w.instance, shop, change)
	return shop
}

type orderPreview struct {
	Key      string `json:"key"`
	State    string `json:"state"`
	Verdict  string `json:"verdict"`
	Hold     *order.Reason
	Document *struct {
		NumAtCard     string
		DocumentLines []struct{ ItemCode string }
	} `json:"document"`
	Proof *struct {
		Equal      bool `json:"equal"`
		Components []struct {
			Name string `json:"name"`
			B1   string `json:"b1"`
		} `json:"components"`
	} `json:"proof"`
	Expect  *order.Money `json:"expect"`
	Version string       `json:"rules_version"`
}

func TestPreviewOfAnOrderShowsItsDocumentAndProof(t *testing.T) {
	w := ruled(t, exampleText(t))
	shop := w.stock(0, nil)
	placed, err := shop.Place(magentosim.Placement{Kind: "simple", StoreID: 1})
	if err != nil {
		t.Fatal(err)
	}
	testkit.Stage(t, w.db, w.instance, shop, nil)
	var p orderPreview
	w.get("/api/v1/orders/"+string(w.key(1, placed.IncrementID))+"/preview").ok(200, &p)
	if p.Verdict != "post" || p.Hold != nil || p.State != "pending" || p.Document == nil || p.Document.NumAtCard != placed.IncrementID ||
		len(p.Document.DocumentLines) == 0 || p.Proof == nil || !p.Proof.Equal || p.Expect == nil || p.Version != inForce(exampleText(t)).Rules.ID() {
		t.Errorf("preview %+v", p)
	}
}

func TestPreviewOfAHeldOrderSaysWhy(t *testing.T) {
	w := ruled(t, exampleText(t))
	w.stock(1, func(_ int, d *store.Staged) { d.Order.Payment.Method, d.Order.State = "barter", "new" })
	docs, err := w.db.List(t.Context(), store.Filter{})
	if err != nil || len(docs) != 1 {
		t.Fatal(docs, err)
	}
	var p orderPreview
	w.get("/api/v1/orders/"+string(docs[0].Key)+"/preview").ok(200, &p)
	if p.Verdict != "held" || p.Hold == nil || p.Hold.Code != "payment_method_unmapped" || p.Document != nil || p.Proof != nil {
		t.Errorf("preview %+v", p)
	}
}

func TestPreviewOfAnOrderRefuses(t *testing.T) {
	w := ruled(t, exampleText(t))
	w.staged(w.key(1, "000000001"), nil)
	w.get("/api/v1/orders/nonsense/preview").problem(422, "malformed-order-key", "GET /api/v1/orders?q=")
	w.get("/api/v1/orders/"+string(w.key(1, "9"))+"/preview").problem(404, "order-not-found", "POST /api/v1/resyncs")
	w.get("/api/v1/orders/other:1:9/preview").problem(404, "order-not-found", w.instance)
	w.settings.Rules = nil
	w.server = serve(t, w.settings, w.db, w.temporal)
	w.get("/api/v1/orders/"+string(w.key(1, "000000001"))+"/preview").problem(409, "no-rules", "RULES_FILE", "GET /api/v1/rules")
}
