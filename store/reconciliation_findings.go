package store

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"

	"datawald/order"
)

// Finding is one thing in which Magento, the store and B1 do not agree. It holds keys, numbers and amounts, and nothing of a person.
type Finding struct {
	// ID is <order key>|<kind>, or <instance>|<kind> for one that concerns no single order.
	ID       string      `bson:"_id" json:"id"`
	Instance string      `bson:"instance" json:"instance"`
	Kind     FindingKind `bson:"kind" json:"kind"`
	// Key is the order; empty for a finding about the window as a whole. EntityID is Magento's, PlacedAt when it was placed there.
	Key      order.Key `bson:"key,omitempty" json:"key,omitempty"`
	EntityID int64     `bson:"entity_id,omitempty" json:"entity_id,omitempty"`
	PlacedAt time.Time `bson:"placed_at" json:"placed_at"`
	// Reason says what was found, with the figures, and what to do. Its code is more than the kind where that has several.
	Reason order.Reason `bson:"reason" json:"reason"`
	// Documents are B1's numbers (DocNum) of the sales orders that it is about, DocEntry that of the store.
	Documents []int64 `bson:"documents,omitempty" json:"documents,omitempty"`
	DocEntry  int64   `bson:"doc_entry,omitempty" json:"doc_entry,omitempty"`
	// Want and Got are the totals that do not agree.
	Want *order.Money `bson:"want,omitempty" json:"want,omitempty"`
	Got  *order.Money `bson:"got,omitempty" json:"got,omitempty"`
	// From, To and Days are the window of a finding that concerns no order: what must be compared before it is over. Days is 0 unless it is a nightly one's: the
	// next nightly one then begins where it begins.
	From time.Time `bson:"from,omitempty" json:"from,omitzero"`
	To   time.Time `bson:"to,omitempty" json:"to,omitzero"`
	Days int       `bson:"days,omitempty" json:"days,omitempty"`
	// Older is true of one that says something of older orders: of the window itself there is not too much, and its orders have findings of their own. It is over when
	// these were judged anew, whatever the window.
	Older bool `bson:"older,omitempty" json:"older,omitempty"`
	// Curable is true when a reconciliation that heals may mend it by itself.
	Curable bool `bson:"curable,omitempty" json:"curable,omitempty"`
	// Run is the latest reconciliation that saw it.
	Run       string    `bson:"run" json:"run"`
	FirstSeen time.Time `bson:"first_seen" json:"first_seen"`
	LastSeen  time.Time `bson:"last_seen" json:"last_seen"`
	// HealedAt is when a reconciliation mended it, ResolvedAt when a later one did not find it any more; nil for not.
	HealedAt   *time.Time `bson:"healed_at,omitempty" json:"healed_at,omitempty"`
	ResolvedAt *time.Time `bson:"resolved_at,omitempty" json:"resolved_at,omitempty"`
	// Open and Place are for the index: what is not resolved, and where it stands in a list.
	Open  bool   `bson:"open,omitempty" json:"-"`
	Place string `bson:"place" json:"-"`
}

// FindingID is the name of a finding. subject is the order's key, or the instance.
func FindingID(subject string, kind FindingKind) string { return subject + "|" + string(kind) }

// settle gives the fields that follow from others their values.
func (f *Finding) settle() {
	subject := string(f.Key)
	if subject == "" {
		subject = f.Instance
	}
	f.ID = FindingID(subject, f.Kind)
	f.Place = f.PlacedAt.UTC().Format(time.RFC3339) + "|" + f.ID
}

// Saw notes findings of a reconciliation. One that is open keeps when it was first seen; one that was resolved or healed begins anew. What
// the same reconciliation has healed already stays healed: an activity may be run again.
func (s *Store) Saw(ctx context.Context, run string, findings []Finding) error {
	for _, f := range findings {
		f.settle()
		f.Run, f.LastSeen, f.Open = run, now(), true
		f.HealedAt, f.ResolvedAt = nil, nil
		var before Finding
		err := s.findings.FindOne(ctx, bson.D{{Key: "_id", Value: f.ID}}).Decode(&before)
		switch {
		case err != nil && !errors.Is(err, mongo.ErrNoDocuments):
			return fmt.Errorf("read finding %s: %w", f.ID, err)
		case err == nil && before.Run == run:
			f.FirstSeen, f.HealedAt = before.FirstSeen, before.HealedAt
		case err == nil && before.Open && before.HealedAt == nil:
			f.FirstSeen = before.FirstSeen
		default:
			f.FirstSeen = f.LastSeen
		}
		if _, err := s.findings.ReplaceOne(ctx, bson.D{{Key: "_id", Value: f.ID}}, f, options.Replace().SetUpsert(true)); err != nil {
			return fmt.Errorf("write finding %s: %w", f.ID, err)
		}
	}
	return nil
}

