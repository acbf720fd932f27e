package b1sim_test

import (
	"net/http"
	"strings"
	"testing"

	"datawald/sandbox/b1sim"
)

func TestPartners(t *testing.T) {
	s := newSim(t, b1sim.Config{})
	const body = `{"CardCode":"c1","CardName":"customer c1","CardType":"C","EmailAddress":"c1@example.com",
		"BPAddresses":[{"AddressName":"home","AddressType":"bo_BillTo","City":"Rome"}],
		"ContactEmployees":[{"Name":"Ann","E_Mail":"ann@example.com"}]}`
	answer := s.call("POST", "/b1s/v2/BusinessPartners", body)
	answer.want(t, http.StatusCreated)
	answer.wantProps(t, "CardType", "cCustomer", "GroupCode", "100", "Currency", "USD",
		"BPAddresses.0.RowNum", "0", "BPAddresses.0.BPCode", "c1", "ContactEmployees.0.InternalCode", "1")
	if got := answer.header.Get("Location"); got != s.url+"/b1s/v2/BusinessPartners('c1')" {
		t.Errorf("Location %q", got)
	}
	s.call("POST", "/b1s/v1/BusinessPartners", body).wantError(t, 400, "-10",
		"1320000140 - Business partner code 'c1' already assigned to a business partner; enter a unique business partner code")
	s.call("POST", "/b1s/v2/BusinessPartners", `{"CardName":"x"}`).wantError(t, 400, "-5002", "Code undefined  [OCRD.CardCode]")
	s.call("POST", "/b1s/v2/BusinessPartners", `{"CardCode":"1234567890123456"}`).wantError(t, 400, "-1004", "'CardCode' of 'BusinessPartner'")
	s.call("POST", "/b1s/v2/BusinessPartners", `{"CardCode":"c2","ContactEmployees":[{"Name":"Ann"},{"Name":"Ann"}]}`).
		wantError(t, 400, "-2035", "This entry already exists")
	s.call("GET", "/b1s/v2/BusinessPartners?$select=CardCode&$filter=EmailAddress%20eq%20'C1@example.com'", "", "B1S-CaseInsensitive: true").
		wantProps(t, "value.0.CardCode", "c1")
	s.order(strings.Replace(simpleOrder("1"), "C-WEB", "c1", 1))
	s.call("DELETE", "/b1s/v2/BusinessPartners('c1')", "").wantError(t, 400, "-5006", "")
	s.call("DELETE", "/b1s/v2/BusinessPartners('C-WEB-UK')", "").want(t, http.StatusNoContent)
}

func TestPatchPartnerMergesCollections(t *testing.T) {
	s := newSim(t, b1sim.Config{})
	s.call("POST", "/b1s/v2/BusinessPartners", `{"CardCode":"c1","ContactEmployees":[{"Name":"A"},{"Name":"B"}]}`).want(t, http.StatusCreated)
	patch := func(body string, want string, headers ...string) {
		t.Helper()
		s.call("PATCH", "/b1s/v2/BusinessPartners('c1')", body, headers...).want(t, http.StatusNoContent)
		var names []string
		for _, contact := range s.call("GET", "/b1s/v2/BusinessPartners('c1')", "").doc["ContactEmployees"].([]any) {
			names = append(names, textAt(contact, "Name")+textAt(contact, "InternalCode"))
		}
		if got := strings.Join(names, " "); got != want {
			t.Errorf("%s: contacts %s, want %s", body, got, want)
		}
	}
	patch(`{"CardName":"new"}`, "A1 B2")
	patch(`{"ContactEmployees":[{"Name":"C"}]}`, "A1 B2 C3")
	patch(`{"ContactEmployees":[{"InternalCode":2,"Name":"Bea"}]}`, "A1 Bea2 C3")
	patch(`{"CardName":"newer"}`, "A1 Bea2 C3", "B1S-ReplaceCollectionsOnPatch: true")
	patch(`{"ContactEmployees":[{"Name":"D"}]}`, "D4", "B1S-ReplaceCollectionsOnPatch: true")
}

func TestItems(t *testing.T) {
	s := newSim(t, b1sim.Config{})
	s.call("POST", "/b1s/v2/Items", `{"ItemCode":"N1","ItemName":"New"}`).wantProps(t, "SalesItem", "tYES", "Frozen", "tNO")
	s.call("POST", "/b1s/v2/Items", `{"ItemCode":"N1"}`).wantError(t, 400, "-10", "Item code 'N1' already exists")
	s.call("POST", "/b1s/v2/Items", `{"ItemName":"x"}`).wantError(t, 400, "-5002", "Code undefined")
	s.call("PATCH", "/b1s/v2/Items('N1')", `{"SalesItem":"N","QuantityOnStock":9}`).want(t, http.StatusNoContent)
	s.call("GET", "/b1s/v2/Items('N1')?$select=SalesItem,QuantityOnStock,Valid", "").wantProps(t, "SalesItem", "tNO", "QuantityOnStock", "<nil>")
	s.call("POST", "/b1s/v2/Orders", orderWith("", `{"ItemCode":"N1","UnitPrice":1}`)).wantError(t, 400, "-10", "sales item")
}

