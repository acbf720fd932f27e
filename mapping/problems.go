package mapping

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/goccy/go-yaml"
)

// Problem is one fault of a rules file, in the words of those who write it.
type Problem struct {
	// Line and Column are where the setting stands, or where it is missing; both count from 1.
	Line, Column int
	// Path names the setting, such as stores.2.tax.codes[0].percent; empty for the whole file.
	Path string
	// Message says what is wrong, and what it may be.
	Message string
}

// String writes the problem as LINE:COLUMN: path: message.
func (p Problem) String() string {
	at := fmt.Sprintf("%d:%d: ", p.Line, p.Column)
	if p.Path != "" {
		at += p.Path + ": "
	}
	return at + p.Message
}

// Problems are all faults of a rules file, in the order of the file.
type Problems []Problem

// Error has a line for each problem.
func (p Problems) Error() string {
	lines := make([]string, len(p))
	for i, one := range p {
		lines[i] = one.String()
	}
	return strings.Join(lines, "\n")
}

func (p Problems) sorted() Problems {
	slices.SortFunc(p, func(a, b Problem) int {
		return cmp.Or(cmp.Compare(a.Line, b.Line), cmp.Compare(a.Column, b.Column), strings.Compare(a.Path, b.Path), strings.Compare(a.Message, b.Message))
	})
	return slices.Compact(p)
}

// syntaxProblem is what the YAML library says of a text that is no YAML.
func syntaxProblem(err error) Problems {
	p := Problem{Line: 1, Column: 1, Message: err.Error()}
	if fault, ok := errors.AsType[yaml.Error](err); ok {
		p.Message = fault.GetMessage()
		if t := fault.GetToken(); t != nil && t.Position != nil {
			p.Line, p.Column = t.Position.Line, t.Position.Column
		}
	}
	p.Message = "this is no YAML: " + strings.Join(strings.Fields(p.Message), " ")
	return Problems{p}
}

// report adds what the check found, each at its place in the file. Left out is what follows from a fault that is
// reported already: a value that could not be read, or a default that a store inherits.
func (d *decoder) report(found []Problem) {
	inherited := map[string]string{}
	for _, p := range found {
		if rest, ok := strings.CutPrefix(p.Path, "default."); ok {
			inherited[rest] = p.Message
		}
	}
	for _, p := range found {
		if d.unreadable(p.Path) || d.repeats(p, inherited) {
			continue
		}
		d.bad(p.Path, "%s", p.Message)
	}
}

// unreadable reports whether a setting, or what holds it, could not be read.
func (d *decoder) unreadable(path string) bool {
	for path != "" {
		if d.failed[path] {
			return true
		}
		path = holder(path)
	}
	return d.failed[""]
}

// repeats reports whether a store has the fault of the defaults because it does not set the setting itself.
func (d *decoder) repeats(p Problem, inherited map[string]string) bool {
	rest, ok := strings.CutPrefix(p.Path, "stores.")
	if _, own := d.places[p.Path]; !ok || own {
		return false
	}
	_, setting, _ := strings.Cut(rest, ".")
	return inherited[setting] == p.Message
}

// holder is the table or list that a setting stands in.
func holder(path string) string { return path[:max(0, strings.LastIndexAny(path, ".["))] }
