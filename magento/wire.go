package magento

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"reflect"
	"strconv"
	"strings"
	"time"

	"github.com/shopspring/decimal"

	"datawald/order"
)

// lenient is a value that Magento writes as a string in one release and as a number in the next: its text is kept.
type lenient string

// UnmarshalJSON takes strings, numbers, booleans and null; anything else is kept out.
func (l *lenient) UnmarshalJSON(b []byte) error {
	*l = lenientOf(b)
	return nil
}

// lenientOf reads a valid value.
func lenientOf(b []byte) lenient {
	switch {
	case b[0] == '"':
		return lenient(textOf(b))
	case b[0] == '{' || b[0] == '[' || string(b) == "null":
		return ""
	}
	return lenient(b)
}

// textOf is what a valid string says.
func textOf(quoted []byte) string {
	if text := quoted[1 : len(quoted)-1]; plain(text) {
		return string(text)
	}
	var s string
	if err := json.Unmarshal(quoted, &s); err != nil {
		panic("magento: a string of valid JSON does not unmarshal: " + err.Error())
	}
	return s
}

// int is the whole number, 0 where the text is none.
func (l lenient) int() int64 {
	if n, err := strconv.ParseInt(string(l), 10, 64); err == nil {
		return n
	}
	d, err := decimal.NewFromString(string(l)) // 12.0000
	if err != nil || !d.IsInteger() || !d.BigInt().IsInt64() {
		return 0
	}
	return d.IntPart()
}

func (l lenient) bool() bool { return l == "1" || l == "true" }

// aside is an amount that nothing is booked by: zero where the text is none, or one that no sale has. Magento adds some of these up
// in floating point: of 51.290000000000006 the noise is left out.
func (l lenient) aside() decimal.Decimal {
	d, err := decimal.NewFromString(strings.TrimSpace(string(l)))
	if err != nil || d.NumDigits()+int(d.Exponent()) > mostDigits || d.Exponent() < -mostNoise {
		return decimal.Decimal{}
	}
	return d.Round(6)
}

// mostDigits is how many digits an amount aside has before the point, mostNoise how many behind it.
const (
	mostDigits = 13
	mostNoise  = 30
)

// amount is a decimal read from the text of a number or of a string; null, "" and absence are zero and not given.
type amount struct {
	decimal.Decimal
	given bool
}

// UnmarshalJSON fails with the kind of the value alone: the value itself may be personal.
func (a *amount) UnmarshalJSON(b []byte) error {
	text, kind := string(b), "number"
	switch b[0] {
	case '"':
		text, kind = textOf(b), "string"
	case '[':
		kind = "array"
	case '{':
		kind = "object"
	case 't', 'f':
		kind = "bool"
	}
	*a = amount{}
	if text = strings.TrimSpace(text); text == "" || text == "null" {
		return nil
	}
	d, err := decimal.NewFromString(text)
	if err != nil {
		return &json.UnmarshalTypeError{Value: kind, Type: reflect.TypeFor[amount]()}
	}
	*a = amount{Decimal: d, given: true}
	return nil
}

// unread is an amount in base currency: it is read only when the order is in another one.
type unread json.RawMessage

// UnmarshalJSON keeps the text.
func (u *unread) UnmarshalJSON(b []byte) error {
	*u = append((*u)[:0], b...)
	return nil
}

// maybe is an object that can be missing: absent, null, or [], which is how PHP writes an object without members.
type maybe[T any] struct{ value *T }

func (m *maybe[T]) UnmarshalJSON(b []byte) error {
	m.value = nil
	if string(b) == "null" || b[0] == '[' && afterSpace(b, 1) == len(b)-1 {
		return nil
	}
	m.value = new(T)
	return json.Unmarshal(b, m.value)
}

// orEmpty is the object, or one without members.
func (m maybe[T]) orEmpty() T {
	if m.value == nil {
		return *new(T)
	}
	return *m.value
}

// parseTime reads Magento's UTC time without zone, and the forms that modules write.
func parseTime(s string) (time.Time, error) {
	for _, layout := range []string{timeLayout, "2006-01-02T15:04:05", time.RFC3339, "2006-01-02T15:04:05Z0700"} {
		if t, err := time.Parse(layout, s); err == nil {
			return t.UTC(), nil
		}
	}
	return time.Time{}, fmt.Errorf("%q is not a time", s)
}

