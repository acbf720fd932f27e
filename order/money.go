package order

import "github.com/shopspring/decimal"

// Money is an amount, in units and not in hundredths, with the currency it is in (ISO 4217). Amounts are decimals from the wire
// to the wire.
type Money struct {
	Amount   decimal.Decimal `bson:"amount" json:"amount"`
	Currency string          `bson:"currency" json:"currency"`
}

// Equal reports whether both amount and currency are the same; 1.5 EUR equals 1.50 EUR.
func (m Money) Equal(o Money) bool { return m.Currency == o.Currency && m.Amount.Equal(o.Amount) }

// String writes the amount with the digits of its currency: 12.50 EUR, 300 JPY, 1.250 BHD.
func (m Money) String() string {
	return m.Amount.StringFixed(MinorUnits(m.Currency)) + " " + m.Currency
}

// minorUnits lists the currencies whose smallest unit is not a hundredth (ISO 4217).
var minorUnits = map[string]int32{
	"BIF": 0, "CLP": 0, "DJF": 0, "GNF": 0, "ISK": 0, "JPY": 0, "KMF": 0, "KRW": 0, "PYG": 0, "RWF": 0,
	"UGX": 0, "VND": 0, "VUV": 0, "XAF": 0, "XOF": 0, "XPF": 0,
	"BHD": 3, "IQD": 3, "JOD": 3, "KWD": 3, "LYD": 3, "OMR": 3, "TND": 3,
}

// MinorUnits is the number of digits after the point in amounts of the currency (ISO 4217), 2 where none is listed.
func MinorUnits(currency string) int32 {
	if n, ok := minorUnits[currency]; ok {
		return n
	}
	return 2
}
