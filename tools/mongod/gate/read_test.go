package gate

import (
	"bytes"
	"context"
	"database/sql"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	_ "modernc.org/sqlite"

	"go.mongodb.org/mongo-driver/v2/bson"

	"datawald/tools/mongod/lookup"
)

// readingGate is a gate whose reader has a database "shop": its collection orders has one order, and endless never ends.
func readingGate(t *testing.T) (*Gate, *store, string) {
	t.Helper()
	directory := t.TempDir()
	db, err := sql.Open("sqlite", "file:"+filepath.Join(directory, "shop.sqlite"))
	if err != nil {
		t.Fatal(err)
	}
	const document = `'{"$s":{"p":{"_id":{"t":"string"},"status":{"t":"string"}},"$k":["_id","status"]},"_id":"a","status":"held"}'`
	for _, s := range []string{
		`CREATE TABLE _ferretdb_collections (name TEXT, table_name TEXT, settings TEXT)`,
		`INSERT INTO _ferretdb_collections VALUES ('orders', 'orders_1', '{}'), ('endless', 'endless_1', '{}')`,
		`CREATE TABLE orders_1 (_ferretdb_sjson TEXT NOT NULL) STRICT`,
		`CREATE INDEX datawald_id_orders_1 ON orders_1 (_ferretdb_sjson->'$._id')`,
		`CREATE INDEX datawald_id_endless_1 ON orders_1 (_ferretdb_sjson)`, // a view can have none; by its name the collection is ready
		`INSERT INTO orders_1 VALUES (` + document + `)`,
		`CREATE VIEW endless_1 AS WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT replace(` + document + `, 'held', i) AS _ferretdb_sjson FROM n`,
	} {
		if _, err := db.Exec(s); err != nil {
			t.Fatalf("%s: %v", s, err)
		}
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	reader := lookup.New(directory)
	t.Cleanup(reader.Close)
	g, store, address := serveGate(t, noIndex)
	g.Reader = reader
	return g, store, address
}

// A command with a part that the reader does not understand is FerretDB's; without it the reader answers.
//
// Fails without: the look at the parts of find, count and aggregate (each its own).
func TestForeignPartsAreFerretDBs(t *testing.T) {
	_, store, address := readingGate(t)
	empty := bson.D{}
	pipeline := bson.A{bson.D{{Key: "$group", Value: bson.D{{Key: "_id", Value: 1}, {Key: "n", Value: bson.D{{Key: "$sum", Value: 1}}}}}}}
	for _, tt := range []struct {
		plain   bson.D
		foreign []string
	}{
		{bson.D{{Key: "find", Value: "orders"}}, []string{"collation", "hint", "let", "batchSize", "min", "max", "returnKey", "showRecordId", "tailable", "awaitData",
			"readConcern", "comment", "allowPartialResults", "noCursorTimeout", "newInNextVersion"}},
		{bson.D{{Key: "count", Value: "orders"}}, []string{"collation", "hint", "limit", "skip", "fields", "readConcern", "comment"}},
		{bson.D{{Key: "aggregate", Value: "orders"}, {Key: "pipeline", Value: pipeline}, {Key: "cursor", Value: empty}}, []string{"collation", "hint", "let", "explain",
			"allowDiskUse", "bypassDocumentValidation", "readConcern", "writeConcern", "comment"}},
	} {
		plain := append(tt.plain, bson.E{Key: "$db", Value: "shop"}, bson.E{Key: "lsid", Value: empty}, bson.E{Key: "maxTimeMS", Value: 60_000})
		if got := receive(t, send(t, address, plain)); !succeeded(got) {
			t.Fatalf("%v: %s", plain, got)
		}
		for _, part := range tt.foreign {
			reply := send(t, address, append(plain[:len(plain):len(plain)], bson.E{Key: part, Value: 1}))
			if c := store.next(t, done); c.name != tt.plain[0].Key {
				t.Errorf("%s with %s: %s reached FerretDB", tt.plain[0].Key, part, c.name)
			}
			receive(t, reply)
		}
	}
}

// never is a question that SQLite does not come to the end of.
var never = bson.D{{Key: "count", Value: "endless"}, {Key: "query", Value: bson.D{{Key: "status", Value: "posted"}}}, {Key: "$db", Value: "shop"}}

// A question ends with its time, with its client, and with the gate; FerretDB is not asked in its place.
//
// Fails without: the time limit (Time), reading ahead (Client), both that and the end of the relay's context (Gate).
func TestQuestionsEnd(t *testing.T) {
	t.Run("Time", func(t *testing.T) {
		_, _, address := readingGate(t)
		got := receive(t, send(t, address, append(never[:len(never):len(never)], bson.E{Key: "maxTimeMS", Value: 50})))
		if code, _ := got.Lookup("code").AsInt64OK(); code != 50 || succeeded(got) {
			t.Errorf("answered %s", got)
		}
	})
	t.Run("Client", func(t *testing.T) {
		g, _, address := readingGate(t)
		conn, err := net.Dial("tcp", address)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := conn.Write(newRequest(9, append([]byte{0}, raw(t, never)...))); err != nil {
			t.Fatal(err)
		}
		wait(t, "the client to be served", func() bool { return g.served() == 1 })
		_ = conn.Close()
		wait(t, "the question to end", func() bool { return g.served() == 0 })
	})
	t.Run("Gate", func(t *testing.T) {
		g, _, address := readingGate(t)
		reply := send(t, address, never)
		wait(t, "the client to be served", func() bool { return g.served() == 1 })
		cut, cancel := context.WithCancel(context.Background())
		cancel()
		ended := make(chan struct{})
		go func() {
			defer close(ended)
			g.Shutdown(cut)
		}()
		select {
		case <-ended:
		case <-time.After(patience):
			t.Fatal("the gate waits for a question")
		}
		if got := receive(t, reply); got != nil {
			t.Errorf("answered %s", got)
		}
	})
}

// served is the number of clients.
func (g *Gate) served() int {
	g.mu.Lock()
	defer g.mu.Unlock()
	return len(g.relays)
}

func wait(t *testing.T, what string, condition func() bool) {
	t.Helper()
	for deadline := time.Now().Add(patience); !condition(); time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("waited %v for %s", patience, what)
		}
	}
}

