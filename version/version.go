// Package version says which DataWald a program is.
package version

import (
	"fmt"
	"io"
	"runtime"
	"runtime/debug"
	"slices"
	"sync"
)

// Given at the build: -ldflags "-X datawald/version.number=1.4.0 -X datawald/version.revision=0a1b2c…". `make` does so.
var (
	number   string
	revision string
)

// What is said where nothing is known.
const (
	noNumber   = "devel"
	noRevision = "unknown"
)

// String is the version: a release such as v1.4.0, or how far past one, or "devel" where the build gave none. It is never empty and
// has no spaces, so that it can be the label of a metric.
func String() string { return known().number }

// Revision is the commit that the program was built from, with "-dirty" behind it when files were changed; "unknown" where the
// build gave none.
func Revision() string { return known().revision }

// Line is what a program answers to --version: its name, the version, the revision, and the Go that built it.
func Line(program string) string {
	return fmt.Sprintf("%s %s (%s, %s)", program, String(), Revision(), runtime.Version())
}

// Asked answers --version, if it is among the arguments of a program, and reports whether it was.
func Asked(program string, args []string, out io.Writer) bool {
	if !slices.Contains(args, "--version") {
		return false
	}
	fmt.Fprintln(out, Line(program))
	return true
}

type stamp struct{ number, revision string }

var known = sync.OnceValue(func() stamp {
	info, _ := debug.ReadBuildInfo()
	return stamped(number, revision, info)
})

// stamped takes what the build gave, and for the rest what the go command wrote into the program, which is nothing with
// -buildvcs=false. info may be nil.
func stamped(number, revision string, info *debug.BuildInfo) stamp {
	s := stamp{number, revision}
	if info != nil {
		if s.number == "" && info.Main.Version != "(devel)" {
			s.number = info.Main.Version
		}
		if s.revision == "" {
			s.revision = commit(info.Settings)
		}
	}
	if s.number == "" {
		s.number = noNumber
	}
	if s.revision == "" {
		s.revision = noRevision
	}
	return s
}

// commit is the revision among the settings of a build.
func commit(settings []debug.BuildSetting) (revision string) {
	dirty := ""
	for _, s := range settings {
		switch {
		case s.Key == "vcs.revision":
			revision = s.Value
		case s.Key == "vcs.modified" && s.Value == "true":
			dirty = "-dirty"
		}
	}
	if revision == "" {
		return ""
	}
	return revision + dirty
}
