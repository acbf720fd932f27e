// Package privacy runs the programs as an operator does, with orders whose personal data carry marks and with secrets that do, and looks for these marks
// wherever they must not be. Tests alone.
package privacy

import (
	"bytes"
	"context"
	"flag"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"go.temporal.io/sdk/client"

	_ "datawald/activities" // what the programs are made of, so that a result is not taken from the cache when it changes
	_ "datawald/config"
	_ "datawald/gateway/api"
	_ "datawald/gateway/web"
	"datawald/order"
	"datawald/sandbox/b1sim"
	"datawald/sandbox/magentosim"
	"datawald/sandbox/process"
	"datawald/sandbox/testkit"
	"datawald/sandbox/workshop"
	"datawald/store"
	_ "datawald/watch"
	_ "datawald/workflows"
)

func TestMain(m *testing.M) { testkit.Main(m) }

// marked is how many orders the scan runs with.
var marked = flag.Int("marked", 40, "orders with marked personal data")

// programs are built from their source once: those in bin/ may be of another day.
var programs = sync.OnceValues(func() (string, error) {
	dir, err := os.MkdirTemp("", "datawald-programs-")
	if err != nil {
		return "", err
	}
	testkit.AtEnd(func() { os.RemoveAll(dir) })
	cmd := exec.Command("go", "build", "-o", dir+string(filepath.Separator), "./worker", "./starter", "./gateway")
	cmd.Dir = testkit.Root()
	if out, err := cmd.CombinedOutput(); err != nil {
		return "", fmt.Errorf("%w\n%s", err, out)
	}
	return dir, nil
})

// world is a shop, a company, a store and a namespace of its own, with the programs that serve them.
type world struct {
	t        *testing.T
	instance string
	database string
	db       *store.Store
	temporal client.Client
	shop     *magentosim.Shop
	company  *b1sim.Company
	works    *workshop.Workshop
	bin      string
	// env are the settings of the programs; gateway is where it answers.
	env     []string
	gateway string
	// said collects what starters printed.
	said bytes.Buffer
}

const (
	adminPassword = "correct horse battery staple"
	gatewayKey    = "dw_scan_abcdefghijklmnopqrstuv"
)

var credentials = magentosim.OAuthCredentials{ConsumerKey: "key", ConsumerSecret: "secret", AccessToken: "token", AccessTokenSecret: "hidden"}

func newWorld(t *testing.T, orders int) *world {
	t.Helper()
	bin, err := programs()
	if err != nil {
		t.Fatal(err)
	}
	w := &world{t: t, instance: testkit.Name(t), bin: bin, works: workshop.New(t.TempDir(), bin)}
	w.db, w.database = testkit.Database(t)
	var namespace string
	w.temporal, namespace = testkit.Namespace(t)
	if w.shop, err = magentosim.New(magentosim.Config{Seed: 7, OAuth: credentials}); err != nil {
		t.Fatal(err)
	}
	for n := range orders {
		kinds := []string{"simple", "simple", "configurable", "virtual", "grouped"}
		if _, err := w.shop.Place(magentosim.Placement{Kind: kinds[n%len(kinds)], StoreID: 1 + n%2}); err != nil {
			t.Fatal(err)
		}
	}
	var items []b1sim.Item
	for _, sku := range magentosim.Catalogue() {
		items = append(items, b1sim.Item{Code: sku, Name: sku, Sales: true})
	}
	if w.company, err = b1sim.New(b1sim.Config{Items: items, Knee: 40}); err != nil {
		t.Fatal(err)
	}
	shopURL, b1URL := w.serve()
	w.gateway = "127.0.0.1:" + strconv.Itoa(freePort(t))
	name := strings.ToUpper(w.instance)
	m, b := "MAGENTO_"+name+"_", "B1_"+name+"_"
	w.env = []string{
		"INSTANCES=" + w.instance, "MONGODB_URI=" + testkit.MongoURI(t), "MONGODB_DATABASE=" + w.database,
		"TEMPORAL_ADDRESS=" + testkit.TemporalAddress(t), "TEMPORAL_NAMESPACE=" + namespace, "TEMPORAL_TASK_QUEUE=" + w.instance,
		"LOG_LEVEL=debug", "LOG_FORMAT=json", "SYNC_INTERVAL=2s", "RULES_POLL=200ms",
		"GATEWAY_ADDRESS=" + w.gateway, "GATEWAY_ADMIN_PASSWORD=" + adminPassword, "GATEWAY_KEY=" + gatewayKey,
		"WORKER_METRICS_ADDRESS=127.0.0.1:" + strconv.Itoa(freePort(t)), "GATEWAY_METRICS_ADDRESS=127.0.0.1:" + strconv.Itoa(freePort(t)),
		m + "URL=" + shopURL, m + "CONSUMER_KEY=" + credentials.ConsumerKey, m + "CONSUMER_SECRET=" + credentials.ConsumerSecret,
		m + "ACCESS_TOKEN=" + credentials.AccessToken, m + "ACCESS_TOKEN_SECRET=" + credentials.AccessTokenSecret, m + "SETTLE=0s",
		b + "URL=" + b1URL, b + "COMPANY_DB=SBODEMOUS", b + "USER=manager", b + "PASSWORD=sandbox", b + "TIMEOUT=15s", b + "SETTLE=500ms",
		"RULES_" + name + "_FILE=" + w.rules(),
	}
	t.Cleanup(func() {
		w.works.Close()
		if t.Failed() {
			for _, name := range []string{"worker", "gateway"} {
				text, err := os.ReadFile(w.works.Log(name))
				t.Logf("the %s printed (%v):\n%s", name, err, text[max(0, len(text)-8_000):])
			}
		}
	})
	return w
}

