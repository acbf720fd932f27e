package b1sim_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/shopspring/decimal"

	"datawald/sandbox/b1sim"
)

func TestCreateOrderShapes(t *testing.T) {
	for _, tc := range []struct {
		version, due, context, location, tag string
	}{
		{"v1", "2030-01-31", "odata.metadata", "/b1s/v1/Orders(1)", ""},
		{"v2", "2030-01-31T00:00:00Z", "@odata.context", "URL/b1s/v2/Orders(1)", `W/"356A192B7913B04C54574D18C28D46E6395428AB"`},
	} {
		t.Run(tc.version, func(t *testing.T) {
			s := newSim(t, b1sim.Config{})
			answer := s.call("POST", "/b1s/"+tc.version+"/Orders", simpleOrder("000000123"))
			answer.want(t, http.StatusCreated)
			answer.wantProps(t,
				"DocEntry", "1", "DocNum", "1", "NumAtCard", "000000123", "CardName", "Web shop customer",
				"DocDueDate", tc.due, "DocTotal", "20", "DocTotalFc", "0", "VatSum", "0", "DocumentStatus", "bost_Open",
				"Cancelled", "tNO", "AuthorizationStatus", "dasWithout", "DocType", "dDocument_Items",
				"DocumentLines.0.LineNum", "0", "DocumentLines.0.LineTotal", "20", "DocumentLines.0.WarehouseCode", "01",
				"DocumentLines.0.ItemDescription", "Article 1", "JournalMemo", "Sales Orders - C-WEB", "Comments", "<nil>")
			if answer.text(tc.context) == "<nil>" {
				t.Errorf("no %s", tc.context)
			}
			if got := answer.header.Get("Location"); got != strings.Replace(tc.location, "URL", s.url, 1) {
				t.Errorf("Location %q", got)
			}
			if got := answer.header.Get("ETag"); got != tc.tag {
				t.Errorf("ETag %q, want %q", got, tc.tag)
			}
		})
	}
}

func TestCreateOrderReturnsNoContentOnRequest(t *testing.T) {
	s := newSim(t, b1sim.Config{})
	answer := s.call("POST", "/b1s/v1/Orders", simpleOrder("1"), "Prefer: return-no-content")
	answer.want(t, http.StatusNoContent)
	if answer.header.Get("Location") != "/b1s/v1/Orders(1)" || answer.header.Get("Preference-Applied") != "return-no-content" {
		t.Errorf("headers %v", answer.header)
	}
}

// The samples of SAP's manual and SDK: numbers as text, names in another case, Price for UnitPrice, no tax code.
func TestCreateOrderAcceptsWhatSAPsSamplesSend(t *testing.T) {
	s := newSim(t, b1sim.Config{})
	s.order(`{"cardcode":"C-WEB","docduedate":"20300131","doctype":"I","documentlines":[{"itemcode":"A1","quantity":"100","unitprice":"30"}]}`).
		wantProps(t, "DocTotal", "3000", "DocDueDate", "2030-01-31T00:00:00Z", "DocType", "dDocument_Items")
	s.order(orderWith(`"DocDate":"2030-01-02T23:30:00Z"`, `{"ItemCode":"A1","Quantity":1,"Price":1}`)).
		wantProps(t, "DocTotal", "1", "DocDate", "2030-01-02T00:00:00Z")
}

func TestCreateOrderTakesTheListPriceWithoutAPrice(t *testing.T) {
	s := newSim(t, b1sim.Config{})
	s.order(orderWith("", `{"ItemCode":"A2","Quantity":2}`)).wantProps(t, "DocTotal", "25", "DocumentLines.0.UnitPrice", "12.5")
}

// B1 does not check the customer's reference number of sales orders (SAP Note 1354920).
func TestCreateOrderTwiceMakesTwoOrders(t *testing.T) {
	s := newSim(t, b1sim.Config{})
	s.order(simpleOrder("same"))
	s.order(simpleOrder("same"))
	if got := s.company.CountByNumAtCard("same"); got != 2 {
		t.Errorf("CountByNumAtCard = %d, want 2", got)
	}
	if got := s.company.DuplicateKeys(); len(got) != 1 || got[0] != "same" {
		t.Errorf("DuplicateKeys = %v", got)
	}
}

