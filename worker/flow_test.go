package main

import (
	"encoding/json"
	"regexp"
	"strings"
	"testing"

	enumspb "go.temporal.io/api/enums/v1"
	historypb "go.temporal.io/api/history/v1"
	"google.golang.org/protobuf/encoding/protojson"

	"datawald/order"
	"datawald/sandbox/magentosim"
	"datawald/workflows"
)

func TestEveryOrderReachesANamedState(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 120)
	w.startWorker()
	run := w.sync()
	if run.Counts.Read != 120 || run.Counts.New+run.Counts.Excluded+run.Counts.Cancelled != 120 {
		t.Errorf("counts of the first run: %+v, want 120 read and staged", run.Counts)
	}
	if n := w.counts()[order.Pending]; n != 0 {
		t.Errorf("%d orders are still pending", n)
	}
	w.checkLedger()
	if w.counts()[order.Posted] == 0 || w.counts()[order.Held] == 0 || w.counts()[order.Excluded] == 0 || w.counts()[order.Cancelled] == 0 {
		t.Errorf("counts %v, want orders in four states", w.counts())
	}
	for _, p := range w.shop.Orders() {
		if doc := w.get(p); doc.Status == order.Held && doc.Reason.Code != "b1_refused" {
			t.Errorf("order %s (%s) is held: %s", p.IncrementID, p.Kind, doc.Reason)
		}
	}
	again := w.sync()
	if again.Counts.New+again.Counts.Changed+again.Counts.Started != 0 {
		t.Errorf("counts of an idle run: %+v, want nothing new and nothing started", again.Counts)
	}
}

func TestHistoryOfAnOrderIsShortAndWithoutPersonalData(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 0)
	placed, err := w.shop.Place(magentosim.Placement{Kind: "simple", StoreID: 1})
	if err != nil {
		t.Fatal(err)
	}
	w.startWorker()
	w.sync()
	doc := w.get(placed)
	if doc.Status != order.Posted {
		t.Fatalf("order is %s (%v), want posted", doc.Status, doc.Reason)
	}
	events := w.history(workflows.InsertOrderID(doc.Key))
	if len(events) != 6 {
		t.Errorf("the history has %d events, want 6", len(events))
	}
	text := dump(t, append(events, w.history(workflows.SyncOrdersID(w.instance))...))
	a := doc.Order.Billing
	personal := append([]string{a.FirstName, a.LastName, a.City, a.Postcode, a.Telephone, a.Email, doc.Order.Customer.Email}, a.Street...)
	for _, value := range personal {
		// As a word by itself: the digits of a postcode stand in times and identifiers too.
		if len(value) > 2 && regexp.MustCompile(`\b`+regexp.QuoteMeta(value)+`\b`).MatchString(text) {
			t.Errorf("the history holds %q", value)
		}
	}
}

// history reads all events of the latest run of a workflow.
func (w *world) history(id string) (events []*historypb.HistoryEvent) {
	w.t.Helper()
	it := w.temporal.GetWorkflowHistory(w.t.Context(), id, "", false, enumspb.HISTORY_EVENT_FILTER_TYPE_ALL_EVENT)
	for it.HasNext() {
		e, err := it.Next()
		if err != nil {
			w.t.Fatal(err)
		}
		events = append(events, e)
	}
	return events
}

// dump writes events as text, with their payloads decoded.
func dump(t *testing.T, events []*historypb.HistoryEvent) string {
	t.Helper()
	var text strings.Builder
	for _, e := range events {
		b, err := protojson.Marshal(e)
		if err != nil {
			t.Fatal(err)
		}
		var v any
		if err := json.Unmarshal(b, &v); err != nil {
			t.Fatal(err)
		}
		decode(&text, v)
	}
	return text.String()
}
