package mapping

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"datawald/order"
	"datawald/sapb1"
)

// Input is what a mapping is made of.
type Input struct {
	Order *order.Order
	// Source is the Magento document of the order, for expressions and hooks; needed where Rules.ReadSource says so.
	Source *Source
	// Now is the moment of posting: days count from it, in the company's time zone.
	Now time.Time
	// Partner is the buyer in B1; nil while B1 has not been asked. Then the document has no CardCode where the rules do not
	// fix it, and may not be sent.
	Partner *Partner
	// Items are the item codes that B1 gave for barcodes (Rules.Barcodes); nil while B1 has not been asked. Then the
	// document has the barcodes in their place, and may not be sent.
	Items map[string]string
}

// Result is a document with its proof, or the reason why there is none. Hold is nil exactly when the document may be
// posted; then the proof's totals are equal.
type Result struct {
	Document *sapb1.SalesOrder `json:"document"`
	Proof    *Proof            `json:"proof"`
	Hold     *order.Reason     `json:"hold"`
	// Expect is the total at which B1 must arrive. It is Magento's grand_total, but for orders in base currency and for
	// what is left of partly cancelled ones.
	Expect order.Money `json:"expect"`
	// Trees are the item codes of lines that B1 must break up into their components.
	Trees []string `json:"trees,omitempty"`
	// Notes say what of the order did not fit into the document, without the values themselves: they may be personal.
	Notes []string `json:"notes,omitempty"`
}

// Map makes the B1 document of an order and proves it.
func (r *Rules) Map(in Input) Result {
	o := in.Order
	m := &mapper{in: in, order: o, rows: map[int]order.Line{}, rules: r, store: r.Store(o.StoreID), proof: newProof(o)}
	m.document = &sapb1.SalesOrder{}
	hold := m.run()
	if hold == nil {
		hold = m.proof.verdict(m)
	}
	return Result{Document: m.document, Proof: m.proof, Hold: hold, Notes: m.notes, Expect: m.order.Total()}
}

// ReadSource reports whether the rules need the Magento document itself for orders of a store.
func (r *Rules) ReadSource(store int64) bool { return len(r.hooks) > 0 }

// Barcodes are what B1 must be asked for before the order can be mapped to its end: which item has each.
func (r *Rules) Barcodes(o *order.Order, source *Source) []string { return nil }

// Use makes the hooks part of the rules. Call it before the rules are used.
func (r *Rules) Use(hooks ...Hook) { r.hooks = append(r.hooks, hooks...) }

// mapper builds one document step by step; each step may hold the order.
type mapper struct {
	in       Input
	order    *order.Order
	rules    *Rules
	store    StoreRules
	document *sapb1.SalesOrder
	proof    *Proof
	notes    []string
	// rows are the rows of the order that the lines of the document were made of, by the number of the line.
	rows map[int]order.Line
}

func (m *mapper) run() *order.Reason {
	today := m.in.Now
	steps := []func() *order.Reason{
		m.before,
		m.checkAmounts,
		m.checkMagento,
		func() *order.Reason { return m.header(today) },
		m.payment,
		m.shippingCode,
		m.lines,
		m.freight,
		m.extras,
		m.fields,
		m.after,
		m.rounding,
	}
	for _, step := range steps {
		if hold := step(); hold != nil {
			return hold
		}
	}
	return nil
}

// NumAtCard is the reference under which the order stands in B1.
func (r *Rules) NumAtCard(o *order.Order) string {
	return r.Store(o.StoreID).ReferencePrefix + strings.NewReplacer(
		"{increment_id}", o.IncrementID, "{store_id}", strconv.FormatInt(o.StoreID, 10),
		"{entity_id}", strconv.FormatInt(o.EntityID, 10), "{instance}", o.Instance,
	).Replace(r.Reference.Template)
}

// maxNumAtCard is the length of ORDR.NumAtCard.
const maxNumAtCard = 100

func (m *mapper) header(today time.Time) *order.Reason {
	o, d := m.order, m.document
	d.NumAtCard = m.rules.NumAtCard(o)
	if n := length(d.NumAtCard); n > maxNumAtCard {
		return &order.Reason{Code: "reference_too_long", Field: "NumAtCard",
			Message: fmt.Sprintf("The reference for B1 has %d characters; B1 takes %d.", n, maxNumAtCard),
			Hint:    "Shorten reference.template in the rules."}
	}
	if m.rules.Reference.UserField != "" {
		d.UserFields = map[string]any{m.rules.Reference.UserField: string(o.Key)}
	}
	if hold := m.currency(); hold != nil {
		return hold
	}
	m.partner()
	d.CardName = m.text("CardName", fullName(o.Billing, o.Customer), maxCardName)
	d.DocDueDate = sapb1.NewDate(today.UTC().AddDate(0, 0, m.store.DueDays))
	d.Comments = fmt.Sprintf("Magento order %s, store %d", o.IncrementID, o.StoreID)
	d.Series, d.BranchID, d.SalesPersonCode = m.store.Series, m.store.Branch, m.store.SalesPerson
	d.Address = m.addresses()
	return nil
}

// partner puts the business partner on the document, where it is known.
func (m *mapper) partner() {
	switch p := m.in.Partner; {
	case p != nil:
		m.document.CardCode, m.document.ContactPersonCode = p.CardCode, p.Contact
	case m.store.Partner.policy(m.order.Customer) == PartnerFixed:
		m.document.CardCode = m.store.CardCode
	}
}

func (m *mapper) payment() *order.Reason {
	method := m.order.Payment.Method
	p, ok := match(m.store.Payments, method)
	if !ok {
		return &order.Reason{Code: "payment_method_unmapped", Field: "payment.method",
			Message: fmt.Sprintf("The payment method %q has no rule.", method), Hint: "Add it to payments in the rules."}
	}
	m.document.PaymentMethod, m.document.PaymentGroupCode = p.Method, p.Terms
	return nil
}

func (m *mapper) shippingCode() *order.Reason {
	method := m.order.ShippingMethod
	if method == "" {
		return nil // nothing is shipped
	}
	code, ok := match(m.store.Shippings, method)
	if !ok {
		return &order.Reason{Code: "shipping_method_unmapped", Field: "shipping.method",
			Message: fmt.Sprintf("The shipping method %q has no rule.", method), Hint: "Add it to shippings in the rules."}
	}
	m.document.TransportationCode = &code
	return nil
}