// SawNoMore ends what a reconciliation has seen of some orders before, and has not found with its latest look at them: an activity may be run again.
func (s *Store) SawNoMore(ctx context.Context, run string, keys []order.Key, found []Finding) error {
	there := map[string]bool{}
	for _, f := range found {
		f.settle()
		there[f.ID] = true
	}
	for some := range slices.Chunk(keys, headsAtOnce) {
		var ids []string // asked by all that may be theirs: there may be very many findings
		for _, key := range some {
			for _, kind := range FindingKinds() {
				ids = append(ids, FindingID(string(key), kind))
			}
		}
		cur, err := s.findings.Find(ctx, bson.D{{Key: "_id", Value: bson.D{{Key: "$in", Value: ids}}}, {Key: "run", Value: run}, {Key: "open", Value: true}},
			options.Find().SetProjection(bson.D{{Key: "_id", Value: 1}}))
		if err != nil {
			return fmt.Errorf("read findings: %w", err)
		}
		var seen []Finding
		if err := cur.All(ctx, &seen); err != nil {
			return fmt.Errorf("read findings: %w", err)
		}
		for _, f := range seen {
			if there[f.ID] {
				continue
			}
			if _, err := s.findings.UpdateOne(ctx, bson.D{{Key: "_id", Value: f.ID}, {Key: "run", Value: run}}, closing()); err != nil {
				return fmt.Errorf("resolve finding %s: %w", f.ID, err)
			}
		}
	}
	return nil
}

// closing is what ends a finding.
func closing() bson.D {
	return bson.D{{Key: "$set", Value: bson.D{{Key: "resolved_at", Value: now()}}}, {Key: "$unset", Value: bson.D{{Key: "open", Value: ""}}}}
}

// Drop removes the findings of a kind that a reconciliation is the latest to have seen, about orders that were placed in its window: they are told otherwise.
// Those about other orders stay: no window covers them.
func (s *Store) Drop(ctx context.Context, run Run, kind FindingKind) error {
	r := run.Reconciliation
	for {
		n, err := sweep(ctx, s.findings, bson.D{{Key: "instance", Value: run.Instance}, {Key: "run", Value: run.ID}, {Key: "kind", Value: kind},
			{Key: "placed_at", Value: bson.D{{Key: "$gte", Value: r.From}, {Key: "$lt", Value: r.To}}}}, sweepAtOnce)
		if err != nil {
			return fmt.Errorf("remove findings: %w", err)
		}
		if n < sweepAtOnce {
			return nil
		}
	}
}

// Heal notes that a reconciliation has mended a finding.
func (s *Store) Heal(ctx context.Context, run, id string) error {
	_, err := s.findings.UpdateOne(ctx, bson.D{{Key: "_id", Value: id}, {Key: "run", Value: run}}, bson.D{{Key: "$set", Value: bson.D{{Key: "healed_at", Value: now()}}}})
	if err != nil {
		return fmt.Errorf("note that %s is mended: %w", id, err)
	}
	return nil
}

// FindingFilter selects findings of one instance. Zero fields select everything.
type FindingFilter struct {
	Instance string
	Kind     FindingKind
	// Run selects what that reconciliation was the latest to see; Key what concerns one order.
	Run string
	Key order.Key
	// Open selects those that are not resolved; Unhealed of them those that nobody has mended.
	Open, Unhealed bool
	// Curable selects those that a reconciliation may mend.
	Curable bool
	// PlacedFrom and PlacedBefore select orders that were placed at that time or later, and before that time.
	PlacedFrom, PlacedBefore time.Time
	// After continues a list behind the Place of the last finding of the page before.
	After string
	Limit int
}

