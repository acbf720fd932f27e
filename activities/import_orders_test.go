package activities_test

import (
	"fmt"
	"net/http/httptest"
	"slices"
	"testing"
	"time"

	"datawald/activities"
	"datawald/magento"
	"datawald/order"
	"datawald/sandbox/magentosim"
	"datawald/sandbox/testkit"
	"datawald/store"
)

// archive is a shop with orders of two weeks, and a worker that imports them.
type archive struct {
	t        *testing.T
	shop     *magentosim.Shop
	db       *store.Store
	a        *activities.Activities
	now      time.Time
	selected order.Selection
}

func newArchive(t *testing.T, orders int, syncFrom time.Time) *archive {
	t.Helper()
	r := &archive{t: t, db: testkit.Store(t), now: time.Date(2026, 11, 20, 12, 0, 0, 0, time.UTC)}
	clock := func() time.Time { return r.now }
	var err error
	if r.shop, err = magentosim.New(magentosim.Config{Orders: orders, Now: clock, BearerToken: "token"}); err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(r.shop)
	t.Cleanup(server.Close)
	client, err := magento.New(magento.Settings{URL: server.URL, Token: "token"})
	if err != nil {
		t.Fatal(err)
	}
	r.a = activities.New(r.db, testkit.Silent(), activities.Instance{Name: "main", Rules: exampleRules(t), Clock: clock, SyncFrom: syncFrom,
		Shop: client, Ranges: &magento.Reader{Client: client, PageSize: 5}, Overlap: 5 * time.Minute})
	r.selected = order.Selection{By: order.ByCreated, From: r.now.AddDate(0, -1, 0), To: r.now}
	return r
}

// all runs a backfill to its end and gives its counts. Each step is run so often.
func (r *archive) all(in activities.ImportOrdersInput, times int) (sum activities.ImportOrdersResult) {
	r.t.Helper()
	in.Instance, in.Run, in.Began = "main", "run", r.now.Add(time.Second) // the last change of the shop is before it
	sum.Imported, sum.Others = map[order.Status]int{}, map[order.Status]int{}
	for !sum.Done {
		var page *activities.ImportOrdersResult
		for range times {
			var err error
			if page, err = r.a.ImportOrders(r.t.Context(), in); err != nil {
				r.t.Fatal(err)
			}
		}
		if sum.Total == 0 {
			sum.Total = page.Total
		}
		sum.Counts, sum.Done, sum.At, sum.Missing = sum.Counts.Add(page.Counts), page.Done, page.At, append(sum.Missing, page.Missing...)
		for status, n := range page.Imported {
			sum.Imported[status] += n
		}
		for status, n := range page.Others {
			sum.Others[status] += n
		}
		in.After, sum.Next = page.Next, page.Next
	}
	return sum
}

// staged counts what the store has by state and import.
func (r *archive) staged() (imported, others map[order.Status]int) {
	r.t.Helper()
	all, err := r.db.List(r.t.Context(), store.Filter{Instance: "main", Limit: 1000})
	if err != nil {
		r.t.Fatal(err)
	}
	imported, others = map[order.Status]int{}, map[order.Status]int{}
	for _, doc := range all {
		if doc.Import == "run" {
			imported[doc.Status]++
		} else {
			others[doc.Status]++
		}
	}
	return imported, others
}

// A step whose worker died is run again, and the backfill counts what it would have. Fails without: outcome in count (orders that
// the lost attempt staged count as known).
func TestImportOrders_CountsTheSameHoweverOftenAStepIsRun(t *testing.T) {
	once := newArchive(t, 40, time.Time{}).every(1)
	r := newArchive(t, 40, time.Time{})
	again := r.every(2)
	if fmt.Sprint(once) != fmt.Sprint(again) {
		t.Errorf("run twice it counts %+v, once %+v", again, once)
	}
}

