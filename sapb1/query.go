package sapb1

import (
	"context"
	"net/http"
	"net/url"
	"strconv"
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

// list follows the next links of a listing to its end. It gives all or a failure: an order that is overlooked would be
// sent twice.
func list[T any](ctx context.Context, c *Client, resource string, query url.Values) ([]T, error) {
	return pages[T](ctx, c, request{method: http.MethodGet, op: "GET " + resource, path: resource, query: query})
}

// pages is list for a request with headers of its own.
func pages[T any](ctx context.Context, c *Client, r request) ([]T, error) {
	var all []T
	skip := 0
	for range maxPages {
		var p page[T]
		if err := c.call(ctx, r, &p); err != nil {
			return nil, err
		}
		if p.Value == nil {
			return nil, unreadable(r, "the answer is not a list", nil)
		}
		all = append(all, p.Value...)
		next := p.NextV2 + p.NextV1
		if next == "" {
			return all, nil
		}
		further := nextSkip(next)
		if further <= skip {
			return nil, unreadable(r, "the link to the next page leads to no further one", nil)
		}
		skip = further
		r.query.Set("$skip", strconv.Itoa(skip))
	}
	return nil, unreadable(r, "the list has no end", nil)
}

// nextSkip is the place that a next link leads to, 0 where it names none. Of the link nothing else counts: its path
// comes in several relative forms, and its query may lack the question or have it unencoded.
func nextSkip(link string) int {
	_, query, _ := strings.Cut(link, "?")
	for part := range strings.SplitSeq(query, "&") {
		name, value, _ := strings.Cut(part, "=")
		if n, err := strconv.Atoi(value); err == nil && (name == "$skip" || name == "%24skip") {
			return n
		}
	}
	return 0
}
