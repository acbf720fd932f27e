package b1sim

import "strings"

// Names of the entity sets that the code refers to.
const (
	setOrders     = "Orders"
	setDrafts     = "Drafts"
	setPartners   = "BusinessPartners"
	setItems      = "Items"
	setTaxCodes   = "SalesTaxCodes"
	setVatGroups  = "VatGroups"
	setExpenses   = "AdditionalExpenses"
	setShipping   = "ShippingTypes"
	setPayMethods = "WizardPaymentMethods"
	setPayTerms   = "PaymentTermsTypes"
	setWarehouses = "Warehouses"
	setSales      = "SalesPersons"
	setBranches   = "BusinessPlaces"
	setGroups     = "BusinessPartnerGroups"
	setPriceLists = "PriceLists"
	setEmployees  = "EmployeesInfo"
	setTrees      = "ProductTrees"
	setUserFields = "UserFieldsMD"
	setUserTables = "UserTablesMD"
)

// standardSets are the entity sets of every company.
var standardSets = []*entitySet{
	{name: setOrders, typ: types["Document"], keys: []string{"DocEntry"}, indexed: []string{"NumAtCard"}},
	{name: setDrafts, typ: types["Document"], keys: []string{"DocEntry"}, indexed: []string{"NumAtCard"}},
	{name: setPartners, typ: types["BusinessPartner"], keys: []string{"CardCode"}},
	{name: setItems, typ: types["Item"], keys: []string{"ItemCode"}},
	{name: setTaxCodes, typ: types["SalesTaxCode"], keys: []string{"Code"}},
	{name: setVatGroups, typ: types["VatGroup"], keys: []string{"Code"}},
	{name: setExpenses, typ: types["AdditionalExpense"], keys: []string{"ExpensCode"}},
	{name: setShipping, typ: types["ShippingType"], keys: []string{"Code"}},
	{name: setPayMethods, typ: types["WizardPaymentMethod"], keys: []string{"PaymentMethodCode"}},
	{name: setPayTerms, typ: types["PaymentTermsType"], keys: []string{"GroupNumber"}},
	{name: setWarehouses, typ: types["Warehouse"], keys: []string{"WarehouseCode"}},
	{name: setSales, typ: types["SalesPerson"], keys: []string{"SalesEmployeeCode"}},
	{name: setBranches, typ: types["BusinessPlace"], keys: []string{"BPLID"}},
	{name: setGroups, typ: types["BusinessPartnerGroup"], keys: []string{"Code"}},
	{name: setPriceLists, typ: types["PriceList"], keys: []string{"PriceListNo"}},
	{name: setEmployees, typ: types["EmployeeInfo"], keys: []string{"EmployeeID"}},
	{name: setTrees, typ: types["ProductTree"], keys: []string{"TreeCode"}},
	{name: setUserFields, typ: types["UserFieldMD"], keys: []string{"TableName", "FieldID"}},
	{name: setUserTables, typ: types["UserTablesMD"], keys: []string{"TableName"}},
}

// isMetadata tells the sets that describe user-defined fields and tables.
func (s *entitySet) isMetadata() bool { return s.name == setUserFields || s.name == setUserTables }

// isUserTable tells the sets of user-defined tables.
func (s *entitySet) isUserTable() bool { return strings.HasPrefix(s.name, "U_") }

// userTableSet describes the entity set of a user-defined table: U_<NAME>, key Code (Service Layer manual 3.15).
func userTableSet(name string) *entitySet {
	t := &entityType{name: "U_" + name, table: "@" + name, props: []property{
		{name: "Code", max: 50}, {name: "Name", max: 100},
	}}
	t.link(nil)
	return &entitySet{name: t.name, typ: t, keys: []string{"Code"}}
}

// headerTables and lineTables share their user fields: a field created on one marketing document exists on all
// (Service Layer manual 3.14).
var (
	headerTables = strings.Fields("ORDR ODRF OQUT OINV ODLN ORDN ORIN ODPI OPOR OPCH OPDN ORPC ORPD OPQT OPRQ ODPO")
	lineTables   = strings.Fields("RDR1 DRF1 QUT1 INV1 DLN1 RDN1 RIN1 DPI1 POR1 PCH1 PDN1 RPC1 RPD1 PQT1 PRQ1 DPO1")
)

// fieldTable returns the table under which the catalog keeps the user fields of a table.
func fieldTable(table string) string {
	for i := range headerTables {
		switch table {
		case headerTables[i]:
			return headerTables[0]
		case lineTables[i]:
			return lineTables[0]
		}
	}
	return table
}

// refresh rebuilds what the Service Layer shows from the tables. The lock is held or the company not yet in use.
func (c *Company) refresh() {
	next := &shown{sets: map[string]*entitySet{}, fields: catalog{}}
	for _, set := range standardSets {
		next.sets[set.name] = set
	}
	c.tables[setUserTables].each(func(r row) bool {
		set := userTableSet(r.text("TableName"))
		if c.tables[set.name] == nil {
			c.tables[set.name] = newTable(set)
		}
		next.sets[set.name] = c.tables[set.name].set
		return true
	})
	c.tables[setUserFields].each(func(r row) bool {
		table := fieldTable(r.text("TableName"))
		if next.fields[table] == nil {
			next.fields[table] = map[string]*property{}
		}
		p := fieldProperty(r)
		next.fields[table][strings.ToLower(p.name)] = p
		return true
	})
	c.shown.Store(next)
}

// fieldProperty is the property that a user field becomes.
func fieldProperty(r row) *property {
	p := &property{name: "U_" + r.text("Name")}
	switch r.text("Type") {
	case "db_Numeric":
		p.kind = kindInteger
	case "db_Float":
		p.kind = kindNumber
	case "db_Date":
		p.kind = kindDate
	case "db_Memo":
	default:
		p.max = int(r.integer("Size"))
	}
	return p
}
