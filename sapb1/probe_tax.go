package sapb1

import (
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"github.com/shopspring/decimal"

	"datawald/order"
)

func unfitSalesTax(r codeRow) string {
	switch {
	case r.text("Inactive") == "tYES":
		return "is inactive"
	case r.text("ValidForAR") == "tNO":
		return "is not valid for A/R"
	}
	return ""
}

func unfitVatGroup(r codeRow) string {
	switch {
	case r.text("Inactive") == "tYES":
		return "is inactive"
	case r.text("Category") == "bovcInputTax":
		return "is of category Input Tax, for purchases"
	}
	return ""
}

// compareRate compares what the rules say of a tax code's rate with B1. Of a code without either there is nothing to say.
func (c *checkup) compareRate(u usedCode, def codeList, r codeRow) (f order.Finding, bad bool) {
	theirs, known := rate(r, today(c.Uses.Zone))
	if u.Percent == nil || !known || theirs.Equal(*u.Percent) {
		return f, false
	}
	return wrong(fmt.Sprintf("%s %q has %s %% in B1, and %s %% in the rules (%s)", def.what, u.Code, theirs, u.Percent, c.at(u.places...)),
		"Totals are proven by the rate of the rules, so orders with this code will not come out right: correct percent, or the rate in "+def.menu+"."), true
}

// unrated are the codes for which the rules have a rate to compare, and B1 tells none.
func (c *checkup) unrated(uses []usedCode, def codeList, rows []codeRow) (names []string) {
	for _, u := range uses {
		i := slices.IndexFunc(rows, func(r codeRow) bool { return r.text(def.key) == u.Code })
		if u.Percent == nil || i < 0 {
			continue
		}
		if _, known := rate(rows[i], today(c.Uses.Zone)); !known {
			names = append(names, u.Code)
		}
	}
	return names
}

// rate is the percentage of a tax code on a day: SalesTaxCodes have one, VatGroups one from each date on.
func rate(r codeRow, day Date) (percent decimal.Decimal, known bool) {
	if raw, has := r["Rate"]; has {
		return number(raw)
	}
	var lines []struct {
		From Date            `json:"Effectivefrom"`
		Rate json.RawMessage `json:"Rate"`
	}
	if json.Unmarshal(r["VatGroups_Lines"], &lines) != nil {
		return percent, false
	}
	var since Date
	for _, l := range lines {
		if !l.From.After(day.Time) && !l.From.Before(since.Time) {
			since = l.From
			percent, known = number(l.Rate)
		}
	}
	return percent, known
}

func number(raw json.RawMessage) (n decimal.Decimal, known bool) {
	var a Amount
	if string(raw) == "null" || json.Unmarshal(raw, &a) != nil {
		return n, false
	}
	return a.Decimal, true
}

func today(zone *time.Location) Date { return NewDate(time.Now().In(zone)) }
