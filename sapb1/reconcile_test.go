package sapb1_test

import (
	"context"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"datawald/sandbox/b1sim"
	"datawald/sapb1"
)

func numbersOf(all []sapb1.Keyed) (numbers []string) {
	for _, k := range all {
		numbers = append(numbers, k.NumAtCard)
	}
	slices.Sort(numbers)
	return numbers
}

// Many orders are read with few calls, each of which fits into an address, without their lines. Either of the
// bounds in filters (maxFilter, maxKeys) keeps these here.
func TestOrdersUnder_ReadsManyWithFewCalls(t *testing.T) {
	for _, version := range versions {
		b := start(t, b1sim.Config{})
		c := b.ready(version)
		var references []sapb1.Reference
		var want []string
		for n := range 120 {
			number := fmt.Sprintf("%s or O'Neill %03d", strings.Repeat("X", 30), n)
			references = append(references, sapb1.Reference{NumAtCard: number, Also: []string{number + "b"}})
			if n%2 == 0 {
				if _, err := c.CreateOrder(t.Context(), anOrder(number)); err != nil {
					t.Fatal(err)
				}
				want = append(want, number)
			}
		}
		if err := b.company.Cancel(want[3]); err != nil {
			t.Fatal(err)
		}
		if err := b.company.Duplicate(want[5]); err != nil {
			t.Fatal(err)
		}
		want = append(want, want[5])
		slices.Sort(want)
		before := len(b.received())
		all, err := c.OrdersUnder(t.Context(), references)
		if err != nil || !slices.Equal(numbersOf(all), want) {
			t.Fatalf("%s: %d, %v; want %d", version, len(all), err, len(want))
		}
		calls := b.received()[before:]
		if len(calls) < 5 || len(calls) > 12 {
			t.Errorf("%s: %d calls for 120 orders", version, len(calls))
		}
		for _, r := range calls {
			if line := len(r.path) + len(r.query); line > 8000 {
				t.Errorf("%s: an address has %d bytes", version, line)
			}
			if q, _ := url.QueryUnescape(r.query); strings.Contains(q, "DocumentLines") || strings.Count(q, "NumAtCard eq") > 50 {
				t.Errorf("%s: asked for %s", version, q)
			}
		}
		cancelled := 0
		for _, k := range all {
			if k.IsCancelled() {
				cancelled++
			}
			if k.DocEntry == 0 || k.DocNum == 0 || k.DocTotal.IsZero() || len(k.Lines) != 0 {
				t.Errorf("%s: the document is %+v", version, k)
			}
		}
		if cancelled != 1 {
			t.Errorf("%s: %d are cancelled", version, cancelled)
		}
		byEntry, err := c.OrdersNumbered(t.Context(), []int64{all[0].DocEntry, 999, all[1].DocEntry})
		if err != nil || len(byEntry) != 2 {
			t.Errorf("%s: by entry %+v, %v", version, byEntry, err)
		}
		if none, err := c.OrdersUnder(t.Context(), nil); err != nil || len(none) != 0 {
			t.Errorf("%s: of none %v, %v", version, none, err)
		}
	}
}

// Fails without: the field in the question and in its answer.
func TestOrdersUnder_FindsByTheUserDefinedField(t *testing.T) {
	b := start(t, b1sim.Config{UserFields: []b1sim.UserField{{Table: "ORDR", Name: "WebKey"}}})
	c := b.ready("v2")
	o := anOrder("typed by hand")
	o.UserFields = map[string]any{"U_WebKey": "main:1:7"}
	if _, err := c.CreateOrder(t.Context(), o); err != nil {
		t.Fatal(err)
	}
	all, err := c.OrdersUnder(t.Context(), []sapb1.Reference{{NumAtCard: "7", Field: "U_WebKey", Value: "main:1:7"}, {NumAtCard: "8", Field: "U_WebKey", Value: "main:1:8"}})
	if err != nil || len(all) != 1 || all[0].Value != "main:1:7" || all[0].NumAtCard != "typed by hand" {
		t.Errorf("%+v, %v", all, err)
	}
}

