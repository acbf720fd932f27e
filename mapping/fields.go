package mapping

import "datawald/order"

// fields sets the properties that the rules name, on the document and on its goods (m.rows).
func (m *mapper) fields() *order.Reason { return nil }
