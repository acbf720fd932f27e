package store

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"

	"datawald/order"
)

var (
	// ErrNotFound: nothing is stored under that name.
	ErrNotFound = errors.New("not found")
	// ErrDamaged: what is stored of an order cannot be read.
	ErrDamaged = errors.New("is damaged")
	// ErrUnchanged is returned by a change that decides to write nothing.
	ErrUnchanged = errors.New("unchanged")
)

// Get reads one staged order.
func (s *Store) Get(ctx context.Context, key order.Key) (*Staged, error) {
	var doc document
	err := s.orders.FindOne(ctx, bson.D{{Key: "_id", Value: key}}).Decode(&doc)
	if errors.Is(err, mongo.ErrNoDocuments) {
		return nil, ErrNotFound
	}
	if err != nil {
		return nil, fmt.Errorf("read order %s: %w", key, err)
	}
	return doc.staged()
}

// maxConflicts bounds how often a change is tried again on a newer revision. Conflicts need two writers of one document
// in the same moment, and one of them always succeeds; which one is chance, so that even of 16 none loses this often.
const maxConflicts = 100

// giveWay waits a moment by chance, longer with each conflict: of many writers that begin again at once, the same could
// lose every time.
func giveWay(ctx context.Context, conflicts int) error {
	longest := time.Millisecond << min(conflicts, 6)
	select {
	case <-time.After(rand.N(longest)):
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// Change reads the order (an empty one with Rev 0 if there is none), lets change alter it, and writes it only if nobody
// else has written meanwhile; otherwise it begins again. change must have no effect but on its argument, and may return
// ErrUnchanged to write nothing.
func (s *Store) Change(ctx context.Context, key order.Key, change func(*Staged) error) (*Staged, error) {
	return s.changeFrom(ctx, key, nil, change)
}

// changeFrom begins with doc where there is one.
func (s *Store) changeFrom(ctx context.Context, key order.Key, doc *Staged, change func(*Staged) error) (*Staged, error) {
	for conflicts := range maxConflicts {
		var err error
		if doc == nil || conflicts > 0 {
			doc, err = s.Get(ctx, key)
		}
		if errors.Is(err, ErrNotFound) {
			doc, err = NewStaged(key), nil
		}
		if err != nil {
			return nil, err
		}
		if err := change(doc); err != nil {
			return doc, err
		}
		done, err := s.write(ctx, doc)
		if err != nil {
			return doc, err
		}
		if done {
			return doc, nil
		}
		if err := giveWay(ctx, conflicts); err != nil {
			return nil, err
		}
	}
	return nil, fmt.Errorf("order %s: changed by others %d times in a row", key, maxConflicts)
}

// write stores doc in place of the revision it was read at. done is false when that revision is gone.
func (s *Store) write(ctx context.Context, doc *Staged) (done bool, err error) {
	was := doc.Rev
	doc.advance()
	stored, err := newDocument(doc)
	if err != nil {
		return false, err
	}
	if was == 0 {
		_, err = s.orders.InsertOne(ctx, stored)
		if mongo.IsDuplicateKeyError(err) {
			return false, nil // somebody else was first
		}
	} else {
		var res *mongo.UpdateResult
		res, err = s.orders.ReplaceOne(ctx, bson.D{{Key: "_id", Value: doc.Key}, {Key: "rev", Value: was}}, stored)
		if err == nil && res.MatchedCount == 0 {
			return false, nil
		}
	}
	if err != nil {
		return false, fmt.Errorf("write order %s: %w", doc.Key, err)
	}
	return true, nil
}

// Remove forgets what is stored under a key, if anything is. It serves for names that have become wrong, never for orders.
func (s *Store) Remove(ctx context.Context, key order.Key) error {
	if _, err := s.orders.DeleteOne(ctx, bson.D{{Key: "_id", Value: key}}); err != nil {
		return fmt.Errorf("remove order %s: %w", key, err)
	}
	return nil
}

// Due is an open order whose time has come.
type Due struct {
	Key order.Key `bson:"_id"`
	// Queue is where it stands; pass the last one on to read further.
	Queue string `bson:"queue"`
	// Reread is Magento's entity_id of an order for which the shop is to be asked again; 0 for orders that wait for B1.
	Reread int64 `bson:"-"`
}

// NextDue gives up to limit open orders of the instance behind a place in the queue (empty: from its head), manual
// ones first, then the oldest.
func (s *Store) NextDue(ctx context.Context, instance, after string, limit int) ([]Due, error) {
	filter := bson.D{
		{Key: "instance", Value: instance},
		{Key: "queue", Value: bson.D{{Key: "$gt", Value: after}}},
		{Key: "due_at", Value: bson.D{{Key: "$lte", Value: now()}}},
	}
	return s.due(ctx, filter, "queue", limit)
}

// due reads a queue in the order of the field that makes it.
func (s *Store) due(ctx context.Context, filter bson.D, queue string, limit int) ([]Due, error) {
	cur, err := s.orders.Find(ctx, filter, options.Find().SetSort(bson.D{{Key: queue, Value: 1}}).SetLimit(int64(limit)).
		SetProjection(bson.D{{Key: "_id", Value: 1}, {Key: "queue", Value: 1}, {Key: "reread", Value: 1}, {Key: "entity_id", Value: 1}}))
	if err != nil {
		return nil, fmt.Errorf("read queue: %w", err)
	}
	var rows []struct {
		Due      `bson:",inline"`
		Reread   bool  `bson:"reread"`
		EntityID int64 `bson:"entity_id"`
	}
	if err := cur.All(ctx, &rows); err != nil {
		return nil, fmt.Errorf("read queue: %w", err)
	}
	due := make([]Due, len(rows))
	for n, r := range rows {
		if due[n] = r.Due; r.Reread {
			due[n].Reread = r.EntityID
		}
	}
	return due, nil
}

// Counts gives the number of orders in each state; states without orders are there with zero.
func (s *Store) Counts(ctx context.Context, instance string) (map[order.Status]int64, error) {
	pipeline := mongo.Pipeline{
		{{Key: "$match", Value: bson.D{{Key: "instance", Value: instance}}}},
		{{Key: "$group", Value: bson.D{{Key: "_id", Value: "$status"}, {Key: "n", Value: bson.D{{Key: "$sum", Value: 1}}}}}},
	}
	cur, err := s.orders.Aggregate(ctx, pipeline)
	if err != nil {
		return nil, fmt.Errorf("count orders: %w", err)
	}
	var rows []struct {
		Status order.Status `bson:"_id"`
		N      int64        `bson:"n"`
	}
	if err := cur.All(ctx, &rows); err != nil {
		return nil, fmt.Errorf("count orders: %w", err)
	}
	counts := map[order.Status]int64{}
	for _, st := range order.Statuses() {
		counts[st] = 0
	}
	for _, r := range rows {
		counts[r.Status] = r.N
	}
	return counts, nil
}

// FindByIncrementIDs gives the keys of the staged orders with these numbers, of every store of the instance.
func (s *Store) FindByIncrementIDs(ctx context.Context, instance string, ids []string) ([]order.Key, error) {
	cur, err := s.orders.Find(ctx, bson.D{{Key: "instance", Value: instance}, {Key: "increment_id", Value: bson.D{{Key: "$in", Value: ids}}}},
		options.Find().SetProjection(bson.D{{Key: "_id", Value: 1}}))
	if err != nil {
		return nil, fmt.Errorf("find orders: %w", err)
	}
	var rows []Due
	if err := cur.All(ctx, &rows); err != nil {
		return nil, fmt.Errorf("find orders: %w", err)
	}
	keys := make([]order.Key, len(rows))
	for i, r := range rows {
		keys[i] = r.Key
	}
	return keys, nil
}

// now is the store's clock: UTC, and no finer than MongoDB keeps it, so that what is read equals what was written.
func now() time.Time { return time.Now().UTC().Truncate(time.Millisecond) }
