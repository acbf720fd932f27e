package main

import (
	"io"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"datawald/sandbox/testkit"
)

// pageCommand is a command line of starter in a page: up to the end of the line, a comment, a closing quote or a sentence.
var pageCommand = regexp.MustCompile("(?:bin/|--rm |worker )starter ([a-z][^\\n`#;|)]*)")

// A command that is copied from a page must be one that the program reads. Fails without: a page that is kept up with the
// commands; with `starter b1 prepair` in one, or a flag that is gone.
func TestCommandsOfThePagesAreRead(t *testing.T) {
	pages, err := filepath.Glob(filepath.Join(testkit.Root(), "docs", "*.md"))
	if err != nil {
		t.Fatal(err)
	}
	for _, more := range []string{"README.md", ".env.example", "rules.example.yaml", "docker-compose.yml"} {
		pages = append(pages, filepath.Join(testkit.Root(), more))
	}
	found := 0
	for _, page := range pages {
		text, err := os.ReadFile(page)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range pageCommand.FindAllStringSubmatch(string(text), -1) {
			found++
			words := strings.Fields(m[1])
			parser := newParser(streams{strings.NewReader(""), io.Discard, io.Discard}, func(int) {})
			// One that is named alone, in a sentence, has no arguments.
			if _, err := parser.Parse(words); err != nil && !strings.HasPrefix(err.Error(), `expected "<`) {
				t.Errorf("%s: starter %s: %v", filepath.Base(page), strings.Join(words, " "), err)
			}
		}
	}
	if found < 40 {
		t.Errorf("%d commands are found in the pages, want 40 or more: are they still read?", found)
	}
}
