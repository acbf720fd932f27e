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

// listedIndexes are the indexes that collections list, with the statements that made them.
const listedIndexes = `
	SELECT c.table_name, known.value, i.sql FROM ` + metadataTable + ` AS c, json_each(c.settings, '$.indexes') AS known
	JOIN sqlite_master AS i ON i.type = 'index' AND i.tbl_name = c.table_name
		AND i.name = c.table_name || '_' || json_extract(known.value, '$.name')
	WHERE i.sql IS NOT NULL`

// Indexes makes sure that every collection in the database file has an index that FerretDB's statements by _id can use, and
// that the indexes which clients asked for can answer questions. It returns the names of the collections. FerretDB may have
// the file open and may be reading from it.
func Indexes(ctx context.Context, file string) (names []string, err error) {
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
		if err := replaceIndexes(ctx, db); err != nil {
			return err
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

// replacement is an index that is to be made anew.
type replacement struct{ name, statement string }

// replaceIndexes puts a useful index in the place of each that FerretDB has made. FerretDB goes by its own list and never looks at
// how they are made: it drops them by name.
func replaceIndexes(ctx context.Context, db *sql.DB) error {
	replacements, err := findReplacements(ctx, db)
	if err != nil {
		return fmt.Errorf("find indexes that answer nothing: %w", err)
	}
	for _, r := range replacements {
		if err := r.make(ctx, db); err != nil {
			return fmt.Errorf("make index %s anew: %w", r.name, err)
		}
	}
	return nil
}

func findReplacements(ctx context.Context, db *sql.DB) (replacements []replacement, err error) {
	rows, err := db.QueryContext(ctx, listedIndexes)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	for rows.Next() {
		var table, listed, made string
		if err := rows.Scan(&table, &listed, &made); err != nil {
			return nil, err
		}
		var index sjson.Index
		if err := json.Unmarshal([]byte(listed), &index); err != nil {
			return nil, err
		}
		if statement, ok := index.Statement(table); ok && statement != made {
			replacements = append(replacements, replacement{index.SQLName(table), statement})
		}
	}
	return replacements, rows.Err()
}

// make does it in one step: FerretDB cannot drop an index that is not there.
func (r replacement) make(ctx context.Context, db *sql.DB) error {
	tx, err := db.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer tx.Rollback() //nolint:errcheck // fails after the commit, as it should
	for _, statement := range []string{"DROP INDEX " + sjson.Quote(r.name), r.statement} {
		if _, err := tx.ExecContext(ctx, statement); err != nil {
			return err
		}
	}
	return tx.Commit()
}
