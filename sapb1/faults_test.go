package sapb1_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"datawald/order"
	"datawald/sandbox/b1sim"
	"datawald/sapb1"
)

// faultCase is what a fault of B1 is to a caller that reads and to one that writes.
type faultCase struct {
	fault       b1sim.Fault
	read, write order.Kind // empty: the fault does not meet such calls
	code        string
	field       string
	made        int // orders in B1 after the write
}

var faultCases = []faultCase{
	{b1sim.RefuseBeforeCommit, order.Transient, order.Unknown, "no_answer", "", 0},
	{b1sim.BadGatewayBefore, order.Transient, order.Unknown, "502", "", 0},
	{b1sim.Unavailable, order.Transient, order.Unknown, "503", "", 0},
	{b1sim.Empty500, order.Transient, order.Unknown, "500", "", 0},
	{b1sim.CommitThenDrop, "", order.Unknown, "no_answer", "", 1},
	{b1sim.CommitThenBadGateway, "", order.Unknown, "502", "", 1},
	{b1sim.CommitFailed1116, "", order.Unknown, "-1116", "", 0},
	{b1sim.Commit1116Committed, "", order.Unknown, "-1116", "", 1},
	{b1sim.ApprovalDraft, "", order.Unknown, "-2028", "", 0},
	{b1sim.LockedPeriod, "", order.Permanent, "-4013", "", 0},
	{b1sim.MissingRate, "", order.Permanent, "-4006", "", 0},
	{b1sim.UnknownItem, "", order.Permanent, "-10", "DocumentLines.ItemCode line 2", 0},
	{b1sim.NegativeStock, "", order.Permanent, "-10", "DocumentLines.ItemCode line 2", 0},
	{b1sim.NotificationVeto, "", order.Permanent, "-5002", "", 0},
}

func TestFaults_AreOfTheRightKindInEveryLanguage(t *testing.T) {
	for _, version := range versions {
		for _, language := range []string{"en", "es"} {
			for _, c := range faultCases {
				t.Run(fmt.Sprint(version, " ", language, " ", c.fault), func(t *testing.T) {
					b := start(t, b1sim.Config{Language: language})
					client := b.ready(version)
					b.inject(b1sim.Rule{Fault: c.fault, Match: "POST Orders", Times: 1, Text: "Jane owes money"})
					_, err := client.CreateOrder(t.Context(), anOrder("1"))
					f := failureOf(t, err)
					if f.Kind != c.write || f.Code != c.code || f.Op != "POST Orders" {
						t.Errorf("the write fails as %s with code %s of %s, want %s and %s", f.Kind, f.Code, f.Op, c.write, c.code)
					}
					if f.Field != c.field {
						t.Errorf("it names %q, want %q (%s)", f.Field, c.field, f.Message)
					}
					if strings.ContainsAny(f.Message, "\n<") {
						t.Errorf("message %q is not one line of text", f.Message)
					}
					if n := b.calls("POST Orders"); n != 1 {
						t.Errorf("it was sent %d times", n)
					}
					if n := b.company.CountByNumAtCard("1"); n != c.made {
						t.Errorf("B1 has %d orders, want %d", n, c.made)
					}
					if c.read == "" {
						return
					}
					b.inject(b1sim.Rule{Fault: c.fault, Match: "GET Orders", Times: 2}) // net/http may repeat a read once
					_, err = client.FindOrders(t.Context(), sapb1.Reference{NumAtCard: "1"})
					if f := failureOf(t, err); f.Kind != c.read || f.Code != c.code {
						t.Errorf("the read fails as %s with code %s, want %s and %s", f.Kind, f.Code, c.read, c.code)
					}
				})
			}
		}
	}
}

