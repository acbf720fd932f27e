package main

import (
	"context"
	"fmt"
	"log/slog"
	"net"
	"os"
	"path/filepath"

	"github.com/FerretDB/FerretDB/ferretdb"
)

// pragmas are set on each of FerretDB's connections. With a write-ahead log, synchronous NORMAL leaves the file whole
// after a kill and after a power cut; what a power cut can take is the last moment's writes, and those the connector
// finds again by asking the shop and B1. FULL would wait for the disk at every write.
const pragmas = "_pragma=busy_timeout(10000)&_pragma=journal_mode(wal)&_pragma=synchronous(normal)"

// maxSocketPath is the longest path of a Unix socket on all systems that have them.
const maxSocketPath = 100

// ferret is FerretDB, reachable through a Unix socket only, so that no client gets past the gate by accident.
// FerretDB as a library reports nothing to anybody.
type ferret struct {
	socket  string
	cleanup func()
	stop    context.CancelFunc
	stopped chan struct{}
}

// startFerret opens the databases in the directory.
func startFerret(dbpath string, logger *slog.Logger) (*ferret, error) {
	socket, cleanup, err := socketPath(dbpath)
	if err != nil {
		return nil, err
	}

	db, err := ferretdb.New(&ferretdb.Config{
		Listener:  ferretdb.ListenerConfig{Unix: socket},
		Logger:    logger,
		Handler:   "sqlite",
		SQLiteURL: "file:" + dbpath + "/?" + pragmas,
	})
	if err != nil {
		cleanup()
		return nil, fmt.Errorf("open the databases in %s: %w", dbpath, err)
	}

	ctx, stop := context.WithCancel(context.Background())
	f := &ferret{socket: socket, cleanup: cleanup, stop: stop, stopped: make(chan struct{})}
	go func() {
		defer close(f.stopped)
		_ = db.Run(ctx) // it always returns nil
	}()
	return f, nil
}

func (f *ferret) dial() (net.Conn, error) { return net.Dial("unix", f.socket) }

// close waits until all files are closed. FerretDB gives connections that are still open three seconds to go.
func (f *ferret) close() {
	f.stop()
	<-f.stopped
	f.cleanup()
}

// socketPath puts the socket into the data directory, which is ours alone, or where that is too long for a socket into a
// new temporary directory.
func socketPath(dbpath string) (path string, cleanup func(), err error) {
	path = filepath.Join(dbpath, "mongod.sock")
	if len(path) <= maxSocketPath {
		_ = os.Remove(path) // left by a killed process
		return path, func() { _ = os.Remove(path) }, nil
	}

	dir, err := os.MkdirTemp("", "mongod-")
	if err != nil {
		return "", nil, fmt.Errorf("make a place for a socket: %w", err)
	}
	cleanup = func() { _ = os.RemoveAll(dir) }

	path = filepath.Join(dir, "mongod.sock")
	if len(path) > maxSocketPath {
		cleanup()
		return "", nil, fmt.Errorf("both --dbpath and the temporary directory have too long a path for a socket: choose a shorter --dbpath")
	}
	return path, cleanup, nil
}
