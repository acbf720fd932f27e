package api

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"reflect"
	"strconv"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"datawald/order"
	"datawald/store"
)

func typeOf[T any]() reflect.Type { return reflect.TypeFor[T]() }

// stream sends to one connection until the client goes, is cut off, its time is over, or the server stops.
func stream(ctx context.Context, hctx huma.Context, l *listener, stop <-chan struct{}) {
	hctx.SetHeader("Content-Type", "text/event-stream")
	hctx.SetHeader("X-Accel-Buffering", "no") // a proxy must pass each event on at once
	hctx.SetStatus(http.StatusOK)
	w, ok := hctx.BodyWriter().(http.ResponseWriter)
	if !ok {
		return
	}
	out := &eventWriter{w: w, control: http.NewResponseController(w)}
	if out.write("retry: 1000\n\n") != nil || out.missed(ctx, l) != nil {
		return
	}
	beat := time.NewTicker(heartbeat)
	defer beat.Stop()
	for {
		var err error
		select {
		case <-ctx.Done():
			return
		case <-stop:
			return
		case <-beat.C:
			err = out.write(": still here\n\n")
		case e, more := <-l.events:
			if !more {
				return
			}
			err = out.send(e)
		}
		if err != nil {
			return
		}
	}
}

// eventWriter writes events to one connection.
type eventWriter struct {
	w       http.ResponseWriter
	control *http.ResponseController
}

// write sends a piece at once. Each has its own time: the server's limit is for answers that end.
func (o *eventWriter) write(text string) error {
	_ = o.control.SetWriteDeadline(time.Now().Add(streamWrite)) // where there are none, the server has none either
	if _, err := o.w.Write([]byte(text)); err != nil {
		return err
	}
	return o.control.Flush()
}

func (o *eventWriter) send(e message) error {
	return o.write(fmt.Sprintf("event: %s\nid: %s\ndata: %s\n\n", e.name, e.id, e.data))
}

// missed tells of the orders that have changed since the client was told last, up to where the feed was when it joined. It has joined
// already, so that nothing falls between.
func (o *eventWriter) missed(ctx context.Context, l *listener) error {
	since, pace := l.since, l.feed.hub.pace
	if since.IsZero() {
		since = l.upTo.Add(-pace.first)
	}
	found, err := l.feed.hub.server.store.Changes(ctx, l.feed.instance, store.ChangePlace{At: since.Add(-pace.changed), Key: lastKey}, time.Time{}, mostChanged+1)
	if err != nil {
		return err // it comes again, with the same id
	}
	body, _ := changedOrders(found, map[order.Key]time.Time{})
	if len(body.Orders) == 0 {
		return nil
	}
	data, err := json.Marshal(body)
	if err != nil {
		return err
	}
	return o.send(message{name: ordersEvent, id: strconv.FormatInt(l.upTo.UnixMilli(), 10), data: data})
}
