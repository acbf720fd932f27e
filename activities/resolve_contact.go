package activities

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"datawald/order"
	"datawald/sapb1"
	"datawald/store"
)

// contactID names a contact person of a partner in the store. The name is hashed: it is a person's.
func (p *posting) contactID(cardCode string) string {
	return store.PartnerID(p.instance.CompanyID, "contact:"+cardCode+":"+hashed(strings.ToLower(p.buyer.plan.Contact.Name)))
}

// knownContact takes the contact person from what is remembered. He is not looked for in B1 before the order is sent: a
// partner may have thousands.
func (p *posting) knownContact(ctx context.Context) error {
	if p.buyer.plan.Contact == nil {
		return nil
	}
	known, err := p.store.Partner(ctx, p.contactID(p.buyer.partner.CardCode))
	if err == nil && known.FoundBy != "" && p.doc.Manual {
		return p.forget(ctx, known.ID, known.CardCode)
	}
	if err == nil && known.Contact != 0 {
		p.buyer.partner.Contact, p.buyer.contactRemembered = &known.Contact, true
	}
	return err
}

// findOrAddContact gives the partner the buyer as a contact person, unless he is one.
func (p *posting) findOrAddContact(ctx context.Context) error {
	if err := p.knownContact(ctx); err != nil {
		return p.postpone(ctx, err)
	}
	if p.buyer.partner.Contact != nil {
		return nil
	}
	code := p.buyer.partner.CardCode
	done, err := p.makeOnce(ctx, making{id: p.contactID(code), what: "contact person", look: p.findContact, send: p.sendContact})
	if err != nil {
		return err
	}
	p.buyer.partner.Contact = &done.contact
	return nil
}

// findContact looks for the buyer among the partner's contact persons: under the name that the connector gives him, else as a
// clerk or another program entered him, by first name, last name and e-mail address.
func (p *posting) findContact(ctx context.Context) (*made, error) {
	code := p.buyer.partner.CardCode
	found, err := p.instance.Company.GetPartner(ctx, code, "")
	if sapb1.IsNotFound(err) {
		return nil, p.lostPartner(ctx, code)
	}
	if sapb1.IsTooLarge(err) {
		return nil, tooManyContacts(code)
	}
	if err != nil {
		return nil, noQuestion(err, "BusinessPartners")
	}
	want := *p.buyer.plan.Contact
	if c := found.ContactNamed(want.Name); c != nil {
		return &made{cardCode: code, contact: c.InternalCode}, nil
	}
	if c := found.ContactLike(want); c != nil {
		return &made{cardCode: code, contact: c.InternalCode, foundBy: "contact"}, nil
	}
	return nil, nil
}

// tooManyContacts holds an order whose buyer cannot be looked for among the contact persons of his partner: the Service Layer
// gives all of them or none.
func tooManyContacts(code string) *order.Reason {
	return &order.Reason{Code: "partner_contacts_too_many", Field: "ContactEmployees",
		Message: fmt.Sprintf("The business partner %s has so many contact persons that B1's answer is too large to be read.", code),
		Hint:    "Take contact out of partner in the rules, let find_or_create make a partner for each buyer, or divide the stores among several partners. Then retry the order."}
}

// sendContact adds him, and reads the number that B1 gave him.
func (p *posting) sendContact(ctx context.Context) (*made, error) {
	code := p.buyer.partner.CardCode
	if err := p.instance.Company.AddContact(ctx, code, *p.buyer.plan.Contact); err != nil {
		if sapb1.IsNotFound(err) {
			return nil, p.lostPartner(ctx, code)
		}
		return nil, err
	}
	p.tell(ctx, "contact person added to "+code)
	done, err := p.findContact(ctx)
	if err == nil && done == nil {
		err = &order.Failure{Kind: order.Unknown, System: "b1", Op: "PATCH BusinessPartners(n)", Message: "the contact person is not there after it was added"}
	}
	if f, ok := errors.AsType[*order.Failure](err); ok && f.Kind == order.Transient {
		unseen := *f
		unseen.Kind = order.Unknown // he is there, and could not be read
		err = &unseen
	}
	return done, err
}
