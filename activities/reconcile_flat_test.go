package activities_test

import (
	"encoding/json"
	"flag"
	"fmt"
	"net/http"
	"net/http/httptest"
	"regexp"
	"runtime"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/shopspring/decimal"

	"datawald/activities"
	"datawald/magento"
	"datawald/order"
	"datawald/sandbox/testkit"
	"datawald/sapb1"
	"datawald/store"
)

// flatOrders is how many orders TestReconcile_NeedsNoMoreMemoryForMoreOrders compares:
//
//	go test ./activities -run TestReconcile_NeedsNoMore -v -args -reconcile.orders 100000
var flatOrders = flag.Int("reconcile.orders", 5_000, "how many orders the test of the reconciliation's memory compares")

var placedAt = time.Date(2026, 11, 1, 10, 0, 0, 0, time.UTC)

// endless is a shop with so many orders, none of which it keeps: each page is made when it is asked for.
type endless struct{ orders int64 }

func (e endless) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	q := r.URL.Query()
	size, _ := strconv.ParseInt(q.Get("searchCriteria[pageSize]"), 10, 64)
	after := int64(0)
	for n := range 5 {
		at := fmt.Sprintf("searchCriteria[filter_groups][%d][filters][0]", n)
		if q.Get(at+"[field]") == "entity_id" {
			after, _ = strconv.ParseInt(q.Get(at+"[value]"), 10, 64)
		}
	}
	items := []any{}
	for id := after + 1; id <= min(after+size, e.orders); id++ {
		items = append(items, map[string]any{"entity_id": id, "increment_id": fmt.Sprintf("%09d", id), "store_id": 1, "state": "processing", "order_currency_code": "USD",
			"grand_total": 24, "created_at": placedAt.Format(time.DateTime), "updated_at": placedAt.Format(time.DateTime)})
	}
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(map[string]any{"items": items, "total_count": e.orders - after})
}

var numAtCard = regexp.MustCompile(`NumAtCard eq '(\d+)'`)

// mirror is a B1 that has each order under its number, and makes the answer when it is asked.
func mirror(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", "application/json")
	if strings.HasSuffix(r.URL.Path, "/Login") {
		w.Header().Add("Set-Cookie", "B1SESSION=x;HttpOnly;")
		_ = json.NewEncoder(w).Encode(map[string]any{"SessionId": "x", "SessionTimeout": 30})
		return
	}
	documents := []any{}
	for _, m := range numAtCard.FindAllStringSubmatch(r.URL.Query().Get("$filter"), -1) {
		entry, _ := strconv.Atoi(m[1])
		documents = append(documents, map[string]any{"DocEntry": entry, "DocNum": entry, "NumAtCard": m[1], "DocCurrency": "USD", "DocTotal": 24.0, "Cancelled": "tNO", "DocumentStatus": "bost_Open"})
	}
	_ = json.NewEncoder(w).Encode(map[string]any{"value": documents})
}

// stagePosted writes so many posted orders into the store.
func stagePosted(t *testing.T, db *store.Store, from, to int64) {
	t.Helper()
	total := order.Money{Amount: decimal.NewFromInt(24), Currency: "USD"}
	for first := from; first <= to; first += 500 {
		var some []*store.Staged
		for id := first; id < min(first+500, to+1); id++ {
			number := fmt.Sprintf("%09d", id)
			doc := store.NewStaged(order.Key("main:1:" + number))
			doc.EntityID, doc.PlacedAt, doc.StagedAt, doc.Status, doc.PayloadHash, doc.Reference = id, placedAt, placedAt, order.Posted, "x", number
			doc.Magento = store.MagentoSide{State: "processing", UpdatedAt: placedAt, Total: total}
			doc.BO = &store.BackOffice{DocEntry: id, DocNum: id, Reference: number, Total: total, CardCode: "C"}
			some = append(some, doc)
		}
		if _, err := db.Add(t.Context(), some); err != nil {
			t.Fatal(err)
		}
	}
}

// A reconciliation holds one page at a time: ten times as many orders need no more memory. Fails without: letting go of a page when it is counted (tried with comparisons
// that were kept from page to page).
func TestReconcile_NeedsNoMoreMemoryForMoreOrders(t *testing.T) {
	company := httptest.NewServer(http.HandlerFunc(mirror))
	defer company.Close()
	db := testkit.Store(t)
	if err := db.CaughtUp(t.Context(), "main", store.TaskOrders, store.Reading{Began: time.Now()}); err != nil {
		t.Fatal(err)
	}
	b1, err := sapb1.New(sapb1.Settings{URL: company.URL + "/b1s/v2", CompanyDB: "X", User: "u", Password: "p"})
	if err != nil {
		t.Fatal(err)
	}
	compare := func(orders int64) (heap uint64, took time.Duration) {
		shop := httptest.NewServer(endless{orders})
		defer shop.Close()
		client, err := magento.New(magento.Settings{URL: shop.URL, Token: "x"})
		if err != nil {
			t.Fatal(err)
		}
		a := activities.New(db, testkit.Silent(), activities.Instance{Name: "main", Rules: exampleRules(t), CompanyID: "b1/demo", Company: b1, Books: b1, Accounts: &magento.Reader{Client: client, PageSize: 100}})
		in := activities.ReconcileOrdersInput{Instance: "main", Run: "run", From: placedAt.Add(-time.Hour), To: placedAt.Add(time.Hour), Left: 10, LeftInStore: 10}
		began, right := time.Now(), int64(0)
		for n := 0; ; n++ {
			page, err := a.ReconcileOrders(t.Context(), in)
			if err != nil {
				t.Fatal(err)
			}
			right += page.Lines[store.LineInB1]
			if n%10 == 0 || page.Done {
				heap = max(heap, inUse())
			}
			if in.After = page.Next; page.Done {
				break
			}
		}
		if right != orders {
			t.Fatalf("%d of %d orders are in account", right, orders)
		}
		return heap, time.Since(began)
	}
	most := int64(*flatOrders)
	stagePosted(t, db, 1, most)
	compare(most / 10) // what is made once
	few, _ := compare(most / 10)
	all, took := compare(most)
	t.Logf("%d orders: %.1f MB in use at most; %d orders: %.1f MB, %s", most/10, mega(few), most, mega(all), took.Round(time.Millisecond))
	if all > few+few/5+1<<20 {
		t.Errorf("%d orders need %.1f MB, a tenth of them %.1f MB", most, mega(all), mega(few))
	}
}

// inUse is what is held, and not what is left to be collected.
func inUse() uint64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}

func mega(bytes uint64) float64 { return float64(bytes) / (1 << 20) }
