package activities_test

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/shopspring/decimal"
	"go.temporal.io/sdk/temporal"

	"datawald/activities"
	"datawald/magento"
	"datawald/mapping"
	"datawald/order"
	"datawald/sandbox/testkit"
	"datawald/sapb1"
	"datawald/store"
)

// TestMain keeps the properties moderate; -rapid.checks asks for more.
func TestMain(m *testing.M) {
	if err := flag.Set("rapid.checks", "25"); err != nil {
		panic(err)
	}
	testkit.Main(m)
}

// company is a B1 whose answers a test decides.
type company struct {
	activities.Company // for what no test here asks
	mu                 sync.Mutex
	orders             []sapb1.Document
	created            atomic.Int32
	// onFind and onCreate run before the answer.
	onFind    func()
	findError func() error
	// troubled is when B1 writes nothing at all; nil for never.
	troubled atomic.Pointer[trouble]
	// wrote is true when B1 has written other orders.
	wrote    atomic.Bool
	onCreate func(*sapb1.SalesOrder) error
	// byReference answers with the orders of the reference asked for; otherwise with all.
	byReference bool
}

func (c *company) FindOrders(_ context.Context, ref sapb1.Reference) ([]sapb1.Document, error) {
	if c.onFind != nil {
		c.onFind()
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	var found []sapb1.Document
	for _, o := range c.orders {
		if !c.byReference || o.NumAtCard == ref.NumAtCard || slices.Contains(ref.Also, o.NumAtCard) {
			found = append(found, o)
		}
	}
	return found, nil
}

func (c *company) Troubled(moment time.Time) bool {
	t := c.troubled.Load()
	return t != nil && t.from.Before(moment) && t.until.After(moment)
}

func (c *company) Wrote(time.Time) bool { return c.wrote.Load() }

// trouble lasts from a moment until another.
type trouble struct{ from, until time.Time }

func (c *company) Admit(context.Context) (func(), error) { return func() {}, nil }

func (c *company) FindDrafts(context.Context, sapb1.Reference) ([]sapb1.Document, error) {
	if c.findError != nil {
		return nil, c.findError()
	}
	return nil, nil
}

func (c *company) CreateOrder(_ context.Context, o *sapb1.SalesOrder) (*sapb1.Document, error) {
	c.created.Add(1)
	d := sapb1.Document{DocEntry: 1, DocNum: 1, CardCode: o.CardCode, NumAtCard: o.NumAtCard, DocCurrency: "USD", DocTotal: sapb1.NewAmount(decimal.RequireFromString("24"))}
	for range o.Lines {
		d.Lines = append(d.Lines, sapb1.LineReadBack{})
	}
	if c.onCreate != nil {
		if err := c.onCreate(o); err != nil {
			return nil, err
		}
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.orders = append(c.orders, d)
	return &d, nil
}

// bench is a staged order with a company to send it to.
type bench struct {
	t       *testing.T
	db      *store.Store
	company *company
	acts    *activities.Activities
	rules   *mapping.Rules
	key     order.Key
	// instance of the orders; empty for main.
	instance string
}

// exampleRules are those that come with the project.
func exampleRules(t *testing.T) *mapping.Rules {
	t.Helper()
	rules, err := mapping.ParseRules([]byte(exampleRulesText(t)))
	if err != nil {
		t.Fatal(err)
	}
	return rules
}

// exampleRulesText is their file.
func exampleRulesText(t *testing.T) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(testkit.Root(), "rules.example.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func newBench(t *testing.T, c *company) *bench {
	t.Helper()
	rules := exampleRules(t)
	db := testkit.Store(t)
	b := &bench{t: t, db: db, company: c, rules: rules}
	b.acts = activities.New(db, testkit.Silent(), activities.Instance{Name: "main", Rules: rules, Company: c, CompanyID: "b1/demo",
		CallTimeout: 20 * time.Millisecond, Settle: 50 * time.Millisecond, Looks: 3})
	b.key = b.stage(document)
	return b
}

// stage puts a Magento document into the store, as the first half of a run does.
func (b *bench) stage(raw string) order.Key {
	b.t.Helper()
	return b.read(raw, false)
}

// resync does the same because somebody asked for the order by name.
func (b *bench) resync(raw string) order.Key {
	b.t.Helper()
	return b.read(raw, true)
}

func (b *bench) read(raw string, again bool) order.Key {
	b.t.Helper()
	var head header
	if err := json.Unmarshal([]byte(raw), &head); err != nil {
		b.t.Fatal(err)
	}
	instance := cmp.Or(b.instance, "main")
	key, err := order.NewKey(instance, head.StoreID, head.IncrementID)
	if err != nil {
		b.t.Fatal(err)
	}
	ref := store.PayloadRef{Key: key, Hash: magento.PayloadHash([]byte(raw)), UpdatedAt: head.at(b.t)}
	if err := b.db.PutPayloads(b.t.Context(), []store.NewPayload{{PayloadRef: ref, Raw: []byte(raw)}}); err != nil {
		b.t.Fatal(err)
	}
	env := testkit.Suite().NewTestActivityEnvironment()
	env.RegisterActivity(b.acts)
	if _, err := env.ExecuteActivity(b.acts.SyncOrder, activities.SyncOrderInput{Instance: instance, Refs: []store.PayloadRef{ref}, Again: again}); err != nil {
		b.t.Fatal(err)
	}
	return key
}

// header names a document.
type header struct {
	IncrementID string `json:"increment_id"`
	StoreID     int64  `json:"store_id"`
	UpdatedAt   string `json:"updated_at"`
}

func (h header) at(t *testing.T) time.Time {
	t.Helper()
	at, err := time.Parse("2006-01-02 15:04:05", h.UpdatedAt)
	if err != nil {
		t.Fatal(err)
	}
	return at
}

// insert runs the activity once.
func (b *bench) insert() error {
	env := testkit.Suite().NewTestActivityEnvironment()
	env.RegisterActivity(b.acts)
	_, err := env.ExecuteActivity(b.acts.InsertOrder, activities.InsertOrderInput{Key: b.key})
	return err
}

func (b *bench) get() *store.Staged {
	b.t.Helper()
	doc, err := b.db.Get(b.t.Context(), b.key)
	if err != nil {
		b.t.Fatal(err)
	}
	return doc
}

func typeOf(err error) string {
	application, _ := errors.AsType[*temporal.ApplicationError](err)
	if application == nil {
		return ""
	}
	return application.Type()
}

const document = `{"increment_id":"000000001","entity_id":1,"store_id":1,"state":"processing","status":"processing",
	"created_at":"2026-11-01 10:00:00","updated_at":"2026-11-01 10:00:00","order_currency_code":"USD","base_currency_code":"USD",
	"customer_email":"jane.doe@example.com","customer_firstname":"Jane","customer_lastname":"Doe","subtotal":24,"grand_total":24,
	"items":[{"item_id":1,"sku":"A-1","name":"Mug","product_type":"simple","qty_ordered":2,"price":12}],
	"billing_address":{"firstname":"Jane","lastname":"Doe","street":["Long Lane 5"],"city":"Springfield","country_id":"US","telephone":"555-0100"},
	"payment":{"method":"checkmo"}}`

func TestInsertOrder_ASecondAttemptKeepsAwayFromAClaimedOrder(t *testing.T) {
	t.Parallel()
	looking, proceed := make(chan struct{}), make(chan struct{})
	var once sync.Once
	c := &company{onFind: func() { once.Do(func() { close(looking); <-proceed }) }}
	b := newBench(t, c)
	first := make(chan error, 1)
	go func() { first <- b.insert() }()
	<-looking
	if err := b.insert(); typeOf(err) != activities.TypeUnresolved {
		t.Errorf("the second attempt ended with %v, want it to come back later", err)
	}
	if n := c.created.Load(); n != 0 {
		t.Errorf("the second attempt sent the order")
	}
	close(proceed)
	if err := <-first; err != nil {
		t.Errorf("the first attempt: %v", err)
	}
	if n := c.created.Load(); n != 1 {
		t.Errorf("the order was sent %d times, want once", n)
	}
}

func TestInsertOrder_AnUnknownOutcomeIsLookedForSeveralTimesBeforeItIsSentAgain(t *testing.T) {
	t.Parallel()
	lost := true
	c := &company{}
	c.onCreate = func(*sapb1.SalesOrder) error {
		if lost {
			lost = false
			return &order.Failure{Kind: order.Unknown, System: "b1", Op: "POST Orders", Message: "no answer: timed out"}
		}
		return nil
	}
	b := newBench(t, c)
	looks := 0
	c.onFind = func() { looks++ }
	b.until(func() bool {
		if c.created.Load() > 1 && looks < 4 {
			t.Fatalf("sent again after %d looks, want 1 before the first sending and 3 after it", looks)
		}
		return b.get().Status != order.Pending
	})
	if doc := b.get(); doc.Status != order.Posted || c.created.Load() != 2 || looks != 4 {
		t.Errorf("order is %s, sent %d times, looked for %d times; want posted, 2, 4", doc.Status, c.created.Load(), looks)
	}
}

func TestInsertOrder_AnOrderThatIsCommittedLateIsFound(t *testing.T) {
	t.Parallel()
	c := &company{}
	c.onCreate = func(o *sapb1.SalesOrder) error {
		return &order.Failure{Kind: order.Unknown, System: "b1", Op: "POST Orders", Message: "no answer: timed out"}
	}
	b := newBench(t, c)
	looks := 0
	c.onFind = func() {
		if looks++; looks == 3 { // B1 has finished the order only now
			c.mu.Lock()
			c.orders = append(c.orders, sapb1.Document{DocEntry: 7, DocNum: 70, CardCode: "C-WEB", NumAtCard: "000000001", DocCurrency: "USD",
				DocTotal: sapb1.NewAmount(decimal.NewFromInt(24)), Lines: make([]sapb1.LineReadBack, 1)})
			c.mu.Unlock()
		}
	}
	b.untilSettled()
	doc := b.get()
	if doc.Status != order.Posted || doc.BO.DocNum != 70 || c.created.Load() != 1 {
		t.Errorf("order is %s as %+v after %d sendings, want posted as 70 after one", doc.Status, doc.BO, c.created.Load())
	}
}

func TestInsertOrder_ErrorsHideThePerson(t *testing.T) {
	t.Parallel()
	c := &company{onCreate: func(*sapb1.SalesOrder) error {
		return &order.Failure{Kind: order.Permanent, System: "b1", Op: "POST Orders", Code: "-5002", Message: "(1) Jane Doe of Long Lane 5 (jane.doe@example.com) owes money"}
	}}
	b := newBench(t, c)
	err := b.insert()
	if typeOf(err) != activities.TypeHeld {
		t.Fatalf("error is %v, want held", err)
	}
	doc := b.get()
	if doc.Status != order.Held || doc.Claim != nil || doc.Intent != nil {
		t.Errorf("order is %s with claim %v and intent %v, want held without either", doc.Status, doc.Claim, doc.Intent)
	}
	timeline, _ := json.Marshal(doc.Timeline)
	for _, text := range []string{err.Error(), doc.Reason.Message, string(timeline)} {
		for _, personal := range []string{"Jane", "Doe", "Long Lane", "example.com"} {
			if strings.Contains(text, personal) {
				t.Errorf("%q tells %q", text, personal)
			}
		}
	}
}

func TestInsertOrder_AnOrderSentUnderAnotherReferenceIsFound(t *testing.T) {
	t.Parallel()
	c := &company{}
	c.onCreate = func(o *sapb1.SalesOrder) error {
		c.mu.Lock()
		defer c.mu.Unlock()
		c.orders = append(c.orders, sapb1.Document{DocEntry: 7, DocNum: 70, CardCode: "C-WEB", NumAtCard: o.NumAtCard, DocCurrency: "USD",
			DocTotal: sapb1.NewAmount(decimal.NewFromInt(24)), Lines: make([]sapb1.LineReadBack, 1)})
		return &order.Failure{Kind: order.Unknown, System: "b1", Op: "POST Orders", Message: "no answer: timed out"}
	}
	c.byReference = true
	b := newBench(t, c)
	if err := b.insert(); typeOf(err) != activities.TypeUnresolved {
		t.Fatal(err)
	}
	b.rules.Reference.Template = "WEB-{increment_id}" // an operator changes the rules meanwhile
	b.untilSettled()
	if doc := b.get(); doc.Status != order.Posted || c.created.Load() != 1 {
		t.Errorf("order is %s after %d sendings, want posted after one", doc.Status, c.created.Load())
	}
}
