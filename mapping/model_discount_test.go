package mapping_test

import "github.com/shopspring/decimal"

// What a cart price rule may do (simple_action).
const (
	byPercent = "by_percent"
	byFixed   = "by_fixed"
	cartFixed = "cart_fixed"
)

// priceRule is a cart price rule. The amount is a percentage, or in base currency.
type priceRule struct {
	action   string
	amount   decimal.Decimal
	shipping bool // shipping is discounted too
	gifts    bool // only rows that are gifts; others take all rows but these
}

func (r priceRule) takes(row *modelRow) bool { return row.gift == r.gifts }

// discounter applies the rules to an order in one currency.
type discounter struct {
	q    *quote
	side int
	// carry is the rounding of percent discounts, by percentage; spread that of a sum shared out among rows.
	carry, spread *carrier
}

func newDiscounter(q *quote, side int) *discounter {
	return &discounter{q, side, newCarrier("0"), newCarrier("0")}
}

// rows sets the discount of each row, in the order of the cart.
func (d *discounter) rows(leaves []*modelRow) {
	for i, rule := range d.q.rules {
		if rule.action == cartFixed {
			d.shareOut(i, rule, leaves)
		}
	}
	for _, row := range leaves {
		percent := zero
		for i, rule := range d.q.rules {
			if !rule.takes(row) {
				continue
			}
			percent = percent.Add(d.apply(i, rule, row, percent))
		}
	}
}

// shareOut splits a sum over the rows by what they cost, in base currency; the last row takes what is left.
func (d *discounter) shareOut(n int, rule priceRule, leaves []*modelRow) {
	if d.side != baseSide {
		return
	}
	sum, count := zero, 0
	for _, row := range leaves {
		if rule.takes(row) {
			sum, count = sum.Add(d.worth(row)), count+1
		}
	}
	left := rule.amount
	for _, row := range leaves {
		if !rule.takes(row) {
			continue
		}
		share := left
		if count > 1 && sum.IsPositive() {
			share = d.spread.round("", over(rule.amount.Mul(d.worth(row)), sum))
		}
		count--
		row.shares[n] = share
		left = left.Sub(cents(decimal.Min(d.worth(row), share)))
	}
	d.q.unspent[n] = left
}

// unitPrice is the price that discounts are computed on.
func (d *discounter) unitPrice(row *modelRow) decimal.Decimal {
	if d.q.shop.discountOnTaxed {
		return row.on[d.side].priceIncl
	}
	return row.on[d.side].price
}

func (d *discounter) worth(row *modelRow) decimal.Decimal { return d.unitPrice(row).Mul(row.qty) }

// apply adds the discount of a rule to a row, and gives its percentage.
func (d *discounter) apply(n int, rule priceRule, row *modelRow, percent decimal.Decimal) decimal.Decimal {
	a, worth := &row.on[d.side], d.worth(row)
	amount, added := zero, zero
	switch rule.action {
	case byPercent:
		added = rule.amount
		amount = percentOf(worth.Sub(a.discount), rule.amount)
		if !d.q.shop.carriedDiscounts {
			amount = cents(amount)
		}
		amount = d.carry.round(percent.Add(added).String(), amount)
	case byFixed:
		amount = cents(row.qty.Mul(d.q.convert(rule.amount, d.side)))
	case cartFixed:
		amount = cents(decimal.Min(worth, d.q.convert(row.shares[n], d.side)))
	}
	a.discount = decimal.Min(a.discount.Add(amount), worth)
	return added
}

// shipping is the discount on shipping costs.
func (d *discounter) shipping(costs decimal.Decimal) decimal.Decimal {
	sum := zero
	for i, rule := range d.q.rules {
		if !rule.shipping {
			continue
		}
		amount := zero
		switch rule.action {
		case byPercent:
			amount = percentOf(costs.Sub(sum), rule.amount)
		case byFixed:
			amount = d.q.convert(rule.amount, d.side)
		case cartFixed:
			amount = decimal.Min(costs.Sub(sum), d.q.convert(atLeastZero(d.q.unspent[i]), d.side))
		}
		sum = decimal.Min(sum.Add(amount), costs)
	}
	return sum
}
