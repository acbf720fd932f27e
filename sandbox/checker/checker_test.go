package checker_test

import (
	"encoding/json"
	"flag"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/shopspring/decimal"
	"pgregory.net/rapid"

	"datawald/order"
	"datawald/sandbox/b1sim"
	"datawald/sandbox/checker"
	"datawald/sandbox/magentosim"
	"datawald/sandbox/testkit"
	"datawald/store"
)

// TestMain keeps the property moderate; -rapid.checks asks for more.
func TestMain(m *testing.M) {
	if err := flag.Set("rapid.checks", "15"); err != nil {
		panic(err)
	}
	testkit.Main(m)
}

// world is a set of books that a test makes wrong.
type world struct {
	placed []magentosim.Placed
	staged map[string]*store.Staged
	orders []b1sim.Order
	drafts []b1sim.Order
	ledger []string
	want   map[string]order.Status
	sold   map[int64]magentosim.Sold
	// partners are those of B1, partner the wanted one.
	partners []string
	partner  string
	// unread is an order that is not to be read; later, that the ledger came later.
	unread string
	later  bool
	// early is an order that is not due, hand one that may be pending.
	early, hand string
}

// number is the increment_id of an order.
func number(n int) string { return fmt.Sprintf("%09d", n) }

// add places an order that is in a state, with everything that the state asks of store and B1.
func (w *world) add(n int, status order.Status) *store.Staged {
	p := magentosim.Placed{EntityID: int64(n), IncrementID: number(n), StoreID: 1, GrandTotal: json.Number(fmt.Sprintf("%d.50", n)), OrderCurrency: "EUR",
		TotalCanceled: "0", TotalRefunded: "0"}
	w.sold[p.EntityID] = magentosim.Sold{CustomerID: int64(n % 2), Tax: amount("0.40"), Rows: []magentosim.SoldRow{
		{SKU: "A", Quantity: amount("2"), Net: amount("0.50"), Open: true}, {SKU: "B", Quantity: amount("0.75"), Net: amount("0.60"), Open: true}}}
	key := order.Key("main:1:" + number(n))
	s := store.NewStaged(key)
	s.EntityID, s.Status, s.PayloadHash, s.Reference = p.EntityID, status, "hash", number(n)
	d := b1sim.Order{DocEntry: int64(100 + n), DocNum: int64(7000 + n), Key: number(n), Currency: "EUR", Lines: 2, Open: true,
		Total: decimal.RequireFromString(string(p.GrandTotal)), Authorization: "dasWithout", Partner: "C-WEB", Tax: amount("0.40"),
		Items: map[string]b1sim.ItemSum{"A": {Quantity: amount("2"), Net: amount("0.50")}, "B": {Quantity: amount("0.75"), Net: amount("0.60")}}}
	switch status {
	case order.Posted:
		w.orders, w.ledger = append(w.orders, d), append(w.ledger, d.Key)
		s.BO = &store.BackOffice{DocEntry: d.DocEntry, DocNum: d.DocNum, Reference: d.Key, CardCode: "C-WEB"}
	case order.Draft:
		d.Authorization = "dasPending"
		w.drafts, w.ledger = append(w.drafts, d), append(w.ledger, d.Key)
		s.BO = &store.BackOffice{DocEntry: d.DocEntry, DocNum: d.DocNum, Reference: d.Key, Draft: true}
	case order.Held, order.Excluded, order.Cancelled:
		s.Reason, s.Reference = &order.Reason{Code: "some_code", Message: "Some text."}, ""
	}
	w.placed = append(w.placed, p)
	w.staged[string(key)] = s
	return s
}

func amount(text string) decimal.Decimal { return decimal.RequireFromString(text) }

func empty() *world {
	return &world{staged: map[string]*store.Staged{}, want: map[string]order.Status{}, sold: map[int64]magentosim.Sold{}, partners: []string{"C-WEB", "M-1"}}
}

