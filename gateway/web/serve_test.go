package web

import (
	"bytes"
	"errors"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"datawald/gateway/access"
	"datawald/gateway/api"
)

// bare is the page without a store: the login page alone can be asked for.
func bare(t *testing.T, log *bytes.Buffer) *site {
	t.Helper()
	a, err := loadAssets()
	if err != nil {
		t.Fatal(err)
	}
	pages, err := loadPages(a)
	if err != nil {
		t.Fatal(err)
	}
	return &site{settings: Settings{Log: slog.New(slog.NewTextHandler(log, nil))}, gate: access.New(nil, access.Settings{}), assets: a, pages: pages,
		origins: http.NewCrossOriginProtection(), api: http.NotFoundHandler()}
}

// here makes a request one of this machine, which needs no TLS.
func here(r *http.Request) *http.Request {
	r.RemoteAddr = "127.0.0.1:1"
	return r
}

// A page that fails or panics is said to have failed, and what it was about is not logged. Fails without: recovered; the type alone in fail.
func TestPagesThatFail(t *testing.T) {
	for name, p := range map[string]page{
		"panic": func(*visit) error { panic("Veronica Costello") },
		"error": func(*visit) error { return errors.New("Veronica Costello") },
	} {
		var log bytes.Buffer
		w := httptest.NewRecorder()
		bare(t, &log).serve("GET /login", p)(w, here(httptest.NewRequest(http.MethodGet, "/login", nil)))
		if w.Code != http.StatusInternalServerError || !strings.Contains(w.Body.String(), "The page failed") || strings.Contains(w.Body.String(), "Veronica") {
			t.Errorf("%s: %d %s", name, w.Code, w.Body)
		}
		if strings.Contains(log.String(), "Veronica") || !strings.Contains(log.String(), "GET /login") {
			t.Errorf("%s is logged as %s", name, log.String())
		}
	}
}

// A form has a bound. Fails without: MaxBytesReader.
func TestFormsHaveABound(t *testing.T) {
	var log bytes.Buffer
	taken := false
	serve := bare(t, &log).serve("POST /login", func(*visit) error { taken = true; return nil })
	for size, want := range map[int]bool{maxForm / 2: true, maxForm + 1: false} {
		taken = false
		r := httptest.NewRequest(http.MethodPost, "/login", strings.NewReader(url.Values{"text": {strings.Repeat("x", size)}}.Encode()))
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		w := httptest.NewRecorder()
		if serve(w, here(r)); taken != want || !want && w.Code != http.StatusBadRequest {
			t.Errorf("%d bytes are taken: %v, %d", size, taken, w.Code)
		}
	}
}

// What is not a problem of the API is made one, and never echoed.
func TestAnswersThatAreNoProblem(t *testing.T) {
	r := &reply{header: http.Header{}, status: http.StatusBadGateway}
	r.body.WriteString("<html>Veronica")
	if p := problemOf(r); p.Status != http.StatusBadGateway || p.Title != "Bad Gateway" || strings.Contains(p.Detail, "Veronica") {
		t.Errorf("%+v", p)
	}
	r = &reply{header: http.Header{"Content-Type": {"application/problem+json"}}, status: http.StatusConflict}
	r.body.WriteString(`{"title":"A backfill is under way","detail":"Wait.","errors":[{"message":"x"}]}`)
	if p := problemOf(r); p.Title != "A backfill is under way" || p.Detail != "Wait." || len(p.Faults) != 1 || p.Status != http.StatusConflict {
		t.Errorf("%+v", p)
	}
}

// Needs lead to the page that shows what the API shows there.
func TestPageOf(t *testing.T) {
	for link, want := range map[string]string{
		"/api/v1/orders?instance=main&state=held": "/orders?instance=main&state=held", "/api/v1/schedule?instance=main": "/runs?instance=main",
		"/api/v1/runs?instance=main&kind=sync": "/runs?instance=main&kind=sync", "/api/v1/backfills/latest?instance=main": "/resync?instance=main",
		"/api/v1/rules": "/rules", "/readyz": "", "/api/v1/status?instance=main": "", "https://evil.example/api/v1/orders": "/orders", "::": "",
	} {
		if got := pageOf(link); got != want {
			t.Errorf("%s leads to %q, want %q", link, got, want)
		}
	}
}

// Who has the old address of a resync or a backfill comes to the page. Fails without: moved; the query in it.
func TestOldAddressesLeadOn(t *testing.T) {
	for old, want := range map[string]string{
		"/work": "/resync", "/work?instance=main": "/resync?instance=main", "/work/resyncs/a%2Fb~c?instance=main": "/resync/orders/a%2Fb~c?instance=main",
		"/work/backfills/resyncs~1": "/resync/backfills/resyncs~1",
	} {
		w := httptest.NewRecorder()
		if err := moved(&visit{w: w, r: httptest.NewRequest(http.MethodGet, old, nil)}); err != nil || w.Code != http.StatusSeeOther || w.Header().Get("Location") != want {
			t.Errorf("%s leads to %q with %d, %v; want %s", old, w.Header().Get("Location"), w.Code, err, want)
		}
	}
}

// Today says in one line whether all is well.
func TestHeadline(t *testing.T) {
	held := api.Need{Code: "orders_held", Level: api.LevelAttention, Count: 2}
	for want, s := range map[string]api.Status{
		"All is well":            {Level: api.LevelOK},
		"2 orders need a person": {Level: api.LevelAttention, Needs: []api.Need{held}},
		"2 things need a person": {Level: api.LevelAttention, Needs: []api.Need{held, {Code: "lag"}}},
		"1 thing needs a person": {Level: api.LevelAttention, Needs: []api.Need{{Code: "schedule_paused"}}},
		"Orders do not get on":   {Level: api.LevelTrouble, Needs: []api.Need{held}},
	} {
		if got := headline(&s); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}
