package deploy_test

import (
	"bytes"
	"go/ast"
	"go/parser"
	"go/token"
	"maps"
	"path/filepath"
	"reflect"
	"strconv"
	"strings"
	"testing"

	"github.com/kelseyhightower/envconfig"

	"datawald/config"
)

// programSettings asks envconfig itself for the names and defaults of all that worker, starter and gateway read.
func programSettings(t *testing.T) map[string]string {
	t.Helper()
	all := map[string]string{}
	for _, group := range []struct {
		prefix string
		spec   any
	}{
		{"", &config.Worker{}}, {"", &config.Starter{}}, {"", &config.Gateway{}},
		{"MAGENTO", &config.Magento{}}, {"MAGENTO", &config.Webhook{}}, {"B1", &config.B1{}}, {"RULES", &config.RulesFile{}},
	} {
		var out bytes.Buffer
		if err := envconfig.Usagef(group.prefix, group.spec, &out, "{{range .}}{{usage_key .}}={{usage_default .}}\n{{end}}"); err != nil {
			t.Fatal(err)
		}
		maps.Copy(all, lines(out.String()))
	}
	return all
}

func lines(text string) map[string]string {
	all := map[string]string{}
	for _, line := range strings.Split(strings.TrimSpace(text), "\n") {
		name, value, _ := strings.Cut(line, "=")
		all[name] = value
	}
	return all
}

// sandboxSettings reads the tags in the source of the sandbox, whose settings are its own.
func sandboxSettings(t *testing.T) map[string]string {
	t.Helper()
	file, err := parser.ParseFile(token.NewFileSet(), filepath.Join("..", "sandbox", "settings.go"), nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	all := map[string]string{}
	ast.Inspect(file, func(n ast.Node) bool {
		spec, ok := n.(*ast.TypeSpec)
		if !ok || spec.Name.Name != "settings" {
			return true
		}
		for _, field := range spec.Type.(*ast.StructType).Fields.List {
			text, err := strconv.Unquote(field.Tag.Value)
			if err != nil {
				t.Fatal(err)
			}
			tag := reflect.StructTag(text)
			all[tag.Get("envconfig")] = tag.Get("default")
		}
		return false
	})
	if len(all) == 0 {
		t.Fatal("sandbox/settings.go has no type settings any more")
	}
	return all
}