func (f FindingFilter) query() bson.D {
	query := bson.D{{Key: "instance", Value: f.Instance}}
	add := func(field string, value any) { query = append(query, bson.E{Key: field, Value: value}) }
	if f.Open || f.Unhealed {
		add("open", true)
	}
	if f.Kind != "" {
		add("kind", f.Kind)
	}
	if f.Run != "" {
		add("run", f.Run)
	}
	if f.Key != "" {
		add("key", f.Key)
	}
	if f.Unhealed {
		add("healed_at", bson.D{{Key: "$exists", Value: false}})
	}
	if f.Curable {
		add("curable", true)
	}
	if !f.PlacedBefore.IsZero() {
		add("placed_at", bson.D{{Key: "$gte", Value: f.PlacedFrom}, {Key: "$lt", Value: f.PlacedBefore}})
	}
	if f.After != "" {
		add("place", bson.D{{Key: "$gt", Value: f.After}})
	}
	return query
}

// Findings gives those that the filter selects, the orders that were placed first in front.
func (s *Store) Findings(ctx context.Context, f FindingFilter) ([]Finding, error) {
	cur, err := s.findings.Find(ctx, f.query(), options.Find().SetSort(bson.D{{Key: "place", Value: 1}}).SetLimit(int64(f.Limit)))
	if err != nil {
		return nil, fmt.Errorf("list findings: %w", err)
	}
	findings := []Finding{}
	if err := cur.All(ctx, &findings); err != nil {
		return nil, fmt.Errorf("list findings: %w", err)
	}
	return findings, nil
}

// CountFindings counts by kind what is open: what waits for a person, and what was mended and not confirmed yet. Every kind is there.
func (s *Store) CountFindings(ctx context.Context, instance string) (open, healed map[FindingKind]int64, err error) {
	open, healed = map[FindingKind]int64{}, map[FindingKind]int64{}
	for _, k := range FindingKinds() {
		open[k], healed[k] = 0, 0
	}
	counted, err := s.countFindings(ctx, bson.D{{Key: "instance", Value: instance}, {Key: "open", Value: true}, {Key: "healed_at", Value: bson.D{{Key: "$exists", Value: false}}}}, open)
	if err == nil && counted {
		_, err = s.countFindings(ctx, bson.D{{Key: "instance", Value: instance}, {Key: "open", Value: true}, {Key: "healed_at", Value: bson.D{{Key: "$exists", Value: true}}}}, healed)
	}
	return open, healed, err
}

// CountSeen counts by kind what a reconciliation was the latest to see and is open, and how much of it was mended.
func (s *Store) CountSeen(ctx context.Context, instance, run string) (seen, healed map[FindingKind]int64, err error) {
	seen, healed = map[FindingKind]int64{}, map[FindingKind]int64{}
	of := bson.D{{Key: "instance", Value: instance}, {Key: "run", Value: run}, {Key: "open", Value: true}}
	if _, err = s.countFindings(ctx, of, seen); err == nil {
		_, err = s.countFindings(ctx, append(of[:3:3], bson.E{Key: "healed_at", Value: bson.D{{Key: "$exists", Value: true}}}), healed)
	}
	return seen, healed, err
}

// CountOlder counts by kind what a reconciliation was the latest to see, is open, and is about orders from before its window.
func (s *Store) CountOlder(ctx context.Context, run Run) (map[FindingKind]int64, error) {
	older := map[FindingKind]int64{}
	_, err := s.countFindings(ctx, bson.D{{Key: "instance", Value: run.Instance}, {Key: "run", Value: run.ID}, {Key: "open", Value: true}, {Key: "key", Value: bson.D{{Key: "$exists", Value: true}}},
		{Key: "placed_at", Value: bson.D{{Key: "$lt", Value: run.Reconciliation.From}}}}, older)
	return older, err
}

// CountLatest counts by kind all that a reconciliation was the latest to see, be it open or over: what Findings lists by Run.
func (s *Store) CountLatest(ctx context.Context, instance, run string) (map[FindingKind]int64, error) {
	seen := map[FindingKind]int64{}
	_, err := s.countFindings(ctx, bson.D{{Key: "instance", Value: instance}, {Key: "run", Value: run}}, seen)
	return seen, err
}

// MayBeHidden is the code of a finding about an order that B1 may have and not show. Nobody mends it as long as that is so.
const MayBeHidden = "may_be_hidden"

