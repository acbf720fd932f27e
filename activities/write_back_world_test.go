package activities_test

import (
	"context"
	"encoding/json"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"datawald/activities"
	"datawald/magento"
	"datawald/mapping"
	"datawald/order"
	"datawald/sandbox/magentosim"
	"datawald/sandbox/testkit"
	"datawald/store"
)

// tellBoth are rules that write all there is to write.
var tellBoth = mapping.WriteBack{Comment: "B1 sales order {doc_num}", ExtOrderID: true}

// told is the comment for the sales order of the test company.
const told = "B1 sales order 1 [DataWald]"

// writingDesk is a bench whose shop can be written to.
type writingDesk struct {
	*bench
	shop   *magentosim.Shop
	client *magento.Client
	writer *between
}

// newWritingDesk posts the test document, which a shop of that release has, under rules that write back.
func newWritingDesk(t *testing.T, version string, tell mapping.WriteBack) *writingDesk {
	t.Helper()
	d := openWritingDesk(t, version, tell)
	d.post(document)
	return d
}

// openWritingDesk is a writingDesk without orders.
func openWritingDesk(t *testing.T, version string, tell mapping.WriteBack) *writingDesk {
	t.Helper()
	b := newBench(t, &company{byReference: true})
	if err := b.db.Remove(t.Context(), b.key); err != nil {
		t.Fatal(err)
	}
	shop, err := magentosim.New(magentosim.Config{Version: version, BearerToken: "token"})
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(shop)
	t.Cleanup(server.Close)
	client, err := magento.New(magento.Settings{URL: server.URL, Token: "token", Timeout: 5 * time.Second})
	if err != nil {
		t.Fatal(err)
	}
	d := &writingDesk{bench: b, shop: shop, client: client, writer: &between{Writer: client}}
	d.rules.WriteBack = tell
	d.acts = d.another(func(i *activities.Instance) { i.ShopSettle = time.Millisecond })
	return d
}

// another is one more worker for the same instance, with other settings.
func (d *writingDesk) another(change func(*activities.Instance)) *activities.Activities {
	i := activities.Instance{Name: "main", Rules: d.rules, Company: d.company, CompanyID: "b1/demo",
		CallTimeout: 20 * time.Millisecond, Settle: 50 * time.Millisecond, Looks: 3,
		Shop: d.client, Writer: d.writer, ShopTimeout: time.Minute}
	change(&i)
	return activities.New(d.db, testkit.Silent(), i)
}

// post puts a document into shop and store and takes it to B1.
func (d *writingDesk) post(raw string) order.Key {
	d.t.Helper()
	if err := d.shop.Add(json.RawMessage(raw)); err != nil {
		d.t.Fatal(err)
	}
	d.key = d.stage(raw)
	if err := d.insert(); err != nil {
		d.t.Fatal(err)
	}
	if doc := d.get(); doc.Status != order.Posted {
		d.t.Fatalf("order is %s: %v", doc.Status, doc.Reason)
	}
	return d.key
}

// between lets a test do something between a reading and a writing, and after one.
type between struct {
	activities.Writer
	mu            sync.Mutex
	before, after func()
}

func (b *between) around(write func() error) error {
	b.mu.Lock()
	before, after := b.before, b.after
	b.mu.Unlock()
	if before != nil {
		before()
	}
	err := write()
	if after != nil {
		after()
	}
	return err
}

func (b *between) Comment(ctx context.Context, o *magento.Current, text string) error {
	return b.around(func() error { return b.Writer.Comment(ctx, o, text) })
}

func (b *between) SetExtOrderID(ctx context.Context, o *magento.Current, id string) error {
	return b.around(func() error { return b.Writer.SetExtOrderID(ctx, o, id) })
}

// writeBack runs the activity once.
func (d *writingDesk) writeBack() (r activities.WriteBackResult, err error) {
	env := testkit.Suite().NewTestActivityEnvironment()
	env.RegisterActivity(d.acts)
	value, err := env.ExecuteActivity(d.acts.WriteBack, activities.WriteBackInput{Instance: "main"})
	if err == nil {
		err = value.Get(&r)
	}
	return r, err
}

// must runs the activity once and wants it not to fail.
func (d *writingDesk) must() activities.WriteBackResult {
	d.t.Helper()
	r, err := d.writeBack()
	if err != nil {
		d.t.Fatal(err)
	}
	return r
}

// timePasses brings the time of the next attempt, and the end of one that died.
func (d *writingDesk) timePasses() {
	d.t.Helper()
	d.changeWriteBack(func(w *store.WriteBack) { w.DueAt = time.Now().Add(-time.Second) })
}

func (d *writingDesk) changeWriteBack(change func(*store.WriteBack)) {
	d.t.Helper()
	if _, err := d.db.Change(d.t.Context(), d.key, func(doc *store.Staged) error {
		change(doc.WriteBack)
		return nil
	}); err != nil {
		d.t.Fatal(err)
	}
}

// wantState checks how far the write-back is, why, and that the order itself stands as posted.
func (d *writingDesk) wantState(state store.WriteBackState, code string) {
	d.t.Helper()
	doc := d.get()
	got := ""
	if doc.WriteBack.Reason != nil {
		got = doc.WriteBack.Reason.Code
	}
	if doc.WriteBack.State != state || got != code {
		d.t.Errorf("write-back is %s (%s: %v), want %s (%s)", doc.WriteBack.State, got, doc.WriteBack.Reason, state, code)
	}
	if doc.Status != order.Posted || doc.Reason != nil || doc.Attention != nil {
		d.t.Errorf("the order is %s (%v) with attention %v, want it posted whatever Magento says", doc.Status, doc.Reason, doc.Attention)
	}
}

// inShop is what the shop has of the order.
type inShop struct {
	State      string `json:"state"`
	Status     string `json:"status"`
	ExtOrderID string `json:"ext_order_id"`
	Histories  []struct {
		Comment string `json:"comment"`
	} `json:"status_histories"`
}

func (d *writingDesk) inShop() (o inShop) {
	d.t.Helper()
	raw, ok := d.shop.Document(d.get().EntityID)
	if !ok {
		d.t.Fatal("the shop has no such order")
	}
	if err := json.Unmarshal(raw, &o); err != nil {
		d.t.Fatal(err)
	}
	return o
}

// comments counts those that say what ours says.
func (o inShop) comments() (n int) {
	for _, h := range o.Histories {
		if h.Comment == told {
			n++
		}
	}
	return n
}

// wantTold checks that Magento was told once and that nothing else of the order has changed.
func (d *writingDesk) wantTold(state, status string) {
	d.t.Helper()
	o := d.inShop()
	if o.comments() != 1 || len(o.Histories) != 1 || o.ExtOrderID != "1" {
		d.t.Errorf("Magento has the comments %v and ext_order_id %q, want one and 1", o.Histories, o.ExtOrderID)
	}
	if o.State != state || o.Status != status {
		d.t.Errorf("the order is %s/%s in Magento, want %s/%s", o.State, o.Status, state, status)
	}
}

// lines are the outcomes of the timeline's lines about writing back.
func (d *writingDesk) lines() (outcomes []string) {
	d.t.Helper()
	for _, e := range d.get().Timeline {
		if e.Step == "written back" {
			outcomes = append(outcomes, strings.TrimSpace(e.Outcome+" "+e.Detail))
		}
	}
	return outcomes
}

// faults switches faults of the shop.
func (d *writingDesk) faults(change func(*magentosim.Faults)) {
	d.t.Helper()
	if err := d.shop.SetFaults(change); err != nil {
		d.t.Fatal(err)
	}
}
