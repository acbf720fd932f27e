package mapping

import (
	"bytes"
	"fmt"
	"strings"
)

// A rules file may come from elsewhere, by HTTP, and must not keep a program busy or take its memory: tables within tables
// without end, and aliases of aliases.
const (
	// maxNesting is how deep lists and tables may lie in each other. The settings need 8.
	maxNesting = 50
	// maxValues is how many values a file may hold when each alias counts as what it stands for: as many as a table of items
	// for each of 50 stores needs.
	maxValues = 500_000
	// maxProblems is how many problems are named at once: nobody mends more before he tries again, and a file may have one in
	// each of its lines.
	maxProblems = 100
	// maxFound is how many problems a check may find: a fault of the defaults is found again for each store, and named once.
	maxFound = 20 * maxProblems
	// maxMessage is the length of a message in bytes; what is longer quotes a long value.
	maxMessage = 2_000
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
	return d.read <= maxValues && !d.more
}

// add names a problem, up to maxProblems of them.
func (d *decoder) add(p Problem) {
	if d.more = d.more || len(d.problems) == maxProblems; d.more {
		return
	}
	if len(p.Message) > maxMessage {
		p.Message = strings.ToValidUTF8(p.Message[:maxMessage], "") + "…"
	}
	d.problems = append(d.problems, p)
}

// all are the problems in the order of the file; where there are more than are named, the last one says so.
func (d *decoder) all() Problems {
	named := d.problems.sorted()
	if last := len(named) - 1; d.more {
		named = append(named, Problem{Line: named[last].Line, Column: named[last].Column,
			Message: fmt.Sprintf("the file has more problems than these %d, which show when these are mended", len(named))})
	}
	return named
}
