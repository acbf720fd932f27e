package store

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo/options"

	"datawald/order"
)

// PayloadVersion is a version of an order's document as it was received, without its text.
type PayloadVersion struct {
	Hash string `bson:"hash" json:"hash"`
	// ReceivedAt is when it came the first time: an order may become again what it was before.
	ReceivedAt time.Time `bson:"received_at" json:"received_at"`
}

// maxVersions is how many versions of one order are listed.
const maxVersions = 1000

// PayloadVersions lists the versions of an order's document, the latest first: those that were received last of up to 1,000.
func (s *Store) PayloadVersions(ctx context.Context, key order.Key) ([]PayloadVersion, error) {
	cur, err := s.payloads.Find(ctx, bson.D{{Key: "key", Value: key}},
		options.Find().SetLimit(maxVersions).SetProjection(bson.D{{Key: "raw", Value: 0}, {Key: "zstd", Value: 0}}))
	if err != nil {
		return nil, fmt.Errorf("list payloads of %s: %w", key, err)
	}
	versions := []PayloadVersion{}
	if err := cur.All(ctx, &versions); err != nil {
		return nil, fmt.Errorf("list payloads of %s: %w", key, err)
	}
	slices.SortFunc(versions, func(a, b PayloadVersion) int {
		return cmp.Or(b.ReceivedAt.Compare(a.ReceivedAt), cmp.Compare(a.Hash, b.Hash))
	})
	return versions, nil
}
