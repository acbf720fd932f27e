package api

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"datawald/gateway/desk"
	"datawald/order"
	"datawald/store"
)

func (s *server) routeOrders() {
	route(s, huma.Operation{OperationID: "list-orders", Method: http.MethodGet, Path: "/api/v1/orders", Tags: []string{"orders"},
		Summary:     "Orders, newest first, by instance, state, reason, store, day and text",
		Description: "Filters add up. `next` continues the list when it is given back as `cursor`; the last page has none."}, s.listOrders)
	route(s, huma.Operation{OperationID: "get-order", Method: http.MethodGet, Path: "/api/v1/orders/{key}", Tags: []string{"orders"},
		Summary:     "One order: all that is known of it, with its timeline",
		Description: "Holds the buyer's name, addresses and e-mail; viewers get them masked.",
		Errors:      []int{http.StatusNotFound}}, s.getOrder)
	s.routeOrderCounts()
	s.routeOrderExport()
	s.routeOrderActions()
	s.routePayloads()
	s.routeComparison()
}

// OrderFilter selects orders, in the list, in counts and in the export.
type OrderFilter struct {
	Instance  string          `query:"instance" doc:"Orders of this instance; all when left out" example:"main"`
	State     []stateParam    `query:"state,explode" doc:"Orders in this state; may be given several times"`
	Reason    string          `query:"reason" maxLength:"200" doc:"Orders that are held, excluded or cancelled for the reason with this code" example:"item_unknown"`
	Attention bool            `query:"attention" doc:"true for orders of which something changed in Magento after they were posted or skipped"`
	WriteBack writeBackParam  `query:"write_back" doc:"Posted orders of which Magento was told so far; given_up and to_look_at are for a person"`
	Store     optional[int64] `query:"store" minimum:"0" doc:"Orders of this Magento store (store_id)" example:"1"`
	From      string          `query:"from" doc:"Placed at this time or later: RFC 3339, or a day (UTC)" example:"2026-11-01"`
	To        string          `query:"to" doc:"Placed before this time (RFC 3339), or up to the end of this day (UTC)" example:"2026-11-30"`
	Text      string          `query:"q" maxLength:"100" doc:"Part of the order key, of B1's number, of the reference in B1 or of the reason; case does not matter"`
}

type listOrdersInput struct {
	OrderFilter
	Limit  int    `query:"limit" minimum:"1" maximum:"500" default:"50" doc:"Orders per page"`
	Cursor string `query:"cursor" maxLength:"1000" doc:"\"next\" of the page before"`
}

type listOrdersOutput struct {
	Body struct {
		Orders []OrderSummary `json:"orders" nullable:"false"`
		Next   string         `json:"next,omitempty" doc:"Cursor of the next page; absent on the last one"`
	}
}

// OrderSummary is one order in a list.
type OrderSummary struct {
	Key         order.Key      `json:"key" example:"main:1:000000123"`
	Instance    string         `json:"instance"`
	StoreID     int64          `json:"store_id"`
	IncrementID string         `json:"increment_id"`
	Status      order.Status   `json:"status" doc:"Where the order stands"`
	Reason      *order.Reason  `json:"reason,omitempty" doc:"Why it is held, excluded or cancelled"`
	Attention   *order.Reason  `json:"attention,omitempty" doc:"What changed in Magento after it was posted"`
	Magento     MagentoSummary `json:"magento"`
	BO          *BOSummary     `json:"bo,omitempty" doc:"The document in B1; absent while there is none"`
	WriteBack   string         `json:"write_back,omitempty" enum:"open,done,given_up,to_look_at" doc:"How far Magento has been told of it; absent when the rules ask for nothing"`
	PlacedAt    time.Time      `json:"placed_at"`
	ChangedAt   time.Time      `json:"changed_at" doc:"Last change of the order here"`
	Links       Links          `json:"links"`
}

// MagentoSummary is what Magento says of an order.
type MagentoSummary struct {
	State  string      `json:"state"`
	Status string      `json:"status"`
	Total  order.Money `json:"total"`
}

// BOSummary is the order's document in B1.
type BOSummary struct {
	DocNum   int64       `json:"doc_num" doc:"Number that people see"`
	DocEntry int64       `json:"doc_entry" doc:"B1's own key; for a draft that of the draft"`
	Draft    bool        `json:"draft,omitempty" doc:"It waits for approval"`
	Total    order.Money `json:"total"`
}

func (s *server) summary(doc store.Staged) OrderSummary {
	o := OrderSummary{
		Key: doc.Key, Instance: doc.Instance, StoreID: doc.StoreID, IncrementID: doc.IncrementID,
		Status: doc.Status, Reason: doc.Reason, Attention: doc.Attention,
		Magento:  MagentoSummary{State: doc.Magento.State, Status: doc.Magento.Status, Total: doc.Magento.Total},
		PlacedAt: doc.PlacedAt, ChangedAt: doc.ChangedAt, Links: s.links.order(doc.Key),
	}
	if b := doc.WriteBack; b != nil {
		o.WriteBack = string(b.State)
	}
	if b := doc.BO; b != nil {
		o.BO = &BOSummary{DocNum: b.DocNum, DocEntry: b.DocEntry, Draft: b.Draft, Total: b.Total}
	}
	return o
}