// sound has an order in each state that an order may end in.
func sound() *world {
	w := empty()
	for n, status := range []order.Status{order.Posted, order.Held, order.Excluded, order.Cancelled, order.Draft, order.Posted} {
		w.add(n+1, status)
	}
	return w
}

// check writes the store's book and compares.
func (w *world) check(t interface{ Fatal(...any) }, db *store.Store, tb testing.TB) *checker.Report {
	instance := testkit.Name(tb)
	for _, s := range w.staged {
		key, err := order.NewKey(instance, s.StoreID, s.IncrementID)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := db.Change(tb.Context(), key, func(d *store.Staged) error {
			rev := d.Rev
			*d = *s
			d.Key, d.Instance, d.Rev = key, instance, rev
			return nil
		}); err != nil {
			t.Fatal(err)
		}
	}
	r, err := checker.Compare(tb.Context(), checker.Books{Instance: instance, Placed: w.placed, Store: db, Orders: w.orders, Drafts: w.drafts, Ledger: w.ledger,
		Sold: w.sold, Partners: w.partners, Partner: func(magentosim.Placed, magentosim.Sold) string { return w.partner }, LedgerLater: w.later,
		Due:    func(p magentosim.Placed) bool { return p.IncrementID != w.early },
		InHand: func(s store.Staged) bool { return s.IncrementID == w.hand },
		Read:   func(p magentosim.Placed) bool { return p.IncrementID != w.unread }, Want: func(p magentosim.Placed) order.Status { return w.want[p.IncrementID] }})
	if err != nil {
		t.Fatal(err)
	}
	for i := range r.Violations {
		r.Violations[i].Key = strings.Replace(r.Violations[i].Key, instance, "main", 1)
	}
	return r
}