func TestFaults_OfTheDocumentNameItsPlace(t *testing.T) {
	for _, version := range versions {
		b := start(t, b1sim.Config{})
		client := b.client(version)
		for _, c := range []struct {
			name   string
			change func(*sapb1.SalesOrder)
			field  string
		}{
			{"unknown partner", func(o *sapb1.SalesOrder) { o.CardCode = "C-NOBODY" }, "ORDR.CardCode"},
			{"unknown item", func(o *sapb1.SalesOrder) { o.Lines[0].ItemCode = "NONE" }, "DocumentLines.ItemCode line 1"},
			{"unknown tax code", func(o *sapb1.SalesOrder) { o.Lines[1].TaxCode = "NONE" }, "DocumentLines.TaxCode line 2"},
			{"no quantity", func(o *sapb1.SalesOrder) { o.Lines[1].Quantity = amount("0") }, "DocumentLines.Quantity line 2"},
		} {
			o := anOrder("1")
			c.change(o)
			_, err := client.CreateOrder(t.Context(), o)
			f := failureOf(t, err)
			if f.Kind != order.Permanent {
				t.Errorf("%s, %s: %+v, want permanent", version, c.name, f)
			}
			if f.Field != c.field {
				t.Errorf("%s, %s: it names %q, want %q (%s)", version, c.name, f.Field, c.field, f.Message)
			}
		}
	}
}

// answering is a Service Layer that lets anybody in and gives one answer to everything else.
func answering(t *testing.T, status int, header http.Header, body string) *sapb1.Client {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.HasSuffix(r.URL.Path, "/Login") {
			w.Header().Add("Set-Cookie", "B1SESSION=x;HttpOnly;")
			return
		}
		for name, values := range header {
			w.Header()[name] = values
		}
		w.WriteHeader(status)
		_, _ = w.Write([]byte(body))
	}))
	t.Cleanup(server.Close)
	return newClient(t, sapb1.Settings{URL: server.URL + "/b1s/v2"})
}

func TestFailures_ByAnswer(t *testing.T) {
	const page = "<html>\n<h1>Proxy Error</h1></html>"
	v1 := func(code, text string) string {
		return `{"error":{"code":` + code + `,"message":{"lang":"en-us","value":"` + text + `"}}}`
	}
	v2 := func(code, text string) string { return `{"error":{"code":"` + code + `","message":"` + text + `"}}` }
	for _, c := range []struct {
		status      int
		body        string
		read, write order.Kind
		code, field string
	}{
		{401, v1("100000027", "Login failed"), order.Config, order.Config, "100000027", ""},
		{401, v2("-304", "Fail to get DB Credentials from SLD"), order.Config, order.Config, "-304", ""},
		{400, v1("-5027", "Switch company error: -5027"), order.Config, order.Config, "-5027", ""},
		{401, v2("301", "Invalid session or session already timeout."), order.Transient, order.Transient, "301", ""},
		{401, v2("-1", "No authorization"), order.Config, order.Config, "-1", ""},
		{403, v2("-1", "No licence"), order.Config, order.Config, "-1", ""},
		{400, v2("-10", "Otro usuario modificó los datos; vuelva a abrir la ventana (ODBC -2039)"), order.Transient, order.Transient, "-2039", ""},
		{412, v2("-2039", "Another user modified data"), order.Transient, order.Transient, "-2039", ""},
		{412, v2("-1", "precondition"), order.Transient, order.Transient, "-1", ""},
		{400, v1("-2035", "This entry already exists in the following tables (ODBC -2035)"), order.Permanent, order.Unknown, "-2035", ""},
		{404, v2("-2028", "No matching records found (ODBC -2028)"), order.Permanent, order.Unknown, "-2028", ""},
		{400, v2("-1116", "Could not commit transaction"), order.Permanent, order.Unknown, "-1116", ""},
		{400, `{"error":{"code":"-10","message":"Quantity falls into negative inventory  [RDR1.ItemCode][line: 12]","details":[{"code":"","message":""}]}}`,
			order.Permanent, order.Permanent, "-10", "RDR1.ItemCode line 12"},
		{400, v1("-5002", "Enter valid code  [..OcrCode][line: 3]"), order.Permanent, order.Permanent, "-5002", "OcrCode line 3"},
		{400, v1("-5002", "Specify an active branch [ORDR.BPLId]"), order.Permanent, order.Permanent, "-5002", "ORDR.BPLId"},
		{400, v1("-5002", "Item missing [DocumentLines.ItemCode] [line: 4]"), order.Permanent, order.Permanent, "-5002", "DocumentLines.ItemCode line 4"},
		{400, v1("-5002", "User field [@LEDGER.U_Key]"), order.Permanent, order.Permanent, "-5002", "@LEDGER.U_Key"},
		{400, v1("-5002", "two\\n lines  [of] nothing"), order.Permanent, order.Permanent, "-5002", ""},
		{500, v2("-1", "Sequence was dropped during calling nextval"), order.Transient, order.Unknown, "-1", ""},
		{503, v2("-1", "busy"), order.Transient, order.Unknown, "-1", ""},
		{429, v2("-1", "slow down"), order.Transient, order.Transient, "-1", ""},
		{429, page, order.Transient, order.Transient, "429", ""},
		{401, page, order.Config, order.Config, "401", ""},
		{403, page, order.Config, order.Config, "403", ""},
		{404, page, order.Config, order.Config, "404", ""},
		{500, "", order.Transient, order.Unknown, "500", ""},
		{502, page, order.Transient, order.Unknown, "502", ""},
		{504, page, order.Transient, order.Unknown, "504", ""},
		{301, page, order.Config, order.Config, "301", ""},
		{307, page, order.Config, order.Config, "307", ""},
		{400, `{"error":{"code":"-10"}}`, order.Permanent, order.Permanent, "-10", ""},
		{400, `{"error":"x"}`, order.Transient, order.Unknown, "400", ""},
	} {
		name := fmt.Sprint(c.status, " ", c.body)
		client := answering(t, c.status, nil, c.body)
		_, err := client.FindOrders(t.Context(), sapb1.Reference{NumAtCard: "1"})
		if f := failureOf(t, err); f.Kind != c.read || f.Code != c.code {
			t.Errorf("%s\nis to a read %s with code %s, want %s and %s", name, f.Kind, f.Code, c.read, c.code)
		}
		_, err = client.CreateOrder(t.Context(), anOrder("1"))
		f := failureOf(t, err)
		if f.Kind != c.write || f.Code != c.code || f.Field != c.field {
			t.Errorf("%s\nis to a write %s with code %s at %q, want %s, %s, %q", name, f.Kind, f.Code, f.Field, c.write, c.code, c.field)
		}
		if f.Kind == order.Config && f.Hint == "" {
			t.Errorf("%s\nhas no hint for the operator", name)
		}
		if strings.ContainsAny(f.Message, "\n<") {
			t.Errorf("%s\nhas the message %q, which is not one line of text", name, f.Message)
		}
	}
}

