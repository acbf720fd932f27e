package activities

import (
	"context"
	"fmt"
	"strings"

	"datawald/order"
	"datawald/sapb1"
	"datawald/store"
)

// lostPartner ends an attempt for a partner that B1 does not know. One that was remembered is forgotten, and the buyer is
// looked for anew; one of the rules is for a person to mend.
func (p *posting) lostPartner(ctx context.Context, code string) error {
	if err := p.forget(ctx, p.partnerID(), code); err != nil {
		return err
	}
	if p.buyer.remembered {
		return later(0, "B1 no longer knows the business partner "+code+" of this buyer; he is looked for anew")
	}
	return &order.Reason{Code: "partner_missing", Field: "CardCode", Message: fmt.Sprintf("B1 has no business partner %s.", code),
		Hint: "Enter it in B1, or correct card_code in the rules, then retry the order."}
}

// forget drops what is remembered of a buyer, if it is still that.
func (p *posting) forget(ctx context.Context, id, code string) error {
	if id == "" {
		return nil
	}
	_, err := p.store.ChangePartner(ctx, id, func(known *store.Partner) error {
		if known.CardCode != code {
			return store.ErrUnchanged
		}
		known.Forget()
		return nil
	})
	return err
}

// forgotten reports whether B1 refused the order for a buyer of whom the store knew more than B1 does: somebody removed him
// there. Then he is forgotten and the order is tried anew, once: the next refusal is not of what was remembered.
func (p *posting) forgotten(ctx context.Context, f *order.Failure) (bool, error) {
	code := p.cardCode()
	switch {
	case sapb1.IsUnknownPartner(f) && p.buyer.remembered:
		return true, p.forget(ctx, p.partnerID(), code)
	case strings.HasSuffix(f.Field, ".CntctCode") && p.buyer.contactRemembered:
		return true, p.forget(ctx, p.contactID(code), code)
	}
	return false, nil
}

// resolveAnew gives an order back that B1 refused for a buyer who is forgotten now.
func (p *posting) resolveAnew(ctx context.Context) error {
	return p.postpone(ctx, later(0, "B1 no longer knows the buyer's business partner or contact person; he is looked for anew"))
}
