package activities_test

import (
	"errors"
	"slices"
	"testing"

	"datawald/activities"
	"datawald/order"
	"datawald/store"
)

// A document that an erasure took away between reading and staging holds no other order up: all others are staged. A reading does not move on without it,
// a resync names it.
// Fails without: lose in payloads; the refs that are there in add; tellLost, each way.
func TestStage_ALostDocumentKeepsNoOtherFromBeingStaged(t *testing.T) {
	for name, again := range map[string]bool{"read by the schedule": false, "asked for by name": true} {
		t.Run(name, func(t *testing.T) {
			d := newDesk(t)
			d.read(t, versionOf("000000003", "Springfield", 1))
			refs := fetch(t, d.worker(versionOf("000000001", "Springfield", 1), versionOf("000000002", "Springfield", 1), versionOf("000000003", "Shelbyville", 2)))
			for _, key := range []order.Key{"main:1:000000002", "main:1:000000003"} { // a new order and a known one
				if err := d.db.DropVersions(t.Context(), key, func(store.PayloadVersion) bool { return true }); err != nil {
					t.Fatal(err)
				}
			}
			in := activities.SyncOrderInput{Instance: "main", Refs: refs, Again: again}
			if !again {
				in.Cut = &order.Cut{UpdatedAt: moment(3), EntityID: 3}
			}
			result, err := d.worker().SyncOrder(t.Context(), in)
			if !again && !errors.Is(err, store.ErrNotFound) {
				t.Errorf("the page ends with %v, want that a document is not found", err)
			}
			if again && (err != nil || !slices.Equal(result.Missing, []string{"main:1:000000002", "main:1:000000003"})) {
				t.Errorf("the resync misses %+v, %v", result, err)
			}
			if _, err := d.db.Get(t.Context(), "main:1:000000001"); err != nil {
				t.Errorf("the other order: %v", err)
			}
			if p, err := d.db.Progress(t.Context(), "main", store.TaskOrders); err != nil || p.Cut.EntityID == 3 {
				t.Errorf("the cut has moved to %+v, %v", p.Cut, err)
			}
		})
	}
}
