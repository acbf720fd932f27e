package store

import (
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"go.mongodb.org/mongo-driver/v2/mongo"
)

// Each collection of the store is in the table of what is personal, and in the one of docs/operations.md.
// Fails without: a line of the table, here or there, for each collection that the store has.
func TestCollections_AreAllClassified(t *testing.T) {
	text, err := os.ReadFile(filepath.Join("..", "docs", "operations.md"))
	if err != nil {
		t.Fatal(err)
	}
	_, table, ok := strings.Cut(string(text), "## Personal data")
	if !ok {
		t.Fatal("docs/operations.md has no section Personal data")
	}
	table, _, _ = strings.Cut(table, "\n## ")
	v := reflect.TypeFor[Store]()
	for i := range v.NumField() {
		if v.Field(i).Type != reflect.TypeFor[*mongo.Collection]() {
			continue
		}
		name := v.Field(i).Name
		if _, ok := Collections[name]; !ok {
			t.Errorf("the collection %s is in no table of what is personal", name)
		}
	}
	for name := range Collections {
		if !strings.Contains(table, "`"+name+"`") {
			t.Errorf("docs/operations.md says nothing of the collection %s", name)
		}
	}
}
