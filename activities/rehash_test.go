package activities_test

import (
	"testing"

	"datawald/order"
	"datawald/store"
)

func TestStage_AnotherReleasesHashIsNoChange(t *testing.T) {
	t.Parallel()
	b := newBench(t, &company{})
	b.untilSettled()
	if _, err := b.db.Change(t.Context(), b.key, func(doc *store.Staged) error {
		doc.PostedHash = "0ld0-" + doc.PostedHash // as a release with other members left it
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	b.stage(at("11:00:00", `"state":"processing"`, `"state":"complete"`))
	if doc := b.get(); doc.Attention != nil || !order.SameForm(doc.PostedHash, doc.ContentHash) {
		t.Errorf("attention %v, posted hash %q; want no attention and a hash of today's form", doc.Attention, doc.PostedHash)
	}
	b.stage(at("12:00:00", `"state":"processing"`, `"state":"complete"`, "Long Lane 5", "Short Street 1"))
	if doc := b.get(); doc.Attention == nil || doc.Attention.Code != "changed_in_magento" {
		t.Errorf("attention %v, want the real change noticed", doc.Attention)
	}
}
