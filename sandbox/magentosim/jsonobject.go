package magentosim

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strconv"

	"github.com/shopspring/decimal"
)

// object writes one JSON object, field by field, in the order they are added. A field that has no value is
// not written at all, as Magento leaves out what is null.
// Magento REST: DataObjectProcessor omits nulls and casts each value to its documented type.
type object struct{ buf []byte }

func (o *object) key(name string) {
	if len(o.buf) == 0 {
		o.buf = append(make([]byte, 0, 1024), '{')
	} else {
		o.buf = append(o.buf, ',')
	}
	o.buf = append(o.buf, '"')
	o.buf = append(o.buf, name...)
	o.buf = append(o.buf, '"', ':')
}

// text writes a string; an empty one counts as null.
func (o *object) text(name, s string) {
	if s == "" {
		return
	}
	o.key(name)
	o.buf = append(o.buf, encode(s)...)
}

// whole writes an integer: an id, a count, or a 0/1 flag.
func (o *object) whole(name string, n int64) {
	o.key(name)
	o.buf = strconv.AppendInt(o.buf, n, 10)
}

// flag writes 0 or 1. Magento has no JSON booleans in orders.
func (o *object) flag(name string, set bool) {
	if set {
		o.whole(name, 1)
		return
	}
	o.whole(name, 0)
}

// amount writes a decimal as a JSON number without trailing zeros.
func (o *object) amount(name string, d decimal.Decimal) {
	o.key(name)
	o.buf = append(o.buf, d.String()...)
}

// both writes an amount in base currency and in order currency.
func (o *object) both(name string, base, order decimal.Decimal) {
	o.amount("base_"+name, base)
	o.amount(name, order)
}

// raw writes a value that is JSON already.
func (o *object) raw(name string, value []byte) {
	o.key(name)
	o.buf = append(o.buf, value...)
}

// list writes an array of values that are JSON already.
func (o *object) list(name string, values [][]byte) {
	o.raw(name, joinArray(values))
}

// bytes returns the object written so far.
func (o *object) bytes() []byte {
	if len(o.buf) == 0 {
		return []byte("{}")
	}
	return append(o.buf[:len(o.buf):len(o.buf)], '}')
}

func joinArray(values [][]byte) []byte {
	out := append([]byte{'['}, bytes.Join(values, []byte{','})...)
	return append(out, ']')
}

// encode renders a value of our own making, which cannot fail, without escaping for HTML.
func encode(v any) []byte {
	var buf bytes.Buffer
	enc := json.NewEncoder(&buf)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v); err != nil {
		panic(fmt.Sprintf("magentosim: cannot encode %T: %v", v, err))
	}
	return bytes.TrimSuffix(buf.Bytes(), []byte{'\n'})
}

// decode reads a document and keeps its numbers as they are written.
func decode(raw []byte) (map[string]any, error) {
	dec := json.NewDecoder(bytes.NewReader(raw))
	dec.UseNumber()
	var doc map[string]any
	if err := dec.Decode(&doc); err != nil {
		return nil, fmt.Errorf("magentosim: not a JSON object: %w", err)
	}
	return doc, nil
}
