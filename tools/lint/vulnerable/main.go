// Command vulnerable says which known vulnerabilities the programs call. It runs govulncheck and judges what it finds:
//
//   - what a module brings makes it fail: a newer version mends it, or another module;
//   - what the Go on this machine brings is told. The project cannot mend that, and the programs that are delivered are built with the Go
//     that the Dockerfile names.
package main

import (
	"bytes"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

func main() {
	root := flag.String("root", ".", "folder of the project")
	scanner := flag.String("govulncheck", "govulncheck", "the program")
	db := flag.String("db", "", "database: a folder, or an address such as https://vuln.go.dev")
	flag.Parse()
	if err := run(*root, *scanner, *db, flag.Args()); err != nil {
		fmt.Fprintln(os.Stderr, "vulnerable:", err)
		os.Exit(1)
	}
}

func run(root, scanner, db string, packages []string) error {
	address := db
	if !strings.Contains(db, "://") {
		folder, err := filepath.Abs(db)
		if err != nil {
			return err
		}
		address = "file://" + filepath.ToSlash(folder)
	}
	cmd := exec.Command(scanner, append([]string{"-db", address, "-format", "json"}, packages...)...) //nolint:gosec // what the Makefile says
	cmd.Dir = root
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, os.Stderr
	if err := cmd.Run(); err != nil {
		return fmt.Errorf("not checked: govulncheck failed: %w", err)
	}
	found, err := read(&out)
	if err != nil {
		return fmt.Errorf("not checked: what govulncheck says cannot be read: %w", err)
	}
	fmt.Println(found.text())
	if n := len(found.ofModules()); n > 0 {
		return fmt.Errorf("%d vulnerabilities of modules are called: `go get` the version that mends them", n)
	}
	return nil
}
