package b1sim_test

import (
	"net/http"
	"testing"

	"datawald/sandbox/b1sim"
)

// kit is an item that B1 sells in parts.
var kit = b1sim.Item{Code: "KIT", Name: "Kit", Sales: true, Components: []b1sim.Component{{Code: "A1", Quantity: num("2")}, {Code: "A2", Quantity: num("0.5")}}}

func TestSalesBOM_IsBrokenUpBehindItsLine(t *testing.T) {
	s := newSim(t, b1sim.Config{Items: append([]b1sim.Item{kit}, testItems...)})
	answer := s.order(orderWith("", `{"ItemCode":"KIT","Quantity":3,"UnitPrice":20,"TaxCode":"CA825"}`, `{"ItemCode":"A3","UnitPrice":5}`))
	answer.wantProps(t, "DocTotal", "69.95",
		"DocumentLines.0.ItemCode", "KIT", "DocumentLines.0.TreeType", "iSalesTree", "DocumentLines.0.LineTotal", "60",
		"DocumentLines.1.ItemCode", "A1", "DocumentLines.1.TreeType", "iIngredient", "DocumentLines.1.Quantity", "6", "DocumentLines.1.LineTotal", "0",
		"DocumentLines.2.ItemCode", "A2", "DocumentLines.2.Quantity", "1.5", "DocumentLines.2.UnitPrice", "0",
		"DocumentLines.3.ItemCode", "A3", "DocumentLines.3.TreeType", "iNotATree", "DocumentLines.3.LineNum", "3")
	s.call("PATCH", "/b1s/v2/Orders(1)", `{"DocumentLines":[{"LineNum":3,"UnitPrice":6}]}`).want(t, http.StatusNoContent)
	changed := s.call("GET", "/b1s/v2/Orders(1)", "")
	changed.wantProps(t, "DocTotal", "70.95")
	if n := len(changed.doc["DocumentLines"].([]any)); n != 4 {
		t.Errorf("after a change the order has %d lines, want 4", n)
	}
}

func TestSalesBOM_SurvivesARestart(t *testing.T) {
	file := t.TempDir() + "/b1.journal"
	first := newSim(t, b1sim.Config{StateFile: file})
	first.control("/control/item", `{"code":"KIT","components":[{"code":"A1","quantity":"1"}]}`)
	first.control("/control/item", `{"code":"KIT2","components":[{"code":"A1","quantity":"1"}]}`)
	first.control("/control/item", `{"code":"KIT2"}`)
	if err := first.company.Close(); err != nil {
		t.Fatal(err)
	}
	second := newSim(t, b1sim.Config{StateFile: file})
	second.order(orderWith("", `{"ItemCode":"KIT","UnitPrice":1}`)).wantProps(t, "DocumentLines.1.TreeType", "iIngredient")
	second.order(orderWith("", `{"ItemCode":"KIT2","UnitPrice":1}`)).wantProps(t, "DocumentLines.0.TreeType", "iNotATree")
	second.call("GET", "/b1s/v2/Items('KIT')", "").wantProps(t, "TreeType", "iSalesTree")
}

func TestNegativeLines(t *testing.T) {
	goods := `{"ItemCode":"A1","Quantity":3,"UnitPrice":10,"TaxCode":"CA825"}`
	byQuantity, byPrice := `{"ItemCode":"A2","Quantity":-1,"UnitPrice":5.99,"TaxCode":"CA825"}`, `{"ItemCode":"A2","UnitPrice":-5.99,"TaxCode":"CA825"}`
	for _, tc := range []struct {
		mode   b1sim.NegativeLines
		line   string
		status int
	}{
		{"", byQuantity, 201}, {"", byPrice, 400},
		{b1sim.NegativePrice, byPrice, 201}, {b1sim.NegativePrice, byQuantity, 400},
		{b1sim.NoNegativeLines, byPrice, 400}, {b1sim.NoNegativeLines, byQuantity, 400},
	} {
		for _, rounding := range []b1sim.TaxRounding{b1sim.TaxByDocument, b1sim.TaxByLine} {
			s := newSim(t, b1sim.Config{NegativeLines: tc.mode, TaxRounding: rounding})
			answer := s.call("POST", "/b1s/v2/Orders", orderWith("", goods, tc.line))
			if answer.want(t, tc.status); tc.status == 201 { // 24.01 x 8.25 % = 1.98, and 2.48 - 0.49 = 1.99
				tax, total := "1.98", "25.99"
				if rounding == b1sim.TaxByLine {
					tax, total = "1.99", "26"
				}
				answer.wantProps(t, "VatSum", tax, "DocTotal", total, "DocumentLines.1.LineTotal", "-5.99")
			}
		}
	}
	if _, err := b1sim.New(b1sim.Config{NegativeLines: "maybe"}); err == nil {
		t.Error("an unknown way of negative lines is taken")
	}
}

