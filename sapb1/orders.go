package sapb1

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strings"
)

// orderFields are the properties that a look-up asks for, so that B1 does not build the whole document.
const orderFields = "DocEntry,DocNum,DocObjectCode,CardCode,NumAtCard,DocCurrency,DocTotal,DocTotalFc,VatSum,VatSumFc,Cancelled,DocumentStatus,AuthorizationStatus,DocumentLines"

// Reference is how an order is recognised in B1: by NumAtCard, and by a user-defined field where one is configured.
type Reference struct {
	NumAtCard string
	// Also are other values of NumAtCard that it may have.
	Also []string
	// Field is the name of the user-defined field on the document header (U_…), empty for none; Value what it holds.
	Field string
	Value string
}

// filter finds every document with the reference. The user-defined field is exact; NumAtCard finds what a person typed.
func (r Reference) filter() string { return strings.Join(r.conditions(), " or ") }

// conditions are those of which one is enough.
func (r Reference) conditions() (one []string) {
	if r.Field != "" {
		one = append(one, r.Field+" eq "+Quote(r.Value))
	}
	for _, number := range append([]string{r.NumAtCard}, r.Also...) {
		one = append(one, "NumAtCard eq "+Quote(number))
	}
	return one
}

// FindOrders gives the sales orders with the reference, cancelled ones too, oldest first.
func (c *Client) FindOrders(ctx context.Context, ref Reference) ([]Document, error) {
	return c.find(ctx, "Orders", ref.filter())
}

// FindDrafts gives the drafts of sales orders with the reference, oldest first. An approval procedure leaves the order
// there (Service Layer API Reference, POST Orders).
func (c *Client) FindDrafts(ctx context.Context, ref Reference) ([]Document, error) {
	all, err := c.find(ctx, "Drafts", ref.filter())
	if err != nil {
		return nil, err
	}
	orders := all[:0]
	for _, d := range all {
		if isSalesOrder(d.DocObjectCode) {
			orders = append(orders, d)
		}
	}
	return orders, nil
}

// isSalesOrder accepts the number and the name of the object, since releases answer either.
func isSalesOrder(objectCode string) bool {
	return objectCode == "" || objectCode == "17" || strings.EqualFold(objectCode, "oOrders")
}

func (c *Client) find(ctx context.Context, resource, filter string) ([]Document, error) {
	return pages[Document](ctx, c, request{method: http.MethodGet, op: "GET " + resource, path: resource, vital: true, query: url.Values{
		"$filter": {filter}, "$select": {orderFields}, "$orderby": {"DocEntry asc"},
	}})
}

// GetOrder reads one sales order by its entry.
func (c *Client) GetOrder(ctx context.Context, docEntry int64) (*Document, error) {
	return c.document(ctx, request{method: http.MethodGet, op: "GET Orders(n)", path: fmt.Sprintf("Orders(%d)", docEntry),
		query: url.Values{"$select": {orderFields}}})
}

// CreateOrder sends the order once and gives the document as B1 made it, with B1's own totals. A failure of kind
// Unknown means that it may exist: look before sending again.
func (c *Client) CreateOrder(ctx context.Context, o *SalesOrder) (*Document, error) {
	return c.document(ctx, request{method: http.MethodPost, op: "POST Orders", path: "Orders", body: o, write: true, sends: true})
}

// document makes a call that is answered with a document.
func (c *Client) document(ctx context.Context, r request) (*Document, error) {
	var d documentAnswer
	if err := c.call(ctx, r, &d); err != nil {
		return nil, err
	}
	return &d.document, nil
}

// documentAnswer is an answer that is one document. It is read as that before it is judged: what is none is no written order.
type documentAnswer struct{ document Document }

func (a *documentAnswer) read(r request, res *http.Response, body []byte) error {
	if err := json.Unmarshal(body, &a.document); err != nil {
		return notJSON(r, res, err)
	}
	if a.document.DocEntry == 0 {
		return unreadable(r, "the answer is not a document", nil)
	}
	return nil
}

// IsApprovalAnswer reports whether err is the answer B1 gives both when a reference is missing and when an approval
// procedure has turned the order into a draft: only a look into Drafts tells them apart.
func IsApprovalAnswer(err error) bool { return IsNotFound(err) }
