package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"datawald/sandbox/process"
)

// workshop is the place of one measurement: a folder and the processes that were started for it.
type workshop struct {
	dir   string
	parts map[string]*process.Process
	order []string
}

func newWorkshop() (*workshop, error) {
	dir, err := os.MkdirTemp("", "datawald-bench-")
	if err != nil {
		return nil, err
	}
	return &workshop{dir: dir, parts: map[string]*process.Process{}}, nil
}

// close ends what was started, the last first, and removes the folder.
func (w *workshop) close() {
	for i := len(w.order) - 1; i >= 0; i-- {
		w.parts[w.order[i]].Stop(10 * time.Second)
	}
	_ = os.RemoveAll(w.dir)
}

// start runs a program; what it says on its standard output goes to out.
func (w *workshop) start(name, path string, args []string, out io.Writer) (*process.Process, error) {
	p, err := process.Start(process.Spec{Name: name, Path: path, Args: args, Output: out})
	if err != nil {
		return nil, err
	}
	w.parts[name] = p
	w.order = append(w.order, name)
	return p, nil
}

// startServer runs one of the project's servers and waits until it is ready. What it prints is shown when it is not.
func (w *workshop) startServer(ctx context.Context, name, program string, ready func(context.Context) error, args ...string) error {
	said, err := os.Create(filepath.Join(w.dir, name+".log"))
	if err != nil {
		return err
	}
	defer said.Close()
	p, err := w.start(name, filepath.Join("bin", program), args, said)
	if err != nil {
		return fmt.Errorf("%w (make build makes it)", err)
	}
	if err := p.WaitFor(ctx, ready); err != nil {
		text, _ := os.ReadFile(said.Name())
		return fmt.Errorf("%w\n%s", err, text)
	}
	return nil
}

// startStore runs bin/mongod on an empty folder and gives its address.
func (w *workshop) startStore(ctx context.Context) (string, error) {
	portFile := filepath.Join(w.dir, "store.port")
	var address string
	ready := func(context.Context) error {
		b, err := os.ReadFile(portFile)
		if address = strings.TrimSpace(string(b)); err == nil && address == "" {
			err = errors.New("no port yet")
		}
		return err
	}
	err := w.startServer(ctx, "store", "mongod", ready, "--dbpath", filepath.Join(w.dir, "store"), "--port", "0", "--portfile", portFile)
	return "mongodb://" + address + "/", err
}

// startTemporal runs bin/temporal as `make run` does, on a file of its own, and gives its address.
func (w *workshop) startTemporal(ctx context.Context) (string, error) {
	port, err := process.FreePort()
	if err != nil {
		return "", err
	}
	address := net.JoinHostPort("127.0.0.1", strconv.Itoa(port))
	return address, w.startServer(ctx, "temporal", "temporal", process.Listening(address), "server", "start-dev", "--headless", "--ip", "127.0.0.1",
		"--port", strconv.Itoa(port), "--db-filename", filepath.Join(w.dir, "temporal.db"), "--sqlite-pragma", "journal_mode=WAL",
		"--sqlite-pragma", "synchronous=NORMAL", "--log-level", "error")
}

// startPart runs another part of this program and reads the line that it prints.
func (w *workshop) startPart(ctx context.Context, name string, args []string, into any) error {
	self, err := os.Executable()
	if err != nil {
		return err
	}
	from, to := io.Pipe()
	p, err := w.start(name, self, args, to)
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
