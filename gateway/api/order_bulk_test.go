package api_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"datawald/gateway/api"
	"datawald/order"
	"datawald/store"
)

// shelf stages held orders, numbered from 1; they were read, and nothing was sent.
func (w *world) shelf(n int) {
	w.t.Helper()
	var page []*store.Staged
	for i := range n {
		doc := store.NewStaged(w.key(1, fmt.Sprintf("%09d", i+1)))
		doc.Status, doc.Reason, doc.PlacedAt = order.Held, &order.Reason{Code: "item_unknown", Message: "B1 has no item X."}, day(1).Add(time.Duration(i)*time.Minute)
		doc.PayloadHash, doc.ContentHash = "p", "c"
		page = append(page, doc)
	}
	if _, err := w.db.Add(w.t.Context(), page); err != nil {
		w.t.Fatal(err)
	}
}

func (w *world) act(body string) (r api.ActionsResult) {
	w.t.Helper()
	w.post("/api/v1/orders/actions", body).ok(200, &r)
	return r
}

func (w *world) counted(query string) (c api.OrderCounts) {
	w.t.Helper()
	w.get("/api/v1/orders/counts?"+query).ok(200, &c)
	return c
}

// One run takes the orders to B1, and those that cannot be retried are named and keep no other back. Fails without: refuse in one and in named; the
// deduplication of keys; one run for all (as many runs as orders).
func TestBulk_RetriesTheOrdersThatAreNamed(t *testing.T) {
	w := newWorld(t)
	w.shelf(3)
	w.staged(w.key(2, "000000009"), func(d *store.Staged) { d.Status, d.BO = order.Posted, &store.BackOffice{DocNum: 1} })
	keys := fmt.Sprintf(`["%s","%s","%s","%s","%s","elsewhere:1:1"]`, w.key(1, "000000001"), w.key(1, "000000002"), w.key(1, "000000001"), w.key(2, "000000009"), w.key(1, "404"))
	r := w.act(`{"action":"retry","reason":"the item is there","keys":` + keys + `}`)
	if r.Matched != 5 || r.Done != 2 || r.Refused != 3 || r.Started != 2 || r.Queued != 0 || len(r.Runs) != 1 || r.Next != "" || len(r.Refusals) != 3 || len(r.Why) != 2 {
		t.Errorf("the answer is %+v", r)
	}
	if r.Why[0].Count != 2 || !strings.Contains(r.Why[0].WhyNot, "not staged") || !strings.Contains(r.Why[1].WhyNot, "B1 has it") {
		t.Errorf("why: %+v", r.Why)
	}
	if c := w.counted("instance=" + w.instance); c.States[order.Pending] != 2 || c.States[order.Held] != 1 {
		t.Errorf("now there are %+v", c.States)
	}
	if !w.tells(w.key(1, "000000001"), "desk", "retry", "the item is there", "key:test") {
		t.Error("the timeline does not tell of it")
	}
	var run api.Resync
	if w.get(r.Runs[0].Location).ok(200, &run); len(run.Keys) != 2 {
		t.Errorf("the run has %v", run.Keys)
	}
}

// Fails without: each check, and expect being compared with what matches now.
func TestBulk_RefusesWhatTheAskerDidNotSee(t *testing.T) {
	w := newWorld(t)
	w.shelf(3)
	filter := fmt.Sprintf(`"filter":{"instance":%q,"states":["held"]}`, w.instance)
	post := func(body string) reply { return w.post("/api/v1/orders/actions", body) }
	post(`{"action":"retry"}`).problem(422, "invalid-request", "body.keys")
	post(`{"action":"retry","keys":["main"]}`).problem(422, "invalid-request", "body.keys[0]")
	post(`{"action":"retry","keys":["main:1:1"],"expect":1}`).problem(422, "invalid-request", "body.filter")
	post(`{"action":"retry","keys":["main:1:1"],`+filter+`}`).problem(422, "invalid-request", "body.filter")
	post(`{"action":"retry",`+filter+`}`).problem(422, "invalid-request", "body.expect")
	post(`{"action":"skip","expect":3,`+filter+`}`).problem(422, "invalid-request", "body.reason")
	post(`{"action":"skip","reason":"w","reread":true,"expect":3,`+filter+`}`).problem(422, "invalid-request", "body.reread")
	post(`{"action":"burn","expect":3,`+filter+`}`).problem(422, "invalid-request", "body.action")
	post(`{"action":"retry","expect":3,"filter":{"instance":"elsewhere"}}`).problem(422, "unknown-instance")
	post(`{"action":"retry","expect":3,"filter":{"from":"yesterday"}}`).problem(422, "invalid-request", "body.filter.from")
	post(`{"action":"retry","next":"x",`+filter+`}`).problem(422, "invalid-request", "body.next")
	post(`{"action":"retry","expect":2,`+filter+`}`).problem(409, "count-differs", "3 orders match now, and you saw 2")
	many := strings.Repeat(`"main:1:1",`, 501)
	post(`{"action":"retry","keys":[`+many[:len(many)-1]+`]}`).problem(422, "invalid-request", "body.keys")
	if c := w.counted("instance=" + w.instance); c.States[order.Held] != 3 {
		t.Errorf("something was done: %+v", c.States)
	}
}

