package magentosim

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"os"
	"slices"
)

// journal keeps every version of every order, one JSON line each; the last line of an order counts. A nil journal
// keeps nothing.
type journal struct {
	file *os.File
}

// entry is a line of the journal: a version of an order, or its removal. The document is a string so that its bytes
// survive.
type entry struct {
	Kind     string `json:"kind,omitempty"`
	Sequence int    `json:"sequence,omitempty"`
	Document string `json:"document,omitempty"`
	Removed  int64  `json:"removed,omitempty"`
}

// append writes one version of an order.
func (j *journal) append(r *record) error {
	if j == nil {
		return nil
	}
	return j.write(entry{Kind: r.kind, Sequence: r.sequence, Document: string(r.raw)}, r.entityID)
}

// remove writes that an order is gone.
func (j *journal) remove(entityID int64) error {
	if j == nil {
		return nil
	}
	return j.write(entry{Removed: entityID}, entityID)
}

func (j *journal) write(e entry, entityID int64) error {
	if _, err := j.file.Write(append(encode(e), '\n')); err != nil {
		return fmt.Errorf("magentosim: cannot keep order %d: %w", entityID, err)
	}
	return nil
}

// Close ends the keeping of changes in Config.StateFile, where each was written as it happened. It is safe to call more than once.
func (s *Shop) Close() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.journal == nil {
		return nil
	}
	err := s.journal.file.Close()
	s.journal = nil
	return err
}

// takeUp brings in the orders of an earlier run and tells whether there were any.
func (s *Shop) takeUp() (held bool, err error) {
	if s.cfg.StateFile == "" {
		return false, nil
	}
	orders, err := readJournal(s.cfg.StateFile)
	if err != nil {
		return false, err
	}
	for _, r := range orders {
		if err := s.insert(r); err != nil {
			return false, fmt.Errorf("%w (in %s)", err, s.cfg.StateFile)
		}
		s.gen.ids.learn(r)
		s.gen.sequence = max(s.gen.sequence, r.sequence)
	}
	return len(orders) > 0, nil
}

// startJournal writes all orders anew, one line each, and puts the file in the place of the old one in one step: a kill
// at any moment leaves either. From then on every change is appended.
func (s *Shop) startJournal() error {
	if s.cfg.StateFile == "" {
		return nil
	}
	file, err := os.Create(s.cfg.StateFile + ".new")
	if err != nil {
		return fmt.Errorf("magentosim: cannot write the state file: %w", err)
	}
	j := &journal{file: file}
	for _, r := range s.byEntity {
		if err := j.append(r); err != nil {
			return errors.Join(err, file.Close())
		}
	}
	if err := os.Rename(file.Name(), s.cfg.StateFile); err != nil {
		return errors.Join(fmt.Errorf("magentosim: cannot write the state file: %w", err), file.Close())
	}
	s.journal = j
	return nil
}

// readJournal returns the last version of each order. A last line that a kill cut short is not one.
func readJournal(path string) (orders []*record, err error) {
	file, err := os.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("magentosim: cannot read the state file: %w", err)
	}
	defer file.Close()
	latest := map[int64]*record{}
	in := bufio.NewReader(file)
	for number := 1; ; number++ {
		line, err := in.ReadBytes('\n')
		if err == io.EOF {
			return slices.SortedFunc(maps.Values(latest), compareEntity), nil
		}
		if err != nil {
			return nil, fmt.Errorf("magentosim: cannot read the state file: %w", err)
		}
		if err := takeEntry(latest, line); err != nil {
			return nil, fmt.Errorf("%w (in line %d of %s)", err, number, path)
		}
	}
}

// takeEntry brings the orders up to a line.
func takeEntry(latest map[int64]*record, line []byte) error {
	var e entry
	if err := json.Unmarshal(line, &e); err != nil {
		return fmt.Errorf("magentosim: broken line: %w", err)
	}
	if e.Removed != 0 {
		delete(latest, e.Removed)
		return nil
	}
	r, err := newRecord([]byte(e.Document), e.Kind)
	if err != nil {
		return err
	}
	r.sequence = e.Sequence
	latest[r.entityID] = r
	return nil
}
