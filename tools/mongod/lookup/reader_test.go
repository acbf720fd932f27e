package lookup

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"

	"datawald/tools/mongod/sjson"
)

// text is a document as FerretDB writes it.
func text(id int, status string) string {
	return fmt.Sprintf(`{"$s":{"p":{"_id":{"t":"string"},"instance":{"t":"string"},"status":{"t":"string"}},"$k":["_id","instance","status"]},`+
		`"_id":"%03d","instance":"main","status":"%s"}`, id, status)
}

// shopFile makes a database file with a collection of so many orders, every other one of which is held.
func shopFile(t *testing.T, orders int) (directory string, db *sql.DB) {
	t.Helper()
	directory = t.TempDir()
	db, err := sql.Open("sqlite", "file:"+filepath.Join(directory, "shop.sqlite")+"?_pragma=busy_timeout(10000)&_pragma=journal_mode(wal)")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })

	byStatus := sjson.Index{Name: "by_status", Keys: []sjson.Key{{Path: "instance"}, {Path: "status"}}}
	made, _ := byStatus.Statement("orders_1")
	statements := []string{
		`CREATE TABLE _ferretdb_collections (name TEXT, table_name TEXT, settings TEXT)`,
		`INSERT INTO _ferretdb_collections VALUES ('orders', 'orders_1', '{"indexes":[{"name":"by_status","key":[{"field":"instance"},{"field":"status"}]}]}')`,
		`CREATE TABLE orders_1 (` + sjson.Column + ` TEXT NOT NULL) STRICT`,
		`CREATE INDEX ` + sjson.IDIndexPrefix + `orders_1 ON orders_1 (` + sjson.ID + `)`,
		made,
	}
	for n := range orders {
		statements = append(statements, `INSERT INTO orders_1 VALUES ('`+text(n, []string{"held", "posted"}[n%2])+`')`)
	}
	for _, s := range statements {
		if _, err := db.Exec(s); err != nil {
			t.Fatalf("%s: %v", s, err)
		}
	}
	return directory, db
}

// swap lets two orders change their states in one transaction, so that as many are in each as ever.
func swap(db *sql.DB, round, orders int) error {
	tx, err := db.Begin()
	if err != nil {
		return err
	}
	defer tx.Rollback() //nolint:errcheck // fails after the commit, as it should
	pair := round / 2 * 2 % orders
	for n := range 2 {
		status := []string{"held", "posted"}[(n+round+1)%2]
		if _, err := tx.Exec(`UPDATE orders_1 SET `+sjson.Column+` = ? WHERE `+sjson.ID+` = ?`, text(pair+n, status), fmt.Sprintf(`"%03d"`, pair+n)); err != nil {
			return err
		}
	}
	return tx.Commit()
}

// Every answer is of one moment, while others write, the lists of indexes are read anew and the file is closed and opened.
//
// Fails without: the lock that keeps the file open while it is asked.
func TestReaderAnswersOfOneMoment(t *testing.T) {
	const orders, swaps = 40, 400
	directory, db := shopFile(t, orders)
	r := New(directory)
	t.Cleanup(r.Close)
	ctx := context.Background()

	var done atomic.Bool
	var asking sync.WaitGroup
	for w := range 4 {
		asking.Go(func() {
			for n := 0; !done.Load(); n++ {
				if err := askAll(ctx, r, orders); err != nil {
					t.Error(err)
					return
				}
				switch {
				case w == 0 && n%5 == 0:
					r.Forget("shop")
				case w == 1 && n%7 == 0:
					r.Without("shop", func() {})
				}
			}
		})
	}
	for round := range swaps {
		if err := swap(db, round, orders); err != nil {
			t.Error(err)
			break
		}
	}
	done.Store(true)
	asking.Wait()
}

// askAll asks in each way, and compares with what is always so. A file that is closed at the moment is FerretDB's.
func askAll(ctx context.Context, r *Reader, orders int) error {
	held, err := bson.Marshal(d{{Key: "instance", Value: "main"}, {Key: "status", Value: "held"}})
	if err != nil {
		return err
	}
	n, err := r.Count(ctx, "shop", "orders", held)
	if err = unlessPassed(err); err != nil || n != 0 && n != int64(orders/2) {
		return fmt.Errorf("%d are held, want %d: %w", n, orders/2, err)
	}
	groups, err := r.Groups(ctx, "shop", "orders", nil, "status")
	if err = unlessPassed(err); err != nil {
		return err
	}
	for _, g := range groups {
		if g.Count != int64(orders/2) {
			return fmt.Errorf("counted %v", groups)
		}
	}
	sorted, err := bson.Marshal(d{{Key: "status", Value: 1}, {Key: "_id", Value: 1}})
	if err != nil {
		return err
	}
	main, err := bson.Marshal(d{{Key: "instance", Value: "main"}})
	if err != nil {
		return err
	}
	found, err := r.Find(ctx, "shop", "orders", Find{Filter: main, Sort: sorted, Limit: int64(orders), MaxSize: 1 << 20})
	if err = unlessPassed(err); err != nil || len(found) != 0 && len(found) != orders {
		return fmt.Errorf("found %d, want %d: %w", len(found), orders, err)
	}
	for n, doc := range found {
		if want := []string{"held", "posted"}[n/(orders/2)]; doc.Lookup("status").StringValue() != want {
			return fmt.Errorf("place %d: %v, want %s", n, doc, want)
		}
	}
	return nil
}

