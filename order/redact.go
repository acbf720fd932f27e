package order

import (
	"sort"
	"strings"
)

// Redactor takes an order's personal data out of texts that leave the store: errors, logs, workflow results.
type Redactor struct{ replace *strings.Replacer }

// minPersonal is the shortest value worth hiding: shorter ones ("1", "NY") are no person and would garble the text.
const minPersonal = 3

// NewRedactor knows the names, e-mails, streets, phones and tax numbers of the order.
func NewRedactor(o *Order) *Redactor {
	seen := map[string]bool{}
	var values []string
	add := func(ss ...string) {
		for _, s := range ss {
			s = strings.TrimSpace(s)
			if len(s) >= minPersonal && !seen[s] {
				seen[s] = true
				values = append(values, s)
			}
		}
	}
	address := func(a Address) {
		add(a.FirstName, a.MiddleName, a.LastName, a.Company, a.Telephone, a.Email, a.VATID, a.Postcode)
		add(strings.TrimSpace(a.FirstName + " " + a.LastName))
		add(a.Street...)
	}
	c := o.Customer
	add(c.Email, c.FirstName, c.LastName, c.TaxVAT)
	address(o.Billing)
	if o.Shipping != nil {
		address(*o.Shipping)
	}
	// The longest first, so that a full name goes before the first name inside it.
	sort.SliceStable(values, func(i, j int) bool { return len(values[i]) > len(values[j]) })
	pairs := make([]string, 0, 2*len(values))
	for _, v := range values {
		pairs = append(pairs, v, "[personal]")
	}
	return &Redactor{replace: strings.NewReplacer(pairs...)}
}

// Text gives s without the order's personal data.
func (r *Redactor) Text(s string) string { return r.replace.Replace(s) }
