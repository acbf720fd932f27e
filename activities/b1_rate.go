package activities

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"time"

	"datawald/order"
	"datawald/sapb1"
	"datawald/store"
)

// ratePause is how long orders wait that lack an exchange rate, before B1 is asked for it again: somebody must enter it, which
// in most companies is done once a day.
const ratePause = 10 * time.Minute

const (
	codeRateMissing = "b1_rate_missing"
	// noteDeferred is what the workflow calls an order that a later run takes up.
	noteDeferred = "deferred"
	// codeRefusedRate is B1's "Update the exchange rate". That every release answers a document by it is not confirmed: one
	// has answered the catch-all -10.
	codeRefusedRate = "-4006"
)

// missingRate is an exchange rate that B1 lacks. It is the same for every order of the currency.
type missingRate struct {
	company  string
	currency string // as B1 calls it
	day      string // 2006-01-02
}

// rates remembers which rates were missing, so that a queue of orders in one currency asks once and not each for itself.
type rates struct {
	mu      sync.Mutex
	missing map[missingRate]time.Time // until when nobody asks
	told    map[missingRate]bool      // the alarm was raised
}

// waits reports whether nobody need ask yet.
func (r *rates) waits(m missingRate) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return now().Before(r.missing[m])
}

// note remembers that a rate is missing; first is true when nobody has heard of it yet.
func (r *rates) note(m missingRate) (first bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.missing == nil {
		r.missing, r.told = map[missingRate]time.Time{}, map[missingRate]bool{}
	}
	first = !r.told[m]
	r.missing[m], r.told[m] = now().Add(ratePause), true
	return first
}

// clear forgets a rate that is there now.
func (r *rates) clear(m missingRate) {
	r.mu.Lock()
	defer r.mu.Unlock()
	delete(r.missing, m)
	delete(r.told, m)
}

// neededRate is the rate that B1 needs for the document: that of its currency, unless the document brings one. B1 takes the
// posting date's, which is the day of posting where the document names none. Nil for a document in the company's currency.
func (p *posting) neededRate() *missingRate {
	d := p.mapped.Document
	if d == nil || p.instance.Rules.IsLocal(d.DocCurrency) || d.DocRate != nil {
		return nil
	}
	return p.rateOf(d.DocCurrency)
}

func (p *posting) rateOf(currency string) *missingRate {
	day := sapb1.NewDate(p.instance.Rules.Today(now()))
	if d := p.mapped.Document.DocDate; d != nil {
		day = *d
	}
	return &missingRate{p.instance.CompanyID, currency, day.Format(time.DateOnly)}
}

// lacksRate reports whether B1 refused the order for want of an exchange rate. The code is not certain and the text is in the
// user's language, so B1 is asked for the rate; when it does not say, the refusal is one like any other.
func (p *posting) lacksRate(ctx context.Context, f *order.Failure) bool {
	if f.Field != "" {
		return false // B1 names what it means
	}
	m := p.neededRate()
	if m == nil && f.Code == codeRefusedRate {
		m = p.systemRate(f)
	}
	return m != nil && p.confirmMissing(ctx, m)
}

// systemRate is the rate that a refusal of a document in local currency means: a company with a system currency of its own
// needs that one's for every document. Its code is the last word of the text in every language known.
func (p *posting) systemRate(f *order.Failure) *missingRate {
	words := strings.Fields(f.Message)
	if len(words) == 0 {
		return nil
	}
	currency := strings.Trim(words[len(words)-1], `'".,`)
	if units(currency) > 3 || p.instance.Rules.IsLocal(currency) {
		return nil
	}
	return p.rateOf(currency)
}

// confirmMissing asks B1 whether it lacks a rate, and remembers that it does.
func (p *posting) confirmMissing(ctx context.Context, m *missingRate) bool {
	day, err := time.Parse(time.DateOnly, m.day)
	if err != nil {
		return false
	}
	known, err := p.instance.Company.HasRate(ctx, m.currency, sapb1.NewDate(day))
	if known {
		p.rates.clear(*m)
		p.lacked = nil
	}
	if err != nil || known {
		return false
	}
	if p.rate = m; p.rates.note(*m) {
		p.log.Warn("exchange rate missing in B1: orders in this currency wait until it is entered", "company", m.company, "currency", m.currency, "day", m.day)
	}
	return true
}

// stillLacksRate reports whether the order need not be taken to B1, because a rate is missing. Of many orders that wait, one
// asks; an order that B1 may have is looked for all the same, before it is asked this.
func (p *posting) stillLacksRate(ctx context.Context) bool {
	if p.mapped.Hold != nil {
		return false
	}
	m := p.neededRate()
	if m == nil && p.lacked != nil {
		m = p.rateOf(strings.TrimPrefix(p.lacked.Field, rateField))
	}
	switch {
	case m == nil:
		return false
	case p.rates.waits(*m) && !p.doc.Manual: // whoever asks for an order by name may have entered the rate just now
		p.rate = m
		return true
	}
	return p.lacked != nil && p.confirmMissing(ctx, m)
}

// lackedRate reports whether the order waits for a rate since an earlier attempt.
func lackedRate(doc *store.Staged) bool {
	return doc.Reason != nil && doc.Reason.Code == codeRateMissing
}

// rateField stands before the currency in the reason's field.
const rateField = "exchange rate "

// waitForRate leaves the order pending until the rate may be there. B1 has refused it, but one that was sent before, without an
// answer, keeps its intent: it may still turn up, and must be looked for before it is sent by itself.
func (p *posting) waitForRate(ctx context.Context) (*InsertOrderResult, error) {
	reason := &order.Reason{Code: codeRateMissing, Field: rateField + p.rate.currency,
		Message: fmt.Sprintf("B1 has no exchange rate of %s for %s.", p.rate.currency, p.rate.day),
		Hint:    "Enter it in B1 under Administration > Exchange Rates and Indexes. The order then goes to B1 by itself."}
	err := p.change(ctx, func(doc *store.Staged) error {
		if p.token == "" && doc.Rev != p.doc.Rev {
			return later(time.Second, "the order has just changed")
		}
		if p.lacked == nil { // or the line stands there already
			doc.Note(event(ctx, "refused", string(order.Pending), reason.Code+": "+reason.Message))
		}
		if p.token != "" {
			if doc.Claim = nil; p.fresh {
				doc.Intent = nil
			}
		}
		doc.Status, doc.Reason, doc.DueAt, doc.Manual = order.Pending, reason, now().Add(ratePause), false
		return nil
	})
	if err != nil {
		return nil, err
	}
	return p.result(noteDeferred), nil
}