func TestCompare_BooksThatAgree(t *testing.T) {
	db := testkit.Store(t)
	for name, change := range map[string]func(*world){
		"one of each state": func(*world) {},
		"a posted order of which a part was refunded before": func(w *world) {
			w.placed[0].TotalRefunded, w.orders[0].Total = "0.25", decimal.RequireFromString("1.25")
		},
		"a posted order of which a part was refunded after": func(w *world) { w.placed[0].TotalRefunded = "0.25" },
		"a posted order that was cancelled after":           func(w *world) { w.placed[0].TotalCanceled = "1.50" },
		"a cancelled document beside the live one": func(w *world) {
			d := w.orders[0]
			d.DocEntry, d.Cancelled = 99, true
			w.orders, w.ledger = append(w.orders, d), append(w.ledger, d.Key+"/99")
		},
		"a cancelled document of a cancelled order": func(w *world) {
			w.orders, w.ledger = append(w.orders, b1sim.Order{DocEntry: 98, Key: number(4), Cancelled: true}), append(w.ledger, number(4))
		},
		"a draft that became the sales order": func(w *world) {
			w.drafts = append(w.drafts, b1sim.Order{DocEntry: 97, Key: number(1), Authorization: "dasGenerated"})
		},
		"a draft that was rejected before the order was sent anew": func(w *world) {
			w.drafts, w.ledger = append(w.drafts, b1sim.Order{DocEntry: 97, Key: number(1), Open: true, Authorization: "dasRejected"}), append(w.ledger, number(1)+"/D97")
		},
		"an order held because its reference is another's": func(w *world) {
			w.staged["main:1:"+number(2)].Reference = number(1)
		},
		"a reference of earlier rules, under which a cancelled document stands": func(w *world) {
			w.staged["main:1:"+number(1)].References = []string{"OLD-1"}
			w.orders, w.ledger = append(w.orders, b1sim.Order{DocEntry: 98, Key: "OLD-1", Cancelled: true}), append(w.ledger, "OLD-1")
		},
		"an order held with its document": func(w *world) {
			s := w.staged["main:1:"+number(1)]
			s.Status, s.Reason = order.Held, &order.Reason{Code: "b1_total_differs", Message: "Too much."}
			w.orders[0].Total = decimal.NewFromInt(9)
		},
		"an order held with its rejected draft": func(w *world) {
			s := w.staged["main:1:"+number(5)]
			s.Status, s.Reason, w.drafts[0].Authorization = order.Held, &order.Reason{Code: "draft_rejected", Message: "No."}, "dasRejected"
		},
		"an order that Magento cannot show": func(w *world) {
			s := w.staged["main:1:"+number(2)]
			delete(w.staged, "main:1:"+number(2))
			s.IncrementID, s.PayloadHash = "entity-2", ""
			w.staged["main:1:entity-2"] = s
		},
		"a reference that is not the number": func(w *world) {
			s := w.staged["main:1:"+number(1)]
			s.Reference, s.BO.Reference, w.orders[0].Key, w.ledger[0] = "WEB-1", "WEB-1", "WEB-1", "WEB-1"
		},
		"a reference that is too long for the ledger": func(w *world) {
			long := strings.Repeat("W", 51)
			s := w.staged["main:1:"+number(1)]
			s.Reference, s.BO.Reference, w.orders[0].Key, w.ledger[0] = long, long, long, "sha256"
		},
		"a document older than the ledger": func(w *world) { w.later, w.ledger = true, w.ledger[1:] },
		"an order that is not due": func(w *world) {
			w.early = number(2)
			delete(w.staged, "main:1:"+number(2))
		},
		"an order that is in hand": func(w *world) {
			w.hand, w.staged["main:1:"+number(2)].Status = number(2), order.Pending
		},
		"an order that is not to be read": func(w *world) {
			w.unread = number(2)
			delete(w.staged, "main:1:"+number(2))
		},
		"an order that is not to be read, and was": func(w *world) { w.unread = number(1) },
		"amounts and tax as far off as rounding may bring": func(w *world) {
			w.orders[0].Items["A"], w.orders[0].Tax = b1sim.ItemSum{Quantity: amount("2.0"), Net: amount("0.51")}, amount("0.45")
		},
		"other lines of an order of which a part was refunded": func(w *world) {
			w.placed[0].TotalRefunded, w.orders[0].Items = "0.25", nil
		},
		"other lines of an order of which a row was cancelled": func(w *world) {
			w.sold[1].Rows[0].Open, w.orders[0].Items = false, nil
		},
		"an order that the shop did not make up": func(w *world) {
			delete(w.sold, 1)
			w.orders[0].Items = nil
		},
		"a wanted business partner": func(w *world) { w.partner = "C-*" },
		"no ledger":                 func(w *world) { w.ledger = nil },
		"states as they are wanted": func(w *world) {
			w.want[number(1)], w.want[number(2)] = order.Posted, order.Held
		},
	} {
		w := sound()
		change(w)
		if r := w.check(t, db, t); !r.OK() || r.Placed != len(w.placed) {
			t.Errorf("%s: %+v", name, r)
		}
	}
}

