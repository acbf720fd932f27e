package api_test

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"datawald/gateway/api"
	"datawald/order"
)

// listening is an open stream of events.
type listening struct {
	t      *testing.T
	res    *http.Response
	events chan seen
	leave  context.CancelFunc
}

// seen is an event as it came. One without a name is the end of the stream.
type seen struct{ name, id, data string }

// hear opens a stream; it must be taken.
func hear(t *testing.T, url string, last string) *listening {
	t.Helper()
	return hearAt(t, url+"/api/v1/events", last)
}

// hearSince opens a stream for who has read everything at a moment, and nothing since.
func hearSince(t *testing.T, url string, read time.Time) *listening {
	t.Helper()
	return hearAt(t, fmt.Sprintf("%s/api/v1/events?since=%d", url, read.UnixMilli()), "")
}

func hearAt(t *testing.T, address, last string) *listening {
	t.Helper()
	ctx, leave := context.WithCancel(context.WithoutCancel(t.Context()))
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+adminKey)
	if last != "" {
		req.Header.Set("Last-Event-ID", last)
	}
	res, err := (&http.Client{Transport: &http.Transport{DisableKeepAlives: true}}).Do(req)
	if err != nil {
		t.Fatal(err)
	}
	l := &listening{t: t, res: res, events: make(chan seen, 1000), leave: leave}
	t.Cleanup(leave)
	if res.StatusCode != 200 || res.Header.Get("Content-Type") != "text/event-stream" {
		t.Fatalf("status %d, %s", res.StatusCode, res.Header.Get("Content-Type"))
	}
	go l.read()
	return l
}

func (l *listening) read() {
	defer l.res.Body.Close()
	defer close(l.events)
	var e seen
	for lines := bufio.NewScanner(l.res.Body); lines.Scan(); {
		name, value, _ := strings.Cut(lines.Text(), ": ")
		switch name {
		case "event":
			e.name = value
		case "id":
			e.id = value
		case "data":
			e.data = value
		case "":
			if e.name != "" {
				l.events <- e
			}
			e = seen{}
		}
	}
}

// next waits for an event of this name for which is is true, and reads it.
func next[T any](l *listening, name string, is func(T) bool) (body T, e seen) {
	l.t.Helper()
	over := time.After(50 * time.Second)
	for {
		select {
		case e, more := <-l.events:
			if !more {
				l.t.Fatalf("the stream ended before %s came", name)
			}
			if e.name != name {
				continue
			}
			var body T
			if err := json.Unmarshal([]byte(e.data), &body); err != nil {
				l.t.Fatal(err)
			}
			if is(body) {
				return body, e
			}
		case <-over:
			l.t.Fatalf("%s did not come within 50 s", name)
		}
	}
}

// ended waits for the end of the stream.
func (l *listening) ended() {
	l.t.Helper()
	over := time.After(30 * time.Second)
	for {
		select {
		case _, more := <-l.events:
			if !more {
				return
			}
		case <-over:
			l.t.Fatal("the stream did not end within 30 s")
		}
	}
}

func always[T any](T) bool { return true }

// names tells whether an order is among those that changed, in a state.
func names(key order.Key, status order.Status) func(api.OrdersEvent) bool {
	return func(e api.OrdersEvent) bool {
		return slices.ContainsFunc(e.Orders, func(o api.ChangedOrder) bool { return o.Key == key && o.Status == status })
	}
}

// quick makes the feeds look often.
func quick(t *testing.T) { t.Cleanup(api.Pace(20*time.Millisecond, 0, 0)) }