// A draft is found among drafts, and not among sales orders.
func TestDraftsUnder_GivesDraftsOfSalesOrders(t *testing.T) {
	b := start(t, b1sim.Config{})
	c := b.ready("v2")
	b.company.SetApproval(b1sim.Approval{On: true})
	if _, err := c.CreateOrder(t.Context(), anOrder("k")); err == nil {
		t.Fatal("the approval procedure did not fire")
	}
	references := []sapb1.Reference{{NumAtCard: "k"}}
	if all, err := c.DraftsUnder(t.Context(), references); err != nil || len(all) != 1 {
		t.Errorf("drafts %+v, %v", all, err)
	}
	if all, err := c.OrdersUnder(t.Context(), references); err != nil || len(all) != 0 {
		t.Errorf("orders %+v, %v", all, err)
	}
}

// What can wait is let in behind all orders that wait, and takes one of the places. Fails without: behind in next; inHand for it.
func TestAdmitBehind_LetsOrdersGoFirst(t *testing.T) {
	b := start(t, b1sim.Config{})
	c := b.lane(1)
	inHand := admit(t, c)
	came := make(chan string, 2)
	go func() {
		release, err := c.AdmitBehind(t.Context())
		if err != nil {
			t.Error(err)
			return
		}
		came <- "behind"
		release()
	}()
	c.WaitForBehind(1)
	go func() {
		release, err := c.Admit(t.Context())
		if err != nil {
			t.Error(err)
			return
		}
		came <- "order"
		release()
	}()
	c.WaitFor(1)
	inHand()
	if first, second := <-came, <-came; first != "order" || second != "behind" {
		t.Errorf("%s came before %s", first, second)
	}
	release, err := c.AdmitBehind(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	waiting, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
	defer cancel()
	if _, err := c.Admit(waiting); err == nil {
		t.Error("an order is let in beside it, though B1 bears one")
	}
	release()
	admit(t, c)()
}

// Who gives up waiting leaves no place behind. Fails without: behind in quit.
func TestAdmitBehind_WhoGivesUpIsForgotten(t *testing.T) {
	b := start(t, b1sim.Config{})
	c := b.lane(1)
	inHand := admit(t, c)
	waiting, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if _, err := c.AdmitBehind(waiting); err == nil {
		t.Fatal("it is let in though B1 bears one")
	}
	inHand()
	admit(t, c)()
	if n := c.Behind(); n != 0 {
		t.Errorf("%d wait behind", n)
	}
}

// In a shop that is never quiet it takes its turn when it has waited for long. Fails without: the patience in next.
func TestAdmitBehind_DoesNotWaitForEver(t *testing.T) {
	b := start(t, b1sim.Config{})
	c := b.lane(1)
	c.Patience(t, 200*time.Millisecond)
	ended, stop := make(chan struct{}), make(chan struct{})
	for range 3 { // one has B1, others wait, all the time
		go func() {
			for {
				select {
				case <-stop:
					ended <- struct{}{}
					return
				default:
				}
				release, err := c.Admit(t.Context())
				if err != nil {
					ended <- struct{}{}
					return
				}
				time.Sleep(2 * time.Millisecond)
				release()
			}
		}()
	}
	c.WaitFor(2)
	began := time.Now()
	release, err := c.AdmitBehind(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	release()
	if took := time.Since(began); took > 20*time.Second {
		t.Errorf("it waited for %s", took)
	}
	close(stop)
	for range 3 {
		<-ended
	}
}

// While B1 does not answer it waits as the orders do, and goes on when B1 is back. Fails without: probing in AdmitBehind.
func TestAdmitBehind_WaitsWhileB1IsDown(t *testing.T) {
	b := start(t, b1sim.Config{})
	c := b.lane(2)
	b.down(c)
	in := make(chan error, 1)
	go func() {
		release, err := c.AdmitBehind(t.Context())
		if err == nil {
			release()
		}
		in <- err
	}()
	c.WaitForBehind(1)
	select {
	case err := <-in:
		t.Fatal("it is let in while B1 is down", err)
	case <-time.After(100 * time.Millisecond):
	}
	b.company.ClearFaults()
	if err := <-in; err != nil {
		t.Error(err)
	}
}
