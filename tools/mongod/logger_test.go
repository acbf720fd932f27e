package main

import (
	"log/slog"
	"strings"
	"testing"
)

// formatted tells whether somebody made text of it.
type formatted bool

func (f *formatted) LogValue() slog.Value {
	*f = true
	return slog.StringValue("document")
}

func TestLoggerFormatsNothingForALineThatIsNotWritten(t *testing.T) {
	var out strings.Builder
	var f formatted
	newLogger(&out, slog.LevelError, false).With("args", &f).Info("statement")
	if f || out.Len() > 0 {
		t.Errorf("formatted: %t, written: %q; want neither", f, out.String())
	}
}

func TestLoggerWritesAllThatItWasGiven(t *testing.T) {
	var out strings.Builder
	log := newLogger(&out, slog.LevelError, true).With("a", 1)
	log.With("b", 2).WithGroup("g").With("c", 3).Error("failed", "d", 4)
	log.Info("other")
	for _, want := range []string{"level=ERROR msg=failed a=1 b=2 g.c=3 g.d=4\n", "level=INFO msg=other a=1\n"} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("written: %q, want %q in it", out.String(), want)
		}
	}
}
