package sapb1

import (
	"time"

	"github.com/shopspring/decimal"
)

// List is a list of codes of B1, named by its entity set. Numbering series have none: a service answers them.
type List string

// The lists whose codes rules may name. Names and keys are those of the Service Layer's metadata; the last four are not in the
// part of it that could be read (public code uses them): one that B1 does not have is reported as not known.
const (
	ListPartners       List = "BusinessPartners"
	ListItems          List = "Items"
	ListPaymentMethods List = "WizardPaymentMethods"
	ListPaymentTerms   List = "PaymentTermsTypes"
	ListSalesTax       List = "SalesTaxCodes"
	ListVatGroups      List = "VatGroups"
	ListFreight        List = "AdditionalExpenses"
	ListShipping       List = "ShippingTypes"
	ListWarehouses     List = "Warehouses"
	ListSalesPersons   List = "SalesPersons"
	ListBranches       List = "BusinessPlaces"
	ListPartnerGroups  List = "BusinessPartnerGroups"
	ListPriceLists     List = "PriceLists"
	ListEmployees      List = "EmployeesInfo"
	ListOrderSeries    List = "SeriesService_GetDocumentSeries 17"
	ListPartnerSeries  List = "SeriesService_GetDocumentSeries 2"
)

// Place is where a setting stands in a rules file. Line and Column count from 1.
type Place struct {
	Line, Column int
	// Path names the setting: default.payments.checkmo.method.
	Path string
}

// CodeUse is a code of B1 that the rules name.
type CodeUse struct {
	List List
	// Code is written as in the rules: a text, or a number in digits.
	Code string
	Place
	// Percent is what the rules say of a tax code's rate; nil for other codes.
	Percent *decimal.Decimal
}

// FieldUse is a user-defined field that the rules name.
type FieldUse struct {
	// Table is ORDR for the head of documents, RDR1 for their lines, OCRD for business partners.
	Table string
	// Name begins with U_.
	Name string
	Place
}

// Uses are what the rules need of B1.
type Uses struct {
	Codes  []CodeUse
	Fields []FieldUse
	// Computed are settings whose codes only an order gives, because an expression makes them.
	Computed []Place
	// KeyField is the field that takes the order key; empty for none.
	KeyField string
	// ByEmail and ByTaxNumber are true where buyers are looked for so, AccountField is the field of partners that is asked.
	ByEmail, ByTaxNumber bool
	AccountField         string
	// Contacts is true where contact persons are read, Barcodes where items are looked for by them, Creates where partners or
	// contact persons are made.
	Contacts, Barcodes, Creates bool
	// LocalCurrency is B1's code for the company's own currency, Foreign those for the others that the rules allow.
	LocalCurrency string
	Foreign       []string
	// PriceDecimals and PercentDecimals are the company's, as the rules have them.
	PriceDecimals, PercentDecimals int32
	// Zone is where the days of documents begin.
	Zone *time.Location
}