func (s *server) listOrders(ctx context.Context, in *listOrdersInput) (*listOrdersOutput, error) {
	filter, err := s.filter(in.OrderFilter, "query")
	if err == nil && in.Cursor != "" {
		filter.After, err = decodeCursor(in.Cursor)
	}
	if err != nil {
		return nil, err
	}
	filter.Limit = in.Limit + 1 // one more tells whether there is a next page
	docs, err := s.store.List(ctx, filter)
	if err != nil {
		return nil, partDown(err, "store")
	}
	var out listOrdersOutput
	if len(docs) > in.Limit {
		docs = docs[:in.Limit]
		out.Body.Next = encodeCursor(docs[in.Limit-1])
	}
	out.Body.Orders = make([]OrderSummary, len(docs))
	for i, doc := range docs {
		out.Body.Orders[i] = s.summary(doc)
	}
	return &out, nil
}

// filter checks what was asked for; at is what stands before the names of its parts in a problem.
func (s *server) filter(in OrderFilter, at string) (f store.Filter, err error) {
	f = store.Filter{Instance: in.Instance, Reason: in.Reason, Attention: in.Attention, WriteBack: store.WriteBackState(in.WriteBack), Text: in.Text}
	for _, state := range in.State {
		f.Statuses = append(f.Statuses, order.Status(state))
	}
	f.Text = strings.TrimSpace(in.Text)
	// Blanks are no search where orders are looked at. Where they are acted on, they must not select all of them.
	if blanks := f.Text == "" && at == "query"; in.Text != "" && !f.Searches() && !blanks {
		return f, invalid(at+".q", "has nothing to look for; leave it out to look at all orders")
	}
	if len(f.Statuses) == 1 { // asked for as one the list of a state comes from its own index
		f.Status, f.Statuses = f.Statuses[0], nil
	}
	if in.Instance != "" {
		if _, err := s.instance(in.Instance); err != nil {
			return f, err
		}
	}
	if in.Store.Set {
		f.StoreID = &in.Store.Value
	}
	if f.From, err = moment(at+".from", in.From, 0); err != nil {
		return f, err
	}
	if f.To, err = moment(at+".to", in.To, 1); err != nil {
		return f, err
	}
	if !f.From.IsZero() && !f.To.IsZero() && !f.From.Before(f.To) {
		return f, invalid(at+".to", "lies before from")
	}
	return f, nil
}

// moment reads a time or a day; a day begins at midnight, or ends there when one day is added.
func moment(location, text string, addDays int) (time.Time, error) {
	if text == "" {
		return time.Time{}, nil
	}
	if day, err := time.Parse(time.DateOnly, text); err == nil {
		return day.AddDate(0, 0, addDays), nil
	}
	t, err := time.Parse(time.RFC3339, text)
	if err != nil {
		return t, invalid(location, "want a day such as 2026-11-30 or a time such as 2026-11-30T12:00:00Z")
	}
	return t.UTC(), nil
}

type getOrderInput struct {
	Key string `path:"key" doc:"<instance>:<store_id>:<increment_id>" example:"main:1:000000123"`
}

type getOrderOutput struct{ Body OrderDetail }

// OrderDetail is an order with all that the store has of it.
type OrderDetail struct {
	store.Staged
	Links Links `json:"links"`
	// Actions say what may be done with the order as it stands now.
	Actions []desk.Choice `json:"actions" nullable:"false" doc:"What may be done with the order as it stands now; why an action makes no sense, and what to do instead"`
}

func (s *server) getOrder(ctx context.Context, in *getOrderInput) (*getOrderOutput, error) {
	doc, err := s.stagedOrder(ctx, in.Key)
	if err != nil {
		return nil, err
	}
	choices := desk.Choices(doc, time.Now())
	if !seesPeople(ctx) {
		*doc = masked(*doc)
	}
	return &getOrderOutput{Body: OrderDetail{Staged: *doc, Links: s.links.order(doc.Key), Actions: choices}}, nil
}

// stagedOrder reads the order that a path names.
func (s *server) stagedOrder(ctx context.Context, parameter string) (*store.Staged, error) {
	key, err := orderKey(parameter)
	if err != nil {
		return nil, err
	}
	doc, err := s.store.Get(ctx, key)
	if errors.Is(err, store.ErrNotFound) {
		return nil, s.notStaged(key)
	}
	if err != nil {
		return nil, partDown(err, "store")
	}
	return doc, nil
}

// orderKey reads the key in a path.
func orderKey(parameter string) (order.Key, error) {
	key, err := order.ParseKey(unescape(parameter))
	if err != nil {
		return "", malformedKey.problem(err.Error() + ". GET /api/v1/orders?q=<number> finds the key of an order.")
	}
	return key, nil
}

// notStaged says how to fetch the order, or why it cannot be fetched.
func (s *server) notStaged(key order.Key) *Problem {
	next := fmt.Sprintf(`If Magento has it, fetch it: POST /api/v1/resyncs with {"instance":%q,"increment_ids":[%q]}.`, key.Instance(), key.IncrementID())
	if _, err := s.instance(key.Instance()); err != nil {
		next = "Its instance is not one of those here: " + strings.Join(s.settings.InstanceNames, ", ") + ". Check the key."
	}
	p := orderNotFound.problem(fmt.Sprintf("The order %s is not staged. %s", key, next))
	p.Key = string(key)
	return p
}

// unescape decodes a path parameter; one that is not properly escaped is taken as it stands and refused further on.
func unescape(parameter string) string {
	if text, err := url.PathUnescape(parameter); err == nil {
		return text
	}
	return parameter
}
