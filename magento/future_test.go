package magento_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"datawald/magento"
	"datawald/order"
	"datawald/sandbox/magentosim"
)

func TestReader_ShowsOrdersDatedInTheFutureAtTheEndOfEveryReading(t *testing.T) {
	const day = 24 * 3600
	for size := 1; size <= 9; size++ {
		// At second 100: three orders of the past, one of the running minute, six of days to come, four of them in one second.
		_, address := rows(t, second(100), "2.4.6", 1, 2, 95, 120, day, day, day, day, 2*day, 400*day)
		r := &magento.Reader{Client: newClient(t, magento.Settings{URL: address}), PageSize: size, Settle: time.Second}
		var read, future []int64
		from := order.Cut{}
		for done := false; !done; {
			page, err := r.Next(t.Context(), from)
			if err != nil {
				t.Fatal(err)
			}
			for _, d := range page.Documents {
				read = append(read, d.EntityID)
			}
			for _, d := range page.Future {
				future = append(future, d.EntityID)
			}
			from, done = page.Next, page.Done
		}
		if want := []int64{1, 2, 3}; !slices.Equal(read, want) {
			t.Errorf("pages of %d: read %v, want %v", size, read, want)
		}
		if want := []int64{5, 6, 7, 8, 9, 10}; !slices.Equal(future, want) {
			t.Errorf("pages of %d: of the future %v, want %v", size, future, want)
		}
		if want := (order.Cut{UpdatedAt: second(95), EntityID: 3}); from != want {
			t.Errorf("pages of %d: the cut follows to %v, want %v", size, from, want)
		}
	}
}

func TestReader_SaysThatItBeganBehindTheShopsClock(t *testing.T) {
	for _, c := range []struct {
		after order.Cut
		want  bool
	}{
		{order.Cut{}, false},
		{order.Cut{UpdatedAt: second(99)}, false},
		{order.Cut{UpdatedAt: second(130)}, false}, // database and web server may differ by that much
		{order.Cut{UpdatedAt: second(170)}, true},
		{order.Cut{UpdatedAt: second(100).AddDate(70, 0, 0), EntityID: 7}, true},
	} {
		_, address := rows(t, second(100), "2.4.6", 1, 2, 3)
		r := &magento.Reader{Client: newClient(t, magento.Settings{URL: address}), PageSize: 2}
		page, err := r.Next(t.Context(), c.after)
		if err != nil {
			t.Fatal(err)
		}
		if page.Ahead != c.want || !page.ShopTime.Equal(second(100)) {
			t.Errorf("behind %v: ahead is %t by the clock %v, want %t", c.after.UpdatedAt, page.Ahead, page.ShopTime, c.want)
		}
		if page.Ahead && (page.Done || len(page.Documents) > 0 || page.Next != c.after) {
			t.Errorf("behind %v it still reads %+v", c.after.UpdatedAt, page)
		}
	}
}

func TestReader_AShopFullOfTheFutureIsReadWithinBounds(t *testing.T) {
	shop := newShop(t, magentosim.Config{Now: func() time.Time { return second(0) }})
	for n := range 2300 {
		at := second(0).AddDate(0, 0, 1+n/7).Format("2006-01-02 15:04:05")
		if err := shop.Add(document(map[string]any{"entity_id": n + 1, "increment_id": fmt.Sprint(n), "updated_at": at})); err != nil {
			t.Fatal(err)
		}
	}
	r := &magento.Reader{Client: newClient(t, magento.Settings{URL: serve(t, shop)}), PageSize: 100}
	page, err := r.Next(t.Context(), order.Cut{})
	if err != nil || !page.Done || len(page.Documents) != 0 || len(page.Future) < 2000 || !page.MoreFuture {
		t.Errorf("%d read and %d of the future, more %t (%v); want none and 2000 or a page more, of 2300", len(page.Documents), len(page.Future), page.MoreFuture, err)
	}
}
