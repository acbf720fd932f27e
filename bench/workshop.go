package main

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"

	"datawald/sandbox/process"
	workshops "datawald/sandbox/workshop"
)

// workshop is the place of one measurement: a folder and the processes that were started for it.
type workshop struct {
	*workshops.Workshop
	// profile is the folder for profiles of the programs in profiled; empty: none.
	profile string
}

// newWorkshop makes a folder. With a folder for profiles the programs in profiled are built anew, so that they write one.
func newWorkshop(ctx context.Context, profile string) (*workshop, error) {
	if profile != "" {
		if err := os.MkdirAll(profile, 0o755); err != nil {
			return nil, err
		}
	}
	dir, err := os.MkdirTemp("", "datawald-bench-")
	if err != nil {
		return nil, err
	}
	w := &workshop{Workshop: workshops.New(dir, "bin"), profile: profile}
	if profile == "" {
		return w, nil
	}
	if err := w.buildProfiled(ctx); err != nil {
		w.close()
		return nil, err
	}
	return w, nil
}

// close ends what was started, and removes the folder.
func (w *workshop) close() {
	w.Close()
	_ = os.RemoveAll(w.Dir)
}

// startStore runs bin/mongod on an empty folder and gives its address.
func (w *workshop) startStore(ctx context.Context) (string, error) {
	_, address, err := w.StartStore(ctx, 0)
	return "mongodb://" + address + "/", err
}

// startTemporal runs bin/temporal on a file of its own, and gives its address.
func (w *workshop) startTemporal(ctx context.Context) (string, error) {
	port, err := process.FreePort()
	if err != nil {
		return "", err
	}
	_, address, err := w.StartTemporal(ctx, port)
	return address, err
}

// startPart runs another part of this program and reads the line that it prints.
func (w *workshop) startPart(ctx context.Context, name string, args []string, into any) error {
	self, err := os.Executable()
	if err != nil {
		return err
	}
	from, to := io.Pipe()
	p, err := w.Start(process.Spec{Name: name, Path: self, Args: args, Output: to})
	if err != nil {
		return err
	}
	go func() {
		<-p.Done()
		to.CloseWithError(fmt.Errorf("%s ended without a result", name))
	}()
	stop := context.AfterFunc(ctx, func() { to.CloseWithError(ctx.Err()) })
	defer stop()
	lines := bufio.NewScanner(from)
	if !lines.Scan() {
		return fmt.Errorf("%s: %w", name, lines.Err())
	}
	go func() { _, _ = io.Copy(os.Stderr, from) }()
	if err := json.Unmarshal(lines.Bytes(), into); err != nil {
		return fmt.Errorf("%s said: %s", name, lines.Text())
	}
	return nil
}
