package order_test

import (
	"encoding/json"
	"reflect"
	"slices"
	"strings"
	"testing"

	"datawald/order"
)

// notPersonal are the texts of an order that name nobody. A new text is either masked or has to be put here.
var notPersonal = []string{"Key", "Instance", "IncrementID", "State", "Status", "Currency", "BaseCurrency", "EditOf",
	"Billing.Region", "Billing.RegionCode", "Billing.Country", "Shipping.Region", "Shipping.RegionCode", "Shipping.Country",
	"ShippingMethod", "Payment.Method", "Lines.SKU", "Lines.Name", "Lines.ProductType", "Lines.Taxes.Code", "ShippingRates.Code"}

// Fails without: any one of the fields in masked, or with a new text field that is neither masked nor listed above.
func TestMasked_HidesEachTextThatIsPersonal(t *testing.T) {
	plain := filled()
	hidden := plain.Masked()
	for _, path := range leaves(reflect.ValueOf(plain).Elem(), "") {
		was, is := at(plain, path), at(hidden, path)
		if was.Kind() == reflect.String && !slices.Contains(notPersonal, path) {
			if is.String() == was.String() || is.String() == "" {
				t.Errorf("%s is shown as %q", path, is)
			}
			continue
		}
		if !reflect.DeepEqual(was.Interface(), is.Interface()) {
			t.Errorf("%s became %v", path, is)
		}
	}
	for _, path := range notPersonal {
		if at(plain, path).Kind() != reflect.String {
			t.Errorf("%s is no text of an order", path)
		}
	}
}

// Fails without: the copies of the addresses and of the street.
func TestMasked_LeavesTheOrderItselfAlone(t *testing.T) {
	o := filled()
	before, err := json.Marshal(o)
	if err != nil {
		t.Fatal(err)
	}
	o.Masked()
	if after, _ := json.Marshal(o); string(after) != string(before) {
		t.Errorf("it became %s", after)
	}
	if (*order.Order)(nil).Masked() != nil {
		t.Error("no order became one")
	}
	if text, _ := json.Marshal((&order.Order{}).Masked()); strings.Contains(string(text), "•") {
		t.Errorf("what is missing is shown as hidden: %s", text)
	}
}

// Fails without: any one of the values in NewRedactor; with a field that is masked and that the redactor does not know.
func TestRedactor_KnowsAllThatIsMasked(t *testing.T) {
	plain := filled()
	hidden, redactor := plain.Masked(), order.NewRedactor(plain)
	for _, path := range leaves(reflect.ValueOf(plain).Elem(), "") {
		was := at(plain, path)
		if was.Kind() != reflect.String || at(hidden, path).String() == was.String() {
			continue
		}
		if text := redactor.Text("B1 says <" + was.String() + ">"); strings.Contains(text, was.String()) {
			t.Errorf("%s stays in %q", path, text)
		}
	}
}
