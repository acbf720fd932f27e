package activities_test

import (
	"context"
	"testing"

	"datawald/activities"
	"datawald/order"
	"datawald/sandbox/b1sim"
	"datawald/sandbox/testkit"
	"datawald/sapb1"
	"datawald/store"
)

// asked is a B1 that calls something when it is asked what it shows.
type asked struct {
	activities.Books
	then func()
}

func (a *asked) SightOf(ctx context.Context) (sapb1.Sight, error) {
	a.then()
	return a.Books.SightOf(ctx)
}

// An order that B1 lacks and whose buyer is erased between the look at it and the change stays as it is: nothing is left that could be sent. Fails without: Erased in the change of
// sendAnew.
func TestReconcile_SendsNothingThatIsErasedMeanwhile(t *testing.T) {
	b := newBooks(t, 3, b1sim.Config{})
	key := b.first(1)[0]
	b.tamper(key, b1sim.Tamper{Do: "remove"})
	b.page("run")
	b.wantFindings(found(key, store.FindMissingInB1))
	erased := 0
	b.instance.Books = &asked{b.instance.Books, func() {
		e, err := activities.FindOrders(t.Context(), b.db, []order.Key{key})
		if err == nil {
			err = e.Erase(t.Context(), b.db, "starter")
		}
		if err != nil {
			t.Error(err)
		}
		erased++
	}}
	b.acts = activities.New(b.db, testkit.Silent(), b.instance)
	healed, err := b.acts.HealFindings(t.Context(), activities.HealFindingsInput{Instance: "main", Run: "run"})
	if doc := b.doc(key); err != nil || erased != 1 || len(healed.Healed) != 0 || doc.Status != order.Posted || !doc.Erased() {
		t.Errorf("mended %v, %v; erased %d times; it is %s, erased %t", healed, err, erased, doc.Status, doc.Erased())
	}
}
