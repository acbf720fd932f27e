package mapping

import (
	"strconv"
	"sync"
)

// rowIndex finds rows by their item_id; they are listed once, when the first is asked for.
type rowIndex struct {
	once sync.Once
	byID map[int64]*table
}

func (d *document) row(itemID int64) (item, parent any) {
	d.index.once.Do(func() { d.index.byID = rowsByID(d.order.get("items")) })
	row, ok := d.index.byID[itemID]
	if !ok || itemID == 0 {
		return nil, nil
	}
	if id := idOf(row.get("parent_item_id")); id != 0 && d.index.byID[id] != nil {
		return row, d.index.byID[id]
	}
	// Some releases give the parent inside of the row alone.
	if over, ok := row.get("parent_item").(*table); ok {
		return row, over
	}
	return row, nil
}

func rowsByID(items any) map[int64]*table {
	all, _ := items.([]any)
	rows := make(map[int64]*table, len(all))
	for _, v := range all {
		if row, ok := v.(*table); ok {
			rows[idOf(row.get("item_id"))] = row
		}
	}
	return rows
}

// idOf reads a number that may stand in the document as a text; 0 for none.
func idOf(v any) int64 {
	n, err := number(v)
	if err != nil || !n.IsInteger() || n.NumDigits() > 18 {
		return 0
	}
	id, err := strconv.ParseInt(n.String(), 10, 64)
	if err != nil {
		return 0
	}
	return id
}
