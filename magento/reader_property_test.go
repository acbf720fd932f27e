package magento_test

import (
	"encoding/json"
	"fmt"
	"net/http/httptest"
	"testing"
	"time"

	"pgregory.net/rapid"

	"datawald/magento"
	"datawald/order"
	"datawald/sandbox/magentosim"
)

// version names one version of an order, as far as a reader by updated_at can tell versions apart.
type version struct {
	entityID  int64
	updatedAt string
}

// runLimit is the longest that one run reads. A transaction may stay open for the overlap less this: an order that the
// reader has passed while it was not to be seen must still lie within the overlap of the next run.
const runLimit = 30 * time.Second

// world is a busy shop and a reader that follows it as a schedule would.
type world struct {
	t       *rapid.T
	shop    *magentosim.Shop
	reader  *magento.Reader
	now     time.Time
	overlap time.Duration
	cut     order.Cut
	// stopTicking is when the clock stands still until the run is over.
	stopTicking time.Time
	// late are orders whose transaction is still open, with the time they were stamped.
	late map[int64]time.Time
	// seen is the union of all that was read.
	seen map[version]string
}

func newWorld(t *rapid.T) (w *world, closeShop func()) {
	w = &world{t: t, now: second(0), late: map[int64]time.Time{}, seen: map[version]string{}}
	w.overlap = time.Duration(rapid.IntRange(0, 90).Draw(t, "overlap"))*time.Second + runLimit
	w.shop = newShop(t, magentosim.Config{
		Seed: rapid.Int64Range(1, 1000).Draw(t, "seed"), Orders: rapid.IntRange(0, 12).Draw(t, "orders at start"),
		Version:   rapid.SampledFrom([]string{"2.3.5", "2.4.6"}).Draw(t, "version"),
		ClockSkew: time.Duration(rapid.IntRange(-7200, 7200).Draw(t, "skew")) * time.Second,
		Now:       func() time.Time { return w.now },
	})
	server := httptest.NewServer(w.shop)
	w.reader = &magento.Reader{Client: newClient(t, magento.Settings{URL: server.URL}),
		PageSize: rapid.IntRange(1, 4).Draw(t, "page size"), Settle: time.Duration(rapid.IntRange(1, 10).Draw(t, "settle")) * time.Second}
	return w, server.Close
}

func (w *world) must(err error) {
	w.t.Helper()
	if err != nil {
		w.t.Fatal(err)
	}
}

// place places so many orders in the second of the moment.
func (w *world) place(n int) {
	for range n {
		_, err := w.shop.Place(magentosim.Placement{})
		w.must(err)
	}
}

func (w *world) placeLate() {
	p, err := w.shop.Place(magentosim.Placement{Uncommitted: true})
	w.must(err)
	w.late[p.EntityID] = w.now
}

func (w *world) commit(id int64) {
	w.must(w.shop.Commit(id))
	delete(w.late, id)
}

// update changes so many orders in the second of the moment, as a mass action does.
func (w *world) update(n int) {
	orders := w.shop.Orders()
	for i := range min(n, len(orders)) {
		p := orders[(i*7+rapid.IntRange(0, len(orders)-1).Draw(w.t, "which"))%len(orders)]
		mark := fmt.Sprint(w.now.UnixNano(), i)
		w.must(w.shop.Update(p.EntityID, func(doc map[string]any) { doc["ext_order_id"] = mark }))
	}
}

// tick moves the clock and ends the transactions that were open for long enough.
func (w *world) tick(seconds int) {
	for range seconds {
		if !w.stopTicking.IsZero() && !w.now.Before(w.stopTicking) {
			return
		}
		w.now = w.now.Add(time.Second)
		for id, since := range w.late {
			if w.now.Sub(since) >= w.overlap-runLimit {
				w.commit(id)
			}
		}
	}
}

// disturb is something that happens to the shop, at any moment.
func (w *world) disturb() {
	switch rapid.SampledFrom([]string{"place", "crowd", "late", "commit", "update", "mass update", "tick", "long tick", "fault"}).Draw(w.t, "event") {
	case "place":
		w.place(1)
	case "crowd":
		w.place(w.reader.PageSize + rapid.IntRange(0, 2).Draw(w.t, "crowd"))
	case "late":
		w.placeLate()
	case "commit":
		for id := range w.late {
			w.commit(id)
			break
		}
	case "update":
		w.update(1)
	case "mass update":
		w.update(w.reader.PageSize + 2)
	case "tick":
		w.tick(1)
	case "long tick":
		w.tick(rapid.IntRange(2, 60).Draw(w.t, "seconds"))
	case "fault":
		w.must(w.shop.SetFaults(func(f *magentosim.Faults) {
			f.ForRequests = 1
			switch rapid.IntRange(0, 3).Draw(w.t, "fault") {
			case 0:
				f.Unavailable = true
			case 1:
				f.Truncate = true
			case 2:
				f.Drop = true
			case 3:
				f.HTML200 = true
			}
		}))
	}
}

