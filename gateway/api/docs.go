package api

import (
	"bytes"
	_ "embed"
	"encoding/json"
	"fmt"
	"html/template"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/danielgtaylor/huma/v2"
	"github.com/gin-gonic/gin"
)

// docsPath is where people read what the API takes and gives.
const docsPath = "/api/docs"

//go:embed docs.html
var docsText string

//go:embed docs.css
var docsStyle []byte

var docsPage = template.Must(template.New("docs").Parse(docsText))

// docGroup are the operations of a tag.
type docGroup struct {
	Name, Text string
	Operations []docOperation
}

// docOperation is an operation as it is shown.
type docOperation struct {
	ID, Method, Path, Summary string
	Text                      []string
	Parameters, Answers       []docRow
	Bodies                    []docBody
	Curl                      string
}

// docRow is a parameter, a member of a body, or an answer.
type docRow struct{ Name, Where, Type, Text string }

// docBody is a body that is sent or comes back.
type docBody struct {
	What, Media string
	Members     []docRow
}

// routeDocs completes the document and serves the page that is made of it. All of it is made once: the document does not change.
func routeDocs(router gin.IRoutes, doc *huma.OpenAPI) error {
	complete(doc)
	var page bytes.Buffer
	if err := docsPage.Execute(&page, map[string]any{"Title": doc.Info.Title, "Text": doc.Info.Description, "Groups": byTag(doc), "Types": typesOf(doc)}); err != nil {
		return fmt.Errorf("page of the API: %w", err)
	}
	router.GET(docsPath, func(c *gin.Context) {
		c.Header("Content-Security-Policy", "default-src 'none'; style-src 'self'; frame-ancestors 'none'")
		c.Data(http.StatusOK, "text/html; charset=utf-8", page.Bytes())
	})
	router.GET(docsPath+".css", func(c *gin.Context) { c.Data(http.StatusOK, "text/css; charset=utf-8", docsStyle) })
	return nil
}

func describe(doc *huma.OpenAPI, op *huma.Operation) docOperation {
	d := docOperation{ID: op.OperationID, Method: op.Method, Path: op.Path, Summary: op.Summary, Text: paragraphs(op.Description)}
	for _, p := range op.Parameters {
		d.Parameters = append(d.Parameters, docRow{Name: p.Name, Where: where(p), Type: typeName(p.Schema), Text: sentence(p.Description, p.Schema)})
	}
	if op.RequestBody != nil {
		for _, media := range slices.Sorted(maps.Keys(op.RequestBody.Content)) {
			d.Bodies = append(d.Bodies, bodyOf(doc, "Send", media, op.RequestBody.Content[media].Schema))
		}
	}
	for _, status := range slices.Sorted(maps.Keys(op.Responses)) {
		r := op.Responses[status]
		d.Answers = append(d.Answers, docRow{Name: status, Text: r.Description})
		for _, media := range slices.Sorted(maps.Keys(r.Content)) {
			if status < "400" {
				d.Bodies = append(d.Bodies, bodyOf(doc, "Answer "+status, media, r.Content[media].Schema))
			}
		}
	}
	d.Curl = curl(doc, op)
	return d
}

// paragraphs splits a text for reading; marks of code go, the page has none.
func paragraphs(text string) []string {
	if text == "" {
		return nil
	}
	return strings.Split(strings.ReplaceAll(text, "`", ""), "\n\n")
}

func where(p *huma.Param) string {
	if p.Required {
		return p.In + ", required"
	}
	return p.In
}

// typeName is a schema in a few words.
func typeName(s *huma.Schema) string {
	switch {
	case s == nil:
		return ""
	case len(s.AnyOf) > 0:
		return typeName(s.AnyOf[0]) + " or null"
	case s.Ref != "":
		return s.Ref[strings.LastIndex(s.Ref, "/")+1:]
	case s.Type == huma.TypeArray:
		return "list of " + typeName(s.Items)
	case s.Format != "":
		return s.Type + " (" + s.Format + ")"
	}
	return s.Type
}

// sentence is what is said of a value, with what it may be.
func sentence(text string, s *huma.Schema) string {
	parts := []string{}
	if text != "" {
		parts = append(parts, strings.ReplaceAll(text, "`", ""))
	}
	if s == nil {
		return text
	}
	if len(s.Enum) > 0 {
		var values []string
		for _, v := range s.Enum {
			values = append(values, fmt.Sprint(v))
		}
		parts = append(parts, "One of: "+strings.Join(values, ", "))
	}
	if s.Minimum != nil {
		parts = append(parts, fmt.Sprintf("At least %v", *s.Minimum))
	}
	if s.Maximum != nil {
		parts = append(parts, fmt.Sprintf("At most %v", *s.Maximum))
	}
	if s.Default != nil {
		parts = append(parts, fmt.Sprintf("%v when left out", s.Default))
	}
	return strings.Join(parts, ". ")
}

