package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"path/filepath"
	"sync"
	"time"

	"datawald/tools/mongod/gate"
	"datawald/tools/mongod/lookup"
	"datawald/tools/mongod/repair"
)

// shutdownTime is how long commands that are being carried out may take to end after the signal.
const shutdownTime = 5 * time.Second

// serve runs the store until ctx is done. Whatever can fail because of the command line is tried first, so that its
// error is the first and only line.
func serve(ctx context.Context, o options, stdout, stderr io.Writer) error {
	dir, err := openDirectory(o.dbpath)
	if err != nil {
		return err
	}
	defer dir.close()

	listener, err := listen(o)
	if err != nil {
		return err
	}
	defer listener.Close()

	databases, err := repair.Directory(ctx, o.dbpath)
	if err != nil {
		return err
	}

	// FerretDB warns of each command that it refuses
	ferret, err := startFerret(o.dbpath, newLogger(stderr, slog.LevelError, o.verbose))
	if err != nil {
		return err
	}
	defer ferret.close()

	reader := lookup.New(o.dbpath)
	defer reader.Close()

	g := gate.New(gate.Config{Dial: ferret.dial, Index: indexer(o.dbpath), Renew: renewer(o.dbpath), Reader: reader,
		Logger: newLogger(stderr, slog.LevelWarn, o.verbose)})
	failed := make(chan error, 1)
	go func() { failed <- g.Serve(listener) }()
	// Indexes of an earlier release are made anew beside the clients, and that ends first: it waits for a writer, who may have to be cut off.
	renewal, stopRenewal := context.WithCancel(ctx)
	var renewing sync.WaitGroup
	defer func() {
		stopRenewal()
		shutdown(g)
		renewing.Wait()
	}()

	address := listener.Addr().String()
	withdraw, err := publish(o.portFile, address)
	if err != nil {
		return err
	}
	defer withdraw()

	fmt.Fprintf(stdout, "mongod: ready on mongodb://%s, data in %s, FerretDB %s\n", address, o.dbpath, ferretVersion())

	// indexes of an earlier release answer nothing yet; what they are for is slow until they are made anew, and right
	renewing.Go(func() { g.RenewAll(renewal, databases) })

	select {
	case <-ctx.Done():
		return nil
	case err := <-failed:
		return err
	}
}

func shutdown(g *gate.Gate) {
	ctx, cancel := context.WithTimeout(context.Background(), shutdownTime)
	defer cancel()
	g.Shutdown(ctx)
}

// indexer is the gate's hook that indexes the collections of a database by _id and names them.
func indexer(dbpath string) func(string) ([]string, error) {
	return func(database string) ([]string, error) {
		names, err := repair.IDIndexes(context.Background(), filepath.Join(dbpath, database+repair.FileExtension))
		if errors.Is(err, fs.ErrNotExist) {
			return nil, nil // the command changed nothing and made no database
		}
		return names, err
	}
}

// renewer is the gate's hook that makes one index anew.
func renewer(dbpath string) func(context.Context, string, func(repair.Index) bool) (repair.Index, error) {
	return func(ctx context.Context, database string, wanted func(repair.Index) bool) (repair.Index, error) {
		index, err := repair.Renew(ctx, filepath.Join(dbpath, database+repair.FileExtension), wanted)
		if errors.Is(err, fs.ErrNotExist) {
			return repair.Index{}, nil // it was dropped meanwhile
		}
		return index, err
	}
}
