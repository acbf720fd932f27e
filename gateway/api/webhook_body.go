package api

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"strconv"
	"strings"

	"datawald/order"
)

// event is one thing that a shop says. Of its payload only the names of orders are taken; whatever changed is read from
// Magento.
type event struct {
	// id is the sender's own, the same when it sends the event again; empty where it has none.
	id string
	// orders are those that it names.
	orders []orderName
	// elsewhere is true when it says itself that it is about something else than orders.
	elsewhere bool
}

// orderName is Magento's key of an order or the number that people see; both when what was sent may be either.
type orderName struct {
	entityID    int64
	incrementID string
}

// lookedFor tells the sender what a payload must hold.
const lookedFor = "order_id, real_order_id, order_increment_id, entity_id and increment_id at the top and in event, data, value, order, payload and object"

// Payloads of this depth hold no order.
const maxDepth = 8

// envelopes are the members in which senders put what they tell, from Adobe I/O Events (event.data.value) to webhook modules.
var envelopes = []string{"event", "data", "value", "payload", "object"}

// eventReader reads what Adobe I/O Events and webhook modules send.
type eventReader struct {
	instance string
	// kind and id come from headers and hold for a body that is one event.
	kind, id string
}

// read gives the events of a body: one, a list, or a list under events. err is for what is no JSON.
func (r eventReader) read(body []byte) ([]event, error) {
	decoder := json.NewDecoder(bytes.NewReader(body))
	decoder.UseNumber() // ids beyond 2^53 are real
	var value any
	if err := decoder.Decode(&value); err != nil {
		return nil, err
	}
	if _, err := decoder.Token(); !errors.Is(err, io.EOF) {
		return nil, errors.New("there is more than one JSON value")
	}
	list, many := value.([]any)
	if top, ok := value.(map[string]any); ok {
		if inner, ok := top["events"].([]any); ok {
			list, many = inner, true
		}
	}
	if !many {
		return []event{r.event(value)}, nil
	}
	events := make([]event, 0, len(list))
	for _, one := range list {
		events = append(events, eventReader{instance: r.instance}.event(one))
	}
	return events, nil
}

func (r eventReader) event(value any) event {
	top, ok := value.(map[string]any)
	if !ok {
		return event{}
	}
	inner, _ := top["event"].(map[string]any)
	kind := first(text(top["type"]), text(inner["type"]), text(top["event"]), r.kind)
	s := subjectOf(kind)
	e := event{id: first(text(top["event_id"]), text(inner["event_id"]), r.id), orders: r.orders(top, s == orders || s == unknown, 0)}
	e.elsewhere = len(e.orders) == 0 && s == others
	return e
}

// subject is what an event is about, by its type.
type subject int

const (
	unknown subject = iota
	orders
	// parts of an order have an entity_id and an increment_id of their own: shipments, invoices, items.
	parts
	others
)

// partNames stand in the types of events about what belongs to an order.
var partNames = []string{"shipment", "invoice", "creditmemo", "credit_memo", "order_item", "order_address",
	"order_payment", "order_status_history", "order_tax", "purchase_order"}

// subjectOf reads a type such as com.adobe.commerce.observer.sales_order_save_commit_after or order.updated.
func subjectOf(kind string) subject {
	kind = strings.ToLower(kind)
	if kind == "" {
		return unknown
	}
	for _, name := range partNames {
		if strings.Contains(kind, name) {
			return parts
		}
	}
	switch {
	case strings.Contains(kind, "order"):
		return orders
	case strings.Contains(kind, "sales"), strings.Contains(kind, "checkout"), !strings.ContainsAny(kind, "._/:"):
		return unknown // one word may be the type of anything
	}
	return others
}

// orders gives the orders that an object names. bare says that its own entity_id and increment_id are those of an order,
// unless it names an order beside them: then they are those of a shipment, an invoice or the like.
func (r eventReader) orders(o map[string]any, bare bool, depth int) []orderName {
	if depth > maxDepth {
		return nil
	}
	if name, ok := r.keyOrNumber(o["order_id"]); ok {
		return []orderName{name}
	}
	for _, member := range []string{"real_order_id", "order_increment_id"} {
		if name, ok := r.number(o[member]); ok {
			return []orderName{name}
		}
	}
	if found := r.within(o["order"], true, depth); len(found) > 0 {
		return found
	}
	if name, ok := r.keyOrNumber(o["order"]); ok {
		return []orderName{name}
	}
	if bare {
		if id, ok := key(o["entity_id"]); ok {
			return []orderName{{entityID: id}}
		}
		if name, ok := r.number(o["increment_id"]); ok {
			return []orderName{name}
		}
	}
	for _, member := range envelopes {
		if found := r.within(o[member], bare, depth); len(found) > 0 {
			return found
		}
	}
	return nil
}

// within looks into a member: an object or a list of them.
func (r eventReader) within(value any, bare bool, depth int) (found []orderName) {
	switch v := value.(type) {
	case map[string]any:
		return r.orders(v, bare, depth+1)
	case []any:
		for _, one := range v {
			if o, ok := one.(map[string]any); ok {
				found = append(found, r.orders(o, bare, depth+1)...)
			}
		}
	}
	return found
}

// keyOrNumber reads an order_id: with a leading zero or a letter it is the number that people see. One such as 100000012
// may be that or Magento's key, and is asked for as both; that Magento does not have the one is no error of a hint.
func (r eventReader) keyOrNumber(value any) (orderName, bool) {
	if id, ok := key(value); ok {
		return orderName{entityID: id, incrementID: text(value)}, true
	}
	if strings.Trim(text(value), "0") == "" {
		return orderName{}, false // 0 stands for none
	}
	return r.number(value)
}

// key reads an entity_id, written as a number or as a string of digits.
func key(value any) (int64, bool) {
	id, err := strconv.ParseInt(text(value), 10, 64)
	return id, err == nil && id > 0 && strconv.FormatInt(id, 10) == text(value)
}

// number reads an increment_id.
func (r eventReader) number(value any) (orderName, bool) {
	t := text(value)
	if _, isNumber := value.(json.Number); isNumber && strings.Trim(t, "0123456789") != "" {
		return orderName{}, false
	}
	_, err := order.NewKey(r.instance, 0, t)
	return orderName{incrementID: t}, err == nil
}

// text is a string or number as text, and empty for anything else.
func text(value any) string {
	switch v := value.(type) {
	case string:
		return strings.TrimSpace(v)
	case json.Number:
		return v.String()
	}
	return ""
}

func first(texts ...string) string {
	for _, t := range texts {
		if t != "" {
			return t
		}
	}
	return ""
}
