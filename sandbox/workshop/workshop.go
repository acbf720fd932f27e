// Package workshop starts the servers and programs that a measurement or a trial needs, each with its state and its output in
// one folder, and ends them again.
package workshop

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"time"

	"datawald/sandbox/process"
)

// stopLimit is how long a process may take to end before it is killed.
const stopLimit = 10 * time.Second

// Workshop is a folder and the processes that were started in it. It is safe for concurrent use.
type Workshop struct {
	// Dir keeps state and logs, Bin has the programs.
	Dir, Bin string

	mu    sync.Mutex
	parts map[string]*process.Process
	order []string
}

// New is a workshop in a folder that exists.
func New(dir, bin string) *Workshop {
	return &Workshop{Dir: dir, Bin: bin, parts: map[string]*process.Process{}}
}

// Close ends what was started, the last first.
func (w *Workshop) Close() {
	w.mu.Lock()
	defer w.mu.Unlock()
	for i := len(w.order) - 1; i >= 0; i-- {
		w.parts[w.order[i]].Stop(stopLimit)
	}
	w.order = nil
}

// Parts are the processes that run, by name; of those that were started again the last.
func (w *Workshop) Parts() map[string]*process.Process {
	w.mu.Lock()
	defer w.mu.Unlock()
	all := map[string]*process.Process{}
	for name, p := range w.parts {
		all[name] = p
	}
	return all
}

// Start runs a program. One that is started under a name that was used before takes its place.
func (w *Workshop) Start(s process.Spec) (*process.Process, error) {
	p, err := process.Start(s)
	if err != nil {
		return nil, err
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.parts[s.Name] == nil {
		w.order = append(w.order, s.Name)
	}
	w.parts[s.Name] = p
	return p, nil
}

// StartProgram runs one of the project's programs; what it prints is added to <name>.log.
func (w *Workshop) StartProgram(name, program string, env []string, args ...string) (*process.Process, error) {
	said, err := os.OpenFile(w.Log(name), os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o644)
	if err != nil {
		return nil, err
	}
	defer said.Close() // the program has its own hold on it
	p, err := w.Start(process.Spec{Name: name, Path: filepath.Join(w.Bin, program), Args: args, Env: env, Output: said})
	if err != nil {
		return nil, fmt.Errorf("%w (make build makes it)", err)
	}
	return p, nil
}

// Log is where a program prints to.
func (w *Workshop) Log(name string) string { return filepath.Join(w.Dir, name+".log") }

// startServer runs one of the project's servers and waits until it is ready. What it prints is in the error when it is not.
func (w *Workshop) startServer(ctx context.Context, name, program string, ready func(context.Context) error, args ...string) (*process.Process, error) {
	p, err := w.StartProgram(name, program, nil, args...)
	if err != nil {
		return nil, err
	}
	if err := p.WaitFor(ctx, ready); err != nil {
		text, _ := os.ReadFile(w.Log(name))
		return nil, fmt.Errorf("%w\n%s", err, text[max(0, len(text)-4000):])
	}
	return p, nil
}

// StartStore runs bin/mongod on the folder's state and gives its address. Port 0 lets it choose one.
func (w *Workshop) StartStore(ctx context.Context, port int) (p *process.Process, address string, err error) {
	portFile := filepath.Join(w.Dir, "store.port")
	if err := os.RemoveAll(portFile); err != nil {
		return nil, "", err
	}
	ready := func(ctx context.Context) error {
		b, err := os.ReadFile(portFile)
		if address = strings.TrimSpace(string(b)); err == nil && address == "" {
			err = errors.New("no port yet")
		}
		return err
	}
	p, err = w.startServer(ctx, "store", "mongod", ready, "--dbpath", filepath.Join(w.Dir, "store"), "--port", strconv.Itoa(port), "--portfile", portFile)
	return p, address, err
}

// StartTemporal runs bin/temporal as `make run` does, on the folder's state, without its UI.
func (w *Workshop) StartTemporal(ctx context.Context, port int) (p *process.Process, address string, err error) {
	address = net.JoinHostPort("127.0.0.1", strconv.Itoa(port))
	args := append([]string{"server", "start-dev", "--headless", "--ip", "127.0.0.1", "--port", strconv.Itoa(port)}, TemporalState(filepath.Join(w.Dir, "temporal.db"))...)
	p, err = w.startServer(ctx, "temporal", "temporal", process.Listening(address), args...)
	return p, address, err
}

// TemporalState are the arguments of Temporal's dev server that keep its state in a file: without waiting for the disk after
// each write, because that takes most of the time, and the connector finds again what a power cut takes. Priorities need the
// new matcher.
func TemporalState(file string) []string {
	return append([]string{"--db-filename", file, "--sqlite-pragma", "journal_mode=WAL", "--sqlite-pragma", "synchronous=NORMAL",
		"--dynamic-config-value", "matching.useNewMatcher=true", "--log-level", "error"}, OneShard()...)
}

// OneShard are the arguments that let Temporal's dev server go on at once with each step of a workflow. A shard looks for tasks 20 times a
// second by default, and this server has but one: under the lightest load each step waits for 45 ms (metric task_latency_load). A
// server with many shards needs nothing of the kind.
func OneShard() []string {
	return []string{"--dynamic-config-value", "history.transferProcessorMaxPollRPS=1000"}
}