func TestFailures_TellHowLongToWait(t *testing.T) {
	for value, want := range map[string]time.Duration{"30": 30 * time.Second, "": 0, "soon": 0, "-1": 0, "99999999999": 24 * time.Hour} {
		client := answering(t, http.StatusServiceUnavailable, http.Header{"Retry-After": {value}}, "")
		_, err := client.FindOrders(t.Context(), sapb1.Reference{NumAtCard: "1"})
		if f := failureOf(t, err); f.RetryAfter != want {
			t.Errorf("Retry-After %q: wait %s, want %s", value, f.RetryAfter, want)
		}
	}
}

func TestAnswers_ThatCannotBeReadLeaveAWriteUnknown(t *testing.T) {
	for _, c := range []struct {
		status int
		body   string
	}{
		{200, "<html>Checking your browser</html>"}, {201, `{"DocEntry":1`}, {201, ""}, {201, `{}`}, {201, `null`}, {201, `[]`},
		{201, `{"DocEntry":"x"}`}, {201, `{"DocEntry":1,"DocTotal":"much"}`}, {200, `{"value":[]}`}, {204, ""}, {202, ""},
	} {
		client := answering(t, c.status, nil, c.body)
		code := "unreadable"
		if strings.HasPrefix(c.body, "<") {
			code = "page"
		}
		d, err := client.CreateOrder(t.Context(), anOrder("1"))
		if err == nil {
			t.Errorf("%d %s is taken for the document %+v", c.status, c.body, d)
			continue
		}
		if f := failureOf(t, err); f.Kind != order.Unknown || f.Code != code {
			t.Errorf("%d %s: the write is %s with code %s, want unknown, %s", c.status, c.body, f.Kind, f.Code, code)
		}
		if d, err := client.GetOrder(t.Context(), 1); err == nil {
			t.Errorf("%d %s is taken for the document %+v", c.status, c.body, d)
		} else if f := failureOf(t, err); f.Kind != order.Transient || f.Code != code {
			t.Errorf("%d %s: the read is %s with code %s, want transient, %s", c.status, c.body, f.Kind, f.Code, code)
		}
	}
}
