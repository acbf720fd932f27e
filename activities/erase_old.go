package activities

import (
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"datawald/order"
	"datawald/store"
)

// EraseOld erases the personal data of orders of an instance that are final, that ask no person for anything, and that nobody has changed for so long, and says
// how many they were. It looks at limit orders at most; more says that there are others. It goes on where the call before came to, and may be ended at any time.
// An order that cannot be read or written is passed over, and told in err with the others done: whoever changes it brings it up again.
func EraseOld(ctx context.Context, db *store.Store, instance string, age time.Duration, limit int) (erased int, more bool, err error) {
	place, err := db.Retained(ctx, instance)
	if err != nil {
		return 0, false, err
	}
	before := now().Add(-age)
	page, next, err := db.Unchanged(ctx, instance, place, before, limit)
	if err != nil || len(page) == 0 {
		return 0, false, err
	}
	may := func(doc *store.Staged) bool {
		return doc.Final() && !doc.Erased() && !asksAPerson(doc) && doc.ChangedAt.Before(before)
	}
	var passed error
	for n := range page {
		done, err := eraseIfOld(ctx, db, &page[n], may)
		if errors.Is(err, store.ErrDamaged) {
			passed = errors.Join(passed, err)
			continue
		}
		if err != nil {
			return erased, false, err
		}
		if done {
			erased++
		}
	}
	return erased, len(page) == limit, errors.Join(passed, db.NoteRetained(ctx, instance, next))
}

// asksAPerson reports whether somebody still needs to see what the order is about, though it is done: something changed after it was posted or skipped, or
// Magento could not be told. Whoever settles that changes the order, so that it comes up again.
func asksAPerson(doc *store.Staged) bool {
	w := doc.WriteBack
	return doc.Attention != nil || w != nil && (w.State == store.WriteBackToLookAt || w.State == store.WriteBackGivenUp)
}

func eraseIfOld(ctx context.Context, db *store.Store, head *store.Staged, may func(*store.Staged) bool) (done bool, err error) {
	if head.Erased() { // a version that nobody could read may have come since
		return false, db.DropDocuments(ctx, head)
	}
	if !may(head) {
		return false, nil
	}
	doc, err := db.Get(ctx, head.Key)
	if err != nil {
		return false, err
	}
	hide := func(text string) string { return text }
	if doc.Order != nil {
		hide = order.NewRedactor(doc.Order).Text
	}
	return db.EraseOrder(ctx, doc.Key, "retention", hide, may)
}

// orderActs are the acts of which the audit has words that people wrote about orders.
var orderActs = []string{"retry-order", "skip-order", "resume-order", "settle-order", "act-on-orders"}

// EraseOldWords takes what people wrote about orders of an instance out of the audit where it is older than age, and says of how many entries. Nothing tells
// which of it names a buyer, and by then the orders themselves name none. What names no instance of those that are known, as where there is but one, goes with
// any. It looks at limit entries at most and goes on where the call before came to.
func EraseOldWords(ctx context.Context, db *store.Store, instance string, known []string, age time.Duration, limit int) (erased int, err error) {
	about := func(e *store.AuditEntry) bool {
		return slices.Contains(orderActs, e.Action) && actsOn(e.Target, instance, known)
	}
	return db.EraseOldWords(ctx, instance, about, now().Add(-age), limit)
}

// byFilter stands before the filter in the target of an act on all orders that it selects; an instance stands first in it.
const byFilter = " by filter"

// actsOn reports whether the target of an act on orders names one of the instance, or the instance itself, or no instance at all.
func actsOn(target, instance string, known []string) bool {
	if _, filter, ok := strings.Cut(target, byFilter); ok {
		first, _, _ := strings.Cut(strings.TrimSpace(filter), " ")
		return first == instance || !slices.Contains(known, first)
	}
	named := false
	for word := range strings.FieldsSeq(target) {
		key, err := order.ParseKey(word)
		if err != nil {
			continue
		}
		if named = true; key.Instance() == instance {
			return true
		}
	}
	return !named
}
