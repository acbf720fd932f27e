package repair

import (
	"context"
	"database/sql"
	"fmt"
	"strings"
)

// idIndexPrefix starts the name of every index made here. FerretDB's own are named after their table, so they never meet.
const idIndexPrefix = "datawald_id_"

// idExpression must be, to the letter, the expression in FerretDB's statements: SQLite uses an index on an expression
// only where it finds the same expression again.
const idExpression = documentField + "->'$._id'"

const tablesWithoutIDIndex = `
	SELECT c.table_name FROM ` + metadataTable + ` AS c
	JOIN sqlite_master AS t ON t.type = 'table' AND t.name = c.table_name
	WHERE NOT EXISTS (
		SELECT 1 FROM sqlite_master AS i WHERE i.type = 'index' AND i.name = '` + idIndexPrefix + `' || c.table_name
	)
	ORDER BY c.table_name`

const collections = `SELECT name FROM ` + metadataTable + ` ORDER BY name`

// IDIndexes makes sure that every collection in the database file has an index that FerretDB's statements by _id can
// use, and returns the names of the collections. FerretDB may have the file open and may be reading from it.
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
		quote(idIndexPrefix+table), quote(table), idExpression)
	if _, err := db.ExecContext(ctx, statement); err != nil {
		return fmt.Errorf("index _id of table %s: %w", table, err)
	}
	return nil
}

// quote makes an SQL identifier of any name.
func quote(name string) string {
	return `"` + strings.ReplaceAll(name, `"`, `""`) + `"`
}