// A dry run tells what would come of it, and writes nothing; it needs no reason. Fails without: dry in one; Refused being counted there.
func TestBulk_ADryRunWritesNothing(t *testing.T) {
	w := newWorld(t)
	w.shelf(4)
	w.staged(w.key(2, "000000009"), func(d *store.Staged) {
		d.Status, d.Reason = order.Held, &order.Reason{Code: "total_differs"}
		d.BO = &store.BackOffice{DocNum: 1}
	})
	r := w.act(fmt.Sprintf(`{"action":"skip","dry_run":true,"filter":{"instance":%q,"states":["held"]}}`, w.instance))
	if !r.DryRun || r.Matched != 5 || r.Done != 4 || r.Refused != 1 || len(r.Runs) != 0 || len(r.Refusals) != 1 || r.Refusals[0].Key != w.key(2, "000000009") {
		t.Errorf("the answer is %+v", r)
	}
	if c := w.counted("instance=" + w.instance); c.States[order.Held] != 5 {
		t.Errorf("something was done: %+v", c.States)
	}
}

// A filter that selects more than the time of a request allows is gone through with next, each order once; one run takes the first 500 to B1, and
// the others stand first in the queue. Fails without: isOver; After in filtered; first in begin.
func TestBulk_GoesOnWhereItsTimeWasOver(t *testing.T) {
	w := newWorld(t)
	w.shelf(450)
	defer api.SetBulkTime(0)()
	filter := fmt.Sprintf(`{"action":"retry","reason":"w","filter":{"instance":%q,"states":["held"],"reason":"item_unknown","q":"0000"}`, w.instance)
	var done, started, queued, requests int
	next := `,"expect":450}`
	for next != "" {
		r := w.act(filter + next)
		done, started, queued, requests = done+r.Done, started+r.Started, queued+r.Queued, requests+1
		if next = ""; r.Next != "" {
			next = fmt.Sprintf(`,"next":%q}`, r.Next)
		}
		if requests > 10 {
			t.Fatal("it does not end")
		}
	}
	if done != 450 || requests != 5 || started != 100 || queued != 350 {
		t.Errorf("%d done with %d requests, %d started, %d queued; want 450 with 5, 100 and 350", done, requests, started, queued)
	}
	if c := w.counted("instance=" + w.instance); c.States[order.Pending] != 450 {
		t.Errorf("now there are %+v", c.States)
	}
	due, err := w.db.NextDue(t.Context(), w.instance, "", 1000)
	if err != nil || len(due) != 450 || !strings.HasPrefix(due[449].Queue, "1|") {
		t.Errorf("%d in the queue, %v", len(due), err)
	}
}

// Orders that need Magento are read by runs of 500 at most, whatever time is left: a request ends before it has more. Fails without: rereads in isOver.
func TestBulk_ReadsNoMoreThanARunMay(t *testing.T) {
	w := newWorld(t)
	w.shelf(620)
	r := w.act(fmt.Sprintf(`{"action":"retry","reread":true,"expect":620,"filter":{"instance":%q,"states":["held"]}}`, w.instance))
	if r.Done != 500 || r.Started != 500 || len(r.Runs) != 1 || r.Next == "" {
		t.Errorf("%d done, %d started with %d runs, next %q; want 500 with one, and more", r.Done, r.Started, len(r.Runs), r.Next)
	}
	if c := w.counted("instance=" + w.instance); c.States[order.Held] != 620 {
		t.Errorf("they are as they were until they are read, but %+v", c.States)
	}
}

// Without Temporal what is staged stays first in the queue, and what must be read is refused. Fails without: the branch of an error in start.
func TestBulk_WithoutTemporal(t *testing.T) {
	w := newWorld(t)
	w.server = serve(t, w.settings, w.db, away(t))
	w.shelf(2)
	w.staged(w.key(1, "000000002"), func(d *store.Staged) {
		d.Status, d.Reason, d.ContentHash = order.Held, &order.Reason{Code: "document_unreadable"}, ""
	})
	r := w.act(fmt.Sprintf(`{"action":"retry","keys":[%q,%q]}`, w.key(1, "000000001"), w.key(1, "000000002")))
	if r.Done != 1 || r.Queued != 1 || r.Started != 0 || r.Refused != 1 || !strings.Contains(r.Refusals[0].WhyNot, "Temporal does not answer") {
		t.Errorf("the answer is %+v", r)
	}
}

// Skipped orders are taken to B1 together when they are resumed. Fails without: Start of a resumed order.
func TestBulk_SkipsAndResumes(t *testing.T) {
	w := newWorld(t)
	w.shelf(3)
	filter := `"filter":{"instance":"` + w.instance + `","states":["%s"]}}`
	if r := w.act(`{"action":"skip","reason":"sold in the shop","expect":3,` + fmt.Sprintf(filter, "held")); r.Done != 3 || len(r.Runs) != 0 || r.Queued != 0 {
		t.Errorf("the answer is %+v", r)
	}
	doc, err := w.db.Get(context.Background(), w.key(1, "000000001"))
	if err != nil || !doc.Skipped() || !w.tells(doc.Key, "desk", "skipped", "sold in the shop", "key:test") {
		t.Errorf("it is %s (%v), %v", doc.Status, doc.Reason, err)
	}
	if r := w.act(`{"action":"resume","expect":3,` + fmt.Sprintf(filter, "excluded")); r.Done != 3 || r.Started != 3 {
		t.Errorf("the answer is %+v", r)
	}
}
