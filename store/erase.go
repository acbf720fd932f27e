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
	"go.mongodb.org/mongo-driver/v2/mongo/options"

	"datawald/order"
)

// ErasedText stands for what was erased of a text.
const ErasedText = "[erased]"

// WordsNotKept stands for what a person writes about an order after it was erased: nothing tells any more which of it names the buyer.
const WordsNotKept = "(not kept: the personal data were erased)"

// Final reports whether the connector has nothing left to do for the order, by itself or by what it was asked for: it is posted and Magento is told, or
// it was left out or cancelled for good. A held order is not: a person still needs to see what it is about.
func (s *Staged) Final() bool {
	if s.Intent != nil || s.WriteBack.Open() || s.waits() {
		return false
	}
	return s.Status == order.Posted || s.Status == order.Excluded || s.Status == order.Cancelled
}

// Erased reports whether the personal data of the order were erased.
func (s *Staged) Erased() bool { return !s.ErasedAt.IsZero() }

// erase takes the personal data out of the order. The account of it stays: its names, states, totals, rows, B1's numbers, hashes and story. hide takes
// what is known of the buyer out of a text.
func (s *Staged) erase(by string, hide func(string) string) {
	s.Order = s.Order.Erased()
	for _, reason := range []*order.Reason{s.Reason, s.Attention} {
		hideIn(reason, hide)
	}
	if s.Skipped() {
		s.Reason.Message = withoutWhy(s.Reason.Message)
	}
	if s.WriteBack != nil {
		hideIn(s.WriteBack.Reason, hide)
		hideIn(s.WriteBack.Concern, hide)
	}
	for n := range s.Timeline {
		e := &s.Timeline[n]
		if e.Detail = hide(e.Detail); e.Step == "desk" && e.Detail != "" { // a person's own words, and of one who writes about a buyer nobody knows which
			e.Detail = ErasedText
		}
	}
	s.ErasedAt = now()
	s.Note(Event{At: s.ErasedAt, Step: "erased", Outcome: "done", Detail: "the personal data and the documents were erased", Actor: by})
}

// Worded reports whether people's words about an erased order are kept: earlier releases kept what was written after it was erased.
func (s *Staged) Worded() bool {
	if s.Skipped() && !KeptWord(withoutWho(s.Reason.Message)) {
		return true
	}
	return slices.ContainsFunc(s.Timeline, func(e Event) bool { return e.Step == "desk" && !KeptWord(e.Detail) })
}

// KeptWord reports whether a text stands in the place of a person's words, or is none.
func KeptWord(text string) bool { return text == "" || text == ErasedText || text == WordsNotKept }

// withoutWho is the part of a skipped order's reason that a person wrote.
func withoutWho(message string) string {
	_, why, _ := strings.Cut(message, ": ")
	return why
}

// withoutWhy is the reason of a skipped order without the words of the person who skipped it: "Skipped by anna: [erased]". Nobody knows which of them name the buyer.
func withoutWhy(message string) string {
	if who, _, ok := strings.Cut(message, ": "); ok {
		return who + ": " + ErasedText
	}
	return message
}

func hideIn(r *order.Reason, hide func(string) string) {
	if r != nil {
		r.Message, r.Hint = hide(r.Message), hide(r.Hint)
	}
}

// EraseOrder erases the personal data of an order and the documents that Magento gave of it, if it is such that may allows it when it is written; done
// is false when it is not. by is who erases it, hide takes what is known of the buyer out of a text. The documents go first: whoever dies in between has
// left an order that is to be erased still. An order of which Magento gives a new version meanwhile is staged as any other, and not erased. Of one that is
// damaged what can be read stays.
func (s *Store) EraseOrder(ctx context.Context, key order.Key, by string, hide func(string) string, may func(*Staged) bool) (done bool, err error) {
	doc, err := s.getWhatIsThere(ctx, key)
	if errors.Is(err, ErrNotFound) || err == nil && !may(doc) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	if err := s.DropDocuments(ctx, doc); err != nil {
		return false, err
	}
	_, err = s.ChangeRead(ctx, doc, func(doc *Staged) error {
		if done = doc.Rev > 0 && may(doc); !done {
			return ErrUnchanged
		}
		doc.erase(by, hide)
		return nil
	})
	if errors.Is(err, ErrUnchanged) {
		return false, nil
	}
	return done && err == nil, err
}

// Unchanged gives up to limit orders of an instance, without their lines and timeline, that nobody has changed since a time, behind a place, the first
// change first, and the place of the last of them.
func (s *Store) Unchanged(ctx context.Context, instance string, after ChangePlace, since time.Time, limit int) ([]Staged, ChangePlace, error) {
	and := append(after.behind(instance), bson.D{{Key: "changed_at", Value: bson.D{{Key: "$lt", Value: since}}}})
	cur, err := s.orders.Find(ctx, bson.D{{Key: "$and", Value: and}}, options.Find().SetLimit(int64(limit)).
		SetSort(bson.D{{Key: "changed_at", Value: 1}, {Key: "_id", Value: 1}}).SetProjection(bson.D{{Key: "timeline", Value: 0}, {Key: "order", Value: 0}}))
	if err != nil {
		return nil, after, fmt.Errorf("find old orders: %w", err)
	}
	found, err := stagedOf(ctx, cur)
	if err != nil || len(found) == 0 {
		return nil, after, err
	}
	last := found[len(found)-1]
	return found, ChangePlace{At: last.ChangedAt, Key: last.Key}, nil
}

