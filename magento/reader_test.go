package magento_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"datawald/magento"
	"datawald/order"
	"datawald/sandbox/magentosim"
)

// rows makes a shop with one order per second given, in this order; entity_ids count from 1.
func rows(t *testing.T, now time.Time, version string, seconds ...int) (*magentosim.Shop, string) {
	t.Helper()
	shop := newShop(t, magentosim.Config{Version: version, Now: func() time.Time { return now }})
	for i, s := range seconds {
		at := second(s).Format("2006-01-02 15:04:05")
		doc := document(map[string]any{"entity_id": i + 1, "increment_id": fmt.Sprintf("%09d", i+1), "created_at": at, "updated_at": at})
		if err := shop.Add(doc); err != nil {
			t.Fatal(err)
		}
	}
	return shop, serve(t, shop)
}

// readAll follows a reader from a cut to its end and gives the entity_ids in the order in which they were read.
func readAll(t *testing.T, r *magento.Reader, from order.Cut) (ids []int64, end order.Cut) {
	t.Helper()
	for range 1000 {
		page, err := r.Next(t.Context(), from)
		if err != nil {
			t.Fatal(err)
		}
		for _, d := range page.Documents {
			ids = append(ids, d.EntityID)
		}
		if from = page.Next; page.Done {
			return ids, from
		}
	}
	t.Fatal("the reader finds no end")
	return nil, from
}

func TestReader_ReadsEachOrderOnceInTheOrderOfItsLastChange(t *testing.T) {
	for _, version := range []string{"2.3.5", "2.4.6"} {
		for size := 1; size <= 8; size++ {
			// Seven orders share a second, more than most of these pages hold.
			_, address := rows(t, second(3600), version, 5, 3, 9, 5, 5, 1, 5, 9, 5, 5, 5)
			r := &magento.Reader{Client: newClient(t, magento.Settings{URL: address}), PageSize: size, Settle: 5 * time.Second}
			ids, end := readAll(t, r, order.Cut{})
			if want := []int64{6, 2, 1, 4, 5, 7, 9, 10, 11, 3, 8}; !slices.Equal(ids, want) {
				t.Errorf("Magento %s, pages of %d: read %v, want %v", version, size, ids, want)
			}
			if want := (order.Cut{UpdatedAt: second(9), EntityID: 8}); end != want {
				t.Errorf("Magento %s, pages of %d: the end is %v, want %v", version, size, end, want)
			}
			if ids, again := readAll(t, r, end); len(ids) != 0 || again != end {
				t.Errorf("Magento %s, pages of %d: behind the end it reads %v up to %v", version, size, ids, again)
			}
		}
	}
}

func TestReader_GoesOnBehindTheCut(t *testing.T) {
	_, address := rows(t, second(3600), "2.4.6", 1, 2, 2, 2, 3)
	r := &magento.Reader{Client: newClient(t, magento.Settings{URL: address}), PageSize: 10}
	for _, c := range []struct {
		from order.Cut
		want []int64
	}{
		{order.Cut{}, []int64{1, 2, 3, 4, 5}},
		{order.Cut{UpdatedAt: second(0)}, []int64{1, 2, 3, 4, 5}},
		{order.Cut{UpdatedAt: second(2)}, []int64{2, 3, 4, 5}},
		{order.Cut{UpdatedAt: second(2), EntityID: 3}, []int64{4, 5}},
		{order.Cut{UpdatedAt: second(2).In(time.FixedZone("east", 7200)), EntityID: 3}, []int64{4, 5}},
		{order.Cut{UpdatedAt: second(2), EntityID: 4}, []int64{5}},
		{order.Cut{UpdatedAt: second(9), EntityID: 1}, nil},
	} {
		if ids, _ := readAll(t, r, c.from); !slices.Equal(ids, c.want) {
			t.Errorf("behind %v it reads %v, want %v", c.from, ids, c.want)
		}
	}
}

func TestReader_StaysBehindTheShopsClock(t *testing.T) {
	for _, skew := range []time.Duration{0, 3 * time.Hour, -3 * time.Hour} {
		now := second(10).Add(-skew) // the machine's clock; the shop's own says second 10
		shop := newShop(t, magentosim.Config{ClockSkew: skew, Now: func() time.Time { return now }})
		for i, s := range []int{4, 5, 6, 10} {
			at := second(s).Format("2006-01-02 15:04:05")
			if err := shop.Add(document(map[string]any{"entity_id": i + 1, "increment_id": fmt.Sprint(i), "updated_at": at})); err != nil {
				t.Fatal(err)
			}
		}
		r := &magento.Reader{Client: newClient(t, magento.Settings{URL: serve(t, shop)}), PageSize: 10, Settle: 5 * time.Second}
		page, err := r.Next(t.Context(), order.Cut{})
		if err != nil || !page.ShopTime.Equal(second(10)) {
			t.Fatalf("shop's clock is %v (%v), want %v", page.ShopTime, err, second(10))
		}
		ids, end := readAll(t, r, order.Cut{})
		if !slices.Equal(ids, []int64{1, 2}) || end != (order.Cut{UpdatedAt: second(5), EntityID: 2}) {
			t.Errorf("skew %s: read %v up to %v, want what is 5 s old", skew, ids, end)
		}
		now = now.Add(5 * time.Second)
		if ids, _ := readAll(t, r, end); !slices.Equal(ids, []int64{3, 4}) {
			t.Errorf("skew %s: 5 s later it reads %v, want the rest", skew, ids)
		}
	}
}

