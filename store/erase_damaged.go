package store

import (
	"context"
	"errors"
	"fmt"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"

	"datawald/order"
)

// EachOrder gives every order of an instance (empty for all) with its lines and without its timeline, in no particular order, until do or damaged returns an
// error. damaged is given those whose lines cannot be read, with the text that is stored of them.
func (s *Store) EachOrder(ctx context.Context, instance string, do func(*Staged) error, damaged func(head *Staged, text string) error) error {
	filter := bson.D{}
	if instance != "" {
		filter = bson.D{{Key: "instance", Value: instance}}
	}
	cur, err := s.orders.Find(ctx, filter, options.Find().SetProjection(bson.D{{Key: "timeline", Value: 0}}))
	if err != nil {
		return fmt.Errorf("read orders: %w", err)
	}
	return each(ctx, cur, "read orders", func(d *document) error {
		doc, err := d.staged()
		if errors.Is(err, ErrDamaged) {
			return damaged(&d.Staged, d.Order)
		}
		if err != nil {
			return err
		}
		return do(doc)
	})
}

// getWhatIsThere is Get, and gives of a damaged order what can be read: in the place of the order itself its names and its total, and an empty timeline in the
// place of one that is damaged.
func (s *Store) getWhatIsThere(ctx context.Context, key order.Key) (*Staged, error) {
	doc, err := s.Get(ctx, key)
	if !errors.Is(err, ErrDamaged) {
		return doc, err
	}
	var d document
	err = s.orders.FindOne(ctx, bson.D{{Key: "_id", Value: key}}).Decode(&d)
	if errors.Is(err, mongo.ErrNoDocuments) {
		return nil, ErrNotFound
	}
	if err != nil {
		return nil, fmt.Errorf("read order %s: %w", key, err)
	}
	is := d.Staged
	if decode(d.Order, &is.Order) != nil {
		is.Order = &order.Order{Key: is.Key, Instance: is.Instance, StoreID: is.StoreID, IncrementID: is.IncrementID, EntityID: is.EntityID, CreatedAt: is.PlacedAt,
			State: is.Magento.State, Status: is.Magento.Status, Currency: is.Magento.Total.Currency, Totals: order.Totals{Grand: is.Magento.Total.Amount}}
	}
	if decode(d.Timeline, &is.Timeline) != nil {
		is.Timeline = nil
	}
	return &is, nil
}
