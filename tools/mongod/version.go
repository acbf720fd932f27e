package main

import (
	"fmt"
	"runtime"
	"runtime/debug"
)

const ferretModule = "github.com/FerretDB/FerretDB"

func versionLine() string {
	return fmt.Sprintf("mongod: DataWald's embedded store, FerretDB %s on SQLite files, %s", ferretVersion(), runtime.Version())
}

// ferretVersion is what the go command linked, so it cannot drift from go.mod.
func ferretVersion() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return "of unknown version"
	}
	for _, module := range info.Deps {
		if module.Path == ferretModule {
			return module.Version
		}
	}
	return "of unknown version"
}