func TestReader_ASlowAnswerDoesNotMakeTheRunningSecondOld(t *testing.T) {
	t.Parallel()
	// The shop looks at second 10 and answers a second later: more orders of second 10 may have come since.
	const slow = 1100 * time.Millisecond
	address := serve(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		time.Sleep(slow)
		w.Header().Set("Date", second(11).Format(http.TimeFormat))
		fmt.Fprintf(w, `{"items":[{"entity_id":1,"updated_at":%q},{"entity_id":2,"updated_at":%q}],"total_count":2}`,
			second(9).Format("2006-01-02 15:04:05"), second(10).Format("2006-01-02 15:04:05"))
	}))
	r := &magento.Reader{Client: newClient(t, magento.Settings{URL: address}), PageSize: 10, Settle: time.Second}
	page, err := r.Next(t.Context(), order.Cut{})
	if err != nil || len(page.Documents) != 1 || page.Next.EntityID != 1 || !page.Done {
		t.Errorf("read %+v (%v), want the order of second 9 alone", page, err)
	}
}

func TestReader_KeepsDocumentsByteForByte(t *testing.T) {
	shop := newShop(t, magentosim.Config{Now: func() time.Time { return second(3600) }})
	odd := json.RawMessage("{ \"entity_id\":\"3\",\n\"increment_id\": \"0003\", \"store_id\" : \"2\",\"updated_at\":\"2026-11-01 12:00:03\",\"grand_total\":1.50,\"x\":\"\\u00e9<&>\" }")
	if err := shop.Add(odd); err != nil {
		t.Fatal(err)
	}
	client := newClient(t, magento.Settings{URL: serve(t, shop)})
	page, err := (&magento.Reader{Client: client, PageSize: 5}).Next(t.Context(), order.Cut{})
	if err != nil || len(page.Documents) != 1 {
		t.Fatalf("page %+v, %v", page, err)
	}
	byNumber, err := client.FindByIncrementIDs(t.Context(), []string{"0003"})
	if err != nil || len(byNumber) != 1 {
		t.Fatalf("by number %+v, %v", byNumber, err)
	}
	byID, err := client.Get(t.Context(), 3)
	if err != nil {
		t.Fatal(err)
	}
	for name, d := range map[string]magento.Document{"page": page.Documents[0], "by number": byNumber[0], "by id": *byID} {
		if !bytes.Equal(d.Raw, odd) {
			t.Errorf("%s: the document became %s", name, d.Raw)
		}
		if d.EntityID != 3 || d.IncrementID != "0003" || d.StoreID != 2 || !d.UpdatedAt.Equal(second(3)) {
			t.Errorf("%s: named %+v", name, d)
		}
	}
}

// list answers every search with the same items.
func list(t *testing.T, items ...string) *magento.Client {
	return answering(t, http.StatusOK, http.Header{"Date": {second(3600).Format(http.TimeFormat)}},
		`{"items":[`+strings.Join(items, ",")+`],"total_count":`+fmt.Sprint(len(items))+`}`)
}

func TestReader_NeverReadsInCircles(t *testing.T) {
	for name, items := range map[string][]string{
		"no updated_at":             {`{"entity_id":1}`, `{"entity_id":2}`},
		"unreadable updated_at":     {`{"entity_id":1,"updated_at":"0000-00-00 00:00:00"}`, `{"entity_id":2,"updated_at":"soon"}`},
		"documents that are no row": {`null`, `[]`},
		"a shop that ignores the filter": {`{"entity_id":1,"updated_at":"2026-11-01 12:00:01"}`,
			`{"entity_id":2,"updated_at":"2026-11-01 12:00:02"}`},
	} {
		t.Run(name, func(t *testing.T) {
			r := &magento.Reader{Client: list(t, items...), PageSize: 2}
			from, seen := order.Cut{}, map[order.Cut]bool{}
			for range 20 {
				page, err := r.Next(t.Context(), from)
				if err != nil {
					if f := failureOf(t, err); f.Code != "no_progress" {
						t.Errorf("failure %+v, want one about no progress", f)
					}
					return
				}
				if page.Done {
					t.Fatalf("the end of %v is taken for reached", items)
				}
				if seen[page.Next] {
					t.Fatalf("it comes to %v again", page.Next)
				}
				seen[page.Next], from = true, page.Next
			}
			t.Fatal("it reads for ever")
		})
	}
}

