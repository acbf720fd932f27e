package b1sim

import "github.com/shopspring/decimal"

// treeRow is the bill of materials of an item as B1 would show it.
func treeRow(item Item) row {
	lines := make([]row, len(item.Components))
	for i, c := range item.Components {
		lines[i] = row{"ItemCode": c.Code, "Quantity": c.Quantity}
	}
	return row{"TreeCode": item.Code, "TreeType": "iSalesTree", "Quantity": decimal.NewFromInt(1), "ProductTreeLines": lines}
}

// breakUp puts behind each line of a sales bill of materials a line for each component, without a price of its own: the
// parent has the price (TreeType iSalesTree and iIngredient).
func (x *exec) breakUp(lines []row) []row {
	var out []row
	for _, line := range lines {
		parts := x.tx.named(setTrees).get(line.text("ItemCode")).list("ProductTreeLines")
		if len(parts) == 0 {
			out = append(out, line)
			continue
		}
		parent := line.clone()
		parent["TreeType"] = "iSalesTree"
		out = append(out, parent)
		for _, part := range parts {
			out = append(out, ingredient(parent, part))
		}
	}
	return out
}

// ingredient is the line of one component. It is taxed as its parent is, which makes no difference at a price of zero.
func ingredient(parent, part row) row {
	quantity := part.number("Quantity")
	if parent.has("Quantity") {
		quantity = quantity.Mul(parent.number("Quantity"))
	}
	line := row{"ItemCode": part["ItemCode"], "Quantity": quantity, "UnitPrice": decimal.Zero, "TreeType": "iIngredient"}
	for _, name := range []string{"TaxCode", "VatGroup", "WarehouseCode", "Currency"} {
		if parent.has(name) {
			line[name] = parent[name]
		}
	}
	return line
}
