package api_test

import (
	"fmt"
	"net"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"go.temporal.io/sdk/worker"

	"datawald/activities"
	"datawald/config"
	"datawald/mapping"
	"datawald/order"
	"datawald/sandbox/b1sim"
	"datawald/sandbox/magentosim"
	"datawald/sandbox/testkit"
	"datawald/workflows"
)

// floor is a world between a simulated shop and a simulated company, with a worker and no schedule.
type floor struct {
	hooked
	shop    *magentosim.Shop
	company *b1sim.Company
}

func newFloor(t *testing.T) *floor {
	t.Helper()
	f := &floor{hooked: newHooked(t)}
	var err error
	if f.shop, err = magentosim.New(magentosim.Config{Seed: 5, BearerToken: "token"}); err != nil {
		t.Fatal(err)
	}
	var items []b1sim.Item
	for _, sku := range magentosim.Catalogue() {
		items = append(items, b1sim.Item{Code: sku, Name: sku, Sales: true})
	}
	if f.company, err = b1sim.New(b1sim.Config{Items: items}); err != nil {
		t.Fatal(err)
	}
	f.work(f.serve())
	return f
}

// serve gives the addresses of both simulators.
func (f *floor) serve() (shopURL, b1URL string) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		f.t.Fatal(err)
	}
	served := make(chan struct{})
	go func() {
		defer close(served)
		_ = f.company.Serve(listener) // ends with the test
	}()
	shop := httptest.NewServer(f.shop)
	f.t.Cleanup(func() {
		shop.Close()
		f.company.Close()
		<-served
	})
	return shop.URL, fmt.Sprintf("http://%s/b1s/v2", listener.Addr())
}

// work runs the real workflows and activities against the simulators.
func (f *floor) work(shopURL, b1URL string) {
	text, err := os.ReadFile(filepath.Join(testkit.Root(), "rules.example.yaml"))
	if err != nil {
		f.t.Fatal(err)
	}
	rules, err := mapping.ParseRules(text)
	if err != nil {
		f.t.Fatal(err)
	}
	shop, err := config.Magento{URL: shopURL, Token: "token", Timeout: 10 * time.Second}.Client()
	if err != nil {
		f.t.Fatal(err)
	}
	company, err := config.B1{URL: b1URL, CompanyDB: "SBODEMOUS", User: "manager", Password: "sandbox", Timeout: 5 * time.Second, MaxCalls: 4}.Client()
	if err != nil {
		f.t.Fatal(err)
	}
	f.startWorkers(activities.New(f.db, testkit.Silent(), activities.Instance{Name: f.instance, Shop: shop, Company: company, CompanyID: b1URL,
		Rules: rules, CallTimeout: 5 * time.Second, Settle: 100 * time.Millisecond, Looks: 2}))
}

func (f *floor) startWorkers(a *activities.Activities) {
	flow := worker.New(f.temporal, f.settings.TaskQueue, worker.Options{WorkerStopTimeout: 5 * time.Second})
	flow.RegisterWorkflow(workflows.TakeHints)
	flow.RegisterWorkflow(workflows.ResyncOrders)
	b1 := worker.New(f.temporal, workflows.B1TaskQueue(f.instance), worker.Options{WorkerStopTimeout: 5 * time.Second})
	b1.RegisterWorkflow(workflows.InsertOrder)
	for _, w := range []worker.Worker{flow, b1} {
		w.RegisterActivity(a)
		if err := w.Start(); err != nil {
			f.t.Fatal(err)
		}
		f.t.Cleanup(w.Stop)
	}
}

func (f *floor) place() magentosim.Placed {
	f.t.Helper()
	p, err := f.shop.Place(magentosim.Placement{Kind: "simple", StoreID: 1})
	if err != nil {
		f.t.Fatal(err)
	}
	return p
}

// within waits for a condition, for so long at most.
func (f *floor) within(limit time.Duration, what string, condition func() bool) {
	f.t.Helper()
	for deadline := time.Now().Add(limit); !condition(); time.Sleep(20 * time.Millisecond) {
		if time.Now().After(deadline) {
			f.t.Fatalf("after %s still not: %s", limit, what)
		}
	}
}

func (f *floor) posted(p magentosim.Placed) bool {
	doc, err := f.db.Get(f.t.Context(), f.key(int(p.StoreID), p.IncrementID))
	return err == nil && doc.Status == order.Posted
}

// orderEvent is an event of Adobe I/O about an order.
func orderEvent(p magentosim.Placed, id string) string {
	return fmt.Sprintf(`{"specversion":"1.0","type":"com.adobe.commerce.observer.sales_order_save_commit_after","event_id":%q,
		"data":{"value":{"entity_id":"%d","increment_id":%q}}}`, id, p.EntityID, p.IncrementID)
}

