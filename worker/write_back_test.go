package main

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"datawald/mapping"
	"datawald/order"
	"datawald/sandbox/magentosim"
	"datawald/sandbox/testkit"
	"datawald/store"
	"datawald/workflows"
)

var tellMagento = mapping.WriteBack{Comment: "B1 sales order {doc_num}", ExtOrderID: true}

// newTellingWorld is a world whose rules write back, around a shop of that release.
func newTellingWorld(t *testing.T, version string, orders int) *world {
	t.Helper()
	w := newWorldWith(t, magentosim.Config{Seed: 7, Orders: orders, OAuth: signIn, Version: version})
	w.settings.All[0].Rules.WriteBack = tellMagento
	w.settings.All[0].Magento.Timeout = 2 * time.Second
	w.settings.All[0].Magento.WriteSettle = time.Second // the simulator ends no write later
	return w
}

// shopOrder is what the shop has of an order.
type shopOrder struct {
	Status     string `json:"status"`
	State      string `json:"state"`
	ExtOrderID string `json:"ext_order_id"`
	UpdatedAt  string `json:"updated_at"`
	Histories  []struct {
		Comment string `json:"comment"`
	} `json:"status_histories"`
}

func (w *world) inShop(p magentosim.Placed) (o shopOrder) {
	w.t.Helper()
	raw, ok := w.shop.Document(p.EntityID)
	if !ok {
		w.t.Fatalf("the shop has no order %d", p.EntityID)
	}
	if err := json.Unmarshal(raw, &o); err != nil {
		w.t.Fatal(err)
	}
	return o
}

// checkTold wants each posted order told of in Magento once, all others not at all, and no status changed.
func (w *world) checkTold(before map[int64]shopOrder) {
	w.t.Helper()
	for _, p := range w.shop.Orders() {
		doc, o, was := w.get(p), w.inShop(p), before[p.EntityID]
		if o.Status != was.Status || o.State != was.State {
			w.t.Errorf("order %s is %s/%s in Magento, was %s/%s", p.IncrementID, o.State, o.Status, was.State, was.Status)
		}
		added := len(o.Histories) - len(was.Histories)
		if doc.Status != order.Posted {
			if added != 0 || o.ExtOrderID != was.ExtOrderID {
				w.t.Errorf("order %s is %s and Magento was told of it", p.IncrementID, doc.Status)
			}
			continue
		}
		want := tellMagento.CommentOn(p.IncrementID, doc.BO.DocNum, doc.BO.DocEntry) + " [DataWald]"
		if added != 1 || o.Histories[0].Comment != want || o.ExtOrderID != tellMagento.ExternalID(doc.BO.DocNum) {
			w.t.Errorf("order %s has %d new comments %v and ext_order_id %q, want one: %q", p.IncrementID, added, o.Histories, o.ExtOrderID, want)
		}
		if doc.WriteBack == nil || doc.WriteBack.State != store.WriteBackDone || doc.WriteBack.Reason != nil || doc.Attention != nil {
			w.t.Errorf("order %s has the write-back %+v and attention %v", p.IncrementID, doc.WriteBack, doc.Attention)
		}
	}
}

func (w *world) shopOrders() map[int64]shopOrder {
	all := map[int64]shopOrder{}
	for _, p := range w.shop.Orders() {
		all[p.EntityID] = w.inShop(p)
	}
	return all
}

// Our own writes come back as changed orders, and make no work.
func TestTellingMagentoMakesNoEcho(t *testing.T) {
	t.Parallel()
	for _, version := range []string{"2.3.5", "2.4.6", "2.4.7", "2.4.8"} {
		t.Run(version, func(t *testing.T) {
			t.Parallel()
			w := newTellingWorld(t, version, 30)
			before := w.shopOrders()
			w.startWorker()
			first := w.sync()
			if n := int(w.counts()[order.Posted]); n == 0 || first.Counts.Posted != n || first.Counts.WrittenBack != n || len(first.Errors) != 0 {
				t.Fatalf("the first run: %+v, errors %v; want all that are posted told of", first.Counts, first.Errors)
			}
			w.checkTold(before)
			w.checkLedger()

			touched := 0
			told := map[order.Key]*store.Staged{}
			for _, p := range w.shop.Orders() {
				doc := w.get(p)
				told[doc.Key] = doc
				if w.inShop(p).UpdatedAt != before[p.EntityID].UpdatedAt {
					touched++
				}
			}
			if touched == 0 {
				t.Fatal("no order changed its updated_at: there is no echo to be recognised")
			}
			again := w.sync()
			c := again.Counts
			if c.Read < touched || c.Unchanged != c.Read || c.Started+c.WrittenBack+c.New+c.Changed+c.Held+c.Excluded+c.Cancelled != 0 {
				t.Errorf("the second run: %+v, want %d or more read, all of them unchanged", c, touched)
			}
			for key, was := range told {
				doc, err := w.db.Get(t.Context(), key)
				if err != nil {
					t.Fatal(err)
				}
				if doc.PayloadHash != was.PayloadHash || doc.ContentHash != was.ContentHash || doc.Attention != nil || doc.Status != was.Status {
					t.Errorf("order %s: payload %s, content %s, attention %v; want %s, %s and none", key, doc.PayloadHash, doc.ContentHash, doc.Attention,
						was.PayloadHash, was.ContentHash)
				}
				if len(doc.Timeline) != len(was.Timeline) {
					t.Errorf("order %s: new lines in the timeline: %+v", key, doc.Timeline[len(was.Timeline):])
				}
			}
			w.checkTold(before)
			w.checkLedger()
		})
	}
}

