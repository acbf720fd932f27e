//go:build walk

package walk

import (
	"fmt"
	"net"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"datawald/order"
	"datawald/sandbox/b1sim"
	"datawald/sandbox/magentosim"
	"datawald/sandbox/testkit"
	"datawald/store"
)

// plant is the outside of one instance: a simulated shop and a simulated B1, which the worker reaches over HTTP.
type plant struct {
	magento *magentosim.Shop
	company *b1sim.Company
}

var shopCredentials = magentosim.OAuthCredentials{ConsumerKey: "key", ConsumerSecret: "secret", AccessToken: "token", AccessTokenSecret: "hidden"}

// history is how many orders of the last two weeks the shop of a walk holds from the beginning.
var history = map[string]int{"backfill": 110}

// bare are the walks whose B1 has no items.
var bare = map[string]bool{"fifty": true}

// equip makes the plant of a walk, and adds its settings to those of the programs.
func (w *world) equip(t *testing.T, walk string) {
	t.Helper()
	p := &plant{}
	var err error
	if p.magento, err = magentosim.New(magentosim.Config{Seed: 7, Orders: history[walk], OAuth: shopCredentials}); err != nil {
		t.Fatal(err)
	}
	if p.company, err = b1sim.New(b1sim.Config{Knee: 40}); err != nil {
		t.Fatal(err)
	}
	if !bare[walk] {
		p.addItems(t)
	}
	shop := httptest.NewServer(p.magento)
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	served := make(chan struct{})
	go func() {
		defer close(served)
		_ = p.company.Serve(listener) // ends with the test
	}()
	t.Cleanup(func() {
		shop.Close()
		p.company.Close()
		<-served
	})
	w.plants[walk] = p
	name := strings.ToUpper(w.instance(walk))
	m, b := "MAGENTO_"+name+"_", "B1_"+name+"_"
	w.env = append(w.env, m+"URL="+shop.URL, m+"CONSUMER_KEY="+shopCredentials.ConsumerKey, m+"CONSUMER_SECRET="+shopCredentials.ConsumerSecret,
		m+"ACCESS_TOKEN="+shopCredentials.AccessToken, m+"ACCESS_TOKEN_SECRET="+shopCredentials.AccessTokenSecret, m+"SETTLE=0s",
		b+"URL=http://"+listener.Addr().String()+"/b1s/v2", b+"COMPANY_DB=SBODEMOUS", b+"USER=manager", b+"PASSWORD=sandbox", b+"TIMEOUT=15s", b+"SETTLE=500ms",
		"RULES_"+name+"_FILE="+filepath.Join(testkit.Root(), "rules.example.yaml"))
}

// addItems makes the shop's items in B1, as a person does there who was told that they are missing.
func (p *plant) addItems(t *testing.T) {
	t.Helper()
	for _, sku := range magentosim.Catalogue() {
		if err := p.company.PutItem(b1sim.Item{Code: sku, Name: sku, Sales: true}); err != nil {
			t.Fatal(err)
		}
	}
}

// place places an order in the shop now, which is to go to B1 unless change makes it another.
func (d *desk) place(change func(doc map[string]any)) magentosim.Placed {
	d.t.Helper()
	p, err := d.magento.Place(magentosim.Placement{Kind: "simple", StoreID: 1})
	if err != nil {
		d.t.Fatal(err)
	}
	err = d.magento.Update(p.EntityID, func(doc map[string]any) {
		doc["state"], doc["status"] = "processing", "processing"
		paidBy("checkmo")(doc)
		if change != nil {
			change(doc)
		}
	})
	if err != nil {
		d.t.Fatal(err)
	}
	return p
}

// paidBy makes an order one that is paid in a way.
func paidBy(method string) func(map[string]any) {
	return func(doc map[string]any) { doc["payment"].(map[string]any)["method"] = method }
}

// eventually waits until so many orders are in a state.
func (d *desk) eventually(status order.Status, n int64) {
	d.t.Helper()
	d.until(fmt.Sprintf("%d orders are %s", n, status), func() bool { return d.counts()[status] == n })
}

// until waits for a condition, as long as a busy machine may take.
func (d *desk) until(what string, is func() bool) {
	d.t.Helper()
	for end := time.Now().Add(2 * time.Minute); !is(); time.Sleep(50 * time.Millisecond) {
		if time.Now().After(end) {
			d.t.Fatalf("never came true: %s; the orders are %v", what, d.counts())
		}
	}
}

func (d *desk) counts() map[order.Status]int64 {
	d.t.Helper()
	counts, err := d.db.Counts(d.t.Context(), d.instance)
	if err != nil {
		d.t.Fatal(err)
	}
	return counts
}

// doc is an order as it is staged.
func (d *desk) doc(incrementID string) *store.Staged {
	d.t.Helper()
	doc, err := d.db.Get(d.t.Context(), order.Key(d.instance+":1:"+incrementID))
	if err != nil {
		d.t.Fatal(err)
	}
	return doc
}

// booked are the orders that B1 has, by key; one that it has twice fails the walk.
func (d *desk) booked() map[string]b1sim.Order {
	d.t.Helper()
	all := map[string]b1sim.Order{}
	for _, o := range d.company.Orders() {
		if _, twice := all[o.Key]; twice {
			d.t.Errorf("B1 has the order %s twice", o.Key)
		}
		all[o.Key] = o
	}
	return all
}