func TestCodeLists(t *testing.T) {
	s := newSim(t, b1sim.Config{Branches: map[int]string{1: "Main", 2: "West"}})
	for _, tc := range []struct{ set, key, codes, one string }{
		{"AdditionalExpenses", "ExpensCode", "1,2,3", "(1)"},
		{"ShippingTypes", "Code", "1,2,3", "(2)"},
		{"WizardPaymentMethods", "PaymentMethodCode", "Incoming BT,Incoming CC,Incoming CHK,Incoming COD", "('Incoming BT')"},
		{"PaymentTermsTypes", "GroupNumber", "-1,1,2", "(-1)"},
		{"SalesTaxCodes", "Code", "CA825,Exempt,NY8875,TX825", "('Exempt')"},
		{"VatGroups", "Code", "A0,A1,A2", "('A1')"},
		{"Warehouses", "WarehouseCode", "01,02", "('01')"},
		{"SalesPersons", "SalesEmployeeCode", "-1,1", "(1)"},
		{"BusinessPlaces", "BPLID", "1,2", "(2)"},
	} {
		if got := strings.Join(s.call("GET", "/b1s/v2/"+tc.set, "").values(tc.key), ","); got != tc.codes {
			t.Errorf("%s: %s, want %s", tc.set, got, tc.codes)
		}
		s.call("GET", "/b1s/v2/"+tc.set+strings.ReplaceAll(tc.one, " ", "%20"), "").want(t, http.StatusOK)
		s.call("POST", "/b1s/v2/"+tc.set, `{}`).wantError(t, 400, "-5006", "")
	}
	s.call("GET", "/b1s/v2/SalesTaxCodes('CA825')", "").wantProps(t, "Rate", "8.25")
	s.call("GET", "/b1s/v2/VatGroups('A1')", "").wantProps(t, "VatGroups_Lines.0.Rate", "19")
}

func TestAdminInfo(t *testing.T) {
	s := newSim(t, b1sim.Config{LocalCurrency: "EUR", Rates: nil})
	answer := s.call("POST", "/b1s/v2/CompanyService_GetAdminInfo", "")
	answer.want(t, http.StatusOK)
	answer.wantProps(t, "LocalCurrency", "EUR", "TotalsAccuracy", "2", "PriceAccuracy", "6")
	s.call("POST", "/b1s/v2/CompanyService_GetSecrets", "").wantError(t, 400, "200", "")
}

func TestUserFieldAppearsAfterRestart(t *testing.T) {
	s := newSim(t, b1sim.Config{})
	const field = `{"Name":"WEBKEY","Type":"db_Alpha","Size":10,"Description":"web key","SubType":"st_None","TableName":"ORDR"}`
	answer := s.call("POST", "/b1s/v1/UserFieldsMD", field)
	answer.want(t, http.StatusCreated)
	answer.wantProps(t, "FieldID", "0", "EditSize", "10", "Mandatory", "tNO", "LinkedTable", "<nil>", "ValidValuesMD", "[]")
	s.call("POST", "/b1s/v2/UserFieldsMD", field).wantError(t, 400, "-2035", "already exists")
	s.call("POST", "/b1s/v2/UserFieldsMD", `{"Name":"X","TableName":"ORDR","Size":999}`).wantError(t, 400, "-5002", "Field size")

	body := strings.Replace(simpleOrder("1"), `"CardCode"`, `"U_WEBKEY":"k1","CardCode"`, 1)
	s.call("POST", "/b1s/v2/Orders", body).wantError(t, 400, "-1000", "Property 'U_WEBKEY' of 'Document' is invalid")
	s.company.Restart()
	s.call("GET", "/b1s/v2/Orders", "").wantError(t, 401, "301", "")
	s.login("v2")
	s.order(body).wantProps(t, "U_WEBKEY", "k1")
	s.call("POST", "/b1s/v2/Orders", strings.Replace(body, "k1", "12345678901", 1)).wantError(t, 400, "-1004", "Value too long")
	s.call("GET", "/b1s/v2/UserFieldsMD(TableName='ORDR',FieldID=0)", "").wantProps(t, "Name", "WEBKEY")
	// the field of one marketing document exists on all
	s.call("GET", "/b1s/v2/Drafts?$filter=U_WEBKEY%20eq%20'k1'", "").want(t, http.StatusOK)
}

func TestUserTableIsALedger(t *testing.T) {
	s := newSim(t, b1sim.Config{})
	const table = `{"TableName":"LEDGER","TableDescription":"Web orders","TableType":"bott_NoObject"}`
	s.call("POST", "/b1s/v2/UserTablesMD", table).want(t, http.StatusCreated)
	s.call("POST", "/b1s/v2/UserTablesMD", table).wantError(t, 400, "-2035", "already exists")
	s.call("POST", "/b1s/v2/UserFieldsMD", `{"Name":"F1","TableName":"@LEDGER","Size":20}`).want(t, http.StatusCreated)
	const entry = `{"Code":"k1","Name":"CName","U_F1":"test data"}`
	s.call("POST", "/b1s/v2/U_LEDGER", entry).wantError(t, 400, "-1002", "Service Not Found")
	s.control("/control", `{"restart":true}`)
	s.login("v2")
	s.call("POST", "/b1s/v2/U_LEDGER", entry).wantProps(t, "Code", "k1", "U_F1", "test data")
	s.call("POST", "/b1s/v2/U_LEDGER", entry).wantError(t, 400, "-2035", "(ODBC -2035)")
	s.call("GET", "/b1s/v1/U_LEDGER('k1')", "").wantProps(t, "U_F1", "test data")
	s.call("PATCH", "/b1s/v2/U_LEDGER('k1')", `{"U_F1":"new"}`).want(t, http.StatusNoContent)
	s.call("DELETE", "/b1s/v2/U_LEDGER('k1')", "").want(t, http.StatusNoContent)
	s.call("GET", "/b1s/v2/U_LEDGER/$count", "").want(t, http.StatusOK)
}

func TestMetadataAtOnce(t *testing.T) {
	s := newSim(t, b1sim.Config{MetadataAtOnce: true})
	s.call("POST", "/b1s/v2/UserTablesMD", `{"TableName":"LEDGER"}`).want(t, http.StatusCreated)
	s.call("POST", "/b1s/v2/U_LEDGER", `{"Code":"k1"}`).want(t, http.StatusCreated)
}
