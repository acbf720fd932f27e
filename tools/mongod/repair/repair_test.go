package repair_test

import (
	"context"
	"database/sql"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	_ "modernc.org/sqlite"

	"datawald/tools/mongod/repair"
)

// The statements that FerretDB sends, in its order.
const (
	newMetadata = `CREATE TABLE "_ferretdb_collections" (name TEXT NOT NULL UNIQUE CHECK(name != ''),
		table_name TEXT NOT NULL UNIQUE CHECK(table_name != ''), settings TEXT NOT NULL CHECK(settings != '')) STRICT`
	newTable    = `CREATE TABLE "orders_1" (_ferretdb_sjson TEXT NOT NULL CHECK(_ferretdb_sjson != '')) STRICT`
	newRow      = `INSERT INTO "_ferretdb_collections" (name, table_name, settings) VALUES ('orders', 'orders_1', '{}')`
	newIDIndex  = `CREATE UNIQUE INDEX "orders_1__id_" ON "orders_1" (_ferretdb_sjson->"_id")`
	newSettings = `UPDATE "_ferretdb_collections" SET settings = '{"uuid":"u","indexes":[{"name":"_id_","key":[{"field":"_id"}],"unique":true}]}'
		WHERE table_name = 'orders_1'`
	newDocument = `INSERT INTO "orders_1" VALUES ('{"$s":{"p":{"_id":{"t":"string"}},"$k":["_id"]},"_id":"a"}')`
	newIndex    = `CREATE INDEX "orders_1_status_1" ON "orders_1" (_ferretdb_sjson->"status")`
	deleteRow   = `DELETE FROM "_ferretdb_collections" WHERE name = 'orders'`
)

var (
	collection = []string{newMetadata, newTable, newRow, newIDIndex, newSettings}
	filled     = append(slices.Clone(collection), newDocument)
	ourIndex   = "index datawald_id_orders_1"
)

func TestDirectoryAfterKillAtEachStep(t *testing.T) {
	metadata := []string{"table _ferretdb_collections"}
	whole := []string{ourIndex, "index orders_1__id_", "table _ferretdb_collections", "table orders_1"}

	for _, tt := range []struct {
		name  string
		steps []string
		want  []string
	}{
		{"NewDatabase", nil, metadata},
		{"MetadataMade", collection[:1], metadata},
		{"TableMade", collection[:2], metadata},
		{"RowAdded", collection[:3], metadata},
		{"IDIndexMade", collection[:4], metadata},
		{"Whole", collection, whole},
		{"WholeWithDocument", filled, whole},
		{"IndexMadeButNotListed", append(slices.Clone(filled), newIndex), whole},
		{"DropBegun", append(slices.Clone(filled), deleteRow), metadata},
	} {
		t.Run(tt.name, func(t *testing.T) {
			dir := t.TempDir()
			file := makeFile(t, dir, tt.steps)

			for range 2 { // a second run finds nothing to do
				if _, err := repair.Directory(context.Background(), dir); err != nil {
					t.Fatal(err)
				}
				if got := schema(t, file); !slices.Equal(got, tt.want) {
					t.Errorf("the file holds %q, want %q", got, tt.want)
				}
			}
		})
	}
}

func TestDirectoryKeepsDocuments(t *testing.T) {
	dir := t.TempDir()
	file := makeFile(t, dir, filled)
	if _, err := repair.Directory(context.Background(), dir); err != nil {
		t.Fatal(err)
	}

	db := openFile(t, file)
	var n int
	if err := db.QueryRow(`SELECT count(*) FROM orders_1 WHERE _ferretdb_sjson->'$._id' = '"a"'`).Scan(&n); err != nil || n != 1 {
		t.Errorf("%d documents (%v), want 1", n, err)
	}
}

func TestDirectoryLeavesOtherTablesAlone(t *testing.T) {
	dir := t.TempDir()
	file := makeFile(t, dir, append(slices.Clone(collection), `CREATE TABLE notes (text TEXT)`, `CREATE INDEX by_text ON notes (text)`))
	if _, err := repair.Directory(context.Background(), dir); err != nil {
		t.Fatal(err)
	}
	if got := schema(t, file); !slices.Contains(got, "table notes") || !slices.Contains(got, "index by_text") {
		t.Errorf("the file holds %q, want the table that is not FerretDB's too", got)
	}
}