// Each kind of violation is found, named by its order, and nothing else is. Every line of the package that reports something was
// taken out once: a case of this table failed each time.
func TestCompare_FindsEachViolation(t *testing.T) {
	db := testkit.Store(t)
	posted, held, draft := "main:1:"+number(1), "main:1:"+number(2), "main:1:"+number(5)
	for _, c := range []struct {
		name   string
		change func(*world)
		want   string // kind and key of each violation
	}{
		{"the store has lost an order", func(w *world) { delete(w.staged, held) }, "lost " + held},
		{"the store has lost an order that B1 has", func(w *world) { delete(w.staged, posted) }, "lost " + posted},
		{"B1 has lost a posted order", func(w *world) { w.orders, w.ledger = w.orders[1:], w.ledger[1:] }, "lost " + posted},
		{"a posted order is cancelled in B1", func(w *world) { w.orders[0].Cancelled = true }, "lost " + posted},
		{"B1 has lost a draft", func(w *world) {
			w.drafts, w.ledger = nil, slices.DeleteFunc(w.ledger, func(c string) bool { return c == number(5) })
		}, "lost " + draft},
		{"B1 has an order twice", func(w *world) {
			d := w.orders[0]
			d.DocEntry = 99
			w.orders, w.ledger = append(w.orders, d), append(w.ledger, d.Key+"/1")
		}, "duplicated " + posted},
		{"B1 has an order and a draft of it", func(w *world) {
			d := w.orders[0]
			d.DocEntry, d.Authorization = 99, "dasPending"
			w.drafts, w.ledger = append(w.drafts, d), append(w.ledger, d.Key+"/1")
		}, "duplicated " + posted},
		{"B1 has an order twice, under two references", func(w *world) {
			d := w.orders[0]
			d.DocEntry, d.Key = 99, "OLD-1"
			w.staged[posted].References = []string{"OLD-1"}
			w.orders, w.ledger = append(w.orders, d), append(w.ledger, d.Key)
		}, "duplicated " + posted},
		{"two orders have one reference", func(w *world) {
			w.staged["main:1:"+number(2)].References = []string{number(1)}
		}, "duplicated either"},
		{"the total is a cent off", func(w *world) { w.orders[0].Total = decimal.RequireFromString("1.51") }, "wrong_total " + posted},
		{"the total is what is left of nothing", func(w *world) {
			w.placed[0].TotalRefunded, w.orders[0].Total = "1.50", decimal.Zero
		}, "wrong_total " + posted},
		{"the total is in another currency", func(w *world) { w.orders[0].Currency = "USD" }, "wrong_total " + posted},
		{"the document has no lines", func(w *world) { w.orders[0].Lines = 0 }, "wrong_lines " + posted + " wrong_total " + posted},
		{"the document lacks a line", func(w *world) {
			w.orders[0].Lines = 1
			delete(w.orders[0].Items, "B")
		}, "wrong_lines " + posted + " wrong_lines " + posted},
		{"the document has a line twice", func(w *world) { w.orders[0].Lines = 3 }, "wrong_lines " + posted},
		{"the document has another quantity", func(w *world) {
			w.orders[0].Items["B"] = b1sim.ItemSum{Quantity: amount("0.5"), Net: amount("0.60")}
		}, "wrong_lines " + posted},
		{"the document has another item", func(w *world) {
			w.orders[0].Items["C"] = w.orders[0].Items["B"]
			delete(w.orders[0].Items, "B")
		}, "wrong_lines " + posted + " wrong_lines " + posted},
		{"the document has the prices of two items exchanged", func(w *world) {
			i := w.orders[0].Items
			i["A"], i["B"] = b1sim.ItemSum{Quantity: i["A"].Quantity, Net: i["B"].Net}, b1sim.ItemSum{Quantity: i["B"].Quantity, Net: i["A"].Net}
		}, "wrong_lines " + posted + " wrong_lines " + posted},
		{"an amount is two cents off", func(w *world) {
			w.orders[0].Items["A"] = b1sim.ItemSum{Quantity: amount("2"), Net: amount("0.52")}
		}, "wrong_lines " + posted},
		{"the tax is six cents off", func(w *world) { w.orders[0].Tax = amount("0.34") }, "wrong_lines " + posted},
		{"a draft has another quantity", func(w *world) {
			w.drafts[0].Items["A"] = b1sim.ItemSum{Quantity: amount("3"), Net: amount("0.50")}
		}, "wrong_lines " + draft},
		{"a business partner whom B1 does not have", func(w *world) { w.partners = []string{"M-1"} }, "wrong_buyer " + posted + " wrong_buyer " + draft + " wrong_buyer main:1:" + number(6)},
		{"another business partner than the store names", func(w *world) { w.staged[posted].BO.CardCode = "M-1" }, "wrong_buyer " + posted},
		{"another business partner than wanted", func(w *world) { w.partner = "M-*" }, "wrong_buyer " + posted + " wrong_buyer " + draft + " wrong_buyer main:1:" + number(6)},
		{"a draft of another business partner than the store names", func(w *world) { w.staged[draft].BO.CardCode = "M-1" }, "wrong_buyer " + draft},
		{"the orders of one account stand under two business partners", func(w *world) {
			w.drafts[0].Partner = "M-1"
		}, "wrong_buyer " + posted + " wrong_buyer " + draft},
		{"a document younger than the ledger has no row", func(w *world) {
			w.later, w.ledger = true, slices.DeleteFunc(w.ledger, func(c string) bool { return c == number(6) })
		}, "ledger " + number(6)},
		{"ledger mode, and not one row", func(w *world) { w.later, w.ledger = true, []string{} }, "ledger "},
		{"an order that is due is missing", func(w *world) {
			w.early = number(2)
			delete(w.staged, "main:1:"+number(6))
			w.orders, w.ledger = w.orders[:1], slices.DeleteFunc(w.ledger, func(c string) bool { return c == number(6) })
		}, "lost main:1:" + number(6)},
		{"an order that is not due is missing, and B1 has it", func(w *world) {
			w.early = number(1)
			delete(w.staged, posted)
		}, "lost " + posted},
		{"an order is pending for long", func(w *world) {
			w.hand = number(2)
			w.staged[posted].Status = order.Pending
		}, "unsettled " + posted},
		{"an order that is not to be read, and B1 has it", func(w *world) {
			w.unread = number(1)
			delete(w.staged, posted)
		}, "lost " + posted},
		{"B1 has an order of nobody", func(w *world) {
			w.orders, w.ledger = append(w.orders, b1sim.Order{DocEntry: 99, Key: "X-1"}), append(w.ledger, "X-1")
		}, "foreign X-1"},
		{"B1 has a cancelled order of nobody", func(w *world) {
			w.orders, w.ledger = append(w.orders, b1sim.Order{DocEntry: 99, Key: "X-1", Cancelled: true}), append(w.ledger, "X-1")
		}, "foreign X-1"},
		{"B1 has a draft of nobody", func(w *world) {
			w.drafts, w.ledger = append(w.drafts, b1sim.Order{DocEntry: 99, Key: "X-1"}), append(w.ledger, "X-1")
		}, "foreign X-1"},
		{"the store has an order that the shop has not", func(w *world) { w.placed = slices.Delete(w.placed, 1, 2) }, "foreign " + held},
		{"the shop has no such order, store and B1 have", func(w *world) { w.placed = w.placed[1:] }, "foreign " + number(1) + " foreign " + posted},
		{"no reason", func(w *world) { w.staged[held].Reason = nil }, "unnamed " + held},
		{"a reason without a text", func(w *world) { w.staged[held].Reason = &order.Reason{Code: "x"} }, "unnamed " + held},
		{"no such state", func(w *world) { w.staged[held].Status = "stuck" }, "unnamed " + held},
		{"still pending", func(w *world) { w.staged[held].Status = order.Pending }, "unsettled " + held},
		{"another state than wanted", func(w *world) { w.want[number(1)] = order.Held }, "wrong_state " + posted},
		{"an excluded order that B1 has", func(w *world) {
			w.staged[posted].Status, w.staged[posted].Reason = order.Excluded, w.staged[held].Reason
		}, "wrong_state " + posted},
		{"an order held without its document", func(w *world) {
			w.staged[posted].Status, w.staged[posted].Reason, w.staged[posted].BO = order.Held, w.staged[held].Reason, nil
		}, "wrong_state " + posted},
		{"an order held with another document", func(w *world) {
			w.staged[posted].Status, w.staged[posted].Reason, w.staged[posted].BO.DocEntry = order.Held, w.staged[held].Reason, 5
		}, "lost " + posted},
		{"an order held with a document that is cancelled, while another is live", func(w *world) {
			d := w.orders[0]
			d.DocEntry, d.Cancelled = 99, true
			w.orders, w.ledger = append(w.orders, d), append(w.ledger, d.Key+"/99")
			w.staged[posted].Status, w.staged[posted].Reason, w.staged[posted].BO.DocEntry = order.Held, w.staged[held].Reason, 99
		}, "wrong_state " + posted},
		{"a posted order whose document the store does not name", func(w *world) { w.staged[posted].BO = nil }, "wrong_state " + posted},
		{"a posted order with another document", func(w *world) { w.staged[posted].BO.DocEntry = 5 }, "wrong_state " + posted},
		{"a posted order with another number", func(w *world) { w.staged[posted].BO.DocNum = 5 }, "wrong_state " + posted},
		{"a posted order that is only a draft", func(w *world) { w.staged[draft].Status = order.Posted }, "lost " + draft},
		{"a draft that is a sales order", func(w *world) { w.staged[posted].Status = order.Draft }, "wrong_state " + posted},
		{"a draft that the store does not name", func(w *world) { w.staged[draft].BO.DocEntry = 5 }, "wrong_state " + draft},
		{"a row of the ledger is missing", func(w *world) { w.ledger = w.ledger[1:] }, "ledger " + number(1)},
		{"a row of the ledger too many", func(w *world) { w.ledger = append(w.ledger, "X-2") }, "ledger X-2"},
		{"a second row of the ledger", func(w *world) { w.ledger = append(w.ledger, number(1)+"/5") }, "ledger " + number(1)},
		{"no row of the ledger for a long reference", func(w *world) {
			long := strings.Repeat("W", 51)
			s := w.staged[posted]
			s.Reference, s.BO.Reference, w.orders[0].Key, w.ledger = long, long, long, w.ledger[1:]
		}, "ledger "},
	} {
		w := sound()
		c.change(w)
		var got []string
		for _, v := range w.check(t, db, t).Violations {
			got = append(got, v.Kind+" "+v.Key)
		}
		if c.want == "duplicated either" { // which of the two has it first is chance
			if len(got) == 0 || !strings.HasPrefix(got[0], "duplicated main:1:") {
				t.Errorf("%s: found %q", c.name, got)
			}
			continue
		}
		if strings.Join(got, " ") != c.want {
			t.Errorf("%s: found %q, want %q", c.name, got, c.want)
		}
	}
}

