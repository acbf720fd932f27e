package activities

import (
	"sync"

	"datawald/order"
	"datawald/store"
)

// maxYoung bounds the documents taken in hand before the earlier ones are let go, in bytes: a page of the largest kind.
const maxYoung = 3 << 20

// inHand keeps the documents that this worker has just put into the store, so that it need not ask for them back when it
// stages them a moment later. Payloads never change, so they are as good as those in the store; another worker, or this
// one after a restart, reads them there.
type inHand struct {
	mu sync.Mutex
	// young are the last ones taken in hand, of so many bytes; old those before them.
	young, old map[payloadName][]byte
	bytes      int
}

// payloadName is what a payload is stored under.
type payloadName struct {
	key  order.Key
	hash string
}

func nameOf(ref store.PayloadRef) payloadName { return payloadName{key: ref.Key, hash: ref.Hash} }

// put takes documents in hand.
func (h *inHand) put(documents []store.NewPayload) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, d := range documents {
		if h.young == nil || h.bytes+len(d.Raw) > maxYoung {
			h.young, h.old, h.bytes = map[payloadName][]byte{}, h.young, 0
		}
		h.young[nameOf(d.PayloadRef)] = d.Raw
		h.bytes += len(d.Raw)
	}
}

// take gives what is in hand, which it then is no more, and names the rest.
func (h *inHand) take(refs []store.PayloadRef) (raws map[store.PayloadRef][]byte, missing []store.PayloadRef) {
	h.mu.Lock()
	defer h.mu.Unlock()
	raws = make(map[store.PayloadRef][]byte, len(refs))
	for _, ref := range refs {
		name := nameOf(ref)
		raw, ok := h.young[name]
		if !ok {
			raw, ok = h.old[name]
		}
		if !ok {
			missing = append(missing, ref)
			continue
		}
		raws[ref] = raw
		delete(h.young, name)
		delete(h.old, name)
	}
	return raws, missing
}