func unlessPassed(err error) error {
	if errors.Is(err, ErrPass) {
		return nil
	}
	return err
}

// So many groups that the answer is a long one are FerretDB's.
//
// Fails without: the bound on groups.
func TestReaderPassesManyGroups(t *testing.T) {
	directory, db := shopFile(t, 0)
	r := New(directory)
	t.Cleanup(r.Close)
	const add = `INSERT INTO orders_1 WITH RECURSIVE n(i) AS (SELECT ? UNION ALL SELECT i + 1 FROM n WHERE i < ?)
		SELECT '{"$s":{"p":{"_id":{"t":"string"},"status":{"t":"string"}},"$k":["_id","status"]},"_id":"'||i||'","status":"'||i||'"}' FROM n`
	for _, tt := range []struct {
		from, to int
		want     error
	}{{1, maxGroups, nil}, {maxGroups + 1, maxGroups + 1, ErrPass}} {
		if _, err := db.Exec(add, tt.from, tt.to); err != nil {
			t.Fatal(err)
		}
		if groups, err := r.Groups(context.Background(), "shop", "orders", nil, "status"); !errors.Is(err, tt.want) || err == nil && len(groups) != tt.to {
			t.Errorf("of %d: %d groups, %v", tt.to, len(groups), err)
		}
	}
}

// What is not there, and what the reader cannot know, is FerretDB's.
func TestReaderPasses(t *testing.T) {
	directory, db := shopFile(t, 2)
	r := New(directory)
	t.Cleanup(r.Close)
	ctx := context.Background()
	for name, ask := range map[string]func() error{
		"NoDatabase":   func() error { _, err := r.Count(ctx, "other", "orders", nil); return err },
		"NoCollection": func() error { _, err := r.Count(ctx, "shop", "other", nil); return err },
		"OtherPlace": func() error {
			_, err := r.Count(ctx, "../"+filepath.Base(directory)+"/shop", "orders", nil)
			return err
		},
		"NoGroup": func() error { _, err := r.Groups(ctx, "shop", "orders", nil, "reason"); return err },
		"NoIndexForOrder": func() error {
			_, err := r.Find(ctx, "shop", "orders", Find{Sort: raw(t, d{{Key: "status", Value: 1}}), MaxSize: 1 << 20})
			return err
		},
	} {
		if err := ask(); !errors.Is(err, ErrPass) {
			t.Errorf("%s: %v, want that it is passed on", name, err)
		}
	}

	// an index that went away behind the reader's back is an error, not an answer
	filter := raw(t, d{{Key: "instance", Value: "main"}})
	if n, err := r.Count(ctx, "shop", "orders", filter); err != nil || n != 2 {
		t.Fatalf("%d, %v", n, err)
	}
	if _, err := db.Exec(`DROP INDEX orders_1_by_status`); err != nil {
		t.Fatal(err)
	}
	if _, err := r.Count(ctx, "shop", "orders", filter); err == nil || !strings.Contains(err.Error(), "orders_1_by_status") {
		t.Errorf("without the index: %v", err)
	}
}

// While slow questions hold all connections, one by _id is answered at once; when its own are taken as well it is FerretDB's, and waits for
// nobody. A slow one waits as long as its client does.
//
// Fails without: the connections of their own (it waits for ever), the look whether one is free.
func TestQuestionsByIDWaitForNobody(t *testing.T) {
	directory, _ := shopFile(t, 2)
	r := New(directory)
	t.Cleanup(r.Close)
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	held, byID := raw(t, d{{Key: "status", Value: "held"}}), bson.RawValue{Type: bson.TypeString, Value: raw(t, d{{Key: "x", Value: "000"}}).Lookup("x").Value}
	if _, err := r.Count(ctx, "shop", "orders", held); err != nil {
		t.Fatal(err)
	}
	slow := r.databases["shop"]
	for range connections {
		taken, err := slow.db.Conn(ctx)
		if err != nil {
			t.Fatal(err)
		}
		defer taken.Close()
	}
	r.Forget("shop") // what tables there are is asked anew, and waits for nobody either

	if matches, err := r.Matches(ctx, "shop", "orders", byID, held); err != nil || !matches {
		t.Errorf("beside slow questions: %v, %v", matches, err)
	}
	for range reserved {
		slow.inUse <- struct{}{}
	}
	if _, err := r.Matches(ctx, "shop", "orders", byID, held); !errors.Is(err, ErrPass) {
		t.Errorf("with no connection free: %v", err)
	}
	impatient, cancel := context.WithTimeout(ctx, 20*time.Millisecond)
	defer cancel()
	if _, err := r.Count(impatient, "shop", "orders", held); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("a slow question of an impatient client: %v", err)
	}
}