// bodyOf shows a body with its members, not those of what is inside them.
func bodyOf(doc *huma.OpenAPI, what, media string, s *huma.Schema) docBody {
	b := docBody{What: what, Media: media}
	s = resolved(doc, s)
	if s == nil {
		return b
	}
	if s.Type == huma.TypeArray && s.Items != nil {
		for _, one := range s.Items.OneOf {
			data := one.Properties["data"]
			b.Members = append(b.Members, docRow{Name: one.Title, Type: typeName(data)})
			for _, m := range members(resolved(doc, data)) {
				m.Name = one.Title + "." + m.Name
				b.Members = append(b.Members, m)
			}
		}
		return b
	}
	b.Members = members(s)
	return b
}

func members(s *huma.Schema) (rows []docRow) {
	if s == nil {
		return nil
	}
	for _, name := range slices.Sorted(maps.Keys(s.Properties)) {
		p, is := s.Properties[name], ""
		if slices.Contains(s.Required, name) {
			is = "always"
		}
		rows = append(rows, docRow{Name: name, Where: is, Type: typeName(p), Text: sentence(p.Description, p)})
	}
	return rows
}

// typesOf are the types that the document names.
func typesOf(doc *huma.OpenAPI) (types []docBody) {
	all := doc.Components.Schemas.Map()
	for _, name := range slices.Sorted(maps.Keys(all)) {
		types = append(types, docBody{What: name, Members: members(all[name])})
	}
	return types
}

// resolved follows a reference into the document.
func resolved(doc *huma.OpenAPI, s *huma.Schema) *huma.Schema {
	if s != nil && s.Ref != "" {
		return doc.Components.Schemas.SchemaFromRef(s.Ref)
	}
	return s
}

// curl is a call of the operation as one types it.
func curl(doc *huma.OpenAPI, op *huma.Operation) string {
	path := op.Path
	var query []string
	for _, p := range op.Parameters {
		value := fmt.Sprint(exampleOf(doc, p.Schema, 0))
		if p.Example != nil {
			value = fmt.Sprint(p.Example)
		}
		switch {
		case p.In == "path":
			path = strings.ReplaceAll(path, "{"+p.Name+"}", url.PathEscape(value))
		case p.In == "query" && (p.Required || p.Name == "instance"):
			query = append(query, p.Name+"="+url.QueryEscape(value))
		}
	}
	if len(query) > 0 {
		path += "?" + strings.Join(query, "&")
	}
	call := "curl"
	if op.Method != http.MethodGet {
		call += " -X " + op.Method
	}
	call += " 'http://localhost:8080" + path + "' -H 'Authorization: Bearer <key>'"
	if op.RequestBody == nil {
		return call
	}
	media := slices.Sorted(maps.Keys(op.RequestBody.Content))[0]
	if media != "application/json" {
		return call + " \\\n  -H 'Content-Type: " + media + "' --data-binary @file"
	}
	body, err := json.Marshal(exampleOf(doc, op.RequestBody.Content[media].Schema, 0))
	if err != nil {
		return call
	}
	return call + " \\\n  -H 'Content-Type: application/json' \\\n  -d '" + string(body) + "'"
}

// deepest is how far into a body an example goes.
const deepest = 4

// exampleOf makes a value of a schema: the example that it names, or the simplest. Of an object, members with examples and those that must be.
func exampleOf(doc *huma.OpenAPI, s *huma.Schema, depth int) any {
	s = resolved(doc, s)
	switch {
	case s == nil || depth > deepest:
		return nil
	case len(s.Examples) > 0:
		return s.Examples[0]
	case s.Default != nil:
		return s.Default
	case len(s.Enum) > 0:
		return s.Enum[0]
	}
	switch s.Type {
	case huma.TypeObject:
		o := map[string]any{}
		for name, p := range s.Properties {
			if slices.Contains(s.Required, name) || len(p.Examples) > 0 {
				o[name] = exampleOf(doc, p, depth+1)
			}
		}
		return o
	case huma.TypeArray:
		return []any{}
	case huma.TypeInteger, huma.TypeNumber:
		return 1
	case huma.TypeBoolean:
		return false
	}
	return "…"
}
