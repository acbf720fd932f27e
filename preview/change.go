package preview

import (
	"reflect"
	"strings"

	"datawald/mapping"
	"datawald/order"
)

// Change is what other rules make of an order.
type Change struct {
	Key order.Key `json:"key"`
	// State is where the staged order stands now.
	State order.Status `json:"state"`
	Old   Verdict      `json:"old"`
	New   Verdict      `json:"new"`
	// Differences are empty where the order comes out the same.
	Differences []mapping.Difference `json:"differences"`
}

// Compare says in what the outcome b of an order differs from the outcome a. Of an order that rules leave out nothing goes to
// B1, so that no document is compared, unless B1 has the order: then the old rules once made it, and a change shows on it.
func Compare(a, b Outcome) Change {
	c := Change{Key: b.Key, State: b.State, Old: a.Verdict, New: b.Verdict, Differences: []mapping.Difference{}}
	if a.rule != b.rule {
		c.Differences = append(c.Differences, mapping.Difference{Path: "left_out", Old: a.rule, New: b.rule})
	}
	c.Differences = append(c.Differences, mapping.Compare(a.sent(), b.sent())...)
	if a.Verdict != LeftOut && b.Verdict != LeftOut && !reflect.DeepEqual(a.Partner, b.Partner) {
		c.Differences = append(c.Differences, partnerDifference(a.Partner, b.Partner))
	}
	return c
}

// partnerDifference says what is asked about the buyer, and never with what: that is personal.
func partnerDifference(a, b *mapping.PartnerPlan) mapping.Difference {
	d := mapping.Difference{Path: "partner", Old: inWords(a), New: inWords(b)}
	if d.Old == d.New {
		d.New += ", with other values"
	}
	return d
}

func inWords(p *mapping.PartnerPlan) string {
	if p == nil {
		return ""
	}
	var steps []string
	for _, q := range p.Find {
		steps = append(steps, "find by "+q.Property)
	}
	switch {
	case p.Create != nil:
		steps = append(steps, "create")
	case p.Hold:
		steps = append(steps, "hold")
	case p.CardCode != "":
		steps = append(steps, p.CardCode)
	}
	if p.Contact != nil {
		steps = append(steps, "with contact")
	}
	return strings.Join(steps, ", ")
}

// sent is what goes to B1: nothing of an order that is left out.
func (o *Outcome) sent() mapping.Result {
	if o.Verdict == LeftOut {
		return mapping.Result{}
	}
	return o.mapped
}
