package mapping

import (
	"fmt"

	"datawald/order"
)

// itemOf gives the item code of a row in B1, and the text that belongs into the line's free text.
func (m *mapper) itemOf(l order.Line) (code, freeText string, hold *order.Reason) {
	if l.SKU == "" {
		return "", "", &order.Reason{Code: "sku_missing", Field: place(l), Message: fmt.Sprintf("%s has no SKU.", place(l)),
			Hint: "Give the product a SKU in Magento, or map it in the rules."}
	}
	return l.SKU, "", nil
}
