package store

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
)

// The collection rules has of each instance
//   - active:<instance>, which version is in force: the one document that decides, changed by compare-and-set;
//   - activation:<instance>:<n>, what was in force before, one for each activation, written before the next takes its place;
//   - text:<instance>:<version>, the text of a version, which is never changed and never deleted;
//   - workers:<instance>, which version each worker has taken.
//
// All of them are asked for by _id.

// MaxRulesText is the largest text of rules that is kept, in bytes. What comes by HTTP is bounded far lower.
const MaxRulesText = 8 << 20

// Whence rules came into force.
const (
	RulesByFile      = "file"
	RulesByActivated = "activated"
)

// Activation is what put a version of the rules of an instance into force.
type Activation struct {
	Instance string `bson:"instance"`
	// Seq counts the activations of the instance, from 1; 0 is none.
	Seq int64 `bson:"seq"`
	// Version names the text: the beginning of its hash.
	Version string `bson:"version"`
	// Whence is RulesByFile or RulesByActivated; By is who did it, "file" for a file, and Reason why.
	Whence string    `bson:"whence"`
	By     string    `bson:"by"`
	Reason string    `bson:"reason"`
	Since  time.Time `bson:"since"`
}

// RulesMoved is the error of an activation that expected another version to be in force: somebody was faster.
type RulesMoved struct{ Active Activation }

// Error names what is in force.
func (e *RulesMoved) Error() string {
	return fmt.Sprintf("version %q of the rules is in force by now, by %s", e.Active.Version, e.Active.By)
}

// activeRules is the document that decides.
type activeRules struct {
	ID         string `bson:"_id"`
	Rev        int64  `bson:"rev"`
	Activation `bson:",inline"`
	// Files are the rules files that workers were started with, the one that was noted last at the end.
	Files []placedFile `bson:"files"`
}

// pastRules is one activation of the past.
type pastRules struct {
	ID         string `bson:"_id"`
	Activation `bson:",inline"`
}

// rulesText is the text of a version.
type rulesText struct {
	ID string `bson:"_id"`
	// LastSeq is the last activation by which it was in force, 0 for none. It is set before another version takes its place.
	LastSeq int64     `bson:"last_seq"`
	AddedAt time.Time `bson:"added_at"`
	Raw     []byte    `bson:"raw,omitempty"`
	Packed  []byte    `bson:"zstd,omitempty"`
}

func activeID(instance string) string { return "active:" + instance }

func activationID(instance string, seq int64) string {
	return fmt.Sprintf("activation:%s:%d", instance, seq)
}

func textID(instance, version string) string { return "text:" + instance + ":" + version }

// ActiveRules reads what is in force for instances. Those for which nothing was ever activated are missing from the answer.
func (s *Store) ActiveRules(ctx context.Context, instances ...string) (map[string]Activation, error) {
	ids := make([]string, len(instances))
	for n, name := range instances {
		ids[n] = activeID(name)
	}
	var docs []activeRules
	if err := s.findRules(ctx, ids, &docs); err != nil {
		return nil, err
	}
	active := map[string]Activation{}
	for _, d := range docs {
		active[d.Instance] = d.utc()
	}
	return active, nil
}

func (a Activation) utc() Activation {
	a.Since = a.Since.UTC()
	return a
}

// RulesHistory lists the activations of an instance before the one with the number before (0: from the one in force on), the
// newest first, limit at most.
func (s *Store) RulesHistory(ctx context.Context, instance string, before int64, limit int) ([]Activation, error) {
	active, err := s.active(ctx, instance)
	if err != nil {
		return nil, err
	}
	list := []Activation{}
	if before <= 0 || before > active.Seq {
		if before = active.Seq; active.Seq > 0 {
			list = append(list, active.utc())
		}
	}
	var ids []string
	for seq := before - 1; seq > 0 && len(list)+len(ids) < limit; seq-- {
		ids = append(ids, activationID(instance, seq))
	}
	var docs []pastRules
	if err := s.findRules(ctx, ids, &docs); err != nil {
		return nil, err
	}
	for _, d := range docs {
		list = append(list, d.utc())
	}
	slices.SortFunc(list, func(a, b Activation) int { return int(b.Seq - a.Seq) })
	return list, nil
}

func (s *Store) findRules(ctx context.Context, ids []string, into any) error {
	if len(ids) == 0 {
		return nil
	}
	cur, err := s.rules.Find(ctx, bson.D{{Key: "_id", Value: bson.D{{Key: "$in", Value: ids}}}})
	if err == nil {
		err = cur.All(ctx, into)
	}
	if err != nil {
		return fmt.Errorf("read the rules: %w", err)
	}
	return nil
}

// RulesText reads the text of a version; ErrNotFound for one that the instance never had.
func (s *Store) RulesText(ctx context.Context, instance, version string) (string, error) {
	doc, err := s.rulesText(ctx, instance, version)
	if err != nil {
		return "", err
	}
	return doc.text()
}

func (s *Store) rulesText(ctx context.Context, instance, version string) (*rulesText, error) {
	var doc rulesText
	err := s.rules.FindOne(ctx, bson.D{{Key: "_id", Value: textID(instance, version)}}).Decode(&doc)
	if errors.Is(err, mongo.ErrNoDocuments) {
		return nil, ErrNotFound
	}
	if err != nil {
		return nil, fmt.Errorf("read version %s of the rules: %w", version, err)
	}
	return &doc, nil
}

