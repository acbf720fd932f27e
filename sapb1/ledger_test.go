package sapb1_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"
	"time"

	"datawald/order"
	"datawald/sandbox/b1sim"
	"datawald/sapb1"
)

var ledgerRow = sapb1.LedgerRow{Table: "LEDGER", Code: "O'Brien/7 & Söhne", Name: "main:1:7"}

// withLedger is a B1 that has the user table of the tests.
func withLedger(t *testing.T) *b1 {
	return start(t, b1sim.Config{UserTables: []b1sim.UserTable{{Name: "LEDGER"}}})
}

func TestCreateOrderOnce_MakesOrderAndRowTogether(t *testing.T) {
	for _, version := range versions {
		b := withLedger(t)
		client := b.client(version)
		if has, err := client.HasLedgerRow(t.Context(), ledgerRow); has || err != nil {
			t.Errorf("%s: before it was written the row is there: %t, %v", version, has, err)
		}
		d, err := client.CreateOrderOnce(t.Context(), anOrder("7"), ledgerRow)
		if err != nil {
			t.Fatalf("%s: %v", version, err)
		}
		if d.DocEntry == 0 || d.NumAtCard != "7" || !d.DocTotal.Equal(num("25.99")) || len(d.Lines) != 2 {
			t.Errorf("%s: the document is %+v", version, d)
		}
		if has, err := client.HasLedgerRow(t.Context(), ledgerRow); !has || err != nil {
			t.Errorf("%s: the row is there: %t, %v", version, has, err)
		}
		_, err = client.CreateOrderOnce(t.Context(), anOrder("7"), ledgerRow)
		if f := failureOf(t, err); f.Kind != order.Unknown || !sapb1.IsDuplicateCode(f.Code) {
			t.Errorf("%s: a second order with the row fails as %s with code %s, want unknown and -2035", version, f.Kind, f.Code)
		}
		// The order that B1 refuses takes its row back.
		bad, other := anOrder("8"), sapb1.LedgerRow{Table: "LEDGER", Code: "8", Name: "main:1:8"}
		bad.Lines[1].ItemCode = "NONE"
		_, err = client.CreateOrderOnce(t.Context(), bad, other)
		if f := failureOf(t, err); f.Kind != order.Permanent || f.Field != "DocumentLines.ItemCode line 2" || f.Op != "POST $batch" {
			t.Errorf("%s: a bad order fails as %+v", version, f)
		}
		if has, err := client.HasLedgerRow(t.Context(), other); has || err != nil || b.company.CountByNumAtCard("7") != 1 {
			t.Errorf("%s: the refused order left its row: %t, %v", version, has, err)
		}
	}
}

// changeSetShape is the request of the Service Layer manual 3.10.5, with the boundaries left open.
var changeSetShape = regexp.MustCompile(`^--(batch_\w+)\r\nContent-Type: multipart/mixed;boundary=(changeset_\w+)\r\n\r\n` +
	`--(\w+)\r\nContent-Type: application/http\r\nContent-Transfer-Encoding: binary\r\nContent-ID: 1\r\n\r\n` +
	`POST (\S+)/U_LEDGER\r\nContent-Type: application/json\r\n\r\n(\{[^\r\n]*\})\r\n` +
	`--(\w+)\r\nContent-Type: application/http\r\nContent-Transfer-Encoding: binary\r\nContent-ID: 2\r\n\r\n` +
	`POST (\S+)/Orders\r\nContent-Type: application/json\r\n\r\n(\{[^\r\n]*\})\r\n--(\w+)--\r\n--(batch_\w+)--\r\n$`)

func TestCreateOrderOnce_IsSentAsTheManualHasIt(t *testing.T) {
	for _, version := range versions {
		b := withLedger(t)
		if _, err := b.client(version).CreateOrderOnce(t.Context(), anOrder("7"), ledgerRow); err != nil {
			t.Fatal(err)
		}
		all := b.received()
		last := all[len(all)-1]
		m := changeSetShape.FindStringSubmatch(last.body)
		if m == nil {
			t.Fatalf("%s: the body is\n%s", version, last.body)
		}
		if m[1] != m[10] || m[2] != m[3] || m[2] != m[6] || m[2] != m[9] || last.header.Get("Content-Type") != "multipart/mixed;boundary="+m[1] {
			t.Errorf("%s: the boundaries do not match: %q, %q", version, m[1:], last.header.Get("Content-Type"))
		}
		if root := "/b1s/" + version; m[4] != root || m[7] != root {
			t.Errorf("%s: the parts go to %s and %s", version, m[4], m[7])
		}
		if !strings.Contains(m[5], `"Code":"O'Brien/7 \u0026 Söhne"`) || strings.Contains(m[8], "DocTotal") {
			t.Errorf("%s: the bodies are %s and %s", version, m[5], m[8])
		}
		if v := last.header.Get("OData-Version"); (v == "4.0") != (version == "v2") {
			t.Errorf("%s: OData-Version is %q", version, v)
		}
	}
}

