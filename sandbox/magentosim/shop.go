package magentosim

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/shopspring/decimal"
)

// Shop is a simulated Magento shop. It is an http.Handler and safe for use by many goroutines.
type Shop struct {
	cfg    Config
	traits traits
	line   string // "2.4"
	gen    *generator
	guard  *guard
	loaded LoadReport

	mu       sync.RWMutex
	byID     map[int64]*record
	byKey    map[string]int64 // store and increment id -> entity_id
	byEntity []*record        // by entity_id
	byUpdate []*record        // by updated_at, entity_id
	hidden   int              // how many are not committed
	journal  *journal         // nil: nothing is kept

	faultMu sync.Mutex
	faults  Faults
	calls   uint64 // REST calls so far; makes undefined order differ from call to call
}

// Placed is what /state tells of one order.
type Placed struct {
	EntityID      int64       `json:"entity_id"`
	IncrementID   string      `json:"increment_id"`
	StoreID       int64       `json:"store_id"`
	State         string      `json:"state"`
	Status        string      `json:"status"`
	GrandTotal    json.Number `json:"grand_total"`
	OrderCurrency string      `json:"order_currency_code"`
	// TotalCanceled and TotalRefunded are the parts of GrandTotal that were cancelled and refunded; "0" for none.
	TotalCanceled json.Number `json:"total_canceled"`
	TotalRefunded json.Number `json:"total_refunded"`
	UpdatedAt     string      `json:"updated_at"` // UTC, "YYYY-MM-DD HH:MM:SS"
	Kind          string      `json:"kind"`       // kind of generated order, or KindDocument
}

// ErrNoSuchOrder is returned for an entity_id the shop does not hold.
var ErrNoSuchOrder = errors.New("magentosim: no such order")

// New opens a shop: documents first, then generated orders with entity_id above the largest document's. With a
// StateFile that holds orders, those are taken up instead.
func New(cfg Config) (*Shop, error) {
	cfg = cfg.withDefaults()
	if err := cfg.validate(); err != nil {
		return nil, err
	}
	version, err := parseVersion(cfg.Version)
	if err != nil {
		return nil, err
	}
	s := &Shop{
		cfg:    cfg,
		traits: traitsOf(version),
		line:   fmt.Sprintf("%d.%d", version[0], version[1]),
		byID:   map[int64]*record{},
		byKey:  map[string]int64{},
		faults: noFaults(),
	}
	s.gen = newGenerator(cfg.Seed, s.traits, cfg.ForeignPercent)
	s.guard = newGuard(cfg, s.traits, s.now)
	if err := s.fill(); err != nil {
		return nil, err
	}
	return s, nil
}

// fill brings the orders in: those of the last run, documents, and generated ones when there was no last run.
func (s *Shop) fill() error {
	held, err := s.takeUp()
	if err != nil {
		return err
	}
	if err := s.loadDocuments(); err != nil {
		return err
	}
	if !held {
		if err := s.generate(s.cfg.Orders); err != nil {
			return err
		}
	}
	return s.startJournal()
}

// generate places orders spread over the time before now, the oldest first.
func (s *Shop) generate(count int) error {
	end := s.now()
	for i := range count {
		share := historyWindow / time.Duration(count) * time.Duration(i)
		plan := plan{createdAfter: end.Add(-historyWindow + share), span: historyWindow / time.Duration(count), now: end, lines: s.cfg.Lines}
		if _, err := s.place(plan, false); err != nil {
			return err
		}
	}
	return nil
}

// Run places a new order every PlaceEvery until ctx ends.
func (s *Shop) Run(ctx context.Context) error {
	if s.cfg.PlaceEvery <= 0 {
		<-ctx.Done()
		return nil
	}
	tick := time.NewTicker(s.cfg.PlaceEvery)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
			if _, err := s.Place(Placement{}); err != nil {
				return err
			}
		}
	}
}

// now is Magento's clock, in UTC.
func (s *Shop) now() time.Time {
	s.faultMu.Lock()
	skew := s.cfg.ClockSkew + time.Duration(s.faults.ClockSkewSeconds)*time.Second
	s.faultMu.Unlock()
	return s.cfg.Now().Add(skew).UTC()
}

// stamp writes a time as the database does: UTC, to the second, without zone.
// Magento REST: db_schema.xml; the connection is pinned to UTC.
func stamp(t time.Time) string { return t.UTC().Format("2006-01-02 15:04:05") }

