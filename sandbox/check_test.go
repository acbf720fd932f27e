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

	"github.com/shopspring/decimal"
	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"

	"datawald/config"
	"datawald/order"
	"datawald/sandbox/b1sim"
	"datawald/sandbox/checker"
	"datawald/sandbox/magentosim"
	"datawald/sandbox/testkit"
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
// without: due (orders that are not read yet count as lost), InHand (those on their way count as unsettled).
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
	for n, limit := 0, time.Now().Add(90*time.Second); n < 20 || unread == 0 || pending == 0; n++ {
		text, agree := v.check()
		if !agree {
			t.Fatalf("check %d, with nothing lost:\n%s", n+1, text)
		}
		if time.Now().After(limit) {
			t.Fatalf("of %d checks in 90 s %d met orders that were not read yet, and %d some that were pending: the shop is too slow to prove anything", n, unread, pending)
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

// moments is a sandbox in which things happen while the books are read: an order of the shop is posted while B1 answers what it has.
type moments struct {
	t     *testing.T
	db    *store.Store
	key   order.Key
	asked int // times that B1 was
	// posts is the time when B1 is asked at which the order is posted, and tells from which B1 tells of it.
	posts, tells int
}

func (m *moments) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.Host == "shop" {
		fmt.Fprint(w, `{"placed":[{"entity_id":7,"increment_id":"000000007","store_id":1,"grand_total":"5.00","order_currency_code":"USD","updated_at":"2026-01-31 08:00:00"}]}`)
		return
	}
	if m.asked++; m.asked == m.posts {
		m.post()
	}
	if m.asked < m.tells {
		fmt.Fprint(w, `{}`)
		return
	}
	_ = json.NewEncoder(w).Encode(map[string]any{"orders": []b1sim.Order{{DocEntry: 3, DocNum: 4, Key: "000000007", Currency: "USD", Total: decimal.NewFromInt(5), Lines: 1, Open: true}}})
}

func (m *moments) stage(status order.Status, change func(*store.Staged)) {
	m.t.Helper()
	if _, err := m.db.Change(m.t.Context(), m.key, func(d *store.Staged) error {
		d.EntityID, d.PayloadHash = 7, "p"
		d.Status, d.StagedAt, d.Reference = status, time.Now(), "000000007"
		change(d)
		return nil
	}); err != nil {
		m.t.Error(err)
	}
}

func (m *moments) post() {
	m.stage(order.Posted, func(d *store.Staged) { d.BO = &store.BackOffice{DocEntry: 3, DocNum: 4, Reference: "000000007"} })
}

// What happens between one book and the next is no violation, what stays is. Fails without: reading the store first in compare; the second
// look in lookTwice.
func TestCheck_LooksTwiceAtWhatMoves(t *testing.T) {
	for _, c := range []struct {
		name         string
		posts, tells int // before the first time for 0, never for 9
		asks         int
		lost         bool
	}{
		{"posted after B1 was read", 1, 2, 1, false},
		{"posted before, and B1 tells the second time", 0, 2, 2, false},
		{"posted, and B1 never has it", 0, 9, 2, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			db := testkit.Store(t)
			instance := testkit.Name(t)
			key, err := order.NewKey(instance, 1, "000000007")
			if err != nil {
				t.Fatal(err)
			}
			m := &moments{t: t, db: db, key: key, posts: c.posts, tells: c.tells}
			if m.stage(order.Pending, func(*store.Staged) {}); c.posts == 0 {
				m.post()
			}
			b1 := httptest.NewServer(m)
			defer b1.Close()
			shop := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				r.Host = "shop"
				m.ServeHTTP(w, r)
			}))
			defer shop.Close()
			s := &settings{Magento: strings.TrimPrefix(shop.URL, "http://"), B1: strings.TrimPrefix(b1.URL, "http://")}
			r, err := checkCommand{Patience: time.Minute}.lookTwice(t.Context(), s, checked{Instances: config.Instances{InstanceNames: []string{instance}}}, db)
			if err != nil {
				t.Fatal(err)
			}
			if r.OK() == c.lost || (r.Count(checker.Lost) == 1) != c.lost || m.asked != c.asks {
				t.Errorf("asked B1 %d times, want %d: %+v", m.asked, c.asks, r)
			}
		})
	}
}

// Orders that are not read are let be only as long as the shop is read. Fails without: asking when it was read last, in compare.
func TestCheck_TellsThatNobodyReads(t *testing.T) {
	for _, c := range []struct {
		ago       time.Duration
		unsettled int
	}{{10 * time.Second, 0}, {10 * time.Minute, 1}} {
		db, instance, at := testkit.Store(t), testkit.Name(t), time.Now().Add(-c.ago)
		if err := db.NoteReading(t.Context(), instance, store.TaskOrders, store.Reading{Began: at, Reach: order.Cut{UpdatedAt: at}}); err != nil {
			t.Fatal(err)
		}
		m := &moments{t: t, db: db, tells: 9}
		b1 := httptest.NewServer(m)
		defer b1.Close()
		shop := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			r.Host = "shop"
			m.ServeHTTP(w, r)
		}))
		defer shop.Close()
		s := &settings{Magento: strings.TrimPrefix(shop.URL, "http://"), B1: strings.TrimPrefix(b1.URL, "http://")}
		r, err := checkCommand{Patience: time.Minute}.lookTwice(t.Context(), s, checked{Instances: config.Instances{InstanceNames: []string{instance}}}, db)
		if err != nil {
			t.Fatal(err)
		}
		if r.Count(checker.Unsettled) != c.unsettled || len(r.Violations) != c.unsettled || r.Early != 1 {
			t.Errorf("read %s ago: %+v", c.ago, r)
		}
	}
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