// scripted is a Service Layer with the ledger that answers a $batch as a test wants, behind a proxy with a path of its own.
func scripted(t *testing.T, status int, contentType, body string) (*sapb1.Client, *string) {
	t.Helper()
	sent := new(string)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch {
		case strings.HasSuffix(r.URL.Path, "/Login"):
			w.Header().Add("Set-Cookie", "B1SESSION=x;HttpOnly;")
		case strings.HasSuffix(r.URL.Path, "/U_LEDGER"):
			_, _ = w.Write([]byte(`{"value":[]}`))
		default:
			text := make([]byte, r.ContentLength)
			_, _ = r.Body.Read(text)
			*sent = string(text)
			w.Header().Set("Content-Type", contentType)
			w.WriteHeader(status)
			_, _ = w.Write([]byte(body))
		}
	}))
	t.Cleanup(server.Close)
	return newClient(t, sapb1.Settings{URL: server.URL + "/sap/b1s/v2", Timeout: 5 * time.Second}), sent
}

// Answers as the manual's samples have them (3.10.6), with header lines without a space after the colon.
const (
	multipartAnswer = "multipart/mixed;boundary=b"
	madeAnswer      = "--b\r\nContent-Type:multipart/mixed;boundary=c\r\n\r\n" +
		"--c\r\nContent-Type:application/http\r\nContent-Transfer-Encoding:binary\r\nContent-ID:1\r\n\r\nHTTP/1.1 201 Created\r\nContent-Type:application/json\r\nContent-Length:12\r\n\r\n{\"Code\":\"7\"}\r\n" +
		"--c\r\nContent-Type:application/http\r\nContent-Transfer-Encoding:binary\r\nContent-ID:2\r\n\r\nHTTP/1.1 201 Created\r\nContent-Type:application/json\r\nContent-Length:99\r\n\r\n{\"DocEntry\":5,\"DocNum\":50}\r\n" +
		"--c--\r\n--b--\r\n"
)

// plain is the answer to a change set that failed: one part in place of the nested ones.
func plain(status, body string) string {
	return "--b\r\nContent-Type:application/http\r\nContent-Transfer-Encoding:binary\r\n\r\nHTTP/1.1 " + status +
		"\r\nContent-Type:application/json\r\n\r\n" + body + "\r\n--b--\r\n"
}

func TestCreateOrderOnce_ReadsTheAnswerOfItsOrder(t *testing.T) {
	for name, c := range map[string]struct {
		status int
		body   string
	}{
		"version 4":          {200, madeAnswer},
		"version 3":          {202, madeAnswer},
		"without ids":        {200, strings.NewReplacer("Content-ID:1\r\n", "", "Content-ID:2\r\n", "").Replace(madeAnswer)},
		"line feeds alone":   {200, strings.ReplaceAll(madeAnswer, "\r\n", "\n")},
		"the order is first": {200, strings.NewReplacer("Content-ID:1", "Content-ID:2", "Content-ID:2", "Content-ID:1", `{"Code":"7"}`, `{"DocEntry":5,"DocNum":50}`, `{"DocEntry":5,"DocNum":50}`, `{"Code":"7"}`).Replace(madeAnswer)},
	} {
		client, sent := scripted(t, c.status, multipartAnswer, c.body)
		d, err := client.CreateOrderOnce(t.Context(), anOrder("7"), ledgerRow)
		if err != nil || d.DocEntry != 5 || d.DocNum != 50 {
			t.Errorf("%s: the document is %+v, %v", name, d, err)
		}
		if !strings.Contains(*sent, "POST /b1s/v2/Orders\r\n") {
			t.Errorf("%s: behind a proxy the parts are sent to\n%s", name, *sent)
		}
	}
}

