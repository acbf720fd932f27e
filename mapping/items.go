package mapping

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"datawald/order"
)

// maxItemCode is the length of RDR1.ItemCode in release 9.3 (sap.erpref.com).
const maxItemCode = 50

// itemOf gives the item code of a row in B1, and the text that belongs into the line's free text: the options that the
// buyer chose. The table is asked for the whole SKU, then for the SKU without its options; then comes the expression.
func (m *mapper) itemOf(l order.Line) (code, freeText string, hold *order.Reason) {
	rules := m.store.Items
	base, options := rules.withoutOptions(l)
	freeText = m.text("FreeText of "+place(l), strings.Join(options, ", "), lineProperties["FreeText"].max)
	if code, ok := rules.listed(l.SKU, base); ok {
		return code, freeText, nil
	}
	if code, hold = m.itemCode(l, base); hold != nil {
		return "", "", hold
	}
	if rules.Barcode {
		if code, hold = m.itemByBarcode(l, code); hold != nil || m.in.Items == nil {
			return code, freeText, hold
		}
	}
	if n := length(code); n > maxItemCode {
		return "", "", &order.Reason{Code: "item_code_too_long", Field: place(l),
			Message: fmt.Sprintf("%s: the item code has %d characters; B1 takes %d.", place(l), n, maxItemCode),
			Hint:    "Give it a code in items.table of the rules, or another SKU in Magento."}
	}
	return code, freeText, nil
}

// listed is the item code of the table: for the whole SKU, else for the one without options, exactly or by pattern.
func (i Items) listed(sku, base string) (code string, ok bool) {
	for _, s := range []string{sku, base} {
		if code, ok = i.Table[s]; ok && s != "" {
			return code, true
		}
	}
	for _, p := range i.patterns {
		if base != "" && fitsPattern(strings.Split(p, "*"), base) {
			return i.Table[p], true
		}
	}
	return "", false
}

// prepareItems sorts the patterns of the item tables once: tables of a merchant are long, and each row asks them.
func (r *Rules) prepareItems() {
	r.Default.Items.prepare()
	for id, s := range r.Stores {
		s.Items.prepare()
		r.Stores[id] = s
	}
}

func (i *Items) prepare() {
	i.patterns = nil
	for name := range i.Table {
		if strings.Contains(name, "*") {
			i.patterns = append(i.patterns, name)
		}
	}
	slices.SortFunc(i.patterns, func(a, b string) int { return cmp.Or(len(b)-len(a), strings.Compare(a, b)) })
}

// itemCode is what items.code makes of a row, or its SKU without options.
func (m *mapper) itemCode(l order.Line, base string) (string, *order.Reason) {
	if !m.store.Items.Code.IsSet() {
		if base == "" {
			return "", &order.Reason{Code: "sku_missing", Field: place(l), Message: fmt.Sprintf("%s has no SKU.", place(l)),
				Hint: "Give the product a SKU in Magento, or map it in the rules."}
		}
		return base, nil
	}
	value, hold := m.evaluate("items.code", m.store.Items.Code, &l)
	if hold != nil {
		return "", hold
	}
	code, err := plainAll([]any{value})
	if err != nil || clean(code[0]) == "" {
		return "", &order.Reason{Code: "item_code_missing", Field: place(l),
			Message: fmt.Sprintf("%s: items.code gives no item code.", place(l)),
			Hint:    "Fill in the attribute of the product that items.code reads, or let the expression end in ?? item.sku."}
	}
	return clean(code[0]), nil
}

// itemByBarcode is the item that B1 has for a barcode; the barcode itself while B1 has not been asked.
func (m *mapper) itemByBarcode(l order.Line, barcode string) (string, *order.Reason) {
	if m.in.Items == nil {
		m.barcodes = append(m.barcodes, barcode)
		m.notes = append(m.notes, fmt.Sprintf("%s stands under its barcode: B1 has not been asked for the item", place(l)))
		return barcode, nil
	}
	if code := m.in.Items[barcode]; code != "" {
		return code, nil
	}
	return "", &order.Reason{Code: "barcode_unknown", Field: place(l),
		Message: fmt.Sprintf("%s: no item of B1 has its barcode.", place(l)),
		Hint:    "Enter the barcode on the item in B1, or give the SKU a code in items.table of the rules."}
}

// withoutOptions takes the SKUs of custom options off the end of a row's SKU: Magento writes SKU-option-option. Each is
// taken off once, as Magento puts it there once.
func (i Items) withoutOptions(l order.Line) (base string, options []string) {
	base = l.SKU
	for l.CustomOptions && len(i.Options) > 0 {
		rest, option := i.lastOption(base, options)
		if option == "" {
			break
		}
		base, options = rest, append(options, option)
	}
	slices.Reverse(options)
	return base, options
}

// lastOption finds the shortest option at the end of a SKU. An option may have dashes itself.
func (i Items) lastOption(sku string, taken []string) (rest, option string) {
	for at := strings.LastIndex(sku, "-"); at > 0; at = strings.LastIndex(sku[:at], "-") {
		option = sku[at+1:]
		if option != "" && !slices.Contains(taken, option) && i.isOption(option) {
			return sku[:at], option
		}
	}
	return sku, ""
}

func (i Items) isOption(sku string) bool {
	return slices.ContainsFunc(i.Options, func(pattern string) bool {
		return fitsPattern(strings.Split(pattern, "*"), sku)
	})
}

// Barcodes are what B1 must be asked for before the order can be mapped to its end: which item has each. They are those
// that a mapping without the answer meets; nil where the rules know the items without B1.
func (r *Rules) Barcodes(o *order.Order, source *Source) []string {
	if !r.Store(o.StoreID).Items.Barcode {
		return nil
	}
	m := newMapper(r, Input{Order: o, Source: source})
	_ = m.guarded() // only what it asked for counts here
	slices.Sort(m.barcodes)
	return slices.Compact(m.barcodes)
}
