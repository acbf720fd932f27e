package activities

import (
	"context"
	"slices"
	"strings"

	"datawald/store"
)

// askedIDs name in the store what the buyer is looked for by. The values are hashed: they are personal.
func (p *posting) askedIDs() (ids []string) {
	for _, q := range p.buyer.plan.Find {
		ids = append(ids, store.PartnerID(p.instance.CompanyID, "asked:"+q.Property+":"+hashed(strings.ToLower(strings.TrimSpace(q.Value)))))
	}
	slices.Sort(ids)
	return ids
}

// keepOff claims what is looked for by, so that two buyers whom the same question finds (a guest, and his account) are not
// created at once. The claim belongs to the buyer: his next attempt, with the outcome of this one in doubt, takes it on.
func (p *posting) keepOff(ctx context.Context, m making) error {
	for _, id := range m.asked {
		_, err := p.store.ChangePartner(ctx, id, func(known *store.Partner) error {
			if p.live(known.Claim) && known.Claim.Token != m.id {
				return later(p.untilFree(known.Claim), "another buyer with the same e-mail address or tax number is being created")
			}
			known.Claim = p.newClaim(m.id)
			return nil
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// letGo gives up what keepOff claimed, when nothing is in doubt any more. What cannot be given up ends by itself.
func (p *posting) letGo(ctx context.Context, m making) {
	for _, id := range m.asked {
		if err := p.store.FreePartner(ctx, id, m.id); err != nil {
			p.log.Warn("claim not given up", "order", p.key, "error", err)
		}
	}
}
