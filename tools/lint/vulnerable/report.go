package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
)

// standard is the name of Go's own library among the modules, and toolchain that of the go command.
const (
	standard  = "stdlib"
	toolchain = "toolchain"
)

// report is what govulncheck says.
type report struct {
	// database is what was asked, and newest when it last changed in what concerns the modules here.
	database, newest string
	summaries        map[string]string
	// called are the vulnerabilities that the programs can come to, by their names; the rest only stands in a module that is used.
	called map[string]vulnerability
}

type vulnerability struct{ id, module, version, mendedBy string }

// read takes the stream of -format json.
func read(stream io.Reader) (*report, error) {
	r := &report{summaries: map[string]string{}, called: map[string]vulnerability{}}
	for decoder := json.NewDecoder(stream); ; {
		var m struct {
			Config *struct {
				DB string
			}
			OSV     *struct{ ID, Summary, Modified string }
			Finding *struct {
				OSV          string
				FixedVersion string `json:"fixed_version"`
				Trace        []struct{ Module, Version, Function string }
			}
		}
		if err := decoder.Decode(&m); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			return nil, err
		}
		if m.Config != nil {
			r.database = m.Config.DB
		}
		if m.OSV != nil {
			r.summaries[m.OSV.ID], r.newest = m.OSV.Summary, max(r.newest, m.OSV.Modified)
		}
		if f := m.Finding; f != nil && len(f.Trace) > 0 && f.Trace[0].Function != "" {
			r.called[f.OSV] = vulnerability{f.OSV, f.Trace[0].Module, f.Trace[0].Version, f.FixedVersion}
		}
	}
	if r.database == "" {
		return nil, errors.New("it does not name its database")
	}
	return r, nil
}

// ofModules are those that a newer version of a module would mend.
func (r *report) ofModules() []vulnerability {
	return r.those(func(v vulnerability) bool { return v.module != standard && v.module != toolchain })
}

func (r *report) ofGo() []vulnerability {
	return r.those(func(v vulnerability) bool { return v.module == standard || v.module == toolchain })
}

func (r *report) those(are func(vulnerability) bool) (found []vulnerability) {
	for _, id := range slices.Sorted(maps.Keys(r.called)) {
		if v := r.called[id]; are(v) {
			found = append(found, v)
		}
	}
	return found
}

// text tells all of it, for people.
func (r *report) text() string {
	var b strings.Builder
	fmt.Fprintf(&b, "known vulnerabilities, by %s, up to %.10s: %d of modules, %d of this Go\n", r.database, r.newest, len(r.ofModules()), len(r.ofGo()))
	for _, v := range append(r.ofModules(), r.ofGo()...) {
		fmt.Fprintf(&b, "  %s  %s %s: %s", v.id, v.module, v.version, strings.TrimSpace(r.summaries[v.id]))
		if v.mendedBy != "" {
			fmt.Fprintf(&b, " (mended by %s)", v.mendedBy)
		}
		b.WriteByte('\n')
	}
	return strings.TrimRight(b.String(), "\n")
}
