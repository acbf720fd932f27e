package lookup

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"

	_ "modernc.org/sqlite" // the driver that FerretDB uses, so that both share one lock table in this process

	"datawald/tools/mongod/sjson"
)

// ErrPass says that only FerretDB can answer the question.
var ErrPass = errors.New("a question for FerretDB")

// Reader answers questions from the database files of a directory, through connections of its own. It is safe for concurrent use.
type Reader struct {
	directory string
	mu        sync.Mutex
	databases map[string]*database
}

// New makes a reader of the files in a directory. Close it when no question is asked any more.
func New(directory string) *Reader {
	return &Reader{directory: directory, databases: map[string]*database{}}
}

// database is one file. Questions hold the lock for reading; what takes the file away holds it alone.
type database struct {
	file string
	sync.RWMutex
	// db is for all questions but those by _id, which take no time and have connections of their own: quick, and a token of each in use.
	db, quick *sql.DB
	inUse     chan struct{}

	mu     sync.Mutex
	tables map[string]*table // by collection
}

// table is where a collection is kept.
type table struct {
	name    string
	indexes []index
}

// index is one that Index.Statement made.
type index struct {
	name string
	keys []sjson.Field
}

// fileName is what a database may be called. Others than these are left to FerretDB.
var fileName = regexp.MustCompile(`^[A-Za-z0-9_-]+$`)

const (
	// connections is how many questions of one database are answered at once; others wait, as long as their clients do.
	connections = 4
	// reserved is how many questions by _id are answered beside them. FerretDB is quick at these itself: no other waits.
	reserved = 4
)

func (r *Reader) database(name string) (*database, error) {
	if !fileName.MatchString(name) {
		return nil, ErrPass
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.databases[name] == nil {
		r.databases[name] = &database{file: filepath.Join(r.directory, name+".sqlite"), tables: map[string]*table{}, inUse: make(chan struct{}, reserved)}
	}
	return r.databases[name], nil
}

// Forget is called when a command may have changed which collections and indexes a database has, before it is answered.
func (r *Reader) Forget(name string) {
	if d, err := r.database(name); err == nil {
		d.forget()
	}
}

func (d *database) forget() {
	d.mu.Lock()
	defer d.mu.Unlock()
	clear(d.tables)
}

// Without runs f, which may remove the file of the database, while the reader has it closed: what an open connection leaves behind
// would be taken for a part of the next file of that name.
func (r *Reader) Without(name string, f func()) {
	d, err := r.database(name)
	if err != nil {
		f()
		return
	}
	d.Lock()
	defer d.Unlock()
	d.close()
	f()
	d.forget()
}

// Close closes all files.
func (r *Reader) Close() {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, d := range r.databases {
		d.Lock()
		d.close()
		d.Unlock()
	}
}

// close closes the file. The caller has the lock alone.
func (d *database) close() {
	if d.db != nil {
		_ = d.db.Close()
		_ = d.quick.Close()
		d.db, d.quick = nil, nil
	}
}

// ask runs a question about a collection.
func (r *Reader) ask(ctx context.Context, name, collection string, question func(*database, *table) error) error {
	d, err := r.database(name)
	if err != nil {
		return err
	}
	if err := d.open(); err != nil {
		return err
	}
	d.RLock()
	defer d.RUnlock()
	if d.db == nil {
		return ErrPass
	}
	t, err := d.table(ctx, collection)
	if err != nil {
		return err
	}
	return question(d, t)
}

// open connects to the file if there is one. The connections can write nothing.
func (d *database) open() error {
	d.RLock()
	opened := d.db != nil
	d.RUnlock()
	if opened {
		return nil
	}
	d.Lock()
	defer d.Unlock()
	if d.db != nil {
		return nil
	}
	if _, err := os.Stat(d.file); err != nil {
		return ErrPass
	}
	db, err := d.pool(connections)
	if err != nil {
		return err
	}
	quick, err := d.pool(reserved + 1) // one looks for tables and indexes
	if err != nil {
		return errors.Join(err, db.Close())
	}
	d.db, d.quick = db, quick
	return nil
}

func (d *database) pool(size int) (*sql.DB, error) {
	db, err := sql.Open("sqlite", "file:"+d.file+"?mode=rw&_pragma=busy_timeout(1000)&_pragma=query_only(1)")
	if err != nil {
		return nil, fmt.Errorf("open %s: %w", d.file, err)
	}
	db.SetMaxOpenConns(size)
	db.SetMaxIdleConns(size)
	return db, nil
}

// use carries a plan out, by _id through a connection that is free now or not at all. That takes no time, and is not interrupted: to
// watch for it costs the driver two goroutines for each statement.
func (d *database) use(ctx context.Context, p plan, carryOut func(context.Context, *sql.DB) error) error {
	if !p.byID() {
		return carryOut(ctx, d.db)
	}
	select {
	case d.inUse <- struct{}{}:
		defer func() { <-d.inUse }()
		return carryOut(context.WithoutCancel(ctx), d.quick)
	default:
		return ErrPass
	}
}

// table finds out where a collection is kept and by which indexes.
func (d *database) table(ctx context.Context, collection string) (*table, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if t := d.tables[collection]; t != nil {
		return t, nil
	}
	t, err := readTable(ctx, d.quick, collection)
	if err != nil {
		return nil, err
	}
	d.tables[collection] = t
	return t, nil
}

func readTable(ctx context.Context, db *sql.DB, collection string) (*table, error) {
	var t table
	var settings string
	err := db.QueryRowContext(ctx, `SELECT table_name, settings FROM _ferretdb_collections WHERE name = ?`, collection).Scan(&t.name, &settings)
	if errors.Is(err, sql.ErrNoRows) || err != nil && strings.Contains(err.Error(), "no such table") { // or the file is being made
		return nil, ErrPass
	}
	if err != nil {
		return nil, fmt.Errorf("find the table of %s: %w", collection, err)
	}
	var ready bool // by _id; the gate makes that index when the collection has been made
	if err := db.QueryRowContext(ctx, `SELECT EXISTS (SELECT 1 FROM sqlite_master WHERE type = 'index' AND name = ?)`, sjson.IDIndexPrefix+t.name).Scan(&ready); err != nil {
		return nil, fmt.Errorf("look for the index of %s by _id: %w", collection, err)
	}
	if !ready {
		return nil, ErrPass
	}
	var listed sjson.Settings
	if err := json.Unmarshal([]byte(settings), &listed); err != nil {
		return nil, fmt.Errorf("read the settings of %s: %w", collection, err)
	}
	for _, i := range listed.Indexes {
		made, ok := i.Statement(t.name)
		if !ok {
			continue
		}
		var there bool
		err := db.QueryRowContext(ctx, `SELECT EXISTS (SELECT 1 FROM sqlite_master WHERE type = 'index' AND name = ? AND sql = ?)`, i.SQLName(t.name), made).Scan(&there)
		if err != nil {
			return nil, fmt.Errorf("look for the index %s: %w", i.Name, err)
		}
		if there {
			t.indexes = append(t.indexes, newIndex(t.name, i))
		}
	}
	return &t, nil
}

func newIndex(table string, listed sjson.Index) index {
	i := index{name: listed.SQLName(table)}
	for _, k := range listed.Keys {
		f, _ := sjson.ParseField(k.Path) // an index whose fields are not understood has no statement
		i.keys = append(i.keys, f)
	}
	return i
}
