package sapb1

import "encoding/json"

// SalesOrder is the body of POST Orders (type Document of the Service Layer metadata), with the properties that
// DataWald sets. DocTotal is missing on purpose: B1 turns a DocTotal that is sent into a header discount.
type SalesOrder struct {
	CardCode          string `json:"CardCode"`
	CardName          string `json:"CardName,omitempty"`
	NumAtCard         string `json:"NumAtCard"`
	DocDate           *Date  `json:"DocDate,omitempty"`
	DocDueDate        Date   `json:"DocDueDate"`
	TaxDate           *Date  `json:"TaxDate,omitempty"`
	DocCurrency       string `json:"DocCurrency,omitempty"`
	Comments          string `json:"Comments,omitempty"`
	Series            *int   `json:"Series,omitempty"`
	BranchID          *int   `json:"BPL_IDAssignedToInvoice,omitempty"`
	SalesPersonCode   *int   `json:"SalesPersonCode,omitempty"`
	DocumentsOwner    *int   `json:"DocumentsOwner,omitempty"`
	ContactPersonCode *int   `json:"ContactPersonCode,omitempty"`
	// DocRate is the rate of a foreign document; without it B1 takes that of the day.
	DocRate *Amount `json:"DocRate,omitempty"`
	// DiscountPercent is taken off the sum of the lines, not off the expenses.
	DiscountPercent    *Amount             `json:"DiscountPercent,omitempty"`
	TransportationCode *int                `json:"TransportationCode,omitempty"`
	PaymentMethod      string              `json:"PaymentMethod,omitempty"`
	PaymentGroupCode   *int                `json:"PaymentGroupCode,omitempty"`
	Address            *AddressExtension   `json:"AddressExtension,omitempty"`
	Lines              []DocumentLine      `json:"DocumentLines"`
	Expenses           []AdditionalExpense `json:"DocumentAdditionalExpenses,omitempty"`
	// UserFields are user-defined fields (U_…) and other properties by name. They win over the members above.
	UserFields map[string]any `json:"-"`
}

// MarshalJSON writes the user-defined fields (U_…) beside the document's own, as an open type wants them.
func (o SalesOrder) MarshalJSON() ([]byte, error) {
	type plain SalesOrder
	return withFields(plain(o), o.UserFields)
}

// withFields writes a value as JSON with further properties.
func withFields(v any, fields map[string]any) ([]byte, error) {
	b, err := json.Marshal(v)
	if err != nil || len(fields) == 0 {
		return b, err
	}
	all := map[string]json.RawMessage{}
	if err := json.Unmarshal(b, &all); err != nil {
		return nil, err
	}
	for name, value := range fields {
		if all[name], err = json.Marshal(value); err != nil {
			return nil, err
		}
	}
	return json.Marshal(all)
}

// DocumentLine is one line to be written. UnitPrice is before the line's discount, in Currency; one price basis only,
// because B1 recalculates the others.
type DocumentLine struct {
	ItemCode        string  `json:"ItemCode"`
	ItemDescription string  `json:"ItemDescription,omitempty"`
	Quantity        Amount  `json:"Quantity"`
	UnitPrice       Amount  `json:"UnitPrice"`
	Currency        string  `json:"Currency,omitempty"`
	DiscountPercent *Amount `json:"DiscountPercent,omitempty"`
	TaxCode         string  `json:"TaxCode,omitempty"`
	VatGroup        string  `json:"VatGroup,omitempty"`
	WarehouseCode   string  `json:"WarehouseCode,omitempty"`
	FreeText        string  `json:"FreeText,omitempty"`
	// UserFields are user-defined fields (U_…) and other properties by name. They win over the members above.
	UserFields map[string]any `json:"-"`
	// Part is what of the order the line carries; it is not sent.
	Part Part `json:"-"`
	// Row is the row of the order (item_id in Magento) that the line was made of, 0 for a line of something else; it is not sent.
	Row int64 `json:"-"`
}

