package api

import (
	"context"
	"encoding/json"
	"slices"
	"strconv"
	"strings"
	"unicode"

	"datawald/gateway/access"
	"datawald/gateway/desk"
	"datawald/mapping"
	"datawald/order"
	"datawald/sapb1"
	"datawald/store"
)

// seesPeople reports whether who asks may see names, addresses and the like.
func seesPeople(ctx context.Context) bool {
	a, _ := access.From(ctx)
	return a.Role.Allows(access.Operator)
}

// masked is the order without the buyer's personal data, for viewers. What is told of it in sentences goes through the same redactor as logs.
func masked(doc store.Staged) store.Staged {
	o := doc.Order
	if o == nil {
		o = &order.Order{}
	}
	hide := order.NewRedactor(o, quoted(&doc)...)
	doc = unreferenced(doc)
	doc.Order = doc.Order.Masked()
	doc.Reason, doc.Attention = hidden(doc.Reason, hide), hidden(doc.Attention, hide)
	if doc.WriteBack != nil {
		w := *doc.WriteBack
		w.Reason, w.Concern = hidden(w.Reason, hide), hidden(w.Concern, hide)
		doc.WriteBack = &w
	}
	untold := doc.Order == nil || doc.Erased() // nothing tells what of a person's words names the buyer
	timeline := make([]store.Event, len(doc.Timeline))
	for i, e := range doc.Timeline {
		if e.Detail = hide.Text(e.Detail); untold && e.Step == desk.Step && !store.KeptWord(e.Detail) {
			e.Detail = order.Mask(e.Detail)
		}
		timeline[i] = e
	}
	if doc.Timeline != nil {
		doc.Timeline = timeline
	}
	return doc
}

// unreferenced takes the buyer's own order number out of the references, which hold it where the rules' template has {po_number}. The rest of them
// stays: it finds the document in B1.
func unreferenced(doc store.Staged) store.Staged {
	var hide func(reference string) string
	switch {
	case doc.Erased(): // the number is gone, but B1 knows the order by it: nothing tells it from the rest
		hide = func(reference string) string {
			if ofKeyAlone(&doc, reference) {
				return reference
			}
			return order.Mask(reference)
		}
	case doc.Order == nil || doc.Order.Payment.PONumber == "":
		return doc
	default:
		hide = order.NewRedactor(&order.Order{Payment: order.Payment{PONumber: doc.Order.Payment.PONumber}}).Text
	}
	doc.Reference = hide(doc.Reference)
	references := make([]string, len(doc.References))
	for i, r := range doc.References {
		references[i] = hide(r)
	}
	if doc.References != nil {
		doc.References = references
	}
	if doc.BO != nil {
		bo := *doc.BO
		bo.Reference = hide(bo.Reference)
		doc.BO = &bo
	}
	if doc.Intent != nil {
		intent := *doc.Intent
		intent.Reference = hide(intent.Reference)
		doc.Intent = &intent
	}
	return doc
}

// ofKeyAlone reports whether a reference is made of the order's own name alone: its number, with its instance, store and Magento's ID between marks.
func ofKeyAlone(doc *store.Staged, reference string) bool {
	own := []string{doc.Instance, strconv.FormatInt(doc.StoreID, 10), strconv.FormatInt(doc.EntityID, 10)}
	rest := strings.Replace(reference, doc.IncrementID, " ", 1)
	for part := range strings.FieldsFuncSeq(rest, func(r rune) bool { return r != '_' && r != '-' && !unicode.IsLetter(r) && !unicode.IsDigit(r) }) {
		if part = strings.Trim(part, "-_"); part != "" && !slices.Contains(own, part) {
			return false
		}
	}
	return true
}

// quoted are the references of an erased order that a viewer may not see, wherever sentences quote them.
func quoted(doc *store.Staged) (hidden []string) {
	if !doc.Erased() {
		return nil
	}
	all := append([]string{doc.Reference}, doc.References...)
	if doc.BO != nil {
		all = append(all, doc.BO.Reference)
	}
	return slices.DeleteFunc(all, func(reference string) bool { return ofKeyAlone(doc, reference) })
}

func hidden(r *order.Reason, hide *order.Redactor) *order.Reason {
	if r == nil {
		return nil
	}
	h := *r
	h.Message, h.Hint = hide.Text(r.Message), hide.Text(r.Hint)
	return &h
}

// shown are the members of a document of B1, and of a plan for a business partner, whose texts name nobody: codes, dates and currencies. All
// others are hidden, also what rules, hooks or a later release put there.
var shown = map[string]bool{
	"CardCode": true, "NumAtCard": true, "DocDate": true, "DocDueDate": true, "TaxDate": true, "DocCurrency": true, "PaymentMethod": true,
	"ItemCode": true, "ItemDescription": true, "Currency": true, "TaxCode": true, "VatGroup": true, "WarehouseCode": true,
	"ShipToCountry": true, "ShipToState": true, "BillToCountry": true, "BillToState": true,
	"card_code": true, "identity": true, "property": true, "CardType": true, "AddressType": true, "Country": true, "State": true, "notes": true,
}

// maskedJSON hides the texts of a value as JSON has it, but those of members that are shown; from these it takes what hide finds.
func maskedJSON(v any, hide *order.Redactor) any {
	text, err := json.Marshal(v)
	if err != nil {
		return nil
	}
	var plain any
	if err := json.Unmarshal(text, &plain); err != nil {
		return nil
	}
	return maskedMember("", plain, hide)
}

func maskedMember(name string, v any, hide *order.Redactor) any {
	switch v := v.(type) {
	case map[string]any:
		for member, value := range v {
			v[member] = maskedMember(member, value, hide)
		}
	case []any:
		for i := range v {
			v[i] = maskedMember(name, v[i], hide)
		}
	case string:
		if shown[name] {
			return hide.Text(v)
		}
		return order.Mask(v)
	}
	return v
}

// maskedPreview is what viewers get of a preview.
func maskedPreview(p OrderPreview, o *order.Order) OrderPreview {
	document, _ := p.Document.(*sapb1.SalesOrder)
	hide := redactorOf(o, document)
	p.Hold = hidden(p.Hold, hide)
	if p.Document != nil {
		p.Document = maskedJSON(p.Document, hide)
	}
	if p.Partner != nil {
		text, _ := json.Marshal(maskedJSON(p.Partner, hide)) // it came of JSON
		p.Partner = &mapping.PartnerPlan{}
		_ = json.Unmarshal(text, p.Partner) // and was one of these
	}
	p.Notes = hiddenTexts(p.Notes, hide)
	return p
}

// redactorOf knows what names the buyer in an order, nil where it cannot be read, and in what would be sent of it, nil where nothing would.
func redactorOf(o *order.Order, document *sapb1.SalesOrder) *order.Redactor {
	if o == nil {
		return order.NewRedactor(&order.Order{})
	}
	if document == nil {
		document = &sapb1.SalesOrder{}
	}
	return order.NewRedactor(o, mapping.Personal(o, document)...)
}

func hiddenTexts(texts []string, hide *order.Redactor) []string {
	var all []string
	for _, text := range texts {
		all = append(all, hide.Text(text))
	}
	return all
}
