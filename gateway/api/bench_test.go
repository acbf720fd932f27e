package api_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"datawald/gateway/access"
	"datawald/gateway/api"
	"datawald/order"
	"datawald/sandbox/testkit"
	"datawald/store"
)

// asPage is a request of the page in this process, for an operator.
func asPage(path string) *http.Request {
	r := httptest.NewRequest(http.MethodGet, "http://localhost"+path, nil)
	return r.WithContext(access.With(r.Context(), access.Actor{Name: "bench", Role: access.Operator, Kind: access.User}))
}

// BenchmarkPage asks what the page asks, with a day of 20,000 orders in the store.
func BenchmarkPage(b *testing.B) {
	instance, db, temporal := testkit.Name(b), testkit.Store(b), testkit.Temporal(b)
	handler, err := api.New(settings(instance), db, temporal, testkit.Silent())
	if err != nil {
		b.Fatal(err)
	}
	for n := 0; n < 20_000; {
		var page []*store.Staged
		for ; len(page) < 500; n++ {
			doc := store.NewStaged(order.Key(fmt.Sprintf("%s:1:%09d", instance, n)))
			doc.Status, doc.PlacedAt = order.Posted, time.Now().Add(-time.Duration(n)*4*time.Second)
			doc.StagedAt = doc.PlacedAt.Add(30 * time.Second)
			doc.Order = &order.Order{Key: doc.Key, Lines: make([]order.Line, 10)}
			page = append(page, doc)
		}
		if _, err := db.Add(b.Context(), page); err != nil {
			b.Fatal(err)
		}
	}
	settled := time.After(11 * time.Second) // by then no look goes over what was staged here again
	asked := 0
	for _, path := range []string{"/api/v1/statistics?hours=24", "/api/v1/statistics?hours=168", "/api/v1/statistics?hours=%d", "/api/v1/status", "/api/v1/runs"} {
		if strings.Contains(path, "%d") {
			<-settled
		}
		b.Run(path, func(b *testing.B) {
			for b.Loop() {
				w := httptest.NewRecorder()
				at := path
				if asked++; strings.Contains(path, "%d") { // what nobody has asked for in the last seconds
					at = fmt.Sprintf(path, 1+asked%48)
				}
				r := asPage(at)
				began := time.Now()
				handler.ServeHTTP(w, r)
				if w.Code != 200 {
					b.Fatal(w.Code, w.Body.String())
				}
				if took := time.Since(began); took > 20*time.Millisecond {
					b.Logf("%s took %s", path, took)
				}
			}
		})
	}
}
