package b1sim

import (
	"slices"
	"time"

	"github.com/shopspring/decimal"
)

// document is a sales order in the making: the input row is checked against the company's data and filled in place
// with what B1 adds and computes. It runs inside a transaction.
type document struct {
	x        *exec
	row      row
	partner  row
	currency string
	rate     decimal.Decimal // local currency for one unit of document currency; 1 in a local document
	lines    []docLine
	charges  []docCharge
}

// build runs every check that B1 makes on Orders, then prices the document. The first failure ends it.
func (d *document) build() error {
	for _, step := range []func() error{
		d.takePartner, d.takeDates, d.takeCurrency, d.checkCodes, d.checkBranch, d.checkAddress, d.takeLines,
		d.takeCharges, d.price,
	} {
		if err := step(); err != nil {
			return err
		}
	}
	d.row.orDefault(documentDefaults)
	return nil
}

// documentDefaults are the defaults that the SDK metadata gives for document properties.
var documentDefaults = row{
	"DocType": "dDocument_Items", "HandWritten": no, "Printed": "psNo", "Confirmed": yes, "PartialSupply": yes,
	"TransportationCode": int64(-1), "SalesPersonCode": int64(-1), "PaymentGroupCode": int64(-1), "NetProcedure": no,
	"RevisionPo": no, "BlockDunning": no, "Submitted": no, "Segment": int64(0), "PickStatus": no, "Pick": no,
	"PaymentBlock": no, "MaximumCashDiscount": no, "Reserve": no, "Rounding": no, "BillOfExchangeReserved": no,
	"NumberOfInstallments": int64(1), "DocumentSubType": "bod_None", "DocumentStatus": "bost_Open",
	"UseShpdGoodsAct": no, "ReserveInvoice": no, "UseCorrectionVATGroup": no, "Cancelled": no, "CancelStatus": "csNo",
	"AuthorizationStatus": "dasWithout", "DocObjectCode": orderObjectName, "UseBillToAddrToDetermineTax": no,
	"CashDiscountDateOffset": int64(0), "CreateOnlineQuotation": no, "OpenForLandedCosts": yes, "RelevantToGTS": no,
	"IsAlteration": no, "ReqType": int64(12), "Revision": no, "InterimType": "boidt_None", "DownPaymentStatus": "so_Open",
}

// takePartner finds the customer.
func (d *document) takePartner() error {
	code := d.row.text("CardCode")
	d.partner = d.x.tx.named(setPartners).get(code)
	if d.partner == nil || d.partner.text("CardType") != "cCustomer" {
		return fail(codeDI, msgBPCode).at("[ORDR.CardCode] , '" + code + "'")
	}
	if d.partner.text("Frozen") == yes {
		return fail(codeBusiness, msgBPInactive, code)
	}
	d.row.orDefault(row{"CardName": d.partner["CardName"], "JournalMemo": "Sales Orders - " + code})
	return nil
}

// takeDates requires the delivery date and keeps every date inside the open posting periods.
func (d *document) takeDates() error {
	today := d.x.c.cfg.Now().Format(time.DateOnly)
	d.row.orDefault(row{"DocDate": today})
	d.row.orDefault(row{"TaxDate": d.row["DocDate"], "VatDate": d.row["DocDate"]})
	if !d.row.has("DocDueDate") {
		return fail(codeDI, msgDueDate).at("[ORDR.DocDueDate]")
	}
	if !d.isOpen("DocDate") {
		d.x.c.faults.count(LockedPeriod)
		return fail(codePeriod, msgPeriod)
	}
	for _, name := range []string{"DocDueDate", "TaxDate"} {
		if !d.isOpen(name) {
			return fail(codeDI, msgDateRange).at("[ORDR." + name + "]")
		}
	}
	return nil
}

func (d *document) isOpen(name string) bool {
	day, s := d.row.text(name), d.x.c.settings
	return day >= s.openFrom && (s.openTo == "" || day <= s.openTo)
}

// takeCurrency settles the document currency and its rate: the company's for the day, or the one that was sent.
func (d *document) takeCurrency() error {
	if !d.row.has("DocCurrency") {
		d.row["DocCurrency"] = d.x.c.money.local
		if own := d.partner.text("Currency"); own != "" && own != anyCurrency {
			d.row["DocCurrency"] = own
		}
	}
	d.currency = d.row.text("DocCurrency")
	rate, err := d.x.exchangeRate(d.currency)
	if given := d.row.number("DocRate"); d.foreign() && given.IsPositive() && d.x.knowsCurrency(d.currency) {
		rate, err = given, nil
	}
	if err != nil {
		if d.x.knowsCurrency(d.currency) {
			d.x.c.faults.count(MissingRate)
		}
		return err
	}
	d.rate = rate
	d.row["DocRate"] = rate
	return nil
}

