package magento_test

import (
	"net/http"
	"slices"
	"strings"
	"testing"

	"datawald/magento"
	"datawald/order"
	"datawald/sandbox/magentosim"
)

// window selects all that rows placed.
func window(seconds int) order.Selection {
	return order.Selection{By: order.ByCreated, From: second(0), To: second(seconds)}
}

// Each order of a window is read once, by its keys and its total alone, and Magento counts as many. Fails without: fields in params (whole documents), total_count among them; upTo in CountOrders.
func TestAccounts_ReadsKeysAndTotalsOfAWindow(t *testing.T) {
	shop, _ := rows(t, second(3600), "2.4.6", 1, 2, 3, 4, 5, 6, 7, 50)
	var asked []string
	address := serve(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked = append(asked, r.URL.RawQuery)
		shop.ServeHTTP(w, r)
	}))
	r := &magento.Reader{Client: newClient(t, magento.Settings{URL: address}), PageSize: 3}
	var ids []int64
	for after, done := int64(0), false; !done; {
		page, err := r.Accounts(t.Context(), window(10), after)
		if err != nil || page.Total != 7-after {
			t.Fatalf("%+v, %v", page, err)
		}
		for _, a := range page.Accounts {
			ids = append(ids, a.EntityID)
			key, err := a.Key("main")
			if err != nil || key.StoreID() != 1 || a.Total.String() != "29.90 EUR" || a.State != "processing" || a.CreatedAt != second(int(a.EntityID)) || a.UpdatedAt != a.CreatedAt {
				t.Errorf("%+v, %s, %v", a, key, err)
			}
		}
		after, done = page.Next, page.Done
	}
	if want := []int64{1, 2, 3, 4, 5, 6, 7}; !slices.Equal(ids, want) {
		t.Errorf("read %v, want %v", ids, want)
	}
	for _, q := range asked {
		if !strings.Contains(q, "fields=items%5Bentity_id") || strings.Contains(q, "customer") {
			t.Errorf("asked for %s", q)
		}
	}
	for upTo, want := range map[int64]int64{50: 7, 7: 7, 6: 6, 0: 0} {
		if n, err := r.CountOrders(t.Context(), window(10), upTo); err != nil || n != want {
			t.Errorf("up to %d counted %d, %v", upTo, n, err)
		}
	}
	some, err := r.AccountsOf(t.Context(), []int64{8, 2, 99, 3, 4, 5})
	if err != nil || len(some) != 5 || some[0].EntityID != 2 || some[4].EntityID != 8 {
		t.Errorf("by entity_id %+v, %v", some, err)
	}
	if none, err := r.AccountsOf(t.Context(), nil); err != nil || len(none) != 0 {
		t.Errorf("of none %+v, %v", none, err)
	}
}

// An order that Magento cannot show is there as well, by its entity_id, and keeps no other from being read or counted. Fails without: Fault in accountOf; the second try of CountOrders.
func TestAccounts_OfAnOrderThatCannotBeShown(t *testing.T) {
	shop, address := rows(t, second(3600), "2.4.6", 1, 2, 3)
	if err := shop.SetFaults(func(f *magentosim.Faults) { f.PoisonEntityIDs, f.PoisonGetMissing = []int64{1}, true }); err != nil {
		t.Fatal(err)
	}
	r := &magento.Reader{Client: newClient(t, magento.Settings{URL: address}), PageSize: 10}
	var all []magento.Account
	for after, done := int64(0), false; !done; {
		page, err := r.Accounts(t.Context(), window(10), after)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, page.Accounts...)
		after, done = page.Next, page.Done
	}
	broken := slices.IndexFunc(all, func(a magento.Account) bool { return a.EntityID == 1 })
	if len(all) != 3 || broken < 0 || all[broken].Fault == "" {
		t.Fatalf("%+v", all)
	}
	if key, err := all[broken].Key("main"); err != nil || key.IncrementID() != magento.StandIn(1) {
		t.Errorf("it is called %s, %v", key, err)
	}
	if n, err := r.CountOrders(t.Context(), window(10), 3); err != nil || n != 3 {
		t.Errorf("counted %d, %v", n, err)
	}
}
