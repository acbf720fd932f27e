package api

import (
	"reflect"
	"strings"

	"github.com/danielgtaylor/huma/v2"
)

// sayNulls says of the members of all types where null may stand: huma says it of lists and of single values alone, and pointers to structs and
// maps are null as well where there is nothing, unless they are left out then.
func sayNulls(doc *huma.OpenAPI) {
	all := doc.Components.Schemas
	for name, schema := range all.Map() {
		if t := all.TypeFromRef("#/components/schemas/" + name); t != nil {
			sayNullsOf(schema, t)
		}
	}
}

func sayNullsOf(schema *huma.Schema, t reflect.Type) {
	for t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	if t.Kind() != reflect.Struct {
		return
	}
	for _, f := range reflect.VisibleFields(t) {
		name, how, _ := strings.Cut(f.Tag.Get("json"), ",")
		member := schema.Properties[name]
		if member == nil || f.Anonymous || strings.Contains(how, "omitempty") || f.Tag.Get("nullable") == "false" {
			continue
		}
		switch f.Type.Kind() {
		case reflect.Pointer:
			if member.Ref != "" {
				schema.Properties[name] = &huma.Schema{Description: member.Description, AnyOf: []*huma.Schema{{Ref: member.Ref}, {Type: "null"}}}
			}
		case reflect.Map:
			if member.Type == huma.TypeObject {
				member.Nullable = true
			}
		}
	}
}
