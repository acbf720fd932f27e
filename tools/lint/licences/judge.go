package main

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"maps"
	"path"
	"slices"
	"strings"

	"github.com/google/licensecheck"
)

// allowed are the licences that ask for no more than that their text goes with the program. The rest needs a decision first: what
// asks for the source of our own code, or forbids a use, cannot be in a program that merchants are given.
var allowed = []string{"0BSD", "Apache-2.0", "BSD-2-Clause", "BSD-3-Clause", "ISC", "MIT", "Unlicense", "Zlib"}

// without are modules whose files hold no licence, each with what was found out about it. An entry counts for one version alone.
var without = map[string]string{
	"github.com/nexus-rpc/nexus-proto-annotations v0.1.0": "none in its files nor in its repository: two options for protocol buffers, whose source nexusannotations/v1/options.proto github.com/temporalio/api has too but for the names of its packages, and go.temporal.io/api as generated code, both under MIT; the README of the module tells users to copy that folder",
}

// known is how much of a file must be text of known licences; the rest is names, years and headings.
const known = 75

func isLicence(name string) bool {
	name = strings.ToUpper(name)
	if ext := path.Ext(name); ext != "" && ext != ".MD" && ext != ".TXT" && ext != ".MIT" && ext != ".BSD" {
		return false // license.go
	}
	return strings.HasPrefix(name, "LICENSE") || strings.HasPrefix(name, "LICENCE") || strings.HasPrefix(name, "COPYING")
}

// isNotice tells files that go along and are no licence.
func isNotice(name string) bool {
	name = strings.ToUpper(name)
	return name == "NOTICE" || name == "NOTICE.TXT" || name == "NOTICE.MD" || name == "PATENTS"
}

// name says which licences the files hold. A file of which too little is known makes it an error: nobody has read it.
func (m *module) name() error {
	found := map[string]bool{}
	for _, file := range slices.Sorted(maps.Keys(m.files)) {
		if !isLicence(path.Base(file)) {
			continue
		}
		c := licensecheck.Scan(m.files[file])
		if c.Percent < known {
			return fmt.Errorf("%s: only %.0f %% of %s is the text of a known licence: read it, and choose another module if need be", m.Path, c.Percent, file)
		}
		for _, match := range c.Match {
			if !match.IsURL {
				found[match.ID] = true
			}
		}
	}
	m.licences = slices.Sorted(maps.Keys(found))
	return nil
}

// judge says which modules have a licence that is not allowed, or none.
func judge(modules []module) error {
	var problems []error
	for _, m := range modules {
		if len(m.licences) == 0 && without[m.id()] == "" {
			problems = append(problems, fmt.Errorf("%s has no licence", m.id()))
		}
		for _, l := range m.licences {
			if !slices.Contains(allowed, l) {
				problems = append(problems, fmt.Errorf("%s has the licence %s, which is not allowed: %s are", m.id(), l, strings.Join(allowed, ", ")))
			}
		}
	}
	return errors.Join(problems...)
}

// table is the page.
func table(modules []module) []byte {
	var b bytes.Buffer
	fmt.Fprintf(&b, `# Licences

The modules that end in the programs worker, starter, gateway and sandbox on Linux, and the licences that their files hold. `+"`make licences`"+` writes
this page; `+"`make lint`"+` fails when it is not up to date, or when a licence is another than %s. The texts are in the image, in
`+"`/usr/share/doc/datawald/licences.txt`"+`.

| module | version | licences |
|---|---|---|
`, strings.Join(allowed, ", "))
	for _, m := range modules {
		fmt.Fprintf(&b, "| %s | %s | %s |\n", m.Path, m.Version, cmp.Or(strings.Join(m.licences, ", "), without[m.id()]))
	}
	return b.Bytes()
}

// all are the texts, as the licences want them to go with the programs.
func all(modules []module) []byte {
	var b bytes.Buffer
	for _, m := range modules {
		for _, file := range slices.Sorted(maps.Keys(m.files)) {
			fmt.Fprintf(&b, "==== %s %s, %s\n\n%s\n\n", m.Path, m.Version, file, bytes.TrimSpace(m.files[file]))
		}
	}
	return b.Bytes()
}
