package mapping

import (
	"fmt"
	"slices"

	"github.com/shopspring/decimal"

	"datawald/order"
)

// taxCode finds the code for a percentage at the order's destination. The match is exact: a tolerance would book one
// rate for another.
func (m *mapper) taxCode(percent, amount decimal.Decimal, what string) (TaxCode, *order.Reason) {
	to := m.order.Destination()
	best, points := TaxCode{}, -1
	for _, c := range m.store.Tax.Codes {
		if !c.Percent.Equal(percent) || !fits(c.Country, to.Country) || !fits(c.Region, to.RegionCode) {
			continue
		}
		if p := particular(c); p > points {
			best, points = c, p
		}
	}
	if points < 0 {
		return best, &order.Reason{Code: "tax_code_missing", Field: what,
			Message: fmt.Sprintf("%s: tax %s has no code for %s %% in %s.", what, amount, percent, placeOf(to)),
			Hint:    "Add the code to tax.codes in the rules."}
	}
	return best, nil
}

func fits(want Texts, is string) bool { return len(want) == 0 || slices.Contains(want, is) }

func particular(c TaxCode) int {
	n := 0
	if len(c.Country) > 0 {
		n++
	}
	if len(c.Region) > 0 {
		n += 2
	}
	return n
}

func placeOf(a order.Address) string {
	if a.RegionCode == "" || a.RegionID == 0 {
		return a.Country
	}
	return a.Country + "-" + a.RegionCode
}

func (m *mapper) setTax(taxCode, vatGroup *string, code string) {
	if m.store.Tax.Property == "vat_group" {
		*vatGroup = code
		return
	}
	*taxCode = code
}

// shippingPercent finds the rate on shipping: what Magento says, else the rate among the destination's codes that
// gives the tax to the cent.
func (m *mapper) shippingPercent(net decimal.Decimal) decimal.Decimal {
	tax := m.order.Totals.ShippingTax
	if tax.IsZero() {
		return decimal.Zero
	}
	if len(m.order.ShippingRates) > 0 {
		sum := decimal.Zero
		for _, p := range m.order.ShippingRates {
			sum = sum.Add(p.Percent)
		}
		return sum
	}
	to := m.order.Destination()
	for _, c := range m.store.Tax.Codes {
		if fits(c.Country, to.Country) && fits(c.Region, to.RegionCode) && m.round(net.Mul(c.Percent).Div(hundred)).Equal(tax) {
			return c.Percent
		}
	}
	return tax.Mul(hundred).DivRound(net, 2) // names the missing rate in the reason
}
