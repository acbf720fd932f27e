package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"

	"datawald/config"
	"datawald/order"
	"datawald/sandbox/checker"
	"datawald/sandbox/magentosim"
	"datawald/store"
)

// check runs `sandbox check` against the visitor's sandbox and gives what it says and whether the books agree.
func (v *visitor) check(args ...string) (text string, agree bool) {
	v.t.Helper()
	cmd := exec.CommandContext(v.t.Context(), v.program("sandbox"), append([]string{"check"}, args...)...)
	cmd.Env = append(os.Environ(), v.env...)
	out, err := cmd.CombinedOutput()
	if exit, failed := err.(*exec.ExitError); failed && exit.ExitCode() != 1 || err != nil && !failed {
		v.t.Fatalf("sandbox check: %v\n%s", err, out)
	}
	return string(out), err == nil
}

// placed is how many orders the shop says that it holds: those it generated, and one for each real document in SANDBOX_ORDERS_DIR.
func (v *visitor) placed() int {
	v.t.Helper()
	var shop struct{ Orders int }
	v.get("SANDBOX_MAGENTO_ADDRESS", "/state", &shop)
	return shop.Orders
}

// As a user checks a running sandbox; and what somebody does behind the connector's back is found. Fails without: the count that
// the report begins with being the shop's (one less is told, or a fixed 60 while real documents are there).
func TestCheck_ComparesTheBooksOfARunningSandbox(t *testing.T) {
	v := newVisitor(t)
	v.start()
	v.settled()
	placed := v.placed()
	if placed < 60 {
		t.Fatalf("the shop has %d orders, want the 60 that it begins with", placed)
	}
	if text, agree := v.check(); !agree || !strings.HasPrefix(text, fmt.Sprintf("%d orders placed:", placed)) || !strings.Contains(text, "the three books agree") ||
		!strings.Contains(text, "compared with what was bought: items, quantities, amounts and tax of ") || !strings.Contains(text, "not checked: whether each order is in the state that the rules give it") {
		t.Errorf("the books of %d orders do not agree, or it is not said what was compared:\n%s", placed, text)
	}
	var b1 struct{ Orders []struct{ Key string } }
	v.get("SANDBOX_B1_ADDRESS", "/state", &b1)
	body := strings.NewReader(fmt.Sprintf(`{"key":%q}`, b1.Orders[0].Key))
	res, err := http.Post("http://"+v.ports["SANDBOX_B1_ADDRESS"]+"/control/cancel", "application/json", body)
	if err != nil || res.StatusCode != http.StatusOK {
		t.Fatal(res, err)
	}
	res.Body.Close()
	text, agree := v.check("--json")
	line, _, _ := strings.Cut(text, "\n")
	var report checker.Report
	if err := json.Unmarshal([]byte(line), &report); err != nil || agree {
		t.Fatalf("agree: %t, %v\n%s", agree, err, text)
	}
	if len(report.Violations) != 1 || report.Violations[0].Kind != checker.Lost || !strings.HasSuffix(report.Violations[0].Key, b1.Orders[0].Key) {
		t.Errorf("found %+v, want the order that was cancelled in B1", report.Violations)
	}
}

// Orders come in all the time, and a check never tells of one that is only on its way; what is really lost is told, and nothing else. Fails
// without: due (orders that are not read yet count as lost), InHand (those on their way count as unsettled), reading the store before
// the other books (posted orders count as lost).
func TestCheck_IsRightWhileOrdersComeIn(t *testing.T) {
	v := newVisitor(t)
	v.env = append(v.env, "SANDBOX_PLACE_EVERY=150ms", "SYNC_INTERVAL=2s")
	v.start()
	for limit := time.Now().Add(90 * time.Second); v.counts()["posted"] < 40; time.Sleep(200 * time.Millisecond) {
		if time.Now().After(limit) {
			t.Fatalf("after 90 s: %v\n%s", v.counts(), v.output)
		}
	}
	unread, pending := 0, 0
	for n := 0; n < 8 || unread == 0 || pending == 0; n++ {
		text, agree := v.check()
		if !agree {
			t.Fatalf("check %d, with nothing lost:\n%s", n+1, text)
		}
		if n == 60 {
			t.Fatalf("of %d checks %d met orders that were not read yet, and %d some that were pending: the shop is too slow to prove anything", n, unread, pending)
		}
		unread += strings.Count(text, "orders that are not read yet")
		pending += strings.Count(text, "orders that are pending still")
	}
	key := v.loseOldest()
	text, agree := v.check()
	if agree || !strings.Contains(text, "lost         "+key+": ") || !strings.Contains(text, "1 violations: 1 lost, ") {
		t.Errorf("the store has lost %s, and the check says:\n%s", key, text)
	}
}

