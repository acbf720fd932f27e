package api_test

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"
)

type openAPI struct {
	OpenAPI    string                          `json:"openapi"`
	Paths      map[string]map[string]operation `json:"paths"`
	Components struct {
		Schemas map[string]struct {
			Required   []string                   `json:"required"`
			Properties map[string]json.RawMessage `json:"properties"`
		} `json:"schemas"`
	} `json:"components"`
}

type operation struct {
	OperationID string                `json:"operationId"`
	Summary     string                `json:"summary"`
	Description string                `json:"description"`
	Security    []map[string][]string `json:"security"`
	Parameters  []struct {
		Name        string `json:"name"`
		Description string `json:"description"`
		Schema      struct {
			Items struct {
				Enum []string `json:"enum"`
			} `json:"items"`
		} `json:"schema"`
	} `json:"parameters"`
	Responses map[string]struct {
		Content map[string]struct {
			Schema struct {
				Ref string `json:"$ref"`
			} `json:"schema"`
		} `json:"content"`
	} `json:"responses"`
}

func document31(t *testing.T) openAPI {
	var doc openAPI
	newWorld(t).get("/openapi.json").ok(200, &doc)
	return doc
}

// routes are all there are, one to a line.
const routes = `delete /api/v1/keys/{id}
delete /api/v1/session
delete /api/v1/users/{name}
get /api/v1/audit
get /api/v1/backfills/{id}
get /api/v1/events
get /api/v1/keys
get /api/v1/orders
get /api/v1/orders/counts
get /api/v1/orders/export
get /api/v1/orders/{key}
get /api/v1/orders/{key}/comparison
get /api/v1/orders/{key}/payloads
get /api/v1/orders/{key}/payloads/{hash}
get /api/v1/orders/{key}/preview
get /api/v1/resyncs/{id}
get /api/v1/rules
get /api/v1/rules/versions
get /api/v1/rules/versions/{id}
get /api/v1/runs
get /api/v1/runs/{id}
get /api/v1/schedule
get /api/v1/session
get /api/v1/statistics
get /api/v1/status
get /api/v1/users
get /healthz
get /readyz
get /webhooks/magento/{instance}
patch /api/v1/users/{name}
post /api/v1/backfills
post /api/v1/backfills/{id}/cancel
post /api/v1/backfills/{id}/pause
post /api/v1/backfills/{id}/release
post /api/v1/backfills/{id}/resume
post /api/v1/codec/decode
post /api/v1/codec/encode
post /api/v1/keys
post /api/v1/orders/actions
post /api/v1/orders/{key}/resume
post /api/v1/orders/{key}/retry
post /api/v1/orders/{key}/skip
post /api/v1/resyncs
get /api/v1/reconciliations
get /api/v1/reconciliations/{id}
post /api/v1/reconciliations
post /api/v1/rules/activate
post /api/v1/rules/check
post /api/v1/rules/diff
post /api/v1/orders/{key}/settle
post /api/v1/rules/preview
post /api/v1/schedule/pause
post /api/v1/schedule/resume
post /api/v1/schedule/sync
post /api/v1/session
post /api/v1/session/password
post /api/v1/users
post /webhooks/magento/{instance}`

func TestOpenAPIListsEveryRoute(t *testing.T) {
	doc := document31(t)
	if !strings.HasPrefix(doc.OpenAPI, "3.1") {
		t.Errorf("version %q, want 3.1", doc.OpenAPI)
	}
	var got []string
	for path, methods := range doc.Paths {
		for method := range methods {
			got = append(got, method+" "+path)
		}
	}
	slices.Sort(got)
	want := strings.Split(routes, "\n")
	slices.Sort(want)
	if !slices.Equal(got, want) {
		t.Errorf("routes %v, want %v", got, want)
	}
}

func TestOpenAPIDescribesEveryRoute(t *testing.T) {
	doc := document31(t)
	ids := map[string]bool{}
	for path, methods := range doc.Paths {
		for method, op := range methods {
			if op.Summary == "" || op.OperationID == "" || ids[op.OperationID] {
				t.Errorf("%s %s: summary %q, operationId %q; want both, the latter once", method, path, op.Summary, op.OperationID)
			}
			ids[op.OperationID] = true
			for _, p := range op.Parameters {
				if p.Description == "" {
					t.Errorf("%s %s: parameter %s has no description", method, path, p.Name)
				}
			}
			for status, r := range op.Responses {
				if status >= "4" && r.Content["application/problem+json"].Schema.Ref != "#/components/schemas/Problem" {
					t.Errorf("%s %s: %s is not a problem: %+v", method, path, status, r.Content)
				}
			}
			for _, status := range []string{"422", "503", "500"} {
				if _, ok := op.Responses[status]; !ok {
					t.Errorf("%s %s: response %s is not described", method, path, status)
				}
			}
		}
	}
}

// trials change nothing although they are sent by POST.
var trials = map[string]bool{"check-rules": true, "preview-rules": true, "diff-rules": true, "decode-payloads": true, "encode-payloads": true}

// Fails without: describeKey; Security in route; the errors that it adds.
func TestOpenAPITellsWhoMayAndHowOften(t *testing.T) {
	each(t, func(op operation, method, _ string) {
		if free[op.OperationID] {
			return
		}
		role := string(needed[op.OperationID])
		if len(op.Security) != 2 || op.Security[0]["key"] == nil || op.Security[1]["session"] == nil || !strings.Contains(op.Description, "Needs the role "+role) {
			t.Errorf("%s: security %v, description %q", op.OperationID, op.Security, op.Description)
		}
		keyed := false
		for _, p := range op.Parameters {
			keyed = keyed || p.Name == idempotency
		}
		if want := method != "GET" && !trials[op.OperationID]; keyed != want {
			t.Errorf("%s takes an Idempotency-Key: %t, want %t", op.OperationID, keyed, want)
		}
		for _, status := range []string{"401", "403"} {
			if _, ok := op.Responses[status]; !ok {
				t.Errorf("%s: response %s is not described", op.OperationID, status)
			}
		}
	})
}

func TestOpenAPIDescribesProblemsAndStates(t *testing.T) {
	doc := document31(t)
	problem := doc.Components.Schemas["Problem"]
	for _, name := range []string{"type", "title", "status", "detail"} {
		if _, ok := problem.Properties[name]; !ok || !slices.Contains(problem.Required, name) {
			t.Errorf("the problem's %s is not described as always there", name)
		}
	}
	for _, p := range doc.Paths["/api/v1/orders"]["get"].Parameters {
		if p.Name == "state" && !slices.Equal(p.Schema.Items.Enum, []string{"pending", "posted", "held", "excluded", "cancelled", "draft"}) {
			t.Errorf("states %v", p.Schema.Items.Enum)
		}
	}
}

func TestIndexNamesEveryRoute(t *testing.T) {
	w := newWorld(t)
	r := w.get("/api")
	if got := r.header.Get("Content-Type"); r.status != 200 || got != "text/plain; charset=utf-8" {
		t.Errorf("status %d, Content-Type %q", r.status, got)
	}
	for path := range document31(t).Paths {
		if !strings.Contains(string(r.body), path+" ") {
			t.Errorf("the index does not name %s:\n%s", path, r.body)
		}
	}
}
