package main_test

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"

	"datawald/tools/mongod/lookup"
)

var queueIndex = mongo.IndexModel{Keys: d{{Key: "instance", Value: 1}, {Key: "queue", Value: 1}}, Options: options.Index().SetName("queue")}

// Every client reads what it has written, whoever else writes: the next question by index sees it.
//
// Fails when answers are kept, or read in a view that began before the write was acknowledged.
func TestClientsReadTheirWritesByIndex(t *testing.T) {
	ctx := context.Background()
	dbpath := t.TempDir()
	orders := start(t, dbpath).connect().Collection("orders")
	if _, err := orders.Indexes().CreateOne(ctx, queueIndex); err != nil {
		t.Fatal(err)
	}

	var wg sync.WaitGroup
	for w := range 6 {
		wg.Go(func() {
			instance := fmt.Sprintf("shop%d", w)
			for rev := range 40 {
				if err := moveAndLook(ctx, orders, instance, rev); err != nil {
					t.Errorf("%s, revision %d: %v", instance, rev, err)
					return
				}
			}
		})
	}
	wg.Wait()
	wantByIndex(t, dbpath, "orders", d{{Key: "instance", Value: "shop0"}, {Key: "queue", Value: d{{Key: "$gt", Value: ""}}}})
}

// moveAndLook moves an order to another place in its queue and looks for it there and where it was.
func moveAndLook(ctx context.Context, orders *mongo.Collection, instance string, rev int) error {
	place := func(rev int) string { return fmt.Sprintf("5|%03d", rev) }
	doc := d{{Key: "_id", Value: instance}, {Key: "rev", Value: rev}, {Key: "instance", Value: instance}, {Key: "queue", Value: place(rev)}}
	if rev == 0 {
		if _, err := orders.InsertOne(ctx, doc); err != nil {
			return err
		}
	} else if result, err := orders.ReplaceOne(ctx, d{{Key: "_id", Value: instance}, {Key: "rev", Value: rev - 1}}, doc); err != nil || result.MatchedCount != 1 {
		return fmt.Errorf("%v, %v", result, err)
	}

	var found []struct{ Rev int }
	cursor, err := orders.Find(ctx, d{{Key: "instance", Value: instance}, {Key: "queue", Value: d{{Key: "$gte", Value: place(rev)}}}}, options.Find().SetSort(d{{Key: "queue", Value: 1}}).SetLimit(5))
	if err != nil {
		return err
	}
	if err := cursor.All(ctx, &found); err != nil || len(found) != 1 || found[0].Rev != rev {
		return fmt.Errorf("found %v, %v", found, err)
	}
	if n, err := orders.CountDocuments(ctx, d{{Key: "instance", Value: instance}, {Key: "queue", Value: d{{Key: "$gt", Value: ""}, {Key: "$lt", Value: place(rev)}}}}); err != nil || n != 0 {
		return fmt.Errorf("%d where it was, %v", n, err)
	}
	return nil
}

// wantByIndex fails where the filter is left to FerretDB.
func wantByIndex(t *testing.T, dbpath, collection string, filter d) {
	t.Helper()
	reader := lookup.New(dbpath)
	defer reader.Close()
	if _, err := reader.Count(context.Background(), "shop", collection, rawOf(filter)); err != nil {
		t.Errorf("%v is not answered by index: %v", filter, err)
	}
}

