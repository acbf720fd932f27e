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

// TakenRules says which rules a worker works by.
type TakenRules struct {
	// Worker is the machine and the process.
	Worker string `bson:"worker" json:"worker" doc:"Machine and process"`
	// Seq is the activation that it has taken, Version its text.
	Seq     int64  `bson:"seq" json:"-"`
	Version string `bson:"version" json:"version"`
	// Problem says why it cannot take the one in force; empty when it can.
	Problem string `bson:"problem,omitempty" json:"problem,omitempty" doc:"Why it cannot take the version in force"`
	// SeenAt is when it was last heard of.
	SeenAt time.Time `bson:"seen_at" json:"seen_at"`
}

const (
	// RulesHeard is how often a worker says what it works by; RulesUnheard is after how long one that says nothing is taken for gone.
	RulesHeard   = 20 * time.Second
	RulesUnheard = 2 * time.Minute
	// forgetWorker is when a worker that is gone is forgotten, and mostWorkers how many are remembered.
	forgetWorker = 10 * time.Minute
	mostWorkers  = 200
)

type takenRules struct {
	ID      string       `bson:"_id"`
	Rev     int64        `bson:"rev"`
	Workers []TakenRules `bson:"workers"`
}

// NoteRulesTaken notes what a worker works by; one without a SeenAt is heard of now.
func (s *Store) NoteRulesTaken(ctx context.Context, instance string, t TakenRules) error {
	if t.SeenAt.IsZero() {
		t.SeenAt = s.moment()
	}
	return s.changeTaken(ctx, instance, func(doc *takenRules) {
		doc.Workers = slices.DeleteFunc(doc.Workers, func(w TakenRules) bool {
			return w.Worker == t.Worker || t.SeenAt.Sub(w.SeenAt) > forgetWorker
		})
		doc.Workers = append(doc.Workers, t)
		doc.Workers = doc.Workers[max(0, len(doc.Workers)-mostWorkers):]
	})
}

// LeaveRules takes a worker off the list: it has ended.
func (s *Store) LeaveRules(ctx context.Context, instance, worker string) error {
	return s.changeTaken(ctx, instance, func(doc *takenRules) {
		doc.Workers = slices.DeleteFunc(doc.Workers, func(w TakenRules) bool { return w.Worker == worker })
	})
}

// RulesTaken lists the workers that were heard of within RulesUnheard, by name.
func (s *Store) RulesTaken(ctx context.Context, instance string) ([]TakenRules, error) {
	doc, err := s.taken(ctx, instance)
	if err != nil {
		return nil, err
	}
	list := []TakenRules{}
	for _, w := range doc.Workers {
		if s.moment().Sub(w.SeenAt) <= RulesUnheard {
			w.SeenAt = w.SeenAt.UTC()
			list = append(list, w)
		}
	}
	slices.SortFunc(list, func(a, b TakenRules) int { return strings.Compare(a.Worker, b.Worker) })
	return list, nil
}

func takenID(instance string) string { return "workers:" + instance }

func (s *Store) taken(ctx context.Context, instance string) (*takenRules, error) {
	doc := &takenRules{ID: takenID(instance)}
	err := s.rules.FindOne(ctx, bson.D{{Key: "_id", Value: doc.ID}}).Decode(doc)
	if err != nil && !errors.Is(err, mongo.ErrNoDocuments) {
		return nil, fmt.Errorf("read by which rules workers work: %w", err)
	}
	return doc, nil
}

func (s *Store) changeTaken(ctx context.Context, instance string, change func(*takenRules)) error {
	for conflicts := range maxConflicts {
		doc, err := s.taken(ctx, instance)
		if err != nil {
			return err
		}
		was := doc.Rev
		doc.Rev++
		change(doc)
		done, err := replaceOrAdd(ctx, s.rules, doc.ID, was, doc)
		if err != nil {
			return fmt.Errorf("write by which rules workers work: %w", err)
		}
		if done {
			return nil
		}
		if err := giveWay(ctx, conflicts); err != nil {
			return err
		}
	}
	return fmt.Errorf("workers of %s: changed by others %d times in a row", instance, maxConflicts)
}
