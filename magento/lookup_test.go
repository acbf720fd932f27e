package magento_test

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	"pgregory.net/rapid"

	"datawald/magento"
	"datawald/order"
	"datawald/sandbox/magentosim"
)

// counted counts the calls that reach the shop.
func counted(shop http.Handler, calls *atomic.Int64) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		calls.Add(1)
		shop.ServeHTTP(w, r)
	})
}

// parted gives the entity_ids of orders that were found, and of those that Magento cannot show.
func parted(documents []magento.Document) (found, broken []int64) {
	for _, d := range documents {
		if d.Fault != "" {
			broken = append(broken, d.EntityID)
		} else {
			found = append(found, d.EntityID)
		}
	}
	slices.Sort(found)
	slices.Sort(broken)
	return found, broken
}

func TestFindByEntityIDs_AsksInFewCalls(t *testing.T) {
	shop := newShop(t, magentosim.Config{Orders: 120})
	var calls atomic.Int64
	client := newClient(t, magento.Settings{URL: serve(t, counted(shop, &calls))})
	ids := []int64{888888}
	for _, p := range shop.Orders() {
		ids = append(ids, int64(p.EntityID))
	}
	documents, err := client.FindByEntityIDs(t.Context(), ids)
	if err != nil {
		t.Fatal(err)
	}
	found, broken := parted(documents)
	if want := slices.Sorted(slices.Values(ids[1:])); !slices.Equal(found, want) || len(broken) != 0 {
		t.Errorf("found %v and %v broken, want %v", found, broken, want)
	}
	if n := calls.Load(); n != 3 {
		t.Errorf("%d calls for %d orders, want 3", n, len(ids))
	}
	if documents, err := client.FindByEntityIDs(t.Context(), nil); err != nil || len(documents) != 0 {
		t.Errorf("asked for nothing it gives %v, %v", documents, err)
	}
}

// Whatever orders break the lists, and however: the others are found, and these by themselves or named as broken.
func TestLookUps_FindOrdersBesideOnesThatBreakTheList(t *testing.T) {
	shop := newShop(t, magentosim.Config{Orders: 70})
	client := newClient(t, magento.Settings{URL: serve(t, shop)})
	ids, numbers := []int64{999999}, []string{"not there"}
	for _, p := range shop.Orders() {
		ids, numbers = append(ids, int64(p.EntityID)), append(numbers, p.IncrementID)
	}
	rapid.Check(t, func(t *rapid.T) {
		poison := rapid.SliceOfNDistinct(rapid.SampledFrom(ids[1:]), 0, 4, rapid.ID[int64]).Draw(t, "poison")
		hidden := rapid.Bool().Draw(t, "not shown by itself either")
		status := rapid.SampledFrom([]int{500, 404}).Draw(t, "status")
		if err := shop.SetFaults(func(f *magentosim.Faults) {
			f.PoisonEntityIDs, f.PoisonGetMissing, f.PoisonStatus = poison, hidden, status
		}); err != nil {
			t.Fatal(err)
		}
		wantFound, wantBroken := slices.Sorted(slices.Values(ids[1:])), []int64(nil)
		if hidden {
			wantFound = slices.DeleteFunc(wantFound, func(id int64) bool { return slices.Contains(poison, id) })
			wantBroken = slices.Sorted(slices.Values(poison))
		}
		check := func(how string, documents []magento.Document, err error) {
			if err != nil {
				t.Fatal(how, err)
			}
			if found, broken := parted(documents); !slices.Equal(found, wantFound) || !slices.Equal(broken, wantBroken) {
				t.Fatalf("%s: found %v, broken %v; want %v and %v", how, found, broken, wantFound, wantBroken)
			}
		}
		byKey, err := client.FindByEntityIDs(t.Context(), ids)
		check("by entity_id", byKey, err)
		byNumber, err := client.FindByIncrementIDs(t.Context(), numbers)
		check("by increment_id", byNumber, err)
		for _, d := range byNumber {
			if place := slices.Index(ids, d.EntityID); d.Fault != "" && d.AskedFor != numbers[place] {
				t.Fatalf("entity %d was asked for as %q, want %q", d.EntityID, d.AskedFor, numbers[place])
			}
		}
	})
}

