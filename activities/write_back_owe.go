package activities

import (
	"context"
	"errors"

	"datawald/mapping"
	"datawald/order"
	"datawald/store"
)

// owe notes on a posted order that Magento is to be told of it, when the rules ask for that and it has not been.
func owe(doc *store.Staged, rules mapping.WriteBack) {
	if !rules.Asked() || doc.Status != order.Posted || doc.BO == nil {
		return
	}
	next := &store.WriteBack{State: store.WriteBackOpen, DocNum: doc.BO.DocNum, Since: now(), DueAt: now()}
	if told := doc.WriteBack; told != nil {
		if told.DocNum == doc.BO.DocNum && told.State != store.WriteBackDropped {
			return
		}
		next.Replaces, next.Earlier = told.DocNum, told.Earlier
		if told.Replaces != 0 {
			next.Earlier = append(next.Earlier, told.Replaces)
		}
	}
	doc.WriteBack = next
}

// oweAgain makes the write-backs of orders that somebody asked for by name due now: those that were given up or need a
// look, those that wait, and those of orders that were posted before the rules asked for any. It reports whether there were some.
func (a *Activities) oweAgain(ctx context.Context, i Instance, refs []store.PayloadRef, actor string) (some bool, err error) {
	if !i.writesBack() {
		return false, nil
	}
	for _, ref := range refs {
		_, err := a.store.Change(ctx, ref.Key, func(doc *store.Staged) error {
			if doc.Rev == 0 || doc.Status != order.Posted {
				return store.ErrUnchanged
			}
			switch b := doc.WriteBack; {
			case b == nil || b.State == store.WriteBackDropped:
				owe(doc, i.Rules.WriteBack)
			case b.Open():
				b.Hurry()
			case b.ForPerson():
				b.Again()
			default:
				return store.ErrUnchanged
			}
			e := event(ctx, "written back", "asked for", "")
			e.Actor = actor
			doc.Note(e)
			return nil
		})
		if errors.Is(err, store.ErrUnchanged) {
			continue
		}
		if err != nil {
			return false, err
		}
		some = true
	}
	return some, nil
}
