// Package process starts the programs that a sandbox needs and ends them again: each in a group of its own, by its id,
// with SIGTERM first.
package process

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"os"
	"os/exec"
	"strconv"
	"sync"
	"syscall"
	"time"
)

// Process is a running program.
type Process struct {
	Name string
	cmd  *exec.Cmd
	done chan struct{}
	once sync.Once
	err  error
}

// Spec says what to start.
type Spec struct {
	Name string
	Path string
	Args []string
	// Env is added to this process's own environment.
	Env []string
	// Output takes what the program prints; nil drops it.
	Output io.Writer
}

// Start starts a program in a process group of its own, so that a Ctrl-C reaches this process alone and the order of
// stopping is ours.
func Start(s Spec) (*Process, error) {
	cmd := exec.Command(s.Path, s.Args...)
	cmd.Env = append(os.Environ(), s.Env...)
	cmd.Stdout, cmd.Stderr = s.Output, s.Output
	cmd.SysProcAttr = attributes()
	cmd.WaitDelay = 5 * time.Second
	if err := cmd.Start(); err != nil {
		return nil, fmt.Errorf("%s does not start: %w", s.Name, err)
	}
	p := &Process{Name: s.Name, cmd: cmd, done: make(chan struct{})}
	go func() {
		p.err = cmd.Wait()
		close(p.done)
	}()
	return p, nil
}

// ID is the process id.
func (p *Process) ID() int { return p.cmd.Process.Pid }

// Done is closed when the program has ended.
func (p *Process) Done() <-chan struct{} { return p.done }

// Err says how the program ended, once Done is closed.
func (p *Process) Err() error {
	<-p.done
	return p.err
}

// Stop asks the program to end, and kills it when it has not done so in time.
func (p *Process) Stop(patience time.Duration) {
	p.once.Do(func() { p.signal(syscall.SIGTERM) })
	select {
	case <-p.done:
	case <-time.After(patience):
		p.Kill()
	}
}

// Kill ends the program at once (SIGKILL).
func (p *Process) Kill() {
	p.signal(syscall.SIGKILL)
	<-p.done
}

func (p *Process) signal(s syscall.Signal) {
	select {
	case <-p.done:
	default:
		_ = p.cmd.Process.Signal(s) // it may just have ended
	}
}

// WaitFor polls ready until it succeeds, the program ends, or ctx does.
func (p *Process) WaitFor(ctx context.Context, ready func(context.Context) error) error {
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	var last error
	for {
		if last = ready(ctx); last == nil {
			return nil
		}
		select {
		case <-p.done:
			return fmt.Errorf("%s ended before it was ready: %w", p.Name, errors.Join(p.err, last))
		case <-ctx.Done():
			return fmt.Errorf("%s is not ready: %w", p.Name, last)
		case <-tick.C:
		}
	}
}

// Listening is a readiness check: somebody accepts connections at the address.
func Listening(address string) func(context.Context) error {
	return func(ctx context.Context) error {
		c, err := (&net.Dialer{Timeout: time.Second}).DialContext(ctx, "tcp", address)
		if err != nil {
			return err
		}
		return c.Close()
	}
}

// FreePort finds a port of the loopback that is free now, below those that the system gives to outgoing connections, so that none of these
// takes it before the server has it, or while the server is down to be started again.
func FreePort() (int, error) {
	for range 200 {
		port := 12000 + rand.IntN(18000)
		l, err := net.Listen("tcp", net.JoinHostPort("127.0.0.1", strconv.Itoa(port)))
		if err == nil {
			return port, l.Close()
		}
	}
	return 0, errors.New("no port between 12000 and 30000 is free")
}
