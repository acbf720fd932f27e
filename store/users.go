package store

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
)

// User is a person who may sign in.
type User struct {
	Name string `bson:"name"`
	Role string `bson:"role"`
	// Disabled users keep their name in what they did, and may do nothing.
	Disabled bool `bson:"disabled,omitempty"`
	// Password is its hash; empty for who comes in by the identity provider, who is known by Subject: the provider's name and what it calls him.
	Password string `bson:"password"`
	Subject  string `bson:"subject,omitempty"`
	// Generation counts what ends all sessions of the user: a new password, another role, being disabled. A session of an earlier
	// one is worth nothing, even while it is not deleted yet. It begins with the time, so that a new user has nothing of one of his name
	// who was removed.
	Generation int64     `bson:"generation"`
	CreatedAt  time.Time `bson:"created_at"`
	CreatedBy  string    `bson:"created_by,omitempty"`
	ChangedAt  time.Time `bson:"changed_at"`
}

// MaxUsers is how many users there may be: they are one document.
const MaxUsers = 500

// allUsers is the _id of that document. Being one, it is changed as a whole or not at all: two admins who demote each other at
// once cannot both succeed, and of two gateways that begin at once one creates the first user.
const allUsers = "all"

type usersDocument struct {
	ID    string `bson:"_id"`
	Rev   int64  `bson:"rev"`
	Users []User `bson:"users"`
}

// Users gives all users, sorted by name; none when there was never one.
func (s *Store) Users(ctx context.Context) ([]User, error) {
	doc, err := s.readUsers(ctx)
	return doc.Users, err
}

// User gives one, or ErrNotFound.
func (s *Store) User(ctx context.Context, name string) (*User, error) {
	users, err := s.Users(ctx)
	if err != nil {
		return nil, err
	}
	if i := slices.IndexFunc(users, func(u User) bool { return u.Name == name }); i >= 0 {
		return &users[i], nil
	}
	return nil, ErrNotFound
}

func (s *Store) readUsers(ctx context.Context) (doc usersDocument, err error) {
	err = s.users.FindOne(ctx, bson.D{{Key: "_id", Value: allUsers}}).Decode(&doc)
	if errors.Is(err, mongo.ErrNoDocuments) {
		return usersDocument{ID: allUsers}, nil
	}
	if err != nil {
		return doc, fmt.Errorf("read users: %w", err)
	}
	return doc, nil
}

// ChangeUsers lets change alter the users and writes them only if nobody else has written meanwhile; otherwise it begins again.
// change must have no effect but on its argument, and may return ErrUnchanged to write nothing.
func (s *Store) ChangeUsers(ctx context.Context, change func(*[]User) error) error {
	for conflicts := range maxConflicts {
		doc, err := s.readUsers(ctx)
		if err != nil {
			return err
		}
		if err := change(&doc.Users); err != nil {
			return err
		}
		slices.SortFunc(doc.Users, func(a, b User) int { return strings.Compare(a.Name, b.Name) })
		done, err := s.writeUsers(ctx, doc)
		if err != nil || done {
			return err
		}
		if err := giveWay(ctx, conflicts); err != nil {
			return err
		}
	}
	return fmt.Errorf("users: changed by others %d times in a row", maxConflicts)
}

// writeUsers writes in place of the revision that was read. done is false when that is gone.
func (s *Store) writeUsers(ctx context.Context, doc usersDocument) (done bool, err error) {
	was := doc.Rev
	doc.Rev++
	matched := int64(1)
	if was == 0 {
		_, err = s.users.InsertOne(ctx, doc)
	} else {
		var res *mongo.UpdateResult
		if res, err = s.users.ReplaceOne(ctx, bson.D{{Key: "_id", Value: allUsers}, {Key: "rev", Value: was}}, doc); err == nil {
			matched = res.MatchedCount
		}
	}
	if mongo.IsDuplicateKeyError(err) || err == nil && matched == 0 {
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("write users: %w", err)
	}
	return true, nil
}
