package mapping

import (
	"fmt"
	"path"
	"slices"
	"strings"

	"github.com/shopspring/decimal"

	"datawald/order"
)

// Kinds of what is taxed, as TaxCode.For names them. Virtual goods are goods as well.
const (
	kindGoods    = "goods"
	kindVirtual  = "virtual"
	kindShipping = "shipping"
	kindExtras   = "extras"
)

// taxable is something on which Magento takes tax, at a rate and of an amount.
type taxable struct {
	kind    string
	percent decimal.Decimal
	amount  decimal.Decimal
	rates   []order.AppliedTax
	// what names it in a reason: item MUG, shipping.
	what string
}

// taxCode finds the code for a percentage at the place that decides. The match is exact: a tolerance would book one rate
// for another.
func (m *mapper) taxCode(t taxable) (*TaxCode, *order.Reason) {
	var best *TaxCode
	points := -1
	for _, c := range m.codesHere(t.kind, t.rates) {
		if p := particular(c, t.kind); c.Percent.Equal(t.percent) && p > points {
			best, points = c, p
		}
	}
	if points < 0 {
		return best, &order.Reason{Code: "tax_code_missing", Field: t.what,
			Message: fmt.Sprintf("%s: tax %s has no code for %s %% in %s.", t.what, m.money(t.amount), t.percent, placeOf(m.taxPlace())),
			Hint:    "Add the code to tax.codes in the rules" + m.nearMiss(t) + "."}
	}
	return best, nil
}

// codesHere are the codes whose conditions the order meets, whatever their percentage.
func (m *mapper) codesHere(kind string, rates []order.AppliedTax) []*TaxCode {
	at := m.taxPlace()
	codes := make([]*TaxCode, 0, len(m.store.Tax.Codes))
	for i := range m.store.Tax.Codes {
		c := &m.store.Tax.Codes[i]
		if c.at(at) && c.of(m.order.Customer, m.taxNumber()) && c.goods(kind) && c.named(rates) {
			codes = append(codes, c)
		}
	}
	return codes
}

// taxPlace is the address that decides about taxes.
func (m *mapper) taxPlace() order.Address {
	if m.store.Tax.Place == TaxByBillTo {
		return m.order.Billing
	}
	return m.order.Destination()
}

// taxNumber is the buyer's tax number, from the order or the address it is billed to.
func (m *mapper) taxNumber() string { return taxNumberOf(m.order) }

func taxNumberOf(o *order.Order) string {
	if n := clean(o.Customer.TaxVAT); n != "" {
		return n
	}
	return clean(o.Billing.VATID)
}

func (c *TaxCode) at(a order.Address) bool {
	return fits(c.Country, a.Country) && fits(c.Region, a.RegionCode) && c.Postcodes.fits(a.Postcode)
}

func (c *TaxCode) of(customer order.Customer, taxNumber string) bool {
	return (len(c.CustomerGroups) == 0 || slices.Contains(c.CustomerGroups, customer.GroupID)) &&
		(c.TaxNumber == nil || *c.TaxNumber == (taxNumber != ""))
}

func (c *TaxCode) goods(kind string) bool {
	return fits(c.For, kind) || kind == kindVirtual && slices.Contains(c.For, kindGoods)
}

// named reports whether one of Magento's rates has the name that the code wants.
func (c *TaxCode) named(rates []order.AppliedTax) bool {
	return c.Rate == "" || slices.ContainsFunc(rates, func(t order.AppliedTax) bool {
		hit, err := path.Match(c.Rate, t.Code)
		return c.Rate == t.Code || err == nil && hit
	})
}

func fits(want Texts, is string) bool { return len(want) == 0 || slices.Contains(want, is) }

// particular orders codes that fit: by rate, then postcode, region, customers, goods, country. For virtual goods a code for
// these is more particular than one for goods.
func particular(c *TaxCode, kind string) int {
	n := 0
	for weight, is := range []bool{len(c.Country) > 0, len(c.For) > 0, slices.Contains(c.For, kind), len(c.CustomerGroups) > 0 || c.TaxNumber != nil,
		len(c.Region) > 0, c.Postcodes.isSet(), c.Rate != ""} {
		if is {
			n += 1 << weight
		}
	}
	return n
}

// nearMiss says where the percentage has a code, or which percentages have one here: most missing codes are one of both.
func (m *mapper) nearMiss(t taxable) string {
	var elsewhere, here []string
	for _, c := range m.store.Tax.Codes {
		if c.Percent.Equal(t.percent) {
			elsewhere = append(elsewhere, c.Code)
		}
	}
	for _, c := range m.codesHere(t.kind, t.rates) {
		here = append(here, fmt.Sprintf("%s (%s %%)", c.Code, c.Percent))
	}
	switch {
	case len(elsewhere) > 0:
		return fmt.Sprintf(": the percentage has a code under other conditions (%s)", strings.Join(shorten(elsewhere), ", "))
	case len(here) > 0:
		return fmt.Sprintf(": here there are %s", strings.Join(shorten(here), ", "))
	}
	return ""
}

// shorten keeps a list short enough for a sentence.
func shorten(names []string) []string {
	const most = 5
	names = slices.Compact(names)
	if len(names) > most {
		return append(names[:most:most], "…")
	}
	return names
}

func placeOf(a order.Address) string {
	at := a.Country
	if a.RegionCode != "" && a.RegionID != 0 {
		at += "-" + a.RegionCode
	}
	return at
}

func (m *mapper) setTax(taxCode, vatGroup *string, code string) {
	if m.store.Tax.Property == "vat_group" {
		*vatGroup = code
		return
	}
	*taxCode = code
}
