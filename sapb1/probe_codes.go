package sapb1

import "encoding/json"

// codeRow is a row of a code list by its properties.
type codeRow map[string]json.RawMessage

// text is a property as rules write it: a text, or a number in digits; empty for none.
func (r codeRow) text(property string) string {
	var s string
	raw := string(r[property])
	switch {
	case raw == "" || raw == "null":
		return ""
	case json.Unmarshal(r[property], &s) == nil:
		return s
	}
	return raw
}

// codeList says how a list is read and what makes a row of it unfit.
type codeList struct {
	// key is the property with the code; name that with what people know it by, empty where it is a person's.
	key, name string
	// more are properties that tell whether a code can be used. A release that lacks one of them is asked without.
	more []string
	// what is a code of the list in a sentence, menu where it is set up.
	what, menu string
	// unfit says why a row cannot be used; empty for one that can.
	unfit func(codeRow) string
}

func when(property, value, why string) func(codeRow) string {
	return func(r codeRow) string {
		if r.text(property) == value {
			return why
		}
		return ""
	}
}

// codeLists have the names and keys of the metadata of the Service Layer.
var codeLists = map[List]codeList{
	ListPaymentMethods: {"PaymentMethodCode", "", []string{"Active", "Type"}, "payment method", "Administration > Setup > Banking > Payment Methods", unfitMethod},
	ListPaymentTerms:   {"GroupNumber", "PaymentTermsGroupName", nil, "payment terms", "Administration > Setup > Business Partners > Payment Terms", nil},
	ListSalesTax:       {"Code", "", []string{"Inactive", "ValidForAR", "Rate"}, "sales tax code", "Administration > Setup > Financials > Tax > Sales Tax Codes", unfitSalesTax},
	ListVatGroups:      {"Code", "", []string{"Inactive", "Category", "VatGroups_Lines"}, "tax group", "Administration > Setup > Financials > Tax > Tax Groups", unfitVatGroup},
	ListFreight:        {"ExpensCode", "Name", nil, "freight", "Administration > Setup > General > Freight", nil},
	ListShipping:       {"Code", "Name", nil, "shipping type", "Administration > Setup > Inventory > Shipping Types", nil},
	ListWarehouses:     {"WarehouseCode", "", []string{"Inactive"}, "warehouse", "Administration > Setup > Inventory > Warehouses", when("Inactive", "tYES", "is inactive")},
	ListSalesPersons:   {"SalesEmployeeCode", "", []string{"Active"}, "sales employee", "Administration > Setup > General > Sales Employees/Buyers", when("Active", "tNO", "is inactive")},
	ListBranches:       {"BPLID", "BPLName", []string{"Disabled"}, "branch", "Administration > Setup > Financials > Branches", when("Disabled", "tYES", "is disabled")},
	ListPartnerGroups:  {"Code", "Name", []string{"Type"}, "customer group", "Administration > Setup > Business Partners > Customer Groups", when("Type", "bbpgt_VendorGroup", "is a group of vendors")},
	ListPriceLists:     {"PriceListNo", "PriceListName", []string{"Active"}, "price list", "Inventory > Price Lists > Price Lists", when("Active", "tNO", "is inactive")},
	ListEmployees:      {"EmployeeID", "", []string{"Active"}, "employee", "Human Resources > Employee Master Data", when("Active", "tNO", "is inactive")},
	ListOrderSeries:    {"Series", "Name", nil, "series of sales orders", "Administration > System Initialization > Document Numbering", when("Locked", "tYES", "is locked")},
	ListPartnerSeries:  {"Series", "Name", nil, "series of customers", "Administration > System Initialization > Document Numbering", when("Locked", "tYES", "is locked")},
}

func unfitMethod(r codeRow) string {
	switch {
	case r.text("Active") == "tNO":
		return "is inactive"
	case r.text("Type") == "boptOutgoing":
		return "is for outgoing payments"
	}
	return ""
}
