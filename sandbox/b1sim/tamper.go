package b1sim

import (
	"fmt"
	"strconv"

	"github.com/shopspring/decimal"
)

// What nobody can do through the Service Layer, and what happens to books all the same: a database that was set back, a clerk, an add-on.

// Tamper is the body of POST /control/tamper: what is done to the live sales orders with a customer reference number.
type Tamper struct {
	Key string `json:"key"`
	// Do is remove, duplicate, add (Amount to the total), rename (to To) or own (give it to the employee Owner).
	Do     string          `json:"do"`
	Amount decimal.Decimal `json:"amount"`
	To     string          `json:"to"`
	Owner  int64           `json:"owner"`
}

// Remove deletes every live sales order with a customer reference number, as if it had never been.
func (c *Company) Remove(key string) error { return c.Tamper(Tamper{Key: key, Do: "remove"}) }

// RemoveEntry deletes one sales order by its DocEntry, as if it had never been.
func (c *Company) RemoveEntry(entry int64) error {
	return c.transact(func(tx *transaction) error {
		orders := tx.named(setOrders)
		key := strconv.FormatInt(entry, 10)
		if orders.get(key) == nil {
			return fmt.Errorf("b1sim: no order with DocEntry %d", entry)
		}
		tx.remove(orders.set, key)
		return nil
	})
}

// Duplicate files the order once more under the same number.
func (c *Company) Duplicate(key string) error { return c.Tamper(Tamper{Key: key, Do: "duplicate"}) }

// Tamper changes sales orders behind everybody's back.
func (c *Company) Tamper(t Tamper) error {
	act := map[string]func(*exec, *entitySet, row){
		"remove":    func(x *exec, set *entitySet, r row) { x.tx.remove(set, set.keyOf(r)) },
		"duplicate": func(x *exec, set *entitySet, r row) { x.file(set, again(r)) },
		"add":       func(x *exec, set *entitySet, r row) { x.save(set, dearer(r, t.Amount)) },
		"rename":    func(x *exec, set *entitySet, r row) { x.save(set, r.merge(row{"NumAtCard": t.To})) },
		"own":       func(x *exec, set *entitySet, r row) { x.save(set, r.merge(row{"DocumentsOwner": t.Owner})) },
	}[t.Do]
	if act == nil {
		return fmt.Errorf("b1sim: %q is none of remove, duplicate, add, rename, own", t.Do)
	}
	return c.transact(func(tx *transaction) error {
		var live []row
		orders := tx.named(setOrders)
		orders.eachEqual("NumAtCard", t.Key, func(r row) bool {
			if r.text("Cancelled") != yes {
				live = append(live, r)
			}
			return true
		})
		if len(live) == 0 {
			return fmt.Errorf("b1sim: no live order with NumAtCard %q", t.Key)
		}
		for _, r := range live {
			act(&exec{c: c, tx: tx}, orders.set, r)
		}
		return nil
	})
}

// again is a document to be filed anew.
func again(r row) row {
	next := r.clone()
	for _, name := range []string{"DocEntry", "DocNum", "DataVersion"} {
		delete(next, name)
	}
	lines := make([]row, 0, len(r.list("DocumentLines")))
	for _, line := range r.list("DocumentLines") {
		lines = append(lines, line.clone())
	}
	next["DocumentLines"] = lines
	return next
}

// dearer is a document that comes to more, whatever its lines say.
func dearer(r row, amount decimal.Decimal) row {
	next := r.clone()
	next["DocTotal"] = r.number("DocTotal").Add(amount)
	if r.has("DocTotalFc") {
		next["DocTotalFc"] = r.number("DocTotalFc").Add(amount)
	}
	return next
}
