package api

import (
	"net/url"

	"datawald/order"
	"datawald/workflows"
)

// Links lead from an answer to what belongs to it.
type Links struct {
	Self string `json:"self" doc:"This resource" example:"/api/v1/orders/main:1:000000123"`
	// Temporal is empty where no UI is configured.
	Temporal string `json:"temporal,omitempty" doc:"The workflow in the Temporal UI"`
}

type links struct{ temporalUI, namespace string }

func (l links) order(key order.Key) Links {
	return Links{Self: "/api/v1/orders/" + url.PathEscape(string(key)), Temporal: l.workflow(workflows.InsertOrderID(key))}
}

func (l links) resync(instance, id string) Links {
	return Links{Self: resyncPath(instance, id), Temporal: l.workflow(workflows.ResyncOrdersID(instance, id))}
}

func resyncPath(instance, id string) string {
	return "/api/v1/resyncs/" + url.PathEscape(id) + "?instance=" + url.QueryEscape(instance)
}

// workflow is the page of a workflow's latest run.
func (l links) workflow(id string) string {
	if l.temporalUI == "" {
		return ""
	}
	return l.temporalUI + "/namespaces/" + url.PathEscape(l.namespace) + "/workflows/" + url.PathEscape(id)
}
