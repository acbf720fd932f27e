package b1sim_test

import (
	"net/http"
	"testing"

	"datawald/sandbox/b1sim"
)

func TestPatchOrder(t *testing.T) {
	s := newSim(t, b1sim.Config{Now: newClock().Now, UserFields: []b1sim.UserField{{Table: "ORDR", Name: "Note"}}})
	s.order(orderWith(`"NumAtCard":"1","AddressExtension":{"ShipToCity":"Rome","ShipToCountry":"IT"}`, `{"ItemCode":"A1","UnitPrice":10}`))
	answer := s.call("PATCH", "/b1s/v2/Orders(1)",
		`{"Comments":"call first","NumAtCard":"2","U_Note":"n","VatSum":99,"AddressExtension":{"ShipToCity":"Milan"}}`)
	if answer.status != http.StatusNoContent || len(answer.body) != 0 {
		t.Fatalf("PATCH answered %d %s", answer.status, answer.body)
	}
	s.call("GET", "/b1s/v2/Orders(1)", "").wantProps(t,
		"Comments", "call first", "NumAtCard", "2", "U_Note", "n", "VatSum", "0", "DocTotal", "10",
		"AddressExtension.ShipToCity", "Milan", "AddressExtension.ShipToCountry", "IT", "DataVersion", "2",
		"UpdateDate", "2029-06-15T00:00:00Z", "UpdateTime", "10:30:00")
	if s.company.CountByNumAtCard("1") != 0 || s.company.CountByNumAtCard("2") != 1 {
		t.Error("the old reference is still found")
	}
	s.call("PATCH", "/b1s/v2/Orders(1)", `{"NumAtCard":null}`).want(t, http.StatusNoContent)
	s.call("GET", "/b1s/v2/Orders(1)", "").wantProps(t, "NumAtCard", "<nil>")
	s.call("PATCH", "/b1s/v2/Orders(1)", `{"Nope":1}`).wantError(t, 400, "-1000", "'Nope' of 'Document'")
	s.call("PATCH", "/b1s/v2/Orders(1)", `{"PaymentMethod":"Shells"}`).wantError(t, 400, "-5002", "[ORDR.PeyMethod]")
	s.call("PATCH", "/b1s/v2/Orders(1)", `{"CardCode":"NOPE"}`).wantError(t, 400, "-5002", "[ORDR.CardCode]")
	s.call("PATCH", "/b1s/v2/Orders(9)", `{}`).wantError(t, 404, "-2028", "Entity with value('9') does not exist")
}

func TestPatchLinesComputesAgain(t *testing.T) {
	s := newSim(t, b1sim.Config{})
	s.order(orderWith(`"DocCurrency":"EUR","DocumentAdditionalExpenses":[{"ExpenseCode":1,"LineTotal":5}]`,
		`{"ItemCode":"A1","Quantity":1,"UnitPrice":10}`, `{"ItemCode":"A2","Quantity":2,"UnitPrice":10,"DiscountPercent":50}`))
	patch := func(body string, want ...string) {
		t.Helper()
		s.call("PATCH", "/b1s/v2/Orders(1)", body).want(t, http.StatusNoContent)
		s.call("GET", "/b1s/v2/Orders(1)", "").wantProps(t, want...)
	}
	patch(`{"DocumentLines":[{"LineNum":1,"Quantity":7}]}`, "DocTotalFc", "50", "DocumentLines.0.Quantity", "1", "DocumentLines.1.Quantity", "7")
	patch(`{"DocumentLines":[{"LineNum":0,"Price":20}]}`, "DocTotalFc", "60", "DocumentLines.0.UnitPrice", "20")
	patch(`{"DocumentLines":[{"ItemCode":"A1","UnitPrice":1}]}`, "DocTotalFc", "61", "DocumentLines.2.LineNum", "2")
	patch(`{"DiscountPercent":50}`, "DocTotalFc", "33")
	s.call("PATCH", "/b1s/v2/Orders(1)", `{"DocumentLines":[{"LineNum":0,"Quantity":0}]}`).wantError(t, 400, "-5002", "Quantity")
}

