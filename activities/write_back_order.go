package activities

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"time"

	"datawald/activities/failpoint"
	"datawald/magento"
	"datawald/order"
	"datawald/store"
)

// writing is the way of one order's B1 number to Magento.
type writing struct {
	*Activities
	instance Instance
	key      order.Key
	doc      *store.Staged
	// until is when this attempt no longer has the order alone.
	until time.Time
	// hide takes the order's personal data out of what leaves the store.
	hide func(string) string
	// wrote are the parts that this attempt has written; concern is what a person should look at.
	wrote   []string
	concern *order.Reason
}

// writeBackOutcome says what became of one order.
type writeBackOutcome struct {
	written, later, givenUp bool
	// stop is set when no other order would fare better; code says why.
	stop, code string
	// unclear is true when something that was sent may still be carried out.
	unclear bool
}

func (w *writing) run(ctx context.Context) (writeBackOutcome, error) {
	taken, err := w.take(ctx)
	if err != nil || !taken {
		return writeBackOutcome{}, err
	}
	failpoint.Hit(failpoint.TellingTaken)
	writing, cancel := context.WithDeadline(ctx, w.until.Add(-w.instance.shopSettle()))
	defer cancel()
	if err := w.write(writing); err != nil {
		return w.failed(ctx, err)
	}
	return w.done(ctx)
}

// take gives this attempt the order alone: until its time is over the order is not due for any other.
func (w *writing) take(ctx context.Context) (taken bool, err error) {
	w.until = now().Add(w.instance.writeBackLimit() + w.instance.shopSettle()).Truncate(time.Millisecond)
	w.doc, err = w.store.Change(ctx, w.key, func(doc *store.Staged) error {
		if !doc.WriteBack.Take(w.until) {
			return store.ErrUnchanged
		}
		if doc.BO == nil || doc.Status != order.Posted {
			doc.WriteBack.Drop() // it left that state; should it be posted again, it is noted again
		}
		return nil
	})
	if errors.Is(err, store.ErrUnchanged) {
		return false, nil
	}
	if err != nil || !w.doc.WriteBack.Open() {
		return false, err
	}
	w.hide = func(s string) string { return s }
	if w.doc.Order != nil {
		w.hide = order.NewRedactor(w.doc.Order).Text
	}
	return true, nil
}

// write reads the order and writes what it lacks. Each write follows at once on a reading and is followed by one.
func (w *writing) write(ctx context.Context) error {
	is, err := w.instance.Writer.Current(ctx, w.doc.EntityID)
	if err != nil {
		return err
	}
	if is.IncrementID != w.doc.IncrementID {
		return &order.Reason{Code: codeAnotherOrder, Field: "entity_id",
			Message: fmt.Sprintf("Magento's entity_id %d belongs to another order now.", w.doc.EntityID), Hint: "Look in Magento whether the order was deleted."}
	}
	rules := w.instance.Rules.WriteBack
	if text := rules.CommentOn(w.doc.IncrementID, w.doc.BO.DocNum, w.doc.BO.DocEntry); text != "" {
		is, err = w.part(ctx, "comment", is, func(o *magento.Current) bool { return o.Has(text) },
			func(o *magento.Current) error { return w.instance.Writer.Comment(ctx, o, text) })
		if err != nil {
			return err
		}
	}
	id := rules.ExternalID(w.doc.BO.DocNum)
	if id == "" || is.ExtOrderID == id {
		return nil
	}
	if !w.mayReplace(is.ExtOrderID) {
		return &order.Reason{Code: codeIDTaken, Field: "ext_order_id", Message: "Magento's ext_order_id holds another number already.",
			Hint: "It is left alone: something else uses the field. Take ext_order_id out of write_back in the rules, or empty it in Magento and resync the order."}
	}
	_, err = w.part(ctx, "ext_order_id", is, func(o *magento.Current) bool { return o.ExtOrderID == id },
		func(o *magento.Current) error { return w.instance.Writer.SetExtOrderID(ctx, o, id) })
	return err
}

// mayReplace reports whether ext_order_id is free, or holds the number of our earlier sales order.
func (w *writing) mayReplace(id string) bool {
	n, err := strconv.ParseInt(id, 10, 64)
	return id == "" || err == nil && w.doc.WriteBack.Ours(n)
}

// part writes one thing to an order that was read just now, unless it is there, and gives the order as it is then.
func (w *writing) part(ctx context.Context, what string, was *magento.Current, there func(*magento.Current) bool,
	write func(*magento.Current) error) (*magento.Current, error) {
	if there(was) {
		return was, nil
	}
	if was.Status == "" || was.State == "" {
		return nil, &order.Reason{Code: codeNoStatus, Field: "status", Message: "The order has no status in Magento; a write would have to set one.",
			Hint: "Give the order its status in Magento."}
	}
	failpoint.Hit(failpoint.TellingWriting)
	wrote := write(was)
	failpoint.Hit(failpoint.TellingWritten)
	if wrote != nil && order.KindOf(wrote) != order.Unknown {
		return nil, wrote
	}
	is, err := w.readAfter(ctx)
	if wrote != nil && (err != nil || !there(is)) {
		return nil, wrote // it may still come; the next attempt looks first
	}
	w.wrote = append(w.wrote, what)
	if err != nil {
		w.concern = &order.Reason{Code: codeOldStatus, Field: "status",
			Message: fmt.Sprintf("Magento did not show the order after its number in B1 was written there with the status %s (state %s); whether it changed in that moment is not known.", was.Status, was.State),
			Hint:    "Compare its status with the order's history in Magento and set it right there; then resync the order."}
		return nil, err
	}
	w.compare(was, is)
	return is, nil
}

// readAfter reads the order after a write, once more when that fails: what it shows cannot be seen later.
func (w *writing) readAfter(ctx context.Context) (*magento.Current, error) {
	is, err := w.instance.Writer.Current(ctx, w.doc.EntityID)
	if err != nil && order.KindOf(err) == order.Transient {
		is, err = w.instance.Writer.Current(ctx, w.doc.EntityID)
	}
	return is, err
}

// compare looks whether the order moved on between our reading and our writing, so that the status we sent with it may
// have undone a newer one.
func (w *writing) compare(was, is *magento.Current) {
	if is.Status != was.Status || is.State == was.State && is.Progress == was.Progress {
		return
	}
	w.concern = &order.Reason{Code: codeOldStatus, Field: "status",
		Message: fmt.Sprintf("The order changed in Magento in the moment in which its number in B1 was written there; its status %s (state %s) may be that of before.", is.Status, is.State),
		Hint:    "Compare it with the order's history in Magento and set it right there; then resync the order."}
}
