package magentosim_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"sync"
	"testing"
	"time"

	"datawald/sandbox/magentosim"
)

// ticking is a clock that tests move.
type ticking struct {
	mu sync.Mutex
	at time.Time
}

func (c *ticking) now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.at
}

func (c *ticking) move(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.at = c.at.Add(d)
}

func updatedAt(t *testing.T, shop running, id int64) string {
	t.Helper()
	return doc(shop.get(fmt.Sprintf("/rest/V1/orders/%d", id)).json(t)).text("updated_at")
}

func TestUpdatedAt(t *testing.T) {
	tests := []struct {
		name   string
		change func(doc map[string]any)
		want   string
	}{
		{"a column changes", func(d map[string]any) { d["status"] = "fraud" }, "2026-11-01 12:00:00"},
		{"a column goes", func(d map[string]any) { delete(d, "status") }, "2026-11-01 12:00:00"},
		{"a column comes", func(d map[string]any) { d["ext_order_id"] = "SAP-1" }, "2026-11-01 12:00:00"},
		{"the same value again", func(d map[string]any) { d["status"] = "pending" }, "2026-10-01 08:00:00"},
		{"an address", func(d map[string]any) { d["billing_address"].(map[string]any)["city"] = "Bonn" }, "2026-10-01 08:00:00"},
		{"an item", func(d map[string]any) { d["items"] = []any{map[string]any{"qty_shipped": 1}} }, "2026-10-01 08:00:00"},
		{"set by hand", func(d map[string]any) { d["status"], d["updated_at"] = "fraud", "2026-10-05 00:00:00" }, "2026-10-05 00:00:00"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			shop := fill(t, magentosim.Config{}, document(1, nil), document(2, nil))
			if err := shop.Update(1, tt.change); err != nil {
				t.Fatal(err)
			}
			if got := updatedAt(t, shop, 1); got != tt.want {
				t.Errorf("updated_at is %s, want %s", got, tt.want)
			}
			if got := updatedAt(t, shop, 2); got != "2026-10-01 08:00:00" {
				t.Errorf("another order moved to %s", got)
			}
		})
	}
}

// TestUpdateMovesOrder: an updated order is found at its new place, whichever index answers.
func TestUpdateMovesOrder(t *testing.T) {
	shop := fill(t, magentosim.Config{}, document(1, nil), document(2, nil), document(3, nil))
	shop.control("/control/update", `{"entity_id":2,"set":{"state":"holded","hold_before_state":"new","status":null}}`)
	if got, _ := ids(t, shop.search(sortBy("updated_at ASC", "entity_id ASC")...)); !reflect.DeepEqual(got, []int{1, 3, 2}) {
		t.Errorf("by updated_at: %v", got)
	}
	if got, _ := ids(t, shop.search(append(where(0, 0, "updated_at", "gteq", "2026-11-01 12:00:00"), byID...)...)); !reflect.DeepEqual(got, []int{2}) {
		t.Errorf("since noon: %v", got)
	}
	if err := shop.Update(9, func(map[string]any) {}); !errors.Is(err, magentosim.ErrNoSuchOrder) {
		t.Errorf("unknown order: %v", err)
	}
	if a := shop.call("POST", "/control/update", `{"entity_id":9,"set":{}}`); a.status != http.StatusNotFound {
		t.Errorf("unknown order: %d %s", a.status, a.body)
	}
}

func TestPlace(t *testing.T) {
	clock := &ticking{at: noon.Add(300 * time.Millisecond)}
	shop := open(t, magentosim.Config{Orders: 5, Now: clock.now})
	clock.move(90 * time.Second)
	placed := shop.control("/control/place", `{"count":3,"kind":"bundle","store_id":2}`).json(t)["placed"].([]any)
	if len(placed) != 3 {
		t.Fatalf("placed %v", placed)
	}
	for _, p := range placed {
		order := doc(p.(map[string]any))
		if !strings.HasPrefix(order.text("kind"), "bundle_") || order.text("store_id") != "2" || order.text("updated_at") != "2026-11-01 12:01:30" {
			t.Errorf("placed %v", order)
		}
	}
	state := shop.call("GET", "/state", "").json(t)
	list := state["placed"].([]any)
	if state["orders"].(json.Number) != "8" || len(list) != 8 {
		t.Errorf("state %v", state)
	}
	for _, name := range []string{"entity_id", "increment_id", "store_id", "state", "status", "grand_total", "order_currency_code", "updated_at", "kind"} {
		if _, has := list[0].(map[string]any)[name]; !has {
			t.Errorf("/state says nothing of %s", name)
		}
	}
	for _, bad := range []string{`{"kind":"unknown"}`, `{"store_id":9}`, `{"count":0}`, `{"cuont":1}`} {
		if a := shop.call("POST", "/control/place", bad); a.status != http.StatusBadRequest {
			t.Errorf("%s: got %d %s", bad, a.status, a.body)
		}
	}
}

