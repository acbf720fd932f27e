package activities

import (
	"context"
	"fmt"
	"time"

	"datawald/sapb1"
	"datawald/store"
)

// NextOrdersInput says where in the queue of open orders to read on.
type NextOrdersInput struct {
	Instance string `json:"instance"`
	After    string `json:"after"`
	Limit    int    `json:"limit"`
	// Window is how many orders whoever asks has in hand at once: what imports may take goes by it. 0, as in histories of a release before
	// 2026-12, for Limit.
	Window int `json:"window,omitempty"`
	// Imports asks for imports only, of which a backfill takes care; without it there are none while it does.
	Imports bool `json:"imports,omitempty"`
	// Until, where given, asks how many open orders there are up to that place of the queue.
	Until string `json:"until,omitempty"`
}

// NextOrdersResult lists open orders: manual ones first, then fresh ones, then imports, the oldest first in each.
type NextOrdersResult struct {
	Orders []store.Due `json:"orders"`
	// Last is where the queue goes on behind all that was looked at; empty at its end.
	Last string `json:"last,omitempty"`
	// WriteBack is true when Magento is to be told of orders that were posted earlier. It is asked at the head of the queue
	// only, and only where the rules write back.
	WriteBack bool `json:"write_back,omitempty"`
	// Reread are orders, by entity_id, for which Magento is to be asked again: it could not show them.
	Reread []int64 `json:"reread,omitempty"`
	// QuietUntil is when orders are sent again, where the rules let none be sent now. There are no Orders then.
	QuietUntil *time.Time `json:"quiet_until,omitempty"`
	// Alarm says that B1 does not answer, writes no order, or refuses the connector, where that is long enough for an alarm. It is asked at the head of the queue only.
	Alarm string `json:"alarm,omitempty"`
	// Before is the number of open orders up to the place that was asked for, as far as they are due.
	Before int `json:"before,omitempty"`
	// PutOff is the number of orders, in the whole queue, whose latest attempt went wrong a moment ago: they are not due, but their
	// workflows go on. It is asked at the head of the queue only, and in no history of a release before 2026-12.
	PutOff int `json:"put_off,omitempty"`
	// Paced is true when Temporal keeps a rate of orders, for which each must pass its queue.
	Paced bool `json:"paced,omitempty"`
	// Fresh is true when other orders wait beside the imports that were asked for; Waiting is how many imports do. It is asked at
	// the head of the imports only.
	Fresh   bool `json:"fresh,omitempty"`
	Waiting int  `json:"waiting,omitempty"`
	// DueAgain is when the first of the imports is due that are put off (PutOff), where no other import waits. Down says that B1 does not
	// answer. Both are asked at the head of the imports only.
	DueAgain time.Time `json:"due_again,omitzero"`
	Down     string    `json:"down,omitempty"`
}

// NextOrders reads the durable queue: the orders in the store that wait for B1.
func (a *Activities) NextOrders(ctx context.Context, in NextOrdersInput) (*NextOrdersResult, error) {
	result := &NextOrdersResult{Orders: []store.Due{}}
	due, err := a.nextDue(ctx, in, result)
	if err != nil {
		return nil, err
	}
	for _, d := range due {
		result.Last = d.Queue
		if d.Reread != 0 {
			result.Reread = append(result.Reread, d.Reread)
		} else {
			result.Orders = append(result.Orders, d)
		}
	}
	if in.Until != "" {
		if result.Before, err = a.store.CountDue(ctx, in.Instance, in.Until); err != nil {
			return nil, err
		}
	}
	if _, known := a.instances[in.Instance]; !known {
		return result, nil
	}
	i, err := a.instance(in.Instance)
	if err != nil {
		return nil, err
	}
	result.Paced = i.Paced
	if until := i.quietUntil(); until != nil {
		result.Orders, result.QuietUntil = []store.Due{}, until
	}
	if in.After != "" || in.Imports {
		return result, nil
	}
	return result, a.atHead(ctx, i, result)
}

// atHead adds what is asked once for a run, at the head of the queue.
func (a *Activities) atHead(ctx context.Context, i Instance, result *NextOrdersResult) error {
	until := time.Time{}
	if result.QuietUntil != nil {
		until = *result.QuietUntil
	}
	if err := a.store.NoteQuiet(ctx, i.Name, i.CompanyID, until); err != nil {
		return err
	}
	if i.Rules != nil { // without any nobody knows
		if err := a.store.NoteWritesBack(ctx, i.Name, i.writesBack()); err != nil {
			return err
		}
	}
	var err error
	if result.PutOff, err = a.store.CountPutOff(ctx, i.Name, now().Add(i.troublePause())); err != nil {
		return err
	}
	lane, err := a.store.Lane(ctx, i.CompanyID)
	if err != nil {
		return err
	}
	if !lane.AlarmedAt.IsZero() {
		result.Alarm = laneText(lane)
	}
	if !i.writesBack() {
		return nil
	}
	open, err := a.store.NextWriteBacks(ctx, i.Name, 1)
	result.WriteBack = len(open) > 0
	return err
}

// laneText says what B1 does while no order can be sent.
func laneText(lane store.Lane) string {
	return fmt.Sprintf("B1 %s since %s (%s)", sapb1.Cause(lane.Cause).Does(), lane.DownSince.Format("2006-01-02 15:04:05 MST"), lane.Failure)
}

// quietUntil is the end of the quiet hours that hold now, nil when there are none.
func (i Instance) quietUntil() *time.Time {
	if i.Rules == nil {
		return nil
	}
	if until := i.Rules.QuietUntil(now()); !until.IsZero() {
		return new(until.UTC())
	}
	return nil
}
