package main

import (
	"bytes"
	"os"
	"strings"
	"testing"
)

func TestProgressShowsHowFarItIs(t *testing.T) {
	var drawn bytes.Buffer
	bar := newProgress(&drawn, 4)
	for range 4 {
		bar.step()
	}
	bar.clear()
	if text := drawn.String(); !strings.Contains(text, "orders") {
		t.Errorf("drawn %q", text)
	}
	newProgress(&drawn, 0).step() // a range that grew while it was counted
	var none *progress
	none.step()
	none.clear()
}

func TestOnlyATerminalIsWatched(t *testing.T) {
	file, err := os.Create(t.TempDir() + "/out")
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	if watched(file) || watched(&bytes.Buffer{}) {
		t.Error("a file or a buffer is taken for a terminal")
	}
}
