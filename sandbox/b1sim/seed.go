package b1sim

import (
	"fmt"
	"maps"
	"slices"
)

// seed fills the tables with the configured master data. It is not recorded in the state file: the configuration
// brings it back at every start, and what the file holds is laid over it.
func (c *Company) seed() error {
	for _, p := range c.cfg.Partners {
		c.tables[setPartners].put(partnerRow(p))
	}
	for _, item := range c.cfg.Items {
		if item.Code == "" {
			return fmt.Errorf("b1sim: an item has no code")
		}
		c.tables[setItems].put(c.itemRow(item))
		if len(item.Components) > 0 {
			c.tables[setTrees].put(treeRow(item))
		}
	}
	c.seedTax()
	c.seedLists()
	return c.seedUserMetadata()
}

func (c *Company) seedTax() {
	for code, rate := range byKey(c.cfg.TaxCodes) {
		c.tables[setTaxCodes].put(row{
			"Code": code, "Name": code, "Rate": rate, "ValidForAR": yes, "ValidForAP": yes, "Freight": yes, "Inactive": no,
		})
	}
	for code, rate := range byKey(c.cfg.VatGroups) {
		c.tables[setVatGroups].put(row{
			"Code": code, "Name": code, "Category": "bovcOutputTax", "Inactive": no,
			"VatGroups_Lines": []row{{"Effectivefrom": "2000-01-01", "Rate": rate}},
		})
	}
}

func (c *Company) seedLists() {
	for _, e := range c.cfg.Expenses {
		r := row{"ExpensCode": int64(e.Code), "Name": e.Name, "TaxLiable": yes}
		if e.TaxCode != "" {
			r["OutputVATGroup"] = e.TaxCode
		}
		c.tables[setExpenses].put(r)
	}
	for code, name := range byKey(c.cfg.ShippingTypes) {
		c.tables[setShipping].put(row{"Code": int64(code), "Name": name})
	}
	for code, name := range byKey(c.cfg.PaymentTerms) {
		c.tables[setPayTerms].put(row{"GroupNumber": int64(code), "PaymentTermsGroupName": name})
	}
	for code, name := range byKey(c.cfg.SalesPersons) {
		c.tables[setSales].put(row{"SalesEmployeeCode": int64(code), "SalesEmployeeName": name, "Active": yes})
	}
	for code, name := range byKey(c.cfg.Branches) {
		c.tables[setBranches].put(row{"BPLID": int64(code), "BPLName": name, "Disabled": no})
	}
	for code, name := range byKey(c.cfg.PartnerGroups) {
		c.tables[setGroups].put(row{"Code": int64(code), "Name": name, "Type": "bbpgt_CustomerGroup"})
	}
	for code, name := range byKey(c.cfg.PriceLists) {
		c.tables[setPriceLists].put(row{"PriceListNo": int64(code), "PriceListName": name, "Active": yes})
	}
	for code, name := range byKey(c.cfg.Employees) {
		c.tables[setEmployees].put(row{"EmployeeID": int64(code), "LastName": name, "Active": yes})
	}
	for code, name := range byKey(c.cfg.PaymentMethods) {
		c.tables[setPayMethods].put(row{"PaymentMethodCode": code, "Description": name, "Type": "boptIncoming", "Active": yes})
	}
	for code, name := range byKey(c.cfg.Warehouses) {
		c.tables[setWarehouses].put(row{"WarehouseCode": code, "WarehouseName": name, "Inactive": no})
	}
}

func (c *Company) seedUserMetadata() error {
	for _, t := range c.cfg.UserTables {
		orElse(&t.Type, "bott_NoObject")
		c.tables[setUserTables].put(row{"TableName": t.Name, "TableDescription": t.Description, "TableType": t.Type})
	}
	for i, f := range c.cfg.UserFields {
		if f.Table == "" || f.Name == "" {
			return fmt.Errorf("b1sim: user field %d lacks its table or name", i)
		}
		orElse(&f.Type, "db_Alpha")
		orElse(&f.Size, maxFieldSize)
		c.tables[setUserFields].put(row{
			"TableName": f.Table, "Name": f.Name, "Type": f.Type, "Size": int64(f.Size), "EditSize": int64(f.Size),
			"FieldID": c.fieldCount(f.Table), "Mandatory": no,
		})
	}
	return nil
}

// partnerRow is the business partner as B1 would show it.
func partnerRow(p Partner) row {
	orElse(&p.Currency, anyCurrency)
	r := row{
		"CardCode": p.Code, "CardName": p.Name, "Currency": p.Currency, "CardType": "cCustomer", "GroupCode": int64(100),
		"Valid": no, "Frozen": yesNo(p.Frozen), "DataVersion": int64(1),
	}
	if p.Supplier {
		r["CardType"] = "cSupplier"
	}
	if p.Email != "" {
		r["EmailAddress"] = p.Email
	}
	if p.TaxID != "" {
		r["FederalTaxID"] = p.TaxID
	}
	return r
}

// itemRow is the item as B1 would show it.
func (c *Company) itemRow(item Item) row {
	r := row{
		"ItemCode": item.Code, "ItemName": item.Name, "ItemsGroupCode": int64(100), "SalesItem": yesNo(item.Sales),
		"PurchaseItem": yes, "InventoryItem": yesNo(item.Stock), "Frozen": yesNo(item.Frozen), "Valid": no, "VatLiable": yes,
		"QuantityOnStock": item.OnHand, "DataVersion": int64(1), "TreeType": "iNotATree",
		"ItemPrices": []row{{"PriceList": int64(1), "Price": item.Price, "Currency": c.cfg.LocalCurrency}},
	}
	if item.Barcode != "" {
		r["BarCode"] = item.Barcode
	}
	if len(item.Components) > 0 {
		r["TreeType"] = "iSalesTree"
	}
	return r
}

// Values that occur everywhere.
const (
	yes          = "tYES"
	no           = "tNO"
	anyCurrency  = "##"
	maxFieldSize = 254
)

func yesNo(b bool) string {
	if b {
		return yes
	}
	return no
}

// byKey walks a map in the order of its keys, so that rows are listed the same way every time.
func byKey[K int | string, V any](m map[K]V) func(func(K, V) bool) {
	return func(yield func(K, V) bool) {
		for _, key := range slices.Sorted(maps.Keys(m)) {
			if !yield(key, m[key]) {
				return
			}
		}
	}
}