// sync reads from the cut, less the overlap, to the end; busy lets things happen between the pages. It gives the
// versions in the order in which they were read.
func (w *world) sync(busy bool) (read []version) {
	from := w.cut
	if !from.IsZero() {
		from = order.Cut{UpdatedAt: from.UpdatedAt.Add(-w.overlap)}
	}
	w.stopTicking = w.now.Add(runLimit)
	defer func() { w.stopTicking = time.Time{} }()
	for range 2000 {
		page, err := w.reader.Next(w.t.Context(), from)
		if err != nil {
			if order.KindOf(err) != order.Transient {
				w.t.Fatal(err)
			}
			continue // the same page again, as Temporal would
		}
		for _, d := range page.Documents {
			v := version{d.EntityID, d.UpdatedAt.Format("2006-01-02 15:04:05")}
			w.seen[v], read = string(d.Raw), append(read, v)
		}
		if page.Next.After(w.cut) {
			w.cut = page.Next
		}
		if from = page.Next; page.Done {
			return read
		}
		if busy && rapid.IntRange(0, 2).Draw(w.t, "something happens") == 0 {
			w.disturb()
		}
	}
	w.t.Fatal("the reader finds no end")
	return nil
}

// settled lets everything commit and become old enough, reads once more, and compares all that was ever read with the
// shop: each order must have been read as it stands now.
func (w *world) settled() {
	for id := range w.late {
		w.commit(id)
	}
	w.tick(int(w.reader.Settle/time.Second) + 1)
	w.sync(false)
	w.sync(false) // the first may have met a fault that ends with it
	for _, p := range w.shop.Orders() {
		raw, _ := w.shop.Document(p.EntityID)
		if got, ok := w.seen[version{p.EntityID, p.UpdatedAt}]; !ok {
			w.t.Fatalf("order %d, last changed %s, was never read so (cut %v)", p.EntityID, p.UpdatedAt, w.cut)
		} else if got != string(raw) {
			w.t.Fatalf("order %d was read as\n%s\nand is\n%s", p.EntityID, got, raw)
		}
	}
}

func TestReader_LosesNoOrderWhateverHappens(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		w, closeShop := newWorld(t)
		defer closeShop()
		t.Repeat(map[string]func(*rapid.T){
			"":        func(*rapid.T) {},
			"disturb": func(t *rapid.T) { w.t = t; w.disturb() },
			"sync":    func(t *rapid.T) { w.t = t; w.sync(true) },
		})
		w.t = t
		w.settled()
	})
}

func TestReader_OfAQuietShopReadsEachOrderExactlyOnce(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		w, closeShop := newWorld(t)
		defer closeShop()
		for range rapid.IntRange(0, 6).Draw(t, "bursts") {
			w.place(rapid.IntRange(1, 9).Draw(t, "orders"))
			w.tick(rapid.IntRange(0, 3).Draw(t, "seconds"))
			w.update(rapid.IntRange(0, 4).Draw(t, "updates"))
		}
		w.tick(20)
		read := w.sync(false)
		times := map[int64]int{}
		for i, v := range read {
			times[v.entityID]++
			if i > 0 && (v.updatedAt < read[i-1].updatedAt || v.updatedAt == read[i-1].updatedAt && v.entityID < read[i-1].entityID) {
				t.Errorf("%v is read after %v", v, read[i-1])
			}
		}
		orders := w.shop.Orders()
		for _, p := range orders {
			if times[p.EntityID] != 1 {
				t.Errorf("order %d is read %d times, want once", p.EntityID, times[p.EntityID])
			}
		}
		if len(read) != len(orders) {
			t.Errorf("%d orders are read, the shop has %d", len(read), len(orders))
		}
		// Behind its own end, without overlap, there is nothing.
		page, err := w.reader.Next(t.Context(), w.cut)
		if err != nil || len(page.Documents) != 0 && len(orders) > 0 {
			t.Errorf("behind the end: %s, %v", mustJSON(page), err)
		}
	})
}

func mustJSON(v any) string {
	b, err := json.Marshal(v)
	if err != nil {
		panic(err)
	}
	return string(b)
}
