package api

import (
	"context"
	"errors"
	"net/http"
	"sync"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"go.temporal.io/sdk/client"

	"datawald/gateway/access"
)

// healthTime is how long a server behind the gateway has to answer.
const healthTime = 3 * time.Second

type healthOutput struct {
	Body struct {
		Status string `json:"status" enum:"ok"`
	}
}

func (s *server) routeHealth() {
	anyone := map[string]any{metaRole: access.Anyone}
	route(s, huma.Operation{OperationID: "health", Method: http.MethodGet, Path: "/healthz", Tags: []string{"health"},
		Summary: "The process lives", Metadata: anyone}, s.health)
	route(s, huma.Operation{OperationID: "readiness", Method: http.MethodGet, Path: "/readyz", Tags: []string{"health"},
		Summary: "The store and Temporal answer", Metadata: anyone}, s.ready)
}

func (s *server) health(context.Context, *struct{}) (*healthOutput, error) {
	var out healthOutput
	out.Body.Status = "ok"
	return &out, nil
}

// ready asks both servers at once and names each that does not answer.
func (s *server) ready(ctx context.Context, _ *struct{}) (*healthOutput, error) {
	ctx, cancel := context.WithTimeout(ctx, healthTime)
	defer cancel()
	var storeErr, temporalErr error
	var both sync.WaitGroup
	both.Go(func() { storeErr = s.store.Ping(ctx) })
	both.Go(func() { _, temporalErr = s.temporal.CheckHealth(ctx, &client.CheckHealthRequest{}) })
	both.Wait()
	var down []string
	if storeErr != nil {
		down = append(down, "store")
	}
	if temporalErr != nil {
		down = append(down, "temporal")
	}
	if len(down) > 0 {
		return nil, partDown(errors.Join(storeErr, temporalErr), down...)
	}
	return s.health(ctx, nil)
}
