package store

import (
	"encoding/json"
	"fmt"
)

// document is a staged order as the database keeps it: what queries ask for as fields, and the canonical order and the
// timeline as one JSON text each. Both are read and written as a whole; as hundreds of nested fields they would be taken apart
// and put together one by one whenever the embedded store reads or writes the document.
type document struct {
	Staged   `bson:",inline"`
	Order    string `bson:"order,omitempty"`
	Timeline string `bson:"timeline,omitempty"`
}

func newDocument(s *Staged) (*document, error) {
	d := &document{Staged: *s}
	for text, v := range map[*string]any{&d.Order: s.Order, &d.Timeline: s.Timeline} {
		b, err := json.Marshal(v)
		if err != nil {
			return nil, fmt.Errorf("order %s: %w", s.Key, err)
		}
		*text = string(b)
	}
	return d, nil
}

// staged gives the order back; texts that a projection left out stay empty.
func (d *document) staged() (*Staged, error) {
	s := d.Staged
	if err := decode(d.Order, &s.Order); err != nil {
		return nil, fmt.Errorf("order %s: the stored order %w: %w", s.Key, ErrDamaged, err)
	}
	if err := decode(d.Timeline, &s.Timeline); err != nil {
		return nil, fmt.Errorf("order %s: the stored timeline %w: %w", s.Key, ErrDamaged, err)
	}
	return &s, nil
}

func decode(text string, into any) error {
	if text == "" {
		return nil
	}
	return json.Unmarshal([]byte(text), into)
}
