package sapb1

import (
	"context"
	"net/http"
	"net/url"
	"strings"
)

// Quote writes a string as an OData literal: a quote inside is doubled.
func Quote(s string) string { return "'" + strings.ReplaceAll(s, "'", "''") + "'" }

// page is one page of a listing; the two releases name the next link differently.
type page[T any] struct {
	Value  []T    `json:"value"`
	NextV1 string `json:"odata.nextLink"`
	NextV2 string `json:"@odata.nextLink"`
}

// maxPages bounds how far a listing is followed; look-ups by key never come near it.
const maxPages = 1000

// list follows the next links of a listing to its end.
func list[T any](ctx context.Context, c *Client, resource string, query url.Values) ([]T, error) {
	var all []T
	r := request{method: http.MethodGet, op: "GET " + resource, path: resource, query: query}
	for range maxPages {
		var p page[T]
		if err := c.call(ctx, r, &p); err != nil {
			return nil, err
		}
		all = append(all, p.Value...)
		next := p.NextV2 + p.NextV1
		if next == "" {
			return all, nil
		}
		following, err := nextQuery(next)
		if err != nil {
			return nil, err
		}
		r.query = following
	}
	return all, nil
}

// nextQuery takes the query of a next link. Its path comes in several relative forms, but always names the same
// resource, so only the query matters.
func nextQuery(link string) (url.Values, error) {
	_, query, _ := strings.Cut(link, "?")
	return url.ParseQuery(strings.ReplaceAll(query, "+", "%2B"))
}
