package magento_test

import (
	"encoding/json"
	"errors"
	"testing"

	"datawald/magento"
	"datawald/order"
)

func seeds(f *testing.F) {
	for _, text := range []string{configurable, bundle, string(document(nil)), "", "null", "[]", "{}", `{"items":[null]}`,
		`{"increment_id":1e400,"grand_total":1e99,"entity_id":"1e99","order_currency_code":"EUR","created_at":"2026-11-01 10:00:00"}`,
		`{"extension_attributes":{"gw_price":1e-30,"gw_tax_amount":"1e30","shipping_assignments":[{"shipping":{"address":{"street":{"1":"a"}}}}]}}`} {
		f.Add([]byte(text))
	}
}

func FuzzConvert(f *testing.F) {
	seeds(f)
	f.Fuzz(func(t *testing.T, raw []byte) {
		o, err := magento.Convert("main", raw)
		if err != nil {
			reason, ok := errors.AsType[*order.Reason](err)
			if !ok || reason.Code == "" || reason.Message == "" || o != nil {
				t.Fatalf("gives %v and %#v, want a reason alone", o, err)
			}
			return
		}
		if key, err := order.ParseKey(string(o.Key)); err != nil || key.IncrementID() != o.IncrementID {
			t.Fatalf("key %q: %v", o.Key, err)
		}
		if len(o.ContentHash()) != 37 || !json.Valid(raw) {
			t.Fatalf("read %+v", o)
		}
		o.Totals.Sum()
		order.NewRedactor(o).Text(string(raw))
	})
}

func FuzzPayloadHash(f *testing.F) {
	seeds(f)
	f.Fuzz(func(t *testing.T, raw []byte) {
		if h, want := magento.PayloadHash(raw), hashByMap(raw); h != want {
			t.Fatalf("hash %q, want %q", h, want)
		}
	})
}
