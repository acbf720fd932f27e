package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

const mit = `MIT License

Copyright (c) 2026 Somebody

Permission is hereby granted, free of charge, to any person obtaining a copy of this software and associated documentation files (the "Software"), to deal in the Software without restriction, including without limitation the rights to use, copy, modify, merge, publish, distribute, sublicense, and/or sell copies of the Software, and to permit persons to whom the Software is furnished to do so, subject to the following conditions:

The above copyright notice and this permission notice shall be included in all copies or substantial portions of the Software.

THE SOFTWARE IS PROVIDED "AS IS", WITHOUT WARRANTY OF ANY KIND, EXPRESS OR IMPLIED, INCLUDING BUT NOT LIMITED TO THE WARRANTIES OF MERCHANTABILITY, FITNESS FOR A PARTICULAR PURPOSE AND NONINFRINGEMENT. IN NO EVENT SHALL THE AUTHORS OR COPYRIGHT HOLDERS BE LIABLE FOR ANY CLAIM, DAMAGES OR OTHER LIABILITY, WHETHER IN AN ACTION OF CONTRACT, TORT OR OTHERWISE, ARISING FROM, OUT OF OR IN CONNECTION WITH THE SOFTWARE OR THE USE OR OTHER DEALINGS IN THE SOFTWARE.
`

// Fails without: the comparison with allowed, and the look for modules without a licence.
func TestJudge_RefusesWhatIsNotAllowed(t *testing.T) {
	for name, c := range map[string]struct {
		m    module
		want string
	}{
		"allowed":           {module{Path: "a", licences: []string{"Apache-2.0", "MIT"}}, ""},
		"one of two is not": {module{Path: "b", Version: "v1", licences: []string{"MIT", "AGPL-3.0"}}, "b v1 has the licence AGPL-3.0"},
		"none":              {module{Path: "c", Version: "v1"}, "c v1 has no licence"},
	} {
		err := judge([]module{c.m})
		if (err == nil) != (c.want == "") || err != nil && !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want %q", name, err, c.want)
		}
	}
}

// A file that is found beside a package counts too, and one that nobody knows is an error. Fails without: the walk up from the folder of a
// package, and the limit of what must be known.
func TestRead_FindsLicencesOfFoldersAndRefusesUnknownOnes(t *testing.T) {
	dir := t.TempDir()
	inner := filepath.Join(dir, "deep", "inner")
	if err := os.MkdirAll(inner, 0o755); err != nil {
		t.Fatal(err)
	}
	for path, text := range map[string]string{filepath.Join(dir, "LICENSE"): mit, filepath.Join(dir, "license.go"): "package p", filepath.Join(inner, "LICENSE.txt"): mit} {
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	m := module{Path: "m", dir: dir, folders: map[string]bool{inner: true}}
	if err := m.read(); err != nil {
		t.Fatal(err)
	}
	if len(m.files) != 2 || m.files["deep/inner/LICENSE.txt"] == nil || strings.Join(m.licences, " ") != "MIT" {
		t.Errorf("%d files, licences %v; want the two of them, and MIT", len(m.files), m.licences)
	}
	if err := os.WriteFile(filepath.Join(inner, "LICENSE.txt"), []byte("You may use this on Sundays, and never where a competitor of ours works."), 0o644); err != nil {
		t.Fatal(err)
	}
	if err := m.read(); err == nil {
		t.Errorf("licences %v; want an error: nobody knows this one", m.licences)
	}
}
