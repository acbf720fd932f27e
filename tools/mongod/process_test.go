package main_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"
)

// patience is how long a test waits for something that should take a fraction of a second.
const patience = 30 * time.Second

// binary is the program under test, built once.
var binary string

func TestMain(m *testing.M) {
	dir, err := os.MkdirTemp("", "mongod-test-")
	if err != nil {
		panic(err)
	}
	binary = filepath.Join(dir, "mongod")
	build := exec.Command("go", "build", "-o", binary, ".")
	build.Stderr = os.Stderr
	if err := build.Run(); err != nil {
		panic(fmt.Sprintf("build the program under test: %v", err))
	}

	code := m.Run()
	_ = os.RemoveAll(dir)
	os.Exit(code)
}

// process is a running store.
type process struct {
	t       *testing.T
	command *exec.Cmd
	output  *output
	address string
	exited  chan struct{}
	err     error // how it ended; read after exited
}

// output collects what a process prints while the test reads it.
type output struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (o *output) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.buf.Write(p)
}

func (o *output) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.buf.String()
}

// start runs the store on a free port and waits until it is ready.
func start(t *testing.T, dbpath string) *process {
	t.Helper()
	portFile := filepath.Join(t.TempDir(), "port")
	p := launch(t, "--dbpath", dbpath, "--port", "0", "--portfile", portFile)
	p.address = strings.TrimSpace(awaitFile(t, p, portFile))
	return p
}

// launch runs the store with these arguments.
func launch(t *testing.T, args ...string) *process {
	t.Helper()
	p := &process{t: t, command: exec.Command(binary, args...), output: &output{}, exited: make(chan struct{})}
	p.command.Stdout = p.output
	p.command.Stderr = p.output
	if err := p.command.Start(); err != nil {
		t.Fatal(err)
	}

	go func() {
		p.err = p.command.Wait()
		close(p.exited)
	}()
	t.Cleanup(func() {
		p.kill()
		if t.Failed() {
			t.Logf("the store printed:\n%s", p.output)
		}
	})
	return p
}

// awaitFile waits for a file that the process writes.
func awaitFile(t *testing.T, p *process, path string) string {
	t.Helper()
	var content []byte
	await(t, "the port file", func() bool {
		select {
		case <-p.exited:
			t.Fatalf("the store ended before it was ready: %v\n%s", p.err, p.output)
		default:
		}
		var err error
		content, err = os.ReadFile(path)
		return err == nil
	})
	return string(content)
}

// await polls until the condition holds.
func await(t *testing.T, what string, condition func() bool) {
	t.Helper()
	for deadline := time.Now().Add(patience); !condition(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("waited %v for %s", patience, what)
		}
	}
}

// kill ends the process as a power cut would, without a chance to clean up.
func (p *process) kill() {
	_ = p.command.Process.Kill()
	<-p.exited
}

// terminate asks the process to end and returns its exit code.
func (p *process) terminate() int {
	p.t.Helper()
	if err := p.command.Process.Signal(syscall.SIGTERM); err != nil {
		p.t.Fatal(err)
	}
	return p.exitCode()
}

// exitCode waits for the end of the process.
func (p *process) exitCode() int {
	p.t.Helper()
	select {
	case <-p.exited:
	case <-time.After(patience):
		p.t.Fatalf("the store did not end within %v\n%s", patience, p.output)
	}

	var failure *exec.ExitError
	switch {
	case p.err == nil:
		return 0
	case errors.As(p.err, &failure):
		return failure.ExitCode()
	default:
		p.t.Fatal(p.err)
		return -1
	}
}

// connect opens a client as the connector does: a plain address, no options.
func (p *process) connect() *mongo.Database {
	p.t.Helper()
	client, err := mongo.Connect(options.Client().ApplyURI("mongodb://" + p.address))
	if err != nil {
		p.t.Fatal(err)
	}
	p.t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), time.Second)
		defer cancel()
		_ = client.Disconnect(ctx)
	})
	return client.Database("shop")
}