// Retained is up to which change the orders of an instance were looked at, to be erased when they are old; the zero place before the first look.
func (s *Store) Retained(ctx context.Context, instance string) (ChangePlace, error) {
	var doc struct {
		At  time.Time `bson:"at"`
		Key order.Key `bson:"key"`
	}
	err := s.cuts.FindOne(ctx, bson.D{{Key: "_id", Value: cutID(instance, "retained")}}).Decode(&doc)
	if err != nil && !errors.Is(err, mongo.ErrNoDocuments) {
		return ChangePlace{}, fmt.Errorf("read how far old orders are erased: %w", err)
	}
	return ChangePlace{At: doc.At, Key: doc.Key}, nil
}

// NoteRetained keeps the place.
func (s *Store) NoteRetained(ctx context.Context, instance string, place ChangePlace) error {
	_, err := s.cuts.UpdateOne(ctx, bson.D{{Key: "_id", Value: cutID(instance, "retained")}},
		bson.D{{Key: "$set", Value: bson.D{{Key: "at", Value: place.At}, {Key: "key", Value: place.Key}}}}, options.UpdateOne().SetUpsert(true))
	if err != nil {
		return fmt.Errorf("note how far old orders are erased: %w", err)
	}
	return nil
}

// ForgetPartners drops what is remembered of partners and contact persons whose name within their company is among these, and says how many they were.
// With dry it only counts. One with an intent, of which nobody knows yet whether B1 has it, stays.
func (s *Store) ForgetPartners(ctx context.Context, is func(identity string) bool, dry bool) (n int, err error) {
	cur, err := s.partners.Find(ctx, bson.D{}, options.Find().SetProjection(bson.D{{Key: "_id", Value: 1}, {Key: "rev", Value: 1}, {Key: "intent", Value: 1}}))
	if err != nil {
		return 0, fmt.Errorf("read partners: %w", err)
	}
	err = each(ctx, cur, "forget partners", func(p *Partner) error {
		_, identity, _ := strings.Cut(p.ID, "#")
		if p.Intent != nil || !is(identity) {
			return nil
		}
		if n++; dry {
			return nil
		}
		_, err := s.partners.DeleteOne(ctx, bson.D{{Key: "_id", Value: p.ID}, {Key: "rev", Value: p.Rev}})
		return err
	})
	return n, err
}

// HideInAudit has hide change the targets and words of all audit entries, and says how many changed. With dry it only counts.
func (s *Store) HideInAudit(ctx context.Context, hide func(*AuditEntry), dry bool) (n int, err error) {
	cur, err := s.audit.Find(ctx, bson.D{}, options.Find().SetProjection(bson.D{{Key: "_id", Value: 1}, {Key: "action", Value: 1}, {Key: "target", Value: 1}, {Key: "why", Value: 1}}))
	if err != nil {
		return 0, fmt.Errorf("read the audit: %w", err)
	}
	err = each(ctx, cur, "change the audit", func(e *AuditEntry) error {
		was := *e
		hide(e)
		var set bson.D
		if e.Why != was.Why {
			set = append(set, bson.E{Key: "why", Value: e.Why})
		}
		if e.Target != was.Target {
			set = append(set, bson.E{Key: "target", Value: e.Target})
		}
		if len(set) == 0 {
			return nil
		}
		if n++; dry {
			return nil
		}
		_, err := s.audit.UpdateOne(ctx, bson.D{{Key: "_id", Value: e.ID}}, bson.D{{Key: "$set", Value: set}})
		return err
	})
	return n, err
}

// erasedAnswer stands in the place of an answer that was erased: the request is still known, and is not carried out a second time.
const erasedAnswer = `{"erased":true}`

// EraseAnswers empties the kept answers that say something of a person, and says how many they were. With dry it only counts.
func (s *Store) EraseAnswers(ctx context.Context, says func(body string) bool, dry bool) (n int, err error) {
	cur, err := s.requests.Find(ctx, bson.D{{Key: "done", Value: true}}, options.Find().SetProjection(bson.D{{Key: "_id", Value: 1}, {Key: "body", Value: 1}}))
	if err != nil {
		return 0, fmt.Errorf("read requests: %w", err)
	}
	err = each(ctx, cur, "erase answers", func(r *Request) error {
		if len(r.Body) == 0 || string(r.Body) == erasedAnswer || !says(string(r.Body)) {
			return nil
		}
		if n++; dry {
			return nil
		}
		set := bson.D{{Key: "body", Value: []byte(erasedAnswer)}, {Key: "type", Value: "application/json"}}
		_, err := s.requests.UpdateOne(ctx, bson.D{{Key: "_id", Value: r.ID}}, bson.D{{Key: "$set", Value: set}})
		return err
	})
	return n, err
}