func (d *document) foreign() bool { return d.currency != d.x.c.money.local }

// exchangeRate is local currency for one unit of a currency.
func (x *exec) exchangeRate(currency string) (decimal.Decimal, error) {
	if currency == x.c.money.local {
		return decimal.NewFromInt(1), nil
	}
	if !x.knowsCurrency(currency) {
		return decimal.Zero, fail(codeDI, msgEnterCode).at("[ORDR.DocCur]")
	}
	rate := x.c.settings.rates[currency]
	if !rate.IsPositive() {
		return decimal.Zero, fail(codeRate, msgRate, currency)
	}
	return rate, nil
}

func (x *exec) knowsCurrency(currency string) bool {
	_, known := x.c.settings.rates[currency]
	return known
}

// checkCodes checks the codes that a header names. A reference without a match answers -2028, the code that an
// approval draft answers too (SAP KBA 2693418 shows it for [OINV.GroupNum]).
func (d *document) checkCodes() error {
	for _, ref := range []struct{ property, set, place string }{
		{"PaymentGroupCode", setPayTerms, "[ORDR.GroupNum]"},
		{"SalesPersonCode", setSales, "[ORDR.SlpCode]"},
		{"TransportationCode", setShipping, "[ORDR.TrnspCode]"},
	} {
		if d.row.has(ref.property) && d.row.integer(ref.property) != -1 && !d.x.exists(ref.set, d.row[ref.property]) {
			return fail(codeNoMatch, msgNoMatch).at(ref.place)
		}
	}
	if d.row.has("ContactPersonCode") && !hasContact(d.partner, d.row.integer("ContactPersonCode")) {
		return fail(codeDI, msgEnterCode).at("[ORDR.CntctCode]")
	}
	if _, known := d.x.c.cfg.Employees[int(d.row.integer("DocumentsOwner"))]; d.row.has("DocumentsOwner") && !known && d.x.c.cfg.Employees != nil {
		return fail(codeNoMatch, msgNoMatch).at("[ORDR.OwnerCode]")
	}
	if d.row.has("PaymentMethod") && !d.x.exists(setPayMethods, d.row["PaymentMethod"]) {
		return fail(codeDI, msgEnterCode).at("[ORDR.PeyMethod]")
	}
	if d.row.has("Series") && !slices.Contains(d.x.c.cfg.Series, int(d.row.integer("Series"))) {
		return fail(codeNoSeries, msgSeries)
	}
	return nil
}

// hasContact reports whether a contact person is one of the partner's.
func hasContact(partner row, number int64) bool {
	return slices.ContainsFunc(partner.list("ContactEmployees"), func(c row) bool { return c.integer("InternalCode") == number })
}

// checkBranch requires a branch when the company has branches: -2028 without one, -5002 for an unknown one.
func (d *document) checkBranch() error {
	if d.x.tx.named(setBranches).size() == 0 {
		return nil
	}
	if !d.row.has("BPL_IDAssignedToInvoice") {
		return fail(codeNoMatch, msgNoMatch)
	}
	if !d.x.exists(setBranches, d.row["BPL_IDAssignedToInvoice"]) {
		return fail(codeDI, msgBranch).at("[ORDR.BPLId]")
	}
	return nil
}

// checkAddress checks state codes of countries whose states the company has (table OCST).
func (d *document) checkAddress() error {
	address := d.row.part("AddressExtension")
	for _, side := range []string{"ShipTo", "BillTo"} {
		if !d.x.c.knowsState(address.text(side+"Country"), address.text(side+"State")) {
			return fail(codeDI, msgEnterCode).at("[AddressExtension." + side + "State]")
		}
	}
	return nil
}

// knowsState reports whether a country has a state; one whose states the company does not list has any.
func (c *Company) knowsState(country, state string) bool {
	states, listed := c.cfg.States[country]
	return !listed || state == "" || slices.Contains(states, state)
}

// exists reports whether a code list has a code.
func (x *exec) exists(set string, code any) bool { return x.tx.named(set).get(keyText(code)) != nil }
