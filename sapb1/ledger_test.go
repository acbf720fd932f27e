package sapb1_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"

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
