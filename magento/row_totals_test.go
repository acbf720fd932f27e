package magento_test

import (
	"fmt"
	"testing"

	"datawald/magento"
)

// Nothing is booked by row totals: what stands there instead of an amount is none, and keeps no order out. Fails without: the
// limits of digits.
func TestConvert_TakesRowTotalsThatAreNoAmountsAsNone(t *testing.T) {
	const doc = `{"increment_id":"1","store_id":1,"grand_total":"5","order_currency_code":"EUR","base_currency_code":"USD","base_grand_total":"6",
		"created_at":"2026-11-30 05:00:00","items":[{"item_id":1,"row_total":%[1]s,"row_total_incl_tax":%[1]s,"base_row_total":%[1]s,"base_row_total_incl_tax":%[1]s}]}`
	for value, want := range map[string]string{`1e9999`: "0", `"1e-9999"`: "0", `12345678901234`: "0", `[1]`: "0", `{}`: "0", `true`: "0", `"a lot"`: "0", `null`: "0",
		`""`: "0", `" 47.38 "`: "47.38", `47.3800`: "47.38", `51.290000000000006`: "51.29", `1.4210854715202004e-14`: "0", `-7`: "-7", `1234567890123.45`: "1234567890123.45"} {
		o, err := magento.Convert("main", fmt.Appendf(nil, doc, value))
		if err != nil {
			t.Errorf("%s: %v", value, err)
			continue
		}
		l, base := o.Lines[0], o.Base.Lines[0]
		for _, got := range []fmt.Stringer{l.RowTotal, l.RowTotalInclTax, base.RowTotal, base.RowTotalInclTax} {
			if got.String() != want {
				t.Errorf("%s is read as %s, want %s", value, got, want)
			}
		}
	}
}
