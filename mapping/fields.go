package mapping

import "datawald/order"

// fields sets the properties that the rules name, on the document and on its goods (m.rows).
func (m *mapper) fields() *order.Reason {
	for name, f := range m.store.Fields {
		v, hold := m.evaluate("fields."+name, f.Value, nil)
		if hold != nil {
			return hold
		}
		if b, ok := v.(bool); ok {
			v = "N"
			if b {
				v = "Y"
			}
		}
		if m.document.UserFields == nil {
			m.document.UserFields = map[string]any{}
		}
		if v != nil {
			m.document.UserFields[name] = v
		}
	}
	return nil
}

// expressions are all expressions of a store's rules.
func (s StoreRules) expressions() []Expression {
	all := []Expression{s.Items.Code}
	for _, e := range s.Extras {
		all = append(all, e.Amount, e.Tax)
	}
	for _, fields := range []map[string]Field{s.Fields, s.LineFields} {
		for _, f := range fields {
			all = append(all, f.Value)
		}
	}
	return all
}
