package b1sim

import "github.com/shopspring/decimal"

// docLine is a document line in the making.
type docLine struct {
	row   row
	item  row
	tax   taxRate
	price linePrice
}

// docCharge is an additional expense in the making.
type docCharge struct {
	row row
	tax taxRate
	net decimal.Decimal // in document currency
}

// taxRate is a tax code with its rate in per cent. The key tells tax codes and VAT groups apart.
type taxRate struct {
	key  string
	rate decimal.Decimal
}

// takeLines checks and prices every line.
func (d *document) takeLines() error {
	rows := d.row.list("DocumentLines")
	if len(rows) == 0 {
		return fail(codeDI, msgNoLines).at("[DocumentLines]")
	}
	for i, r := range rows {
		line := docLine{row: r.clone()}
		if err := d.takeLine(i, &line); err != nil {
			return err
		}
		d.lines = append(d.lines, line)
	}
	return nil
}

func (d *document) takeLine(i int, line *docLine) error {
	line.row.orDefault(row{
		"LineNum": int64(i), "Quantity": decimal.NewFromInt(1), "Currency": d.currency, "WarehouseCode": d.x.c.warehouse,
	})
	if err := d.checkItem(i, line); err != nil {
		return err
	}
	if err := d.checkSign(i, line.row); err != nil {
		return err
	}
	if method := line.row; method.has("ShippingMethod") && method.integer("ShippingMethod") != -1 &&
		!d.x.exists(setShipping, method["ShippingMethod"]) {
		return fail(codeNoMatch, msgNoMatch).atLine("DocumentLines.ShippingMethod", i)
	}
	if line.row.number("DiscountPercent").GreaterThan(hundred) {
		return fail(codeDI, msgDiscount).atLine("DocumentLines.DiscountPercent", i)
	}
	tax, failed := d.x.taxOf(line.row)
	if failed != "" {
		return fail(codeDI, msgEnterCode).atLine("DocumentLines."+failed, i)
	}
	line.tax = tax
	return d.priceLine(line)
}

// checkSign refuses quantities and prices below zero where the company does not take them.
func (d *document) checkSign(i int, line row) error {
	allowed, quantity := d.x.c.cfg.NegativeLines, line.number("Quantity")
	if quantity.IsZero() || quantity.IsNegative() && allowed != NegativeQuantity {
		return fail(codeDI, msgQuantity).atLine("DocumentLines.Quantity", i)
	}
	for _, name := range []string{"UnitPrice", "Price", "GrossPrice", "PriceAfterVAT"} {
		if line.number(name).IsNegative() && allowed != NegativePrice {
			return fail(codeDI, msgPrice).atLine("DocumentLines."+name, i)
		}
	}
	return nil
}

// checkItem checks the item of a line. Lines of service documents have none.
func (d *document) checkItem(i int, line *docLine) error {
	if d.row.text("DocType") == "dDocument_Service" {
		return nil
	}
	const place = "DocumentLines.ItemCode"
	code, house := line.row.text("ItemCode"), line.row.text("WarehouseCode")
	line.item = d.x.tx.named(setItems).get(code)
	switch item := line.item; {
	case item == nil:
		return fail(codeBusiness, msgItemMissing).atLine(place, i)
	case item.text("Frozen") == yes:
		return fail(codeBusiness, msgItemFrozen).atLine(place, i)
	case item.text("SalesItem") != yes:
		return fail(codeBusiness, msgItemNotSales, code).atLine(place, i)
	case !d.x.exists(setWarehouses, house):
		return fail(codeDI, msgItemHouse, code, house).atLine("DocumentLines.WarehouseCode", i)
	case d.x.c.cfg.BlockNegativeStock && item.text("InventoryItem") == yes &&
		line.row.number("Quantity").GreaterThan(item.number("QuantityOnStock")):
		return fail(codeBusiness, msgStock).atLine(place, i)
	}
	line.row.orDefault(row{"ItemDescription": line.item["ItemName"]})
	return nil
}

// taxOf finds the tax of a line or expense: VatGroup in VAT companies, TaxCode in sales tax companies, none without
// either. It names the property whose code is unknown.
func (x *exec) taxOf(r row) (taxRate, string) {
	if code := r.text("VatGroup"); code != "" {
		rate, known := x.vatRate(code)
		if !known {
			return taxRate{}, "VatGroup"
		}
		return taxRate{key: "VatGroup " + code, rate: rate}, ""
	}
	if code := r.text("TaxCode"); code != "" {
		found := x.tx.named(setTaxCodes).get(code)
		if found == nil {
			return taxRate{}, "TaxCode"
		}
		return taxRate{key: "TaxCode " + code, rate: found.number("Rate")}, ""
	}
	return taxRate{}, ""
}

// vatRate is the rate of a VAT group that applies now, the last of its lines.
func (x *exec) vatRate(code string) (decimal.Decimal, bool) {
	group := x.tx.named(setVatGroups).get(code)
	if group == nil {
		return decimal.Zero, false
	}
	lines := group.list("VatGroups_Lines")
	return lines[len(lines)-1].number("Rate"), true
}

// priceLine works the price out. A line may be in another currency than its document.
func (d *document) priceLine(line *docLine) error {
	rate, err := d.x.exchangeRate(line.row.text("Currency"))
	if line.row.text("Currency") == d.currency {
		rate, err = d.rate, nil
	}
	if err != nil {
		return err
	}
	line.price = d.x.c.money.priceLine(line.row, lineBasis{
		quantity: line.row.number("Quantity"),
		taxRate:  line.tax.rate,
		exchange: quotient(rate, d.rate),
		local:    d.rate,
		foreign:  d.foreign(),
		decimals: d.x.c.money.decimals(d.currency),
		list:     quotient(listPrice(line.item), rate),
	})
	return nil
}

// listPrice is the item's price in local currency.
func listPrice(item row) decimal.Decimal {
	for _, price := range item.list("ItemPrices") {
		return price.number("Price")
	}
	return decimal.Zero
}

// takeCharges checks the additional expenses. Their LineTotal is read in document currency, as callers of the SDK send
// it, and answered in local currency beside LineTotalFC, which is not writable.
func (d *document) takeCharges() error {
	decimals := d.x.c.money.decimals(d.currency)
	for i, r := range d.row.list("DocumentAdditionalExpenses") {
		charge := docCharge{row: r.clone()}
		kind := d.x.tx.named(setExpenses).get(keyText(r["ExpenseCode"]))
		if kind == nil {
			return fail(codeDI, msgEnterCode).atLine("DocumentAdditionalExpenses.ExpenseCode", i)
		}
		d.x.defaultTax(charge.row, kind.text("OutputVATGroup"))
		tax, failed := d.x.taxOf(charge.row)
		if failed != "" {
			return fail(codeDI, msgEnterCode).atLine("DocumentAdditionalExpenses."+failed, i)
		}
		charge.tax = tax
		charge.net = r.number("LineTotal").Round(decimals)
		if !r.has("LineTotal") && r.has("LineGross") {
			charge.net = quotient(r.number("LineGross"), plus(tax.rate)).Round(decimals)
		}
		d.charges = append(d.charges, charge)
	}
	return nil
}

// defaultTax gives an expense the tax of its kind when it names none.
func (x *exec) defaultTax(r row, code string) {
	switch {
	case code == "" || r.has("TaxCode") || r.has("VatGroup"):
	case x.exists(setVatGroups, code):
		r["VatGroup"] = code
	default:
		r["TaxCode"] = code
	}
}
