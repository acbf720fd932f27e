package store

import (
	"context"
	"errors"
	"fmt"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"
)

// backfillPlace is one small document for each backfill, for good, as its record: a late word of one that is over must not stand in for another's.
type backfillPlace struct {
	Place int64 `bson:"place"`
}

func backfillPlaceID(instance, run string) string { return cutID(instance, "place:"+run) }

// NoteBackfillPlace notes that all is staged that a backfill reads up to a place: an entity_id, or so many names. It never moves back.
func (s *Store) NoteBackfillPlace(ctx context.Context, instance, run string, place int64) error {
	_, err := s.cuts.UpdateOne(ctx, bson.D{{Key: "_id", Value: backfillPlaceID(instance, run)}},
		bson.D{{Key: "$max", Value: backfillPlace{Place: place}}}, options.UpdateOne().SetUpsert(true))
	if err != nil {
		return fmt.Errorf("note the place of %s: %w", run, err)
	}
	return nil
}

// BackfillPlace is the place that was noted, 0 where none was.
func (s *Store) BackfillPlace(ctx context.Context, instance, run string) (int64, error) {
	var doc backfillPlace
	err := s.cuts.FindOne(ctx, bson.D{{Key: "_id", Value: backfillPlaceID(instance, run)}}).Decode(&doc)
	if err != nil && !errors.Is(err, mongo.ErrNoDocuments) {
		return 0, fmt.Errorf("read the place of %s: %w", run, err)
	}
	return doc.Place, nil
}
