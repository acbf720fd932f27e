package api

import (
	"cmp"
	"maps"
	"net/http"
	"reflect"
	"slices"
	"strconv"

	"github.com/danielgtaylor/huma/v2"
)

// tagTexts say what the operations of a tag are about, in the order in which they are shown.
var tagTexts = []huma.Tag{
	{Name: "status", Description: "Whether all is well, and the figures of the last hours."},
	{Name: "events", Description: "What happens, as it happens."},
	{Name: "orders", Description: "Orders on their way from Magento into B1: lists, one order with all that is known of it, and what is done about it."},
	{Name: "resyncs", Description: "Orders that are read from Magento again because a person asked for it."},
	{Name: "reconciliations", Description: "Magento's orders compared with the store and with B1, each accounted for in one line."},
	{Name: "backfills", Description: "A part of the shop's history, brought to B1 behind all other orders."},
	{Name: "schedule", Description: "When Magento is read, and its steering."},
	{Name: "runs", Description: "What the runs have done, and which are under way."},
	{Name: "rules", Description: "The rules by which orders become documents in B1: shown, checked, tried."},
	{Name: "codec", Description: "What Temporal keeps encrypted, made readable for its command line and its UI."},
	{Name: "session", Description: "Signing in and out, for browsers."},
	{Name: "access", Description: "Users, API keys, and who did what."},
	{Name: "webhooks", Description: "Where the shop says that an order has changed."},
	{Name: "health", Description: "For probes."},
}

// guarded are the answers that a request may get before its operation hears of it: any request, one that changes something, one with a body.
var (
	guarded       = []int{http.StatusMisdirectedRequest}
	guardedChange = []int{http.StatusForbidden, http.StatusUnsupportedMediaType}
	guardedBody   = []int{http.StatusBadRequest, http.StatusRequestTimeout, http.StatusRequestEntityTooLarge}
)

// complete adds to the document what belongs to all operations: the tags, and the answers that they have in common. What
// is there stays.
func complete(doc *huma.OpenAPI) {
	for _, t := range tagTexts {
		if uses(doc, t.Name) && !slices.ContainsFunc(doc.Tags, func(have *huma.Tag) bool { return have.Name == t.Name }) {
			doc.Tags = append(doc.Tags, &t)
		}
	}
	sayNulls(doc)
	for _, op := range operations(doc) {
		answers := guarded
		if !safe(op.Method) {
			answers = slices.Concat(answers, guardedChange)
		}
		if op.RequestBody != nil {
			answers = slices.Concat(answers, guardedBody)
		}
		for _, status := range answers {
			if name := strconv.Itoa(status); op.Responses[name] == nil {
				op.Responses[name] = &huma.Response{Description: http.StatusText(status), Content: problemContent(doc)}
			}
		}
	}
}

// problemContent is the body of an answer that is a problem.
func problemContent(doc *huma.OpenAPI) map[string]*huma.MediaType {
	p := &Problem{}
	return map[string]*huma.MediaType{p.ContentType(""): {Schema: doc.Components.Schemas.Schema(reflect.TypeFor[Problem](), true, "Problem")}}
}

func uses(doc *huma.OpenAPI, tag string) bool {
	return slices.ContainsFunc(operations(doc), func(op *huma.Operation) bool { return slices.Contains(op.Tags, tag) })
}

// operations are all of the document, by path and method.
func operations(doc *huma.OpenAPI) (all []*huma.Operation) {
	for _, path := range slices.Sorted(maps.Keys(doc.Paths)) {
		item := doc.Paths[path]
		for _, op := range []*huma.Operation{item.Get, item.Post, item.Put, item.Patch, item.Delete} {
			if op != nil {
				all = append(all, op)
			}
		}
	}
	return all
}

// byTag are the operations of each tag, in the order of the document's tags; each is there once, under its first tag.
func byTag(doc *huma.OpenAPI) (groups []docGroup) {
	at := map[string]int{}
	for _, t := range doc.Tags {
		at[t.Name] = len(groups)
		groups = append(groups, docGroup{Name: t.Name, Text: t.Description})
	}
	for _, op := range operations(doc) {
		name := "other"
		if len(op.Tags) > 0 {
			name = op.Tags[0]
		}
		if _, known := at[name]; !known {
			at[name] = len(groups)
			groups = append(groups, docGroup{Name: name})
		}
		g := &groups[at[name]]
		g.Operations = append(g.Operations, describe(doc, op))
	}
	groups = slices.DeleteFunc(groups, func(g docGroup) bool { return len(g.Operations) == 0 })
	for _, g := range groups {
		slices.SortStableFunc(g.Operations, func(a, b docOperation) int { return cmp.Compare(a.Path, b.Path) })
	}
	return groups
}
