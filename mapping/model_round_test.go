package mapping_test

import "github.com/shopspring/decimal"

// The files model_*_test.go compute orders as Magento 2 does, from what is publicly known of its algorithm (module-tax,
// module-salesrule, module-quote, module-sales), to judge the mapping by. They share no code with it, nor with the
// simulated shop.

var (
	zero = decimal.Zero
	one  = decimal.NewFromInt(1)
	cent = decimal.New(1, -2)
)

// cents rounds as Magento's PriceCurrency does: two digits in every currency, yen and dinars too.
func cents(x decimal.Decimal) decimal.Decimal { return x.Round(2) }

// column is what a column DECIMAL(20,4) keeps.
func column(x decimal.Decimal) decimal.Decimal { return x.Round(4) }

// over divides with about as many digits as PHP's floats have.
func over(x, by decimal.Decimal) decimal.Decimal { return x.DivRound(by, 14) }

// percentOf is so many per cent of an amount.
func percentOf(x, percent decimal.Decimal) decimal.Decimal { return x.Mul(percent).Shift(-2) }

// taxWithin is the tax inside an amount that includes it.
func taxWithin(x, percent decimal.Decimal) decimal.Decimal {
	return over(x.Mul(percent), percent.Add(decimal.NewFromInt(100)))
}

func atLeastZero(x decimal.Decimal) decimal.Decimal { return decimal.Max(x, zero) }

// carrier rounds amounts one after the other and carries what rounding took from one to the next, under a name each.
type carrier struct {
	left map[string]decimal.Decimal
	// start is what the first amount carries: in tax a millionth, which decides halves.
	start decimal.Decimal
}

func newCarrier(start string) *carrier {
	return &carrier{left: map[string]decimal.Decimal{}, start: decimal.RequireFromString(start)}
}

func (c *carrier) round(name string, x decimal.Decimal) decimal.Decimal {
	if x.IsZero() {
		return x
	}
	left, known := c.left[name]
	if !known {
		left = c.start
	}
	exact := x.Add(left)
	rounded := cents(exact)
	c.left[name] = exact.Sub(rounded)
	return rounded
}

// roundOff is round for an amount that is taken off the others of its name, such as a discount.
func (c *carrier) roundOff(name string, x decimal.Decimal) decimal.Decimal {
	c.left[name] = c.left[name].Neg()
	rounded := c.round(name, x)
	c.left[name] = c.left[name].Neg()
	return rounded
}