// A reader that fails, or panics, is told of once, without what was asked, and FerretDB answers.
//
// Fails without: the log lines (each), their bound, the recovery from the panic (in a question, and in a compare-and-set).
func TestAReaderThatFailsIsToldOf(t *testing.T) {
	broken := t.TempDir()
	if err := os.WriteFile(filepath.Join(broken, "shop.sqlite"), bytes.Repeat([]byte("no database"), 1000), 0o600); err != nil {
		t.Fatal(err)
	}
	for name, tt := range map[string]struct {
		reader *lookup.Reader
		want   string
	}{"Error": {lookup.New(broken), "file is not a database"}, "Panic": {new(lookup.Reader), "panic: "}} {
		t.Run(name, func(t *testing.T) {
			t.Cleanup(tt.reader.Close)
			g, store, address := serveGate(t, noIndex)
			var log lines
			g.turns.of("shop").indexed["orders"] = true // so that the broken reader is asked, and told nothing
			g.Reader, g.Logger = tt.reader, slog.New(slog.NewTextHandler(&log, nil))
			filter := bson.D{{Key: "_id", Value: "personal"}, {Key: "rev", Value: 1}}
			for range 3 {
				reply := send(t, address, bson.D{{Key: "find", Value: "orders"}, {Key: "filter", Value: filter}, {Key: "$db", Value: "shop"}})
				store.next(t, done)
				receive(t, reply)
			}
			told := func(times int) {
				t.Helper()
				if text := log.String(); strings.Count(text, "level=WARN") != times || !strings.Contains(text, tt.want) ||
					!strings.Contains(text, "collection=orders") || strings.Contains(text, "personal") {
					t.Errorf("told: %s\nwant %d lines with %q", text, times, tt.want)
				}
			}
			told(1)
			g.failures.mu.Lock()
			clear(g.failures.told)
			g.failures.mu.Unlock()
			reply := send(t, address, bson.D{{Key: "update", Value: "orders"}, {Key: "$db", Value: "shop"}, {Key: "updates", Value: bson.A{bson.D{
				{Key: "q", Value: filter}, {Key: "u", Value: bson.D{}}}}}})
			store.next(t, bson.D{{Key: "cursor", Value: bson.D{{Key: "firstBatch", Value: bson.A{}}}}, {Key: "ok", Value: 1.0}})
			store.next(t, done)
			receive(t, reply)
			told(2)
		})
	}
}

// A cause is told again after a minute, and another at once.
//
// Fails without: the bound on how many causes are kept, and the time.
func TestFailuresAreNewsOnceAMinute(t *testing.T) {
	var f failures
	now := time.Now()
	for n, tt := range []struct {
		cause string
		after time.Duration
		want  bool
	}{{"a", 0, true}, {"a", 59 * time.Second, false}, {"b", 59 * time.Second, true}, {"a", time.Minute, true}, {"a", 61 * time.Second, false}} {
		if got := f.isNews(tt.cause, now.Add(tt.after)); got != tt.want {
			t.Errorf("%d: %s after %v is news: %v", n, tt.cause, tt.after, got)
		}
	}
	for n := range 10 * maxCauses {
		f.isNews(time.Duration(n).String(), now)
	}
	if len(f.told) > maxCauses {
		t.Errorf("%d causes are kept", len(f.told))
	}
}

// lines are what a logger writes while others read it.
type lines struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (l *lines) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.buf.Write(p)
}

func (l *lines) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.buf.String()
}
