package order

import (
	"regexp"
	"slices"
	"strings"
)

// Redactor takes an order's personal data out of texts that leave the store: errors, logs, workflow results.
type Redactor struct {
	// personal finds the values; nil when the order names nobody.
	personal *regexp.Regexp
}

// Hidden stands in the place of personal data that were taken out of a text.
const Hidden = "[personal]"

// minPersonal is the shortest value worth hiding: shorter ones ("1", "NY") are no person and would garble the text.
const minPersonal = 3

// anySpace matches what strings.Fields takes for space.
const anySpace = `[\s\v\x{85}\p{Z}]+`

// NewRedactor knows all that Masked hides of the order: names, e-mails, streets, cities, postcodes, phones, tax numbers and the buyer's own
// order number. more are values that are sent in another form: cut, or several in one.
func NewRedactor(o *Order, more ...string) *Redactor {
	var values []string
	add := func(ss ...string) {
		for _, s := range ss {
			// Answers are brought to one line before they get here, so the space inside a value is of any kind.
			if s = strings.Join(strings.Fields(s), " "); len(s) >= minPersonal {
				values = append(values, s)
			}
		}
	}
	address := func(a Address) {
		add(a.FirstName, a.MiddleName, a.LastName, a.Company, a.Telephone, a.Email, a.VATID, a.Postcode, a.City)
		add(a.FirstName+" "+a.LastName, a.FirstName+" "+a.MiddleName+" "+a.LastName)
		add(a.Street...)
	}
	c := o.Customer
	add(c.Email, c.FirstName, c.LastName, c.FirstName+" "+c.LastName, c.TaxVAT, o.Payment.PONumber)
	address(o.Billing)
	if o.Shipping != nil {
		address(*o.Shipping)
	}
	add(more...)
	if len(values) == 0 {
		return &Redactor{}
	}
	// The longest first, so that a full name goes before the first name inside it.
	slices.SortStableFunc(values, func(a, b string) int { return len(b) - len(a) })
	for i, v := range values {
		values[i] = strings.ReplaceAll(regexp.QuoteMeta(strings.ToValidUTF8(v, "\uFFFD")), " ", anySpace)
	}
	return &Redactor{personal: regexp.MustCompile(strings.Join(values, "|"))}
}

// Text gives s without the order's personal data.
func (r *Redactor) Text(s string) string {
	if r.personal == nil {
		return s
	}
	return r.personal.ReplaceAllLiteralString(s, Hidden)
}
