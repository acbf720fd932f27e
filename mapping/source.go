package mapping

import (
	"errors"
	"strings"
	"sync"
)

// Source is the Magento order as it was received, for expressions and hooks: any path can be read. A nil Source is an order
// of which nothing is known but what order.Order holds. It may be read by several at once.
type Source struct {
	raw []byte

	once sync.Once
	doc  *document
	err  error
}

// document is a Magento order, taken apart for the names of expressions.
type document struct {
	order *table
	// billing, shipping, payment and info are nil where the order has none; interfaces, so that nothing is nothing.
	billing, shipping, payment, info any

	index rowIndex
}

// NewSource takes a Magento document; it is read when something asks for it.
func NewSource(document []byte) *Source { return &Source{raw: document} }

// Raw is the document as it was received. It must not be changed.
func (s *Source) Raw() []byte {
	if s == nil {
		return nil
	}
	return s.raw
}

// Get gives what stands under a path of names (extension_attributes.delivery_date) in the document: a string, json.Number,
// bool, []any or map[string]any; nil where there is nothing.
func (s *Source) Get(path string) any {
	doc, err := s.read()
	if err != nil {
		return nil
	}
	return wholeValue(dig(doc.order, strings.Split(path, ".")...))
}

// read takes the document apart, once.
func (s *Source) read() (*document, error) {
	if s == nil || len(s.raw) == 0 {
		return nil, errors.New("it is not there")
	}
	s.once.Do(func() { s.doc, s.err = newDocument(s.raw) })
	return s.doc, s.err
}

func newDocument(raw []byte) (*document, error) {
	value, err := decodeJSON(string(raw))
	all, ok := value.(*table)
	if err != nil || !ok {
		return nil, errors.New("it cannot be read")
	}
	d := &document{order: all, billing: all.get("billing_address"), payment: all.get("payment")}
	if assigned, ok := dig(all, "extension_attributes", "shipping_assignments").([]any); ok && len(assigned) > 0 {
		d.shipping = dig(assigned[0], "shipping", "address")
	}
	d.info = keyed(dig(all, "extension_attributes", "payment_additional_info"), dig(all, "payment", "extension_attributes", "payment_additional_info"))
	return d, nil
}

// dig follows names through tables; nil where one is missing.
func dig(v any, names ...string) any {
	for _, name := range names {
		t, ok := v.(*table)
		if !ok {
			return nil
		}
		v = t.get(name)
	}
	return v
}

// keyed makes a table of lists of {key, value}. Magento writes the text "null" for nothing there.
func keyed(lists ...any) any {
	all := map[string]any{}
	for _, l := range lists {
		pairs, _ := l.([]any)
		for _, p := range pairs {
			key, ok := dig(p, "key").(string)
			value := dig(p, "value")
			if ok && value != nil && value != "null" {
				all[key] = value
			}
		}
	}
	return all
}

// row gives a row of the order by its item_id, and its parent; nil for what there is not.
func (s *Source) row(itemID int64) (item, parent any) {
	doc, err := s.read()
	if err != nil {
		return nil, nil
	}
	return doc.row(itemID)
}