func TestOrderActions(t *testing.T) {
	s := newSim(t, b1sim.Config{})
	s.order(simpleOrder("1"))
	s.order(simpleOrder("2"))
	do := func(path string) *reply { return s.call("POST", "/b1s/v2/"+path, "") }

	do("Orders(1)/Cancel").want(t, http.StatusNoContent)
	s.call("GET", "/b1s/v2/Orders(1)", "").wantProps(t,
		"Cancelled", "tYES", "CancelStatus", "csYes", "DocumentStatus", "bost_Close", "DocumentLines.0.LineStatus", "bost_Close")
	do("Orders(1)/Cancel").wantError(t, 400, "-5002", "already closed or canceled")
	do("Orders(1)/Reopen").wantError(t, 400, "-5002", "reopened")

	do("Orders(2)/Reopen").wantError(t, 400, "-5002", "reopened")
	do("Orders(2)/Close").want(t, http.StatusNoContent)
	s.call("GET", "/b1s/v2/Orders(2)", "").wantProps(t, "Cancelled", "tNO", "DocumentStatus", "bost_Close")
	s.call("PATCH", "/b1s/v2/Orders(2)", `{"DocumentLines":[{"LineNum":0,"Quantity":2}]}`).wantError(t, 400, "-5002", "closed")
	do("Orders(2)/Reopen").want(t, http.StatusNoContent)
	s.call("GET", "/b1s/v2/Orders(2)", "").wantProps(t, "DocumentStatus", "bost_Open")

	do("Orders(2)/Explode").wantError(t, 400, "-5006", "not supported")
	do("Orders(3)/Cancel").wantError(t, 404, "-2028", "")
	for _, version := range []string{"v1", "v2"} {
		s.call("DELETE", "/b1s/"+version+"/Orders(2)", "").wantError(t, 400, "-5006", "The requested action is not supported for this object.")
	}
	s.call("PUT", "/b1s/v2/Orders(2)", `{}`).wantError(t, 400, "-5006", "")
	s.call("DELETE", "/b1s/v2/Orders", "").wantError(t, 400, "-5006", "")
}

func TestIfMatch(t *testing.T) {
	s := newSim(t, b1sim.Config{})
	first := s.order(simpleOrder("1")).header.Get("ETag")
	s.call("PATCH", "/b1s/v2/Orders(1)", `{"Comments":"a"}`, "If-Match: "+first).want(t, http.StatusNoContent)
	stale := []*reply{
		s.call("PATCH", "/b1s/v2/Orders(1)", `{"Comments":"b"}`, "If-Match: "+first),
		s.call("POST", "/b1s/v2/Orders(1)/Cancel", "", "If-Match: "+first),
	}
	for _, answer := range stale {
		answer.wantError(t, http.StatusPreconditionFailed, "-2039", "open the window again (ODBC -2039)")
	}
	now := s.call("GET", "/b1s/v2/Orders(1)", "").header.Get("ETag")
	if now == first {
		t.Fatal("the ETag did not change")
	}
	s.call("PATCH", "/b1s/v2/Orders(1)", `{"Comments":"c"}`, "If-Match: *").want(t, http.StatusNoContent)
	s.call("POST", "/b1s/v2/Orders(1)/Cancel", "").want(t, http.StatusNoContent)
}