func TestCreateOrderRefused(t *testing.T) {
	const line = `{"ItemCode":"A1","Quantity":1,"UnitPrice":1}`
	for _, tc := range []struct {
		name, body string
		status     int
		code, text string
	}{
		{"ErrJSON", `{"CardCode":`, 400, "-1000", "JSON"},
		{"ErrPartner", `{"CardCode":"NOPE","DocDueDate":"2030-01-31","DocumentLines":[` + line + `]}`, 400, "-5002", "[ORDR.CardCode] , 'NOPE'"},
		{"ErrSupplier", `{"CardCode":"S-PAPER","DocDueDate":"2030-01-31","DocumentLines":[` + line + `]}`, 400, "-5002", "[ORDR.CardCode]"},
		{"ErrFrozenPartner", `{"CardCode":"C-OLD","DocDueDate":"2030-01-31","DocumentLines":[` + line + `]}`, 400, "-10", "10001071"},
		{"ErrNoDueDate", `{"CardCode":"C-WEB","DocumentLines":[` + line + `]}`, 400, "-5002", "[ORDR.DocDueDate]"},
		{"ErrNoLines", orderWith(""), 400, "-5002", "[DocumentLines]"},
		{"ErrUnknownItem", orderWith("", line, `{"ItemCode":"NOPE","Quantity":1}`), 400, "-10", "[DocumentLines.ItemCode][line: 2]"},
		{"ErrNoItem", orderWith("", `{"Quantity":1}`), 400, "-10", "Item number is missing"},
		{"ErrNotSalesItem", orderWith("", `{"ItemCode":"RAW","Quantity":1}`), 400, "-10", "not specified as sales item"},
		{"ErrFrozenItem", orderWith("", `{"ItemCode":"OLD","Quantity":1}`), 400, "-10", "Item frozen in warehouse (131)"},
		{"ErrQuantity", orderWith("", `{"ItemCode":"A1","Quantity":0}`), 400, "-5002", "[DocumentLines.Quantity][line: 1]"},
		{"ErrTaxCode", orderWith("", `{"ItemCode":"A1","TaxCode":"XX"}`), 400, "-5002", "Enter valid code  [DocumentLines.TaxCode][line: 1]"},
		{"ErrVatGroup", orderWith("", `{"ItemCode":"A1","VatGroup":"XX"}`), 400, "-5002", "[DocumentLines.VatGroup][line: 1]"},
		{"ErrWarehouse", orderWith("", `{"ItemCode":"A1","WarehouseCode":"99"}`), 400, "-5002", "10000515 - Item A1 not found in Warehouse 99"},
		{"ErrLineShipping", orderWith("", `{"ItemCode":"A1","ShippingMethod":99}`), 404, "-2028", "ShippingMethod"},
		{"ErrLineDiscount", orderWith("", `{"ItemCode":"A1","DiscountPercent":101}`), 400, "-5002", "10001058"},
		{"ErrExpense", orderWith(`"DocumentAdditionalExpenses":[{"ExpenseCode":9,"LineTotal":5}]`, line), 400, "-5002", "[DocumentAdditionalExpenses.ExpenseCode][line: 1]"},
		{"ErrExpenseTax", orderWith(`"DocumentAdditionalExpenses":[{"ExpenseCode":1,"LineTotal":5,"TaxCode":"XX"}]`, line), 400, "-5002", "[DocumentAdditionalExpenses.TaxCode][line: 1]"},
		{"ErrTransport", orderWith(`"TransportationCode":99`, line), 404, "-2028", "[ORDR.TrnspCode]"},
		{"ErrPaymentTerms", orderWith(`"PaymentGroupCode":99`, line), 404, "-2028", "[ORDR.GroupNum]"},
		{"ErrSalesPerson", orderWith(`"SalesPersonCode":99`, line), 404, "-2028", "[ORDR.SlpCode]"},
		{"ErrPaymentMethod", orderWith(`"PaymentMethod":"Shells"`, line), 400, "-5002", "[ORDR.PeyMethod]"},
		{"ErrSeries", orderWith(`"Series":99`, line), 400, "-4002", "numbering series"},
		{"ErrCurrency", orderWith(`"DocCurrency":"XXX"`, line), 400, "-5002", "[ORDR.DocCur]"},
		{"ErrRate", orderWith(`"DocCurrency":"CHF"`, line), 400, "-4006", "Update the exchange rate   CHF"},
		{"ErrDiscount", orderWith(`"DiscountPercent":100`, line), 400, "-5002", "10001058 Enter a discount percentage of less than 100"},
		{"ErrNegativeTax", orderWith("", `{"ItemCode":"A1","Quantity":-1,"UnitPrice":10,"TaxCode":"CA825"}`), 400, "-5002", "Tax amount cannot be negative"},
		{"ErrNegativeTotal", orderWith("", `{"ItemCode":"A1","Quantity":-1,"UnitPrice":10}`), 400, "-5002", "Document total must be zero"},
		{"ErrProperty", orderWith(`"NoSuchField":1`, line), 400, "-1000", "Property 'NoSuchField' of 'Document' is invalid"},
		{"ErrLineProperty", orderWith("", `{"ItemCode":"A1","Nope":1}`), 400, "-1000", "Property 'Nope' of 'DocumentLine' is invalid"},
		{"ErrUserField", orderWith(`"U_Nope":"x"`, line), 400, "-1000", "Property 'U_Nope' of 'Document' is invalid"},
		{"ErrTooLong", orderWith(`"NumAtCard":"`+strings.Repeat("x", 101)+`"`, line), 400, "-1004", "Value too long in property 'NumAtCard' of 'Document'"},
		{"ErrStreetTooLong", orderWith(`"AddressExtension":{"ShipToStreet":"`+strings.Repeat("x", 101)+`"}`, line), 400, "-1004", "'ShipToStreet' of 'AddressExtension'"},
		{"ErrState", orderWith(`"AddressExtension":{"ShipToCountry":"US","ShipToState":"ZZ"}`, line), 400, "-5002", "[AddressExtension.ShipToState]"},
		{"ErrNumber", orderWith("", `{"ItemCode":"A1","Quantity":"two"}`), 400, "-1004", "'two' is not a valid value for property 'Quantity'"},
		{"ErrInteger", orderWith(`"TransportationCode":1.5`, line), 400, "-1004", "TransportationCode"},
		{"ErrDate", orderWith(`"DocDate":"31.01.2030"`, line), 400, "-1004", "DocDate"},
		{"ErrEnum", orderWith(`"DocType":"Z"`, line), 400, "-1004", "The valid values are: 'I' - 'dDocument_Items'"},
		{"ErrText", orderWith(`"NumAtCard":123`, line), 400, "-1004", "NumAtCard"},
		{"ErrBool", orderWith(`"NumAtCard":true`, line), 400, "-1004", "'true' is not a valid value"},
		{"ErrPart", orderWith(`"AddressExtension":[]`, line), 400, "-1000", "AddressExtension"},
		{"ErrTime", orderWith(`"DocTime":"noon"`, line), 400, "-1004", "DocTime"},
		{"ErrList", `{"CardCode":"C-WEB","DocDueDate":"2030-01-31","DocumentLines":{}}`, 400, "-1000", "DocumentLines"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			s := newSim(t, b1sim.Config{
				Partners: []b1sim.Partner{
					{Code: "C-WEB", Name: "Web"}, {Code: "C-OLD", Frozen: true}, {Code: "S-PAPER", Supplier: true},
				},
				Rates:  map[string]decimal.Decimal{"EUR": num("1.1"), "CHF": num("0")},
				States: map[string][]string{"US": {"CA", "TX"}},
			})
			for _, version := range []string{"v1", "v2"} {
				s.call("POST", "/b1s/"+version+"/Orders", tc.body).wantError(t, tc.status, tc.code, tc.text)
			}
			if got := len(s.company.Orders()); got != 0 {
				t.Errorf("%d orders were created", got)
			}
		})
	}
}

