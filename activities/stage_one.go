package activities

import (
	"context"
	"errors"

	"datawald/magento"
	"datawald/order"
	"datawald/store"
)

// version is one document of an order, read.
type version struct {
	ref store.PayloadRef
	// order is nil when the document cannot be understood; then err says why.
	order *order.Order
	err   error
}

func readVersion(i Instance, ref store.PayloadRef, raw []byte) version {
	v := version{ref: ref}
	v.order, v.err = magento.Convert(i.Name, raw)
	if v.order != nil && !ref.UpdatedAt.IsZero() {
		v.order.UpdatedAt = ref.UpdatedAt // the payload may be that of an earlier reading, when the order was the same
	}
	return v
}

// bring applies a version to an order as it is staged, and notes what came of it.
func (p *page) bring(ctx context.Context, doc *store.Staged, v version) (outcome string) {
	s := staging{instance: p.instance, doc: doc, again: p.in.Again, isNew: doc.Rev == 0, importing: p.in.importing}
	outcome = stagedUnchanged
	if late(v.ref, doc) {
		TakeUp(s.doc) // asked for by name, but a newer version is staged already
	} else if outcome = s.apply(v.order, v.err, v.ref); s.onlyTime {
		return outcome // such as the echo of what was written back: nothing that a reader of the timeline must know
	}
	if took := p.took[doc.Key]; s.isNew && len(took) > 0 {
		s.mayBeInB1(took)
	}
	e := event(ctx, "staged", outcome, s.detail)
	e.Actor = p.in.Actor
	doc.Note(e)
	return outcome
}

// stageOne brings one staged order up to its document by compare-and-set.
func (p *page) stageOne(ctx context.Context, ref store.PayloadRef) error {
	raws, err := p.payloads(ctx, []store.PayloadRef{ref})
	if err != nil {
		return err
	}
	if raws[ref] == nil {
		return nil // it is lost
	}
	v := readVersion(p.instance, ref, raws[ref])
	was, is, err := p.rehash(ctx, p.instance, ref.Key, v.order)
	if err != nil {
		return err
	}
	outcome := stagedUnchanged
	doc, err := p.store.Change(ctx, ref.Key, func(doc *store.Staged) error {
		outcome = stagedUnchanged
		if was != "" && doc.PostedHash == was {
			doc.PostedHash = is
		}
		if !p.in.Again && seen(ref, doc) {
			return store.ErrUnchanged
		}
		outcome = p.bring(ctx, doc, v)
		return nil
	})
	if errors.Is(err, store.ErrUnchanged) {
		p.count(outcome, doc)
		p.asBefore(doc)
		p.noteErased(doc)
		return nil
	}
	if err == nil {
		p.count(outcome, doc)
		p.noteErased(doc)
		err = p.forgetBroken(ctx, doc)
	}
	return err
}

// rehash gives the hash of what B1 was told, when another release took it from other members: was is the stored one, is the
// same content by today's. Both are empty when they can be compared as they are.
func (a *Activities) rehash(ctx context.Context, i Instance, key order.Key, today *order.Order) (was, is string, err error) {
	doc, err := a.store.Get(ctx, key)
	if errors.Is(err, store.ErrNotFound) || err == nil && (today == nil || doc.PostedHash == "" || order.SameForm(doc.PostedHash, today.ContentHash())) {
		return "", "", nil
	}
	if err != nil {
		return "", "", err
	}
	raw, err := a.store.Payload(ctx, store.PayloadRef{Key: key, Hash: doc.PostedPayload})
	if errors.Is(err, store.ErrNotFound) {
		return "", "", nil // it was erased; the order asks for attention, which is the safe side
	}
	if err != nil {
		return "", "", err
	}
	posted, err := magento.Convert(i.Name, raw)
	if err != nil {
		return "", "", nil
	}
	return doc.PostedHash, posted.ContentHash(), nil
}

// seen reports whether the staged order knows this version or a newer one.
func seen(ref store.PayloadRef, doc *store.Staged) bool {
	return doc.Rev > 0 && (doc.PayloadHash == ref.Hash && !ref.UpdatedAt.After(doc.Magento.UpdatedAt) || late(ref, doc))
}

// late reports whether the document is an earlier version than the one staged, by when it was changed and when it was read.
// Changed earlier alone proves nothing, where the shop's clock ran ahead and was set back; two changes of one second are
// told apart by the reading. So is whatever was read well before the other, even if it is dated later: the clock was set back
// between both. Requests that overlap may be answered in either order; of these the date decides.
func late(ref store.PayloadRef, doc *store.Staged) bool {
	if doc.Rev == 0 || ref.UpdatedAt.IsZero() {
		return false
	}
	changed, read := ref.UpdatedAt.Compare(doc.Magento.UpdatedAt), ref.ReadAt.Compare(doc.Magento.ReadAt)
	// A date after the reading is one of a clock that is not ours, and proves nothing either.
	future := ref.UpdatedAt.After(ref.ReadAt.Add(clockTolerance))
	before := !ref.ReadAt.IsZero() && ref.ReadAt.Add(clockTolerance).Before(doc.Magento.ReadAt)
	return changed < 0 && read <= 0 || changed == 0 && read < 0 || future && read < 0 || before
}