// Orders lists what the shop holds, by entity_id. Uncommitted orders are not among them.
func (s *Shop) Orders() []Placed {
	s.mu.RLock()
	defer s.mu.RUnlock()
	out := make([]Placed, 0, len(s.byEntity))
	for _, r := range s.byEntity {
		if !r.hidden {
			out = append(out, r.placed())
		}
	}
	return out
}

// Document returns an order as it is sent, false when there is none.
func (s *Shop) Document(entityID int64) (json.RawMessage, bool) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	r, ok := s.byID[entityID]
	if !ok || r.hidden {
		return nil, false
	}
	return slices.Clone(r.raw), true
}

// DocumentSKUs lists the SKUs on the lines of orders that did not come from the generator, sorted. Those of the
// generator are listed by Catalogue.
func (s *Shop) DocumentSKUs() []string {
	s.mu.RLock()
	defer s.mu.RUnlock()
	seen := map[string]bool{}
	for _, r := range s.byEntity {
		if r.kind == KindDocument {
			for _, item := range readIDs(r.raw).Items {
				seen[item.SKU] = true
			}
		}
	}
	delete(seen, "")
	return slices.Sorted(func(yield func(string) bool) {
		for sku := range seen {
			if !yield(sku) {
				return
			}
		}
	})
}

func (r *record) placed() Placed {
	return Placed{
		EntityID: r.entityID, IncrementID: r.at("increment_id").text, StoreID: r.at("store_id").number.IntPart(),
		State: r.at("state").text, Status: r.at("status").text, GrandTotal: r.amount("grand_total"),
		TotalCanceled: r.amount("total_canceled"), TotalRefunded: r.amount("total_refunded"),
		OrderCurrency: r.at("order_currency_code").text, UpdatedAt: r.at("updated_at").text, Kind: r.kind,
	}
}

// amount is an amount of the row, "0" where it has none.
func (r *record) amount(column string) json.Number {
	if c := r.at(column); !c.null {
		return json.Number(c.text)
	}
	return "0"
}

// insert adds an order. The caller holds the lock.
func (s *Shop) insert(r *record) error {
	if _, ok := s.byID[r.entityID]; ok {
		return fmt.Errorf("magentosim: entity_id %d is taken", r.entityID)
	}
	if other, ok := s.byKey[r.uniqueKey()]; ok {
		return fmt.Errorf("magentosim: increment_id %s of store %s is taken by entity_id %d",
			r.at("increment_id").text, r.at("store_id").text, other)
	}
	s.byID[r.entityID] = r
	s.byKey[r.uniqueKey()] = r.entityID
	s.byEntity = insertSorted(s.byEntity, r, compareEntity)
	s.byUpdate = insertSorted(s.byUpdate, r, compareUpdate)
	s.hidden += boolInt(r.hidden)
	if r.kind == KindDocument || r.kind == "" {
		s.gen.ids.learn(r)
	}
	return nil
}

// replace puts a new version of an order in its place. The caller holds the lock.
func (s *Shop) replace(old, r *record) error {
	if r.entityID != old.entityID {
		return fmt.Errorf("magentosim: entity_id %d cannot become %d", old.entityID, r.entityID)
	}
	if other, ok := s.byKey[r.uniqueKey()]; ok && other != r.entityID {
		return fmt.Errorf("magentosim: increment_id %s is taken by entity_id %d", r.at("increment_id").text, other)
	}
	s.hidden += boolInt(r.hidden) - boolInt(old.hidden)
	delete(s.byKey, old.uniqueKey())
	s.byKey[r.uniqueKey()] = r.entityID
	s.byID[r.entityID] = r
	i, _ := slices.BinarySearchFunc(s.byEntity, old, compareEntity)
	s.byEntity[i] = r
	s.byUpdate = insertSorted(deleteSorted(s.byUpdate, old, compareUpdate), r, compareUpdate)
	return nil
}

func insertSorted(list []*record, r *record, compare func(a, b *record) int) []*record {
	i, _ := slices.BinarySearchFunc(list, r, compare)
	return slices.Insert(list, i, r)
}

// deleteSorted takes a record that is in the list out of it.
func deleteSorted(list []*record, r *record, compare func(a, b *record) int) []*record {
	i, _ := slices.BinarySearchFunc(list, r, compare)
	return slices.Delete(list, i, i+1)
}

func compareEntity(a, b *record) int { return cmp.Compare(a.entityID, b.entityID) }

func compareUpdate(a, b *record) int {
	return cmp.Or(strings.Compare(a.at("updated_at").text, b.at("updated_at").text), compareEntity(a, b))
}

// cent rounds to the precision of money, half away from zero as PHP does.
func cent(d decimal.Decimal) decimal.Decimal { return d.Round(2) }
