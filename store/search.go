package store

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"

	"datawald/order"
)

// searched is what a text search finds the order by: its key, B1's number and references, and why it is where it is. None of it is personal.
func (s *Staged) searched() string {
	parts := append([]string{string(s.Key)}, s.References...)
	if s.Reference != "" {
		parts = append(parts, s.Reference)
	}
	if s.BO != nil {
		parts = append(parts, strconv.FormatInt(s.BO.DocNum, 10), s.BO.Reference)
	}
	if s.Reason != nil {
		parts = append(parts, s.Reason.Code, s.Reason.Message)
	}
	return searchedFor(strings.Join(parts, "\n"))
}

// searchedFor is a text as it is compared: in small letters, and without what no text in a database may have.
func searchedFor(text string) string {
	return strings.ReplaceAll(strings.ToLower(strings.ToValidUTF8(text, "\uFFFD")), "\x00", "")
}

func codeOf(r *order.Reason) string {
	if r == nil {
		return ""
	}
	return r.Code
}

// completedAtOnce is how many orders CompleteOrders reads with one question.
const completedAtOnce = 500

// CompleteOrders gives orders of an instance that an earlier release wrote last the fields by which they are searched and filtered, and says how many
// they were. Until then such orders are missing in what is asked by text, reason or attention. The first time it goes through all orders; after that it
// looks at what changed since, for workers of an earlier release may write beside this one, or again after it. It may be ended at any time, and run by
// several at once.
func (s *Store) CompleteOrders(ctx context.Context, instance string) (completed int, err error) {
	began := now()
	until, err := s.completedUntil(ctx, instance)
	if err != nil {
		return 0, err
	}
	if !until.IsZero() {
		until = until.Add(-clocksApart)
	}
	if completed, err = s.completeSince(ctx, instance, until); err != nil {
		return completed, err
	}
	_, err = s.cuts.UpdateOne(ctx, bson.D{{Key: "_id", Value: completedID(instance)}}, bson.D{{Key: "$set", Value: bson.D{{Key: "until", Value: began}}}},
		options.UpdateOne().SetUpsert(true))
	if err != nil {
		return completed, fmt.Errorf("note that orders of earlier releases are complete: %w", err)
	}
	return completed, nil
}

// clocksApart is by how much the clocks of two machines may differ: an order is written with the time of the one that writes it.
const clocksApart = 5 * time.Minute

func completedID(instance string) string { return cutID(instance, "completed") }

// completedUntil is up to which change all orders of an instance are complete; zero before the first pass has come to its end.
func (s *Store) completedUntil(ctx context.Context, instance string) (time.Time, error) {
	var doc struct {
		Until time.Time `bson:"until"`
	}
	err := s.cuts.FindOne(ctx, bson.D{{Key: "_id", Value: completedID(instance)}}).Decode(&doc)
	if err != nil && !errors.Is(err, mongo.ErrNoDocuments) {
		return time.Time{}, fmt.Errorf("read how far orders of earlier releases are complete: %w", err)
	}
	return doc.Until, nil
}

// completeSince goes through what changed since a time, once: each question goes on where the one before it came to, so that those that are complete
// already are passed over once as well.
func (s *Store) completeSince(ctx context.Context, instance string, since time.Time) (completed int, err error) {
	for place := (ChangePlace{At: since}); ; {
		var docs []document
		missing := append(place.behind(instance), bson.D{{Key: "search", Value: bson.D{{Key: "$exists", Value: false}}}})
		cur, err := s.orders.Find(ctx, bson.D{{Key: "$and", Value: missing}}, options.Find().SetLimit(completedAtOnce).
			SetSort(bson.D{{Key: "changed_at", Value: 1}, {Key: "_id", Value: 1}}).SetProjection(bson.D{{Key: "timeline", Value: 0}, {Key: "order", Value: 0}}))
		if err == nil {
			err = cur.All(ctx, &docs)
		}
		if err != nil {
			return completed, fmt.Errorf("find orders of earlier releases: %w", err)
		}
		for n := range docs {
			doc := &docs[n].Staged
			if err := s.complete(ctx, doc); err != nil {
				return completed, err
			}
			completed++
			place = ChangePlace{At: doc.ChangedAt, Key: doc.Key}
		}
		if len(docs) < completedAtOnce {
			return completed, nil
		}
	}
}

// complete writes the fields, unless somebody has written the order since it was read: then it has them, or the next look finds it.
func (s *Store) complete(ctx context.Context, doc *Staged) error {
	fields := bson.D{{Key: "search", Value: doc.searched()}}
	if code := codeOf(doc.Reason); code != "" {
		fields = append(fields, bson.E{Key: "reason_code", Value: code})
	}
	if code := codeOf(doc.Attention); code != "" {
		fields = append(fields, bson.E{Key: "attention_code", Value: code})
	}
	_, err := s.orders.UpdateOne(ctx, bson.D{{Key: "_id", Value: doc.Key}, {Key: "rev", Value: doc.Rev}}, bson.D{{Key: "$set", Value: fields}})
	if err != nil {
		return fmt.Errorf("complete order %s: %w", doc.Key, err)
	}
	return nil
}