// loseOldest takes the oldest order that is in B1 out of the store, behind everybody's back, and names it. It is so old that it is not read
// again.
func (v *visitor) loseOldest() string {
	v.t.Helper()
	var shop struct{ Placed []magentosim.Placed }
	v.get("SANDBOX_MAGENTO_ADDRESS", "/state", &shop)
	var b1 struct{ Orders []struct{ Key string } }
	v.get("SANDBOX_B1_ADDRESS", "/state", &b1)
	in := map[string]bool{}
	for _, o := range b1.Orders {
		in[o.Key] = true
	}
	posted := slices.DeleteFunc(shop.Placed, func(p magentosim.Placed) bool { return !in[p.IncrementID] })
	oldest := slices.MinFunc(posted, func(a, b magentosim.Placed) int { return strings.Compare(a.UpdatedAt, b.UpdatedAt) })
	key := fmt.Sprintf("main:%d:%s", oldest.StoreID, oldest.IncrementID)
	db, err := mongo.Connect(options.Client().ApplyURI("mongodb://" + v.ports["SANDBOX_MONGODB_ADDRESS"] + "/"))
	if err != nil {
		v.t.Fatal(err)
	}
	defer db.Disconnect(context.WithoutCancel(v.t.Context()))
	if r, err := db.Database("datawald").Collection("orders").DeleteOne(v.t.Context(), bson.M{"_id": key}); err != nil || r.DeletedCount != 1 {
		v.t.Fatalf("%s is not taken out: %+v, %v", key, r, err)
	}
	return key
}

// An order must have been read when it had changed before the latest reading that came to its end, less what reading stays behind; by the
// shop's clock, or else as far as the reading came. Fails without: each of these.
func TestChecked_KnowsWhichOrdersAreDue(t *testing.T) {
	at := time.Date(2026, 1, 31, 8, 0, 10, 500, time.UTC)
	for _, c := range []struct {
		updated string
		last    store.Reading
		want    bool
	}{
		{"2026-01-31 08:00:04", store.Reading{ShopTime: at, Reach: order.Cut{UpdatedAt: at.Add(-time.Hour)}}, true},
		{"2026-01-31 08:00:05", store.Reading{ShopTime: at}, false},
		{"2026-01-31 08:00:04", store.Reading{Reach: order.Cut{UpdatedAt: at}}, true},
		{"2026-01-31 08:00:05", store.Reading{Reach: order.Cut{UpdatedAt: at}}, false},
		{"2026-01-31 08:00:05", store.Reading{}, false},
	} {
		if got := (checked{Settle: 5 * time.Second}).due(magentosim.Placed{UpdatedAt: c.updated}, c.last); got != c.want {
			t.Errorf("updated at %s, read at %+v: due %t, want %t", c.updated, c.last, got, c.want)
		}
	}
}

// An order that the settings leave out may be missing in the store. Fails without: either half of reads.
func TestChecked_KnowsWhichOrdersAreRead(t *testing.T) {
	p := magentosim.Placed{StoreID: 2, UpdatedAt: "2026-01-31 00:00:00"}
	for _, c := range []struct {
		with checked
		want bool
	}{
		{checked{}, true},
		{checked{Stores: []int64{1, 2}, SyncFrom: "2026-01-31"}, true},
		{checked{Stores: []int64{1, 3}}, false},
		{checked{SyncFrom: "2026-02-01"}, false},
	} {
		if got := c.with.reads(p); got != c.want {
			t.Errorf("stores %v since %q: %t, want %t", c.with.Stores, c.with.SyncFrom, got, c.want)
		}
	}
}

// A check without the lines says so, and does not ask for them.
func TestCheck_LeavesTheLinesOut(t *testing.T) {
	asked := false
	magento := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked = asked || r.URL.Path == "/state/sold"
		_, _ = io.WriteString(w, "{}")
	}))
	defer magento.Close()
	s := &settings{Magento: strings.TrimPrefix(magento.URL, "http://"), B1: strings.TrimPrefix(magento.URL, "http://")}
	for _, lines := range []bool{true, false} {
		asked = false
		b, err := s.books(t.Context(), checked{Instances: config.Instances{InstanceNames: []string{"main"}}}, lines)
		if err != nil || asked != lines || (b.Sold != nil) != lines || b.Ledger != nil {
			t.Errorf("lines %t: asked %t, %v, %v", lines, asked, b.Sold, err)
		}
	}
}
