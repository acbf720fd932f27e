package activities

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"datawald/mapping"
	"datawald/order"
	"datawald/sapb1"
	"datawald/store"
)

// Partners is what the activities need of a B1 client to find and create buyers.
type Partners interface {
	FindPartners(ctx context.Context, property, value string) ([]sapb1.FoundPartner, error)
	// GetPartner reads one partner with its contact persons and, where field is not empty, a user-defined field.
	GetPartner(ctx context.Context, cardCode, field string) (*sapb1.FoundPartner, error)
	CreatePartner(ctx context.Context, p *sapb1.BusinessPartner) (*sapb1.FoundPartner, error)
	AddContact(ctx context.Context, cardCode string, contact sapb1.ContactEmployee) error
}

// buyer is who the order goes to in B1, as far as it is known.
type buyer struct {
	// asked is true when plan and what follows from it hold.
	asked bool
	plan  mapping.PartnerPlan
	// partner is nil while he is to be created.
	partner *mapping.Partner
	// hold is why the order cannot go to anybody.
	hold *order.Reason
	// remembered is true when the store knew the partner and B1 was not asked.
	remembered bool
	// contactRemembered is the same of the contact person.
	contactRemembered bool
}

// complete reports whether nothing is left to be created.
func (b buyer) complete() bool {
	return b.partner != nil && (b.plan.Contact == nil || b.partner.Contact != nil)
}

// resolve finds out who the order goes to, without writing anything to B1: from the rules, from what is remembered, or by
// asking B1.
func (p *posting) resolve(ctx context.Context) error {
	p.buyer = buyer{asked: true, plan: p.instance.Rules.PartnerPlan(p.doc.Order)}
	p.conceal()
	code, err := p.knownPartner(ctx)
	if err == nil && code == "" && p.buyer.hold == nil {
		code, err = p.findPartner(ctx)
	}
	if err != nil || p.buyer.hold != nil {
		return err
	}
	plan := p.buyer.plan
	if code == "" && plan.Create != nil {
		return nil
	}
	if code == "" && plan.Hold {
		p.buyer.hold = plan.Unknown()
		return nil
	}
	if code == "" {
		code = plan.CardCode
	}
	p.buyer.partner = &mapping.Partner{CardCode: code}
	return p.knownContact(ctx)
}

// knownPartner is the partner that needs no question: the fixed one, or the one that is remembered. While another attempt
// creates the buyer, this one keeps away. Whom somebody entered in B1 is looked for anew when the rules are others by now, and
// for an order that a person asked for: what was found may have been wrong, and mended there since.
func (p *posting) knownPartner(ctx context.Context) (string, error) {
	plan := p.buyer.plan
	if plan.Fixed() {
		return plan.CardCode, nil
	}
	if plan.Identity == "" {
		return "", nil
	}
	known, err := p.store.Partner(ctx, p.partnerID())
	if err != nil {
		return "", err
	}
	if known.Intent != nil {
		p.sawSending(p.partnerID(), known.Intent.SentAt) // while the claim is waited for
	}
	if known.CardCode == "" && p.live(known.Claim) {
		return "", later(p.untilFree(known.Claim), "another order of this buyer is creating his business partner")
	}
	if known.FoundBy != "" && (known.FoundBy != plan.Search || p.doc.Manual) {
		return "", p.forget(ctx, p.partnerID(), known.CardCode)
	}
	p.buyer.remembered = known.CardCode != ""
	return known.CardCode, nil
}

// partnerID names the buyer in the store; empty for one who is not remembered.
func (p *posting) partnerID() string {
	if p.buyer.plan.Identity == "" {
		return ""
	}
	return store.PartnerID(p.instance.CompanyID, p.buyer.plan.Identity)
}

// findPartner asks B1 in the order of the plan; the first question that finds somebody counts. What it finds is
// remembered.
func (p *posting) findPartner(ctx context.Context) (string, error) {
	for _, q := range p.buyer.plan.Find {
		found, err := p.instance.Company.FindPartners(ctx, q.Property, q.Value)
		if err != nil {
			return "", noQuestion(err, "BusinessPartners by "+q.Property)
		}
		if len(found) == 0 {
			continue
		}
		if p.buyer.hold = unfit(q.Property, found); p.buyer.hold != nil {
			return "", nil
		}
		return found[0].CardCode, p.remember(ctx, p.partnerID(), made{cardCode: found[0].CardCode, foundBy: p.buyer.plan.Search})
	}
	return "", nil
}

// remember notes who a buyer is, unless that is known already.
func (p *posting) remember(ctx context.Context, id string, who made) error {
	if id == "" {
		return nil
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 20*time.Second)
	defer cancel()
	_, err := p.store.ChangePartner(ctx, id, func(known *store.Partner) error {
		if known.CardCode == who.cardCode && known.Contact == who.contact && known.FoundBy == who.foundBy && known.Intent == nil {
			return store.ErrUnchanged
		}
		who.note(known)
		return nil
	})
	return err
}

// noQuestion tells of a question that B1 refuses: it is the same for every order, so no order is at fault.
func noQuestion(err error, what string) error {
	f, ok := errors.AsType[*order.Failure](err)
	if !ok || f.Kind != order.Permanent {
		return err
	}
	config := *f
	config.Kind, config.Hint = order.Config, "B1 refuses the look-up of "+what+": check the rules (partner, items.barcode) and the user's rights, and restart the Service Layer after adding a field."
	return &config
}

// unfit is why partners that were found cannot take the order; nil for a single one that can.
func unfit(property string, found []sapb1.FoundPartner) *order.Reason {
	if len(found) > 1 {
		return &order.Reason{Code: "partner_ambiguous", Field: property,
			Message: fmt.Sprintf("B1 has %d customers with the buyer's %s: %s.", len(found), property, codesOf(found)),
			Hint:    "Merge them in B1, or clear " + property + " in all but the right one, then retry the order."}
	}
	if found[0].IsFrozen() {
		return &order.Reason{Code: "partner_frozen", Field: property,
			Message: fmt.Sprintf("The buyer's business partner %s is inactive in B1.", found[0].CardCode),
			Hint:    "Activate it in B1, or clear its " + property + " there so that another is found, then retry the order."}
	}
	return nil
}

// maxCodes is how many partners a reason names.
const maxCodes = 10

func codesOf(found []sapb1.FoundPartner) string {
	var codes []string
	for _, f := range found[:min(len(found), maxCodes)] {
		codes = append(codes, f.CardCode)
	}
	if len(found) > maxCodes {
		codes = append(codes, "…")
	}
	return strings.Join(codes, ", ")
}

// codes are the business partners under which a document in B1 may be this order's: the buyer, the store's own, and the one
// to which it was sent before.
func (p *posting) codes() []string {
	all := []string{p.instance.Rules.Store(p.doc.StoreID).CardCode, p.cardCode()}
	if c := p.buyer.plan.Create; c != nil {
		all = append(all, c.CardCode)
	}
	if p.doc.Intent != nil {
		all = append(all, p.doc.Intent.CardCode)
	}
	if p.doc.BO != nil {
		all = append(all, p.doc.BO.CardCode)
	}
	return all
}

// cardCode is the partner to which the order would be sent now; empty while he is not known.
func (p *posting) cardCode() string {
	if p.mapped.Document != nil {
		return p.mapped.Document.CardCode
	}
	return ""
}
