package api

import (
	"context"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"datawald/gateway/access"
	"datawald/store"
)

func (s *server) routeAudit() {
	route(s, huma.Operation{OperationID: "list-audit", Method: http.MethodGet, Path: "/api/v1/audit", Tags: []string{"access"},
		Summary: "Who did what, when, on what and why, newest first",
		Description: "`state` is `begun` while an act is under way, and stays so when the gateway died over it: then its target says what came of it. `refused` acts " +
			"did nothing. Filters add up; `next` continues the list when it is given back as `cursor`.",
		Metadata: map[string]any{metaRole: access.Operator}}, s.listAudit)
}

type listAuditInput struct {
	Actor  string `query:"actor" maxLength:"100" doc:"A user, or key:<name>" example:"anna"`
	Action string `query:"action" maxLength:"100" doc:"An operationId of this document" example:"start-resync"`
	Target string `query:"target" maxLength:"300" doc:"What was acted on, such as an order key" example:"main:1:000000123"`
	From   string `query:"from" doc:"At this time or later: RFC 3339, or a day (UTC)" example:"2026-11-01"`
	To     string `query:"to" doc:"Before this time (RFC 3339), or up to the end of this day (UTC)" example:"2026-11-30"`
	Limit  int    `query:"limit" minimum:"1" maximum:"500" default:"50" doc:"Entries per page"`
	Cursor string `query:"cursor" maxLength:"100" pattern:"^[0-9A-Z.-]*$" doc:"\"next\" of the page before"`
}

type listAuditOutput struct {
	Body struct {
		Entries []store.AuditEntry `json:"entries" nullable:"false"`
		Next    string             `json:"next,omitempty" doc:"Cursor of the next page; absent on the last one"`
	}
}

func (s *server) listAudit(ctx context.Context, in *listAuditInput) (*listAuditOutput, error) {
	f := store.AuditFilter{Actor: in.Actor, Action: in.Action, Target: in.Target, After: in.Cursor, Limit: in.Limit + 1}
	var err error
	if f.From, err = moment("query.from", in.From, 0); err != nil {
		return nil, err
	}
	if f.To, err = moment("query.to", in.To, 1); err != nil {
		return nil, err
	}
	if !f.From.IsZero() && !f.To.IsZero() && !f.From.Before(f.To) {
		return nil, invalid("query.to", "lies before from")
	}
	entries, err := s.store.ListAudit(ctx, f)
	if err != nil {
		return nil, partDown(err, "store")
	}
	out := &listAuditOutput{}
	if len(entries) > in.Limit {
		entries = entries[:in.Limit]
		out.Body.Next = entries[in.Limit-1].ID
	}
	out.Body.Entries = entries
	return out, nil
}
