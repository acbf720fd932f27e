package order

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"reflect"
	"slices"
	"strings"
	"time"

	"github.com/shopspring/decimal"
)

// ContentHash names what B1 is told about the order. It leaves out what changes by itself while the goods and the
// money stay the same: state, status, payments and refunds received, the time of the last change, and row totals, which another
// release of the shop writes in another form.
func (o *Order) ContentHash() string {
	c := *o
	c.State, c.Status = "", ""
	c.CreatedAt, c.UpdatedAt = o.CreatedAt.UTC(), time.Time{}
	c.Totals = o.Totals.withoutHistory()
	if o.Base != nil {
		c.Base = &BaseAmounts{Totals: o.Base.Totals.withoutHistory(), Lines: slices.Clone(o.Base.Lines)}
		for i := range c.Base.Lines {
			c.Base.Lines[i].RowTotal, c.Base.Lines[i].RowTotalInclTax = decimal.Zero, decimal.Zero
		}
	}
	c.Lines = make([]Line, len(o.Lines))
	for i, l := range o.Lines {
		l.QtyCanceled, l.QtyRefunded = decimal.Zero, decimal.Zero
		l.RowTotal, l.RowTotalInclTax = decimal.Zero, decimal.Zero
		c.Lines[i] = l
	}
	return contentForm + hashOf(c)
}

// contentForm names the members that a content hash covers, in four digits: a release that adds one gives other hashes to
// the same content, and they must not be taken for changes.
var contentForm = hashOf(membersOf(reflect.TypeFor[Order]()))[:4] + "-"

// membersOf lists the members of a type and of all types below, those that are left out when empty among them.
func membersOf(t reflect.Type) (names []string) {
	for t.Kind() == reflect.Pointer || t.Kind() == reflect.Slice {
		t = t.Elem()
	}
	if t.Kind() != reflect.Struct || t == reflect.TypeFor[time.Time]() || t == reflect.TypeFor[decimal.Decimal]() {
		return []string{t.String()}
	}
	for i := range t.NumField() {
		for _, below := range membersOf(t.Field(i).Type) {
			names = append(names, t.Field(i).Tag.Get("json")+"/"+below)
		}
	}
	return names
}

// SameForm reports whether two content hashes cover the same members, and so can be compared.
func SameForm(a, b string) bool {
	formA, _, okA := strings.Cut(a, "-")
	formB, _, okB := strings.Cut(b, "-")
	return okA && okB && formA == formB
}

// hashOf is the first 32 hex digits of the SHA-256 of v as JSON: far beyond accident for the versions of one order.
func hashOf(v any) string {
	b, err := json.Marshal(v)
	if err != nil {
		panic("order: a plain struct did not marshal: " + err.Error())
	}
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:16])
}
