package mapping

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"datawald/order"
	"datawald/sapb1"
)

// maxNumAtCard is the length of ORDR.NumAtCard.
const maxNumAtCard = 100

// placeholders are what reference.template may be made of.
var placeholders = []string{"{increment_id}", "{store_id}", "{entity_id}", "{instance}", "{customer_id}", "{po_number}"}

// NumAtCard is the reference under which the order stands in B1.
func (r *Rules) NumAtCard(o *order.Order) string {
	return r.Store(o.StoreID).ReferencePrefix + strings.NewReplacer(
		"{increment_id}", o.IncrementID, "{store_id}", strconv.FormatInt(o.StoreID, 10),
		"{entity_id}", strconv.FormatInt(o.EntityID, 10), "{instance}", o.Instance,
		"{customer_id}", strconv.FormatInt(o.Customer.ID, 10), "{po_number}", clean(o.Payment.PONumber),
	).Replace(r.Reference.Template)
}

func (m *mapper) header() *order.Reason {
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
	m.partner()
	m.dates()
	d.CardName = m.text("CardName", fullName(o.Billing, o.Customer), maxCardName)
	d.Comments = remark(o)
	d.Series, d.BranchID, d.SalesPersonCode, d.DocumentsOwner = m.store.Series, m.store.Branch, m.store.SalesPerson, m.store.Owner
	d.Address = m.addresses()
	return nil
}

// remark says in the document which order it is.
func remark(o *order.Order) string {
	return fmt.Sprintf("Magento order %s, store %d", o.IncrementID, o.StoreID)
}

// partner sets the business partner: as B1 was asked, else as the rules fix it. Both are asked of the order as it was given:
// before anything is mapped the buyer is looked for, and hooks have not run.
func (m *mapper) partner() {
	d := m.document
	if p := m.in.Partner; p != nil {
		d.CardCode, d.ContactPersonCode = p.CardCode, p.Contact
		return
	}
	plan := m.rules.PartnerPlan(m.in.Order)
	if len(plan.Find) > 0 || plan.Create != nil || plan.Contact != nil {
		m.notes = append(m.notes, "B1 is asked for the business partner when the order is posted")
	}
	if len(plan.Find) == 0 {
		d.CardCode = plan.CardCode
	}
}

// dates sets the days of the document, in the company's time zone.
func (m *mapper) dates() {
	zone, rule := m.rules.Company.TimeZone, m.store.Dates
	posting, placed := zone.day(m.in.Now), zone.day(m.order.CreatedAt)
	day := func(is string) *sapb1.Date {
		if is != DayOfOrder || m.order.CreatedAt.IsZero() {
			return nil // B1 takes the day of posting
		}
		d := sapb1.NewDate(placed)
		return &d
	}
	m.document.DocDate, m.document.TaxDate = day(rule.Document), day(rule.Tax)
	due := posting.AddDate(0, 0, m.store.DueDays)
	if rule.DueFrom == DayOfOrder {
		due = later(placed.AddDate(0, 0, m.store.DueDays), posting)
	}
	m.document.DocDueDate = sapb1.NewDate(due)
}

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

func (m *mapper) payment() *order.Reason {
	method := m.order.Payment.Method
	p, ok := match(m.store.Payments, method)
	if !ok && method == "" {
		return &order.Reason{Code: "payment_method_missing", Field: "payment.method", Message: "The order names no payment method.",
			Hint: "Open the order in Magento: its payment is gone, or a module of the shop wrote the order without one. A rule \"*\" in payments takes such orders too."}
	}
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