// Books of any size agree as a whole; one document more or less in B1, or one order more or less in the store, is found.
func TestCompare_DemandsExactlyTheSameSet(t *testing.T) {
	db := testkit.Store(t)
	rapid.Check(t, func(rt *rapid.T) {
		w := empty()
		ends := []order.Status{order.Posted, order.Held, order.Excluded, order.Cancelled, order.Draft}
		for n := range rapid.IntRange(1, 6).Draw(rt, "orders") {
			w.add(n+1, rapid.SampledFrom(ends).Draw(rt, "state"))
		}
		w.add(7, order.Posted)
		w.ledger = nil
		if r := w.check(rt, db, t); !r.OK() {
			rt.Fatalf("books that agree: %+v", r)
		}
		switch rapid.IntRange(0, 3).Draw(rt, "what is wrong") {
		case 0:
			w.orders = slices.Delete(w.orders, 0, 1)
		case 1:
			w.orders = append(w.orders, w.orders[rapid.IntRange(0, len(w.orders)-1).Draw(rt, "twice")])
		case 2:
			delete(w.staged, rapid.SampledFrom(slices.Sorted(maps.Keys(w.staged))).Draw(rt, "lost"))
		case 3:
			w.placed = w.placed[1:]
		}
		if r := w.check(rt, db, t); r.OK() {
			rt.Fatalf("nothing is found: %+v", r)
		}
	})
}

