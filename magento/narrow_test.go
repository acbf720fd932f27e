package magento_test

import (
	"context"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"datawald/magento"
	"datawald/order"
	"datawald/sandbox/magentosim"
)

// readPast reads to the end and gives the entity_ids seen, and those of orders that Magento cannot show.
func readPast(t interface {
	failer
	Context() context.Context
}, r *magento.Reader) (read, broken []int64) {
	t.Helper()
	for after, pages := (order.Cut{}), 0; ; pages++ {
		if pages > 500 {
			t.Fatalf("the reader does not come to an end")
		}
		page, err := r.Next(t.Context(), after)
		if err != nil {
			t.Fatalf("%v", err)
		}
		for _, d := range page.Documents {
			if d.Fault != "" {
				broken = append(broken, d.EntityID)
			} else {
				read = append(read, d.EntityID)
			}
		}
		if page.Done {
			return read, broken
		}
		after = page.Next
	}
}

func TestReader_ReadsOnPastOrdersThatBreakTheList(t *testing.T) {
	shop := newShop(t, magentosim.Config{Orders: 60})
	client := newClient(t, magento.Settings{URL: serve(t, shop)})
	var ids []int64
	for _, p := range shop.Orders() {
		ids = append(ids, int64(p.EntityID))
	}
	rapid.Check(t, func(t *rapid.T) {
		poison := rapid.SliceOfNDistinct(rapid.SampledFrom(ids), 0, 4, rapid.ID[int64]).Draw(t, "poison")
		hidden := rapid.Bool().Draw(t, "not shown by itself either")
		status := rapid.SampledFrom([]int{500, 404}).Draw(t, "status")
		if err := shop.SetFaults(func(f *magentosim.Faults) {
			f.PoisonEntityIDs, f.PoisonGetMissing, f.PoisonStatus = poison, hidden, status
		}); err != nil {
			t.Fatal(err)
		}
		size := rapid.SampledFrom([]int{3, 20, 100}).Draw(t, "page size")
		read, broken := readPast(t, &magento.Reader{Client: client, PageSize: size})
		want := slices.Clone(ids)
		if hidden {
			want = slices.DeleteFunc(want, func(id int64) bool { return slices.Contains(poison, id) })
			slices.Sort(broken)
			slices.Sort(poison)
			if broken = slices.Compact(broken); !slices.Equal(broken, poison) {
				t.Fatalf("cannot be shown: %v, want %v", broken, poison)
			}
		}
		slices.Sort(read)
		slices.Sort(want)
		if !slices.Equal(read, want) {
			t.Fatalf("read %v, want %v", read, want)
		}
	})
}

func TestReader_AShopThatFailsAtEverythingIsNoPoisonedOrder(t *testing.T) {
	shop := newShop(t, magentosim.Config{Orders: 3})
	client := newClient(t, magento.Settings{URL: serve(t, shop)})
	if err := shop.SetFaults(func(f *magentosim.Faults) { f.Unavailable = true }); err != nil {
		t.Fatal(err)
	}
	_, err := (&magento.Reader{Client: client, PageSize: 3}).Next(t.Context(), order.Cut{})
	if f := failureOf(t, err); f.Kind != order.Transient {
		t.Errorf("failure is %s, want transient", f.Kind)
	}
}

func TestReader_AdoptsThePageLimitOfTheShop(t *testing.T) {
	shop := newShop(t, magentosim.Config{Orders: 25, MaxPageSize: 4})
	reader := &magento.Reader{Client: newClient(t, magento.Settings{URL: serve(t, shop)}), PageSize: 100}
	rapid.Check(t, func(t *rapid.T) {
		if read, _ := readPast(t, reader); len(read) != 25 {
			t.Errorf("read %d orders, want 25", len(read))
		}
	})
}

// What broke a list before is tried first. When the order in front of it breaks the list now, the search for those at fault
// comes upon it once more, as that one's neighbour.
func TestReader_ReadsAnOrderOnceThatBrokeAListBeforeAndBreaksItAgainBehindAnother(t *testing.T) {
	shop := newShop(t, magentosim.Config{Orders: 6})
	url := serve(t, shop)
	first, second := shop.Orders()[0].EntityID, shop.Orders()[1].EntityID
	for _, hidden := range []bool{false, true} {
		client := newClient(t, magento.Settings{URL: url})
		for _, poison := range [][]int64{{second}, {first, second}} {
			if err := shop.SetFaults(func(f *magentosim.Faults) { f.PoisonEntityIDs, f.PoisonGetMissing = poison, hidden }); err != nil {
				t.Fatal(err)
			}
			read, broken := readPast(t, &magento.Reader{Client: client, PageSize: 3})
			times := map[int64]int{}
			for _, id := range read {
				times[id]++
			}
			slices.Sort(broken)
			for _, id := range slices.Compact(broken) { // one that cannot be shown comes with every page
				times[id]++
			}
			if times[first] != 1 || times[second] != 1 || len(times) != 6 {
				t.Errorf("with %v broken, hidden %t: read %v, cannot be shown %v; want each once", poison, hidden, read, broken)
			}
		}
	}
}
