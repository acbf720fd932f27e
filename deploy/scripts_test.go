package deploy_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/goccy/go-yaml"
)

// script runs one of deploy/scripts with programs of ours in place of those that it calls; each writes down how it was called.
func script(t *testing.T, name string, programs map[string]string) (out, calls string, err error) {
	t.Helper()
	dir := t.TempDir()
	for program, text := range programs {
		path := filepath.Join(dir, program)
		write(t, path, "#!/bin/sh\necho \"$(basename \"$0\") $*\" >>\"$CALLS\"\n"+text)
		if err := os.Chmod(path, 0o700); err != nil {
			t.Fatal(err)
		}
	}
	log := filepath.Join(dir, "calls")
	write(t, log, "")
	cmd := exec.Command("sh", filepath.Join("scripts", name))
	cmd.Env = []string{"PATH=" + dir + ":" + os.Getenv("PATH"), "CALLS=" + log, "TEMPORAL_ADDRESS=temporal:7233", "NAMESPACE=default", "RETENTION=30d"}
	text, err := cmd.CombinedOutput()
	made, readErr := os.ReadFile(log)
	if readErr != nil {
		t.Fatal(readErr)
	}
	return string(text), string(made), err
}

// While Temporal does not serve, the log says why: everything else waits for this one. Fails without: what the script says while it waits, and
// with the answers of temporal thrown away.
func TestNamespaceIsMadeWhenTemporalServes(t *testing.T) {
	waits := `case "$*" in
"operator cluster health") test "$(grep -c health "$CALLS")" -gt 7 || { echo "no such host" >&2; exit 1; } ;;
"operator namespace describe --namespace default") exit 1 ;;
esac
`
	out, calls, err := script(t, "temporal-namespace.sh", map[string]string{"temporal": waits, "sleep": ""})
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	if !strings.Contains(out, "waiting for Temporal at temporal:7233: no such host") {
		t.Errorf("it does not say why it waits: %q", out)
	}
	if want := "temporal operator namespace create --namespace default --retention 30d\n"; !strings.HasSuffix(calls, want) {
		t.Errorf("it calls\n%s\nwant at the end\n%s", calls, want)
	}

	out, calls, err = script(t, "temporal-namespace.sh", map[string]string{"temporal": "", "sleep": ""})
	if err != nil || strings.Contains(calls, "create") {
		t.Errorf("a second time: %v, %s, calls\n%s", err, out, calls)
	}

	out, _, err = script(t, "temporal-namespace.sh", map[string]string{"temporal": "echo 'no such host' >&2; exit 1\n", "sleep": ""})
	if err == nil || !strings.Contains(out, "does not serve after 60 tries: no such host") {
		t.Errorf("without a server: %v, %q", err, out)
	}
}

// What containers mount beside secrets is read by users of their own, whatever the umask was when the project was fetched; the secrets stay closed.
// Fails without: chmod in make-secrets.sh.
func TestMakeSecretsOpensWhatContainersRead(t *testing.T) {
	dir := t.TempDir()
	for _, name := range []string{"scripts", "prometheus", "grafana/provisioning"} {
		if err := os.MkdirAll(filepath.Join(dir, name), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	mounted := []string{"scripts/temporal-server.sh", "temporal.yaml", "prometheus/rules.yml", "grafana/provisioning/a.yml"}
	for _, name := range mounted {
		write(t, filepath.Join(dir, name), "text")
	}
	for _, name := range []string{"make-secrets.sh", "secrets.env"} {
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		write(t, filepath.Join(dir, name), string(text))
	}
	if out, err := exec.Command("sh", "-c", "umask 077; sh "+filepath.Join(dir, "make-secrets.sh")).CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	for _, name := range append(mounted, "scripts", "grafana/provisioning") {
		info, err := os.Stat(filepath.Join(dir, name))
		if err != nil {
			t.Fatal(err)
		}
		if info.Mode().Perm()&0o044 != 0o044 || info.IsDir() && info.Mode().Perm()&0o011 != 0o011 {
			t.Errorf("%s: %v: not for everybody", name, info.Mode())
		}
	}
	if info, err := os.Stat(filepath.Join(dir, "secrets")); err != nil || info.Mode().Perm() != 0o700 {
		t.Errorf("the folder of secrets: %v, %v", info.Mode(), err)
	}
}

// A command of the starter that brings up all that it depends on does the schema and the namespace once more, each time. Fails without: --no-deps in any
// command of these pages.
func TestPagesRunCommandsByThemselves(t *testing.T) {
	found := 0
	for _, page := range []string{"README.md", "docs/operations.md", "docs/access.md", "docs/alarms.md", "docker-compose.yml"} {
		for _, m := range regexp.MustCompile("docker compose run [^\n`]*").FindAllString(read(t, page), -1) {
			if found++; !strings.Contains(m, " --rm --no-deps ") {
				t.Errorf("%s: %s", page, m)
			}
		}
	}
	if found < 10 {
		t.Errorf("%d commands are found, want 10 or more: are they still read?", found)
	}
}

// Temporal's own programs wait for an answer of the name server that there is not, on a network without a way out, and give up. Ours know better
// (config, TestTemporal_IsReached). Fails without: dns_opt in any of them.
func TestComposeTemporalsProgramsDoNotWaitForTheNameServer(t *testing.T) {
	var file struct {
		Services map[string]struct {
			Image    string   `yaml:"image"`
			Networks []string `yaml:"networks"`
			Options  []string `yaml:"dns_opt"`
		} `yaml:"services"`
	}
	if err := yaml.Unmarshal([]byte(read(t, "docker-compose.yml")), &file); err != nil {
		t.Fatal(err)
	}
	looked := 0
	for _, name := range sorted(file.Services) {
		s := file.Services[name]
		if !strings.HasPrefix(s.Image, "temporalio/") || name == "temporal" || name == "temporal-schema" { // these two do not call a server of Temporal by its name
			continue
		}
		looked++
		if !slices.Contains(s.Networks, "outside") && !slices.Equal(s.Options, []string{"timeout:1", "attempts:1"}) {
			t.Errorf("%s: dns_opt is %v", name, s.Options)
		}
	}
	if looked != 3 {
		t.Errorf("%d programs of Temporal's call its server, want 3: are they still read?", looked)
	}
}