// A collection or a database that is made again under its name, and one that is renamed, holds what it holds.
//
// Fails without: Forget after drop and rename (Dropped, Renamed), Without around dropDatabase (DatabaseDropped: what the reader's
// connection leaves is read as part of the new file).
func TestAnswersAfterCollectionsWentAndCame(t *testing.T) {
	ctx := context.Background()
	filter := d{{Key: "instance", Value: "main"}}
	for name, change := range map[string]func(db *mongo.Database) error{
		"Dropped":         func(db *mongo.Database) error { return db.Collection("orders").Drop(ctx) },
		"DatabaseDropped": func(db *mongo.Database) error { return db.Drop(ctx) },
		"Renamed": func(db *mongo.Database) error {
			return db.Client().Database("admin").RunCommand(ctx, d{{Key: "renameCollection", Value: "shop.orders"}, {Key: "to", Value: "shop.earlier"}}).Err()
		},
		"IndexDropped": func(db *mongo.Database) error {
			if _, err := db.Collection("orders").DeleteMany(ctx, d{}); err != nil {
				return err
			}
			return db.Collection("orders").Indexes().DropOne(ctx, "queue")
		},
	} {
		t.Run(name, func(t *testing.T) {
			dbpath := t.TempDir()
			db := start(t, dbpath).connect()
			orders := db.Collection("orders")
			for round, ids := range [][]string{{"a", "b", "c"}, {"d"}} {
				if _, err := orders.Indexes().CreateOne(ctx, queueIndex); err != nil {
					t.Fatal(err)
				}
				for _, id := range ids {
					if _, err := orders.InsertOne(ctx, d{{Key: "_id", Value: id}, {Key: "instance", Value: "main"}, {Key: "queue", Value: id}}); err != nil {
						t.Fatal(err)
					}
				}
				if got := idsOf(t, orders, filter); !slices.Equal(got, ids) {
					t.Fatalf("round %d: found %q, want %q", round, got, ids)
				}
				wantByIndex(t, dbpath, "orders", filter)
				if round > 0 {
					break
				}
				if err := change(db); err != nil {
					t.Fatal(err)
				}
				if got := idsOf(t, orders, filter); len(got) > 0 {
					t.Fatalf("found %q in what is gone", got)
				}
			}
			checkFile(t, filepath.Join(dbpath, "shop.sqlite"))
		})
	}
}

func idsOf(t *testing.T, from *mongo.Collection, filter d) (ids []string) {
	t.Helper()
	cursor, err := from.Find(context.Background(), filter, options.Find().SetSort(d{{Key: "queue", Value: 1}}))
	if err != nil {
		t.Fatal(err)
	}
	var docs []struct {
		ID string `bson:"_id"`
	}
	if err := cursor.All(context.Background(), &docs); err != nil {
		t.Fatal(err)
	}
	for _, doc := range docs {
		ids = append(ids, doc.ID)
	}
	return ids
}

// The indexes that an earlier release made answer questions from the next start on; clients see them, and drop them, as ever.
//
// Fails without: the replacement after the start (RenewAll), and the one after createIndexes.
func TestIndexesOfAnEarlierReleaseAreReplacedAtStart(t *testing.T) {
	ctx := context.Background()
	dbpath := t.TempDir()
	p := start(t, dbpath)
	orders := p.connect().Collection("orders")
	insert(t, orders, "a")
	if _, err := orders.Indexes().CreateOne(ctx, queueIndex); err != nil {
		t.Fatal(err)
	}
	if made := indexMade(t, dbpath, "queue"); !strings.Contains(made, "->>") {
		t.Errorf("made after the collection: %s", made)
	}
	p.terminate()
	remake(t, dbpath, "queue", `CREATE INDEX "INDEX_NAME" ON "TABLE_NAME" (_ferretdb_sjson->"instance", _ferretdb_sjson->"queue")`)

	orders = start(t, dbpath).connect().Collection("orders")
	await(t, "the index of an earlier release to be made anew", func() bool { return strings.Contains(indexMade(t, dbpath, "queue"), "->>") })
	specs, err := orders.Indexes().ListSpecifications(ctx)
	if err != nil || len(specs) != 2 {
		t.Errorf("clients see %v, %v", specs, err)
	}
	if err := orders.Indexes().DropOne(ctx, "queue"); err != nil {
		t.Error(err)
	}
	if made := indexMade(t, dbpath, "queue"); made != "" {
		t.Errorf("dropped, and there: %s", made)
	}
}