// What cannot be read of an answer to a write leaves its outcome unknown: taken for a refusal it would hold an order that B1
// has, taken for "nothing happened" it would make a second one.
func TestCreateOrderOnce_WhatCannotBeReadLeavesItUnknown(t *testing.T) {
	noDocument := strings.Replace(madeAnswer, `{"DocEntry":5,"DocNum":50}`, "", 1)
	inner := func(from, to string) string { return strings.Replace(madeAnswer, from, to, 2) }
	for name, c := range map[string]struct {
		status      int
		kind, body  string
		code        string
		wantUnknown bool
	}{
		"a page":                        {200, "text/html", "<html>Checking your browser</html>", "unreadable", true},
		"nothing":                       {200, "", "", "unreadable", true},
		"no content":                    {204, "", "", "unreadable", true},
		"JSON":                          {200, "application/json", `{"DocEntry":5}`, "unreadable", true},
		"no boundary":                   {200, "multipart/mixed", madeAnswer, "unreadable", true},
		"cut off":                       {200, multipartAnswer, madeAnswer[:len(madeAnswer)-40], "unreadable", true},
		"cut off in the order":          {200, multipartAnswer, madeAnswer[:strings.Index(madeAnswer, `"DocNum"`)], "unreadable", true},
		"no part":                       {200, multipartAnswer, "--b--\r\n", "unreadable", true},
		"the row alone":                 {200, multipartAnswer, inner("Content-ID:2", "Content-ID:3"), "unreadable", true},
		"an order without its document": {200, multipartAnswer, noDocument, "unreadable", true},
		"no status line":                {200, multipartAnswer, inner("HTTP/1.1 201", "201"), "unreadable", true},
		"a lone success":                {200, multipartAnswer, plain("201 Created", `{"DocEntry":5}`), "unreadable", true},
		"a refusal among successes": {200, multipartAnswer, strings.Replace(inner(`{"DocEntry":5,"DocNum":50}`, `{"error":{"code":"-10","message":"x"}}`),
			"Content-ID:2\r\n\r\nHTTP/1.1 201 Created", "Content-ID:2\r\n\r\nHTTP/1.1 400 Bad Request", 1), "-10", true},
		"a refused change set":   {200, multipartAnswer, plain("400 Bad Request", `{"error":{"code":"-10","message":"Item missing [DocumentLines.ItemCode][line: 2]"}}`), "-10", false},
		"the same in version 3":  {202, multipartAnswer, plain("400 Bad Request", `{"error":{"code":-10,"innererror":{"context":null,"trace":null},"message":{"lang":"en-us","value":"x [ORDR.CardCode]"}}}`), "-10", false},
		"a change set in a page": {200, multipartAnswer, plain("502 Proxy Error", "<html></html>"), "502", true},
		"a failed commit":        {200, multipartAnswer, plain("400 Bad Request", `{"error":{"code":"-1116","message":"Could not commit transaction"}}`), "-1116", true},
		"a row that is there":    {200, multipartAnswer, plain("400 Bad Request", `{"error":{"code":"-2035","message":"Esta entrada ya existe"}}`), "-2035", true},
		"an approval":            {200, multipartAnswer, plain("404 Not Found", `{"error":{"code":"-2028","message":"No matching records"}}`), "-2028", true},
		"a proxy":                {502, "text/html", "<html></html>", "502", true},
		"a refused batch":        {400, "application/json", `{"error":{"code":"244","message":"Content ID should be specified in each change set request."}}`, "244", false},
	} {
		client, _ := scripted(t, c.status, c.kind, c.body)
		d, err := client.CreateOrderOnce(t.Context(), anOrder("7"), ledgerRow)
		if err == nil {
			t.Errorf("%s is taken for the document %+v", name, d)
			continue
		}
		if f := failureOf(t, err); f.Code != c.code || (f.Kind == order.Unknown) != c.wantUnknown {
			t.Errorf("%s: %s with code %s, want unknown: %t, and %s", name, f.Kind, f.Code, c.wantUnknown, c.code)
		}
	}
}

func TestCreateOrderOnce_FaultsAreOfTheRightKind(t *testing.T) {
	for _, version := range versions {
		for _, c := range append(faultCases[:len(faultCases):len(faultCases)], faultCase{fault: b1sim.BatchVetoDrop, write: order.Unknown, code: "no_answer"}) {
			t.Run(fmt.Sprint(version, " ", c.fault), func(t *testing.T) {
				b := withLedger(t)
				client := b.ready(version)
				if err := client.LedgerReady(t.Context(), "LEDGER"); err != nil {
					t.Fatal(err)
				}
				b.inject(b1sim.Rule{Fault: c.fault, Match: "POST $batch", Times: 1})
				_, err := client.CreateOrderOnce(t.Context(), anOrder("1"), ledgerRow)
				if f := failureOf(t, err); f.Kind != c.write || f.Code != c.code || f.Field != c.field {
					t.Errorf("it fails as %s with code %s at %q, want %s, %s, %q", f.Kind, f.Code, f.Field, c.write, c.code, c.field)
				}
				has, err := client.HasLedgerRow(t.Context(), ledgerRow)
				if n := b.company.CountByNumAtCard("1"); err != nil || n != c.made || has != (c.made == 1) {
					t.Errorf("B1 has %d orders and the row: %t, want %d of both (%v)", n, has, c.made, err)
				}
				if n := b.calls("POST $batch"); n != 1 {
					t.Errorf("it was sent %d times", n)
				}
			})
		}
	}
}

