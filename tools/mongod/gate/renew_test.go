package gate

import (
	"context"
	"errors"
	"testing"
	"time"

	"datawald/tools/mongod/repair"

	"go.mongodb.org/mongo-driver/v2/bson"
)

// While an index is made anew questions are answered and writers wait; between two a writer that waits has its turn. One that cannot be
// made keeps nobody and is tried once.
//
// Fails without: the turn (a write reaches the store early), giving it back after each index and to who waits longest (the write waits for the second), the note of
// what was tried (it never ends).
func TestIndexesAreMadeAnewOneAtATime(t *testing.T) {
	g, store, address := serveGate(t, noIndex)
	begun, end := make(chan string), make(chan error)
	g.Renew = func(_ context.Context, database string, wanted func(repair.Index) bool) (repair.Index, error) {
		for _, name := range []string{"first", "second"} {
			if i := (repair.Index{Collection: "orders", Name: name}); wanted(i) {
				begun <- database + " " + name
				return i, <-end
			}
		}
		return repair.Index{}, nil
	}
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		g.RenewAll(context.Background(), []string{"shop"})
	}()

	if got := <-begun; got != "shop first" {
		t.Fatalf("begun with %s", got)
	}
	found := send(t, address, bson.D{{Key: "find", Value: "orders"}, {Key: "$db", Value: "shop"}})
	store.next(t, done)
	if receive(t, found) == nil {
		t.Error("a question was not answered")
	}
	wrote := send(t, address, insertInto("shop", "orders"))
	for deadline := time.Now().Add(patience); g.turns.of("shop").waiting.Load() == 0; time.Sleep(time.Millisecond) { // the write comes to wait
		if time.Now().After(deadline) {
			t.Fatal("the write does not wait")
		}
	}
	end <- errors.New("database or disk is full")
	if c := store.next(t, done); c.name != "insert" {
		t.Errorf("%s came between the two", c.name)
	}
	if receive(t, wrote) == nil {
		t.Error("a write was not answered")
	}
	if got := <-begun; got != "shop second" {
		t.Errorf("then came %s", got)
	}
	end <- nil
	select {
	case <-ended:
	case <-time.After(patience):
		t.Fatal("it goes on for ever")
	}
}

// An index that a command makes answers questions before the command is answered; one that was there is let be, so that a client of a
// large store does not wait for what an earlier release made.
//
// Fails without: the comparison of how many there were before (Known), the call of Renew (Made).
func TestOnlyTheIndexThatACommandMakesIsMadeAnewWithIt(t *testing.T) {
	for name, tt := range map[string]struct {
		before int
		want   bool
	}{"Made": {1, true}, "Known": {2, false}} {
		t.Run(name, func(t *testing.T) {
			g, store, address := serveGate(t, noIndex)
			made := make(chan repair.Index, 1)
			index := repair.Index{Collection: "orders", Name: "queue"}
			g.Renew = func(_ context.Context, _ string, wanted func(repair.Index) bool) (repair.Index, error) {
				if !wanted(index) || wanted(repair.Index{Collection: "orders", Name: "other"}) {
					t.Error("it wants another index")
				}
				made <- index
				return index, nil
			}
			reply := send(t, address, bson.D{{Key: "createIndexes", Value: "orders"}, {Key: "$db", Value: "shop"},
				{Key: "indexes", Value: bson.A{bson.D{{Key: "name", Value: "queue"}, {Key: "key", Value: bson.D{{Key: "queue", Value: 1}}}}}}})
			store.next(t, bson.D{{Key: "numIndexesBefore", Value: tt.before}, {Key: "numIndexesAfter", Value: 2}, {Key: "ok", Value: 1.0}})
			if receive(t, reply) == nil {
				t.Error("not answered")
			}
			if (len(made) > 0) != tt.want {
				t.Errorf("made anew: %v, want %v", len(made) > 0, tt.want)
			}
		})
	}
}
