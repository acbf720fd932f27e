package mapping

import (
	"strconv"
	"sync"
)

// rowIndex finds rows by their item_id; they are listed once, when the first is asked for.
type rowIndex struct {
	once sync.Once
	byID map[int64]map[string]any
}

func (d *document) row(itemID int64) (item, parent any) {
	d.index.once.Do(func() { d.index.byID = rowsByID(d.order["items"]) })
	row, ok := d.index.byID[itemID]
	if !ok {
		return nil, nil
	}
	if over, ok := d.index.byID[idOf(row["parent_item_id"])]; ok {
		return row, over
	}
	// Some releases give the parent inside of the row alone.
	if over, ok := row["parent_item"].(map[string]any); ok {
		return row, over
	}
	return row, nil
}

func rowsByID(items any) map[int64]map[string]any {
	all, _ := items.([]any)
	rows := make(map[int64]map[string]any, len(all))
	for _, v := range all {
		row, _ := v.(map[string]any)
		if id := idOf(row["item_id"]); id != 0 {
			rows[id] = row
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
