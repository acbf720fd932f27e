package web_test

import (
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/shopspring/decimal"
	"go.temporal.io/sdk/client"

	"datawald/config"
	"datawald/gateway/access"
	"datawald/gateway/api"
	"datawald/gateway/web"
	"datawald/mapping"
	"datawald/order"
	"datawald/sandbox/magentosim"
	"datawald/sandbox/testkit"
	"datawald/sandbox/testkit/browser"
	"datawald/store"
	"datawald/visibility"
)

func TestMain(m *testing.M) { testkit.Main(m) }

// world is a gateway with its page on a store and a Temporal server, with names that no other test uses.
type world struct {
	t        testing.TB
	settings *config.Gateway
	db       *store.Store
	temporal client.Client
	gate     *access.Gate
	server   *httptest.Server
	instance string
	database string
	// around stands between the page and the API, where a test asks for it.
	around *statistics
	// clients have signed in, by role.
	clients map[access.Role]*http.Client
}

func newWorld(t testing.TB) *world {
	t.Helper()
	w := &world{t: t, instance: testkit.Name(t), temporal: testkit.Temporal(t), clients: map[access.Role]*http.Client{}}
	w.db, w.database = testkit.Database(t)
	if _, err := visibility.Create(t.Context(), w.temporal, "default"); err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(filepath.Join(testkit.Root(), "rules.example.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	rules, err := mapping.ParseRules(text)
	w.settings = &config.Gateway{
		Temporal:  config.Temporal{TemporalNamespace: "default", TaskQueue: w.instance},
		Instances: config.Instances{InstanceNames: []string{w.instance}},
		Listening: config.Listening{Address: "127.0.0.1:8080"}, TemporalUI: "http://127.0.0.1:8233/", Watch: config.Watch{SyncAlarmAfter: time.Hour},
		Rules: map[string]config.FileRules{w.instance: {Text: string(text), Rules: rules, Err: err}},
	}
	w.serve()
	return w
}

func (w *world) serve() {
	w.t.Helper()
	handler, err := api.New(w.settings, w.db, w.temporal, testkit.Silent())
	if err != nil {
		w.t.Fatal(err)
	}
	w.gate = api.Gate(w.settings, w.db)
	var asked http.Handler = handler
	if w.around != nil {
		w.around.next = handler
		asked = w.around
	}
	page, err := web.New(asked, w.gate, web.Settings{Instances: w.settings.InstanceNames, Own: api.OwnHost(w.settings), ReconcileDays: 40, ReconcileHeal: true, Log: testkit.Silent()})
	if err != nil {
		w.t.Fatal(err)
	}
	w.server = httptest.NewServer(web.Mount(handler, page))
	w.t.Cleanup(w.server.Close)
}

// stock stages so many orders of a simulated shop, as a desk has them at the end of a day: most in B1, some in each other state.
func (w *world) stock(orders int) {
	w.t.Helper()
	shop, err := magentosim.New(magentosim.Config{Seed: 4, Orders: orders})
	if err != nil {
		w.t.Fatal(err)
	}
	testkit.Stage(w.t, w.db, w.instance, shop, func(n int, doc *store.Staged) {
		doc.RuleVersion = "0123456789ab"
		doc.Magento.ReadAt = doc.PlacedAt.Add(time.Minute)
		doc.Note(store.Event{At: doc.PlacedAt.Add(time.Minute), Step: "stage", Outcome: "new", Actor: "worker"})
		switch n % 16 {
		case 3:
			hold(doc, "item_unknown", "B1 has no item 24-WB04.", "items[0].sku", "Make the item in B1 or name its code under items.codes in the rules, and try again.")
		case 7:
			hold(doc, "tax_code_missing", "No tax code of the rules fits a rate of 8.25 % in US-MI.", "items[1].tax_percent", "Add a tax code of 8.25 % to the rules of the store.")
		case 9:
			doc.Status = order.Pending
		case 11:
			doc.Status, doc.Reason = order.Excluded, &order.Reason{Code: "state:pending_payment", Message: "The rules leave out orders in the state pending_payment.", Hint: "It comes in by itself when its state changes."}
		case 13:
			doc.Status, doc.Reason = order.Cancelled, &order.Reason{Code: "cancelled_in_magento", Message: "It was cancelled in Magento before it was posted."}
		case 14:
			booked(doc, n)
			doc.Status, doc.BO.Draft = order.Draft, true
		case 15:
			booked(doc, n)
			doc.Attention = &order.Reason{Code: "refunded", Message: "10.00 USD were refunded in Magento after it was posted.", Hint: "Make a credit memo in B1."}
		default:
			booked(doc, n)
		}
	})
}

func hold(doc *store.Staged, code, message, field, hint string) {
	doc.Status, doc.Reason = order.Held, &order.Reason{Code: code, Message: message, Field: field, Hint: hint}
	doc.Note(store.Event{At: doc.PlacedAt.Add(2 * time.Minute), Step: "insert", Outcome: "held", Detail: message, Actor: "worker"})
}

func booked(doc *store.Staged, n int) {
	doc.Status = order.Posted
	doc.BO = &store.BackOffice{CardCode: "C20000", DocEntry: int64(400 + n), DocNum: int64(1000 + n), Reference: doc.IncrementID, Total: doc.Magento.Total, Lines: 2}
	doc.Note(store.Event{At: doc.PlacedAt.Add(2 * time.Minute), Step: "insert", Outcome: "posted", Actor: "worker"})
}

// staged puts one order into the store.
func (w *world) staged(key order.Key, change func(*store.Staged)) {
	w.t.Helper()
	_, err := w.db.Change(w.t.Context(), key, func(doc *store.Staged) error {
		doc.Status, doc.PlacedAt = order.Pending, time.Date(2026, 11, 1, 12, 0, 0, 0, time.UTC)
		doc.Magento = store.MagentoSide{State: "processing", Status: "processing", Total: order.Money{Amount: decimal.RequireFromString("10.50"), Currency: "USD"}}
		change(doc)
		return nil
	})
	if err != nil {
		w.t.Fatal(err)
	}
}

func listOf(instance, state string) store.Filter {
	return store.Filter{Instance: instance, Status: order.Status(state), Limit: 1}
}

// open gives a tab of the browser.
func (w *world) open() *browser.Tab {
	w.t.Helper()
	return browser.Open(w.t, w.server.URL)
}

// signIn signs a tab in on the login page.
func (w *world) signIn(b *browser.Tab, role access.Role) {
	w.t.Helper()
	w.user(role)
	b.Visit("/login")
	b.Fill("#name", string(role))
	b.Fill("#password", password(role))
	b.Click("Sign in")
	b.Until("it is signed in as "+string(role), `document.body.dataset.who === `+browser.Quote(string(role)))
}

// password is that of the user of a role, whose name is the role's.
func password(role access.Role) string { return "correct horse battery " + string(role) }

// user makes the user of a role, once.
func (w *world) user(role access.Role) {
	w.t.Helper()
	users, err := w.db.Users(w.t.Context())
	if err != nil {
		w.t.Fatal(err)
	}
	for _, u := range users {
		if u.Name == string(role) {
			return
		}
	}
	if _, err := w.gate.AddUser(w.t.Context(), string(role), role, password(role), "test"); err != nil {
		w.t.Fatal(err)
	}
}

// as is a client that has signed in on the login page with a role.
func (w *world) as(role access.Role) *http.Client {
	w.t.Helper()
	if c := w.clients[role]; c != nil {
		return c
	}
	w.user(role)
	c := &http.Client{Jar: newJar(w), Timeout: time.Minute}
	res, err := c.PostForm(w.server.URL+"/login", url.Values{"name": {string(role)}, "password": {password(role)}, "next": {"/account"}})
	if err != nil {
		w.t.Fatal(err)
	}
	res.Body.Close()
	if res.StatusCode != http.StatusOK || res.Request.URL.Path != "/account" {
		w.t.Fatalf("signing in as %s gave %d at %s", role, res.StatusCode, res.Request.URL)
	}
	w.clients[role] = c
	return c
}

func newJar(w *world) http.CookieJar {
	w.t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		w.t.Fatal(err)
	}
	return jar
}

// heldNow makes an order one that is held.
func heldNow(doc *store.Staged) {
	doc.PlacedAt = time.Now().UTC()
	hold(doc, "item_unknown", "B1 has no item X.", "items[0].sku", "Make it.")
}
