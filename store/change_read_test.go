package store_test

import (
	"errors"
	"reflect"
	"testing"

	"datawald/order"
	"datawald/sandbox/testkit"
	"datawald/store"
)

// An order is changed as it was read where nobody has written since, and otherwise as it is now.
//
// Fails without: reading again after a conflict (what another has written is lost), and without the copy (what was read is altered).
func TestChangeRead_GoesByWhatIsStored(t *testing.T) {
	s := testkit.Store(t)
	stage(t, s, "main:1:1", func(d *store.Staged) {
		d.Status, d.Reason = order.Held, &order.Reason{Code: "b1_refused"}
		d.Note(store.Event{Step: "staged"})
	})
	read, err := s.Get(t.Context(), "main:1:1")
	if err != nil {
		t.Fatal(err)
	}
	before := *read
	reason := *read.Reason
	wanted := 1
	for _, others := range []bool{false, true} { // has written meanwhile
		if others {
			stage(t, s, "main:1:1", func(d *store.Staged) { d.Attempts = 7 })
			wanted = 7
		}
		tries := 0
		doc, err := s.ChangeRead(t.Context(), read, func(d *store.Staged) error {
			tries++
			d.Attempts++
			d.Reason.Code = "another"
			d.Note(store.Event{Step: "changed"})
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		if others {
			wanted++
		}
		stored, err := s.Get(t.Context(), "main:1:1")
		if err != nil || stored.Attempts != wanted || doc.Attempts != wanted || stored.Rev != doc.Rev {
			t.Errorf("stored is %+v (%v) after %d tries, want %d attempts", stored, err, tries, wanted)
		}
		if !reflect.DeepEqual(*read, before) || *read.Reason != reason {
			t.Errorf("what was read is %+v with the reason %+v by now", read, read.Reason)
		}
	}
}

// A change that refuses writes nothing, of what was read either.
func TestChangeRead_ThatFailsWritesNothing(t *testing.T) {
	s := testkit.Store(t)
	doc := stage(t, s, "main:1:1", func(*store.Staged) {})
	refusal := errors.New("no")
	if _, err := s.ChangeRead(t.Context(), doc, func(*store.Staged) error { return refusal }); !errors.Is(err, refusal) {
		t.Errorf("it ends with %v", err)
	}
	if now, err := s.Get(t.Context(), "main:1:1"); err != nil || now.Rev != doc.Rev {
		t.Errorf("stored is %+v, %v", now, err)
	}
}