// A dry run counts what the run itself then does, and writes nothing. Fails without: DryRun in stage.
func TestImportOrders_ADryRunCountsAndWritesNothing(t *testing.T) {
	r := newArchive(t, 40, time.Time{})
	in := activities.ImportOrdersInput{Selected: &r.selected}
	dry := in
	dry.DryRun = true
	want := r.all(dry, 1)
	if imported, others := r.staged(); len(imported)+len(others) != 0 {
		t.Fatalf("a dry run has staged %v and %v", imported, others)
	}
	got := r.all(in, 1)
	if fmt.Sprint(want) != fmt.Sprint(got) || got.Counts.Read != 40 || got.Total != 40 {
		t.Errorf("dry it counts %+v, then %+v of 40", want, got)
	}
	imported, others := r.staged()
	if fmt.Sprint(imported) != fmt.Sprint(got.Imported) || len(others) != 0 {
		t.Errorf("staged are %v and %v, it counts %v", imported, others, got.Imported)
	}
	if known := r.all(dry, 1); known.Counts.Unchanged != 0 || fmt.Sprint(known.Imported) != fmt.Sprint(imported) {
		t.Errorf("dry again it counts %+v", known)
	}
}

// What the ordinary reading would bring is fresh, whoever brings it first; what was there before stays as it is. Fails without:
// freshFrom in run; UpdatedAt in run (an order placed before and changed after is an import when the backfill comes first).
func TestImportOrders_WhatTheOrdinaryReadingIsToComeToIsFresh(t *testing.T) {
	border := time.Date(2026, 11, 15, 0, 0, 0, 0, time.UTC)
	r := newArchive(t, 40, border)
	known := r.shop.Orders()[0]
	if _, err := r.a.SyncOrder(t.Context(), activities.SyncOrderInput{Instance: "main", Refs: r.found(known.IncrementID)}); err != nil {
		t.Fatal(err)
	}
	got := r.all(activities.ImportOrdersInput{Selected: &r.selected}, 1)
	docs, err := r.db.List(t.Context(), store.Filter{Instance: "main", Limit: 1000})
	if err != nil || len(docs) != 40 {
		t.Fatalf("%d staged, %v; want 40", len(docs), err)
	}
	imports, changed := 0, 0
	for _, doc := range docs {
		want := doc.PlacedAt.Before(border) && doc.Magento.UpdatedAt.Before(border) && doc.IncrementID != known.IncrementID
		if doc.PlacedAt.Before(border) && !doc.Magento.UpdatedAt.Before(border) {
			changed++
		}
		if (doc.Import != "") != want {
			t.Errorf("%s, placed %s, changed %s: import %q, want that to be %v", doc.Key, doc.PlacedAt, doc.Magento.UpdatedAt, doc.Import, want)
		}
		if want {
			imports++
		}
	}
	if sum(got.Imported) != imports || sum(got.Others) != 40-imports || imports == 0 || imports == 39 || changed == 0 || got.Counts.Unchanged != 1 {
		t.Errorf("counted %+v; want %d imports, and one known", got, imports)
	}
}

func (r *archive) found(numbers ...string) []store.PayloadRef {
	r.t.Helper()
	found, err := r.a.FindOrders(r.t.Context(), activities.FindOrdersInput{Instance: "main", IncrementIDs: numbers})
	if err != nil {
		r.t.Fatal(err)
	}
	return found.Refs
}

func sum(counts map[order.Status]int) (n int) {
	for _, c := range counts {
		n += c
	}
	return n
}

