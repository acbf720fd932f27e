package activities_test

import (
	"context"
	"testing"
	"time"

	"datawald/activities"
	"datawald/sandbox/testkit"
	"datawald/sapb1"
	"datawald/store"
)

// Each test here takes one guard of the B1 step (docs/architecture.md) by itself, because the others often hide that it is
// gone. What a test fails without was seen: the guard was taken out, and the test failed.

// watched is a B1 that a test looks into while it is called.
type watched struct {
	*company
	create func(ctx context.Context) error
	drafts func() []sapb1.Document
	// find runs before a question for orders is answered, found after it.
	find  func() error
	found func()
}

func (w *watched) CreateOrder(ctx context.Context, o *sapb1.SalesOrder) (*sapb1.Document, error) {
	if w.create != nil {
		if err := w.create(ctx); err != nil {
			return nil, err
		}
	}
	return w.company.CreateOrder(ctx, o)
}

func (w *watched) FindDrafts(context.Context, sapb1.Reference) ([]sapb1.Document, error) {
	if w.drafts == nil {
		return nil, nil
	}
	return w.drafts(), nil
}

func (w *watched) FindOrders(ctx context.Context, ref sapb1.Reference) ([]sapb1.Document, error) {
	if w.find != nil {
		if err := w.find(); err != nil {
			return nil, err
		}
	}
	if w.found != nil {
		defer w.found()
	}
	return w.company.FindOrders(ctx, ref)
}

// watch puts a watched B1 in front of a bench; call, settle and looks are the instance's.
func (b *bench) watch(call, settle time.Duration, looks int) *watched {
	return b.watchAs(activities.Instance{CallTimeout: call, Settle: settle, Looks: looks})
}

// watchAs does so with the times of an instance.
func (b *bench) watchAs(i activities.Instance) *watched {
	w := &watched{company: b.company}
	i.Name, i.Rules, i.Company, i.CompanyID = "main", b.rules, w, "b1/demo"
	b.acts = activities.New(b.db, testkit.Silent(), i)
	return w
}

// alter changes the staged order as another process would.
func (b *bench) alter(change func(*store.Staged)) {
	b.t.Helper()
	if _, err := b.db.Change(context.Background(), b.key, func(doc *store.Staged) error { change(doc); return nil }); err != nil {
		b.t.Error(err)
	}
}

// died leaves the order as a worker does that dies with the order in its hands: its claim ended just now, the intent is there.
func (b *bench) died() {
	b.alter(func(doc *store.Staged) {
		doc.Claim = &store.Claim{Token: "dead", ExpiresAt: time.Now().Add(-time.Millisecond)}
		doc.Intent = &store.Intent{SentAt: time.Now(), Hash: doc.ContentHash, Payload: doc.PayloadHash, Reference: "000000001", CardCode: "C-WEB"}
	})
}

// end is how an attempt ended.
func end(t *testing.T, ends <-chan error) error {
	t.Helper()
	select {
	case err := <-ends:
		return err
	case <-time.After(20 * time.Second):
		t.Fatal("the attempt does not end")
		return nil
	}
}
