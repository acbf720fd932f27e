package sapb1

import (
	"context"
	"encoding/json"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
)

// This file reads many documents by their keys for a reconciliation: few calls, no lines, no personal data.

// accountFields are the properties that an account of orders asks for. Without lines B1 answers a hundredth of a document.
const accountFields = "DocEntry,DocNum,DocObjectCode,CardCode,NumAtCard,DocCurrency,DocTotal,DocTotalFc,Cancelled,DocumentStatus,AuthorizationStatus"

// accountRows is how many documents B1 is asked to put into one answer; where it does not, its next links are followed.
const accountRows = "500"

const (
	// maxFilter bounds a filter as it stands in the address, in bytes: Apache, which stands before B1, takes 8,190 for the whole line.
	maxFilter = 4000
	// maxKeys bounds how many conditions B1 has to join.
	maxKeys = 50
)

// Keyed is a document without its lines, with the user-defined field by which it was looked for.
type Keyed struct {
	Document
	// Value is what the field holds; empty where none was asked for, or it is empty.
	Value string
}

// keyedRow reads one; the field has a name of the company's own.
type keyedRow struct {
	Document
	all map[string]json.RawMessage
}

// UnmarshalJSON reads the document, and keeps its properties by name.
func (k *keyedRow) UnmarshalJSON(b []byte) error {
	if err := json.Unmarshal(b, &k.Document); err != nil {
		return err
	}
	return json.Unmarshal(b, &k.all)
}

func (k *keyedRow) keyed(field string) Keyed {
	out := Keyed{Document: k.Document}
	if raw, there := k.all[field]; there && field != "" && string(raw) != "null" {
		if json.Unmarshal(raw, &out.Value) != nil {
			out.Value = strings.Trim(string(raw), `"`) // a number
		}
	}
	return out
}

// OrdersUnder gives the sales orders that stand under any of the references, cancelled ones too, and each once. All references have the same
// Field. Each call waits for its turn behind all orders (AdmitBehind).
func (c *Client) OrdersUnder(ctx context.Context, references []Reference) ([]Keyed, error) {
	return c.keyed(ctx, "Orders", fieldOf(references), conditionsOf(references))
}

// DraftsUnder is OrdersUnder for drafts of sales orders.
func (c *Client) DraftsUnder(ctx context.Context, references []Reference) ([]Keyed, error) {
	all, err := c.keyed(ctx, "Drafts", fieldOf(references), conditionsOf(references))
	return slices.DeleteFunc(all, func(k Keyed) bool { return !isSalesOrder(k.DocObjectCode) }), err
}

// OrdersNumbered gives the sales orders with these entries, as far as B1 has them.
func (c *Client) OrdersNumbered(ctx context.Context, entries []int64) ([]Keyed, error) {
	var conditions []string
	for _, e := range entries {
		conditions = append(conditions, "DocEntry eq "+strconv.FormatInt(e, 10))
	}
	return c.keyed(ctx, "Orders", "", conditions)
}

func fieldOf(references []Reference) string {
	if len(references) == 0 {
		return ""
	}
	return references[0].Field
}

// conditionsOf are the conditions of all references, each once.
func conditionsOf(references []Reference) (conditions []string) {
	seen := map[string]bool{}
	for _, r := range references {
		for _, one := range r.conditions() {
			if !seen[one] {
				seen[one], conditions = true, append(conditions, one)
			}
		}
	}
	return conditions
}

// keyed reads what meets any of the conditions, some of them at a time. A document that meets several is there once.
func (c *Client) keyed(ctx context.Context, resource, field string, conditions []string) ([]Keyed, error) {
	fields := accountFields
	if field != "" {
		fields += "," + field
	}
	var all []Keyed
	seen := map[int64]bool{}
	for _, filter := range filters(conditions) {
		rows, err := c.behind(ctx, request{method: http.MethodGet, op: "GET " + resource + " (account)", path: resource, aside: true,
			header: map[string]string{"Prefer": "odata.maxpagesize=" + accountRows},
			query:  url.Values{"$filter": {filter}, "$select": {fields}, "$orderby": {"DocEntry asc"}}})
		if err != nil {
			return nil, err
		}
		for _, r := range rows {
			if !seen[r.DocEntry] {
				seen[r.DocEntry], all = true, append(all, r.keyed(field))
			}
		}
	}
	return all, nil
}

// behindLimit is how long a listing waits for its turn. Its caller comes again, and says meanwhile that it waits.
const behindLimit = time.Minute

// behind makes a listing when no order waits for B1.
func (c *Client) behind(ctx context.Context, r request) ([]keyedRow, error) {
	waiting, cancel := context.WithTimeout(ctx, behindLimit)
	defer cancel()
	release, err := c.AdmitBehind(waiting)
	if err != nil {
		return nil, err
	}
	defer release()
	return pages[keyedRow](ctx, c, r)
}

// filters joins conditions to filters that fit into an address.
func filters(conditions []string) (all []string) {
	var some []string
	length := 0
	for _, one := range conditions {
		n := len(url.QueryEscape(one)) + len(" or ")*3
		if len(some) > 0 && (length+n > maxFilter || len(some) == maxKeys) {
			all, some, length = append(all, strings.Join(some, " or ")), nil, 0
		}
		some, length = append(some, one), length+n
	}
	if len(some) > 0 {
		all = append(all, strings.Join(some, " or "))
	}
	return all
}
