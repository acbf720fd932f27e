package magento_test

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"testing"

	"datawald/magento"
	"datawald/order"
	"datawald/sandbox/magentosim"
)

// Fails without: ended in exchange and login; and without asWrite there, which tells a lost write from a lost read.
func TestObserve_IsToldOfEachCall(t *testing.T) {
	t.Parallel()
	shop := newShop(t, magentosim.Config{Seed: 1, Orders: 1})
	lost := false
	address := serve(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if lost {
			panic(http.ErrAbortHandler)
		}
		shop.ServeHTTP(w, r)
	}))
	var calls []string
	c := newClient(t, magento.Settings{URL: address, Observe: func(_ context.Context, op string) func(error) {
		return func(err error) {
			how := "ok"
			if err != nil {
				how = string(order.KindOf(err))
			}
			calls = append(calls, fmt.Sprintf("%s %s", op, how))
		}
	}})
	if _, err := c.FindByEntityIDs(t.Context(), []int64{1}); err != nil {
		t.Fatal(err)
	}
	lost = true
	if _, err := c.FindByEntityIDs(t.Context(), []int64{1}); err == nil {
		t.Fatal("no error")
	}
	if err := c.SetExtOrderID(t.Context(), &magento.Current{EntityID: 1, IncrementID: "1", State: "processing", Status: "processing"}, "7"); err == nil {
		t.Fatal("no error")
	}
	want := []string{"GET orders ok", "GET orders transient", "POST orders unknown"}
	if !slices.Equal(slices.Compact(calls), want) {
		t.Errorf("told %q, want %q", calls, want)
	}
}
