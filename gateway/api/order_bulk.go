package api

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"datawald/gateway/desk"
	"datawald/order"
	"datawald/store"
)

func (s *server) routeBulk() {
	route(s, huma.Operation{OperationID: "act-on-orders", Method: http.MethodPost, Path: "/api/v1/orders/actions", Tags: []string{"orders"},
		Summary: "Retry, skip, resume or settle many orders: by up to 500 keys, or all that a filter selects",
		Description: "Each order is decided by itself, as the single actions do; those whose state does not allow it are counted and named, and keep no other back. " +
			"With a filter `expect` is the number that you saw (GET /api/v1/orders/counts, or `dry_run`): when another number matches by now, nothing is done. " +
			"It works for some seconds and then gives `next`, with which the same request goes on. One run takes up to 500 of them to B1 at once; " +
			"the others stand first in the queue, and the runs of the schedule take them. A retry by filter leaves out orders that it would send anew beside what B1 had of them " +
			"(reference_cancelled, gone_from_b1, draft_rejected), unless the filter's reason is that code.",
		Errors: []int{http.StatusBadRequest, http.StatusForbidden, http.StatusConflict, http.StatusRequestEntityTooLarge, http.StatusUnsupportedMediaType}}, s.actOnOrders)
}

type actOnOrdersInput struct{ Body ActionsRequest }

// Audit names the action and the orders, as far as a target may be long, or the filter: all of it but the text that was searched for, which may be a
// buyer's name.
func (in *actOnOrdersInput) Audit() (target, why string) {
	b := in.Body
	what := fmt.Sprintf("%s of %d orders", b.Action, len(b.Keys))
	if b.Filter != nil {
		what = strings.TrimSpace(string(b.Action) + " by filter " + b.Filter.named())
	}
	if b.DryRun {
		what += " (dry run)"
	}
	between := ": "
	for _, key := range b.Keys {
		if _, err := order.ParseKey(key); err == nil { // what is none is refused, and may be anything
			what, between = what+between+key, " "
		}
	}
	return what, b.Reason
}

// named is the filter in words, without the text that was searched for.
func (f ActionFilter) named() string {
	var parts []string
	add := func(name, value string) {
		if value != "" {
			parts = append(parts, name+value)
		}
	}
	states := make([]string, len(f.States))
	for i, state := range f.States {
		states[i] = string(state)
	}
	add("", f.Instance)
	add("", strings.Join(states, ","))
	add("", f.Reason)
	if f.Attention {
		add("", "attention")
	}
	add("write_back ", string(f.WriteBack))
	if f.Store != nil {
		add("store ", fmt.Sprint(*f.Store))
	}
	if _, err := moment("", f.From, 0); err == nil { // what is no time is refused, and may be anything
		add("from ", f.From)
	}
	if _, err := moment("", f.To, 0); err == nil {
		add("to ", f.To)
	}
	if f.Text != "" {
		add("", "and a text")
	}
	return strings.Join(parts, " ")
}

// ActionsRequest selects orders and says what to do with them.
type ActionsRequest struct {
	Action desk.Action   `json:"action" enum:"retry,skip,resume,settle"`
	Keys   []string      `json:"keys,omitempty" maxItems:"500" doc:"The orders, by key" example:"[\"main:1:000000123\"]"`
	Filter *ActionFilter `json:"filter,omitempty" doc:"All orders that it selects; instead of keys"`
	Reason string        `json:"reason,omitempty" maxLength:"500" doc:"Why, for the timelines; a skip and a settlement need one, unless it is a dry run"`
	Reread bool          `json:"reread,omitempty" doc:"Read the orders from Magento before they are tried; with retry only. Then 500 orders at most are done with one request"`
	DryRun bool          `json:"dry_run,omitempty" doc:"Count what would be done and what would be refused; nothing is written"`
	Expect *int64        `json:"expect,omitempty" minimum:"0" doc:"The number of orders that you saw; needed with a filter, unless it is a dry run or goes on with next"`
	Next   string        `json:"next,omitempty" maxLength:"1000" doc:"next of the answer before, to go on with the same filter"`
}

