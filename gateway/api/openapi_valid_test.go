package api_test

import (
	"bytes"
	_ "embed"
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"
)

// openAPISchema is the schema of OpenAPI 3.1 documents, as its makers publish it (spec.openapis.org/oas/3.1/schema/2022-10-07).
//
//go:embed testdata/openapi-3.1.json
var openAPISchema []byte

// documentURL is where the document is, for references into it.
const documentURL = "http://localhost/openapi.json"

// schemas makes schemas of parts of the document: one that is not sound by JSON Schema 2020-12 cannot be made.
type schemas struct {
	compiler *jsonschema.Compiler
	made     map[string]*jsonschema.Schema
}

// anyJSON reads a text for the schemas.
func anyJSON(text []byte) (any, error) { return jsonschema.UnmarshalJSON(bytes.NewReader(text)) }

func schemasOf(t *testing.T, document []byte) *schemas {
	t.Helper()
	doc, err := anyJSON(document)
	if err != nil {
		t.Fatal(err)
	}
	c := jsonschema.NewCompiler()
	c.DefaultDraft(jsonschema.Draft2020)
	c.AssertFormat()
	if err := c.AddResource(documentURL, doc); err != nil {
		t.Fatal(err)
	}
	return &schemas{compiler: c, made: map[string]*jsonschema.Schema{}}
}

// at makes the schema at a place of the document.
func (s *schemas) at(place ...string) (*jsonschema.Schema, error) {
	pointer := "#"
	for _, part := range place {
		pointer += "/" + strings.NewReplacer("~", "~0", "/", "~1", "%", "%25", "{", "%7B", "}", "%7D").Replace(part)
	}
	if made := s.made[pointer]; made != nil {
		return made, nil
	}
	made, err := s.compiler.Compile(documentURL + pointer)
	if err == nil {
		s.made[pointer] = made
	}
	return made, err
}

// The document is one of OpenAPI 3.1, and its schemas are sound. Fails without: a required member of any operation, such as the description of
// a response, or with a type that JSON Schema does not know.
func TestOpenAPI_IsValid(t *testing.T) {
	text := newWorld(t).get("/openapi.json").body
	schema, err := anyJSON(openAPISchema)
	if err != nil {
		t.Fatal(err)
	}
	c := jsonschema.NewCompiler()
	if err := c.AddResource("openapi.json", schema); err != nil {
		t.Fatal(err)
	}
	made, err := c.Compile("openapi.json")
	if err != nil {
		t.Fatal(err)
	}
	doc, err := anyJSON(text)
	if err != nil {
		t.Fatal(err)
	}
	if err := made.Validate(doc); err != nil {
		t.Errorf("the document is not valid: %v", err)
	}
	all := schemasOf(t, text)
	var parts struct {
		Components struct {
			Schemas         map[string]json.RawMessage
			SecuritySchemes map[string]json.RawMessage
		}
		Paths map[string]map[string]specOperation
		Tags  []struct{ Name string }
	}
	if err := json.Unmarshal(text, &parts); err != nil {
		t.Fatal(err)
	}
	for name := range parts.Components.Schemas {
		if _, err := all.at("components", "schemas", name); err != nil {
			t.Errorf("schema %s: %v", name, err)
		}
	}
	if len(parts.Components.SecuritySchemes) < 2 {
		t.Error("the document does not say how to say who one is")
	}
	tags := map[string]bool{}
	for _, tag := range parts.Tags {
		tags[tag.Name] = true
	}
	for path, item := range parts.Paths {
		for method, op := range item {
			if len(op.Tags) == 0 || !tags[op.Tags[0]] {
				t.Errorf("%s %s: tags %v are not described", method, path, op.Tags)
			}
			for n := range op.Parameters {
				if _, err := all.at("paths", path, method, "parameters", fmt.Sprint(n), "schema"); err != nil {
					t.Errorf("%s %s: parameter %d: %v", method, path, n, err)
				}
			}
			for status, r := range op.Responses {
				for media := range r.Content {
					if _, err := all.at("paths", path, method, "responses", status, "content", media, "schema"); err != nil {
						t.Errorf("%s %s: answer %s: %v", method, path, status, err)
					}
				}
			}
		}
	}
}

// specOperation is what the tests use of an operation.
type specOperation struct {
	OperationID string
	Tags        []string
	Parameters  []struct {
		Name, In string
		Required bool
		Schema   json.RawMessage
		Example  any
	}
	RequestBody *struct {
		Content map[string]struct{ Schema json.RawMessage }
	}
	Responses map[string]struct {
		Content map[string]json.RawMessage
	}
}