func TestLengthsCountUTF16Units(t *testing.T) {
	s := newSim(t, b1sim.Config{})
	s.order(simpleOrder(strings.Repeat("ü", 100)))
	s.call("POST", "/b1s/v2/Orders", simpleOrder(strings.Repeat("😀", 51))).wantError(t, 400, "-1004", "NumAtCard")
}

func TestPostingPeriods(t *testing.T) {
	s := newSim(t, b1sim.Config{Now: newClock().Now, OpenFrom: "2029-01-01", OpenTo: "2030-12-31"})
	const line = `{"ItemCode":"A1","UnitPrice":1}`
	s.order(orderWith("", line))
	post := func(header string) *reply { return s.call("POST", "/b1s/v2/Orders", orderWith(header, line)) }
	post(`"DocDate":"2028-12-31"`).wantError(t, 400, "-4013", "Posting period locked")
	post(`"DocDate":"2031-01-01"`).wantError(t, 400, "-4013", "Posting period locked")
	post(`"TaxDate":"2028-12-31"`).wantError(t, 400, "-5002", "Date deviates from permissible range  [ORDR.TaxDate]")
	post(`"DocDueDate":"2031-01-01"`).wantError(t, 400, "-5002", "[ORDR.DocDueDate]")
	s.company.SetPostingPeriod("", "")
	post(`"DocDate":"2028-12-31"`).want(t, http.StatusCreated)
}

