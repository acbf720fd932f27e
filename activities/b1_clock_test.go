package activities_test

import (
	"bytes"
	"context"
	"log/slog"
	"strings"
	"testing"
	"time"

	"datawald/activities"
	"datawald/order"
	"datawald/sandbox/b1sim"
	"datawald/store"
)

// A machine whose clock was hours ahead has written a claim, an intent or both, and is gone. A claim of this machine lasts 150 ms, and
// the clocks of others may be 150 ms ahead, so nothing that is dated ahead may keep the order for longer than 300 ms, or for less.
const (
	hoursAhead  = 3 * time.Hour
	longestWait = 300 * time.Millisecond
)

// ahead puts a worker with such settings in front of a bench; what it logs is written to the buffer.
func (b *bench) ahead(company activities.Company) *bytes.Buffer {
	log := &bytes.Buffer{}
	b.acts = activities.New(b.db, slog.New(slog.NewTextHandler(&locked{w: log}, nil)), activities.Instance{Name: "main", Rules: b.rules, Company: company,
		CompanyID: "b1/demo", CallTimeout: 100 * time.Millisecond, ClaimMargin: 50 * time.Millisecond, ClockMargin: 150 * time.Millisecond,
		Settle: 5 * time.Millisecond, Looks: 3})
	return log
}

// warned wants each date that is too far ahead to be told of once.
func warned(t *testing.T, log *bytes.Buffer, dates int) {
	t.Helper()
	if n := strings.Count(log.String(), "dated far ahead"); n != dates || strings.Count(log.String(), "level=WARN") != dates {
		t.Errorf("the log tells of %d dates, want %d, each once:\n%s", n, dates, log)
	}
}

// Fails without: the bound on a claim (claimLeft), on an intent (sentAt), and without looking several times for what was in the hands
// of somebody else, though no intent says that he sent it (overstayed).
func TestClock_AnOrderDatedFarAheadIsSoonLookedFor(t *testing.T) {
	t.Parallel()
	claim := func(doc *store.Staged) {
		doc.Claim = &store.Claim{Token: "ahead", ExpiresAt: time.Now().Add(hoursAhead)}
	}
	intent := func(doc *store.Staged) {
		doc.Intent = &store.Intent{SentAt: time.Now().Add(hoursAhead), Hash: doc.ContentHash, Payload: doc.PayloadHash, Reference: "000000001", CardCode: "C-WEB"}
	}
	for name, c := range map[string]struct {
		written func(*store.Staged)
		dates   int
		wait    time.Duration
	}{
		"a claim and an intent": {func(doc *store.Staged) { claim(doc); intent(doc) }, 2, longestWait},
		"a claim":               {claim, 1, longestWait},
		"an intent":             {intent, 1, 100 * time.Millisecond},
	} {
		for _, inB1 := range []bool{true, false} {
			t.Run(name+map[bool]string{true: ", B1 has it", false: ", B1 has it not"}[inB1], func(t *testing.T) {
				t.Parallel()
				b := newBench(t, &company{})
				log := b.ahead(b.company)
				b.alter(c.written)
				begun, looks, sends := time.Now(), 0, int32(1)
				if inB1 {
					sends = 0
				}
				b.company.onFind = func() {
					if looks++; looks == 1 && c.wait == longestWait && time.Since(begun) < c.wait {
						t.Errorf("looked for after %s, want %s or more: its holder may be at work", time.Since(begun), c.wait)
					}
					if looks == 3 && inB1 { // late
						b.company.orders = append(b.company.orders, existing(nil))
					}
				}
				b.untilSettled()
				b.want(order.Posted, "")
				if n := b.company.created.Load(); n != sends || looks < 3 || time.Since(begun) < c.wait {
					t.Errorf("sent %d times after %d looks within %s; want %d times, 3 looks or more, %s or more", n, looks, time.Since(begun), sends, c.wait)
				}
				warned(t, log, c.dates)
			})
		}
	}
}

// A clock that is ahead by less than the margin is waited for as it says, without a word.
func TestClock_ALittleAheadIsWaitedFor(t *testing.T) {
	t.Parallel()
	b := newBench(t, &company{})
	log := b.ahead(b.company)
	ends := time.Now().Add(225 * time.Millisecond)
	b.alter(func(doc *store.Staged) { doc.Claim = &store.Claim{Token: "ahead", ExpiresAt: ends} })
	b.company.onFind = func() {
		if time.Now().Before(ends.Truncate(time.Millisecond)) {
			t.Error("looked for before the claim ended")
		}
	}
	b.untilSettled()
	b.want(order.Posted, "")
	warned(t, log, 0)
}

// Fails without: the bound on the claim of a buyer (knownPartner, take), of what he is looked for by (keepOff), and on his intent
// (untilSettled, mayMakeAgain).
func TestClock_ABuyerDatedFarAheadIsSoonMade(t *testing.T) {
	t.Parallel()
	claim := func(p *store.Partner) { p.Claim = &store.Claim{Token: "ahead", ExpiresAt: time.Now().Add(hoursAhead)} }
	intent := func(p *store.Partner) { p.Intent = &store.PartnerIntent{SentAt: time.Now().Add(hoursAhead)} }
	for name, change := range map[string]func(c *counter, write func(id string, change func(*store.Partner))){
		"his claim":                  func(c *counter, write func(string, func(*store.Partner))) { write(c.buyerID(), claim) },
		"his intent":                 func(c *counter, write func(string, func(*store.Partner))) { write(c.buyerID(), intent) },
		"that of his e-mail address": func(c *counter, write func(string, func(*store.Partner))) { write(c.questionIDs()[0], claim) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := newCounter(t, b1sim.Config{Partners: []b1sim.Partner{webPartner}}, byPrefix, 1)
			log := c.ahead(c.client)
			c.buy(1)
			change(c, func(id string, change func(*store.Partner)) {
				if _, err := c.db.ChangePartner(context.Background(), id, func(p *store.Partner) error { change(p); return nil }); err != nil {
					t.Fatal(err)
				}
			})
			c.comesBack()
			c.untilSettled()
			c.want(order.Posted, "")
			if n := c.b1.Traffic().Calls["POST BusinessPartners"]; n != 1 {
				t.Errorf("the buyer was sent %d times, want once", n)
			}
			warned(t, log, 1)
		})
	}
}
