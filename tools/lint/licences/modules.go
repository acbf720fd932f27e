package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
)

// module is one that ends in a program.
type module struct {
	Path, Version string
	dir           string
	// folders are those of the packages that are used: some bring a licence of their own.
	folders map[string]bool
	// files are the licences and notices, by their paths in the module.
	files    map[string][]byte
	licences []string
}

// id names the module and its version.
func (m *module) id() string { return m.Path + " " + m.Version }

// programs are what is delivered, and platforms what it is delivered for: packages of other systems do not end in it.
var (
	programs  = []string{"./worker", "./starter", "./gateway", "./sandbox"}
	platforms = []string{"amd64", "arm64"}
)

// used asks the go command which modules end in the programs, sorted by path.
func used(root string) ([]module, error) {
	found := map[string]*module{}
	for _, platform := range platforms {
		cmd := exec.Command("go", append([]string{"list", "-deps", "-json=Dir,Module"}, programs...)...)
		cmd.Dir = root
		cmd.Env = append(os.Environ(), "GOOS=linux", "GOARCH="+platform, "CGO_ENABLED=0")
		cmd.Stderr = os.Stderr
		out, err := cmd.StdoutPipe()
		if err != nil {
			return nil, err
		}
		if err := cmd.Start(); err != nil {
			return nil, err
		}
		if err := errors.Join(gather(out, found), cmd.Wait()); err != nil {
			return nil, fmt.Errorf("go list: %w", err)
		}
	}
	modules := []module{standard()}
	for _, path := range slices.Sorted(maps.Keys(found)) {
		modules = append(modules, *found[path])
	}
	return modules, nil
}

// gather reads what go list says of each package.
func gather(list io.Reader, found map[string]*module) error {
	for decoder := json.NewDecoder(list); ; {
		var p struct {
			Dir    string
			Module *struct {
				Path, Version, Dir string
				Main               bool
			}
		}
		if err := decoder.Decode(&p); errors.Is(err, io.EOF) {
			return nil
		} else if err != nil {
			return err
		}
		if p.Module == nil || p.Module.Main { // of Go itself, or ours
			continue
		}
		m := found[p.Module.Path]
		if m == nil {
			m = &module{Path: p.Module.Path, Version: p.Module.Version, dir: p.Module.Dir, folders: map[string]bool{}}
			found[m.Path] = m
		}
		m.folders[p.Dir] = true
	}
}

// standard is Go's own library, which ends in each program too. Its version is left out: the page must not change with each machine.
func standard() module {
	out, err := exec.Command("go", "env", "GOROOT").Output()
	root := strings.TrimSpace(string(out))
	if err != nil || root == "" {
		return module{Path: "std"}
	}
	return module{Path: "std", dir: root, folders: map[string]bool{root: true}}
}

// read finds the licences and notices of the folders that are used, and of those above them.
func (m *module) read() error {
	m.files = map[string][]byte{}
	seen := map[string]bool{}
	for folder := range m.folders {
		for ; strings.HasPrefix(folder, m.dir) && !seen[folder]; folder = filepath.Dir(folder) {
			seen[folder] = true
			if err := m.readFolder(folder); err != nil {
				return err
			}
		}
	}
	return m.name()
}

func (m *module) readFolder(folder string) error {
	entries, err := os.ReadDir(folder)
	if err != nil {
		return err
	}
	for _, e := range entries {
		if e.IsDir() || !isLicence(e.Name()) && !isNotice(e.Name()) {
			continue
		}
		path := filepath.Join(folder, e.Name())
		text, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		name, err := filepath.Rel(m.dir, path)
		if err != nil {
			return err
		}
		m.files[filepath.ToSlash(name)] = text
	}
	return nil
}