// What was let be is said, in words and in numbers. Fails without: each sentence of notChecked.
func TestReport_SaysWhatWasNotChecked(t *testing.T) {
	db := testkit.Store(t)
	w := sound()
	w.later, w.ledger, w.unread = true, w.ledger[1:], number(2)
	delete(w.staged, "main:1:"+number(2))
	w.placed[5].TotalRefunded = "0.25"
	w.early, w.hand, w.staged["main:1:"+number(4)].Status = number(3), number(4), order.Pending
	delete(w.staged, "main:1:"+number(3))
	delete(w.sold, 3)
	r := w.check(t, db, t)
	var text strings.Builder
	if err := r.Text(&text); err != nil || !r.OK() {
		t.Fatal(err, r.Violations)
	}
	for _, want := range []string{
		"compared with what was bought: items, quantities, amounts and tax of 2 documents\n",
		"not checked: lines, tax and buyers of 1 orders that the shop did not make up itself\n",
		"not checked: lines and tax of 1 documents: a part of their orders",
		"not checked: the ledger rows of 1 documents that are older than the first with a row\n",
		"not checked: 1 orders that are not to be read, and are not in the store\n",
		"not checked: 1 orders that are not read yet: they changed in the shop after the latest reading that came to its end\n",
		"not checked: 1 orders that are pending still, and came in a moment ago\n",
	} {
		if !strings.Contains(text.String(), want) {
			t.Errorf("the report lacks %q:\n%s", want, text.String())
		}
	}
	bare, err := checker.Compare(t.Context(), checker.Books{Instance: "nobody", Store: db})
	if err != nil || len(bare.NotChecked) != 3 {
		t.Errorf("without rules, shop and ledger: %q, %v; want three sentences", bare.NotChecked, err)
	}
}