// named are orders of which two have the number 100 and two 200, in the stores 1 and 2; 300 cannot be shown.
func newNamed(t *testing.T) (r *archive, numbers []string) {
	t.Helper()
	r = newArchive(t, 0, time.Time{})
	at := r.now.AddDate(0, 0, -1).Format("2006-01-02 15:04:05")
	for n, number := range []string{"100", "100", "200", "200", "300"} {
		p, err := r.shop.Place(magentosim.Placement{Kind: "simple", StoreID: 1})
		if err != nil {
			t.Fatal(err)
		}
		if err := r.shop.Update(p.EntityID, func(doc map[string]any) {
			doc["increment_id"], doc["store_id"], doc["created_at"] = number, 1+n%2, at
		}); err != nil {
			t.Fatal(err)
		}
		numbers = append(numbers, p.IncrementID)
	}
	if err := r.shop.SetFaults(func(f *magentosim.Faults) { f.PoisonEntityIDs, f.PoisonGetMissing = []int64{5}, true }); err != nil {
		t.Fatal(err)
	}
	return r, numbers
}

// A resync by key reads the order of that store alone, one by number those of all stores. Fails without: only in FindOrders (four are read);
// missing in it (a key that is not there is no one's).
func TestFindOrders_ByKey(t *testing.T) {
	r, _ := newNamed(t)
	for name, c := range map[string]struct {
		in                        activities.FindOrdersInput
		read, missing, unreadable []string
	}{
		"numbers": {activities.FindOrdersInput{IncrementIDs: []string{"100", "404"}}, []string{"main:1:100", "main:2:100"}, []string{"404"}, nil},
		"keys": {activities.FindOrdersInput{Keys: []order.Key{"main:2:200", "main:3:100", "main:1:300"}},
			[]string{"main:2:200"}, []string{"main:3:100"}, []string{"300"}},
		"both": {activities.FindOrdersInput{IncrementIDs: []string{"100", "404"}, Keys: []order.Key{"main:1:200"}},
			[]string{"main:1:100", "main:1:200", "main:2:100"}, []string{"404"}, nil},
		"the key of a stand-in": {activities.FindOrdersInput{Keys: []order.Key{"main:0:entity-5", "main:0:entity-3", "main:0:entity-99"}},
			[]string{"main:1:200"}, []string{"entity-99"}, []string{"entity-5"}},
	} {
		c.in.Instance = "main"
		got, err := r.a.FindOrders(t.Context(), c.in)
		if err != nil {
			t.Fatal(err)
		}
		var read []string
		for _, ref := range got.Refs {
			read = append(read, string(ref.Key))
		}
		slices.Sort(read)
		if !slices.Equal(read, c.read) || !slices.Equal(got.Missing, c.missing) || !slices.Equal(got.Unreadable, c.unreadable) {
			t.Errorf("%s: read %v, missing %v, unreadable %v; want %+v", name, read, got.Missing, got.Unreadable, c)
		}
	}
}

// A number names the orders of all stores that have it, a key the one of its store. Fails without: take in lookUp.
func TestImportOrders_ByName(t *testing.T) {
	r, numbers := newNamed(t)
	got := r.all(activities.ImportOrdersInput{IncrementIDs: []string{"100", "404"}, Keys: []order.Key{"main:2:200", "main:1:300", "main:3:100", "main:1:405"}}, 1)
	if want := []string{"404", "main:3:100", "main:1:405"}; !slices.Equal(got.Missing, want) {
		t.Errorf("missing %v, want %v", got.Missing, want)
	}
	docs, err := r.db.List(t.Context(), store.Filter{Instance: "main", Limit: 1000})
	if err != nil {
		t.Fatal(err)
	}
	var keys []order.Key
	for _, doc := range docs {
		keys = append(keys, doc.Key)
	}
	slices.Sort(keys)
	if want := []order.Key{"main:0:entity-5", "main:1:100", "main:2:100", "main:2:200"}; !slices.Equal(keys, want) {
		t.Errorf("staged %v, want %v", keys, want)
	}
	if got.Counts.Read != 4 || got.Counts.Unreadable != 1 || got.Others[order.Held] != 1 || sum(got.Imported) != 3 {
		t.Errorf("counted %+v of %v", got, numbers)
	}
}

// every imports all orders of the shop.
func (r *archive) every(times int) activities.ImportOrdersResult {
	return r.all(activities.ImportOrdersInput{Selected: &r.selected}, times)
}
