package mapping

import (
	"fmt"
	"maps"
	"slices"
	"strconv"

	"datawald/sapb1"
)

// store gathers what the rules of a store need; at is where they stand.
func (u *uses) store(at string, s StoreRules) {
	u.text(sapb1.ListPartners, s.CardCode, at, ".card_code")
	u.partner(at, s.Partner)
	u.text(sapb1.ListWarehouses, s.Warehouse, at, ".warehouse")
	u.number(sapb1.ListOrderSeries, s.Series, at, ".series")
	u.number(sapb1.ListBranches, s.Branch, at, ".branch")
	u.number(sapb1.ListSalesPersons, s.SalesPerson, at, ".sales_person")
	u.number(sapb1.ListEmployees, s.Owner, at, ".owner")
	u.taxes(at, s.Tax)
	u.charges(at, s)
	for _, method := range slices.Sorted(maps.Keys(s.Payments)) {
		u.text(sapb1.ListPaymentMethods, s.Payments[method].Method, at, ".payments."+method+".method")
		u.number(sapb1.ListPaymentTerms, s.Payments[method].Terms, at, ".payments."+method+".terms")
	}
	for _, method := range slices.Sorted(maps.Keys(s.Shippings)) {
		u.text(sapb1.ListShipping, strconv.Itoa(s.Shippings[method]), at, ".shippings."+method)
	}
	u.items(at, s.Items)
	u.fields(at, ".fields.", "ORDR", s.Fields, headLists)
	u.fields(at, ".line_fields.", "RDR1", s.LineFields, lineLists)
}

// partner gathers how buyers are found and made.
func (u *uses) partner(at string, p PartnerRules) {
	policies := []string{p.Customers, p.Guests}
	creates := slices.Contains(policies, PartnerFindOrCreate)
	if creates || slices.Contains(policies, PartnerFind) {
		u.out.ByEmail = u.out.ByEmail || slices.Contains(p.FindBy, FindByEmail)
		u.out.ByTaxNumber = u.out.ByTaxNumber || slices.Contains(p.FindBy, FindByTaxNumber)
	}
	u.out.Contacts = u.out.Contacts || p.Contact
	u.out.Creates = u.out.Creates || creates || p.Contact
	form := p.Create
	u.field("OCRD", form.UserField, u.place(at, ".partner.create.user_field"))
	if form.UserField != "" && p.Customers != "" && p.Customers != PartnerFixed {
		u.out.AccountField = form.UserField
	}
	if !creates {
		return
	}
	u.number(sapb1.ListPartnerSeries, form.Series, at, ".partner.create.series")
	for _, group := range slices.Sorted(maps.Keys(form.Group)) {
		u.text(sapb1.ListPartnerGroups, strconv.Itoa(form.Group[group]), at, ".partner.create.group."+group)
	}
	u.number(sapb1.ListPaymentTerms, form.Terms, at, ".partner.create.terms")
	u.number(sapb1.ListSalesPersons, form.SalesPerson, at, ".partner.create.sales_person")
	u.number(sapb1.ListPriceLists, form.PriceList, at, ".partner.create.price_list")
}

// taxList is the list that the tax codes of a store are of.
func taxList(t Tax) sapb1.List {
	if t.Property == "vat_group" {
		return sapb1.ListVatGroups
	}
	return sapb1.ListSalesTax
}

func (u *uses) taxes(at string, t Tax) {
	for i, code := range t.Codes {
		percent := code.Percent
		u.add(sapb1.CodeUse{List: taxList(t), Code: code.Code, Percent: &percent, Place: u.place(at, fmt.Sprintf(".tax.codes[%d].code", i))})
	}
}

// charges gathers where amounts go that are no goods.
func (u *uses) charges(at string, s StoreRules) {
	u.target(at, ".freight", s.Freight.ExpenseCode, s.Freight.ItemCode)
	u.target(at, ".discount", s.Discount.ExpenseCode, s.Discount.ItemCode)
	if d := s.Discount.Untaxed; d != nil {
		u.target(at, ".discount.untaxed", d.ExpenseCode, d.ItemCode)
		u.text(taxList(s.Tax), d.TaxCode, at, ".discount.untaxed.tax_code")
	}
	for _, name := range slices.Sorted(maps.Keys(s.Extras)) {
		e := s.Extras[name]
		u.target(at, ".extras."+name, e.ExpenseCode, e.ItemCode)
		u.text(taxList(s.Tax), e.TaxCode, at, ".extras."+name+".tax_code")
	}
	if r := s.Rounding; r != nil {
		u.target(at, ".rounding", r.ExpenseCode, r.ItemCode)
		u.text(taxList(s.Tax), r.TaxCode, at, ".rounding.tax_code")
	}
}

// target is an expense, 0 for none, or an item.
func (u *uses) target(at, setting string, expense int, item string) {
	if expense != 0 {
		u.text(sapb1.ListFreight, strconv.Itoa(expense), at, setting+".expense_code")
	}
	u.text(sapb1.ListItems, item, at, setting+".item_code")
}

func (u *uses) items(at string, i Items) {
	for _, sku := range slices.Sorted(maps.Keys(i.Table)) {
		u.text(sapb1.ListItems, i.Table[sku], at, ".items.table."+sku)
	}
	if i.Code.IsSet() {
		u.computed(u.place(at, ".items.code"))
	}
	u.out.Barcodes = u.out.Barcodes || i.Barcode
}

// headLists and lineLists are the properties of documents and lines that hold codes of B1.
var (
	headLists = map[string]sapb1.List{
		"PaymentMethod": sapb1.ListPaymentMethods, "PaymentGroupCode": sapb1.ListPaymentTerms, "TransportationCode": sapb1.ListShipping,
		"SalesPersonCode": sapb1.ListSalesPersons, "Series": sapb1.ListOrderSeries, "BPL_IDAssignedToInvoice": sapb1.ListBranches,
		"DocumentsOwner": sapb1.ListEmployees,
	}
	lineLists = map[string]sapb1.List{
		"WarehouseCode": sapb1.ListWarehouses, "SalesPersonCode": sapb1.ListSalesPersons, "ShippingMethod": sapb1.ListShipping,
	}
)

// fields gathers user-defined fields, and codes in properties: a value that is always the same is one, any other is known only
// with an order.
func (u *uses) fields(at, group, table string, fields map[string]Field, lists map[string]sapb1.List) {
	for _, name := range slices.Sorted(maps.Keys(fields)) {
		where := u.place(at, group+name)
		if userFieldPattern.MatchString(name) {
			u.field(table, name, where)
			continue
		}
		list, is := lists[name]
		if !is {
			continue
		}
		if code, always := fields[name].Value.constant(); always {
			u.add(sapb1.CodeUse{List: list, Code: code, Place: where})
			continue
		}
		u.computed(where)
	}
}
