package b1sim

import "fmt"

// createItem answers POST Items.
func (x *exec) createItem(set *entitySet, in row) (*outcome, error) {
	code := in.text("ItemCode")
	if code == "" {
		return nil, fail(codeDI, msgCodeMissing).at("[OITM.ItemCode]")
	}
	if x.tx.table(set).get(code) != nil {
		return nil, fail(codeBusiness, msgItemTaken, code)
	}
	item := in.clone()
	item.orDefault(row{
		"ItemsGroupCode": int64(100), "SalesItem": yes, "PurchaseItem": yes, "InventoryItem": yes, "Frozen": no, "Valid": no,
		"VatLiable": yes, "ItemType": "itItems",
	})
	return &outcome{set: set, row: x.save(set, item), created: true}, nil
}

// PutItem adds an item, or replaces the one with its code, as a person in B1 would.
func (c *Company) PutItem(item Item) error {
	if item.Code == "" {
		return fmt.Errorf("b1sim: an item has no code")
	}
	return c.transact(func(tx *transaction) error {
		next := c.itemRow(item)
		if old := tx.named(setItems).get(item.Code); old != nil {
			next["DataVersion"] = old["DataVersion"]
		}
		x := &exec{c: c, tx: tx}
		x.save(c.tables[setItems].set, next)
		switch {
		case len(item.Components) > 0:
			x.save(c.tables[setTrees].set, treeRow(item))
		case x.exists(setTrees, item.Code):
			tx.remove(c.tables[setTrees].set, item.Code)
		}
		return nil
	})
}
