package magento

import (
	"context"
	"encoding/json"
	"errors"
	"net"
	"net/http"
	"strconv"
	"strings"

	"datawald/order"
)

// Sign ends every comment of the connector, so that it knows its own again.
const Sign = " [DataWald]"

// Signed is the text of a comment as it is sent.
func Signed(text string) string { return oneLine(text) + Sign }

// ours reports whether a comment was written by the connector, whatever it says.
func ours(comment string) bool { return strings.HasSuffix(oneLine(comment), strings.TrimSpace(Sign)) }

// oneLine is a text without what a shop may do to its spaces.
func oneLine(s string) string { return strings.Join(strings.Fields(s), " ") }

// Current is what must be known of an order just before something is written to it.
type Current struct {
	EntityID    int64
	IncrementID string
	// State and Status as they are now. Status may be empty: real orders lack it at times (issue 37807).
	State, Status string
	ExtOrderID    string
	// Progress differs when the order was invoiced, shipped, cancelled, refunded, put on hold or commented on by others.
	Progress string
	comments []string
}

// Has reports whether the order has this comment of ours.
func (o *Current) Has(text string) bool {
	for _, c := range o.comments {
		if oneLine(c) == Signed(text) {
			return true
		}
	}
	return false
}

// Current reads an order as it is now.
func (c *Client) Current(ctx context.Context, entityID int64) (*Current, error) {
	d, err := c.Get(ctx, entityID)
	if err != nil {
		return nil, err
	}
	var w struct {
		State      lenient `json:"state"`
		Status     lenient `json:"status"`
		ExtOrderID lenient `json:"ext_order_id"`
		Histories  []struct {
			Comment lenient `json:"comment"`
		} `json:"status_histories"`
	}
	if err := json.Unmarshal(d.Raw, &w); err != nil {
		return nil, badAnswer("GET orders/{id}", "the order's status_histories cannot be read", nil) // the cause quotes the order
	}
	o := &Current{EntityID: d.EntityID, IncrementID: d.IncrementID, State: string(w.State), Status: string(w.Status),
		ExtOrderID: string(w.ExtOrderID), Progress: progress(d.Raw)}
	for _, h := range w.Histories {
		o.comments = append(o.comments, string(h.Comment))
	}
	return o, nil
}

// progress names how far an order has come, by what each step of it leaves behind beside state and status: quantities of
// its lines, totals, what it was before it was put on hold, and the history.
func progress(raw []byte) string {
	var members map[string]any
	if err := unmarshalExact(raw, &members); err != nil {
		return digest(raw)
	}
	written, _ := memberOf(raw, "status_histories")
	kept := map[string]any{"status_histories": json.RawMessage(withoutOurs(written))}
	keep := func(under string, from map[string]any, prefixes ...string) {
		for name, value := range from {
			for _, p := range prefixes {
				if strings.HasPrefix(name, p) {
					kept[under+name] = value
				}
			}
		}
	}
	keep("", members, "total_", "hold_before_")
	items, _ := members["items"].([]any)
	for n, item := range items {
		line, _ := item.(map[string]any)
		keep(strconv.Itoa(n)+".", line, "qty_")
	}
	b, err := json.Marshal(kept)
	if err != nil {
		return digest(raw)
	}
	return digest(b)
}

// Comment adds a comment to an order, signed as ours, which the customer neither sees nor is told of. It goes with the
// order's status as it was read: up to 2.4.6 a comment sets the status of the order, and without one the order has none
// afterwards; in 2.4.7 another one is refused, later one that does not belong to the order's state (issue 38723, commit
// fd879d4a80). So o must have been read just before, and must have a status.
func (c *Client) Comment(ctx context.Context, o *Current, text string) error {
	return c.write(ctx, opComment, "/orders/"+strconv.FormatInt(o.EntityID, 10)+"/comments", map[string]any{
		"statusHistory": map[string]any{"comment": Signed(text), "status": o.Status, "parent_id": o.EntityID, "entity_name": "order",
			"is_customer_notified": 0, "is_visible_on_front": 0},
	})
}

// SetExtOrderID writes ext_order_id, at most 32 characters. It is a raw save of the row: the number, state and status go
// with it as they were read, since there are reports of numbers that were given anew without (issues 32397, 33666). What
// happens to the order between reading and saving is overwritten in these three.
func (c *Client) SetExtOrderID(ctx context.Context, o *Current, id string) error {
	return c.write(ctx, "POST orders", "/orders", map[string]any{
		"entity": map[string]any{"entity_id": o.EntityID, "increment_id": o.IncrementID, "state": o.State, "status": o.Status, "ext_order_id": id},
	})
}

// write makes one call that changes something; what it answers besides success says nothing that can be relied on.
func (c *Client) write(ctx context.Context, op, path string, body any) error {
	raw, err := json.Marshal(body)
	if err != nil {
		return err
	}
	a, err := c.send(ctx, call{op: op, method: http.MethodPost, path: path, body: raw})
	if err != nil {
		return asWrite(op, err)
	}
	if text := strings.TrimSpace(string(a.body)); text == "false" || text == "null" {
		return &order.Failure{Kind: order.Unknown, System: system, Op: op, Code: "unreadable", Message: "the answer is " + text}
	}
	return nil
}

// asWrite judges the failure of a call that changes something. What a read may simply repeat leaves it open here whether
// the change was made. A failure of the login before it is what it is: nothing was written.
func asWrite(op string, err error) error {
	found, ok := errors.AsType[*order.Failure](err)
	if !ok || found.Op != op {
		return err
	}
	f := *found // others may hold it too
	switch status, _ := strconv.Atoi(f.Code); {
	case f.Kind == order.Config:
		if resource, refused := refusedResource(f.Message); refused && resource != resourceView {
			f.Hint += " Or take the setting out of write_back in the rules."
		}
	case f.Kind == order.Transient && f.Code == "no_answer" && neverConnected(f.Err): // nothing was sent
	case f.Kind == order.Transient && (f.Code == "no_answer" || f.Code == "unreadable" || status >= 500):
		f.Kind = order.Unknown
	case status == http.StatusBadRequest && strings.Contains(f.Message, "is not part of the order status history"):
		f.Kind, f.Hint = order.Transient, "The order's state has changed in this moment; it is read again before the next try."
	}
	return &f
}

// neverConnected reports whether the call failed before there was a connection.
func neverConnected(err error) bool {
	op, ok := errors.AsType[*net.OpError](err)
	return ok && op.Op == "dial"
}
