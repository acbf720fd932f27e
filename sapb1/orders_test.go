package sapb1_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/shopspring/decimal"
	"pgregory.net/rapid"

	"datawald/order"
	"datawald/sandbox/b1sim"
	"datawald/sapb1"
)

func TestCreateOrder_GivesTheDocumentThatB1Made(t *testing.T) {
	for _, version := range versions {
		b := start(t, b1sim.Config{})
		client := b.client(version)
		o := anOrder("000000123")
		o.Expenses = []sapb1.AdditionalExpense{{ExpenseCode: 1, LineTotal: amount("5.01"), TaxCode: "Exempt"}}
		d, err := client.CreateOrder(t.Context(), o)
		if err != nil {
			t.Fatal(err)
		}
		if d.DocEntry == 0 || d.DocNum == 0 || d.NumAtCard != "000000123" || d.CardCode != "C-WEB" || !d.DocTotal.Equal(num("31")) || d.IsCancelled() {
			t.Errorf("%s: the document is %+v", version, d)
		}
		if len(d.Lines) != 2 || d.Lines[0].ItemCode != "A1" || !d.Lines[0].Quantity.Equal(num("2")) || !d.Lines[0].LineTotal.Equal(num("25")) {
			t.Errorf("%s: the lines are %+v", version, d.Lines)
		}
		read, err := client.GetOrder(t.Context(), d.DocEntry)
		if err != nil || read.DocNum != d.DocNum || !read.DocTotal.Equal(d.DocTotal.Decimal) || len(read.Lines) != 2 {
			t.Errorf("%s: read again it is %+v, %v", version, read, err)
		}
		if err := b.company.Cancel("000000123"); err != nil {
			t.Fatal(err)
		}
		if read, err = client.GetOrder(t.Context(), d.DocEntry); err != nil || !read.IsCancelled() {
			t.Errorf("%s: after it was cancelled it is %+v, %v", version, read, err)
		}
		for _, r := range b.received() {
			if r.header.Get("Expect") != "" {
				t.Errorf("%s: %s sends Expect, which Apache answers with 500", version, r.path)
			}
			if strings.Contains(r.body, "DocTotal") {
				t.Errorf("%s: %s sends a DocTotal: %s", version, r.path, r.body)
			}
		}
	}
}

func TestGetOrder_SaysWhatIsNotThere(t *testing.T) {
	for _, version := range versions {
		b := start(t, b1sim.Config{})
		_, err := b.client(version).GetOrder(t.Context(), 4711)
		if f := failureOf(t, err); f.Kind != order.Permanent || !sapb1.IsNotFound(err) {
			t.Errorf("%s: %+v, want permanent and not found", version, f)
		}
	}
	if sapb1.IsNotFound(nil) || sapb1.IsNotFound(fmt.Errorf("x: %w", &order.Failure{System: "magento", Code: "-2028"})) {
		t.Error("other errors are taken for B1's not found")
	}
}

func TestAmounts_GoToB1AndBackExactly(t *testing.T) {
	for _, version := range versions {
		b := start(t, b1sim.Config{})
		client := b.client(version)
		for i, c := range []struct{ quantity, price, body string }{
			{num("0.1").Add(num("0.2")).String(), "1", `"Quantity":0.3,`},
			{"1", "12345678.123456", `"UnitPrice":12345678.123456`},
			{"1", "0.000001", `"UnitPrice":0.000001`},
			{"3", "9007199254740993", `"UnitPrice":9007199254740993`},
			{"1.5", "19.99", `"Quantity":1.5,"UnitPrice":19.99`},
			{"1e2", "1E-2", `"Quantity":100,"UnitPrice":0.01`},
		} {
			o := anOrder(fmt.Sprint(i))
			o.Lines = []sapb1.DocumentLine{{ItemCode: "A1", Quantity: amount(c.quantity), UnitPrice: amount(c.price)}}
			d, err := client.CreateOrder(t.Context(), o)
			if err != nil {
				t.Errorf("%s: %s x %s: %v", version, c.quantity, c.price, err)
				continue
			}
			if l := d.Lines[0]; !l.Quantity.Equal(num(c.quantity)) || !l.UnitPrice.Equal(num(c.price)) {
				t.Errorf("%s: %s x %s comes back as %s x %s", version, c.quantity, c.price, l.Quantity, l.UnitPrice)
			}
			all := b.received()
			if body := all[len(all)-1].body; !strings.Contains(body, c.body) {
				t.Errorf("%s: %s x %s is sent as %s, want %s", version, c.quantity, c.price, body, c.body)
			}
		}
	}
}

func TestAmount_RoundTrips(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		d := decimal.New(rapid.Int64().Draw(t, "digits"), -rapid.Int32Range(-3, 12).Draw(t, "places"))
		text, err := json.Marshal(sapb1.NewAmount(d))
		if err != nil || text[0] == '"' {
			t.Fatalf("%s is written %s, %v", d, text, err)
		}
		for _, form := range []string{string(text), `"` + string(text) + `"`} {
			var a sapb1.Amount
			if err := json.Unmarshal([]byte(form), &a); err != nil || !a.Equal(d) {
				t.Errorf("%s is read as %s, %v", form, a, err)
			}
		}
	})
	for _, empty := range []string{`null`, `""`} {
		a := amount("7")
		if err := json.Unmarshal([]byte(empty), &a); err != nil || !a.IsZero() {
			t.Errorf("%s is read as %s, %v", empty, a, err)
		}
	}
	for _, bad := range []string{`"x"`, `true`, `{}`, `[]`, `"1,5"`} {
		var a sapb1.Amount
		if err := json.Unmarshal([]byte(bad), &a); err == nil {
			t.Errorf("%s is read as %s", bad, a)
		}
	}
}

