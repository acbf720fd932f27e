package activities

import (
	"context"
	"errors"
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
	m := making{id: p.partnerID(), what: "business partner", code: p.buyer.plan.Create.CardCode, find: p.findCreated, send: p.sendPartner}
	if m.asked = p.askedIDs(); len(m.asked) > 0 {
		m.look = p.findByQuestions
	}
	done, err := p.makeOnce(ctx, m)
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
			if err := p.remember(ctx, p.contactID(answer.CardCode), made{cardCode: answer.CardCode, contact: c.InternalCode}); err != nil {
				p.log.Warn("contact not remembered", "order", p.key, "error", err) // it is found again
			}
		}
	}
	return &made{cardCode: answer.CardCode}, nil
}

// tell keeps a line for the order's timeline, with what of the buyer did not fit. The next write of the order has it, however the
// attempt ends.
func (p *posting) tell(ctx context.Context, what string) {
	p.events = append(p.events, event(ctx, "partner", "created", strings.Join(append([]string{what}, p.buyer.plan.Notes...), "; ")))
}

// findCreated looks for the partner that may have been created: under the code with which he was sent, should the rules have
// changed, and under the one of today. Where B1 gave the code he is found by what he is looked for (findByQuestions).
func (p *posting) findCreated(ctx context.Context, sent *store.PartnerIntent) (*made, error) {
	want := p.buyer.plan.Create
	if sent != nil && sent.CardCode != "" && sent.CardCode != want.CardCode {
		done, err := p.findUnderCode(ctx, sent.CardCode)
		if reason, ok := errors.AsType[*order.Reason](err); ok && reason.Code == codePartnerCodeTaken {
			err = nil // B1 cannot have made him there
		}
		if done != nil || err != nil {
			return done, err
		}
	}
	if want.CardCode == "" {
		return nil, nil
	}
	return p.findUnderCode(ctx, want.CardCode)
}

// findByQuestions finds the partner as buyers are found, once more: another buyer with the same e-mail address or tax number may
// have been created meanwhile.
func (p *posting) findByQuestions(ctx context.Context) (*made, error) {
	code, err := p.findPartner(ctx)
	if err == nil && p.buyer.hold != nil {
		err = p.buyer.hold
	}
	if code == "" || err != nil {
		return nil, err
	}
	return &made{cardCode: code, foundBy: p.buyer.plan.Search}, nil
}

// findUnderCode finds the partner under a code that the rules give him. Somebody else's holds the order.
func (p *posting) findUnderCode(ctx context.Context, code string) (*made, error) {
	want := p.buyer.plan.Create
	found, err := p.instance.Company.GetPartner(ctx, code, fieldOf(want))
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

const codePartnerCodeTaken = "partner_code_taken"

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
		return &order.Reason{Code: codePartnerCodeTaken, Field: "CardCode",
			Message: fmt.Sprintf("The code %s that the rules give the buyer belongs to a business partner in B1 whose e-mail address and tax number are others.", found.CardCode),
			Hint:    "If he is the buyer, enter his e-mail address there; if not, change partner.create.prefix in the rules. Then retry the order."}
	case found.IsFrozen():
		return unfit("CardCode", []sapb1.FoundPartner{*found})
	}
	return nil
}