func TestBranches(t *testing.T) {
	s := newSim(t, b1sim.Config{Branches: map[int]string{1: "Main"}})
	const line = `{"ItemCode":"A1","UnitPrice":1}`
	s.call("POST", "/b1s/v2/Orders", orderWith("", line)).wantError(t, 404, "-2028", "")
	s.call("POST", "/b1s/v2/Orders", orderWith(`"BPL_IDAssignedToInvoice":2`, line)).wantError(t, 400, "-5002", "Specify an active branch  [ORDR.BPLId]")
	s.order(orderWith(`"BPL_IDAssignedToInvoice":1`, line))
}

func TestNegativeStockBySetting(t *testing.T) {
	s := newSim(t, b1sim.Config{BlockNegativeStock: true})
	s.order(orderWith("", `{"ItemCode":"A3","Quantity":5,"UnitPrice":1}`, `{"ItemCode":"A1","Quantity":99,"UnitPrice":1}`))
	s.call("POST", "/b1s/v2/Orders", orderWith("", `{"ItemCode":"A3","Quantity":6,"UnitPrice":1}`)).
		wantError(t, 400, "-10", "Quantity falls into negative inventory  [DocumentLines.ItemCode][line: 1]")
}

func TestReadOnlyPropertiesAreIgnored(t *testing.T) {
	s := newSim(t, b1sim.Config{})
	s.order(orderWith(`"DocEntry":77,"VatSum":99,"DocumentStatus":"bost_Close","DocNum":500`, `{"ItemCode":"A1","UnitPrice":10,"LineNum":7}`)).
		wantProps(t, "DocEntry", "1", "DocNum", "1", "VatSum", "0", "DocumentStatus", "bost_Open", "DocumentLines.0.LineNum", "0")
	s.order(orderWith(`"DocNum":500,"HandWritten":"tYES"`, `{"ItemCode":"A1","UnitPrice":10}`)).wantProps(t, "DocNum", "500")
}

func TestOrderKeepsAddressesAndUserFields(t *testing.T) {
	s := newSim(t, b1sim.Config{UserFields: []b1sim.UserField{
		{Table: "ORDR", Name: "WEBORDID", Size: 20}, {Table: "RDR1", Name: "Points", Type: "db_Numeric"},
		{Table: "OINV", Name: "Weight", Type: "db_Float"}, {Table: "ORDR", Name: "Paid", Type: "db_Date"},
		{Table: "ORDR", Name: "Memo", Type: "db_Memo"},
	}})
	body := orderWith(`"U_WEBORDID":"100-1","U_Weight":"1.50","U_Paid":"20290101","U_Memo":"`+strings.Repeat("m", 300)+`","AddressExtension":{"ShipToCity":"Springfield","BillToCountry":"US"}`,
		`{"ItemCode":"A1","UnitPrice":1,"U_Points":7}`)
	answer := s.order(body)
	answer.wantProps(t, "U_WEBORDID", "100-1", "AddressExtension.ShipToCity", "Springfield", "DocumentLines.0.U_Points", "7",
		"U_Weight", "1.5", "U_Paid", "2029-01-01T00:00:00Z")
	s.call("GET", "/b1s/v2/Orders?$filter=U_WEBORDID%20eq%20'100-1'&$select=DocEntry,U_WEBORDID", "").
		wantProps(t, "value.0.DocEntry", "1", "value.0.U_WEBORDID", "100-1")
	s.call("POST", "/b1s/v2/Orders", strings.Replace(body, "100-1", strings.Repeat("9", 21), 1)).wantError(t, 400, "-1004", "U_WEBORDID")
}

func TestPreviewPricesAndStoresNothing(t *testing.T) {
	s := newSim(t, b1sim.Config{})
	answer := s.call("POST", "/b1s/v1/OrdersService_Preview", fmt.Sprintf(`{"Document":%s}`, simpleOrder("1")))
	answer.want(t, http.StatusOK)
	answer.wantProps(t, "DocEntry", "<nil>", "DocTotal", "20", "DocObjectCode", "17")
	if len(s.company.Orders()) != 0 {
		t.Error("the preview was stored")
	}
	s.call("POST", "/b1s/v1/OrdersService_Preview", `{"Document":{"CardCode":"NOPE"}}`).wantError(t, 400, "-5002", "[ORDR.CardCode]")
}