// A session that is gone before the batch, or that a request inside it meets, is renewed and the batch sent again: B1 did
// nothing, or took all of the change set back.
func TestCreateOrderOnce_ASessionThatIsGoneIsRenewedOnce(t *testing.T) {
	for _, version := range versions {
		b := withLedger(t)
		client := b.ready(version)
		b.company.ExpireSessions()
		if _, err := client.CreateOrderOnce(t.Context(), anOrder("1"), ledgerRow); err != nil || b.company.CountByNumAtCard("1") != 1 {
			t.Errorf("%s: %v, with %d orders", version, err, b.company.CountByNumAtCard("1"))
		}
	}
	var batches, logins int
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch {
		case strings.HasSuffix(r.URL.Path, "/Login"):
			logins++
			w.Header().Add("Set-Cookie", "B1SESSION=x;HttpOnly;")
		case strings.HasSuffix(r.URL.Path, "/U_LEDGER"):
			_, _ = w.Write([]byte(`{"value":[]}`))
		default:
			w.Header().Set("Content-Type", multipartAnswer)
			if batches++; batches == 1 {
				_, _ = w.Write([]byte(plain("401 Unauthorized", `{"error":{"code":"301","message":"Invalid session or session already timeout."}}`)))
				return
			}
			_, _ = w.Write([]byte(madeAnswer))
		}
	}))
	defer server.Close()
	d, err := newClient(t, sapb1.Settings{URL: server.URL + "/b1s/v2"}).CreateOrderOnce(t.Context(), anOrder("1"), ledgerRow)
	if err != nil || d.DocEntry != 5 || batches != 2 || logins != 2 {
		t.Errorf("inside the batch: %+v, %v after %d batches and %d logins; want two of each", d, err, batches, logins)
	}
}

func TestLedgerReady_SaysWhatToRunWhereTheTableIsMissing(t *testing.T) {
	for _, version := range versions {
		b := start(t, b1sim.Config{})
		client := b.client(version)
		_, err := client.CreateOrderOnce(t.Context(), anOrder("1"), ledgerRow)
		if f := failureOf(t, err); f.Kind != order.Config || !strings.Contains(f.Hint, "@LEDGER") || !strings.Contains(f.Hint, "starter b1 prepare") {
			t.Errorf("%s: %+v, want config with a hint", version, f)
		}
		if n := b.calls("POST $batch"); n != 0 {
			t.Errorf("%s: it was sent %d times", version, n)
		}
		if _, err := client.HasLedgerRow(t.Context(), ledgerRow); order.KindOf(err) != order.Config {
			t.Errorf("%s: the row is asked for: %v", version, err)
		}
	}
}

// One look is enough for all orders, and a refusal that names no place is no reason to hold one while the table is gone.
func TestLedgerReady_IsAskedForOnceAndAgainAfterARefusal(t *testing.T) {
	b := withLedger(t)
	client := b.client("v2")
	for n := range 3 {
		row := sapb1.LedgerRow{Table: "LEDGER", Code: fmt.Sprint(n), Name: fmt.Sprint(n)}
		if _, err := client.CreateOrderOnce(t.Context(), anOrder(row.Code), row); err != nil {
			t.Fatal(err)
		}
	}
	if n := b.calls("GET U_LEDGER"); n != 1 {
		t.Errorf("three orders ask for the table %d times, want once", n)
	}
	b.inject(b1sim.Rule{Fault: b1sim.NotificationVeto, Match: "POST $batch", Times: 1})
	if _, err := client.CreateOrderOnce(t.Context(), anOrder("9"), ledgerRow); order.KindOf(err) != order.Permanent || b.calls("GET U_LEDGER") != 2 {
		t.Errorf("a veto: %v after %d looks for the table, want permanent after two", err, b.calls("GET U_LEDGER"))
	}
	gone := false
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.HasSuffix(r.URL.Path, "$batch") {
			gone = true
			w.Header().Set("Content-Type", multipartAnswer)
			_, _ = w.Write([]byte(plain("400 Bad Request", `{"error":{"code":"-1002","message":"Service Not Found"}}`)))
			return
		}
		if gone {
			w.WriteHeader(http.StatusBadRequest)
			_, _ = w.Write([]byte(`{"error":{"code":"-1002","message":"Service Not Found"}}`))
			return
		}
		w.Header().Add("Set-Cookie", "B1SESSION=x;HttpOnly;")
		_, _ = w.Write([]byte(`{"value":[]}`))
	}))
	defer server.Close()
	if _, err := newClient(t, sapb1.Settings{URL: server.URL + "/b1s/v2"}).CreateOrderOnce(t.Context(), anOrder("1"), ledgerRow); order.KindOf(err) != order.Config {
		t.Errorf("a table that went away: %v, want config", err)
	}
}
