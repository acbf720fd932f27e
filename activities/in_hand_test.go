package activities

import (
	"fmt"
	"slices"
	"testing"

	"datawald/store"
)

func TestInHand_IsBoundedAndGivesEachDocumentOnce(t *testing.T) {
	var h inHand
	size := maxYoung / 4
	var refs []string
	for n := range 40 {
		h.put(payloadsNamed(fmt.Sprint(n), size))
		refs = append(refs, fmt.Sprint(n))
		held := 0
		for _, generation := range []map[payloadName][]byte{h.young, h.old} {
			for _, raw := range generation {
				held += len(raw)
			}
		}
		if held > 2*maxYoung {
			t.Fatalf("%d bytes are in hand, want %d at most", held, 2*maxYoung)
		}
	}
	raws, missing := h.take(refsNamed(refs...))
	if len(raws) < 4 || len(raws)+len(missing) != 40 || raws[refsNamed("39")[0]] == nil {
		t.Errorf("%d are in hand and %d are not, want the last four and more", len(raws), len(missing))
	}
	if again, _ := h.take(refsNamed(refs...)); len(again) != 0 {
		t.Errorf("%d are given twice", len(again))
	}
	if !slices.Contains(missing, refsNamed("0")[0]) {
		t.Error("the oldest is still in hand")
	}
}

func refsNamed(hashes ...string) (refs []store.PayloadRef) {
	for _, hash := range hashes {
		refs = append(refs, store.PayloadRef{Key: "main:1:1", Hash: hash, UpdatedAt: onShelf(1)})
	}
	return refs
}

func payloadsNamed(hash string, size int) []store.NewPayload {
	return []store.NewPayload{{PayloadRef: refsNamed(hash)[0], Raw: make([]byte, size)}}
}
