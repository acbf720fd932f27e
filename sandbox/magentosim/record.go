package magentosim

import (
	"encoding/json"
	"fmt"
	"regexp"
	"strings"

	"github.com/shopspring/decimal"
)

// cell is the value of one column of one row as MySQL sees it.
type cell struct {
	null   bool
	text   string
	number decimal.Decimal // of number columns
}

// record is one order: its document as it is sent and the columns that are asked for often. It is never
// changed once it is in the shop; an update puts a new one in its place.
type record struct {
	entityID int64
	raw      []byte
	hot      []cell
	kind     string
	sequence int  // number of the generated order, 0 for documents
	hidden   bool // inserted, not committed: no reader sees it
}

// newRecord reads the columns of a document. The bytes are kept, not copied.
func newRecord(raw []byte, kind string) (*record, error) {
	var doc map[string]json.RawMessage
	if err := json.Unmarshal(raw, &doc); err != nil {
		return nil, fmt.Errorf("magentosim: not an order document: %w", err)
	}
	r := &record{raw: raw, kind: kind, hot: make([]cell, len(hotIndex))}
	for name, i := range hotIndex {
		r.hot[i] = readCell(name, doc)
	}
	id := r.at("entity_id")
	if id.null || !id.number.IsInteger() || id.number.Sign() <= 0 {
		return nil, fmt.Errorf("magentosim: not an order document: it has no entity_id")
	}
	if r.at("increment_id").null || r.at("updated_at").null {
		return nil, fmt.Errorf("magentosim: not an order document: it has no increment_id or no updated_at")
	}
	r.entityID = id.number.IntPart()
	return r, nil
}

// at returns a column of the row.
func (r *record) at(name string) cell { return column(name)(r) }

// column returns what reads a column of a row. Columns that are not hot cost a pass over the document.
func column(name string) func(*record) cell {
	if i, ok := hotIndex[name]; ok {
		return func(r *record) cell { return r.hot[i] }
	}
	return func(r *record) cell {
		var doc map[string]json.RawMessage
		if err := json.Unmarshal(r.raw, &doc); err != nil {
			return cell{null: true}
		}
		return readCell(name, doc)
	}
}

// uniqueKey is what Magento's own constraint keeps unique.
// Magento REST: db_schema.xml, SALES_ORDER_INCREMENT_ID_STORE_ID.
func (r *record) uniqueKey() string {
	return r.at("store_id").text + ":" + r.at("increment_id").text
}

func readCell(column string, doc map[string]json.RawMessage) cell {
	raw, ok := doc[column]
	if !ok && column == "shipping_method" {
		return shippingMethod(doc)
	}
	if !ok || string(raw) == "null" {
		return cell{null: true}
	}
	text := string(raw)
	if raw[0] == '"' {
		if err := json.Unmarshal(raw, &text); err != nil {
			return cell{null: true}
		}
	}
	c := cell{text: text}
	if columnKinds[column] == numberColumn {
		c.number = leadingNumber(text)
	}
	return c
}

// shippingMethod is a column of the table that the document shows elsewhere.
func shippingMethod(doc map[string]json.RawMessage) cell {
	var ext struct {
		Assignments []struct {
			Shipping struct {
				Method string `json:"method"`
			} `json:"shipping"`
		} `json:"shipping_assignments"`
	}
	if err := json.Unmarshal(doc["extension_attributes"], &ext); err != nil || len(ext.Assignments) == 0 {
		return cell{null: true}
	}
	method := ext.Assignments[0].Shipping.Method
	return cell{null: method == "", text: method}
}

var numberPrefix = regexp.MustCompile(`^[+-]?([0-9]+(\.[0-9]+)?|\.[0-9]+)`)

// leadingNumber converts a string as MySQL does when it meets a number: "12abc" is 12, "abc" is 0.
func leadingNumber(s string) decimal.Decimal {
	s = strings.TrimLeft(s, " \t\n")
	end := len(numberPrefix.FindString(s))
	d, err := decimal.NewFromString(strings.TrimPrefix(s[:end], "+"))
	if err != nil {
		return decimal.Decimal{}
	}
	return d
}
