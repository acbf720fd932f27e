package magento_test

import (
	"slices"
	"testing"

	"datawald/magento"
	"datawald/order"
	"datawald/sandbox/magentosim"
)

// follow reads to the end, trying again what fails, and gives the entity_ids shown and those that cannot be.
func follow(t *testing.T, r *magento.Reader, tries int) (read, broken []int64) {
	t.Helper()
	from := order.Cut{}
	for pages := 0; pages < 300; pages++ {
		page, err := r.Next(t.Context(), from)
		if err != nil {
			if tries--; tries < 0 {
				t.Fatal(err)
			}
			continue
		}
		for _, d := range page.Documents {
			if d.Fault != "" {
				broken = append(broken, d.EntityID)
			} else {
				read = append(read, d.EntityID)
			}
		}
		if page.Done {
			slices.Sort(read)
			slices.Sort(broken)
			return slices.Compact(read), slices.Compact(broken)
		}
		from = page.Next
	}
	t.Fatal("the reader finds no end")
	return nil, nil
}

func TestReader_ReadsOnPastManyOrdersThatCannotBeShown(t *testing.T) {
	for name, c := range map[string]struct {
		broken func(n int) bool
		tries  int
	}{
		"a data patch broke those in a row":   {func(n int) bool { return n >= 20 && n < 80 }, 0},
		"every third, found in several tries": {func(n int) bool { return n%3 == 0 }, 3},
	} {
		shop := newShop(t, magentosim.Config{Orders: 120})
		var want, poison []int64
		for n, p := range shop.Orders() {
			if c.broken(n) {
				poison = append(poison, p.EntityID)
			} else {
				want = append(want, p.EntityID)
			}
		}
		if err := shop.SetFaults(func(f *magentosim.Faults) { f.PoisonEntityIDs, f.PoisonGetMissing = poison, true }); err != nil {
			t.Fatal(err)
		}
		r := &magento.Reader{Client: newClient(t, magento.Settings{URL: serve(t, shop)}), PageSize: 50}
		read, broken := follow(t, r, c.tries)
		if !slices.Equal(read, want) || !slices.Equal(broken, poison) {
			t.Errorf("%s: read %d orders and held %d, want %d and %d", name, len(read), len(broken), len(want), len(poison))
		}
	}
}

func TestReader_AFailureThatPassesInventsNoOrder(t *testing.T) {
	shop := newShop(t, magentosim.Config{Orders: 30})
	orders := shop.Orders()
	for requests := 1; requests < 60; requests++ {
		if err := shop.SetFaults(func(f *magentosim.Faults) {
			f.PoisonEntityIDs, f.PoisonGetMissing, f.ForRequests = []int64{orders[7].EntityID}, true, requests
		}); err != nil {
			t.Fatal(err)
		}
		r := &magento.Reader{Client: newClient(t, magento.Settings{URL: serve(t, shop)}), PageSize: 20}
		read, broken := follow(t, r, 2)
		shop.ClearFaults()
		for _, id := range broken {
			if id != orders[7].EntityID {
				t.Fatalf("a failure of %d requests makes an order %d that there is not", requests, id)
			}
		}
		if len(read)+len(broken) < len(orders) {
			t.Fatalf("after a failure of %d requests %d orders are read and %d held, want all %d", requests, len(read), len(broken), len(orders))
		}
	}
}

func TestReader_AShopThatListsNothingHoldsNoOrder(t *testing.T) {
	shop := newShop(t, magentosim.Config{Orders: 60})
	if err := shop.SetFaults(func(f *magentosim.Faults) {
		for _, p := range shop.Orders() {
			f.PoisonEntityIDs = append(f.PoisonEntityIDs, p.EntityID)
		}
		f.PoisonGetMissing = true
	}); err != nil {
		t.Fatal(err)
	}
	r := &magento.Reader{Client: newClient(t, magento.Settings{URL: serve(t, shop)}), PageSize: 50}
	page, err := r.Next(t.Context(), order.Cut{})
	if f := failureOf(t, err); page != nil || f.Kind != order.Transient {
		t.Errorf("page %+v, %v; want an outage", page, err)
	}
}
