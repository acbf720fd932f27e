package magentosim

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"slices"
	"strconv"
)

// stateStatuses are the statuses Magento assigns to each state out of the box.
var stateStatuses = map[string][]string{
	"new":             {"pending"},
	"pending_payment": {"pending_payment"},
	"processing":      {"processing", "fraud"},
	"payment_review":  {"payment_review", "fraud"},
	"complete":        {"complete"},
	"closed":          {"closed"},
	"canceled":        {"canceled"},
	"holded":          {"holded"},
}

// extOrderIDLength is the width of column ext_order_id. Magento REST: db_schema.xml.
const extOrderIDLength = 32

// statusHistory is the body of a comment.
type statusHistory struct {
	Comment  string `json:"comment"`
	Status   string `json:"status"`
	Notified any    `json:"is_customer_notified"`
	Visible  any    `json:"is_visible_on_front"`
}

// comment answers POST /V1/orders/{id}/comments with true.
func (s *Shop) comment(r *http.Request, id string) reply {
	entityID, err := strconv.ParseInt(id, 10, 64)
	if err != nil {
		return failed(invalidType(id))
	}
	var body struct {
		History *statusHistory `json:"statusHistory"`
	}
	if err := readBody(r, &body, "status_history", "statusHistory"); err != nil {
		return failed(err)
	}
	if body.History == nil {
		return failed(requiredField("statusHistory"))
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	held, found := s.byID[entityID]
	if !found || held.hidden {
		return failed(notFound())
	}
	status, refusal := s.statusAfter(held, body.History.Status)
	if refusal != nil {
		return failed(refusal)
	}
	_, err = s.update(entityID, func(doc map[string]any) {
		setOrRemove(doc, "status", status)
		addHistory(doc, *body.History, status, stamp(s.now()))
	})
	if err != nil {
		return failed(internalError())
	}
	return ok([]byte("true"))
}

// statusAfter is the status an order has after a comment; empty means NULL. Up to 2.4.6 a comment without status
// empties it. Magento REST: Model/Order.php addStatusHistory; issue 38723; commit fd879d4a80.
func (s *Shop) statusAfter(r *record, asked string) (string, *apiError) {
	current := r.at("status").text
	rule := s.traits.comment
	if rule == commentCopiesStatus {
		return asked, nil
	}
	state := r.at("state").text
	allowed := slices.Contains(stateStatuses[state], asked) || slices.Contains(s.cfg.ExtraStatuses[state], asked)
	switch {
	case asked == "" || asked == current:
		return current, nil
	case rule == commentWithinState && allowed:
		return asked, nil
	}
	return "", &apiError{
		status:     http.StatusBadRequest,
		message:    `Unable to add comment: The status "%1" is not part of the order status history.`,
		parameters: []any{asked},
	}
}

func setOrRemove(doc map[string]any, name, value string) {
	if value == "" {
		delete(doc, name)
		return
	}
	doc[name] = value
}

// addHistory puts a comment first.
func addHistory(doc map[string]any, h statusHistory, status, at string) {
	list, _ := doc["status_histories"].([]any)
	entry := map[string]any{
		"created_at": at, "entity_name": "order", "parent_id": doc["entity_id"],
		"entity_id": 1_000_000 + len(list), "is_customer_notified": h.Notified, "is_visible_on_front": h.Visible,
	}
	entry["comment"] = nil
	if h.Comment != "" {
		entry["comment"] = h.Comment
	}
	setOrRemove(entry, "status", status)
	doc["status_histories"] = append([]any{entry}, list...)
}

// save answers POST /V1/orders: the raw save of columns of an order that exists, without any business logic. The
// reply shows null where the request had nothing although the database keeps the values.
// Magento REST: recorded exchanges of OCA/connector-magento; issues 32397, 33666 and 6600.
func (s *Shop) save(r *http.Request) reply {
	var body struct {
		Entity map[string]any `json:"entity"`
	}
	if err := readBody(r, &body, "entity", "entity"); err != nil {
		return failed(err)
	}
	if body.Entity == nil {
		return failed(requiredField("entity"))
	}
	entityID, err := strconv.ParseInt(scalarText(body.Entity["entity_id"]), 10, 64)
	if err != nil {
		return failed(requiredField("entity_id"))
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if held, found := s.byID[entityID]; !found || held.hidden {
		return failed(notFound())
	}
	updated, err := s.update(entityID, func(doc map[string]any) {
		for name, value := range columnsOf(body.Entity) {
			doc[name] = value
		}
		if s.traits.renewsProtectCode {
			doc["protect_code"] = nextProtectCode(scalarText(doc["protect_code"]))
		}
	})
	if err != nil {
		return failed(internalError())
	}
	return ok(saveEcho(updated, body.Entity))
}

// columnsOf keeps what is a column of the row and may be written, in the type the document has it.
func columnsOf(entity map[string]any) map[string]any {
	out := map[string]any{}
	for name, value := range entity {
		kind, known := columnKinds[name]
		if !known || name == "entity_id" || value == nil {
			continue
		}
		text := scalarText(value)
		if name == "ext_order_id" && len([]rune(text)) > extOrderIDLength {
			text = string([]rune(text)[:extOrderIDLength])
		}
		if kind == numberColumn {
			out[name] = json.Number(leadingNumber(text).String())
			continue
		}
		out[name] = text
	}
	return out
}

// saveEcho is the object as the save left it in memory, where columns that were not sent are empty.
func saveEcho(r *record, sent map[string]any) []byte {
	doc, err := decode(r.raw)
	if err != nil {
		return r.raw
	}
	echo := map[string]any{"base_grand_total": nil, "grand_total": nil, "customer_email": nil, "base_total_due": 0, "total_due": 0}
	for _, name := range []string{"entity_id", "billing_address_id", "created_at", "updated_at", "protect_code", "items",
		"billing_address", "payment", "status_histories"} {
		if v, has := doc[name]; has {
			echo[name] = v
		}
	}
	for name := range columnsOf(sent) {
		echo[name] = doc[name]
	}
	return encode(echo)
}

// nextProtectCode is another code of the same length.
func nextProtectCode(code string) string {
	if code == "" {
		return "0"
	}
	return code[1:] + code[:1]
}

func scalarText(v any) string {
	switch v := v.(type) {
	case string:
		return v
	case json.Number:
		return v.String()
	case nil:
		return ""
	default:
		return string(encode(v))
	}
}

// readBody decodes a JSON body. Its one member may go by another spelling of its name too.
func readBody(r *http.Request, into any, other, name string) *apiError {
	raw, err := io.ReadAll(io.LimitReader(r.Body, 10<<20))
	if err != nil {
		return badBody()
	}
	var members map[string]json.RawMessage
	if err := json.Unmarshal(raw, &members); err != nil {
		return badBody()
	}
	if value, has := members[other]; has && other != name {
		raw = encode(map[string]json.RawMessage{name: value})
	}
	dec := json.NewDecoder(bytes.NewReader(raw))
	dec.UseNumber()
	if err := dec.Decode(into); err != nil {
		return badBody()
	}
	return nil
}
