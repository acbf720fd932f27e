package mapping_test

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"datawald/mapping"
	"datawald/sandbox/testkit"
	"datawald/sapb1"
)

const codesRules = `version: 1
company: { local_currency: USD, currencies: { USD: $, EUR: EUR, GBP: "£" }, price_decimals: 4, time_zone: Europe/Berlin }
reference: { template: "{increment_id}", user_field: U_Key }
default:
  card_code: C-WEB
  partner:
    customers: find_or_create
    find_by: [email]
    create: { prefix: "M-", group: { "*": 101 }, terms: 2, price_list: 3, user_field: U_Account }
    contact: true
  warehouse: "01"
  series: 8
  branch: 0
  sales_person: -1
  owner: 4
  items: { table: { OLD: "1002" }, code: item.sku }
  tax:
    property: tax_code
    codes:
      - { code: Exempt, percent: 0 }
      - { code: CA, percent: 8.25, country: US }
  discount: { as: item, item_code: DISC, untaxed: { expense_code: 2, tax_code: Exempt } }
  freight: { item_code: SHIP }
  payments:
    checkmo: { method: Incoming CHK, terms: 1 }
    free: {}
  shippings: { "ups_*": 2 }
  extras:
    gift_card: { item_code: GIFT, tax_code: Exempt }
  rounding: { max: 0.05, expense_code: 3, tax_code: Exempt }
  fields:
    U_Source: order.increment_id
    Series: "9"
    SalesPersonCode: order.store_id
    PaymentMethod: 'key == "main:1:000000001" ? "a" : "b"'
    Comments: order.increment_id
  line_fields:
    U_Row: item.item_id
    WarehouseCode: '"0" + "2"'
stores:
  2:
    card_code: C-EU
    tax: { property: vat_group }
  3:
    warehouse: "07"
    items: { barcode: true }
`

// A code must be looked for in the list that it is of, and be found in the file again.
func TestUses_NamesEachCodeWithItsListAndPlace(t *testing.T) {
	u, err := mapping.Uses([]byte(codesRules))
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, c := range u.Codes {
		line := fmt.Sprintf("%s %s %d %s", c.List, c.Code, c.Line, c.Path)
		if c.Percent != nil {
			line += " " + c.Percent.String()
		}
		got = append(got, line)
	}
	want := []string{
		"BusinessPartners C-WEB 5 default.card_code", "BusinessPartnerGroups 101 9 default.partner.create.group.*",
		"PaymentTermsTypes 2 9 default.partner.create.terms", "PriceLists 3 9 default.partner.create.price_list",
		"Warehouses 01 11 default.warehouse", "SeriesService_GetDocumentSeries 17 8 12 default.series", "BusinessPlaces 0 13 default.branch",
		"SalesPersons -1 14 default.sales_person", "EmployeesInfo 4 15 default.owner",
		"SalesTaxCodes Exempt 20 default.tax.codes[0].code 0", "SalesTaxCodes CA 21 default.tax.codes[1].code 8.25",
		"Items SHIP 23 default.freight.item_code", "Items DISC 22 default.discount.item_code",
		"AdditionalExpenses 2 22 default.discount.untaxed.expense_code", "SalesTaxCodes Exempt 22 default.discount.untaxed.tax_code",
		"Items GIFT 29 default.extras.gift_card.item_code", "SalesTaxCodes Exempt 29 default.extras.gift_card.tax_code",
		"AdditionalExpenses 3 30 default.rounding.expense_code", "SalesTaxCodes Exempt 30 default.rounding.tax_code",
		"WizardPaymentMethods Incoming CHK 25 default.payments.checkmo.method", "PaymentTermsTypes 1 25 default.payments.checkmo.terms",
		"ShippingTypes 2 27 default.shippings.ups_*", "Items 1002 16 default.items.table.OLD",
		"SeriesService_GetDocumentSeries 17 9 33 default.fields.Series", "Warehouses 02 39 default.line_fields.WarehouseCode",
		// A store's own, and what it inherits but means otherwise.
		"BusinessPartners C-EU 42 stores.2.card_code", "VatGroups Exempt 20 default.tax.codes[0].code 0", "VatGroups CA 21 default.tax.codes[1].code 8.25",
		"VatGroups Exempt 22 default.discount.untaxed.tax_code", "VatGroups Exempt 29 default.extras.gift_card.tax_code", "VatGroups Exempt 30 default.rounding.tax_code",
		"Warehouses 07 45 stores.3.warehouse",
	}
	if !slices.Equal(got, want) {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

func TestUses_SaysWhatElseTheWorkerAsksFor(t *testing.T) {
	u, err := mapping.Uses([]byte(codesRules))
	if err != nil {
		t.Fatal(err)
	}
	var fields, computed []string
	for _, f := range u.Fields {
		fields = append(fields, fmt.Sprintf("%s.%s %d:%d", f.Table, f.Name, f.Line, f.Column))
	}
	for _, p := range u.Computed {
		computed = append(computed, p.Path)
	}
	if want := []string{"ORDR.U_Key 3:42", "OCRD.U_Account 9:75", "ORDR.U_Source 32:5", "RDR1.U_Row 38:5"}; !slices.Equal(fields, want) {
		t.Errorf("fields are %q, want %q", fields, want)
	}
	// What depends on an order is no code, even when it reads but the key; store 3 has its items from elsewhere.
	if want := []string{"default.items.code", "default.fields.PaymentMethod", "default.fields.SalesPersonCode"}; !slices.Equal(computed, want) {
		t.Errorf("computed are %q, want %q", computed, want)
	}
	if u.KeyField != "U_Key" || !u.ByEmail || u.ByTaxNumber || u.AccountField != "U_Account" || !u.Contacts || !u.Barcodes || !u.Creates {
		t.Errorf("it asks for %+v", u)
	}
	if u.LocalCurrency != "$" || !slices.Equal(u.Foreign, []string{"EUR", "£"}) || u.PriceDecimals != 4 || u.PercentDecimals != 6 || u.Zone.String() != "Europe/Berlin" {
		t.Errorf("the company is %+v", u)
	}
}

func TestUses_ReadsTheExample(t *testing.T) {
	text, err := os.ReadFile(filepath.Join(testkit.Root(), "rules.example.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	u, err := mapping.Uses(text)
	if err != nil || len(u.Codes) < 30 || u.Zone.String() != "UTC" {
		t.Fatalf("got %+v, %v", u, err)
	}
	lines := strings.Split(string(text), "\n")
	for _, c := range u.Codes {
		if c.List == sapb1.ListPartners && !strings.Contains(lines[c.Line-1], c.Code) {
			t.Errorf("%s is not in line %d", c.Code, c.Line)
		}
	}
	if _, err := mapping.Uses([]byte("version: 2")); err == nil {
		t.Error("wrong rules have no error")
	}
}
