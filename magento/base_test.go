package magento_test

import (
	"strings"
	"testing"
)

// Amounts in the website's currency that a document does not have are not amounts of nothing.
func TestConvert_HasNoBaseAmountsWhereTheDocumentHasNoBaseTotal(t *testing.T) {
	doc := func(total string) []byte {
		return []byte(`{"increment_id":"1","store_id":1,"entity_id":1,"created_at":"2026-11-01 10:00:00","order_currency_code":"USD","base_currency_code":"EUR",` +
			strings.TrimPrefix(total+`,`, ",") + `"grand_total":10,"items":[{"item_id":1,"sku":"A","qty_ordered":1,"price":10,"base_price":9}]}`)
	}
	for total, want := range map[string]bool{``: false, `"base_grand_total":null`: false, `"base_grand_total":""`: false,
		`"base_grand_total":9`: true, `"base_grand_total":"9.0000"`: true, `"base_grand_total":0`: true} {
		if o := convert(t, doc(total)); (o.Base != nil) != want {
			t.Errorf("%s: base amounts %v, want them: %t", total, o.Base, want)
		}
	}
}
