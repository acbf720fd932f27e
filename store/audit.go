package store

import (
	"context"
	"crypto/rand"
	"fmt"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo/options"
)

// AuditState is how far an act has come.
type AuditState string

// An entry is begun before anything is done, so that no act is without one. It stays so when the gateway died over it, or when the
// store took no more: what came of it is then to be looked up at its target.
const (
	AuditBegun   AuditState = "begun"
	AuditDone    AuditState = "done"
	AuditRefused AuditState = "refused" // nothing was done, by the rules of DataWald
	AuditFailed  AuditState = "failed"  // something did not work; part of it may be done
)

// AuditStates lists the states.
func AuditStates() []AuditState {
	return []AuditState{AuditBegun, AuditDone, AuditRefused, AuditFailed}
}

// AuditEntry is one act of a person or a program: who, when, what, on what, why, and what came of it. It holds no personal data
// of buyers: targets are order keys and names of ours.
type AuditEntry struct {
	// ID begins with the time, so that entries are sorted by it. Place is the same again, for the indexes: the
	// embedded store sorts by those of fields, and not by _id.
	ID    string    `bson:"_id" json:"id"`
	Place string    `bson:"place" json:"-"`
	At    time.Time `bson:"at" json:"at"`
	// Actor is the user, or key:<name>. Role is what he was then, By how he showed who he is: user (a session), key or program.
	Actor string `bson:"actor" json:"actor"`
	Role  string `bson:"role,omitempty" json:"role,omitempty"`
	By    string `bson:"by,omitempty" json:"by,omitempty"`
	// KeyID is that of the API key; empty without one.
	KeyID string `bson:"key_id,omitempty" json:"key_id,omitempty"`
	// Action is the operation as /openapi.json names it.
	Action string `bson:"action" json:"action"`
	Target string `bson:"target,omitempty" json:"target,omitempty"`
	// Why is the reason that was given.
	Why     string     `bson:"why,omitempty" json:"why,omitempty"`
	State   AuditState `bson:"state" json:"state"`
	EndedAt *time.Time `bson:"ended_at,omitempty" json:"ended_at,omitempty"`
	// Status is that of HTTP; Problem the kind of problem with which it was answered, empty where there was none.
	Status  int    `bson:"status,omitempty" json:"status,omitempty"`
	Problem string `bson:"problem,omitempty" json:"problem,omitempty"`
}

// auditTime is how an entry's ID begins: of fixed length, to the millisecond, in UTC.
const auditTime = "20060102T150405.000Z"

// auditIDAt is less than the IDs of all entries from a moment on.
func auditIDAt(t time.Time) string { return t.UTC().Format(auditTime) }

// WriteAudit writes a new entry and gives its ID.
func (s *Store) WriteAudit(ctx context.Context, e AuditEntry) (id string, err error) {
	e.At = now()
	e.ID = auditIDAt(e.At) + "-" + rand.Text()[:10]
	e.Place = e.ID
	if _, err := s.audit.InsertOne(ctx, e); err != nil {
		return "", fmt.Errorf("write an audit entry: %w", err)
	}
	return e.ID, nil
}

// EndAudit notes what came of an act.
func (s *Store) EndAudit(ctx context.Context, id string, state AuditState, status int, problem string) error {
	set := bson.D{{Key: "state", Value: state}, {Key: "status", Value: status}, {Key: "ended_at", Value: now()}}
	if problem != "" {
		set = append(set, bson.E{Key: "problem", Value: problem})
	}
	res, err := s.audit.UpdateOne(ctx, bson.D{{Key: "_id", Value: id}}, bson.D{{Key: "$set", Value: set}})
	if err != nil {
		return fmt.Errorf("end the audit entry %s: %w", id, err)
	}
	if res.MatchedCount == 0 {
		return fmt.Errorf("end the audit entry %s: %w", id, ErrNotFound)
	}
	return nil
}

// AuditFilter selects entries. Zero fields select everything.
type AuditFilter struct {
	Actor, Action, Target string
	// From and To bound the time: From inclusive, To exclusive.
	From, To time.Time
	// After is the ID of the last entry of the page before.
	After string
	Limit int
}

// ListAudit gives the entries that the filter selects, newest first.
func (s *Store) ListAudit(ctx context.Context, f AuditFilter) ([]AuditEntry, error) {
	cur, err := s.audit.Find(ctx, f.query(), options.Find().SetSort(bson.D{{Key: "place", Value: -1}}).SetLimit(int64(f.Limit)))
	if err != nil {
		return nil, fmt.Errorf("list audit entries: %w", err)
	}
	entries := []AuditEntry{}
	if err := cur.All(ctx, &entries); err != nil {
		return nil, fmt.Errorf("list audit entries: %w", err)
	}
	return entries, nil
}

func (f AuditFilter) query() bson.D {
	query := bson.D{}
	for _, equal := range []struct{ field, value string }{{"actor", f.Actor}, {"action", f.Action}, {"target", f.Target}} {
		if equal.value != "" {
			query = append(query, bson.E{Key: equal.field, Value: equal.value})
		}
	}
	bounds := bson.D{}
	if !f.From.IsZero() {
		bounds = append(bounds, bson.E{Key: "$gte", Value: auditIDAt(f.From)})
	}
	end := f.After
	if to := auditIDAt(f.To); !f.To.IsZero() && (end == "" || to < end) {
		end = to
	}
	if end != "" {
		bounds = append(bounds, bson.E{Key: "$lt", Value: end})
	}
	if len(bounds) > 0 {
		query = append(query, bson.E{Key: "place", Value: bounds})
	}
	return query
}
