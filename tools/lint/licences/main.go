// Command licences lists the modules that end in the programs, with the licences that their files hold.
//
//	go run ./licences -root ../..                 writes docs/licences.md
//	go run ./licences -root ../.. -check          fails when the page is not up to date
//	go run ./licences -root ../.. -texts FILE     writes the texts too, which go with the programs
//
// It fails when a licence is not one of those that are allowed, or when a module has none.
package main

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
)

// page is where the list stands, from the root.
const page = "docs/licences.md"

func main() {
	root := flag.String("root", ".", "folder of the project")
	check := flag.Bool("check", false, "compare "+page+" with what is used, and write nothing")
	texts := flag.String("texts", "", "file for the texts of all licences")
	flag.Parse()
	if err := run(*root, *check, *texts); err != nil {
		fmt.Fprintln(os.Stderr, "licences:", err)
		os.Exit(1)
	}
}

func run(root string, check bool, texts string) error {
	modules, err := used(root)
	if err != nil {
		return err
	}
	for n := range modules {
		if err := modules[n].read(); err != nil {
			return err
		}
	}
	if err := judge(modules); err != nil {
		return err
	}
	if err := keep(filepath.Join(root, page), table(modules), check); err != nil {
		return err
	}
	if texts == "" {
		return nil
	}
	return os.WriteFile(texts, all(modules), 0o644)
}

// keep writes the page, or with check says whether it is as it would be written.
func keep(path string, want []byte, check bool) error {
	if !check {
		return os.WriteFile(path, want, 0o644)
	}
	have, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	if string(have) != string(want) {
		return fmt.Errorf("%s is not up to date: `make licences` writes it", page)
	}
	return nil
}
