package magentosim

import (
	"encoding/hex"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/shopspring/decimal"
)

// The kinds of order the generator makes.
const (
	KindSimple        = "simple"         // 1 to 5 lines
	KindConfigurable  = "configurable"   // parent and child rows
	KindBundleDynamic = "bundle_dynamic" // children have the prices
	KindBundleFixed   = "bundle_fixed"   // the parent has the price
	KindGrouped       = "grouped"        // members of a group, no parent row
	KindVirtual       = "virtual"        // nothing to send, no shipping address
	KindDownloadable  = "downloadable"   // same, with links
	KindMixed         = "mixed"          // several of these in one order
	KindFree          = "free"           // grand_total 0, payment method free
	KindForeign       = "foreign"        // order currency CAD, base currency USD
	KindForgotten     = "forgotten"      // has a SKU that is not in Catalogue; every hundredth order
	KindReceived      = "received"       // an unfinished row of async ordering; only on demand
)

// Kinds lists what Placement.Kind may be. "bundle" stands for either kind of bundle.
func Kinds() []string {
	return []string{KindSimple, KindConfigurable, KindBundleDynamic, KindBundleFixed, KindGrouped, KindVirtual,
		KindDownloadable, KindMixed, KindFree, KindForeign, KindForgotten, KindReceived}
}

// weightedKinds is how many of a hundred orders are of a kind.
var weightedKinds = []struct {
	kind  string
	share int
}{
	{KindSimple, 38}, {KindConfigurable, 22}, {KindMixed, 10}, {KindBundleDynamic, 8}, {KindBundleFixed, 6},
	{KindGrouped, 5}, {KindVirtual, 5}, {KindDownloadable, 4}, {KindFree, 2},
}

// plan is what is asked of the generator.
type plan struct {
	kind    string // "" for any
	storeID int    // 0 for any
	now     time.Time
	live    bool // placed now
	lines   int  // of a simple order; 0 for any order
	// createdAfter and span bound created_at of an order that is not live.
	createdAfter time.Time
	span         time.Duration
}

// generator makes orders. Its caller holds the shop's lock.
type generator struct {
	seed           int64
	traits         traits
	foreignPercent int
	ids            sequences
	sequence       int // orders made so far
}

func newGenerator(seed int64, t traits, foreignPercent int) *generator {
	return &generator{seed: seed, traits: t, foreignPercent: foreignPercent, ids: sequences{increments: map[int64]int64{}}}
}

// draft is an order before it is written down.
type draft struct {
	entityID, quoteID, billingID, shippingID int64
	incrementID, protectCode, remoteIP       string
	createdAt, updatedAt                     time.Time
	customer                                 customer
	namesKnown                               bool
	billing, shippingTo                      address
	payment                                  payment
	poNumber, transaction                    string
	fate                                     fate
	currency                                 string
	quote
}

// order makes the next order. The same seed, plan and documents give the same bytes.
func (g *generator) order(p plan) (raw []byte, kind string, sequence int) {
	g.sequence++
	r := rand.New(rand.NewPCG(uint64(g.seed), uint64(g.sequence)))
	d := &draft{createdAt: p.now}
	if !p.live {
		d.createdAt = p.createdAfter.Add(time.Duration(r.Int64N(int64(p.span) + 1)))
	}
	kind = g.chooseKind(r, p)
	d.store = chooseStore(r, p.storeID, kind)
	d.currency, d.rate = d.store.currency, decimal.NewFromInt(1)
	if kind == KindForeign || d.store.id == 1 && p.kind == "" && chance(r, g.foreignPercent) {
		d.currency, d.rate = foreignCurrency, foreignRate
	}
	d.choosePeople(r)
	if d.cart = fillCart(r, kind); p.lines > 0 {
		d.cart = simpleRows(r, p.lines)
	}
	d.chooseTerms(r, kind)
	d.calculate()
	d.choosePayment(r)
	d.fate = chooseFate(r, d.payment, d.cart.physical(), p.live)
	d.chooseStamps(r, p)
	g.ids.assign(d)
	var code [16]byte
	for i := range code {
		code[i] = byte(r.IntN(256))
	}
	d.protectCode = hex.EncodeToString(code[:])
	d.remoteIP = fmt.Sprintf("192.0.2.%d", 1+r.IntN(254))
	if kind == KindReceived {
		return d.received(), kind, g.sequence
	}
	return d.document(g.traits), kind, g.sequence
}

func (g *generator) chooseKind(r *rand.Rand, p plan) string {
	n := r.IntN(100)
	switch {
	case p.lines > 0:
		return KindSimple
	case p.kind == "bundle":
		return []string{KindBundleDynamic, KindBundleFixed}[n%2]
	case p.kind != "":
		return p.kind
	case g.sequence%100 == 57:
		return KindForgotten
	}
	for _, w := range weightedKinds {
		if n < w.share {
			return w.kind
		}
		n -= w.share
	}
	return KindSimple
}

