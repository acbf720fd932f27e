package magentosim

import (
	"encoding/json"
	"slices"

	"github.com/shopspring/decimal"
)

// Sold is what somebody bought with one order, as a back office has to know it.
type Sold struct {
	// CustomerID is the buyer's account, 0 for a guest.
	CustomerID int64 `json:"customer_id"`
	// Tax is that of goods and shipping together.
	Tax decimal.Decimal `json:"tax"`
	// Rows are those that cost something by themselves: a configurable product and not its variant, the parts of a bundle whose price
	// is that of its parts, and any other bundle itself.
	Rows []SoldRow `json:"rows"`
}

// SoldRow is one row.
type SoldRow struct {
	SKU      string          `json:"sku"`
	Quantity decimal.Decimal `json:"quantity"`
	// Net is what the row costs after its discount, without tax, in the order's currency.
	Net decimal.Decimal `json:"net"`
	// Open is false when a part of the row was cancelled or refunded.
	Open bool `json:"open"`
}

// soldDocument are the columns of a document that Sold is made of.
type soldDocument struct {
	CustomerID int64           `json:"customer_id"`
	StoreID    int64           `json:"store_id"`
	Tax        decimal.Decimal `json:"tax_amount"`
	Items      []soldItem      `json:"items"`
}

type soldItem struct {
	ID        int64           `json:"item_id"`
	Parent    int64           `json:"parent_item_id"`
	SKU       string          `json:"sku"`
	BasePrice decimal.Decimal `json:"base_price"`
	Price     decimal.Decimal `json:"price"`
	PriceIncl decimal.Decimal `json:"price_incl_tax"`
	Discount  decimal.Decimal `json:"discount_amount"`
	Tax       decimal.Decimal `json:"tax_amount"`
	Ordered   decimal.Decimal `json:"qty_ordered"`
	Canceled  decimal.Decimal `json:"qty_canceled"`
	Refunded  decimal.Decimal `json:"qty_refunded"`
}

// Sold tells what was bought with each generated order, by entity_id; documents from outside are left out, because how their shop
// computed them is not known.
func (s *Shop) Sold() (map[int64]Sold, error) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	all := map[int64]Sold{}
	for _, r := range s.byEntity {
		if r.hidden || r.kind == KindDocument {
			continue
		}
		var doc soldDocument
		if err := json.Unmarshal(r.raw, &doc); err != nil {
			return nil, err
		}
		all[r.entityID] = Sold{CustomerID: doc.CustomerID, Tax: doc.Tax, Rows: doc.rows()}
	}
	return all, nil
}

func (d soldDocument) rows() []SoldRow {
	priced := map[int64]bool{} // parents whose children have the prices
	for _, item := range d.Items {
		if item.Parent != 0 && !item.BasePrice.IsZero() {
			priced[item.Parent] = true
		}
	}
	gross := slices.ContainsFunc(stores, func(s store) bool { return s.id == d.StoreID && s.gross })
	var rows []SoldRow
	for _, item := range d.Items {
		if priced[item.ID] || item.Parent != 0 && !priced[item.Parent] {
			continue
		}
		net := item.Price.Mul(item.Ordered).Sub(item.Discount)
		if gross {
			net = item.PriceIncl.Mul(item.Ordered).Sub(item.Discount).Sub(item.Tax)
		}
		rows = append(rows, SoldRow{SKU: item.SKU, Quantity: item.Ordered, Net: net.Round(2), Open: item.Canceled.IsZero() && item.Refunded.IsZero()})
	}
	return rows
}