func TestPartnerSeries(t *testing.T) {
	s := newSim(t, b1sim.Config{PartnerSeries: []b1sim.PartnerSeries{{Number: 71, Prefix: "WEB"}, {Number: 72, Prefix: "X", Digits: 2}}})
	create := func(body string) *reply { return s.call("POST", "/b1s/v2/BusinessPartners", body) }
	create(`{"Series":71,"CardName":"a"}`).wantProps(t, "CardCode", "WEB00001")
	create(`{"CardCode":"WEB00007","CardName":"typed"}`).want(t, http.StatusCreated)
	create(`{"Series":71,"CardName":"b"}`).wantProps(t, "CardCode", "WEB00008", "Series", "71")
	create(`{"Series":72,"CardName":"c"}`).wantProps(t, "CardCode", "X01")
	create(`{"Series":73,"CardName":"d"}`).wantError(t, 400, "-4002", "numbering series")
}

func TestOrders_ContactAndOwnerMustBeKnown(t *testing.T) {
	s := newSim(t, b1sim.Config{Employees: map[int]string{5: "Web shop"}})
	s.call("POST", "/b1s/v2/BusinessPartners", `{"CardCode":"c1","ContactEmployees":[{"Name":"Ann"}]}`).want(t, http.StatusCreated)
	s.call("POST", "/b1s/v2/BusinessPartners", `{"CardCode":"c2","ContactEmployees":[{"Name":"Bob"}]}`).want(t, http.StatusCreated)
	order := func(header string) *reply {
		return s.call("POST", "/b1s/v2/Orders", `{"CardCode":"c1","DocDueDate":"2030-01-31",`+header+`,"DocumentLines":[{"ItemCode":"A1","UnitPrice":1}]}`)
	}
	order(`"ContactPersonCode":1,"DocumentsOwner":5`).wantProps(t, "ContactPersonCode", "1", "DocumentsOwner", "5")
	order(`"ContactPersonCode":2`).wantError(t, 400, "-5002", "[ORDR.CntctCode]") // Bob's, of another partner
	order(`"DocumentsOwner":6`).wantError(t, 404, "-2028", "[ORDR.OwnerCode]")
	s.call("PATCH", "/b1s/v2/Orders(1)", `{"ContactPersonCode":2}`).wantError(t, 400, "-5002", "[ORDR.CntctCode]")
	s.call("PATCH", "/b1s/v2/BusinessPartners('c1')", `{"ContactEmployees":[{"Name":"ANN"}]}`).wantError(t, 400, "-2035", "already exists")
}

func TestPartners_StatesMustBeKnown(t *testing.T) {
	s := newSim(t, b1sim.Config{States: map[string][]string{"US": {"CA"}}})
	create := func(code, country, state string) *reply {
		return s.call("POST", "/b1s/v2/BusinessPartners", `{"CardCode":"`+code+`","BPAddresses":[{"AddressName":"a","Country":"`+country+`","State":"`+state+`"}]}`)
	}
	create("c1", "US", "CA").want(t, http.StatusCreated)
	create("c2", "US", "ZZ").wantError(t, 400, "-5002", "[CRD1.State]")
	create("c3", "FR", "75").want(t, http.StatusCreated)
}

func TestPartnersAndItems_AreFoundByWhatCallersKnow(t *testing.T) {
	s := newSim(t, b1sim.Config{UserFields: []b1sim.UserField{{Table: "OCRD", Name: "WebID"}},
		Partners: []b1sim.Partner{{Code: "C1", Email: "Ann@Example.com", TaxID: "DE123"}, {Code: "S1", Email: "ann@example.com", Supplier: true}},
		Items:    []b1sim.Item{{Code: "A1", Barcode: "4006381333931", Sales: true}, {Code: "A2", Sales: true}}})
	s.call("PATCH", "/b1s/v2/BusinessPartners('C1')", `{"U_WebID":"main:7"}`).want(t, http.StatusNoContent)
	for _, filter := range []string{"EmailAddress%20eq%20'ann@example.com'", "FederalTaxID%20eq%20'de123'", "U_WebID%20eq%20'MAIN:7'"} {
		answer := s.call("GET", "/b1s/v2/BusinessPartners?$select=CardCode,Frozen&$filter="+filter+"%20and%20CardType%20eq%20'cCustomer'", "", "B1S-CaseInsensitive: true")
		if got := answer.values("CardCode"); len(got) != 1 || got[0] != "C1" {
			t.Errorf("%s finds %v", filter, got)
		}
	}
	if got := s.call("GET", "/b1s/v2/Items?$select=ItemCode&$filter=BarCode%20eq%20'4006381333931'", "").values("ItemCode"); len(got) != 1 || got[0] != "A1" {
		t.Errorf("the bar code finds %v", got)
	}
}
