package sapb1_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"datawald/order"
	"datawald/sapb1"
)

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
		"a page":                        {200, "text/html", "<html>Checking your browser</html>", "page", true},
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
