package b1sim

import "github.com/shopspring/decimal"

// price adds the document up and writes the results into the row.
func (d *document) price() error {
	m := d.x.c.money
	s := sheet{decimals: m.decimals(d.currency), discount: d.row.number("DiscountPercent").Round(m.percent)}
	for _, line := range d.lines {
		s.lines = append(s.lines, sheetLine{net: line.price.total, taxCode: line.tax.key, rate: line.tax.rate})
	}
	for _, charge := range d.charges {
		s.charges = append(s.charges, sheetCharge{net: charge.net, rate: charge.tax.rate})
	}
	if d.row.text("Rounding") == yes {
		s.rounding = d.row.number("RoundingDiffAmount").Round(s.decimals)
	}
	s.total = d.sentTotal()
	if err := s.compute(m); err != nil {
		return err
	}
	d.fillHeader(s)
	d.fillLines(s)
	d.fillCharges(s)
	return nil
}

// sentTotal is the document total that the caller sent, in document currency: DocTotalFc, or DocTotal, which is in
// local currency.
func (d *document) sentTotal() decimal.NullDecimal {
	switch {
	case d.foreign() && d.row.has("DocTotalFc"):
		return decimal.NewNullDecimal(d.row.number("DocTotalFc"))
	case d.row.has("DocTotal"):
		return decimal.NewNullDecimal(quotient(d.row.number("DocTotal"), d.rate))
	}
	return decimal.NullDecimal{}
}

// amount sets an amount in local currency and, under a second name, in document currency when that is foreign (else
// zero, as B1 shows it). The third name is the amount in system currency, which here is the local one.
func (d *document) amount(r row, value decimal.Decimal, local, foreign, system string) {
	inLocal, inForeign := value, decimal.Zero
	if d.foreign() {
		inLocal = value.Mul(d.rate).Round(d.x.c.money.decimals(d.x.c.money.local))
		inForeign = value
	}
	for name, amount := range map[string]decimal.Decimal{local: inLocal, foreign: inForeign, system: inLocal} {
		if name != "" {
			r[name] = amount
		}
	}
}

func (d *document) fillHeader(s sheet) {
	d.row["DiscountPercent"] = s.discount
	d.amount(d.row, s.discountSum, "TotalDiscount", "TotalDiscountFC", "TotalDiscountSC")
	d.amount(d.row, s.tax, "VatSum", "VatSumFc", "VatSumSys")
	d.amount(d.row, s.grand, "DocTotal", "DocTotalFc", "DocTotalSys")
	d.amount(d.row, s.rounding, "RoundingDiffAmount", "RoundingDiffAmountFC", "RoundingDiffAmountSC")
	d.amount(d.row, decimal.Zero, "PaidToDate", "PaidToDateFC", "PaidToDateSys")
}

func (d *document) fillLines(s sheet) {
	rows := make([]row, len(d.lines))
	for i, line := range d.lines {
		r, tax := line.row, s.lines[i].tax
		r["UnitPrice"], r["DiscountPercent"], r["Price"] = line.price.unit, line.price.discount, line.price.price
		r["PriceAfterVAT"] = line.price.price.Mul(plus(line.tax.rate)).Round(d.x.c.money.price)
		r["GrossPrice"] = line.price.unit.Mul(plus(line.tax.rate)).Round(d.x.c.money.price)
		r["TaxPercentagePerRow"] = line.tax.rate
		d.amount(r, line.price.total, "LineTotal", "RowTotalFC", "RowTotalSC")
		d.amount(r, tax, "TaxTotal", "", "")
		d.amount(r, tax, "NetTaxAmount", "NetTaxAmountFC", "NetTaxAmountSC")
		d.amount(r, line.price.total.Add(tax), "GrossTotal", "GrossTotalFC", "GrossTotalSC")
		d.amount(r, line.price.total, "OpenAmount", "OpenAmountFC", "OpenAmountSC")
		r["InventoryQuantity"], r["RemainingOpenQuantity"] = r["Quantity"], r["Quantity"]
		r["PackageQuantity"], r["RemainingOpenInventoryQuantity"] = r["Quantity"], r["Quantity"]
		r.orDefault(row{"ShipDate": d.row["DocDueDate"], "VisualOrder": int64(i)})
		r.orDefault(lineDefaults)
		rows[i] = r
	}
	d.row["DocumentLines"] = rows
}

// lineDefaults are the defaults that the SDK metadata gives for line properties.
var lineDefaults = row{
	"TreeType": "iNotATree", "LineStatus": "bost_Open", "LineType": "dlt_Regular", "BaseType": int64(-1),
	"ShippingMethod": int64(-1), "UseBaseUnits": no, "TaxType": "tt_Yes", "UoMCode": "Manual", "UoMEntry": int64(-1),
	"WithoutInventoryMovement": no, "TaxOnly": no, "DeferredTax": no, "BackOrder": yes,
}

func (d *document) fillCharges(s sheet) {
	if len(d.charges) == 0 {
		return
	}
	rows := make([]row, len(d.charges))
	for i, charge := range d.charges {
		r, tax := charge.row, s.charges[i].tax
		r["LineNum"], r["TaxPercent"], r["Status"] = int64(i), charge.tax.rate, "bost_Open"
		d.amount(r, charge.net, "LineTotal", "LineTotalFC", "LineTotalSys")
		d.amount(r, tax, "TaxSum", "TaxSumFC", "TaxSumSys")
		d.amount(r, tax, "TaxTotalSum", "TaxTotalSumFC", "TaxTotalSumSys")
		d.amount(r, charge.net.Add(tax), "LineGross", "LineGrossFC", "LineGrossSys")
		r.orDefault(row{"TaxLiable": yes, "DistributionMethod": "aedm_None"})
		rows[i] = r
	}
	d.row["DocumentAdditionalExpenses"] = rows
}
