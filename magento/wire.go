package magento

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/shopspring/decimal"
)

// lenient is a value that Magento writes as a string in one release and as a number in the next: its text is kept.
type lenient string

// UnmarshalJSON takes strings, numbers, booleans and null; anything else is kept out.
func (l *lenient) UnmarshalJSON(b []byte) error {
	switch {
	case string(b) == "null":
		*l = ""
	case b[0] == '"':
		var s string
		if err := json.Unmarshal(b, &s); err != nil {
			return err
		}
		*l = lenient(s)
	case b[0] == '{' || b[0] == '[':
		*l = ""
	default:
		*l = lenient(b)
	}
	return nil
}

func (l lenient) int() int64 {
	if n, err := strconv.ParseInt(string(l), 10, 64); err == nil {
		return n
	}
	d, err := decimal.NewFromString(string(l))
	if err != nil {
		return 0
	}
	return d.IntPart()
}

func (l lenient) bool() bool { return l == "1" || l == "true" }

// amount is a decimal read from the text of a number or of a string; null, "" and absence are zero.
type amount struct{ decimal.Decimal }

func (a *amount) UnmarshalJSON(b []byte) error {
	s := strings.Trim(string(b), `"`)
	if s == "null" || strings.TrimSpace(s) == "" {
		a.Decimal = decimal.Zero
		return nil
	}
	d, err := decimal.NewFromString(strings.TrimSpace(s))
	if err != nil {
		return fmt.Errorf("%q is not an amount", s)
	}
	a.Decimal = d
	return nil
}

// parseTime reads Magento's UTC time without zone; the form with a T is what some modules write.
func parseTime(s string) (time.Time, error) {
	if t, err := time.Parse(timeLayout, s); err == nil {
		return t, nil
	}
	return time.Parse("2006-01-02T15:04:05", strings.TrimSuffix(s, "Z"))
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
	GrandTotal       *amount `json:"grand_total"`
	TotalPaid        amount  `json:"total_paid"`
	TotalRefunded    amount  `json:"total_refunded"`
	TotalCanceled    amount  `json:"total_canceled"`

	Items   []wireItem   `json:"items"`
	Billing *wireAddress `json:"billing_address"`
	Payment *wirePayment `json:"payment"`
	Extra   wireExtra    `json:"extension_attributes"`
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

type wireExtra struct {
	Assignments []struct {
		Shipping struct {
			Address *wireAddress `json:"address"`
			Method  lenient      `json:"method"`
		} `json:"shipping"`
	} `json:"shipping_assignments"`
	ItemTaxes []struct {
		Type    lenient `json:"type"`
		Applied []struct {
			Percent amount `json:"percent"`
			Amount  amount `json:"amount"`
		} `json:"applied_taxes"`
	} `json:"item_applied_taxes"`
	GiftCards    amount `json:"gift_cards_amount"`
	StoreCredit  amount `json:"customer_balance_amount"`
	RewardPoints amount `json:"reward_currency_amount"`
	GWPrice      amount `json:"gw_price"`
	GWItemsPrice amount `json:"gw_items_price"`
	GWCardPrice  amount `json:"gw_card_price"`
	GWTaxAmount  amount `json:"gw_tax_amount"`
	GWItemsTax   amount `json:"gw_items_tax_amount"`
	GWCardTax    amount `json:"gw_card_tax_amount"`
}

// unmarshalExact keeps numbers as they are written.
func unmarshalExact(raw []byte, into any) error {
	d := json.NewDecoder(bytes.NewReader(raw))
	d.UseNumber()
	return d.Decode(into)
}
