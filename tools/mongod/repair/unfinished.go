package repair

import (
	"context"
	"database/sql"
	"fmt"

	"datawald/tools/mongod/sjson"
)

// FerretDB's steps are, in order:
//
//	new database:    create the file; create the metadata table
//	new collection:  create the table; add its metadata row with settings {}; create the _id index; write the settings
//	drop collection: delete the metadata row; drop the table
//	new index:       create the index; write the settings
//
// A leftover is removed when the next step would have been a first use, so nothing that was ever acknowledged is lost.
const (
	createMetadata = `CREATE TABLE IF NOT EXISTS ` + metadataTable + ` (
		name TEXT NOT NULL UNIQUE CHECK(name != ''),
		table_name TEXT NOT NULL UNIQUE CHECK(table_name != ''),
		settings TEXT NOT NULL CHECK(settings != '')
	) STRICT`

	// A row whose settings were never written stands for a collection that nobody could put a document into yet.
	deleteRowsWithoutSettings = `DELETE FROM ` + metadataTable + ` WHERE settings = '{}'`

	// Tables of documents that no metadata row names: FerretDB could neither read them nor create them again.
	tablesWithoutRow = `
		SELECT t.name FROM sqlite_master AS t
		WHERE t.type = 'table'
		  AND EXISTS (SELECT 1 FROM pragma_table_info(t.name) WHERE name = '` + sjson.Column + `')
		  AND t.name NOT IN (SELECT table_name FROM ` + metadataTable + `)`

	// Indexes made by FerretDB (named after their table) that the settings of their collection do not list.
	// Made again under the same name they would fail for ever.
	indexesWithoutSettings = `
		SELECT i.name FROM sqlite_master AS i
		JOIN ` + metadataTable + ` AS c ON c.table_name = i.tbl_name
		WHERE i.type = 'index'
		  AND substr(i.name, 1, length(c.table_name) + 1) = c.table_name || '_'
		  AND NOT EXISTS (
			SELECT 1 FROM json_each(c.settings, '$.indexes') AS known
			WHERE c.table_name || '_' || json_extract(known.value, '$.name') = i.name
		  )`
)

// Unfinished completes or removes what a killed process had begun to make in the database file.
// FerretDB must not have the file open.
func Unfinished(ctx context.Context, file string) error {
	return withFile(file, func(db *sql.DB) error {
		for _, statement := range []string{createMetadata, deleteRowsWithoutSettings} {
			if _, err := db.ExecContext(ctx, statement); err != nil {
				return fmt.Errorf("put the list of collections right: %w", err)
			}
		}
		if err := dropAll(ctx, db, "TABLE", tablesWithoutRow); err != nil {
			return err
		}
		return dropAll(ctx, db, "INDEX", indexesWithoutSettings)
	})
}

// dropAll drops every table or index that the query names.
func dropAll(ctx context.Context, db *sql.DB, kind, query string) error {
	names, err := texts(ctx, db, query)
	if err != nil {
		return fmt.Errorf("find what was left unfinished: %w", err)
	}

	for _, name := range names {
		if _, err := db.ExecContext(ctx, "DROP "+kind+" "+sjson.Quote(name)); err != nil {
			return fmt.Errorf("drop unfinished %s: %w", name, err)
		}
	}
	return nil
}
