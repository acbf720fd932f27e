package store

import (
	"context"
	"errors"
	"slices"
)

// A worker is started with a rules file, and again with the same one, day after day, or with another. What a person changed comes
// into force; what is merely there once more does not undo what somebody has activated since.

// placedFile is a rules file where a worker found it.
type placedFile struct {
	Place   string `bson:"place"`
	Version string `bson:"version"`
	// Seq is the activation that was in force after the place was last looked at.
	Seq int64 `bson:"seq"`
}

// mostFiles is how many places of files are remembered. Containers have new ones each time.
const mostFiles = 100

// RulesFile is the rules file that a worker is started with.
type RulesFile struct {
	Instance, Version, Text string
	// Place is the machine and the path: a file that is another one at a place where it was seen before was changed there.
	Place string
	// Reason is what is noted when it comes into force.
	Reason string
}

// TakeRulesFile puts a file into force if it is news, and gives what is in force then. It is news when nothing is in force, when it
// has changed at its place to a text that was not in force since that place was looked at last, or when it is at a place that nobody
// knows and was never in force. Otherwise it is only noted where it is: a worker that comes late to a file that others have brought
// does not undo what came after them, nor does a worker of yesterday that is started once more at a new place.
func (s *Store) TakeRulesFile(ctx context.Context, f RulesFile) (active Activation, taken bool, err error) {
	if err := s.keepText(ctx, f.Instance, f.Version, f.Text); err != nil {
		return Activation{}, false, err
	}
	doc, err := s.changeActive(ctx, f.Instance, func(doc *activeRules) (bool, error) {
		news, err := s.isNews(ctx, doc, f)
		if err != nil {
			return false, err
		}
		if taken = news; !news {
			return doc.place(f), nil
		}
		if err := s.keepActivation(ctx, doc); err != nil {
			return false, err
		}
		s.putFile(doc, f)
		return true, nil
	})
	if err != nil {
		return Activation{}, false, err
	}
	return doc.utc(), taken, nil
}

// putFile makes a file what is in force.
func (s *Store) putFile(doc *activeRules, f RulesFile) {
	doc.put(Activation{Version: f.Version, Whence: RulesByFile, By: RulesByFile, Reason: f.Reason, Since: s.moment()})
	doc.place(f)
}

// countFile writes down the file that counts while nothing is in force, so that one can go back to it. Where something is, it does nothing.
func (s *Store) countFile(ctx context.Context, f RulesFile) error {
	if err := s.keepText(ctx, f.Instance, f.Version, f.Text); err != nil {
		return err
	}
	_, err := s.changeActive(ctx, f.Instance, func(doc *activeRules) (bool, error) {
		if doc.Seq > 0 {
			return false, nil
		}
		s.putFile(doc, f)
		return true, nil
	})
	return err
}

func (s *Store) isNews(ctx context.Context, doc *activeRules, f RulesFile) (bool, error) {
	if doc.Seq == 0 {
		return true, nil
	}
	if doc.Version == f.Version {
		return false, nil
	}
	known := doc.fileAt(f.Place)
	if known >= 0 && doc.Files[known].Version == f.Version {
		return false, nil
	}
	text, err := s.rulesText(ctx, f.Instance, f.Version)
	switch {
	case errors.Is(err, ErrNotFound):
		return true, nil
	case err != nil:
		return false, err
	case known >= 0:
		return text.LastSeq < doc.Files[known].Seq, nil
	}
	return text.LastSeq == 0, nil
}

func (d *activeRules) fileAt(place string) int {
	return slices.IndexFunc(d.Files, func(f placedFile) bool { return f.Place == place })
}

// place notes where a file is, and reports whether that is to be written.
func (d *activeRules) place(f RulesFile) (changed bool) {
	now := placedFile{Place: f.Place, Version: f.Version, Seq: d.Seq}
	n := d.fileAt(f.Place)
	if n >= 0 && d.Files[n] == now {
		return false
	}
	if n >= 0 {
		d.Files = slices.Delete(d.Files, n, n+1)
	}
	d.Files = append(d.Files, now)
	d.Files = d.Files[max(0, len(d.Files)-mostFiles):]
	return true
}