// wireOrder is the part of Magento's order document that DataWald reads (section "sales/order" of the REST schema).
type wireOrder struct {
	EntityID         lenient `json:"entity_id"`
	IncrementID      lenient `json:"increment_id"`
	StoreID          lenient `json:"store_id"`
	State            lenient `json:"state"`
	Status           lenient `json:"status"`
	CreatedAt        lenient `json:"created_at"`
	UpdatedAt        lenient `json:"updated_at"`
	OrderCurrency    lenient `json:"order_currency_code"`
	BaseCurrency     lenient `json:"base_currency_code"`
	BaseToOrderRate  amount  `json:"base_to_order_rate"`
	IsVirtual        lenient `json:"is_virtual"`
	EditOf           lenient `json:"relation_parent_id"`
	CustomerID       lenient `json:"customer_id"`
	CustomerIsGuest  lenient `json:"customer_is_guest"`
	CustomerGroupID  lenient `json:"customer_group_id"`
	CustomerEmail    lenient `json:"customer_email"`
	CustomerFirst    lenient `json:"customer_firstname"`
	CustomerLast     lenient `json:"customer_lastname"`
	CustomerTaxVAT   lenient `json:"customer_taxvat"`
	Subtotal         amount  `json:"subtotal"`
	Discount         amount  `json:"discount_amount"`
	Shipping         amount  `json:"shipping_amount"`
	ShippingDiscount amount  `json:"shipping_discount_amount"`
	ShippingTax      amount  `json:"shipping_tax_amount"`
	ShippingTaxComp  amount  `json:"shipping_discount_tax_compensation_amount"`
	Tax              amount  `json:"tax_amount"`
	TaxComp          amount  `json:"discount_tax_compensation_amount"`
	GrandTotal       amount  `json:"grand_total"`
	TotalPaid        amount  `json:"total_paid"`
	TotalRefunded    amount  `json:"total_refunded"`
	TotalCanceled    amount  `json:"total_canceled"`
	ShippingCanceled amount  `json:"shipping_canceled"`
	ShippingRefunded amount  `json:"shipping_refunded"`

	BaseSubtotal         unread `json:"base_subtotal"`
	BaseDiscount         unread `json:"base_discount_amount"`
	BaseShipping         unread `json:"base_shipping_amount"`
	BaseShippingDiscount unread `json:"base_shipping_discount_amount"`
	BaseShippingTax      unread `json:"base_shipping_tax_amount"`
	BaseShippingTaxComp  unread `json:"base_shipping_discount_tax_compensation_amnt"`
	BaseTax              unread `json:"base_tax_amount"`
	BaseTaxComp          unread `json:"base_discount_tax_compensation_amount"`
	BaseGrandTotal       unread `json:"base_grand_total"`
	BaseTotalPaid        unread `json:"base_total_paid"`
	BaseTotalRefunded    unread `json:"base_total_refunded"`
	BaseTotalCanceled    unread `json:"base_total_canceled"`
	BaseShippingCanceled unread `json:"base_shipping_canceled"`
	BaseShippingRefunded unread `json:"base_shipping_refunded"`

	Items   []wireItem         `json:"items"`
	Billing maybe[wireAddress] `json:"billing_address"`
	Payment maybe[wirePayment] `json:"payment"`
	Extra   maybe[wireExtra]   `json:"extension_attributes"`
}

type wireItem struct {
	ItemID       lenient `json:"item_id"`
	ParentItemID lenient `json:"parent_item_id"`
	SKU          lenient `json:"sku"`
	Name         lenient `json:"name"`
	ProductType  lenient `json:"product_type"`
	QtyOrdered   amount  `json:"qty_ordered"`
	QtyCanceled  amount  `json:"qty_canceled"`
	QtyRefunded  amount  `json:"qty_refunded"`
	Price        amount  `json:"price"`
	PriceInclTax amount  `json:"price_incl_tax"`
	Discount     amount  `json:"discount_amount"`
	Tax          amount  `json:"tax_amount"`
	TaxPercent   amount  `json:"tax_percent"`
	TaxComp      amount  `json:"discount_tax_compensation_amount"`
	Weee         amount  `json:"weee_tax_applied_row_amount"`
	IsVirtual    lenient `json:"is_virtual"`
	Original     amount  `json:"original_price"`
	RowTotal     lenient `json:"row_total"`
	RowTotalIncl lenient `json:"row_total_incl_tax"`

	BasePrice        unread  `json:"base_price"`
	BasePriceInclTax unread  `json:"base_price_incl_tax"`
	BaseOriginal     unread  `json:"base_original_price"`
	BaseDiscount     unread  `json:"base_discount_amount"`
	BaseTax          unread  `json:"base_tax_amount"`
	BaseTaxComp      unread  `json:"base_discount_tax_compensation_amount"`
	BaseWeee         unread  `json:"base_weee_tax_applied_row_amnt"`
	BaseRowTotal     lenient `json:"base_row_total"`
	BaseRowTotalIncl lenient `json:"base_row_total_incl_tax"`

	Option maybe[wireOption] `json:"product_option"`
}

