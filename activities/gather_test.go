package activities

import (
	"context"
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"time"

	"datawald/magento"
	"datawald/order"
	"datawald/store"
)

// shelf is a shop whose orders, one a second, are read a page of so many at a time.
type shelf struct {
	orders, page, bytes int
	// failsAt is the call, from 1, that fails; shopTime the second of the shop's clock at each answer, 0 for none.
	failsAt, shopTime int
	calls             int
}

func (s *shelf) Next(_ context.Context, after order.Cut) (*magento.Page, error) {
	if s.calls++; s.calls == s.failsAt {
		return nil, &order.Failure{Kind: order.Transient, System: "magento", Op: "GET orders", Code: "503", Message: "down"}
	}
	p := &magento.Page{Next: after}
	if s.shopTime > 0 {
		p.ShopTime = onShelf(s.shopTime)
	}
	for n := int(after.EntityID) + 1; n <= s.orders && len(p.Documents) < s.page; n++ {
		p.Documents = append(p.Documents, magento.Document{EntityID: int64(n), UpdatedAt: onShelf(n), Raw: json.RawMessage(strings.Repeat("x", s.bytes))})
		p.Next = order.Cut{UpdatedAt: onShelf(n), EntityID: int64(n)}
	}
	p.Done = int(p.Next.EntityID) == s.orders
	return p, nil
}

// Future gives the orders behind the shop's clock by more than a minute.
func (s *shelf) Future(_ context.Context, shop time.Time) (found []magento.Document, more bool, err error) {
	for n := 1; n <= s.orders; n++ {
		if onShelf(n).After(shop.Add(time.Minute)) {
			found = append(found, magento.Document{EntityID: int64(n), UpdatedAt: onShelf(n)})
		}
	}
	return found, false, nil
}

func onShelf(second int) time.Time {
	return time.Date(2026, 11, 1, 10, 0, 0, 0, time.UTC).Add(time.Duration(second) * time.Second)
}

func TestGather_PutsSmallPagesTogether(t *testing.T) {
	for name, tc := range map[string]struct {
		shop  shelf
		until int // 0: none
		calls int
		read  int
		done  bool
	}{
		"all there is":                {shelf{orders: 50, page: 100, bytes: 10}, 0, 1, 50, true},
		"three pages":                 {shelf{orders: 900, page: 100, bytes: 10}, 0, 3, 300, false},
		"no more than three":          {shelf{orders: 900, page: 10, bytes: 10}, 0, 3, 30, false},
		"to the end":                  {shelf{orders: 120, page: 100, bytes: 10}, 0, 2, 120, true},
		"one page of many":            {shelf{orders: 900, page: 200, bytes: 10}, 0, 1, 200, false},
		"one page of large ones":      {shelf{orders: 900, page: 10, bytes: 300_000}, 0, 1, 10, false},
		"up to a page that fails":     {shelf{orders: 900, page: 100, bytes: 10, failsAt: 2}, 0, 2, 100, false},
		"to the end of the reading":   {shelf{orders: 900, page: 100, bytes: 10}, 150, 2, 150, true},
		"to the shop's time at first": {shelf{orders: 900, page: 100, bytes: 10, shopTime: 130}, 0, 2, 130, true},
	} {
		t.Run(name, func(t *testing.T) {
			in := FetchMagentoOrdersInput{}
			if tc.until > 0 {
				in.Until = onShelf(tc.until)
			}
			page, _, err := gather(t.Context(), Instance{Pages: &tc.shop}, in)
			if err != nil {
				t.Fatal(err)
			}
			if tc.shop.calls != tc.calls || len(page.Documents) != tc.read || page.Done != tc.done {
				t.Errorf("%d calls, %d orders, done %t; want %d, %d, %t", tc.shop.calls, len(page.Documents), page.Done, tc.calls, tc.read, tc.done)
			}
			for n, d := range page.Documents {
				if d.EntityID != int64(n+1) {
					t.Fatalf("order %d stands at %d", d.EntityID, n)
				}
			}
			if want := onShelf(tc.read); !page.Next.UpdatedAt.Equal(want) || page.Next.EntityID != int64(tc.read) {
				t.Errorf("goes on at %v, want behind order %d", page.Next, tc.read)
			}
		})
	}
}

func TestGather_AFirstPageThatFailsIsAnError(t *testing.T) {
	_, _, err := gather(t.Context(), Instance{Pages: &shelf{orders: 9, page: 3, failsAt: 1}}, FetchMagentoOrdersInput{})
	if f, ok := errors.AsType[*order.Failure](err); !ok || f.Code != "503" {
		t.Errorf("ended with %v", err)
	}
}

func TestGather_AReadingThatEndsEarlyStillShowsWhatIsDatedInTheFuture(t *testing.T) {
	shop := &shelf{orders: 200, page: 50, shopTime: 20}
	page, _, err := gather(t.Context(), Instance{Pages: shop}, FetchMagentoOrdersInput{Until: onShelf(20)})
	if err != nil || !page.Done || len(page.Documents) != 20 || len(page.Future) != 200-80 {
		t.Errorf("%d read, done %t, %d of the future (%v); want 20, the end, and those of more than a minute later", len(page.Documents), page.Done, len(page.Future), err)
	}
}

func TestGoBack_FollowsAClockThatWasSetBack(t *testing.T) {
	began := onShelf(0)
	at := func(minutes int) time.Time { return began.Add(time.Duration(minutes) * time.Minute) }
	i := Instance{Overlap: 5 * time.Minute, SyncFrom: at(-1000)}
	tests := map[string]struct {
		// shop is the shop's clock at the last reading; now is 8 minutes later, and the shop's clock is then shopNow.
		shop, shopNow, after time.Time
		ahead                bool
		want                 time.Time
	}{
		"it goes on":                         {shop: at(0), shopNow: at(8), after: at(-5)},
		"it goes on, hours apart from ours":  {shop: at(120), shopNow: at(128), after: at(115)},
		"it is some seconds slow":            {shop: at(0), shopNow: at(8).Add(-30 * time.Second), after: at(-5)},
		"set back by ten minutes":            {shop: at(10), shopNow: at(8), after: at(5), want: at(-5)},
		"set back by months":                 {shop: at(100_000), shopNow: at(8), after: at(99_995), ahead: true, want: at(-5)},
		"set back, and reading is there yet": {shop: at(10), shopNow: at(8), after: at(-20)},
		"set forward":                        {shop: at(-60), shopNow: at(8), after: at(-65)},
		"a shop that tells no time":          {after: at(-5)},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			in := FetchMagentoOrdersInput{After: order.Cut{UpdatedAt: tc.after}, Latest: store.Reading{Began: began, ShopTime: tc.shop}}
			back := goBack(&magento.Page{ShopTime: tc.shopNow, Ahead: tc.ahead}, at(8), i, in)
			switch {
			case tc.want.IsZero() && back != nil:
				t.Errorf("reading goes back to %v, want it to go on", back.UpdatedAt)
			case !tc.want.IsZero() && (back == nil || !back.UpdatedAt.Equal(tc.want)):
				t.Errorf("reading goes back to %v, want %v", back, tc.want)
			}
		})
	}
	first := goBack(&magento.Page{Ahead: true, ShopTime: at(8)}, at(8), i, FetchMagentoOrdersInput{After: order.Cut{UpdatedAt: at(500)}})
	if first == nil || !first.UpdatedAt.Equal(i.SyncFrom) {
		t.Errorf("with no reading known it goes back to %v, want where the first began", first)
	}
}
