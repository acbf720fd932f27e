package order_test

import (
	"testing"

	"github.com/shopspring/decimal"
	"pgregory.net/rapid"

	"datawald/order"
)

func num(text string) decimal.Decimal { return decimal.RequireFromString(text) }

func TestMoney_IsWrittenWithTheDigitsOfItsCurrency(t *testing.T) {
	for _, c := range []struct{ amount, currency, want string }{
		{"12.5", "EUR", "12.50 EUR"},
		{"12.5", "USD", "12.50 USD"},
		{"300", "JPY", "300 JPY"},
		{"1.25", "BHD", "1.250 BHD"},
		{"0", "KWD", "0.000 KWD"},
		{"-0.005", "EUR", "-0.01 EUR"},
		{"1.005", "EUR", "1.01 EUR"},
		{"99.995", "USD", "100.00 USD"},
		{"12345678901234567890.12", "TWD", "12345678901234567890.12 TWD"},
	} {
		if got := (order.Money{Amount: num(c.amount), Currency: c.currency}).String(); got != c.want {
			t.Errorf("%s %s is written %q, want %q", c.amount, c.currency, got, c.want)
		}
	}
}

func TestMoney_IsEqualByValueAndCurrency(t *testing.T) {
	a := order.Money{Amount: num("1.5"), Currency: "EUR"}
	for _, c := range []struct {
		other order.Money
		want  bool
	}{
		{order.Money{Amount: num("1.50"), Currency: "EUR"}, true},
		{order.Money{Amount: num("15e-1"), Currency: "EUR"}, true},
		{order.Money{Amount: num("1.5"), Currency: "USD"}, false},
		{order.Money{Amount: num("1.51"), Currency: "EUR"}, false},
	} {
		if got := a.Equal(c.other); got != c.want {
			t.Errorf("%v equals %v: %t, want %t", a, c.other, got, c.want)
		}
	}
}

func TestMinorUnits_FollowISO4217(t *testing.T) {
	for currency, want := range map[string]int32{
		"EUR": 2, "USD": 2, "GBP": 2, "TWD": 2, "CAD": 2, "AUD": 2, "HUF": 2, "": 2, "XYZ": 2,
		"JPY": 0, "KRW": 0, "CLP": 0, "ISK": 0, "UGX": 0, "VND": 0, "XAF": 0, "XOF": 0, "XPF": 0,
		"BHD": 3, "IQD": 3, "JOD": 3, "KWD": 3, "LYD": 3, "OMR": 3, "TND": 3,
	} {
		if got := order.MinorUnits(currency); got != want {
			t.Errorf("%q has %d digits, want %d", currency, got, want)
		}
	}
}

// amounts draws amounts as Magento keeps them, DECIMAL(20,4).
func amounts() *rapid.Generator[decimal.Decimal] {
	return rapid.Custom(func(t *rapid.T) decimal.Decimal {
		return decimal.New(rapid.Int64Range(-99_999_999_999, 99_999_999_999).Draw(t, "units"), -4)
	})
}

func TestTotals_SumAddsEachPartOnce(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		draw := func(name string) decimal.Decimal { return amounts().Draw(t, name) }
		totals := order.Totals{
			Subtotal: draw("subtotal"), Discount: draw("discount"), Shipping: draw("shipping"), Tax: draw("tax"),
			TaxCompensation: draw("compensation"), ShippingTaxCompensation: draw("shipping compensation"), GiftWrap: draw("wrap"),
			GiftCards: draw("cards"), StoreCredit: draw("credit"), RewardPoints: draw("points"),
			// Parts of the others, and what happened afterwards: they do not count.
			ShippingDiscount: draw("shipping discount"), ShippingTax: draw("shipping tax"),
			Grand: draw("grand"), Paid: draw("paid"), Refunded: draw("refunded"), Canceled: draw("canceled"),
		}
		want := decimal.Zero
		for _, d := range []decimal.Decimal{totals.Subtotal, totals.Discount, totals.Shipping, totals.Tax, totals.TaxCompensation,
			totals.ShippingTaxCompensation, totals.GiftWrap, totals.GiftCards.Neg(), totals.StoreCredit.Neg(), totals.RewardPoints.Neg()} {
			want = want.Add(d)
		}
		if got := totals.Sum(); !got.Equal(want) {
			t.Errorf("sum of %+v is %s, want %s", totals, got, want)
		}
	})
}

func TestTotals_SumOfRealOrders(t *testing.T) {
	for name, totals := range map[string]order.Totals{
		// -49 is -44 on the items and -5 on shipping.
		"discount on shipping": {Subtotal: num("220"), Discount: num("-49"), Shipping: num("10"), ShippingDiscount: num("5"), Tax: num("0"), Grand: num("181")},
		// 4.16 is 3.63 on the items and 0.53 on shipping.
		"tax on shipping":    {Subtotal: num("44"), Shipping: num("6.38"), ShippingTax: num("0.53"), Tax: num("4.16"), Grand: num("54.54")},
		"tax inside prices":  {Subtotal: num("100"), Discount: num("-11.9"), Tax: num("17.1"), TaxCompensation: num("1.9"), Grand: num("107.1")},
		"paid by gift cards": {Subtotal: num("50"), GiftWrap: num("2.5"), GiftCards: num("40"), StoreCredit: num("10"), RewardPoints: num("2.5"), Grand: num("0")},
	} {
		if got := totals.Sum(); !got.Equal(totals.Grand) {
			t.Errorf("%s: sum is %s, want %s", name, got, totals.Grand)
		}
	}
}