func TestApprovalMakesADraftAndAnswersAnError(t *testing.T) {
	s := newSim(t, b1sim.Config{Approval: b1sim.Approval{On: true, Above: num("50")}})
	s.order(simpleOrder("small"))
	big := orderWith(`"NumAtCard":"big"`, `{"ItemCode":"A1","UnitPrice":51}`)
	s.call("POST", "/b1s/v1/Orders", big).wantError(t, 404, "-2028", "No matching records found (ODBC -2028)")
	s.call("GET", "/b1s/v2/Orders?$filter=NumAtCard%20eq%20'big'", "").wantProps(t, "value", "[]")
	s.call("GET", "/b1s/v2/Drafts?$filter=NumAtCard%20eq%20'big'%20and%20DocObjectCode%20eq%20'oOrders'", "").wantProps(t,
		"value.0.AuthorizationStatus", "dasPending", "value.0.DocTotal", "51", "value.0.DocumentStatus", "bost_Open")

	quiet := s.call("POST", "/b1s/v2/Orders", orderWith(`"NumAtCard":"quiet"`, `{"ItemCode":"A1","UnitPrice":51}`), "Prefer: return-no-content")
	if quiet.status != http.StatusNoContent || quiet.header.Get("Location") != "" {
		t.Errorf("answered %d, Location %q", quiet.status, quiet.header.Get("Location"))
	}
	if drafts := s.company.Drafts(); len(drafts) != 2 || len(s.company.Orders()) != 1 {
		t.Errorf("%d drafts, %d orders", len(drafts), len(s.company.Orders()))
	}

	s.control("/control/approve", `{"key":"big"}`)
	s.call("GET", "/b1s/v2/Orders?$filter=NumAtCard%20eq%20'big'", "").wantProps(t,
		"value.0.DocEntry", "2", "value.0.AuthorizationStatus", "dasGeneratedbyAuthorizer", "value.0.DocumentStatus", "bost_Open")
	s.call("GET", "/b1s/v2/Drafts(1)", "").wantProps(t, "AuthorizationStatus", "dasGeneratedbyAuthorizer", "DocumentStatus", "bost_Close")

	s.control("/control/reject", `{"key":"quiet"}`)
	s.call("GET", "/b1s/v2/Drafts(2)", "").wantProps(t, "AuthorizationStatus", "dasRejected")
	s.call("POST", "/control/approve", `{"key":"quiet"}`).want(t, http.StatusBadRequest)
	if got := s.company.DuplicateKeys(); len(got) != 0 {
		t.Errorf("duplicates %v", got)
	}
}

func TestApprovedDraftIsSavedByItsAuthor(t *testing.T) {
	s := newSim(t, b1sim.Config{Approval: b1sim.Approval{On: true}})
	s.call("POST", "/b1s/v2/Orders", simpleOrder("1")).wantError(t, 404, "-2028", "")
	save := func() *reply {
		return s.call("POST", "/b1s/v2/DraftsService_SaveDraftToDocument", `{"Document":{"DocEntry":1}}`)
	}
	save().wantError(t, 400, "-5002", "")
	s.control("/control/approve", `{"key":"1","post":false}`)
	save().want(t, http.StatusNoContent)
	save().wantError(t, 400, "-5002", "")
	if got := s.company.CountByNumAtCard("1"); got != 1 {
		t.Errorf("%d orders", got)
	}
}

func TestDraftsByHand(t *testing.T) {
	s := newSim(t, b1sim.Config{})
	draft := orderWith(`"DocObjectCode":"17","NumAtCard":"d"`, `{"ItemCode":"A1","UnitPrice":1}`, `{"ItemCode":"A2","UnitPrice":2}`)
	answer := s.call("POST", "/b1s/v2/Drafts", draft)
	answer.want(t, http.StatusCreated)
	answer.wantProps(t, "DocObjectCode", "oOrders", "DocEntry", "1")
	s.call("PATCH", "/b1s/v2/Drafts(1)", `{"DocumentLines":[{"LineNum":1,"Quantity":3}]}`).want(t, http.StatusNoContent)
	s.call("GET", "/b1s/v1/Drafts(1)", "").wantProps(t, "DocTotal", "7", "DocObjectCode", "17")
	s.call("DELETE", "/b1s/v2/Drafts(1)", "").want(t, http.StatusNoContent)
	s.call("GET", "/b1s/v2/Drafts(1)", "").wantError(t, 404, "-2028", "")
	s.call("POST", "/b1s/v2/Drafts", draft).wantProps(t, "DocEntry", "2") // the number is not given out again
	s.call("POST", "/b1s/v2/Drafts", orderWith("", `{"ItemCode":"A1"}`)).wantError(t, 400, "-5006", "")
}
