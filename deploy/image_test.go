package deploy_test

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// builtAs gives the flags with which the image builds the programs, and says so where the Makefile does it otherwise.
func builtAs(t *testing.T) (flags, environment []string) {
	t.Helper()
	for _, page := range []string{"Makefile", "Dockerfile"} {
		for _, want := range []string{"CGO_ENABLED=0", "-trimpath", "-buildvcs=false", "-X datawald/version.number=", "-X datawald/version.revision="} {
			if !strings.Contains(read(t, page), want) {
				t.Errorf("%s builds without %s", page, want)
			}
		}
	}
	return []string{"build", "-trimpath", "-buildvcs=false", "-ldflags", "-s -w"}, append(os.Environ(), "CGO_ENABLED=0", "GOTOOLCHAIN=local")
}

func build(t *testing.T, dir, out, what string) {
	t.Helper()
	flags, environment := builtAs(t)
	cmd := exec.Command("go", append(flags, "-o", out, what)...)
	cmd.Dir, cmd.Env = dir, environment
	if text, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, text)
	}
}

// alone runs a program in a folder that it takes for the whole system, as nobody in particular.
func alone(t *testing.T, root string, command ...string) (string, error) {
	t.Helper()
	cmd := exec.Command(command[0], command[1:]...)
	cmd.Path, cmd.Dir, cmd.Env = command[0], "/", []string{}
	cmd.SysProcAttr = &syscall.SysProcAttr{Chroot: root}
	if os.Getuid() == 0 {
		cmd.SysProcAttr.Credential = &syscall.Credential{Uid: 10001, Gid: 10001}
	} else { // may still take a folder for the root in a user namespace of its own
		cmd.SysProcAttr.Cloneflags = syscall.CLONE_NEWUSER
		cmd.SysProcAttr.UidMappings = []syscall.SysProcIDMap{{ContainerID: 0, HostID: os.Getuid(), Size: 1}}
	}
	out, err := cmd.CombinedOutput()
	if errors.Is(err, syscall.EPERM) {
		t.Skip("this machine lets nobody take a folder for the whole system:", err)
	}
	return string(out), err
}

// The image holds the programs and the example of the rules, and nothing else: no libraries, no shell, no certificates, no time zones. Fails
// without: CGO_ENABLED=0 where something needs C, and either import of package standalone.
func TestProgramsRunWhereThereIsNothingElse(t *testing.T) {
	root := t.TempDir()
	if err := os.Chmod(root, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(filepath.Dir(root), 0o755); err != nil {
		t.Fatal(err)
	}
	build(t, "..", filepath.Join(root, "bare"), "./deploy/testdata/bare")
	if out, err := alone(t, root, "/bare"); err != nil || out != "authorities, and Europe/Berlin\n" {
		t.Errorf("%q, %v", out, err)
	}
	build(t, "..", filepath.Join(root, "starter"), "./starter")
	rules := strings.Replace(read(t, "rules.example.yaml"), "# time_zone: America/Los_Angeles", "time_zone: America/Los_Angeles", 1)
	if err := os.WriteFile(filepath.Join(root, "rules.yaml"), []byte(rules), 0o644); err != nil {
		t.Fatal(err)
	}
	if out, err := alone(t, root, "/starter", "rules", "check", "/rules.yaml"); err != nil {
		t.Errorf("starter rules check: %v\n%s", err, out)
	}
	if out, err := alone(t, root, "/starter", "--version"); err != nil || !strings.HasPrefix(out, "starter ") {
		t.Errorf("starter --version: %q, %v", out, err)
	}
}

// Each program brings what the image lacks. Fails without: the import in any of them.
func TestProgramsBringWhatTheImageLacks(t *testing.T) {
	for _, program := range []string{"worker", "starter", "gateway", "sandbox"} {
		if !strings.Contains(read(t, program+"/main.go"), `_ "datawald/standalone"`) {
			t.Errorf("%s does not import datawald/standalone", program)
		}
	}
}

// The same source gives the same bytes in whatever folder it is built, so that anybody can check what was delivered. `make reproducible` does so
// for all programs, from nothing. Fails without: -trimpath.
func TestBuildIsTheSameInEachFolder(t *testing.T) {
	var programs []string
	for _, folder := range []string{"one", "the/other"} {
		source := filepath.Join(t.TempDir(), folder)
		copySource(t, source)
		out := filepath.Join(t.TempDir(), "starter")
		build(t, source, out, "./starter")
		text, err := os.ReadFile(out)
		if err != nil {
			t.Fatal(err)
		}
		if strings.Contains(string(text), source) {
			t.Errorf("the program names the folder in which it was built")
		}
		programs = append(programs, string(text))
	}
	if programs[0] != programs[1] {
		t.Error("two builds of the same source differ")
	}
}

// copySource copies what the starter is built from.
func copySource(t *testing.T, to string) {
	t.Helper()
	list := exec.Command("go", "list", "-deps", "-f", "{{if .Module}}{{if .Module.Main}}{{.Dir}}{{end}}{{end}}", "./starter")
	list.Dir = ".."
	out, err := list.Output()
	if err != nil {
		t.Fatal(err)
	}
	root, err := filepath.Abs("..")
	if err != nil {
		t.Fatal(err)
	}
	copied := map[string]bool{}
	for _, dir := range strings.Fields(string(out)) {
		name, err := filepath.Rel(root, dir)
		if err != nil {
			t.Fatal(err)
		}
		folder, _, _ := strings.Cut(name, "/")
		if copied[folder] {
			continue
		}
		copied[folder] = true
		if err := os.CopyFS(filepath.Join(to, folder), os.DirFS(filepath.Join(root, folder))); err != nil {
			t.Fatal(err)
		}
	}
	for _, file := range []string{"go.mod", "go.sum"} {
		write(t, filepath.Join(to, file), read(t, file))
	}
}