// ActionFilter is an OrderFilter in a body.
type ActionFilter struct {
	Instance  string         `json:"instance,omitempty"`
	States    []stateParam   `json:"states,omitempty" doc:"Orders in one of these states"`
	Reason    string         `json:"reason,omitempty" maxLength:"200" doc:"The code of the reason" example:"item_unknown"`
	Attention bool           `json:"attention,omitempty"`
	WriteBack writeBackParam `json:"write_back,omitempty"`
	Store     *int64         `json:"store,omitempty" minimum:"0" doc:"The Magento store (store_id)"`
	From      string         `json:"from,omitempty" doc:"As in the list"`
	To        string         `json:"to,omitempty" doc:"As in the list"`
	Text      string         `json:"q,omitempty" maxLength:"100" doc:"As in the list"`
}

func (f ActionFilter) list() OrderFilter {
	l := OrderFilter{Instance: f.Instance, State: f.States, Reason: f.Reason, Attention: f.Attention, WriteBack: f.WriteBack, From: f.From, To: f.To, Text: f.Text}
	if f.Store != nil {
		l.Store = optional[int64]{*f.Store, true}
	}
	return l
}

type actOnOrdersOutput struct{ Body ActionsResult }

// ActionsResult says what came of the orders.
type ActionsResult struct {
	Action  desk.Action `json:"action" enum:"retry,skip,resume,settle"`
	DryRun  bool        `json:"dry_run,omitempty"`
	Matched int64       `json:"matched" doc:"Orders that were named, or that the filter selected when this request came"`
	Done    int         `json:"done" doc:"Orders of this request with which it was done, or would be"`
	Refused int         `json:"refused" doc:"Orders of this request whose state does not allow it"`
	// Refusals are the first of them, Why counts all by the sentence.
	Refusals []Refusal       `json:"refusals" nullable:"false" doc:"The first 100 that were refused"`
	Why      []RefusalCount  `json:"why" nullable:"false" doc:"The refused ones by their reason, the most first; at most 50"`
	Started  int             `json:"started" doc:"Orders that a run takes to B1 now"`
	Queued   int             `json:"queued" doc:"Orders that stand first in the queue, for the runs of the schedule"`
	Runs     []StartedResync `json:"runs" nullable:"false" doc:"The runs that were begun"`
	Fault    string          `json:"fault,omitempty" doc:"Why it broke off before its time was over: what was done stands and was begun; send the same request again, with next where there is one"`
	Next     string          `json:"next,omitempty" doc:"There are more orders: send the same request with this to go on; absent when all are done"`
}

// Refusal is one order with which nothing was done.
type Refusal struct {
	Key    order.Key    `json:"key"`
	Status order.Status `json:"state,omitempty"`
	WhyNot string       `json:"why_not"`
}

// RefusalCount is the number of orders that were refused for one reason.
type RefusalCount struct {
	WhyNot string `json:"why_not"`
	Count  int    `json:"count"`
}

func (s *server) actOnOrders(ctx context.Context, in *actOnOrdersInput) (*actOnOrdersOutput, error) {
	body := in.Body
	if err := body.check(); err != nil {
		return nil, err
	}
	b := newBulk(s, desk.Request{Action: body.Action, By: actorOf(ctx), Why: body.Reason, Reread: body.Reread}, body.DryRun)
	var err error
	if body.Filter != nil {
		err = b.filtered(ctx, body)
	} else {
		err = b.named(ctx, body.Keys)
	}
	if err != nil && b.result.Done == 0 {
		return nil, err
	}
	if ctx.Err() != nil { // whoever asked has gone
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(context.WithoutCancel(ctx), bulkTime)
		defer cancel()
	}
	if err != nil { // what was done is begun all the same
		s.log.Warn("an action on many orders broke off", "done", b.result.Done, "cause", innermost(err))
		b.result.Fault = "It broke off: " + err.Error() + " What was done stands."
	}
	b.begin(ctx, body.Next == "")
	return &actOnOrdersOutput{Body: b.summed()}, nil
}

