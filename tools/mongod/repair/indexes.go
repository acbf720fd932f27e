package repair

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"

	"datawald/tools/mongod/sjson"
)

const tablesWithoutIDIndex = `
	SELECT c.table_name FROM ` + metadataTable + ` AS c
	JOIN sqlite_master AS t ON t.type = 'table' AND t.name = c.table_name
	WHERE NOT EXISTS (
		SELECT 1 FROM sqlite_master AS i WHERE i.type = 'index' AND i.name = '` + sjson.IDIndexPrefix + `' || c.table_name
	)
	ORDER BY c.table_name`

const collections = `SELECT name FROM ` + metadataTable + ` ORDER BY name`

// listedIndexes are the indexes that collections list, with the statements that made them; empty for one that is missing.
const listedIndexes = `
	SELECT c.name, c.table_name, known.value, coalesce(i.sql, '') FROM ` + metadataTable + ` AS c
	JOIN sqlite_master AS t ON t.type = 'table' AND t.name = c.table_name
	JOIN json_each(c.settings, '$.indexes') AS known
	LEFT JOIN sqlite_master AS i ON i.type = 'index' AND i.tbl_name = c.table_name
		AND i.name = c.table_name || '_' || json_extract(known.value, '$.name')
	ORDER BY c.name, known.key`

// IDIndexes makes sure that every collection in the database file has an index that FerretDB's statements by _id can use. It returns the
// names of the collections. FerretDB may have the file open and may be reading from it.
func IDIndexes(ctx context.Context, file string) (names []string, err error) {
	err = withFile(file, func(db *sql.DB) error {
		tables, err := texts(ctx, db, tablesWithoutIDIndex)
		if err != nil {
			return fmt.Errorf("find collections without a usable _id index: %w", err)
		}

		for _, table := range tables {
			if err := makeIDIndex(ctx, db, table); err != nil {
				return err
			}
		}

		names, err = texts(ctx, db, collections)
		return err
	})
	return names, err
}

// makeIDIndex is not unique on purpose: FerretDB's own index sees to that, and this one is only for finding.
func makeIDIndex(ctx context.Context, db *sql.DB, table string) error {
	statement := fmt.Sprintf("CREATE INDEX IF NOT EXISTS %s ON %s (%s)",
		sjson.Quote(sjson.IDIndexPrefix+table), sjson.Quote(table), sjson.ID)
	if _, err := db.ExecContext(ctx, statement); err != nil {
		return fmt.Errorf("index _id of table %s: %w", table, err)
	}
	return nil
}

// Index names an index that a client asked for.
type Index struct{ Collection, Name string }

// Renew makes one index anew that cannot answer questions, the first that is wanted: one that FerretDB has made, or one that is listed
// and missing. It returns the zero Index when there is none, and with an error the one that could not be made, which is as it was then.
// FerretDB goes by its own list and never looks at how indexes are made: it drops them by name. It may have the file open, but must not
// be writing: an index of many documents takes seconds, and SQLite has one writer.
func Renew(ctx context.Context, file string, wanted func(Index) bool) (index Index, err error) {
	err = withFile(file, func(db *sql.DB) error {
		r, err := findReplacement(ctx, db, wanted)
		if err != nil {
			return fmt.Errorf("find indexes that answer nothing: %w", err)
		}
		if r == nil {
			return nil
		}
		index = r.index
		if err := r.make(ctx, db); err != nil {
			return fmt.Errorf("make index %s of %s anew: %w", index.Name, index.Collection, err)
		}
		return nil
	})
	return index, err
}

// replacement is an index that is to be made anew.
type replacement struct {
	index           Index
	name, statement string
}

// findReplacement gives the first index that is to be made anew and is wanted, nil when there is none.
func findReplacement(ctx context.Context, db *sql.DB, wanted func(Index) bool) (*replacement, error) {
	rows, err := db.QueryContext(ctx, listedIndexes)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	for rows.Next() {
		var collection, table, listed, made string
		if err := rows.Scan(&collection, &table, &listed, &made); err != nil {
			return nil, err
		}
		var index sjson.Index
		if err := json.Unmarshal([]byte(listed), &index); err != nil {
			return nil, err
		}
		named := Index{Collection: collection, Name: index.Name}
		if statement, ok := index.Statement(table); ok && statement != made && wanted(named) {
			return &replacement{named, index.SQLName(table), statement}, nil
		}
	}
	return nil, rows.Err()
}

// make does it in one step: FerretDB cannot drop an index that is not there.
func (r replacement) make(ctx context.Context, db *sql.DB) error {
	tx, err := db.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer tx.Rollback() //nolint:errcheck // fails after the commit, as it should
	for _, statement := range []string{"DROP INDEX IF EXISTS " + sjson.Quote(r.name), r.statement} {
		if _, err := tx.ExecContext(ctx, statement); err != nil {
			return err
		}
	}
	return tx.Commit()
}
