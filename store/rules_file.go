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
// has changed at its place, or when it is at a place that nobody knows and was never in force. Otherwise it is only noted where it
// is: also when it is the one that was in force before, at a place that nobody knows, for that may be a worker of yesterday that is
// started once more while a deployment brings the file of today.
func (s *Store) TakeRulesFile(ctx context.Context, f RulesFile) (active Activation, taken bool, err error) {
	if err := s.keepText(ctx, f.Instance, f.Version, f.Text); err != nil {
		return Activation{}, false, err
	}
	doc, err := s.changeActive(ctx, f.Instance, func(doc *activeRules) (bool, error) {
		news, err := s.isNews(ctx, doc, f)
		if err != nil {
			return false, err
		}
		changed := doc.place(f.Place, f.Version)
		if taken = news; !news {
			return changed, nil
		}
		if err := s.keepActivation(ctx, doc); err != nil {
			return false, err
		}
		doc.put(Activation{Version: f.Version, Whence: RulesByFile, By: RulesByFile, Reason: f.Reason, Since: s.moment()})
		return true, nil
	})
	if err != nil {
		return Activation{}, false, err
	}
	return doc.utc(), taken, nil
}

func (s *Store) isNews(ctx context.Context, doc *activeRules, f RulesFile) (bool, error) {
	if doc.Seq == 0 {
		return true, nil
	}
	if doc.Version == f.Version {
		return false, nil
	}
	if n := doc.fileAt(f.Place); n >= 0 {
		return doc.Files[n].Version != f.Version, nil
	}
	known, err := s.rulesText(ctx, f.Instance, f.Version)
	if errors.Is(err, ErrNotFound) {
		return true, nil
	}
	return err == nil && !known.WasInForce, err
}

func (d *activeRules) fileAt(place string) int {
	return slices.IndexFunc(d.Files, func(f placedFile) bool { return f.Place == place })
}

// place notes where a file is, and reports whether that is to be written.
func (d *activeRules) place(place, version string) (changed bool) {
	n := d.fileAt(place)
	if n >= 0 && d.Files[n].Version == version {
		return false
	}
	if n >= 0 {
		d.Files = slices.Delete(d.Files, n, n+1)
	}
	d.Files = append(d.Files, placedFile{Place: place, Version: version})
	d.Files = d.Files[max(0, len(d.Files)-mostFiles):]
	return true
}