func TestReader_AnOrderWithoutItsTimeIsReadAndDoesNotMoveTheCut(t *testing.T) {
	r := &magento.Reader{Client: list(t, `{"entity_id":1,"updated_at":"2026-11-01 12:00:01"}`, `{"entity_id":2}`), PageSize: 3}
	page, err := r.Next(t.Context(), order.Cut{})
	if err != nil || len(page.Documents) != 2 || !page.Done {
		t.Fatalf("page %+v, %v; want both orders and the end", page, err)
	}
	if want := (order.Cut{UpdatedAt: second(1), EntityID: 1}); page.Next != want {
		t.Errorf("the cut moves to %v, want %v", page.Next, want)
	}
}

func TestFindByIncrementIDs_FindsThemAllInEveryStore(t *testing.T) {
	shop := newShop(t, magentosim.Config{})
	var ids []string
	want := map[int64]bool{}
	entity := int64(0)
	for n := range 60 { // more numbers than one look-up asks for, in more stores than one page holds
		ids = append(ids, fmt.Sprintf("W-%03d", n))
		for storeID := range 8 {
			entity++
			want[entity] = true
			if err := shop.Add(document(map[string]any{"entity_id": entity, "increment_id": ids[n], "store_id": storeID + 1})); err != nil {
				t.Fatal(err)
			}
		}
	}
	client := newClient(t, magento.Settings{URL: serve(t, shop)})
	found, err := client.FindByIncrementIDs(t.Context(), append(ids, "not there"))
	if err != nil {
		t.Fatal(err)
	}
	for _, d := range found {
		if !want[d.EntityID] {
			t.Errorf("entity %d is found twice or was not asked for", d.EntityID)
		}
		delete(want, d.EntityID)
	}
	if len(want) != 0 {
		t.Errorf("%d of %d orders are not found", len(want), entity)
	}
	if found, err := client.FindByIncrementIDs(t.Context(), nil); err != nil || len(found) != 0 {
		t.Errorf("asked for nothing it gives %v, %v", found, err)
	}
}

func TestDocument_IsNamedWheneverItCanBe(t *testing.T) {
	for _, c := range []struct {
		document magento.Document
		want     string
	}{
		{magento.Document{EntityID: 5, IncrementID: "000000123", StoreID: 2}, "main:2:000000123"},
		{magento.Document{IncrementID: "000000123"}, "main:0:000000123"},
		{magento.Document{EntityID: 5, StoreID: 2}, "main:2:entity-5"},
		{magento.Document{EntityID: 5, IncrementID: "1 2", StoreID: 2}, "main:2:entity-5"},
		{magento.Document{EntityID: 5, IncrementID: "12", StoreID: -2}, "main:0:entity-5"},
		{magento.Document{StoreID: 2, Raw: []byte(`{"b":1,"a":[]}`)}, "main:2:document-" + magento.PayloadHash([]byte(`{"a":[],"b":1}`))[:16]},
		{magento.Document{Raw: []byte(`null`)}, "main:0:document-" + magento.PayloadHash([]byte(`null`))[:16]},
	} {
		key, err := c.document.Key("main")
		if string(key) != c.want || (err == nil) != (c.want != "") {
			t.Errorf("%+v is named %q (%v), want %q", c.document, key, err, c.want)
		}
	}
}

func TestClient_ReadsItsOwnStoresAlone(t *testing.T) {
	shop := newShop(t, magentosim.Config{Now: func() time.Time { return second(3600) }})
	for n := range 12 {
		doc := document(map[string]any{"entity_id": n + 1, "increment_id": fmt.Sprint(n / 4), "store_id": n%4 + 1, "updated_at": second(n / 3).Format("2006-01-02 15:04:05")})
		if err := shop.Add(doc); err != nil {
			t.Fatal(err)
		}
	}
	client := newClient(t, magento.Settings{URL: serve(t, shop) + "/rest/all", Stores: []int64{4, 2}})
	if ids, _ := readAll(t, &magento.Reader{Client: client, PageSize: 2}, order.Cut{}); !slices.Equal(ids, []int64{2, 4, 6, 8, 10, 12}) {
		t.Errorf("read %v, want the orders of stores 2 and 4", ids)
	}
	found, err := client.FindByIncrementIDs(t.Context(), []string{"1"})
	if err != nil || len(found) != 2 || found[0].EntityID != 6 || found[1].EntityID != 8 {
		t.Errorf("number 1 gives %+v (%v), want the orders of stores 2 and 4", found, err)
	}
	if _, err := client.Get(t.Context(), 6); err != nil {
		t.Errorf("an order of store 2: %v", err)
	}
	_, err = client.Get(t.Context(), 7)
	if f := failureOf(t, err); f.Kind != order.Permanent || !strings.Contains(f.Message, "store 3") {
		t.Errorf("an order of store 3: %+v", f)
	}
}