// Whatever happens to a reply of the shop, each order is told of once.
func TestLostRepliesOfTheShopMakeNoSecondComment(t *testing.T) {
	t.Parallel()
	for name, kind := range map[string]string{
		"committed, connection lost": magentosim.WriteCommitDrop, "committed, 502": magentosim.WriteCommitBadGateway,
		"not committed": magentosim.WriteDropBefore, "an error": magentosim.WriteErrorBefore,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newTellingWorld(t, "2.4.6", 0)
			w.settings.All[0].Magento.Timeout = 300 * time.Millisecond // so that it is tried again soon
			for range 6 {
				w.place("simple", 1)
			}
			before := w.shopOrders()
			w.startWorker()
			if err := w.shop.SetFaults(func(f *magentosim.Faults) { f.WriteFault = &magentosim.WriteFault{Kind: kind, Times: 4} }); err != nil {
				t.Fatal(err)
			}
			written := 0
			w.eventually("every order is told of", func() bool {
				written += w.sync().Counts.WrittenBack
				left, err := w.db.CountWriteBacks(t.Context(), w.instance)
				if err != nil {
					t.Fatal(err)
				}
				return left == nil
			})
			if written != 6 || w.shop.Faults().WriteFault != nil {
				t.Errorf("%d written, faults left %+v; want 6 in spite of all faults", written, w.shop.Faults().WriteFault)
			}
			w.checkTold(before)
		})
	}
}

// An integration that may not comment is one error of the run, and no posted order looks wrong for it.
func TestAMissingRightIsOneErrorOfTheRun(t *testing.T) {
	t.Parallel()
	w := newTellingWorld(t, "2.4.6", 0)
	w.settings.All[0].Magento.Timeout = 300 * time.Millisecond
	for range 6 {
		w.place("simple", 1)
	}
	before := w.shopOrders()
	if err := w.shop.SetFaults(func(f *magentosim.Faults) { f.Deny = []string{"Magento_Sales::comment"} }); err != nil {
		t.Fatal(err)
	}
	w.startWorker()
	run := w.sync()
	if len(run.Errors) != 1 || run.Counts.Posted != 6 || run.Counts.WrittenBack != 0 {
		t.Errorf("the run: %+v, errors %q", run.Counts, run.Errors)
	}
	w.shop.ClearFaults()
	w.eventually("every order is told of", func() bool {
		w.sync()
		left, err := w.db.CountWriteBacks(t.Context(), w.instance)
		return err == nil && left == nil
	})
	w.checkTold(before)
}

// A worker that is killed while it writes leaves no second comment.
func TestAKilledWorkerTellsMagentoOnce(t *testing.T) {
	t.Parallel()
	w := newTellingWorld(t, "2.4.6", 0)
	for range 12 {
		w.place("simple", 1)
	}
	before := w.shopOrders()
	w.extra = []string{"RULES_" + strings.ToUpper(w.instance) + "_FILE=" + rulesThatTell(t), "MAGENTO_" + strings.ToUpper(w.instance) + "_TIMEOUT=1s",
		"MAGENTO_" + strings.ToUpper(w.instance) + "_WRITE_SETTLE=1s"}
	if err := w.shop.SetFaults(func(f *magentosim.Faults) { f.LatencyMS = 300 }); err != nil {
		t.Fatal(err)
	}
	program := buildWorker(t)
	worker := w.startProcess(program)
	w.start("SyncOrders", "killed:"+w.instance, workflows.SyncOrdersInput{Instance: w.instance})
	told := func() (n int) {
		for _, o := range w.shopOrders() {
			n += len(o.Histories)
		}
		return n
	}
	for _, enough := range []int{1, 5} {
		w.eventually("some orders are told of", func() bool { return told() >= enough })
		worker.Kill() // while it writes others
		if n := told(); n == 12 {
			t.Fatalf("all %d orders are told of already, want the worker to die before", n)
		}
		worker = w.startProcess(program)
	}
	w.eventually("every order is told of", func() bool {
		left, err := w.db.CountWriteBacks(t.Context(), w.instance)
		return err == nil && left == nil && told() >= 12
	})
	w.checkTold(before)
	w.checkLedger()
}

// rulesThatTell is the example, asking for write-backs.
func rulesThatTell(t *testing.T) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(testkit.Root(), "rules.example.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "rules.yaml")
	asked := strings.NewReplacer(`comment: ""`, fmt.Sprintf("comment: %q", tellMagento.Comment), "ext_order_id: false", "ext_order_id: true").Replace(string(text))
	if rules, err := mapping.ParseRules([]byte(asked)); err != nil || rules.WriteBack != tellMagento {
		t.Fatalf("the rules ask for %+v (%v)", rules.WriteBack, err)
	}
	if err := os.WriteFile(file, []byte(asked), 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}

// A merchant without the rule pays nothing for it: the run's history is what it was.
func TestWithoutTheRuleARunHasNoOtherSteps(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 0)
	w.place("simple", 1)
	w.startWorker()
	w.sync()
	var steps []string
	for _, e := range w.history(workflows.SyncOrdersID(w.instance)) {
		if a := e.GetActivityTaskScheduledEventAttributes(); a != nil {
			steps = append(steps, a.ActivityType.Name)
		}
		if m := e.GetMarkerRecordedEventAttributes(); m != nil && strings.Contains(m.String(), `\"write-back\"`) {
			t.Errorf("a marker: %v", m)
		}
	}
	if slices.Contains(steps, "WriteBack") || steps[len(steps)-1] != "RecordRun" {
		t.Errorf("steps %v", steps)
	}
}
