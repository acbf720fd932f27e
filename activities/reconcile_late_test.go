package activities_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"datawald/activities"
	"datawald/magento"
	"datawald/sandbox/b1sim"
	"datawald/sandbox/magentosim"
	"datawald/sandbox/testkit"
)

// keeper is the front of a shop that counts some orders and does not show them, and in which something happens when its orders are counted at the end.
type keeper struct {
	shop    http.Handler
	hidden  []int64
	atCount func()
	away    bool
	// missing is an order that the shop has and cannot show by itself either.
	missing int64
}

func (a *keeper) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.URL.Query().Get("searchCriteria[pageSize]") == "1" { // the count of the end
		if a.atCount != nil {
			a.atCount()
		}
		if a.away {
			w.WriteHeader(http.StatusNotFound)
			return
		}
	}
	if a.missing > 0 && strings.HasSuffix(r.URL.Path, fmt.Sprintf("/orders/%d", a.missing)) {
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(http.StatusNotFound)
		_, _ = w.Write([]byte(`{"message":"The entity that was requested doesn't exist. Verify the entity and try again."}`))
		return
	}
	answer := httptest.NewRecorder()
	a.shop.ServeHTTP(answer, r)
	var list struct {
		Items []map[string]any `json:"items"`
		Total *int64           `json:"total_count"`
	}
	body := answer.Body.Bytes()
	if json.Unmarshal(body, &list) == nil && list.Total != nil {
		list.Items = slices.DeleteFunc(list.Items, func(o map[string]any) bool { return slices.Contains(a.hidden, int64(o["entity_id"].(float64))) })
		body, _ = json.Marshal(map[string]any{"items": list.Items, "total_count": *list.Total})
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(answer.Code)
	_, _ = w.Write(body)
}

// keepsBack has reconciliations read the shop through such a front.
func (b *books) keepsBack() *keeper {
	b.t.Helper()
	a := &keeper{shop: b.shop}
	front := httptest.NewServer(a)
	b.t.Cleanup(front.Close)
	reader, err := magento.New(magento.Settings{URL: front.URL, Token: "token"})
	if err != nil {
		b.t.Fatal(err)
	}
	b.instance.Accounts = &magento.Reader{Client: reader, PageSize: 3}
	b.acts = activities.New(b.db, testkit.Silent(), b.instance)
	return a
}

// An order that is placed behind the reading's back and says that it was placed a day ago, as marketplaces and imports do, is the next reconciliation's, and no order that Magento keeps
// back. One that it counts and does not show is, wherever it stands: in the middle, behind all others, or alone. So is one that was committed late, with an entity_id among those that
// were read. Fails without: upTo in CountOrders (late); Behind (behind all, alone); the count of the end (committed late).
func TestReconcile_WhatComesLateIsTheNextOnes(t *testing.T) {
	for name, tc := range map[string]struct {
		// hidden are the places of the orders that are kept back. Before the end another is placed (late), or one is committed that was there (commits).
		orders   int
		hidden   []int
		late     bool
		commits  bool
		notShown int64
	}{
		"none":                        {7, nil, false, false, 0},
		"late":                        {7, nil, true, false, 0},
		"late, in a shop without any": {0, nil, true, false, 0},
		"in the middle":               {7, []int{2}, false, false, 1},
		"behind all":                  {7, []int{6}, false, false, 1},
		"a page of them, which hides what is behind": {7, []int{3, 4, 5}, true, false, 4},
		"all of them":    {2, []int{0, 1}, true, false, 2},
		"committed late": {7, nil, false, true, 1},
	} {
		t.Run(name, func(t *testing.T) {
			b := newBooks(t, tc.orders, b1sim.Config{})
			a := b.keepsBack()
			placed := b.shop.Orders()
			slices.SortFunc(placed, func(x, y magentosim.Placed) int { return int(x.EntityID - y.EntityID) })
			for _, n := range tc.hidden {
				a.hidden = append(a.hidden, placed[n].EntityID)
			}
			yesterday := func(entityID int64) {
				if err := b.shop.Update(entityID, func(doc map[string]any) { doc["created_at"] = time.Now().UTC().AddDate(0, 0, -1).Format(time.DateTime) }); err != nil {
					t.Error(err)
				}
			}
			if tc.commits { // until it is committed it is in no window
				if err := b.shop.Update(placed[3].EntityID, func(doc map[string]any) { doc["created_at"] = "2020-01-01 00:00:00" }); err != nil {
					t.Fatal(err)
				}
			}
			a.atCount = func() {
				if tc.commits {
					yesterday(placed[3].EntityID)
				}
				if tc.late {
					if p, err := b.shop.Place(magentosim.Placement{Kind: magentosim.KindSimple, StoreID: 1}); err != nil {
						t.Error(err)
					} else {
						yesterday(p.EntityID)
					}
				}
			}
			run := b.reconcile()
			r := run.Reconciliation
			if r.NotShown() != tc.notShown || r.Total != r.Orders+tc.notShown || (len(run.Errors) > 0) != (tc.notShown > 0) {
				t.Errorf("%+v, %q", r, run.Errors)
			}
			a.atCount, a.hidden = nil, nil
			if run := b.reconcile(); run.Reconciliation.NotShown() != 0 || len(run.Errors) != 0 {
				t.Errorf("the next one: %+v, %q", run.Reconciliation, run.Errors)
			}
		})
	}
}

// Where the count of the end fails, that of the beginning is not held against what was placed since: nothing was removed. Fails without: counted in recount.
func TestReconcile_WithoutACountOfTheEnd(t *testing.T) {
	b := newBooks(t, 4, b1sim.Config{})
	a := b.keepsBack()
	a.away = true
	run := b.reconcile()
	run.Reconciliation.Orders++
	ended, err := b.acts.EndReconcile(t.Context(), activities.EndReconcileInput{Run: run, Whole: true})
	if err != nil || ended.Reconciliation.Total != 4 || !strings.Contains(strings.Join(ended.Errors, " "), "count Magento's orders at the end") || strings.Contains(strings.Join(ended.Errors, " "), "removed") {
		t.Errorf("%+v, %v", ended, err)
	}
}

// The last order may be one that Magento cannot show: it is compared, and counted once. Fails without: the largest entity_id in ReconcileOrders
// (some would have been removed).
func TestReconcile_TheLastOrdersCannotBeShown(t *testing.T) {
	for name, broken := range map[string]int{"alone": 1, "behind one that breaks lists and is shown by itself": 2} {
		t.Run(name, func(t *testing.T) {
			b := newBooks(t, 3+broken, b1sim.Config{})
			a := b.keepsBack()
			var ids []int64
			for _, p := range b.shop.Orders() {
				ids = append(ids, p.EntityID)
			}
			slices.Sort(ids)
			a.missing = ids[len(ids)-1]
			if err := b.shop.SetFaults(func(f *magentosim.Faults) { f.PoisonEntityIDs = ids[3:] }); err != nil {
				t.Fatal(err)
			}
			run := b.reconcile(onlyTold)
			if r := run.Reconciliation; r.Total != int64(len(ids)) || r.Orders != r.Total || len(run.Errors) > 0 {
				t.Errorf("%+v, %q", r, run.Errors)
			}
		})
	}
}