// Part says what of an order a line or an expense carries.
type Part string

// The parts of an order's total.
const (
	PartGoods    Part = "goods"
	PartDiscount Part = "discount"
	PartFreight  Part = "freight"
	PartExtra    Part = "extra"
	PartRounding Part = "rounding"
)

// MarshalJSON writes the user-defined fields beside the line's own.
func (l DocumentLine) MarshalJSON() ([]byte, error) {
	type plain DocumentLine
	return withFields(plain(l), l.UserFields)
}

// AdditionalExpense is freight, a surcharge or a rounding difference on the document.
type AdditionalExpense struct {
	ExpenseCode int    `json:"ExpenseCode"`
	LineTotal   Amount `json:"LineTotal"`
	TaxCode     string `json:"TaxCode,omitempty"`
	VatGroup    string `json:"VatGroup,omitempty"`
	Remarks     string `json:"Remarks,omitempty"`
	// Part is what of the order the expense carries; it is not sent.
	Part Part `json:"-"`
}

// AddressExtension holds both addresses on the document itself, so that no partner needs a row for each order.
type AddressExtension struct {
	ShipToStreet  string `json:"ShipToStreet,omitempty"`
	ShipToBlock   string `json:"ShipToBlock,omitempty"`
	ShipToCity    string `json:"ShipToCity,omitempty"`
	ShipToZipCode string `json:"ShipToZipCode,omitempty"`
	ShipToCounty  string `json:"ShipToCounty,omitempty"`
	ShipToState   string `json:"ShipToState,omitempty"`
	ShipToCountry string `json:"ShipToCountry,omitempty"`
	BillToStreet  string `json:"BillToStreet,omitempty"`
	BillToBlock   string `json:"BillToBlock,omitempty"`
	BillToCity    string `json:"BillToCity,omitempty"`
	BillToZipCode string `json:"BillToZipCode,omitempty"`
	BillToCounty  string `json:"BillToCounty,omitempty"`
	BillToState   string `json:"BillToState,omitempty"`
	BillToCountry string `json:"BillToCountry,omitempty"`
}

// Document is a sales order or a draft of one as B1 answers it: only what DataWald checks.
type Document struct {
	DocEntry      int64  `json:"DocEntry"`
	DocNum        int64  `json:"DocNum"`
	DocObjectCode string `json:"DocObjectCode"`
	CardCode      string `json:"CardCode"`
	NumAtCard     string `json:"NumAtCard"`
	DocCurrency   string `json:"DocCurrency"`
	// DocTotal and VatSum are in the company's local currency; the Fc ones in the document's, when that is foreign.
	DocTotal            Amount         `json:"DocTotal"`
	DocTotalFc          Amount         `json:"DocTotalFc"`
	VatSum              Amount         `json:"VatSum"`
	VatSumFc            Amount         `json:"VatSumFc"`
	Cancelled           string         `json:"Cancelled"`
	DocumentStatus      string         `json:"DocumentStatus"`
	AuthorizationStatus string         `json:"AuthorizationStatus"`
	Lines               []LineReadBack `json:"DocumentLines"`
}

// LineReadBack is a line of a Document.
type LineReadBack struct {
	LineNum   int    `json:"LineNum"`
	ItemCode  string `json:"ItemCode"`
	Quantity  Amount `json:"Quantity"`
	UnitPrice Amount `json:"UnitPrice"`
	LineTotal Amount `json:"LineTotal"`
	TaxTotal  Amount `json:"TaxTotal"`
	TreeType  string `json:"TreeType"`
}

// IsCancelled reports whether B1 has cancelled the document (tYES, or csYes in later releases).
func (d *Document) IsCancelled() bool { return d.Cancelled == "tYES" || d.Cancelled == "csYes" }

// IsRejected reports whether an approver has turned the draft down (WddStatus N).
func (d *Document) IsRejected() bool {
	return d.AuthorizationStatus == "dasRejected" || d.AuthorizationStatus == "N"
}
