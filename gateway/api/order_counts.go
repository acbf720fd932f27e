package api

import (
	"cmp"
	"context"
	"net/http"
	"slices"

	"github.com/danielgtaylor/huma/v2"

	"datawald/order"
	"datawald/store"
)

func (s *server) routeOrderCounts() {
	route(s, huma.Operation{OperationID: "count-orders", Method: http.MethodGet, Path: "/api/v1/orders/counts", Tags: []string{"orders"},
		Summary:     "How many orders there are in each state, and held ones for each reason",
		Description: "Takes the filters of the list. `state` is passed over: every state is counted."}, s.countOrders)
}

type countOrdersInput struct{ OrderFilter }

type countOrdersOutput struct{ Body OrderCounts }

// OrderCounts are numbers of orders.
type OrderCounts struct {
	Total  int64                  `json:"total" doc:"All of them"`
	States map[order.Status]int64 `json:"states" doc:"In each state; every state is there"`
	Held   []ReasonCount          `json:"held" nullable:"false" doc:"Held ones by the code of their reason, the most first; at most 100 codes"`
}

// ReasonCount is the number of orders that are held for one reason.
type ReasonCount struct {
	Code  string `json:"code" example:"item_unknown"`
	Count int64  `json:"count"`
}

// maxReasons is how many codes are listed.
const maxReasons = 100

func (s *server) countOrders(ctx context.Context, in *countOrdersInput) (*countOrdersOutput, error) {
	filter, err := s.filter(in.OrderFilter, "query")
	if err != nil {
		return nil, err
	}
	out := &countOrdersOutput{Body: OrderCounts{Held: []ReasonCount{}}}
	if out.Body.States, err = s.store.CountByStatus(ctx, filter); err != nil {
		return nil, partDown(err, "store")
	}
	for _, n := range out.Body.States {
		out.Body.Total += n
	}
	if out.Body.States[order.Held] > 0 {
		if out.Body.Held, err = s.countReasons(ctx, filter); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// countReasons counts the held orders by code.
func (s *server) countReasons(ctx context.Context, filter store.Filter) ([]ReasonCount, error) {
	filter.Status, filter.Statuses = order.Held, nil
	reasons, err := s.store.CountByReason(ctx, filter)
	if err != nil {
		return nil, partDown(err, "store")
	}
	counts := []ReasonCount{}
	for code, n := range reasons {
		counts = append(counts, ReasonCount{code, n})
	}
	slices.SortFunc(counts, func(a, b ReasonCount) int { return cmp.Or(cmp.Compare(b.Count, a.Count), cmp.Compare(a.Code, b.Code)) })
	return counts[:min(len(counts), maxReasons)], nil
}
