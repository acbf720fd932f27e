package b1sim

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
)

// journal is the state file: one line of JSON for each commit. A nil journal records nothing.
type journal struct {
	file *os.File
	size int64 // of the whole lines in it
}

// entry is a change as it stands in the file.
type entry struct {
	Set string          `json:"set"`
	Row json.RawMessage `json:"row,omitempty"`
	Key string          `json:"deleted,omitempty"`
}

// openJournal replays the file, which need not exist, and opens it for more. A last line that was cut short by a kill
// is a commit that nobody was told of: it is dropped.
func openJournal(path string, replay func([]entry) error) (*journal, error) {
	file, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, fmt.Errorf("b1sim: state file: %w", err)
	}
	good, err := replayLines(file, replay)
	if err == nil {
		err = file.Truncate(good)
	}
	if err != nil {
		return nil, fmt.Errorf("b1sim: state file %s: %w", path, errors.Join(err, file.Close()))
	}
	return &journal{file: file, size: good}, nil
}

// replayLines hands every complete line to replay and returns the length of what was complete.
func replayLines(file *os.File, replay func([]entry) error) (int64, error) {
	content, err := io.ReadAll(file)
	if err != nil {
		return 0, err
	}
	var good int64
	for number := 1; ; number++ {
		line, rest, whole := bytes.Cut(content, []byte("\n"))
		if !whole {
			return good, nil
		}
		var entries []entry
		if err := json.Unmarshal(line, &entries); err != nil {
			return 0, fmt.Errorf("line %d: %w", number, err)
		}
		if err := replay(entries); err != nil {
			return 0, fmt.Errorf("line %d: %w", number, err)
		}
		good += int64(len(line)) + 1
		content = rest
	}
}

// write appends one commit. A line that could not be written whole is taken back.
func (j *journal) write(changes []change) error {
	if j == nil || len(changes) == 0 {
		return nil
	}
	entries := make([]entry, len(changes))
	for i, ch := range changes {
		entries[i] = entry{Set: ch.set.name, Key: ch.key}
		if ch.row != nil {
			entries[i].Row = stateJSON(ch.row)
		}
	}
	line := append(mustJSON(entries), '\n')
	if _, err := j.file.WriteAt(line, j.size); err != nil {
		return errors.Join(err, j.file.Truncate(j.size))
	}
	j.size += int64(len(line))
	return nil
}

func (j *journal) close() error {
	if j == nil {
		return nil
	}
	return j.file.Close()
}