func TestDate_IsTheSameDayInBothVersions(t *testing.T) {
	const want = "2030-01-31"
	for _, version := range versions {
		b := start(t, b1sim.Config{})
		client := b.client(version)
		if _, err := client.CreateOrder(t.Context(), anOrder("1")); err != nil {
			t.Fatal(err)
		}
		all := b.received()
		if body := all[len(all)-1].body; !strings.Contains(body, `"DocDueDate":"`+want+`"`) {
			t.Errorf("%s: the day is sent as %s", version, body)
		}
		var answer struct{ DocDueDate, DocDate sapb1.Date }
		if err := json.Unmarshal(b.get(version, "Orders(1)?$select=DocDueDate,DocDate"), &answer); err != nil {
			t.Fatal(err)
		}
		if got := answer.DocDueDate.Format(time.DateOnly); got != want || answer.DocDate.IsZero() {
			t.Errorf("%s: the day comes back as %s and %v, want %s", version, got, answer.DocDate, want)
		}
	}
}

func TestDate_IsNeverShifted(t *testing.T) {
	for text, want := range map[string]string{
		`"2025-08-20"`: "2025-08-20", `"2025-08-20T00:00:00Z"`: "2025-08-20", `"2025-08-20T23:59:59+14:00"`: "2025-08-20",
		`"2025-08-20T00:00:00-11:00"`: "2025-08-20", `"2024-02-29"`: "2024-02-29", `null`: "0001-01-01", `""`: "0001-01-01",
	} {
		d := day
		if err := json.Unmarshal([]byte(text), &d); err != nil || d.Format(time.DateOnly) != want || d.Location() != time.UTC {
			t.Errorf("%s is read as %v, %v; want %s", text, d, err, want)
		}
	}
	for _, bad := range []string{`"2025-8-20"`, `"20250820"`, `"2025-02-30"`, `"soon"`, `5`} {
		var d sapb1.Date
		if err := json.Unmarshal([]byte(bad), &d); err == nil {
			t.Errorf("%s is read as %v", bad, d)
		}
	}
	if text, err := json.Marshal(sapb1.Date{}); string(text) != "null" || err != nil {
		t.Errorf("no date is written %s, %v", text, err)
	}
	rapid.Check(t, func(t *rapid.T) {
		zone := time.FixedZone("", rapid.IntRange(-12*3600, 14*3600).Draw(t, "offset"))
		at := time.Unix(rapid.Int64Range(0, 4_000_000_000).Draw(t, "time"), 0).In(zone)
		text, err := json.Marshal(sapb1.NewDate(at))
		var back sapb1.Date
		if err != nil || string(text) != at.Format(`"2006-01-02"`) || json.Unmarshal(text, &back) != nil || !back.Equal(sapb1.NewDate(at).Time) {
			t.Errorf("%v is written %s and read %v (%v)", at, text, back, err)
		}
	})
}

func TestSalesOrder_WritesUserFieldsBesideItsOwn(t *testing.T) {
	for _, version := range versions {
		b := start(t, b1sim.Config{UserFields: []b1sim.UserField{{Table: "ORDR", Name: "WEBORDID"}, {Table: "ORDR", Name: "COUNT", Type: "db_Numeric"}}})
		o := anOrder("1")
		o.UserFields = map[string]any{"U_WEBORDID": "main:1:O'Brien & Söhne", "U_COUNT": 7}
		client := b.client(version)
		if _, err := client.CreateOrder(t.Context(), o); err != nil {
			t.Fatal(err)
		}
		var answer map[string]any
		if err := json.Unmarshal(b.get(version, "Orders(1)"), &answer); err != nil {
			t.Fatal(err)
		}
		if answer["U_WEBORDID"] != "main:1:O'Brien & Söhne" || fmt.Sprint(answer["U_COUNT"]) != "7" || answer["NumAtCard"] != "1" {
			t.Errorf("%s: B1 has %v, %v, %v", version, answer["U_WEBORDID"], answer["U_COUNT"], answer["NumAtCard"])
		}
	}
}

func TestDocument_KnowsItsState(t *testing.T) {
	type state struct{ cancelled, rejected, approved bool }
	for text, want := range map[string]state{
		`{"Cancelled":"tYES"}`: {cancelled: true}, `{"Cancelled":"csYes"}`: {cancelled: true}, `{"Cancelled":"tNO"}`: {}, `{}`: {},
		`{"AuthorizationStatus":"dasRejected"}`: {rejected: true}, `{"AuthorizationStatus":"N"}`: {rejected: true},
		`{"AuthorizationStatus":"dasApproved"}`: {approved: true}, `{"AuthorizationStatus":"Y"}`: {approved: true},
		`{"AuthorizationStatus":"dasPending"}`: {}, `{"AuthorizationStatus":"dasWithout"}`: {},
	} {
		var d sapb1.Document
		err := json.Unmarshal([]byte(text), &d)
		if got := (state{d.IsCancelled(), d.IsRejected(), d.IsApproved()}); err != nil || got != want {
			t.Errorf("%s: %+v (%v), want %+v", text, got, err, want)
		}
	}
	for code, want := range map[string][2]bool{"-2028": {true, false}, "-2035": {false, true}, "-10": {}, "": {}} {
		if approval, duplicate := sapb1.IsApprovalCode(code), sapb1.IsDuplicateCode(code); approval != want[0] || duplicate != want[1] {
			t.Errorf("code %q: approval %t, duplicate %t; want %v", code, approval, duplicate, want)
		}
	}
}