// TestLateCommit: a row with a lower id and an earlier stamp appears after a later one.
func TestLateCommit(t *testing.T) {
	clock := &ticking{at: noon}
	shop := open(t, magentosim.Config{Now: clock.now})
	late, err := shop.Place(magentosim.Placement{Uncommitted: true})
	if err != nil {
		t.Fatal(err)
	}
	clock.move(time.Second)
	if _, err := shop.Place(magentosim.Placement{}); err != nil {
		t.Fatal(err)
	}
	if got, total := ids(t, shop.search(byID...)); !reflect.DeepEqual(got, []int{2}) || total != 1 {
		t.Errorf("before the commit: %v of %d", got, total)
	}
	if a := shop.get("/rest/V1/orders/1"); a.status != http.StatusNotFound {
		t.Errorf("before the commit: %d", a.status)
	}
	clock.move(time.Minute)
	if err := shop.Commit(late.EntityID); err != nil {
		t.Fatal(err)
	}
	if got, _ := ids(t, shop.search(byID...)); !reflect.DeepEqual(got, []int{1, 2}) || updatedAt(t, shop, 1) != "2026-11-01 12:00:00" {
		t.Errorf("after the commit: %v, updated_at %s", got, updatedAt(t, shop, 1))
	}
}

func TestRunPlacesOrders(t *testing.T) {
	shop := open(t, magentosim.Config{PlaceEvery: time.Millisecond})
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error)
	go func() { done <- shop.Run(ctx) }()
	for len(shop.Orders()) < 3 {
		time.Sleep(time.Millisecond)
	}
	cancel()
	if err := <-done; err != nil {
		t.Error(err)
	}
}

func TestAddRefuses(t *testing.T) {
	shop := fill(t, magentosim.Config{}, document(1, nil))
	for name, raw := range map[string]json.RawMessage{
		"same entity_id":                   document(1, map[string]any{"increment_id": "x"}),
		"same increment_id in the store":   document(2, map[string]any{"increment_id": "000000001"}),
		"no entity_id":                     document(2, map[string]any{"entity_id": "-"}),
		"no updated_at":                    document(2, map[string]any{"updated_at": "-"}),
		"not an object":                    json.RawMessage(`[]`),
		"an entity_id that is not a whole": document(2, map[string]any{"entity_id": 1.5}),
	} {
		if err := shop.Add(raw); err == nil {
			t.Errorf("%s: taken", name)
		}
	}
	if err := shop.Add(document(2, map[string]any{"increment_id": "000000001", "store_id": 2})); err != nil {
		t.Errorf("same increment_id in another store: %v", err)
	}
}

func write(t *testing.T, dir, name string, raw []byte) {
	t.Helper()
	if err := os.WriteFile(filepath.Join(dir, name), raw, 0o600); err != nil {
		t.Fatal(err)
	}
}

func TestDocuments(t *testing.T) {
	dir := t.TempDir()
	first := document(40, map[string]any{"increment_id": "000000007", "items": []any{map[string]any{"item_id": 90, "sku": "ERP-1"}}})
	write(t, dir, "01.json", append(first, '\n'))
	write(t, dir, "02.json", document(41, map[string]any{"increment_id": "000000007"}))
	write(t, dir, "03.json", []byte(`[{"url":"x"}]`))
	write(t, dir, "04.json", document(42, map[string]any{"order_id": 40}))
	write(t, dir, "05.json", []byte(`{"items":[],"total_count":0}`))
	write(t, dir, "06.json", []byte(`{"entity_id":`))
	write(t, dir, "notes.txt", []byte(`not looked at`))
	shop := open(t, magentosim.Config{OrdersDir: dir, Orders: 3})
	report := shop.Loaded()
	if !reflect.DeepEqual(report.Files, []string{"01.json"}) || len(report.Skipped) != 5 {
		t.Errorf("report %+v", report)
	}
	if a := shop.get("/rest/V1/orders/40"); string(a.body) != string(first) {
		t.Errorf("not byte for byte: %s", a.body)
	}
	for _, p := range shop.Orders()[1:] {
		if p.EntityID <= 40 || p.StoreID == 1 && p.IncrementID <= "000000007" {
			t.Errorf("generated %+v is not above the documents", p)
		}
	}
	if got := shop.DocumentSKUs(); !reflect.DeepEqual(got, []string{"ERP-1"}) {
		t.Errorf("SKUs %v", got)
	}
	if _, err := magentosim.New(magentosim.Config{OrdersDir: filepath.Join(dir, "missing")}); err == nil {
		t.Error("a folder that is missing was taken")
	}
}

