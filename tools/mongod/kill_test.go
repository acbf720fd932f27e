package main_test

import (
	"context"
	"database/sql"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
)

func TestAcknowledgedWritesSurviveSIGKILL(t *testing.T) {
	dbpath := t.TempDir()
	acknowledged := writeUntilKilled(t, start(t, dbpath))

	checkFile(t, filepath.Join(dbpath, "shop.sqlite"))
	orders := start(t, dbpath).connect().Collection("orders")
	for _, id := range acknowledged {
		if err := orders.FindOne(context.Background(), bson.M{"_id": id, "state.done": true}).Err(); err != nil {
			t.Errorf("%s was acknowledged before the kill: %v", id, err)
		}
	}
	insert(t, orders, "after")
}

// writeUntilKilled kills the store in the middle of inserts and updates and returns what was acknowledged.
func writeUntilKilled(t *testing.T, p *process) []string {
	const writers, killAfter = 8, 200
	orders := p.connect().Collection("orders")

	var acknowledged sync.Map
	var count atomic.Int64
	var wg sync.WaitGroup
	for w := range writers {
		wg.Add(1)
		go func() {
			defer wg.Done()
			for i := 0; ; i++ {
				id := fmt.Sprintf("%d-%d", w, i)
				if writeTwice(orders, id) != nil {
					return
				}
				acknowledged.Store(id, true)
				if count.Add(1) == killAfter {
					go p.kill()
				}
			}
		}()
	}
	wg.Wait()

	var ids []string
	acknowledged.Range(func(id, _ any) bool {
		ids = append(ids, id.(string))
		return true
	})
	if len(ids) < killAfter {
		t.Fatalf("only %d writes before the store was gone", len(ids))
	}
	return ids
}

func writeTwice(orders *mongo.Collection, id string) error {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	if _, err := orders.InsertOne(ctx, bson.M{"_id": id, "state": bson.M{"done": false}}); err != nil {
		return err
	}
	_, err := orders.UpdateOne(ctx, bson.M{"_id": id}, bson.M{"$set": bson.M{"state.done": true}})
	return err
}

// TestKillWhileCollectionsAreMade kills the store at another point of its first steps in each round. Whatever it leaves,
// the next start and the same first steps must work.
func TestKillWhileCollectionsAreMade(t *testing.T) {
	rounds := 12
	if testing.Short() {
		rounds = 3
	}

	dbpath := t.TempDir()
	for round := range rounds {
		p := start(t, dbpath)
		db := p.connect().Client().Database(fmt.Sprintf("db%d", round/3)) // a new database every third round
		// the file grows with each step; kill at a size that differs from round to round
		size := int64(4096 * (1 + round*5))
		go p.killWhen(func() bool { return bytesIn(filepath.Join(dbpath, db.Name()+".sqlite-wal")) >= size })

		var err error
		for i := 0; err == nil; i++ {
			err = makeCollection(db, fmt.Sprintf("c%d", i))
		}
		select {
		case <-p.exited:
		case <-time.After(time.Second): // the connection ends a little before the process is gone
			t.Fatalf("round %d: the store lives and refuses: %v", round, err)
		}
	}

	db := start(t, dbpath).connect()
	for i := range rounds / 3 {
		for j := range 3 {
			if err := makeCollection(db.Client().Database(fmt.Sprintf("db%d", i)), fmt.Sprintf("c%d", j)); err != nil {
				t.Errorf("database %d, collection %d: %v", i, j, err)
			}
		}
	}
}

// makeCollection is what a program does at its start: indexes, then a first document.
func makeCollection(db *mongo.Database, name string) error {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	collection := db.Collection(name)
	_, err := collection.Indexes().CreateMany(ctx, []mongo.IndexModel{
		{Keys: bson.D{{Key: "status", Value: 1}, {Key: "at", Value: -1}}},
		{Keys: bson.D{{Key: "bo.doc_entry", Value: 1}}},
	})
	if err != nil {
		return err
	}
	if _, err = collection.InsertOne(ctx, bson.M{"_id": "once"}); mongo.IsDuplicateKeyError(err) {
		return nil
	}
	return err
}

// killWhen kills the process as soon as the condition holds.
func (p *process) killWhen(condition func() bool) {
	for !condition() {
		select {
		case <-p.exited:
			return
		case <-time.After(50 * time.Microsecond):
		}
	}
	p.kill()
}

func bytesIn(path string) int64 {
	info, err := os.Stat(path)
	if err != nil {
		return 0
	}
	return info.Size()
}

// checkFile lets SQLite itself say whether a database file is whole.
func checkFile(t *testing.T, file string) {
	t.Helper()
	db, err := sql.Open("sqlite", file)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()

	var result string
	if err := db.QueryRow("PRAGMA integrity_check").Scan(&result); err != nil || result != "ok" {
		t.Errorf("integrity of %s: %s %v", file, result, err)
	}
}
