package web

import (
	"net/http"
	"net/url"

	"datawald/gateway/api"
	"datawald/store"
)

// auditPage is who did what.
type auditPage struct {
	Entries       []store.AuditEntry `json:"entries"`
	Next          string             `json:"next"`
	Filter        url.Values
	Older, Newest string
	Problem       *api.Problem
}

// auditFilters are the parameters of the list that are kept in its address.
var auditFilters = []string{"actor", "action", "target", "from", "to"}

func audit(v *visit) error {
	p := auditPage{Filter: url.Values{}}
	for _, name := range auditFilters {
		if value := v.r.URL.Query().Get(name); value != "" {
			p.Filter.Set(name, value)
		}
	}
	q := url.Values{}
	for name, values := range p.Filter {
		q[name] = values
	}
	if cursor := v.r.URL.Query().Get("cursor"); cursor != "" {
		q.Set("cursor", cursor)
		p.Newest = "/audit?" + p.Filter.Encode()
	}
	if err := v.get("/api/v1/audit", q, &p); err != nil {
		if p.Problem = asProblem(err); p.Problem == nil || p.Problem.Status != http.StatusUnprocessableEntity {
			return err
		}
	}
	if p.Next != "" {
		q.Set("cursor", p.Next)
		p.Older = "/audit?" + q.Encode()
	}
	return v.show(http.StatusOK, "audit", "Audit", p)
}
