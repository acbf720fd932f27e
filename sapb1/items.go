package sapb1

import (
	"context"
	"net/http"
	"net/url"
	"slices"
	"strings"
)

// barcodesAtOnce is how many barcodes one question names: the address stays below 2,000 characters.
const barcodesAtOnce = 20

// FindItemsByBarcode gives the codes of the items that have each barcode (OITM.CodeBars, an item's main one). A barcode
// that no item has is missing from the answer; one of several items has all their codes.
func (c *Client) FindItemsByBarcode(ctx context.Context, barcodes []string) (map[string][]string, error) {
	found := map[string][]string{}
	for some := range slices.Chunk(barcodes, barcodesAtOnce) {
		parts := make([]string, len(some))
		for i, b := range some {
			parts[i] = "BarCode eq " + Quote(b)
		}
		items, err := pages[itemAnswer](ctx, c, request{method: http.MethodGet, op: "GET Items", path: "Items", needed: true,
			query: url.Values{"$filter": {strings.Join(parts, " or ")}, "$select": {"ItemCode,BarCode"}, "$orderby": {"ItemCode asc"}}})
		if err != nil {
			return nil, err
		}
		for _, item := range items {
			for _, b := range some {
				if strings.EqualFold(b, item.BarCode) { // as the database may compare them
					found[b] = append(found[b], item.ItemCode)
				}
			}
		}
	}
	return found, nil
}

// itemAnswer is what is read of an item.
type itemAnswer struct {
	ItemCode string `json:"ItemCode"`
	BarCode  string `json:"BarCode"`
}
