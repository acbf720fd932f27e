package version

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"runtime/debug"
	"testing"
)

func TestStamped_TakesWhatTheBuildGaveFirst(t *testing.T) {
	vcs := func(modified string) *debug.BuildInfo {
		return &debug.BuildInfo{Main: debug.Module{Version: "v0.9.0"},
			Settings: []debug.BuildSetting{{Key: "vcs.modified", Value: modified}, {Key: "vcs.revision", Value: "abc"}}}
	}
	for name, c := range map[string]struct {
		number, revision string
		info             *debug.BuildInfo
		want             stamp
	}{
		"flags":                   {"v1.4.0", "0a1b", vcs("true"), stamp{"v1.4.0", "0a1b"}},
		"the go command's":        {"", "", vcs("false"), stamp{"v0.9.0", "abc"}},
		"changed files":           {"", "", vcs("true"), stamp{"v0.9.0", "abc-dirty"}},
		"number alone":            {"v1.4.0", "", vcs("false"), stamp{"v1.4.0", "abc"}},
		"nothing, -buildvcs=off":  {"", "", &debug.BuildInfo{Main: debug.Module{Version: "(devel)"}}, stamp{"devel", "unknown"}},
		"nothing but changes":     {"", "", &debug.BuildInfo{Settings: []debug.BuildSetting{{Key: "vcs.modified", Value: "true"}}}, stamp{"devel", "unknown"}},
		"no information whatever": {"", "", nil, stamp{"devel", "unknown"}},
	} {
		if got := stamped(c.number, c.revision, c.info); got != c.want {
			t.Errorf("%s: %v, want %v", name, got, c.want)
		}
	}
}

func TestAsked_OnlyWhenItWas(t *testing.T) {
	var out bytes.Buffer
	if Asked("worker", []string{"version", "-version"}, &out) || out.Len() > 0 {
		t.Errorf("answers %q unasked", out.String())
	}
	if !Asked("worker", []string{"--version"}, &out) || out.String() != Line("worker")+"\n" {
		t.Errorf("answers %q, want the line", out.String())
	}
}

// Each program says its version and does nothing else: no setting is needed for it, and none read. Fails without: Asked in the main of
// worker or gateway, the flag of starter or sandbox, or another name of the variables that the flags of the build set.
func TestProgramsSayTheirVersion(t *testing.T) {
	dir := t.TempDir()
	build := exec.Command("go", "build", "-trimpath", "-buildvcs=false", "-o", dir,
		"-ldflags", "-s -w -X datawald/version.number=v1.4.0 -X datawald/version.revision=0a1b2c3d", "./worker", "./starter", "./gateway", "./sandbox")
	build.Dir, build.Env = "..", append(os.Environ(), "CGO_ENABLED=0") // as make does, which has most of it built already
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	for _, program := range []string{"worker", "starter", "gateway", "sandbox"} {
		ask := exec.Command(filepath.Join(dir, program), "--version")
		ask.Env = []string{}
		ask.Dir = dir // without a .env
		out, err := ask.CombinedOutput()
		want := `^` + program + ` v1\.4\.0 \(0a1b2c3d, ` + regexp.QuoteMeta(runtime.Version()) + `\)\n$`
		if err != nil || !regexp.MustCompile(want).Match(out) {
			t.Errorf("%s --version: %q (%v), want %s", program, out, err, want)
		}
	}
}
