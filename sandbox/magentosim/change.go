package magentosim

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
)

// KindDocument marks orders that came from a document, not from the generator.
const KindDocument = "document"

// Placement says which order to place. The zero value lets the generator choose.
type Placement struct {
	// Kind is one of Kinds. Empty: one of them, as often as in a real shop.
	Kind string
	// StoreID is 1, 2 or 3. 0: any.
	StoreID int
	// Uncommitted gives the order its ids and stamps now but lets no reader see it until Commit: so a row with a
	// lower entity_id and an earlier updated_at appears after later ones.
	Uncommitted bool
}

// Place places one order now.
func (s *Shop) Place(p Placement) (Placed, error) {
	if err := p.validate(); err != nil {
		return Placed{}, err
	}
	return s.place(plan{kind: p.Kind, storeID: p.StoreID, now: s.now(), live: true}, p.Uncommitted)
}

func (p Placement) validate() error {
	if p.Kind != "" && p.Kind != "bundle" && !slices.Contains(Kinds(), p.Kind) {
		return fmt.Errorf("magentosim: kind %q is unknown, want one of %v", p.Kind, Kinds())
	}
	if p.StoreID < 0 || p.StoreID > len(stores) {
		return fmt.Errorf("magentosim: store_id %d is unknown, want 1 to %d", p.StoreID, len(stores))
	}
	return nil
}

func (s *Shop) place(p plan, hidden bool) (Placed, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	raw, kind, sequence := s.gen.order(p)
	r, err := newRecord(raw, kind)
	if err != nil {
		return Placed{}, err
	}
	r.sequence, r.hidden = sequence, hidden
	if err := s.insert(r); err != nil {
		return Placed{}, err
	}
	if hidden {
		return r.placed(), nil
	}
	return r.placed(), s.journal.append(r)
}

// Commit makes an uncommitted order visible, with the stamps it got when it was placed.
func (s *Shop) Commit(entityID int64) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	old, ok := s.byID[entityID]
	if !ok {
		return fmt.Errorf("%w: entity_id %d", ErrNoSuchOrder, entityID)
	}
	r := *old
	r.hidden = false
	if err := s.replace(old, &r); err != nil {
		return err
	}
	return s.journal.append(&r)
}

// Add puts a document into the shop as it is, byte for byte. It needs entity_id, increment_id and updated_at.
func (s *Shop) Add(document json.RawMessage) error {
	r, err := newRecord(slices.Clone(document), KindDocument)
	if err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := s.insert(r); err != nil {
		return err
	}
	return s.journal.append(r)
}

// Remove deletes an order, as a person does in the database or with an extension: Magento itself has no way.
func (s *Shop) Remove(entityID int64) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	r, ok := s.byID[entityID]
	if !ok {
		return fmt.Errorf("%w: entity_id %d", ErrNoSuchOrder, entityID)
	}
	delete(s.byID, entityID)
	delete(s.byKey, r.uniqueKey())
	s.byEntity = deleteSorted(s.byEntity, r, compareEntity)
	s.byUpdate = deleteSorted(s.byUpdate, r, compareUpdate)
	return s.journal.remove(entityID)
}

// Update changes an order's document. updated_at becomes Magento's present second when a column of the order's
// own row got another value, and stays as it is when only something beside the row changed (items, addresses,
// comments) or nothing did. A change that sets updated_at itself is left alone, as MySQL would.
// Magento REST: db_schema.xml ON UPDATE CURRENT_TIMESTAMP; VersionControl/AbstractDb; issue 10287.
func (s *Shop) Update(entityID int64, change func(doc map[string]any)) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	_, err := s.update(entityID, change)
	return err
}

// update is Update for callers that hold the lock; it returns the new version.
func (s *Shop) update(entityID int64, change func(doc map[string]any)) (*record, error) {
	old, ok := s.byID[entityID]
	if !ok || old.hidden {
		return nil, fmt.Errorf("%w: entity_id %d", ErrNoSuchOrder, entityID)
	}
	doc, err := decode(old.raw)
	if err != nil {
		return nil, err
	}
	before := rowOf(doc)
	change(doc)
	if after := rowOf(doc); !bytes.Equal(before["updated_at"], after["updated_at"]) || !sameRow(before, after) {
		if bytes.Equal(before["updated_at"], after["updated_at"]) {
			doc["updated_at"] = stamp(s.now())
		}
	}
	r, err := newRecord(encode(doc), old.kind)
	if err != nil {
		return nil, err
	}
	r.sequence = old.sequence
	if err := s.replace(old, r); err != nil {
		return nil, err
	}
	return r, s.journal.append(r)
}

// rowOf extracts the columns of table sales_order from a document.
func rowOf(doc map[string]any) map[string][]byte {
	row := map[string][]byte{}
	for name := range columnKinds {
		if v, ok := doc[name]; ok && v != nil {
			row[name] = encode(v)
		}
	}
	return row
}

func sameRow(a, b map[string][]byte) bool {
	if len(a) != len(b) {
		return false
	}
	for name, v := range a {
		if w, ok := b[name]; !ok || !bytes.Equal(v, w) {
			return false
		}
	}
	return true
}