func TestFindByIncrementIDs_OneNumberOfSeveralStoresOneOfThemBroken(t *testing.T) {
	shop := newShop(t, magentosim.Config{MaxPageSize: 5})
	for n := range int64(4) {
		if err := shop.Add(document(map[string]any{"entity_id": n + 1, "increment_id": "W-1", "store_id": n + 1})); err != nil {
			t.Fatal(err)
		}
	}
	if err := shop.SetFaults(func(f *magentosim.Faults) { f.PoisonEntityIDs, f.PoisonGetMissing = []int64{2}, true }); err != nil {
		t.Fatal(err)
	}
	client := newClient(t, magento.Settings{URL: serve(t, shop)})
	documents, err := client.FindByIncrementIDs(t.Context(), []string{"W-1"})
	if err != nil {
		t.Fatal(err)
	}
	if found, broken := parted(documents); !slices.Equal(found, []int64{1, 3, 4}) || !slices.Equal(broken, []int64{2}) {
		t.Errorf("found %v, broken %v; want 1, 3 and 4, and 2 broken", found, broken)
	}
}

func TestFindByIncrementIDs_ANumberWithACommaIsOneNumber(t *testing.T) {
	shop := newShop(t, magentosim.Config{})
	for n, number := range []string{"1", "2", "1,2", "7"} {
		if err := shop.Add(document(map[string]any{"entity_id": n + 1, "increment_id": number})); err != nil {
			t.Fatal(err)
		}
	}
	client := newClient(t, magento.Settings{URL: serve(t, shop)})
	documents, err := client.FindByIncrementIDs(t.Context(), []string{"7", "1,2"})
	if found, _ := parted(documents); err != nil || !slices.Equal(found, []int64{3, 4}) {
		t.Errorf("found %v, %v; want the third and the fourth", found, err)
	}
}

func TestLookUps_AShopThatFailsAtEverythingIsAnOutage(t *testing.T) {
	shop := newShop(t, magentosim.Config{Orders: 60})
	var ids []int64
	var numbers []string
	for _, p := range shop.Orders() {
		ids, numbers = append(ids, int64(p.EntityID)), append(numbers, p.IncrementID)
	}
	for name, fault := range map[string]func(*magentosim.Faults){
		"maintenance":           func(f *magentosim.Faults) { f.Unavailable = true },
		"every order is broken": func(f *magentosim.Faults) { f.PoisonEntityIDs = ids },
	} {
		t.Run(name, func(t *testing.T) {
			shop.ClearFaults()
			if err := shop.SetFaults(fault); err != nil {
				t.Fatal(err)
			}
			var calls atomic.Int64
			client := newClient(t, magento.Settings{URL: serve(t, counted(shop, &calls))})
			_, byKey := client.FindByEntityIDs(t.Context(), ids)
			_, byNumber := client.FindByIncrementIDs(t.Context(), numbers[:1])
			if f := failureOf(t, byKey); f.Kind != order.Transient {
				t.Errorf("failure is %s, want transient", f.Kind)
			}
			if name == "maintenance" {
				failureOf(t, byNumber)
			} else if byNumber != nil {
				t.Errorf("one broken order by its number: %v, want it read by itself", byNumber)
			}
			if n := calls.Load(); n > 200 {
				t.Errorf("%d calls, want it to give up soon", n)
			}
		})
	}
}

func TestLookUps_HalveNothingWhenTheShopFailsAtAnyList(t *testing.T) {
	var calls atomic.Int64
	broken := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(http.StatusInternalServerError)
		fmt.Fprint(w, `{"message":"Internal Error. Details are available in Magento log file. Report ID: webapi-1"}`)
	})
	client := newClient(t, magento.Settings{URL: serve(t, counted(broken, &calls))})
	_, err := client.FindByEntityIDs(t.Context(), []int64{1, 2, 3, 4})
	if f := failureOf(t, err); f.Kind != order.Transient || calls.Load() != 2 {
		t.Errorf("%v after %d calls, want an outage after the list and one that cannot have orders", f, calls.Load())
	}
}

func TestStandIn_IsReadBack(t *testing.T) {
	for number, want := range map[string]int64{
		magento.StandIn(12): 12, "entity-9007199254740993": 9007199254740993,
		"entity-0": 0, "entity--5": 0, "entity-+5": 0, "entity-007": 0, "entity-": 0, "entity-1x": 0, "000000012": 0, "": 0,
		"entity-" + strings.Repeat("9", 30): 0, fmt.Sprint("my-", magento.StandIn(3)): 0,
	} {
		if got, ok := magento.StandsFor(number); got*b2i(ok) != want {
			t.Errorf("%q stands for %d, %t; want %d", number, got, ok, want)
		}
	}
}

func b2i(b bool) int64 {
	if b {
		return 1
	}
	return 0
}
