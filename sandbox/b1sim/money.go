package b1sim

import "github.com/shopspring/decimal"

// money holds the company's accuracies.
type money struct {
	local     string // local currency
	price     int32  // decimals of prices
	percent   int32  // decimals of percentages
	sums      map[string]int32
	taxByLine bool
}

func moneyOf(cfg Config) money {
	return money{
		local: cfg.LocalCurrency, price: cfg.PriceDecimals, percent: cfg.PercentDecimals, sums: cfg.SumDecimals,
		taxByLine: cfg.TaxRounding == TaxByLine,
	}
}

// decimals is the accuracy of amounts in a currency.
func (m money) decimals(currency string) int32 {
	if n, ok := m.sums[currency]; ok {
		return n
	}
	return 2
}

var hundred = decimal.NewFromInt(100)

// share is a percentage as a factor.
func share(percent decimal.Decimal) decimal.Decimal { return percent.Shift(-2) }

// less is the factor that takes a percentage off.
func less(percent decimal.Decimal) decimal.Decimal { return decimal.NewFromInt(1).Sub(share(percent)) }

// plus is the factor that adds a percentage.
func plus(percent decimal.Decimal) decimal.Decimal { return decimal.NewFromInt(1).Add(share(percent)) }

// quotient divides with digits to spare, and yields zero for a zero divisor.
func quotient(a, b decimal.Decimal) decimal.Decimal {
	if b.IsZero() {
		return decimal.Zero
	}
	return a.DivRound(b, 24)
}