// wireOption is what the buyer chose of a product.
type wireOption struct {
	Extra maybe[struct {
		Custom []json.RawMessage `json:"custom_options"`
	}] `json:"extension_attributes"`
}

// wireTaxes are the rates that Magento applied to a row, or to shipping.
type wireTaxes struct {
	Type lenient `json:"type"`
	// Item is the row; Associated the one that a tax of another kind, such as weee, belongs to.
	Item       lenient `json:"item_id"`
	Associated lenient `json:"associated_item_id"`
	Applied    []struct {
		Code    lenient `json:"code"`
		Percent amount  `json:"percent"`
		Amount  amount  `json:"amount"`
	} `json:"applied_taxes"`
}

func (t wireTaxes) rates() []order.AppliedTax {
	rates := make([]order.AppliedTax, len(t.Applied))
	for i, a := range t.Applied {
		rates[i] = order.AppliedTax{Code: string(a.Code), Percent: a.Percent.Decimal, Amount: a.Amount.Decimal}
	}
	return rates
}

type wireAddress struct {
	FirstName  lenient         `json:"firstname"`
	MiddleName lenient         `json:"middlename"`
	LastName   lenient         `json:"lastname"`
	Company    lenient         `json:"company"`
	Street     json.RawMessage `json:"street"`
	City       lenient         `json:"city"`
	Region     lenient         `json:"region"`
	RegionCode lenient         `json:"region_code"`
	RegionID   lenient         `json:"region_id"`
	Postcode   lenient         `json:"postcode"`
	Country    lenient         `json:"country_id"`
	Telephone  lenient         `json:"telephone"`
	Email      lenient         `json:"email"`
	VATID      lenient         `json:"vat_id"`
}

type wirePayment struct {
	Method     lenient `json:"method"`
	PONumber   lenient `json:"po_number"`
	Authorized amount  `json:"amount_authorized"`
}

type wireShipping struct {
	Address maybe[wireAddress] `json:"address"`
	Method  lenient            `json:"method"`
}

type wireExtra struct {
	Assignments []struct {
		Shipping maybe[wireShipping] `json:"shipping"`
	} `json:"shipping_assignments"`
	ItemTaxes    []wireTaxes `json:"item_applied_taxes"`
	GiftCards    amount      `json:"gift_cards_amount"`
	StoreCredit  amount      `json:"customer_balance_amount"`
	RewardPoints amount      `json:"reward_currency_amount"`
	GWPrice      amount      `json:"gw_price"`
	GWItemsPrice amount      `json:"gw_items_price"`
	GWCardPrice  amount      `json:"gw_card_price"`
	GWTaxAmount  amount      `json:"gw_tax_amount"`
	GWItemsTax   amount      `json:"gw_items_tax_amount"`
	GWCardTax    amount      `json:"gw_card_tax_amount"`

	BaseGiftCards    unread `json:"base_gift_cards_amount"`
	BaseStoreCredit  unread `json:"base_customer_balance_amount"`
	BaseRewardPoints unread `json:"base_reward_currency_amount"`
	BaseGWPrice      unread `json:"gw_base_price"`
	BaseGWItemsPrice unread `json:"gw_items_base_price"`
	BaseGWCardPrice  unread `json:"gw_card_base_price"`
	BaseGWTax        unread `json:"gw_base_tax_amount"`
	BaseGWItemsTax   unread `json:"gw_items_base_tax_amount"`
	BaseGWCardTax    unread `json:"gw_card_base_tax_amount"`
}

// unmarshalExact keeps numbers as they are written.
func unmarshalExact(raw []byte, into any) error {
	d := json.NewDecoder(bytes.NewReader(raw))
	d.UseNumber()
	if err := d.Decode(into); err != nil {
		return err
	}
	if _, err := d.Token(); err != io.EOF {
		return errors.New("there is more behind the value")
	}
	return nil
}