// serve opens both simulators.
func (w *world) serve() (shopURL, b1URL string) {
	w.t.Helper()
	shop := httptest.NewServer(w.shop)
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		w.t.Fatal(err)
	}
	served := make(chan struct{})
	go func() {
		defer close(served)
		_ = w.company.Serve(listener) // ends with the test
	}()
	w.t.Cleanup(func() {
		shop.Close()
		w.company.Close()
		<-served
	})
	return shop.URL, "http://" + listener.Addr().String() + "/b1s/v2"
}

// rules are the example, with buyers that are created, as customers and as contact persons.
func (w *world) rules() string {
	w.t.Helper()
	text, err := os.ReadFile(filepath.Join(testkit.Root(), "rules.example.yaml"))
	if err != nil {
		w.t.Fatal(err)
	}
	const plain = "\n  card_code: C-WEB\n"
	if !strings.Contains(string(text), plain) {
		w.t.Fatal("the example has other words for its business partner")
	}
	created := plain + `  partner: {customers: find_or_create, guests: find_or_create, find_by: [email], create: {prefix: "M-", currency: "##"}, contact: true}` + "\n"
	path := filepath.Join(w.t.TempDir(), "rules.yaml")
	if err := os.WriteFile(path, []byte(strings.ReplaceAll(string(text), plain, created)), 0o600); err != nil {
		w.t.Fatal(err)
	}
	return path
}

func freePort(t *testing.T) int {
	t.Helper()
	port, err := process.FreePort()
	if err != nil {
		t.Fatal(err)
	}
	return port
}

// start runs worker and gateway, and applies the schedule.
func (w *world) start() {
	w.t.Helper()
	for _, program := range []string{"worker", "gateway"} {
		if _, err := w.works.StartProgram(program, program, w.env); err != nil {
			w.t.Fatal(err)
		}
	}
	w.until("the gateway answers", func() bool {
		res, err := http.Get("http://" + w.gateway + "/healthz")
		return err == nil && res.Body.Close() == nil && res.StatusCode == http.StatusOK
	})
	w.starter("apply")
}

// starter runs a command line and gives its exit code and all that it printed.
func (w *world) starter(args ...string) (code int, printed string) {
	w.t.Helper()
	cmd := exec.CommandContext(w.t.Context(), filepath.Join(w.bin, "starter"), args...)
	cmd.Env = append(os.Environ(), w.env...)
	out, err := cmd.CombinedOutput()
	if cmd.ProcessState == nil {
		w.t.Fatal(err)
	}
	w.said.Write(out)
	return cmd.ProcessState.ExitCode(), string(out)
}

// until waits for a condition, as long as a busy machine may take.
func (w *world) until(what string, is func() bool) {
	w.t.Helper()
	limit := 2*time.Minute + time.Duration(*marked)*300*time.Millisecond
	for end := time.Now().Add(limit); !is(); time.Sleep(100 * time.Millisecond) {
		if time.Now().After(end) {
			w.t.Fatalf("never came true: %s; the orders are %v", what, w.counts())
		}
	}
}

func (w *world) counts() map[order.Status]int64 {
	w.t.Helper()
	ctx, cancel := context.WithTimeout(w.t.Context(), 30*time.Second)
	defer cancel()
	counts, err := w.db.Counts(ctx, w.instance)
	if err != nil {
		w.t.Fatal(err)
	}
	return counts
}

func (w *world) key(p magentosim.Placed) order.Key {
	w.t.Helper()
	key, err := order.NewKey(w.instance, int64(p.StoreID), p.IncrementID)
	if err != nil {
		w.t.Fatal(err)
	}
	return key
}