func chooseStore(r *rand.Rand, asked int, kind string) store {
	n := r.IntN(100)
	switch {
	case asked != 0:
		return stores[asked-1]
	case kind == KindForeign || n < 60:
		return stores[0]
	case n < 85:
		return stores[1]
	default:
		return stores[2]
	}
}

// choosePeople finds customer and addresses. Half of the guests have no name of their own, only an address.
func (d *draft) choosePeople(r *rand.Rand) {
	d.customer = newCustomer(r, d.store)
	d.namesKnown = d.customer.id != 0 || chance(r, 50)
	d.billing = newAddress(r, d.store, d.customer.first, d.customer.last, d.customer.email)
	d.shippingTo = d.billing
	if chance(r, 20) {
		d.shippingTo = newAddress(r, d.store, d.customer.first, d.customer.last, d.customer.email)
	}
}

// chooseTerms finds promotion, delivery and tax.
func (d *draft) chooseTerms(r *rand.Rand, kind string) {
	if chance(r, 30) {
		d.promotion = pick(r, promotions)
	}
	if kind == KindFree {
		d.promotion = gift
	}
	taxed := d.billing
	if n := r.IntN(100); d.cart.physical() {
		taxed = d.shippingTo
		switch {
		case d.promotion.freeShipping || n < 10:
			d.delivery = freeShipping
		case n < 40:
			d.delivery = tableRate
		default:
			d.delivery = flatRate
		}
	}
	d.tax = d.store.taxAt(taxed)
}

func (d *draft) choosePayment(r *rand.Rand) {
	n := r.IntN(100)
	switch {
	case d.quote.order.grand.IsZero():
		d.payment = freePayment
	case d.store.exempt && n < 70:
		d.payment = purchaseOrder
		d.poNumber = fmt.Sprintf("PO-%06d", r.IntN(1000000))
	case !d.store.exempt && n < 45:
		d.payment = paypal
		d.transaction = fmt.Sprintf("SANDBOX%010d", r.Int64N(10_000_000_000))
	case d.store.id == 1 && n < 80:
		d.payment = checkMoney
	default:
		d.payment = bankTransfer
	}
}

// chooseStamps sets updated_at between created_at and now.
func (d *draft) chooseStamps(r *rand.Rand, p plan) {
	d.updatedAt = d.createdAt
	if p.live {
		return
	}
	d.updatedAt = d.createdAt.Add(time.Duration(r.Int64N(int64(d.fate.after))))
	if d.updatedAt.After(p.now) {
		d.updatedAt = p.now
	}
}

// sequences are the counters of the shop's tables: the last number given out.
type sequences struct {
	entity, item, address, quote int64
	increments                   map[int64]int64 // by store
}

// assign gives a draft its numbers.
func (s *sequences) assign(d *draft) {
	s.entity++
	s.quote++
	s.increments[d.store.id]++
	d.entityID, d.quoteID = s.entity, s.quote
	d.incrementID = incrementPrefix(d.store.id) + fmt.Sprintf("%09d", s.increments[d.store.id])
	if d.cart.physical() {
		s.address++
		d.shippingID = s.address
	}
	s.address++
	d.billingID = s.address
	for _, r := range d.cart {
		s.item++
		r.itemID, r.quoteID = s.item, s.item
	}
}

// incrementPrefix is empty for store 1 and the store's id for the others, Magento's default.
func incrementPrefix(storeID int64) string {
	if storeID == 1 {
		return ""
	}
	return strconv.FormatInt(storeID, 10)
}

// learn moves the counters past the numbers of an order that came from elsewhere.
func (s *sequences) learn(r *record) {
	s.entity = max(s.entity, r.entityID)
	ids := readIDs(r.raw)
	s.quote = max(s.quote, asInt(ids.QuoteID))
	s.address = max(s.address, asInt(ids.BillingAddressID))
	for _, item := range ids.Items {
		s.item = max(s.item, asInt(item.ItemID))
	}
	storeID := r.at("store_id").number.IntPart()
	digits, ok := strings.CutPrefix(r.at("increment_id").text, incrementPrefix(storeID))
	if n, err := strconv.ParseInt(digits, 10, 64); ok && err == nil && len(digits) == 9 {
		s.increments[storeID] = max(s.increments[storeID], n)
	}
}

func asInt(n json.Number) int64 {
	i, err := n.Int64()
	if err != nil {
		return 0
	}
	return i
}

// storeByCode finds a store view for a URL.
func storeByCode(code string) bool {
	return slices.ContainsFunc(stores, func(s store) bool { return s.code == code })
}
