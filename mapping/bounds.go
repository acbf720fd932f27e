package mapping

import (
	"bytes"
	"fmt"
)

// A rules file may come from elsewhere, by HTTP, and must not keep a program busy or take its memory: tables within tables
// without end, and aliases of aliases.
const (
	// maxNesting is how deep lists and tables may lie in each other. The settings need 8.
	maxNesting = 50
	// maxValues is how many values a file may hold when each alias counts as what it stands for: as many as a table of items
	// for each of 50 stores needs.
	maxValues = 500_000
)

// tooDeep finds where a text nests deeper than any rules do, before the YAML library reads it: the library takes memory by
// the square of the depth. Brackets in quotes and comments count as well; fifty that nobody closes are not worth a scanner.
func tooDeep(text []byte) error {
	number, open := 0, 0
	for line := range bytes.Lines(text) {
		number++
		deepest := dashes(line)
		for _, c := range line {
			switch c {
			case '[', '{':
				open++
				deepest = max(deepest, open)
			case ']', '}':
				open = max(open-1, 0)
			}
		}
		if deepest > maxNesting {
			return Problems{{Line: number, Column: 1, Message: fmt.Sprintf("nests more than %d lists and tables, want no more", maxNesting)}}
		}
	}
	return nil
}

// dashes is how many lists in lists begin with a line: - - a.
func dashes(line []byte) (n int) {
	for {
		line = bytes.TrimLeft(line, " ")
		if !bytes.HasPrefix(line, []byte("- ")) && !bytes.HasPrefix(line, []byte("? ")) {
			return n
		}
		line = line[1:]
		n++
	}
}

// affords counts a value, and stops reading with one problem when there are too many.
func (d *decoder) affords(path string) bool {
	if d.read++; d.read == maxValues+1 {
		d.bad(path, "is one value more than the %d that a file may hold, those behind aliases included; want fewer, or fewer aliases", maxValues)
	}
	return d.read <= maxValues
}