// An index that cannot be made anew, as on a disk that is nearly full, keeps the store from nothing: it is told, and the others are made.
//
// Fails when the error ends the start, or the others are not tried.
func TestStartsAlthoughAnIndexCannotBeMadeAnew(t *testing.T) {
	ctx := context.Background()
	dbpath := t.TempDir()
	p := start(t, dbpath)
	orders := p.connect().Collection("orders")
	for _, name := range []string{"broken", "queue"} {
		index := mongo.IndexModel{Keys: d{{Key: "instance", Value: 1}, {Key: name, Value: 1}}, Options: options.Index().SetName(name)}
		if _, err := orders.Indexes().CreateOne(ctx, index); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := orders.InsertOne(ctx, d{{Key: "_id", Value: "a"}, {Key: "instance", Value: "main"}, {Key: "queue", Value: "5"}}); err != nil {
		t.Fatal(err)
	}
	p.terminate()
	remake(t, dbpath, "queue", `CREATE INDEX "INDEX_NAME" ON "TABLE_NAME" (_ferretdb_sjson->"instance", _ferretdb_sjson->"queue")`)
	remake(t, dbpath, "broken", `CREATE TABLE "INDEX_NAME" (text TEXT)`) // SQLite makes no index of that name now

	p = start(t, dbpath)
	orders = p.connect().Collection("orders")
	insert(t, orders, "b")
	if got := idsOf(t, orders, d{{Key: "instance", Value: "main"}}); !slices.Equal(got, []string{"a"}) {
		t.Errorf("found %q", got)
	}
	await(t, "the other index", func() bool { return strings.Contains(indexMade(t, dbpath, "queue"), "->>") })
	await(t, "a line about the index", func() bool { return strings.Contains(p.output.String(), "index=broken") })
}

// indexMade is the statement that made an index, empty when it is not there.
func indexMade(t *testing.T, dbpath, name string) (statement string) {
	t.Helper()
	withFile(t, dbpath, func(db *sql.DB) error {
		err := db.QueryRow(`SELECT sql FROM sqlite_master WHERE type = 'index' AND name LIKE '%\_' || ? ESCAPE '\'`, name).Scan(&statement)
		if errors.Is(err, sql.ErrNoRows) {
			return nil
		}
		return err
	})
	return statement
}

// remake makes an index anew, or what else the statement makes, which names INDEX_NAME and TABLE_NAME.
func remake(t *testing.T, dbpath, name, statement string) {
	t.Helper()
	withFile(t, dbpath, func(db *sql.DB) error {
		var index, table string
		err := db.QueryRow(`SELECT name, tbl_name FROM sqlite_master WHERE type = 'index' AND name LIKE '%\_' || ? ESCAPE '\'`, name).Scan(&index, &table)
		if err != nil {
			return err
		}
		if _, err := db.Exec(`DROP INDEX "` + index + `"`); err != nil {
			return err
		}
		_, err = db.Exec(strings.NewReplacer("INDEX_NAME", index, "TABLE_NAME", table).Replace(statement))
		return err
	})
}

func withFile(t *testing.T, dbpath string, f func(*sql.DB) error) {
	t.Helper()
	db, err := sql.Open("sqlite", filepath.Join(dbpath, "shop.sqlite"))
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if err := f(db); err != nil {
		t.Fatal(err)
	}
}

// A find whose answer is larger than a message, and one with a batch size, go on with getMore as ever.
//
// Fails without: the bound on the size of an answer.
func TestLongAnswersGoOn(t *testing.T) {
	ctx := context.Background()
	dbpath := t.TempDir()
	orders := start(t, dbpath).connect().Collection("orders")
	for n := range 18 {
		if _, err := orders.InsertOne(ctx, d{{Key: "_id", Value: fmt.Sprint(n)}, {Key: "instance", Value: "main"}, {Key: "text", Value: strings.Repeat("x", 1<<20)}}); err != nil {
			t.Fatal(err)
		}
	}
	for _, o := range []*options.FindOptionsBuilder{options.Find(), options.Find().SetBatchSize(2)} {
		cursor, err := orders.Find(ctx, d{{Key: "instance", Value: "main"}}, o)
		if err != nil {
			t.Fatal(err)
		}
		var found []bson.Raw
		if err := cursor.All(ctx, &found); err != nil || len(found) != 18 {
			t.Errorf("%d documents (%v), want 18", len(found), err)
		}
	}

	reader := lookup.New(dbpath)
	defer reader.Close()
	for size, want := range map[int]error{17 << 20: lookup.ErrPass, 19 << 20: nil} {
		f := lookup.Find{Filter: rawOf(d{{Key: "instance", Value: "main"}}), MaxSize: size}
		if _, err := reader.Find(ctx, "shop", "orders", f); !errors.Is(err, want) {
			t.Errorf("18 MB of documents where %d MB may be given: %v, want %v", size>>20, err, want)
		}
	}
}