// check says what is wrong with the request as a whole.
func (r ActionsRequest) check() error {
	var faults []Fault
	fault := func(location, message string) { faults = append(faults, Fault{Location: location, Message: message}) }
	switch {
	case r.Filter == nil && len(r.Keys) == 0:
		fault("body.keys", "names no order: name some, or give a filter")
	case r.Filter != nil && len(r.Keys) > 0:
		fault("body.filter", "stands beside keys: give one of both")
	}
	if r.Filter == nil && (r.Expect != nil || r.Next != "") {
		fault("body.filter", "is missing, and expect and next belong to one")
	}
	if r.Filter != nil && r.Expect == nil && !r.DryRun && r.Next == "" {
		fault("body.expect", "is missing: say how many orders you saw (a dry run tells)")
	}
	if (r.Action == desk.Skip || r.Action == desk.Settle) && strings.TrimSpace(r.Reason) == "" && !r.DryRun {
		fault("body.reason", "is missing: say why")
	}
	if r.Reread && r.Action != desk.Retry {
		fault("body.reread", "is for a retry only")
	}
	return invalidAll(faults)
}

// filtered goes through all that a filter selects, newest first, until the time of this request is over.
func (b *bulk) filtered(ctx context.Context, body ActionsRequest) error {
	filter, err := b.server.filter(body.Filter.list(), "body.filter")
	if err != nil {
		return err
	}
	if b.result.Matched, err = b.server.store.Count(ctx, filter); err != nil {
		return partDown(err, "store")
	}
	if body.Expect != nil && body.Next == "" && b.result.Matched != *body.Expect {
		return countDiffers.problem(fmt.Sprintf("%d orders match now, and you saw %d. Nothing was done. Look at them again, and repeat it with expect %d if it is still right.",
			b.result.Matched, *body.Expect, b.result.Matched))
	}
	if body.Next != "" {
		if filter.After, err = cursorAt("body.next", body.Next); err != nil {
			return err
		}
	}
	b.unasked, b.reason = body.Action == desk.Retry, body.Filter.Reason
	filter.Limit = bulkPage
	for {
		page, err := b.server.store.List(ctx, filter)
		if err != nil {
			if filter.After != nil {
				b.result.Next = encodeCursor(store.Staged{PlacedAt: filter.After.PlacedAt, Key: filter.After.Key})
			}
			return partDown(err, "store")
		}
		if err := b.page(ctx, page); err != nil {
			b.result.Next = encodeCursor(before(page[0]))
			return err
		}
		if len(page) < filter.Limit {
			return nil
		}
		last := page[len(page)-1]
		if b.isOver() {
			b.result.Next = encodeCursor(last)
			return nil
		}
		filter.After = &store.Position{PlacedAt: last.PlacedAt, Key: last.Key}
	}
}

// before is a place in the list just before an order: with it the order comes again.
func before(o store.Staged) store.Staged {
	o.PlacedAt = o.PlacedAt.Add(time.Millisecond)
	return o
}

// named goes through orders that were named, each once.
func (b *bulk) named(ctx context.Context, names []string) error {
	var keys []order.Key
	seen := map[order.Key]bool{}
	for i, name := range names {
		key, err := order.ParseKey(name)
		if err != nil {
			return invalid(fmt.Sprintf("body.keys[%d]", i), err.Error())
		}
		if !seen[key] {
			seen[key], keys = true, append(keys, key)
		}
	}
	heads, err := b.server.store.Heads(ctx, keys)
	if err != nil {
		return partDown(err, "store")
	}
	b.result.Matched = int64(len(keys))
	var found []store.Staged
	for _, key := range keys {
		if head := heads[key]; head != nil {
			found = append(found, *head)
		} else {
			b.refuse(Refusal{Key: key, WhyNot: "It is not staged. Check the key, or resync the order by its number."})
		}
	}
	return b.page(ctx, found)
}
