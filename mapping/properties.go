package mapping

import (
	"maps"
	"slices"
	"strings"
)

// form is the type of a property of B1, in the words of those who write rules.
type form string

const (
	textForm  form = "a text"
	wholeForm form = "a whole number"
	dayForm   form = "a date"
	yesNoForm form = "true or false"
)

// property is one that fields may set.
type property struct {
	form form
	// max is the length of a text in UTF-16 units, 0 for memos, which have none. Lengths are those of the tables ORDR and
	// RDR1 in release 9.3 (sap.erpref.com); where a later release takes more, the rules say so with max.
	max int
}

// headProperties and lineProperties are those of documents and lines that no total, no tax, no quantity and no reference
// depends on. Names and types are those of SAP's metadata of the Service Layer (type Document, DocumentLine), where each
// is writable.
var headProperties = map[string]property{
	"Comments": {textForm, 254}, "JournalMemo": {textForm, 50}, "CardName": {textForm, maxCardName}, "Indicator": {textForm, 2},
	"Project": {textForm, 20}, "FederalTaxID": {textForm, 32}, "OpeningRemarks": {textForm, 0}, "ClosingRemarks": {textForm, 0},
	"TrackingNumber": {textForm, 30}, "ShipToCode": {textForm, 50}, "PayToCode": {textForm, 50}, "Reference2": {textForm, 11},
	"PickRemark": {textForm, 254}, "AgentCode": {textForm, 32}, "BPChannelCode": {textForm, 15}, "PaymentMethod": {textForm, 15},
	"ContactPersonCode": {form: wholeForm}, "SalesPersonCode": {form: wholeForm}, "DocumentsOwner": {form: wholeForm},
	"TransportationCode": {form: wholeForm}, "PaymentGroupCode": {form: wholeForm}, "LanguageCode": {form: wholeForm},
	"Series": {form: wholeForm}, "BPL_IDAssignedToInvoice": {form: wholeForm}, "AttachmentEntry": {form: wholeForm},
	"TaxDate": {form: dayForm}, "DocDueDate": {form: dayForm}, "RequriedDate": {form: dayForm}, "CancelDate": {form: dayForm},
	"StartDeliveryDate": {form: dayForm}, "EndDeliveryDate": {form: dayForm},
	"PartialSupply": {form: yesNoForm}, "Confirmed": {form: yesNoForm}, "Pick": {form: yesNoForm}, "BlockDunning": {form: yesNoForm},
}

var lineProperties = map[string]property{
	"ItemDescription": {textForm, maxDescription}, "FreeText": {textForm, 100}, "ItemDetails": {textForm, 0},
	"WarehouseCode": {textForm, 8}, "ProjectCode": {textForm, 20}, "CostingCode": {textForm, 8}, "CostingCode2": {textForm, 8},
	"CostingCode3": {textForm, 8}, "CostingCode4": {textForm, 8}, "CostingCode5": {textForm, 8}, "COGSCostingCode": {textForm, 8},
	"COGSCostingCode2": {textForm, 8}, "COGSCostingCode3": {textForm, 8}, "COGSCostingCode4": {textForm, 8}, "COGSCostingCode5": {textForm, 8},
	"SupplierCatNum": {textForm, 50}, "VendorNum": {textForm, 50}, "LineVendor": {textForm, 15}, "ShipToCode": {textForm, 50},
	"Address": {textForm, 254}, "CountryOrg": {textForm, 3}, "SWW": {textForm, 16}, "FederalTaxID": {textForm, 32},
	"SalesPersonCode": {form: wholeForm}, "ShippingMethod": {form: wholeForm}, "LocationCode": {form: wholeForm},
	"ShipDate": {form: dayForm}, "RequiredDate": {form: dayForm},
	"BackOrder": {form: yesNoForm},
}

// forbidden says why a property that people may think of is none that fields may set.
var forbidden = map[string]string{
	"amount": "decides the total, which is proven before an order is sent",
	"tax":    "decides the tax: see tax.codes",
	"money":  "is the currency of the document: see currency",
	"key":    "is how the order is found again in B1: see reference and partner",
	"item":   "says what is sold: see items",
	"date":   "is the day of posting: see dates",
}

// whyNot names the reason for the properties that people may think of.
var whyNot = map[string]string{
	"DocTotal": "amount", "DocTotalFc": "amount", "DiscountPercent": "amount", "Rounding": "amount", "RoundingDiffAmount": "amount", "DocRate": "amount",
	"DownPayment": "amount", "PriceMode": "amount", "DocumentLines": "amount", "DocumentAdditionalExpenses": "amount",
	"Quantity": "amount", "Price": "amount", "UnitPrice": "amount", "PriceAfterVAT": "amount", "GrossPrice": "amount", "GrossTotal": "amount",
	"LineTotal": "amount", "RowTotalFC": "amount", "Rate": "amount", "UoMEntry": "amount", "UseBaseUnits": "amount", "UnitsOfMeasurment": "amount",
	"MeasureUnit": "amount", "InventoryQuantity": "amount", "PackageQuantity": "amount",
	"TaxCode": "tax", "VatGroup": "tax", "TaxLiable": "tax", "TaxType": "tax", "TaxTotal": "tax", "TaxPercentagePerRow": "tax", "VatPercent": "tax",
	"TaxOnly": "tax", "WTLiable": "tax", "DeferredTax": "tax", "UseBillToAddrToDetermineTax": "tax", "AddressExtension": "tax",
	"DocCurrency": "money", "Currency": "money",
	"NumAtCard": "key", "CardCode": "key", "DocNum": "key", "DocEntry": "key", "DocObjectCode": "key", "HandWritten": "key", "LineNum": "key",
	"BaseType": "key", "BaseEntry": "key", "BaseLine": "key", "ParentLineNum": "key",
	"ItemCode": "item", "BarCode": "item", "TreeType": "item", "SerialNum": "item", "AccountCode": "item", "LineType": "item", "DocType": "item",
	"DocDate": "date",
}

// propertyOf finds a property by its name. User-defined fields may hold anything.
func propertyOf(name string, known map[string]property) (p property, ok bool) {
	if userFieldPattern.MatchString(name) {
		return property{}, true
	}
	p, ok = known[name]
	return p, ok
}

func propertyNames(known map[string]property) string {
	return strings.Join(slices.Sorted(maps.Keys(known)), ", ")
}
