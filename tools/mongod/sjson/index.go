package sjson

import "strings"

// Index is an index of a collection as FerretDB lists it in the collection's settings.
type Index struct {
	Name   string `json:"name"`
	Keys   []Key  `json:"key"`
	Unique bool   `json:"unique"`
}

// Key is one field of an index.
type Key struct {
	Path       string `json:"field"`
	Descending bool   `json:"descending"`
}

// Settings is what is read of a collection's settings.
type Settings struct {
	Indexes []Index `json:"indexes"`
}

// SQLName is the name of the index in SQLite.
func (i Index) SQLName(table string) string { return table + "_" + i.Name }

// Statement makes, under the name of FerretDB's index, one that has the type and the value of each field, so that it can answer
// questions. FerretDB's own has JSON text, whose order is not that of the values, and none of its statements uses it. ok is false
// for an index that must stay as it is: a unique one, and one of fields that have no certain expression.
func (i Index) Statement(table string) (statement string, ok bool) {
	if i.Unique || len(i.Keys) == 0 {
		return "", false
	}
	var columns []string
	for _, k := range i.Keys {
		f, ok := ParseField(k.Path)
		if !ok || len(f) > 1 {
			return "", false
		}
		direction := ""
		if k.Descending {
			direction = " DESC"
		}
		columns = append(columns, f.Type()+direction, f.Value()+direction)
	}
	return "CREATE INDEX " + Quote(i.SQLName(table)) + " ON " + Quote(table) + " (" + strings.Join(columns, ", ") + ")", true
}

// IDIndexPrefix starts the name of the index by _id that FerretDB's statements use. FerretDB's own indexes are named after their
// table, so they never meet.
const IDIndexPrefix = "datawald_id_"

// Quote makes an SQL identifier of any name.
func Quote(name string) string {
	return `"` + strings.ReplaceAll(name, `"`, `""`) + `"`
}
