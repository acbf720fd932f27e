package store

import (
	"context"
	"maps"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"
)

// forPerson counts by kind what waits for a person: what is open, without that which the reconciliation that is under way has found and is about to mend. What an earlier one has
// found already, and nobody has mended since, goes on waiting: it is not over because it is looked at once more.
// It is one question, so that what is found meanwhile cannot make it less than it is.
func (s *Store) forPerson(ctx context.Context, instance string, status *ReconciliationStatus) (map[FindingKind]int64, error) {
	if !status.mends(s.moment()) {
		return maps.Clone(status.Open), nil
	}
	waits := map[FindingKind]int64{}
	for _, k := range FindingKinds() {
		waits[k] = 0
	}
	_, err := s.countFindings(ctx, bson.D{{Key: "instance", Value: instance}, {Key: "open", Value: true}, {Key: "healed_at", Value: bson.D{{Key: "$exists", Value: false}}},
		{Key: "$or", Value: bson.A{
			bson.D{{Key: "run", Value: bson.D{{Key: "$ne", Value: status.Running.ID}}}},
			bson.D{{Key: "curable", Value: bson.D{{Key: "$ne", Value: true}}}},
			bson.D{{Key: "first_seen", Value: bson.D{{Key: "$lt", Value: status.Running.StartedAt}}}},
		}}}, waits)
	return waits, err
}

// mends reports whether a reconciliation is at work that mends what it finds. One that is not heard of any more mends nothing: somebody has ended it, or
// its worker is gone.
func (r *ReconciliationStatus) mends(now time.Time) bool {
	if r.Running == nil || r.Running.Reconciliation == nil {
		return false
	}
	is := r.Running.Reconciliation
	return is.Heal && now.Sub(is.NotedAt) < ReconciliationLease
}