// CountCurable counts by kind what a reconciliation was the latest to see, is open, and is mended by it without force.
func (s *Store) CountCurable(ctx context.Context, instance, run string) (map[FindingKind]int64, error) {
	curable := map[FindingKind]int64{}
	_, err := s.countFindings(ctx, FindingFilter{Instance: instance, Run: run, Unhealed: true, Curable: true}.query(), curable)
	return curable, err
}

func (s *Store) countFindings(ctx context.Context, filter bson.D, into map[FindingKind]int64) (counted bool, err error) {
	cur, err := s.findings.Aggregate(ctx, mongo.Pipeline{
		{{Key: "$match", Value: filter}},
		{{Key: "$group", Value: bson.D{{Key: "_id", Value: "$kind"}, {Key: "n", Value: bson.D{{Key: "$sum", Value: 1}}}}}},
	})
	if err != nil {
		return false, fmt.Errorf("count findings: %w", err)
	}
	var rows []struct {
		Kind FindingKind `bson:"_id"`
		N    int64       `bson:"n"`
	}
	if err := cur.All(ctx, &rows); err != nil {
		return false, fmt.Errorf("count findings: %w", err)
	}
	for _, r := range rows {
		into[r.Kind] = r.N
	}
	return true, nil
}

// Resolve ends the open findings of an instance that a reconciliation of orders placed in its window (From inclusive, To exclusive) has not seen
// any more, and says how many there were. What was seen since it began stays: another one may have been at work beside it. Those that concern no order
// end when it has compared all of their window: what has moved out of it is in no other finding. Those about older orders end with one that has judged these.
func (s *Store) Resolve(ctx context.Context, run Run) (int64, error) {
	r := run.Reconciliation
	ofNone := bson.E{Key: "key", Value: bson.D{{Key: "$exists", Value: false}}}
	over := bson.A{
		bson.D{{Key: "key", Value: bson.D{{Key: "$exists", Value: true}}}, {Key: "placed_at", Value: bson.D{{Key: "$gte", Value: r.From}, {Key: "$lt", Value: r.To}}}},
		bson.D{ofNone, {Key: "older", Value: bson.D{{Key: "$ne", Value: true}}}, {Key: "from", Value: bson.D{{Key: "$gte", Value: r.From}}}, {Key: "to", Value: bson.D{{Key: "$lte", Value: r.To}}}},
	}
	if r.Days > 0 && r.Heal {
		over = append(over, bson.D{ofNone, {Key: "older", Value: true}})
	}
	res, err := s.findings.UpdateMany(ctx, append(notSeenBy(run), bson.E{Key: "instance", Value: run.Instance}, bson.E{Key: "$or", Value: over}), closing())
	if err != nil {
		return 0, fmt.Errorf("resolve findings: %w", err)
	}
	return res.ModifiedCount, nil
}

// notSeenBy selects what is open and was seen last by another reconciliation, before this one began.
func notSeenBy(run Run) bson.D {
	return bson.D{{Key: "open", Value: true}, {Key: "run", Value: bson.D{{Key: "$ne", Value: run.ID}}}, {Key: "last_seen", Value: bson.D{{Key: "$lt", Value: run.StartedAt}}}}
}

// ResolveOne ends one open finding that a reconciliation has looked at again and not found, unless it was seen since that began.
func (s *Store) ResolveOne(ctx context.Context, run Run, id string) error {
	_, err := s.findings.UpdateOne(ctx, append(notSeenBy(run), bson.E{Key: "_id", Value: id}), closing())
	if err != nil {
		return fmt.Errorf("resolve finding %s: %w", id, err)
	}
	return nil
}

// FindingsKept is how long a finding is kept after it was seen last.
const FindingsKept = 365 * 24 * time.Hour

// ForgetFindings removes up to some hundred findings that are resolved and were seen last before a time, and says how many.
func (s *Store) ForgetFindings(ctx context.Context, instance string, before time.Time) (int, error) {
	n, err := sweep(ctx, s.findings, bson.D{{Key: "instance", Value: instance}, {Key: "last_seen", Value: bson.D{{Key: "$lt", Value: before}}},
		{Key: "resolved_at", Value: bson.D{{Key: "$exists", Value: true}}}}, sweepAtOnce)
	if err != nil {
		return n, fmt.Errorf("remove old findings: %w", err)
	}
	return n, nil
}
