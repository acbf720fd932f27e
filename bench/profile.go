package main

import (
	"fmt"
	"os"
	"path/filepath"
	"runtime/pprof"
)

// profile records where a part spends its time, for `go tool pprof`, until the returned function is called. Without a folder
// it does nothing.
func profile(dir, part string) (stop func()) {
	if dir == "" {
		return func() {}
	}
	file, err := os.Create(filepath.Join(dir, part+".cpu"))
	if err == nil {
		err = pprof.StartCPUProfile(file)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "bench: no profile of", part+":", err)
		return func() {}
	}
	return func() {
		pprof.StopCPUProfile()
		_ = file.Close()
	}
}
