package desk

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"datawald/activities"
	"datawald/order"
	"datawald/store"
)

// Request is what a person asks for.
type Request struct {
	Action Action
	// By is who asks, Why his words for it; a skip and a settlement need some.
	By, Why string
	// Reread asks Magento for the order before it is tried again. Orders that cannot go on without that are read in any case.
	Reread bool
	// Saw is the state in which the person saw the order; empty for any. When it is in another by now, nothing is done.
	Saw order.Status
}

// Done is what came of it.
type Done struct {
	// Order is the order as it stands now.
	Order *store.Staged
	// Start says that the order is to be taken to B1 at once, Reread that Magento is to be asked for it first.
	Start, Reread bool
}

// Refused is an action that makes no sense for the order as it stands. Nothing was done.
type Refused struct {
	Key    order.Key
	Action Action
	Status order.Status
	// Why is a sentence for a person, and what to do instead.
	Why string
}

// Error tells it in one line.
func (r *Refused) Error() string {
	return fmt.Sprintf("%s of the order %s, which is %s: %s", r.Action, r.Key, r.Status, r.Why)
}

// ErrNotStaged: there is no such order.
var ErrNotStaged = errors.New("the order is not staged")

// Do carries an action out as one atomic write: of two people, or a person and a worker, the second meets what the first has done. It gives a
// *Refused where the action makes no sense, and ErrNotStaged.
func Do(ctx context.Context, db *store.Store, key order.Key, r Request) (*Done, error) {
	done := &Done{}
	doc, err := db.Change(ctx, key, func(doc *store.Staged) error {
		*done = Done{}
		if doc.Rev == 0 {
			return ErrNotStaged
		}
		if refused := Check(doc, r, now()); refused != nil {
			return refused
		}
		return done.apply(doc, r)
	})
	if err != nil && !errors.Is(err, store.ErrUnchanged) {
		return nil, err
	}
	done.Order = doc
	return done, nil
}

// Check says why an action makes no sense; nil when it does. The order needs neither lines nor timeline.
func Check(doc *store.Staged, r Request, at time.Time) *Refused {
	why := whyNot(r.Action, doc, at)
	if r.Saw != "" && r.Saw != doc.Status {
		why = strings.TrimSpace(fmt.Sprintf("It has changed since you looked: it was %s and is %s now. Look at it again. %s", r.Saw, doc.Status, why))
	}
	if why == "" {
		return nil
	}
	return &Refused{Key: doc.Key, Action: r.Action, Status: doc.Status, Why: why}
}

// apply changes the order. It has no effect but on its arguments.
func (d *Done) apply(doc *store.Staged, r Request) error {
	outcome := ""
	switch r.Action {
	case Skip:
		outcome = store.CodeSkipped
		skip(doc, r)
	case Resume:
		outcome, d.Start = "resumed", true
		doc.Status, doc.Reason, doc.DueAt, doc.Manual, doc.SkippedHash = order.Pending, nil, now(), true, ""
		if !doc.MayBeTwice() {
			doc.Attention = nil
		}
	case Settle:
		outcome = "settled " + doc.Attention.Code
		activities.Settle(doc)
	case Retry:
		outcome, d.Start = "retry", true
		if d.Reread = r.Reread || Rereads(doc); d.Reread {
			return store.ErrUnchanged // it stays as it is until it was read; NoteReread tells of it when somebody is to read it
		} else if isNext(doc) {
			return store.ErrUnchanged // somebody has asked already; its attempt is begun again all the same
		} else {
			retry(doc)
		}
	}
	doc.Note(store.Event{At: now(), Step: Step, Outcome: outcome, Detail: Words(doc, r.Why), Actor: r.By})
	return nil
}

// NoteReread writes into the order's timeline that a run was begun which reads it from Magento and takes it to B1. It gives ErrNotStaged where the order
// has another name by now.
func NoteReread(ctx context.Context, db *store.Store, key order.Key, r Request) error {
	_, err := db.Change(ctx, key, func(doc *store.Staged) error {
		if doc.Rev == 0 {
			return ErrNotStaged
		}
		if doc.Format > store.DocumentFormat {
			return store.ErrUnchanged
		}
		doc.Note(store.Event{At: now(), Step: Step, Outcome: "retry, read from Magento again", Detail: Words(doc, r.Why), Actor: r.By})
		return nil
	})
	if errors.Is(err, store.ErrUnchanged) {
		err = nil
	}
	return err
}

func skip(doc *store.Staged, r Request) {
	if codeOf(doc) == activities.CodeDraftRejected {
		activities.DropDocument(doc) // the refused draft becomes no order any more
	}
	doc.Status, doc.DueAt, doc.Manual, doc.Reread, doc.Claim, doc.SkippedHash = order.Excluded, time.Time{}, false, false, nil, doc.ContentHash
	message := fmt.Sprintf("Skipped by %s: %s", r.By, Words(doc, r.Why))
	if doc.Order == nil { // everybody sees and searches the reason, and nothing tells which words name the buyer
		message = fmt.Sprintf("Skipped by %s, who said why in the timeline.", r.By)
	}
	doc.Reason = &order.Reason{Code: store.CodeSkipped, Message: message,
		Hint: "It stays out of B1 whatever changes in Magento or in the rules. Resume it to take it to B1."}
}

// retry takes an order up as a resync does, without reading it. A draft stays one until B1 says what has become of it.
func retry(doc *store.Staged) {
	if doc.Status == order.Draft {
		doc.DueAt, doc.Manual = now(), true
		return
	}
	activities.TakeUp(doc)
}

// isNext reports whether the order waits before all others already.
func isNext(doc *store.Staged) bool {
	return doc.Status.Open() && doc.Manual && doc.Reason == nil && !doc.DueAt.After(now())
}

// Step names what a person did in an order's timeline.
const Step = "desk"

// Words are what a person wrote, in one line and without what of the buyer stands in it. Of an order that could not be read nothing tells what that is:
// then they are for operators alone. Of one that was erased nothing tells it either, and nobody would find them again: they are not kept.
func Words(doc *store.Staged, why string) string {
	why = strings.Join(strings.Fields(why), " ")
	if doc.Erased() && why != "" {
		return store.WordsNotKept
	}
	if doc.Order == nil {
		return why
	}
	return order.NewRedactor(doc.Order).Text(why)
}

// now is as fine as the store keeps it.
func now() time.Time { return time.Now().UTC().Truncate(time.Millisecond) }