// TestStateFile: a shop that is started again carries on, even when it was killed in the middle of a line.
func TestStateFile(t *testing.T) {
	dir := t.TempDir()
	write(t, dir, "01.json", document(40, nil))
	file := filepath.Join(t.TempDir(), "shop.jsonl")
	cfg := magentosim.Config{Seed: 5, Orders: 4, OrdersDir: dir, StateFile: file}
	one := open(t, cfg)
	if _, err := one.Place(magentosim.Placement{}); err != nil {
		t.Fatal(err)
	}
	if err := one.Update(40, func(d map[string]any) { d["status"] = "fraud" }); err != nil {
		t.Fatal(err)
	}
	before := one.search(byID...).body
	if err := one.Close(); err != nil {
		t.Fatal(err)
	}
	f, err := os.OpenFile(file, os.O_APPEND|os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := f.WriteString(`{"kind":"simple","docu`); err != nil {
		t.Fatal(err)
	}
	f.Close()
	cfg.Now = func() time.Time { return noon.Add(24 * time.Hour) }
	for range 2 {
		again := open(t, cfg)
		if got := again.search(byID...).body; string(got) != string(before) {
			t.Fatalf("another shop:\n%s\nwant\n%s", got, before)
		}
		if err := again.Close(); err != nil {
			t.Fatal(err)
		}
	}
	last := open(t, cfg)
	p, err := last.Place(magentosim.Placement{})
	if err != nil || p.EntityID != 46 {
		t.Errorf("the next order is %+v (%v), want entity_id 46", p, err)
	}
}

func TestConfigErrors(t *testing.T) {
	for name, cfg := range map[string]magentosim.Config{
		"version":     {Version: "new"},
		"half oauth":  {OAuth: magentosim.OAuthCredentials{ConsumerKey: "x"}},
		"half admin":  {AdminUsername: "x"},
		"orders":      {Orders: -1},
		"lines":       {Lines: 1000},
		"foreign":     {ForeignPercent: 101},
		"state file":  {StateFile: filepath.Join(t.TempDir(), "no", "such", "folder")},
		"page size":   {MaxPageSize: -1},
		"place every": {PlaceEvery: -1},
	} {
		if _, err := magentosim.New(cfg); err == nil {
			t.Errorf("%s: taken", name)
		}
	}
}

// TestManyAtOnce is for the race detector.
func TestManyAtOnce(t *testing.T) {
	shop := open(t, magentosim.Config{Orders: 30})
	var all sync.WaitGroup
	for i := range 8 {
		all.Go(func() {
			for n := range 20 {
				switch (i + n) % 5 {
				case 0:
					_, _ = shop.Place(magentosim.Placement{})
				case 1:
					_ = shop.Update(int64(1+n), func(d map[string]any) { d["status"] = fmt.Sprint(i, n) })
				case 2:
					shop.search("[pageSize]=10")
				case 3:
					shop.call("POST", "/control", `{"latency_ms":1}`)
				default:
					shop.get(fmt.Sprintf("/rest/V1/orders/%d", 1+n))
				}
			}
		})
	}
	all.Wait()
	if got, total := ids(t, shop.search(byID...)); len(got) != total || total != len(shop.Orders()) {
		t.Errorf("%d rows, total_count %d, %d orders", len(got), total, len(shop.Orders()))
	}
}

// TestRemovedOrderIsGone: from every list, from GET, and from the state file.
func TestRemovedOrderIsGone(t *testing.T) {
	file := filepath.Join(t.TempDir(), "state.jsonl")
	shop := fill(t, magentosim.Config{StateFile: file}, document(1, nil), document(2, nil), document(3, nil))
	shop.control("/control/remove", `{"entity_id":2}`)
	for _, sorted := range [][]string{{"updated_at ASC", "entity_id ASC"}, {"entity_id ASC"}} {
		if got, total := ids(t, shop.search(sortBy(sorted...)...)); !reflect.DeepEqual(got, []int{1, 3}) || total != 2 {
			t.Errorf("by %v: %v of %d, want 1 and 3", sorted, got, total)
		}
	}
	if a := shop.get("/rest/V1/orders/2"); a.status != http.StatusNotFound {
		t.Errorf("GET gives %d %s", a.status, a.body)
	}
	if a := shop.call("POST", "/control/remove", `{"entity_id":2}`); a.status != http.StatusNotFound {
		t.Errorf("removed again: %d %s", a.status, a.body)
	}
	again, err := magentosim.New(magentosim.Config{StateFile: file})
	if err != nil {
		t.Fatal(err)
	}
	if got := again.Orders(); len(got) != 2 || got[0].EntityID != 1 || got[1].EntityID != 3 {
		t.Errorf("after a restart: %+v", got)
	}
}
