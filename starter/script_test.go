package main

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"datawald/sandbox/b1sim"
	"datawald/sandbox/magentosim"
)

// TestScripts runs the command line as a process of its own, as an operator's shell does. The scripts are in testdata.
func TestScripts(t *testing.T) {
	bin := t.TempDir()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(self, filepath.Join(bin, "starter")); err != nil { // TestMain knows itself by this name
		t.Fatal(err)
	}
	rules, err := os.ReadFile(filepath.Join("testdata", "rules.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	testscript.Run(t, testscript.Params{
		Dir: "testdata",
		Setup: func(e *testscript.Env) error {
			e.Setenv("PATH", bin+string(filepath.ListSeparator)+e.Getenv("PATH"))
			e.Setenv("RULES_FILE", "rules.yaml")
			e.Setenv("MONGODB_URI", "mongodb://127.0.0.1:1/") // none that happens to run on this machine
			s, err := magentosim.New(magentosim.Config{Orders: 3, BearerToken: "integration-token"})
			if err != nil {
				return err
			}
			server := httptest.NewServer(s)
			e.Defer(server.Close)
			e.Setenv("SHOP", server.URL)
			company, err := b1sim.New(b1sim.Config{Password: "s3cret-of-b1"})
			if err != nil {
				return err
			}
			layer := httptest.NewServer(company)
			e.Defer(layer.Close)
			e.Setenv("LAYER", layer.URL)
			e.Setenv("GORACE", "atexit_sleep_ms=0") // the race detector waits a second at the end of every process
			return os.WriteFile(filepath.Join(e.WorkDir, "rules.yaml"), rules, 0o644)
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){"exits": exits, "says": says, "shop": control("SHOP"), "layer": control("LAYER")},
	})
}

// control sets switches of a simulator: shop '{"unavailable":true}'.
func control(address string) func(*testscript.TestScript, bool, []string) {
	return func(ts *testscript.TestScript, _ bool, args []string) {
		res, err := http.Post(ts.Getenv(address)+"/control", "application/json", strings.NewReader(args[0]))
		ts.Check(err)
		defer res.Body.Close()
		if res.StatusCode != http.StatusOK {
			ts.Fatalf("%s answers %d", address, res.StatusCode)
		}
	}
}

// exits runs a command that has to end with a code: exits 2 starter preview x.
func exits(ts *testscript.TestScript, _ bool, args []string) {
	want, err := strconv.Atoi(args[0])
	ts.Check(err)
	code := 0
	if err := ts.Exec(args[1], args[2:]...); err != nil {
		ended, ok := errors.AsType[*exec.ExitError](err)
		if !ok {
			ts.Fatalf("%v", err)
		}
		code = ended.ExitCode()
	}
	if code != want {
		ts.Fatalf("exit code %d, want %d", code, want)
	}
}

// says checks that nothing but one line of error was written.
func says(ts *testscript.TestScript, _ bool, args []string) {
	if out := ts.ReadFile("stdout"); out != "" {
		ts.Fatalf("the output is not empty:\n%s", out)
	}
	whole, err := regexp.Compile("^starter: " + args[0] + ".*\n$")
	ts.Check(err)
	if got := ts.ReadFile("stderr"); !whole.MatchString(got) {
		ts.Fatalf("the error is %q, want one line %q", got, args[0])
	}
}
