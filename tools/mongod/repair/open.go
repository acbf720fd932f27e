package repair

import (
	"context"
	"database/sql"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	_ "modernc.org/sqlite" // the driver that FerretDB uses, so that both share one lock table in this process
)

// FileExtension is the extension that FerretDB gives its files: one file is one database.
const FileExtension = ".sqlite"

const metadataTable = "_ferretdb_collections"

// open connects to an existing database file. One connection is enough, and waits for a writer up to ten seconds as
// FerretDB's own connections do. A missing file is an error that matches os.ErrNotExist: opening must not create it.
func open(path string) (*sql.DB, error) {
	if _, err := os.Stat(path); err != nil {
		return nil, err
	}

	db, err := sql.Open("sqlite", "file:"+path+"?mode=rw&_pragma=busy_timeout(10000)")
	if err != nil {
		return nil, fmt.Errorf("open %s: %w", path, err)
	}
	db.SetMaxOpenConns(1)

	return db, nil
}

// withFile runs f on the database file at path.
func withFile(path string, f func(*sql.DB) error) error {
	db, err := open(path)
	if err != nil {
		return err
	}
	defer db.Close()

	if err := f(db); err != nil {
		return fmt.Errorf("repair %s: %w", path, err)
	}
	return nil
}

// Directory runs [Unfinished] and [IDIndexes] on every database file in dir and returns the names of the databases.
// It must run before FerretDB opens them: FerretDB would keep what is removed here in its memory.
func Directory(ctx context.Context, dir string) (databases []string, err error) {
	files, err := filepath.Glob(filepath.Join(dir, "*"+FileExtension))
	if err != nil {
		return nil, fmt.Errorf("list the databases in %s: %w", dir, err)
	}

	for _, file := range files {
		if err := Unfinished(ctx, file); err != nil {
			return nil, err
		}
		if _, err := IDIndexes(ctx, file); err != nil {
			return nil, err
		}
		databases = append(databases, strings.TrimSuffix(filepath.Base(file), FileExtension))
	}
	return databases, nil
}

// texts reads a query whose only column is text.
func texts(ctx context.Context, db *sql.DB, query string, args ...any) ([]string, error) {
	rows, err := db.QueryContext(ctx, query, args...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()

	var out []string
	for rows.Next() {
		var s string
		if err := rows.Scan(&s); err != nil {
			return nil, err
		}
		out = append(out, s)
	}
	return out, rows.Err()
}
