package main

import (
	"strings"
	"testing"
)

// What govulncheck -format json writes, shortened.
const stream = `{"config":{"db":"file:///db"}}
{"progress":{"message":"…"}}
{"osv":{"id":"GO-1","summary":"Trailers take memory"}}
{"osv":{"id":"GO-2","modified":"2026-11-05T00:00:00Z","summary":"Templates"}}
{"finding":{"osv":"GO-1","fixed_version":"v0.59.1","trace":[{"module":"example.com/quic","version":"v0.59.0"}]}}
{"finding":{"osv":"GO-1","fixed_version":"v0.59.1","trace":[{"module":"example.com/quic","version":"v0.59.0","package":"p","function":"Read"},{"module":"datawald","function":"main"}]}}
{"finding":{"osv":"GO-2","fixed_version":"v1.26.9","trace":[{"module":"stdlib","version":"v1.26.8","package":"html/template","function":"Execute"}]}}
{"finding":{"osv":"GO-3","trace":[{"module":"example.com/unused","version":"v1.0.0","package":"p"}]}}
`

// Fails without: the question for a function, which tells what is called from what only is there; and without standard.
func TestRead_TellsModulesFromGoAndCalledFromThere(t *testing.T) {
	r, err := read(strings.NewReader(stream))
	if err != nil {
		t.Fatal(err)
	}
	if got := r.ofModules(); len(got) != 1 || got[0] != (vulnerability{"GO-1", "example.com/quic", "v0.59.0", "v0.59.1"}) {
		t.Errorf("of modules: %v, want GO-1", got)
	}
	if got := r.ofGo(); len(got) != 1 || got[0].id != "GO-2" {
		t.Errorf("of Go: %v, want GO-2", got)
	}
	for _, want := range []string{"file:///db", "2026-11-05", "1 of modules, 1 of this Go", "Trailers take memory", "mended by v0.59.1"} {
		if !strings.Contains(r.text(), want) {
			t.Errorf("%q does not say %q", r.text(), want)
		}
	}
}

// A scanner that said nothing has checked nothing.
func TestRead_RefusesWhatIsNoReport(t *testing.T) {
	for _, text := range []string{"", "{}", `{"finding":{}}`, "no network"} {
		if r, err := read(strings.NewReader(text)); err == nil {
			t.Errorf("%q is read as %v", text, r)
		}
	}
}
