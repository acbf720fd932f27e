package b1sim

import (
	"fmt"
	"slices"
	"strconv"
)

// transaction is one unit that is written wholly or not at all: a lone request, or a change set. It runs under the
// company's lock, so nobody sees half of it.
type transaction struct {
	company *Company
	undo    []func()
	changes []change
	// outlives are drafts that are filed although the transaction is rolled back.
	outlives []row
}

// change is one row written or deleted, as the state file records it.
type change struct {
	set *entitySet
	row row    // nil: deleted
	key string // of the deleted row
}

// transact runs f under the lock and commits what it wrote, unless it fails.
func (c *Company) transact(f func(*transaction) error) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	tx := &transaction{company: c}
	if err := f(tx); err != nil {
		tx.rollback()
		return err
	}
	return tx.commit()
}

func (tx *transaction) table(set *entitySet) *table { return tx.company.tables[set.name] }

// named returns the table of an entity set that always exists.
func (tx *transaction) named(set string) *table { return tx.company.tables[set] }

// put writes a row.
func (tx *transaction) put(set *entitySet, r row) {
	t := tx.table(set)
	last := t.last
	old := t.put(r)
	tx.changes = append(tx.changes, change{set: set, row: r})
	tx.undo = append(tx.undo, func() {
		if old == nil {
			t.remove(set.keyOf(r))
		} else {
			t.put(old)
		}
		t.last = last
	})
}

// remove deletes a row.
func (tx *transaction) remove(set *entitySet, key string) {
	t := tx.table(set)
	old := t.remove(key)
	tx.changes = append(tx.changes, change{set: set, key: key})
	tx.undo = append(tx.undo, func() { t.put(old) })
}

// next gives out the next number of a counter.
func (tx *transaction) next(set *entitySet) int64 { return tx.table(set).last + 1 }

// outlive keeps a draft for after the rollback, where the company does so.
func (tx *transaction) outlive(draft row) {
	if tx.company.cfg.DraftOutlivesSet {
		tx.outlives = append(tx.outlives, draft)
	}
}

func (tx *transaction) rollback() {
	for i := len(tx.undo) - 1; i >= 0; i-- {
		tx.undo[i]()
	}
	tx.undo, tx.changes = nil, nil
}

// commit records the changes in the state file. What cannot be recorded did not happen.
func (tx *transaction) commit() error {
	if err := tx.company.journal.write(tx.changes); err != nil {
		tx.rollback()
		return fmt.Errorf("b1sim: state file: %w", err)
	}
	if tx.company.cfg.MetadataAtOnce && slices.ContainsFunc(tx.changes, func(ch change) bool { return ch.set.isMetadata() }) {
		tx.company.refresh()
	}
	return nil
}

// keyText spells a key value.
func keyText(value any) string {
	switch v := value.(type) {
	case string:
		return v
	case int64:
		return strconv.FormatInt(v, 10)
	}
	return ""
}