func (t *rulesText) text() (string, error) {
	raw, err := (&Payload{ID: t.ID, Raw: t.Raw, Packed: t.Packed}).unpack()
	return string(raw), err
}

// keepText stores a text under its version. Two texts of one version are an error: which of them would be in force?
func (s *Store) keepText(ctx context.Context, instance, version, text string) error {
	if len(text) > MaxRulesText {
		return fmt.Errorf("the rules have %d bytes, want %d at most", len(text), MaxRulesText)
	}
	var p Payload
	p.pack([]byte(text))
	doc := rulesText{ID: textID(instance, version), AddedAt: s.moment(), Raw: p.Raw, Packed: p.Packed}
	_, err := s.rules.InsertOne(ctx, doc)
	if err == nil {
		return nil
	}
	if !mongo.IsDuplicateKeyError(err) {
		return fmt.Errorf("keep version %s of the rules: %w", version, err)
	}
	known, err := s.RulesText(ctx, instance, version)
	if err == nil && known != text {
		err = fmt.Errorf("another text of the rules has the version %s already: change a comment in it", version)
	}
	return err
}

// NewRules is a version that is to come into force.
type NewRules struct {
	Instance, Version, Text string
	By, Reason              string
	// Before is the file that counts while nothing is in force; nil for none. It is written down before the version takes its place.
	Before *RulesFile
}

// ActivateRules puts a version into force in place of the one that is expected to be, which is empty for none. Its error is a
// *RulesMoved when another one is in force.
func (s *Store) ActivateRules(ctx context.Context, n NewRules, expect string) (Activation, error) {
	if err := s.keepText(ctx, n.Instance, n.Version, n.Text); err != nil {
		return Activation{}, err
	}
	if n.Before != nil && n.Before.Version == expect {
		if err := s.countFile(ctx, *n.Before); err != nil {
			return Activation{}, err
		}
	}
	doc, err := s.changeActive(ctx, n.Instance, func(doc *activeRules) (bool, error) {
		if doc.Version != expect {
			return false, &RulesMoved{Active: doc.utc()}
		}
		if err := s.keepActivation(ctx, doc); err != nil {
			return false, err
		}
		doc.put(Activation{Version: n.Version, Whence: RulesByActivated, By: n.By, Reason: n.Reason, Since: s.moment()})
		return true, nil
	})
	if err != nil {
		return Activation{}, err
	}
	return doc.utc(), nil
}

// put makes an activation the one in force.
func (d *activeRules) put(a Activation) {
	a.Instance, a.Seq = d.Instance, d.Seq+1
	d.Activation = a
}

// keepActivation writes down what is in force before another takes its place: it may be done by several, and again.
func (s *Store) keepActivation(ctx context.Context, doc *activeRules) error {
	if doc.Seq == 0 {
		return nil
	}
	_, err := s.rules.InsertOne(ctx, pastRules{ID: activationID(doc.Instance, doc.Seq), Activation: doc.Activation})
	if err != nil && !mongo.IsDuplicateKeyError(err) {
		return fmt.Errorf("keep what was in force: %w", err)
	}
	// One that is slow does not set back what others have written since.
	_, err = s.rules.UpdateOne(ctx, bson.D{{Key: "_id", Value: textID(doc.Instance, doc.Version)}, {Key: "last_seq", Value: bson.D{{Key: "$lt", Value: doc.Seq}}}},
		bson.D{{Key: "$set", Value: bson.D{{Key: "last_seq", Value: doc.Seq}}}})
	if err != nil {
		return fmt.Errorf("keep what was in force: %w", err)
	}
	return nil
}

func (s *Store) active(ctx context.Context, instance string) (*activeRules, error) {
	doc := &activeRules{ID: activeID(instance)}
	err := s.rules.FindOne(ctx, bson.D{{Key: "_id", Value: doc.ID}}).Decode(doc)
	if err != nil && !errors.Is(err, mongo.ErrNoDocuments) {
		return nil, fmt.Errorf("read the rules in force: %w", err)
	}
	doc.Instance = instance
	return doc, nil
}

// changeActive writes what change makes of the document, unless it says that there is nothing to write; when somebody else
// has written meanwhile it begins again.
func (s *Store) changeActive(ctx context.Context, instance string, change func(*activeRules) (bool, error)) (*activeRules, error) {
	for conflicts := range maxConflicts {
		doc, err := s.active(ctx, instance)
		if err != nil {
			return nil, err
		}
		was := doc.Rev
		doc.Rev++
		write, err := change(doc)
		if err != nil || !write {
			return doc, err
		}
		done, err := replaceOrAdd(ctx, s.rules, doc.ID, was, doc)
		if err != nil {
			return nil, fmt.Errorf("write the rules in force: %w", err)
		}
		if done {
			return doc, nil
		}
		if err := giveWay(ctx, conflicts); err != nil {
			return nil, err
		}
	}
	return nil, fmt.Errorf("rules of %s: changed by others %d times in a row", instance, maxConflicts)
}
