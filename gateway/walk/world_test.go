//go:build walk

// Package walk walks the order desk as the people of a back office do, in a real browser, with all real parts behind the page: the programs
// gateway and worker, Temporal, the store, and a simulated shop and B1 for each walk. One world serves all walks; each has an
// instance and users of its own.
package walk

import (
	"context"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"go.temporal.io/sdk/client"

	"datawald/gateway/access"
	"datawald/sandbox/process"
	"datawald/sandbox/testkit"
	"datawald/sandbox/testkit/browser"
	"datawald/sandbox/workshop"
	"datawald/store"
	"datawald/workflows"
)

func TestMain(m *testing.M) { testkit.Main(m) }

// walks are told in the order of a new desk: its first admin comes first.
var walks = []struct {
	name string
	walk func(*desk)
}{
	{"first", firstLoginMendsARule},
	{"fifty", fiftyAreTriedAgain},
	{"backfill", backfillIsPausedAndGoesOn},
	{"schedule", scheduleIsPausedAndGoesOn},
	{"viewer", viewerSeesNobodyAndPressesNothing},
	{"session", sessionEnds},
	{"gone", gatewayIsGone},
}

func TestWalk(t *testing.T) {
	w := newWorld(t)
	for _, one := range walks {
		t.Run(one.name, func(t *testing.T) { one.walk(w.desk(t, one.name)) })
	}
}

// world is what all walks share.
type world struct {
	shop     *workshop.Workshop
	db       *store.Store
	gate     *access.Gate
	temporal client.Client
	// env are the settings of the programs; address is where the gateway is.
	env     []string
	address string
	// name is the beginning of all instances' names.
	name   string
	plants map[string]*plant
}

// newWorld starts the programs, as an operator does for the first time.
func newWorld(t *testing.T) *world {
	t.Helper()
	w := &world{name: testkit.Name(t), temporal: testkit.Temporal(t), plants: map[string]*plant{}}
	db, database := testkit.Database(t)
	w.db, w.gate = db, access.New(db, access.Settings{})
	port, err := process.FreePort()
	if err != nil {
		t.Fatal(err)
	}
	w.address = "127.0.0.1:" + strconv.Itoa(port)
	w.env = []string{"MONGODB_URI=" + testkit.MongoURI(t), "MONGODB_DATABASE=" + database, "TEMPORAL_ADDRESS=" + testkit.TemporalAddress(t),
		"TEMPORAL_TASK_QUEUE=" + w.name, "GATEWAY_ADDRESS=" + w.address, "SYNC_INTERVAL=2s", "RULES_POLL=200ms"}
	// A page that forgets its instance shows the first one: nothing ever happens there.
	names := []string{w.instance("nothing")}
	w.equip(t, "nothing")
	for _, one := range walks {
		names = append(names, w.instance(one.name))
		w.equip(t, one.name)
	}
	w.env = append(w.env, "INSTANCES="+strings.Join(names, ","))
	w.shop = workshop.New(t.TempDir(), build(t))
	t.Cleanup(func() {
		w.shop.Close()
		if t.Failed() {
			w.tell(t, "gateway", "worker")
		}
	})
	w.startGateway(t)
	if _, err := w.shop.StartProgram("worker", "worker", w.env); err != nil {
		t.Fatal(err)
	}
	return w
}

func (w *world) instance(walk string) string { return w.name + walk }

// build makes the programs from their source: those in bin/ may be of another day.
func build(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	cmd := exec.Command("go", "build", "-o", dir+string(filepath.Separator), "./worker", "./starter", "./gateway")
	cmd.Dir = testkit.Root()
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	return dir
}

// startGateway starts the program and waits until it answers. It takes up the place of one that was killed.
func (w *world) startGateway(t *testing.T) {
	t.Helper()
	p, err := w.shop.StartProgram("gateway", "gateway", w.env)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 90*time.Second)
	defer cancel()
	err = p.WaitFor(ctx, func(ctx context.Context) error {
		req, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+w.address+"/healthz", nil)
		if err != nil {
			return err
		}
		res, err := http.DefaultClient.Do(req)
		if err != nil {
			return err
		}
		return res.Body.Close()
	})
	if err != nil {
		w.tell(t, "gateway")
		t.Fatal(err)
	}
}

// tell logs the end of what programs printed.
func (w *world) tell(t *testing.T, programs ...string) {
	for _, name := range programs {
		text, err := os.ReadFile(w.shop.Log(name))
		t.Logf("the %s printed (%v):\n%s", name, err, text[max(0, len(text)-20_000):])
	}
}

var passwordPrinted = regexp.MustCompile(`The user admin was created with the password\s+(\S+)\s`)

// printed is the password that the first start printed.
func (w *world) printed(t *testing.T) string {
	t.Helper()
	text, err := os.ReadFile(w.shop.Log("gateway"))
	if err != nil {
		t.Fatal(err)
	}
	all := passwordPrinted.FindAllSubmatch(text, -1)
	if len(all) != 1 {
		t.Fatalf("the password was printed %d times, want once:\n%s", len(all), text)
	}
	return string(all[0][1])
}

// desk is one walk's place in the world.
type desk struct {
	*world
	*plant
	t *testing.T
	// instance and path belong to it; path names the instance in an address.
	instance string
	walk     string
}

func (w *world) desk(t *testing.T, walk string) *desk {
	return &desk{world: w, plant: w.plants[walk], t: t, instance: w.instance(walk), walk: walk}
}

// at is the address of a page for the walk's instance.
func (d *desk) at(path string) string {
	if strings.Contains(path, "?") {
		return path + "&instance=" + d.instance
	}
	return path + "?instance=" + d.instance
}

// order is the address of an order.
func (d *desk) order(incrementID string) string { return "/orders/" + d.instance + ":1:" + incrementID }

// open opens a tab in which nobody has signed in.
func (d *desk) open() *browser.Tab { return browser.Open(d.t, "http://"+d.address) }

const password = "correct horse battery staple"

// as opens a tab in which a new user of a role has signed in.
func (d *desk) as(role access.Role) *browser.Tab {
	d.t.Helper()
	b := d.open()
	b.Visit("/login")
	d.signIn(b, d.user(role))
	b.IsAt("/")
	return b
}

// user makes the walk's user of a role.
func (d *desk) user(role access.Role) string {
	d.t.Helper()
	name := d.walk + "-" + string(role)
	if _, err := d.gate.AddUser(d.t.Context(), name, role, password, "test"); err != nil {
		d.t.Fatal(err)
	}
	return name
}

// signIn fills the login page that is open.
func (d *desk) signIn(b *browser.Tab, name string) {
	d.t.Helper()
	b.Fill("#name", name)
	b.Fill("#password", password)
	b.Click("Sign in")
	b.Until("it is signed in as "+name, `document.body.dataset.who === `+browser.Quote(name))
}

// schedule makes the schedule of the walk's instance, which reads the shop from then on.
func (d *desk) schedule() {
	d.t.Helper()
	apply := exec.Command(filepath.Join(d.world.shop.Bin, "starter"), "apply")
	apply.Env = append(append(os.Environ(), d.env...), "INSTANCES="+d.instance)
	if out, err := apply.CombinedOutput(); err != nil {
		d.t.Fatalf("starter apply: %v\n%s", err, out)
	}
	d.t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
		defer cancel()
		if err := d.temporal.ScheduleClient().GetHandle(ctx, workflows.ScheduleID(d.instance)).Delete(ctx); err != nil {
			d.t.Log("delete the schedule:", err)
		}
	})
}
