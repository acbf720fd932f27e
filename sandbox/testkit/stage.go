package testkit

import (
	"slices"
	"testing"

	"datawald/magento"
	"datawald/order"
	"datawald/sandbox/magentosim"
	"datawald/store"
)

// Stage puts all orders of a shop into the store as pending, as the worker would; change alters them before, by their place
// in the shop.
func Stage(t testing.TB, db *store.Store, instance string, shop *magentosim.Shop, change func(n int, doc *store.Staged)) {
	t.Helper()
	var docs []*store.Staged
	var payloads []store.NewPayload
	for n, placed := range shop.Orders() {
		raw, _ := shop.Document(placed.EntityID)
		doc := stagedOf(t, instance, raw)
		ref := store.PayloadRef{Key: doc.Key, Hash: doc.PayloadHash}
		if change != nil {
			change(n, doc)
		}
		docs = append(docs, doc)
		payloads = append(payloads, store.NewPayload{PayloadRef: ref, Raw: raw})
	}
	for some := range slices.Chunk(docs, 100) {
		if _, err := db.Add(t.Context(), some); err != nil {
			t.Fatal(err)
		}
	}
	for some := range slices.Chunk(payloads, 100) {
		if err := db.PutPayloads(t.Context(), some); err != nil {
			t.Fatal(err)
		}
	}
}

// stagedOf is the order of a document, staged as pending.
func stagedOf(t testing.TB, instance string, raw []byte) *store.Staged {
	t.Helper()
	o, err := magento.Convert(instance, raw)
	if err != nil {
		t.Fatal(err)
	}
	doc := store.NewStaged(o.Key)
	doc.EntityID, doc.PlacedAt, doc.Order, doc.Status = o.EntityID, o.CreatedAt, o, order.Pending
	doc.PayloadHash, doc.ContentHash = magento.PayloadHash(raw), o.ContentHash()
	doc.Magento = store.MagentoSide{State: o.State, Status: o.Status, UpdatedAt: o.UpdatedAt, Total: o.Total()}
	return doc
}
