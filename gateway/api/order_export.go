package api

import (
	"context"
	"encoding/csv"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humagin"

	"datawald/order"
	"datawald/store"
)

const (
	// exportedAtOnce is how many orders are read with one question: what an export holds in memory at most.
	exportedAtOnce = 500
	// exportTime bounds a whole export, pageTime the time in which the caller takes one page of it.
	exportTime = 30 * time.Minute
	pageTime   = 30 * time.Second
)

// maxExports is how many are read at once, so that they leave the store to all others. Tests change it.
var maxExports = 4

func (s *server) routeOrderExport() {
	route(s, huma.Operation{OperationID: "export-orders", Method: http.MethodGet, Path: "/api/v1/orders/export", Tags: []string{"orders"},
		Summary: "The list of orders as CSV, newest first, with the filters of the list",
		Description: "RFC 4180, UTF-8 without a byte order mark, lines end with CR LF. It holds no personal data. A cell that a spreadsheet would take for a formula " +
			"(one that begins with = + - @, a tab or a line end) begins with an apostrophe. It is streamed: an answer that breaks off is not complete. Columns: " + strings.Join(exportColumns, ", ") + ".",
		Responses: map[string]*huma.Response{"200": {Description: "The orders", Content: map[string]*huma.MediaType{"text/csv": {Schema: &huma.Schema{Type: huma.TypeString}}}}},
		Errors:    []int{http.StatusTooManyRequests},
	}, s.exportOrders)
}

type exportOrdersInput struct{ OrderFilter }

// exportColumns are the columns of the export.
var exportColumns = []string{"key", "instance", "store_id", "increment_id", "entity_id", "placed_at", "changed_at", "state", "reason_code", "reason", "hint",
	"attention_code", "attention", "magento_state", "magento_status", "magento_total", "magento_currency", "b1_number", "b1_doc_entry", "b1_draft", "b1_reference",
	"b1_total", "b1_currency", "write_back"}

// exportOrders reads the first page before it answers, so that a store that does not answer is a problem and not an empty file.
func (s *server) exportOrders(ctx context.Context, in *exportOrdersInput) (*huma.StreamResponse, error) {
	filter, err := s.filter(in.OrderFilter, "query")
	if err != nil {
		return nil, err
	}
	select {
	case s.exports <- struct{}{}:
	default:
		p := tooManyExports.problem(fmt.Sprintf("%d exports are being read, which is as many as there may be at once. Try again when one of them has ended.", cap(s.exports)))
		p.retryAfter = 30
		return nil, p
	}
	free := sync.OnceFunc(func() { <-s.exports })
	filter.Limit = exportedAtOnce
	page, err := s.store.List(ctx, filter)
	if err != nil {
		free()
		return nil, partDown(err, "store")
	}
	return &huma.StreamResponse{Body: func(hc huma.Context) {
		defer free()
		// The time of an ordinary request is too short for a long list. Whoever has gone takes no more pages, and that ends it.
		ctx, cancel := context.WithTimeout(context.WithoutCancel(hc.Context()), exportTime)
		defer cancel()
		hc.SetHeader("Content-Type", "text/csv; charset=utf-8; header=present")
		hc.SetHeader("Content-Disposition", `attachment; filename="orders.csv"`)
		w := humagin.Unwrap(hc).Writer
		if err := s.export(ctx, w, http.NewResponseController(w), filter, page); err != nil {
			s.log.Warn("export broken off", "cause", innermost(err))
			panic(http.ErrAbortHandler) // an answer that ends as it should would pass for the whole
		}
	}}, nil
}

// export writes page after page, each when the one before has been taken.
func (s *server) export(ctx context.Context, to io.Writer, control *http.ResponseController, filter store.Filter, page []store.Staged) error {
	w := csv.NewWriter(to)
	w.UseCRLF = true
	if err := w.Write(exportColumns); err != nil {
		return err
	}
	for {
		if err := control.SetWriteDeadline(time.Now().Add(pageTime)); err != nil {
			return err
		}
		for _, doc := range page {
			if err := w.Write(exported(doc)); err != nil {
				return err
			}
		}
		w.Flush()
		if err := w.Error(); err != nil {
			return err
		}
		if err := control.Flush(); err != nil {
			return err
		}
		if len(page) < filter.Limit {
			return nil
		}
		last := page[len(page)-1]
		filter.After = &store.Position{PlacedAt: last.PlacedAt, Key: last.Key}
		var err error
		if page, err = s.store.List(ctx, filter); err != nil {
			return err
		}
	}
}

// exported is an order as a line of the export.
func exported(doc store.Staged) []string {
	reason, attention, bo := order.Reason{}, order.Reason{}, store.BackOffice{}
	number, entry, draft, boTotal, writeBack := "", "", "", "", ""
	if doc.Reason != nil {
		reason = *doc.Reason
	}
	if doc.Attention != nil {
		attention = *doc.Attention
	}
	if doc.BO != nil {
		bo = *doc.BO
		number, entry, draft = strconv.FormatInt(bo.DocNum, 10), strconv.FormatInt(bo.DocEntry, 10), strconv.FormatBool(bo.Draft)
		boTotal = amountText(bo.Total)
	}
	if doc.WriteBack != nil {
		writeBack = string(doc.WriteBack.State)
	}
	line := []string{string(doc.Key), doc.Instance, strconv.FormatInt(doc.StoreID, 10), doc.IncrementID, strconv.FormatInt(doc.EntityID, 10),
		doc.PlacedAt.UTC().Format(time.RFC3339), doc.ChangedAt.UTC().Format(time.RFC3339), string(doc.Status), reason.Code, reason.Message, reason.Hint,
		attention.Code, attention.Message, doc.Magento.State, doc.Magento.Status, amountText(doc.Magento.Total), doc.Magento.Total.Currency, number, entry, draft, bo.Reference,
		boTotal, bo.Total.Currency, writeBack}
	for i := range line {
		line[i] = cell(line[i])
	}
	return line
}

func amountText(m order.Money) string {
	if m.Currency == "" {
		return m.Amount.String()
	}
	return m.Amount.StringFixed(max(order.MinorUnits(m.Currency), -m.Amount.Exponent()))
}

// cell keeps a spreadsheet from taking a text for a formula.
func cell(text string) string {
	if text != "" && strings.ContainsRune("=+-@\t\r\n", rune(text[0])) {
		return "'" + text
	}
	return text
}
