package activities

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strings"

	"datawald/mapping"
	"datawald/order"
	"datawald/sapb1"
	"datawald/store"
)

// settleBuyer creates the buyer where he is to be created, now that the order is about to be sent, and maps the order anew
// with him. It is the only step that writes partners to B1.
func (p *posting) settleBuyer(ctx context.Context) error {
	if p.unasked != nil || !p.buyer.asked {
		if err := p.askAgain(ctx); err != nil {
			return p.postpone(ctx, err)
		}
		p.mapOrder()
	}
	if p.mapped.Hold != nil {
		return p.hold(ctx, "mapped", p.mapped.Hold)
	}
	if p.buyer.complete() {
		return nil
	}
	if p.buyer.partner == nil {
		if err := p.createPartner(ctx); err != nil {
			return err
		}
	}
	if p.buyer.plan.Contact != nil && p.buyer.partner.Contact == nil {
		if err := p.findOrAddContact(ctx); err != nil {
			return err
		}
	}
	if p.mapOrder(); p.mapped.Hold != nil {
		return p.hold(ctx, "mapped", p.mapped.Hold)
	}
	return nil
}

// askAgain asks B1 all that the mapping needs, now that the order is certain to be sent.
func (p *posting) askAgain(ctx context.Context) error {
	if p.unread != nil {
		return nil
	}
	if err := p.askItems(ctx); err != nil {
		return err
	}
	return p.resolve(ctx)
}

// createPartner makes the buyer a business partner, or takes the one that another order of his has made meanwhile.
func (p *posting) createPartner(ctx context.Context) error {
	done, err := p.makeOnce(ctx, making{id: p.partnerID(), what: "business partner", find: p.findCreated, send: p.sendPartner})
	if err != nil {
		return err
	}
	p.buyer.partner = &mapping.Partner{CardCode: done.cardCode}
	return nil
}

// sendPartner creates him. His contact person is made with him, and known by the answer.
func (p *posting) sendPartner(ctx context.Context) (*made, error) {
	answer, err := p.instance.Company.CreatePartner(ctx, p.buyer.plan.Create)
	if err != nil {
		return nil, err
	}
	p.tell(ctx, "business partner "+answer.CardCode+" created")
	if want := p.buyer.plan.Contact; want != nil {
		if c := answer.ContactNamed(want.Name); c != nil {
			if err := p.remember(ctx, p.contactID(answer.CardCode), answer.CardCode, c.InternalCode); err != nil {
				p.log.Warn("contact not remembered", "order", p.key, "error", err) // it is found again
			}
		}
	}
	return &made{cardCode: answer.CardCode}, nil
}

// tell keeps a line for the order's timeline, with what of the buyer did not fit.
func (p *posting) tell(ctx context.Context, what string) {
	e := event(ctx, "partner", "created", strings.Join(append([]string{what}, p.buyer.plan.Notes...), "; "))
	p.buyer.event = &e
}

// findCreated looks for the partner that may have been created: under its code, or where B1 gives the code by what he is
// looked for.
func (p *posting) findCreated(ctx context.Context) (*made, error) {
	want := p.buyer.plan.Create
	if want.CardCode == "" {
		code, err := p.findPartner(ctx)
		if err == nil && p.buyer.hold != nil {
			err = p.buyer.hold
		}
		if code == "" || err != nil {
			return nil, err
		}
		return &made{cardCode: code}, nil
	}
	found, err := p.instance.Company.GetPartner(ctx, want.CardCode, fieldOf(want))
	if sapb1.IsNotFound(err) {
		return nil, nil
	}
	if err != nil {
		return nil, noQuestion(err, "BusinessPartners")
	}
	if reason := notHis(want, found); reason != nil {
		return nil, reason
	}
	return &made{cardCode: found.CardCode}, nil
}

// fieldOf is the user-defined field in which a partner to be created has the name of the buyer's account.
func fieldOf(p *sapb1.BusinessPartner) string {
	for name := range p.UserFields {
		return name
	}
	return ""
}

// notHis holds the order when the code that the rules give the buyer belongs to somebody else in B1: nothing of what names
// him agrees. Nil when it is his.
func notHis(want *sapb1.BusinessPartner, found *sapb1.FoundPartner) *order.Reason {
	same := func(a, b string) bool {
		return a != "" && strings.EqualFold(strings.TrimSpace(a), strings.TrimSpace(b))
	}
	account := ""
	if field := fieldOf(want); field != "" {
		account = fmt.Sprint(want.UserFields[field])
	}
	nameless := want.EmailAddress == "" && want.FederalTaxID == "" && account == ""
	his := same(account, found.Field) || same(want.EmailAddress, found.EmailAddress) || same(want.FederalTaxID, found.FederalTaxID) ||
		nameless && same(want.CardName, found.CardName)
	switch {
	case !his || !found.IsCustomer():
		return &order.Reason{Code: "partner_code_taken", Field: "CardCode",
			Message: fmt.Sprintf("The code %s that the rules give the buyer belongs to a business partner in B1 whose e-mail address and tax number are others.", found.CardCode),
			Hint:    "If he is the buyer, enter his e-mail address there; if not, change partner.create.prefix in the rules. Then resume the order."}
	case found.IsFrozen():
		return unfit("CardCode", []sapb1.FoundPartner{*found})
	}
	return nil
}

// contactID names a contact person of a partner in the store. The name is hashed: it is a person's.
func (p *posting) contactID(cardCode string) string {
	sum := sha256.Sum256([]byte(strings.ToLower(p.buyer.plan.Contact.Name)))
	return store.PartnerID(p.instance.CompanyID, "contact:"+cardCode+":"+hex.EncodeToString(sum[:16]))
}

// knownContact takes the contact person from what is remembered. He is not looked for in B1 before the order is sent: a
// partner may have thousands.
func (p *posting) knownContact(ctx context.Context) error {
	if p.buyer.plan.Contact == nil {
		return nil
	}
	known, err := p.store.Partner(ctx, p.contactID(p.buyer.partner.CardCode))
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
	done, err := p.makeOnce(ctx, making{id: p.contactID(code), what: "contact person", lookFirst: true, find: p.findContact, send: p.sendContact})
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
	if c := cmp.Or(found.ContactNamed(want.Name), found.ContactLike(want)); c != nil {
		return &made{cardCode: code, contact: c.InternalCode}, nil
	}
	return nil, nil
}

// tooManyContacts holds an order whose buyer cannot be looked for among the contact persons of his partner: the Service Layer
// gives all of them or none.
func tooManyContacts(code string) *order.Reason {
	return &order.Reason{Code: "partner_contacts_too_many", Field: "ContactEmployees",
		Message: fmt.Sprintf("The business partner %s has so many contact persons that B1's answer is too large to be read.", code),
		Hint:    "Take contact out of partner in the rules, let find_or_create make a partner for each buyer, or divide the stores among several partners. Then resume the order."}
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
	if f, ok := err.(*order.Failure); ok && f.Kind == order.Transient {
		unseen := *f
		unseen.Kind = order.Unknown // he is there, and could not be read
		err = &unseen
	}
	return done, err
}