func TestIDIndexesNamesCollections(t *testing.T) {
	file := makeFile(t, t.TempDir(), collection)
	names, err := repair.IDIndexes(context.Background(), file)
	if err != nil || !slices.Equal(names, []string{"orders"}) {
		t.Errorf("got %q (%v), want orders", names, err)
	}
}

func TestIDIndexesMakesNoFile(t *testing.T) {
	file := filepath.Join(t.TempDir(), "none.sqlite")
	if _, err := repair.IDIndexes(context.Background(), file); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("error %v, want one that says there is no such file", err)
	}
	if _, err := os.Stat(file); err == nil {
		t.Error("the file was made")
	}
}

func TestIDIndexesBesideAReader(t *testing.T) {
	file := makeFile(t, t.TempDir(), append([]string{"PRAGMA journal_mode=wal"}, filled...))
	reading, err := openFile(t, file).Query(`SELECT _ferretdb_sjson FROM orders_1`)
	if err != nil {
		t.Fatal(err)
	}
	defer reading.Close()
	if !reading.Next() {
		t.Fatal("no document")
	}

	if _, err := repair.IDIndexes(context.Background(), file); err != nil {
		t.Error(err)
	}
	if reading.Next() || reading.Err() != nil {
		t.Errorf("the reader was disturbed: %v", reading.Err())
	}
}

// An index that cannot be made anew is as it was, one that is listed and missing is made, and one that answers already is let be.
//
// Fails without: the transaction (Kept), the outer join with what there is (Missing).
func TestRenew(t *testing.T) {
	const listed = `UPDATE "_ferretdb_collections" SET settings = '{"indexes":[{"name":"status_1","key":[{"field":"status"}]}]}'`
	base := []string{newMetadata, newTable, newRow, listed}
	for _, tt := range []struct {
		name  string
		steps []string
		fails bool
		want  string
	}{
		{"Anew", append(slices.Clone(base), newDocument, newIndex), false, "->>"},
		{"Missing", append(slices.Clone(base), newDocument), false, "->>"},
		{"Kept", append(slices.Clone(base), `INSERT INTO "orders_1" VALUES ('no JSON')`, `CREATE INDEX "orders_1_status_1" ON "orders_1" (length(_ferretdb_sjson))`), true, "length"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			file := makeFile(t, t.TempDir(), tt.steps)
			index := repair.Index{Collection: "orders", Name: "status_1"}
			got, err := repair.Renew(context.Background(), file, func(i repair.Index) bool { return i == index })
			if got != index || (err != nil) != tt.fails {
				t.Errorf("made %v, %v", got, err)
			}
			var made string
			if err := openFile(t, file).QueryRow(`SELECT sql FROM sqlite_master WHERE name = 'orders_1_status_1'`).Scan(&made); err != nil || !strings.Contains(made, tt.want) {
				t.Errorf("the index is %q (%v), want one with %s", made, err, tt.want)
			}
			if tt.fails {
				return
			}
			if again, err := repair.Renew(context.Background(), file, func(repair.Index) bool { return true }); again != (repair.Index{}) || err != nil {
				t.Errorf("a second run made %v, %v", again, err)
			}
		})
	}
}

// makeFile makes a database file by the given statements.
func makeFile(t *testing.T, dir string, statements []string) string {
	t.Helper()
	file := filepath.Join(dir, "shop.sqlite")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	db := openFile(t, file)
	for _, s := range statements {
		if _, err := db.Exec(s); err != nil {
			t.Fatalf("%s: %v", s, err)
		}
	}
	return file
}

func openFile(t *testing.T, file string) *sql.DB {
	t.Helper()
	db, err := sql.Open("sqlite", file)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	return db
}

// schema lists what is in the file, without what SQLite makes by itself.
func schema(t *testing.T, file string) []string {
	t.Helper()
	rows, err := openFile(t, file).Query(`SELECT type || ' ' || name FROM sqlite_master WHERE name NOT LIKE 'sqlite_%' ORDER BY 1`)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()

	var out []string
	for rows.Next() {
		var s string
		if err := rows.Scan(&s); err != nil {
			t.Fatal(err)
		}
		out = append(out, s)
	}
	return out
}
