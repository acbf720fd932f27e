package store

import (
	"context"
	"errors"
	"fmt"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"
)

// Session is a user who has signed in with a browser.
type Session struct {
	// ID is the SHA-256 of what the cookie holds, in hex: who reads the store cannot sign in with it.
	ID   string `bson:"_id"`
	User string `bson:"user"`
	// Generation is the user's when he signed in.
	Generation int64     `bson:"generation"`
	CreatedAt  time.Time `bson:"created_at"`
	// SeenAt is about when it was used last. EndsAt is its end, whatever happens.
	SeenAt time.Time `bson:"seen_at"`
	EndsAt time.Time `bson:"ends_at"`
}

// AddSession stores a new session.
func (s *Store) AddSession(ctx context.Context, session Session) error {
	if _, err := s.sessions.InsertOne(ctx, session); err != nil {
		return fmt.Errorf("write a session: %w", err)
	}
	return nil
}

// Session gives one, or ErrNotFound.
func (s *Store) Session(ctx context.Context, id string) (*Session, error) {
	var session Session
	err := s.sessions.FindOne(ctx, bson.D{{Key: "_id", Value: id}}).Decode(&session)
	if errors.Is(err, mongo.ErrNoDocuments) {
		return nil, ErrNotFound
	}
	if err != nil {
		return nil, fmt.Errorf("read a session: %w", err)
	}
	return &session, nil
}

// TouchSession notes that a session was used. One that is gone stays gone.
func (s *Store) TouchSession(ctx context.Context, id string, at time.Time) error {
	if _, err := s.sessions.UpdateOne(ctx, bson.D{{Key: "_id", Value: id}}, bson.D{{Key: "$set", Value: bson.D{{Key: "seen_at", Value: at}}}}); err != nil {
		return fmt.Errorf("note the use of a session: %w", err)
	}
	return nil
}

// DeleteSession ends a session, if there is one.
func (s *Store) DeleteSession(ctx context.Context, id string) error {
	if _, err := s.sessions.DeleteOne(ctx, bson.D{{Key: "_id", Value: id}}); err != nil {
		return fmt.Errorf("delete a session: %w", err)
	}
	return nil
}

// DeleteSessionsOf ends all sessions of a user.
func (s *Store) DeleteSessionsOf(ctx context.Context, user string) error {
	for {
		n, err := sweep(ctx, s.sessions, bson.D{{Key: "user", Value: user}}, sweepAtOnce)
		if err != nil {
			return fmt.Errorf("delete the sessions of a user: %w", err)
		}
		if n < sweepAtOnce {
			return nil
		}
	}
}

// HasSession reports whether a user has signed in, by a session that was not deleted yet.
func (s *Store) HasSession(ctx context.Context, user string) (bool, error) {
	err := s.sessions.FindOne(ctx, bson.D{{Key: "user", Value: user}}, options.FindOne().SetProjection(bson.D{{Key: "_id", Value: 1}})).Err()
	if errors.Is(err, mongo.ErrNoDocuments) {
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("look for a session of a user: %w", err)
	}
	return true, nil
}

// RequestsKept is how long the answer to a request with an Idempotency-Key is kept.
const RequestsKept = 24 * time.Hour

// sweepAtOnce bounds what one question finds of each kind, sweepTime how long a sweep begins further ones.
const (
	sweepAtOnce = 500
	sweepTime   = time.Minute
)

// Sweep removes sessions that have ended, those not used since idleSince, keys that were revoked or have expired long ago, and answers that are not kept any longer, some hundred
// at a time until there are no more, or its time is over. The embedded store has no indexes that make documents expire, so that none are used.
func (s *Store) Sweep(ctx context.Context, idleSince time.Time) (removed int, err error) {
	end := time.Now().Add(sweepTime)
	for _, what := range s.over(idleSince) {
		for more := true; more; {
			n, err := sweep(ctx, what.from, what.filter, sweepAtOnce)
			removed += n
			if err != nil {
				return removed, fmt.Errorf("remove what is over from %s: %w", what.from.Name(), err)
			}
			more = n == sweepAtOnce && time.Now().Before(end)
		}
	}
	return removed, nil
}

// overdue is what a sweep removes of one kind.
type overdue struct {
	from   *mongo.Collection
	filter bson.D
}

func (s *Store) over(idleSince time.Time) []overdue {
	return []overdue{
		{s.sessions, bson.D{{Key: "ends_at", Value: bson.D{{Key: "$lte", Value: now()}}}}},
		{s.sessions, bson.D{{Key: "seen_at", Value: bson.D{{Key: "$lt", Value: idleSince}}}}},
		{s.requests, bson.D{{Key: "begun_at", Value: bson.D{{Key: "$lt", Value: now().Add(-RequestsKept)}}}}},
		// Keys are so few that they need no index.
		{s.keys, bson.D{{Key: "revoked_at", Value: bson.D{{Key: "$lt", Value: now().Add(-KeysKept)}}}, {Key: "created_by", Value: bson.D{{Key: "$ne", Value: FromSettings}}}}},
		{s.keys, bson.D{{Key: "expires_at", Value: bson.D{{Key: "$lt", Value: now().Add(-KeysKept)}}}, {Key: "created_by", Value: bson.D{{Key: "$ne", Value: FromSettings}}}}},
	}
}

// sweep removes up to limit documents one by one, and says how many there were. Each is removed only while the filter finds it:
// one that was renewed meanwhile stays.
func sweep(ctx context.Context, from *mongo.Collection, filter bson.D, limit int64) (found int, err error) {
	cur, err := from.Find(ctx, filter, options.Find().SetLimit(limit).SetProjection(bson.D{{Key: "_id", Value: 1}}))
	if err != nil {
		return 0, err
	}
	var rows []struct {
		ID string `bson:"_id"`
	}
	if err := cur.All(ctx, &rows); err != nil {
		return 0, err
	}
	for _, r := range rows {
		if _, err := from.DeleteOne(ctx, append(bson.D{{Key: "_id", Value: r.ID}}, filter...)); err != nil {
			return len(rows), err
		}
	}
	return len(rows), nil
}
