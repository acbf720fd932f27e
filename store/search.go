package store

import (
	"context"
	"fmt"
	"strconv"
	"strings"

	"go.mongodb.org/mongo-driver/v2/bson"
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

// CompleteOrders gives orders that an earlier release wrote last the fields by which they are searched and filtered, and says how many they were.
// Until then such orders are missing in what is asked by text, reason or attention. It may be ended at any time, and run by several at once.
func (s *Store) CompleteOrders(ctx context.Context) (completed int, err error) {
	for {
		var docs []document
		missing := bson.D{{Key: "search", Value: bson.D{{Key: "$exists", Value: false}}}}
		cur, err := s.orders.Find(ctx, missing, options.Find().SetLimit(completedAtOnce).SetProjection(bson.D{{Key: "timeline", Value: 0}, {Key: "order", Value: 0}}))
		if err == nil {
			err = cur.All(ctx, &docs)
		}
		if err != nil {
			return completed, fmt.Errorf("find orders of earlier releases: %w", err)
		}
		if len(docs) == 0 {
			return completed, nil
		}
		for _, doc := range docs {
			if err := s.complete(ctx, &doc.Staged); err != nil {
				return completed, err
			}
			completed++
		}
	}
}

// complete writes the fields, unless somebody has written the order since it was read: then it has them, or is read once more.
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