// What was only so for a moment is not told, what is so twice is. Fails without: the comparison in Persists, kind and key each.
func TestReport_TellsWhatPersists(t *testing.T) {
	first := &checker.Report{Placed: 4, Violations: []checker.Violation{{Kind: checker.Lost, Key: "a"}, {Kind: checker.Lost, Key: "b"}, {Kind: checker.Foreign, Key: "c"}}}
	later := &checker.Report{Placed: 5, Violations: []checker.Violation{{Kind: checker.Lost, Key: "b", What: "still"}, {Kind: checker.Lost, Key: "c"}, {Kind: checker.Lost, Key: "d"}}}
	if r := first.Persists(later); r.Placed != 5 || len(r.Violations) != 1 || r.Violations[0].What != "still" || len(later.Violations) != 3 {
		t.Errorf("%+v, want the order b as it was found the second time", r)
	}
}

// The store is not read again when its book is given. Fails without: asking for Staged in Compare.
func TestCompare_TakesTheStoresBookAsItWasRead(t *testing.T) {
	db := testkit.Store(t)
	w := sound()
	if r := w.check(t, db, t); !r.OK() {
		t.Fatal(r.Violations)
	}
	r, err := checker.Compare(t.Context(), checker.Books{Instance: testkit.Name(t), Placed: w.placed, Store: db, Staged: []store.Staged{}})
	if err != nil || r.Count(checker.Lost) != len(w.placed) {
		t.Errorf("%+v, %v; want every order lost: the book that is given has none", r, err)
	}
}

func TestReport_NamesEveryViolationOnALineOfItsOwn(t *testing.T) {
	w := sound()
	w.orders[0].Total = decimal.NewFromInt(9)
	delete(w.staged, "main:1:"+number(2))
	var text strings.Builder
	r := w.check(t, testkit.Store(t), t)
	if err := r.Text(&text); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		"6 orders placed: pending 0, posted 2, held 0, excluded 1, cancelled 1, draft 1; B1 has 2 sales orders\n",
		"lost         main:1:000000002: the shop has it (entity_id 2, ), the store does not; in B1: nothing\n",
		"wrong_total  main:1:000000001: sales order 101 comes to 9 EUR, the order to 1.5\n",
		"2 violations: 1 lost, 0 duplicated, 1 wrong totals,",
	} {
		if !strings.Contains(text.String(), want) {
			t.Errorf("the report lacks %q:\n%s", want, text.String())
		}
	}
}
