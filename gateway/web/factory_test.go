package web_test

import (
	"context"
	"fmt"
	"net"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"datawald/order"
	"datawald/sandbox/b1sim"
	"datawald/sandbox/magentosim"
	"datawald/sandbox/process"
	"datawald/sandbox/testkit"
	"datawald/store"
	"datawald/workflows"
)

// factory is a world in which orders really go from a shop into a B1: both simulated, with the real worker between them.
type factory struct {
	*world
	shop    *magentosim.Shop
	company *b1sim.Company
	env     []string
}

var shopCredentials = magentosim.OAuthCredentials{ConsumerKey: "key", ConsumerSecret: "secret", AccessToken: "token", AccessTokenSecret: "hidden"}

// newFactory makes a factory whose shop holds so many orders of the last two weeks; none is read before start.
func newFactory(t *testing.T, orders int) *factory {
	t.Helper()
	f := &factory{world: newWorld(t)}
	var err error
	if f.shop, err = magentosim.New(magentosim.Config{Seed: 7, Orders: orders, OAuth: shopCredentials}); err != nil {
		t.Fatal(err)
	}
	var items []b1sim.Item
	for _, sku := range magentosim.Catalogue() {
		items = append(items, b1sim.Item{Code: sku, Name: sku, Sales: true})
	}
	if f.company, err = b1sim.New(b1sim.Config{Items: items, Knee: 40}); err != nil {
		t.Fatal(err)
	}
	magento := httptest.NewServer(f.shop)
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	served := make(chan struct{})
	go func() {
		defer close(served)
		_ = f.company.Serve(listener) // ends with the test
	}()
	t.Cleanup(func() {
		magento.Close()
		f.company.Close()
		<-served
	})
	name := strings.ToUpper(f.instance)
	f.env = []string{"INSTANCES=" + f.instance, "MONGODB_URI=" + testkit.MongoURI(t), "MONGODB_DATABASE=" + f.database,
		"TEMPORAL_ADDRESS=" + testkit.TemporalAddress(t), "TEMPORAL_TASK_QUEUE=" + f.instance, "SYNC_INTERVAL=2s", "RULES_POLL=200ms",
		"MAGENTO_" + name + "_URL=" + magento.URL, "MAGENTO_" + name + "_CONSUMER_KEY=" + shopCredentials.ConsumerKey,
		"MAGENTO_" + name + "_CONSUMER_SECRET=" + shopCredentials.ConsumerSecret, "MAGENTO_" + name + "_ACCESS_TOKEN=" + shopCredentials.AccessToken,
		"MAGENTO_" + name + "_ACCESS_TOKEN_SECRET=" + shopCredentials.AccessTokenSecret, "MAGENTO_" + name + "_SETTLE=0s",
		fmt.Sprintf("B1_%s_URL=http://%s/b1s/v2", name, listener.Addr()), "B1_" + name + "_COMPANY_DB=SBODEMOUS", "B1_" + name + "_USER=manager",
		"B1_" + name + "_PASSWORD=sandbox", "B1_" + name + "_TIMEOUT=5s", "B1_" + name + "_SETTLE=500ms",
		"RULES_" + name + "_FILE=" + filepath.Join(testkit.Root(), "rules.example.yaml")}
	return f
}

// start starts the worker and the schedule.
func (f *factory) start() {
	f.t.Helper()
	f.work()
	apply := exec.Command(program(f.t, "starter"), "apply")
	apply.Env = append(os.Environ(), f.env...)
	if out, err := apply.CombinedOutput(); err != nil {
		f.t.Fatalf("starter apply: %v\n%s", err, out)
	}
	f.t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
		defer cancel()
		if err := f.temporal.ScheduleClient().GetHandle(ctx, workflows.ScheduleID(f.instance)).Delete(ctx); err != nil {
			f.t.Log("delete the schedule:", err)
		}
	})
}

// work starts the worker alone.
func (f *factory) work() {
	f.t.Helper()
	log, err := os.Create(filepath.Join(f.t.TempDir(), "worker.log"))
	if err != nil {
		f.t.Fatal(err)
	}
	p, err := process.Start(process.Spec{Name: "worker", Path: program(f.t, "worker"), Env: f.env, Output: log})
	if err != nil {
		f.t.Fatal(err)
	}
	f.t.Cleanup(func() {
		p.Stop(20 * time.Second)
		log.Close()
		if f.t.Failed() {
			text, _ := os.ReadFile(log.Name())
			f.t.Logf("the worker printed:\n%s", text)
		}
	})
}

// place places an order now, paid in a way.
func (f *factory) place(payment string) magentosim.Placed {
	f.t.Helper()
	p, err := f.shop.Place(magentosim.Placement{Kind: "simple", StoreID: 1})
	if err != nil {
		f.t.Fatal(err)
	}
	if payment != "" {
		if err := f.shop.Update(p.EntityID, func(doc map[string]any) { doc["payment"].(map[string]any)["method"] = payment }); err != nil {
			f.t.Fatal(err)
		}
	}
	return p
}

// eventually waits until so many orders are in a state.
func (f *factory) eventually(status order.Status, n int64) {
	f.t.Helper()
	var counts map[order.Status]int64
	for end := time.Now().Add(2 * time.Minute); time.Now().Before(end); time.Sleep(200 * time.Millisecond) {
		var err error
		if counts, err = f.db.Counts(f.t.Context(), f.instance); err != nil {
			f.t.Fatal(err)
		}
		if counts[status] == n {
			return
		}
	}
	f.t.Fatalf("not %d orders are %s: %v", n, status, counts)
}

var (
	buildLock sync.Mutex
	built     = map[string]string{}
)

// program builds one of our programs from its source, once for all tests: one in bin/ may be of another day.
func program(t testing.TB, name string) string {
	t.Helper()
	buildLock.Lock()
	defer buildLock.Unlock()
	if path := built[name]; path != "" {
		return path
	}
	dir, err := os.MkdirTemp("", "datawald-programs-")
	if err != nil {
		t.Fatal(err)
	}
	testkit.AtEnd(func() { os.RemoveAll(dir) })
	path := filepath.Join(dir, name)
	cmd := exec.Command("go", "build", "-o", path, "./"+name)
	cmd.Dir = testkit.Root()
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	built[name] = path
	return path
}

// held stages so many orders of a shop as held, though nothing is wrong with them any more.
func (f *factory) held() {
	f.t.Helper()
	testkit.Stage(f.t, f.db, f.instance, f.shop, func(_ int, doc *store.Staged) {
		hold(doc, "item_unknown", "B1 had no such item.", "items[0].sku", "Make the item in B1 and try the order again.")
	})
}
