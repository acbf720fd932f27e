package api

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"datawald/gateway/access"
	"datawald/order"
	"datawald/store"
)

func (s *server) routePayloads() {
	route(s, huma.Operation{OperationID: "list-payloads", Method: http.MethodGet, Path: "/api/v1/orders/{key}/payloads", Tags: []string{"orders"},
		Summary:     "The versions of an order as they were received from Magento, the latest first",
		Description: "Only what B1 could be told makes a version: a comment or a later time of change alone does not. At most 1,000 are listed.",
		Errors:      []int{http.StatusNotFound}}, s.listPayloads)
	route(s, huma.Operation{OperationID: "get-payload", Method: http.MethodGet, Path: "/api/v1/orders/{key}/payloads/{hash}", Tags: []string{"orders"},
		Summary:     "One version of an order: the Magento document as it was received",
		Description: "Holds the buyer's name, addresses and e-mail.", Metadata: map[string]any{metaRole: access.Operator},
		Errors: []int{http.StatusNotFound}}, s.getPayload)
}

type listPayloadsOutput struct {
	Body struct {
		Key      order.Key        `json:"key" example:"main:1:000000123"`
		Payloads []PayloadVersion `json:"payloads" nullable:"false"`
	}
}

// PayloadVersion is one version of an order's document.
type PayloadVersion struct {
	Hash       string    `json:"hash" doc:"Its name"`
	ReceivedAt time.Time `json:"received_at" doc:"When it was received the first time: an order may become again what it was before"`
	Current    bool      `json:"current,omitempty" doc:"The staged order is made of it"`
	Posted     bool      `json:"posted,omitempty" doc:"What B1 has was made of it"`
	Link       string    `json:"link" doc:"The document itself; for operators"`
}

func (s *server) listPayloads(ctx context.Context, in *getOrderInput) (*listPayloadsOutput, error) {
	doc, err := s.stagedOrder(ctx, in.Key)
	if err != nil {
		return nil, err
	}
	versions, err := s.store.PayloadVersions(ctx, doc.Key)
	if err != nil {
		return nil, partDown(err, "store")
	}
	out := &listPayloadsOutput{}
	out.Body.Key, out.Body.Payloads = doc.Key, make([]PayloadVersion, len(versions))
	for i, v := range versions {
		out.Body.Payloads[i] = PayloadVersion{Hash: v.Hash, ReceivedAt: v.ReceivedAt.UTC(), Current: v.Hash == doc.PayloadHash, Posted: v.Hash == doc.PostedPayload,
			Link: s.links.order(doc.Key).Self + "/payloads/" + v.Hash}
	}
	return out, nil
}

type getPayloadInput struct {
	Key  string `path:"key" doc:"<instance>:<store_id>:<increment_id>" example:"main:1:000000123"`
	Hash string `path:"hash" maxLength:"200" doc:"The name of the version, as the list has it"`
}

type getPayloadOutput struct {
	ContentType string `header:"Content-Type"`
	Body        []byte `contentType:"application/json" doc:"The document, byte for byte"`
}

func (s *server) getPayload(ctx context.Context, in *getPayloadInput) (*getPayloadOutput, error) {
	key, err := orderKey(in.Key)
	if err != nil {
		return nil, err
	}
	raw, err := s.store.Payload(ctx, store.PayloadRef{Key: key, Hash: unescape(in.Hash)})
	if errors.Is(err, store.ErrNotFound) {
		p := payloadNotFound.problem(fmt.Sprintf("There is no such version of the order %s: it was never received, or erased. GET /api/v1/orders/%s/payloads lists those that there are.", key, key))
		p.Key = string(key)
		return nil, p
	}
	if err != nil {
		return nil, partDown(err, "store")
	}
	return &getPayloadOutput{ContentType: "application/json", Body: raw}, nil
}
