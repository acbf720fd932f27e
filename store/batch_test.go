package store_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"datawald/order"
	"datawald/sandbox/testkit"
	"datawald/store"
)

// newOrder is an order that is about to be staged.
func newOrder(key order.Key, reference string) *store.Staged {
	doc := store.NewStaged(key)
	doc.Status, doc.PlacedAt, doc.Reference = order.Pending, at(1), reference
	doc.Order = &order.Order{Key: key}
	doc.Note(store.Event{Step: "staged", Outcome: "new"})
	return doc
}

func TestAdd_WritesWhatIsNewAndLeavesWhatIsThere(t *testing.T) {
	s := testkit.Store(t)
	stage(t, s, "main:1:2", func(d *store.Staged) { d.Reference = "first" })
	taken, err := s.Add(t.Context(), []*store.Staged{newOrder("main:1:1", "a"), newOrder("main:1:2", "b"), newOrder("main:1:3", "c")})
	if err != nil || len(taken) != 1 || !taken["main:1:2"] {
		t.Errorf("taken are %v, %v; want the second", taken, err)
	}
	for key, want := range map[order.Key]string{"main:1:1": "a", "main:1:2": "first", "main:1:3": "c"} {
		if doc, err := s.Get(t.Context(), key); err != nil || doc.Reference != want || doc.Rev != 1 {
			t.Errorf("%s is %+v, %v; want that of %s", key, doc, err, want)
		}
	}
	added, err := s.Get(t.Context(), "main:1:1")
	if err != nil || added.Order == nil || len(added.Timeline) != 1 || added.ChangedAt.IsZero() || added.Queue == "" {
		t.Errorf("it is read as %+v, %v; want it like one that Change wrote", added, err)
	}
	if _, err := s.Change(t.Context(), "main:1:3", func(d *store.Staged) error { d.Reference = "later"; return nil }); err != nil {
		t.Error(err)
	}
	if taken, err := s.Add(t.Context(), nil); err != nil || len(taken) != 0 {
		t.Errorf("none at all: %v, %v", taken, err)
	}
}

func TestAdd_EndsWithItsContext(t *testing.T) {
	s := testkit.Store(t)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := s.Add(ctx, []*store.Staged{newOrder("main:1:1", "a")}); !errors.Is(err, context.Canceled) {
		t.Errorf("%v, want cancelled", err)
	}
}

func TestHeads_ReadManyWithoutTheirContent(t *testing.T) {
	s := testkit.Store(t)
	if _, err := s.Add(t.Context(), []*store.Staged{newOrder("main:1:1", "a"), newOrder("main:1:2", "b")}); err != nil {
		t.Fatal(err)
	}
	heads, err := s.Heads(t.Context(), []order.Key{"main:1:2", "main:1:3", "main:1:1", "main:1:2"})
	if err != nil || len(heads) != 2 || heads["main:1:2"].Reference != "b" || heads["main:1:2"].Rev != 1 {
		t.Fatalf("heads are %v, %v", heads, err)
	}
	if head := heads["main:1:1"]; head.Order != nil || head.Timeline != nil {
		t.Errorf("it has content: %+v", head)
	}
	if heads, err := s.Heads(t.Context(), nil); err != nil || len(heads) != 0 {
		t.Errorf("of none: %v, %v", heads, err)
	}
}

func TestPayloads_ReadManyAtOnce(t *testing.T) {
	s := testkit.Store(t)
	var documents []store.NewPayload
	var refs []store.PayloadRef
	for n := range 120 {
		documents = append(documents, payload(order.Key(fmt.Sprintf("main:1:%d", n)), "hash", []byte(strings.Repeat("ü\x00", n))))
		refs = append(refs, documents[n].PayloadRef)
	}
	if err := s.PutPayloads(t.Context(), documents); err != nil {
		t.Fatal(err)
	}
	refs = append(refs, store.PayloadRef{Key: "main:1:1", Hash: "other"})
	raws, err := s.Payloads(t.Context(), refs)
	if err != nil || len(raws) != 120 {
		t.Fatalf("%d documents, %v; want 120", len(raws), err)
	}
	for _, d := range documents {
		if !bytes.Equal(raws[d.PayloadRef], d.Raw) {
			t.Errorf("%s is read as %q, want %q", d.Key, raws[d.PayloadRef], d.Raw)
		}
	}
}
