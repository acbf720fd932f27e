package main

import (
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"syscall"
)

// listen takes the port of the command line.
func listen(o options) (net.Listener, error) {
	listener, err := net.Listen("tcp", o.address())
	switch {
	case errors.Is(err, syscall.EADDRINUSE):
		return nil, fmt.Errorf("port %d on %s is in use: choose another with --port, or --port 0 for a free one", o.port, o.bindIP)
	case errors.Is(err, syscall.EACCES):
		return nil, fmt.Errorf("port %d on %s needs rights that this user lacks: choose one above 1023 with --port", o.port, o.bindIP)
	case err != nil:
		return nil, fmt.Errorf("cannot listen on %s (see --bind_ip and --port): %w", o.address(), err)
	}
	return listener, nil
}

// publish writes the address to the port file, whole or not at all, so that a reader who sees the file can use it.
// The returned function takes the file away again.
func publish(path, address string) (withdraw func(), err error) {
	if path == "" {
		return func() {}, nil
	}

	draft, err := os.CreateTemp(filepath.Dir(path), filepath.Base(path)+".*")
	if err != nil {
		return nil, fmt.Errorf("--portfile %s cannot be written: %w", path, err)
	}
	defer os.Remove(draft.Name()) // fails after the rename, as it should

	_, err = draft.WriteString(address + "\n")
	if err = errors.Join(err, draft.Close()); err != nil {
		return nil, fmt.Errorf("--portfile %s cannot be written: %w", path, err)
	}
	if err := os.Rename(draft.Name(), path); err != nil {
		return nil, fmt.Errorf("--portfile %s cannot be written: %w", path, err)
	}
	return func() { _ = os.Remove(path) }, nil
}
