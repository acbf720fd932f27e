package store

import (
	"context"
	"errors"
	"fmt"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
)

// Partner remembers who a buyer is in a B1 company: his business partner, or his contact person under one. While he is
// being created it holds, as an order does, the claim of the attempt that does it and the intent to do it. It names him
// without personal data.
type Partner struct {
	// ID is <company>#<identity>, <company>#contact:… for a contact person, or <company>#asked:… for what a buyer is looked for by,
	// which has a claim alone, while one is created whom others could be looked for as well.
	ID string `bson:"_id"`
	// Rev counts writes; a write succeeds only on the revision it read.
	Rev int64 `bson:"rev"`
	// CardCode is the business partner; empty while it is not known. Contact is the contact person's number (OCPR.CntctCode), 0
	// for none.
	CardCode string         `bson:"card_code"`
	Contact  int            `bson:"contact"`
	Claim    *Claim         `bson:"claim,omitempty"`
	Intent   *PartnerIntent `bson:"intent,omitempty"`
	// FoundBy names the rules by which he was found in B1, where somebody entered him; empty for one that the connector made, who
	// stays known whatever the rules.
	FoundBy string `bson:"found_by,omitempty"`
	// KnownAt is when CardCode was learnt.
	KnownAt time.Time `bson:"known_at"`
}

// PartnerIntent stands in the store from just before a partner or contact person is sent to B1 until its fate is known.
type PartnerIntent struct {
	SentAt time.Time `bson:"sent_at"`
	// CardCode is the code under which the partner was sent, empty where B1 gives it: the rules may give another by the time he
	// is looked for.
	CardCode string `bson:"card_code,omitempty"`
	// Looks counts the looks since then that found nothing, Sends how often it was sent without a clear answer.
	Looks int `bson:"looks"`
	Sends int `bson:"sends"`
	// Unanswered and BegunAt are as in Intent.
	Unanswered int       `bson:"unanswered,omitempty"`
	BegunAt    time.Time `bson:"begun_at,omitempty"`
	// Over is true when its sender has noted that the call ended, without a clear answer.
	Over bool `bson:"over,omitempty"`
}

// PartnerID names what the store remembers of a buyer in a B1 company.
func PartnerID(company, identity string) string { return company + "#" + identity }

// Know notes the answer; nothing is in doubt any more.
func (p *Partner) Know(cardCode string, contact int) {
	p.CardCode, p.Contact, p.FoundBy, p.Intent, p.KnownAt = cardCode, contact, "", nil, now()
}

// Forget drops what B1 no longer knows.
func (p *Partner) Forget() { p.CardCode, p.Contact, p.FoundBy, p.KnownAt = "", 0, "", time.Time{} }

// Partner reads what is remembered of a buyer: an empty one with Rev 0 when nothing is.
func (s *Store) Partner(ctx context.Context, id string) (*Partner, error) {
	var p Partner
	err := s.partners.FindOne(ctx, bson.D{{Key: "_id", Value: id}}).Decode(&p)
	if errors.Is(err, mongo.ErrNoDocuments) {
		return &Partner{ID: id}, nil
	}
	if err != nil {
		return nil, fmt.Errorf("read a partner: %w", err)
	}
	return &p, nil
}

// ChangePartner reads the partner, lets change alter it, and writes it only if nobody else has written meanwhile; otherwise
// it begins again. change must have no effect but on its argument, and may return ErrUnchanged to write nothing, which is
// no error.
func (s *Store) ChangePartner(ctx context.Context, id string, change func(*Partner) error) (*Partner, error) {
	for conflicts := range maxConflicts {
		p, err := s.Partner(ctx, id)
		if err != nil {
			return nil, err
		}
		was := p.Rev
		if err := change(p); errors.Is(err, ErrUnchanged) {
			return p, nil
		} else if err != nil {
			return p, err
		}
		p.Rev++
		done, err := s.writePartner(ctx, p, was)
		if err != nil {
			return nil, fmt.Errorf("write a partner: %w", err)
		}
		if done {
			return p, nil
		}
		if err := giveWay(ctx, conflicts); err != nil {
			return nil, err
		}
	}
	return nil, fmt.Errorf("a partner was changed by others %d times in a row", maxConflicts)
}

// writePartner stores p in place of the revision it was read at; done is false when that is gone.
func (s *Store) writePartner(ctx context.Context, p *Partner, was int64) (done bool, err error) {
	if was == 0 {
		_, err := s.partners.InsertOne(ctx, p)
		if mongo.IsDuplicateKeyError(err) {
			return false, nil
		}
		return err == nil, err
	}
	res, err := s.partners.ReplaceOne(ctx, bson.D{{Key: "_id", Value: p.ID}, {Key: "rev", Value: was}}, p)
	if err != nil {
		return false, err
	}
	return res.MatchedCount == 1, nil
}

// FreePartner drops a document that holds nothing but a claim, if it is still the one with this token.
func (s *Store) FreePartner(ctx context.Context, id, token string) error {
	p, err := s.Partner(ctx, id)
	if err != nil || p.Claim == nil || p.Claim.Token != token {
		return err
	}
	if _, err := s.partners.DeleteOne(ctx, bson.D{{Key: "_id", Value: id}, {Key: "rev", Value: p.Rev}}); err != nil {
		return fmt.Errorf("free a partner: %w", err)
	}
	return nil
}
