package store

import (
	"context"
	"testing"
	"time"

	"go.mongodb.org/mongo-driver/v2/event"
	"go.mongodb.org/mongo-driver/v2/mongo"
)

// SpeakWithin changes how long a worker has to say something of an outage.
func (s *Store) SpeakWithin(d time.Duration) { s.speakingTime = d }

// OpenMonitored is Open with a monitor that is told of each command.
func OpenMonitored(ctx context.Context, uri, database string, monitor *event.CommandMonitor) (*Store, error) {
	return open(ctx, uri, database, monitor)
}

// Indexes are all indexes beside _id, by collection.
func (s *Store) Indexes() map[string][]mongo.IndexModel {
	indexes := map[string][]mongo.IndexModel{}
	for collection, models := range s.indexes() {
		indexes[collection.Name()] = models
	}
	return indexes
}

// RulesPlaces is how many places of rules files are remembered.
func (s *Store) RulesPlaces(t testing.TB, instance string) int {
	t.Helper()
	doc, err := s.active(t.Context(), instance)
	if err != nil {
		t.Fatal(err)
	}
	return len(doc.Files)
}