// A placed order is in B1 seconds after the shop has said so, once, however often and however it says so.
func TestWebhookTakesAnOrderToB1AtOnceAndOnce(t *testing.T) {
	f := newFloor(t)
	often, mixed := f.place(), f.place()
	var all sync.WaitGroup
	for n := range 20 {
		all.Go(func() {
			f.say(orderEvent(often, "e-1"), "Content-Type", "application/cloudevents+json")
			f.say([]string{orderEvent(mixed, fmt.Sprint(n)), fmt.Sprintf(`{"increment_id":%q}`, mixed.IncrementID)}[n%2])
		})
	}
	all.Wait()
	f.within(20*time.Second, "both orders are posted", func() bool { return f.posted(often) && f.posted(mixed) })
	if n := len(f.company.Orders()); n != 2 {
		t.Errorf("B1 has %d orders, want 2", n)
	}
	doc, err := f.db.Get(t.Context(), f.key(1, often.IncrementID))
	if err != nil || doc.Timeline[0].Actor != "webhook" || doc.Manual {
		t.Errorf("%+v, %v; want the webhook named, and no place before others", doc, err)
	}
	runs, err := f.db.ListRuns(t.Context(), f.instance, 100)
	if err != nil || len(runs) > 4 {
		t.Errorf("%d readings for 40 deliveries in a moment, %v", len(runs), err)
	}
}

// What changes after the order was read is read as well; nothing that the shop says is lost between two readings.
func TestWebhookReadsAgainWhatChangesLater(t *testing.T) {
	f := newFloor(t)
	p := f.place()
	f.say(orderEvent(p, "placed")).counted(1, 0)
	f.within(20*time.Second, "the order is posted", func() bool { return f.posted(p) })
	if err := f.shop.Update(int64(p.EntityID), func(d map[string]any) { d["state"], d["status"] = "canceled", "canceled" }); err != nil {
		t.Fatal(err)
	}
	f.say(orderEvent(p, "placed")).counted(0, 1) // a replay
	f.say(orderEvent(p, "cancelled")).counted(1, 0)
	f.within(20*time.Second, "the order asks for attention", func() bool {
		doc, err := f.db.Get(t.Context(), f.key(1, p.IncrementID))
		return err == nil && doc.Attention != nil && doc.Attention.Code == "cancelled_in_magento"
	})
	if n := len(f.company.Orders()); n != 1 {
		t.Errorf("B1 has %d orders, want 1", n)
	}
}

// A hint is no click of a person: a held order stays held.
func TestWebhookLeavesHeldOrdersHeld(t *testing.T) {
	f := newFloor(t)
	p, err := f.shop.Place(magentosim.Placement{Kind: "forgotten", StoreID: 1})
	if err != nil {
		t.Fatal(err)
	}
	key := f.key(1, p.IncrementID)
	held := func() bool {
		doc, err := f.db.Get(t.Context(), key)
		return err == nil && doc.Status == order.Held
	}
	f.say(orderEvent(p, "1")).counted(1, 0)
	f.within(20*time.Second, "the order is held", held)
	before, err := f.db.Get(t.Context(), key)
	if err != nil {
		t.Fatal(err)
	}
	other := f.place()
	f.say(orderEvent(p, "2")).counted(1, 0)
	f.say(orderEvent(other, "3")).counted(1, 0)
	f.within(20*time.Second, "the other order is posted", func() bool { return f.posted(other) })
	if after, err := f.db.Get(t.Context(), key); err != nil || after.Status != order.Held || after.Attempts != before.Attempts {
		t.Errorf("%+v, %v; want it held and not tried again", after, err)
	}
}

// An order_id of digits may be either name of the order; the one that Magento does not have is no error.
func TestWebhookFindsAnOrderIDThatIsTheNumber(t *testing.T) {
	f := newFloor(t)
	other := f.place()
	p, err := f.shop.Place(magentosim.Placement{Kind: "simple", StoreID: 2})
	if err != nil || strings.HasPrefix(p.IncrementID, "0") {
		t.Fatalf("%+v, %v; want a number that may be a key", p, err)
	}
	f.say(fmt.Sprintf(`{"order_id":%q}`, p.IncrementID)).counted(1, 0)
	f.say(fmt.Sprintf(`{"order_id":%d}`, other.EntityID)).counted(1, 0)
	f.within(20*time.Second, "both orders are posted", func() bool { return f.posted(p) && f.posted(other) })
	runs, err := f.db.ListRuns(t.Context(), f.instance, 10)
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range runs {
		if len(r.Errors) > 0 {
			t.Errorf("%s has the errors %q", r.ID, r.Errors)
		}
	}
}
