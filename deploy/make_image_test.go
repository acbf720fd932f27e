package deploy_test

import (
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// makeImage runs `make image` in a folder of its own, under the umask of a machine that shows nobody anything. In place of Go and of the engine stand
// scripts that write down what they are asked for; that of Go leaves the files that Go would.
func makeImage(t *testing.T) (context, asked string) {
	t.Helper()
	dir := t.TempDir()
	for _, name := range []string{"Makefile", "rules.example.yaml", "deploy/image/Dockerfile"} {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		write(t, path, read(t, name))
	}
	if err := os.MkdirAll(filepath.Join(dir, "tools/lint"), 0o755); err != nil {
		t.Fatal(err)
	}
	program := `#!/bin/sh
echo "$(basename "$0") $*" >>"` + dir + `/asked"
while [ $# -gt 0 ]; do
	case "$1" in
	-o) out=$2 ;;
	./worker|./starter|./gateway|./sandbox) echo program >"$out${1#./}"; chmod u+x "$out${1#./}" ;;
	-texts) echo texts >"$2" ;;
	esac
	shift
done
`
	for _, name := range []string{"go", "engine"} {
		write(t, filepath.Join(dir, name), program)
		if err := os.Chmod(filepath.Join(dir, name), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	cmd := exec.Command("sh", "-c", `umask 077 && exec make --no-print-directory image GO="$PWD/go" DOCKER="$PWD/engine"`)
	cmd.Dir = dir
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	text, err := os.ReadFile(filepath.Join(dir, "asked"))
	if err != nil {
		t.Fatal(err)
	}
	return filepath.Join(dir, "bin/image"), string(text)
}

// The image of `make image` belongs to root, and its user is another: he must be able to run the programs and to read the rest, whatever the umask is where
// it is made. Fails without: chmod -R in the Makefile.
func TestImageCanBeReadByItsUser(t *testing.T) {
	root, asked := makeImage(t)
	found := map[string]bool{}
	err := filepath.WalkDir(root, func(path string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		info, err := entry.Info()
		if err != nil {
			return err
		}
		name := strings.TrimPrefix(strings.TrimPrefix(path, root), "/")
		found[name] = true
		want := fs.FileMode(0o444)
		if entry.IsDir() || strings.HasPrefix(name, "usr/local/bin/") {
			want = 0o555
		}
		if info.Mode().Perm()&want != want {
			t.Errorf("/%s: %v: not for everybody", name, info.Mode())
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"usr/local/bin/worker", "usr/local/bin/starter", "usr/local/bin/gateway", "usr/local/bin/sandbox", "etc/datawald/rules.example.yaml",
		"usr/share/doc/datawald/licences.txt", "var/lib/datawald"} {
		if !found[name] {
			t.Errorf("/%s is not in the image", name)
		}
	}
	if want := "engine build --network none -t datawald:local -f deploy/image/Dockerfile bin/image\n"; !strings.HasSuffix(asked, want) {
		t.Errorf("the engine was asked\n%s\nwant at the end\n%s", asked, want)
	}
	if text := read(t, "deploy/image/Dockerfile"); !strings.Contains(text, "\nCOPY . /\n") || strings.Count(text, "COPY") != 1 {
		t.Error("deploy/image/Dockerfile copies something else than the folder")
	}
	if image := load(t).Services["worker"].Image; image != "datawald:local" {
		t.Errorf("docker-compose.yml runs %s", image)
	}
}
