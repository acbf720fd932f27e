package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"datawald/sandbox/process"
	"datawald/sandbox/workshop"
)

const (
	startLimit  = 90 * time.Second
	stopLimit   = 40 * time.Second
	restartWait = time.Second
)

// sandbox is everything that `sandbox run` started, in the order of starting.
type sandbox struct {
	settings *settings
	logs     string
	started  []*process.Process
	files    []io.Closer
	// lost tells of a server that ended by itself.
	lost chan *process.Process
}

// runAll starts all parts, keeps them alive, shows how the orders move, and stops all of it in reverse order.
func runAll(ctx context.Context, s *settings) error {
	if err := prepare(s); err != nil {
		return err
	}
	b := &sandbox{settings: s, logs: filepath.Join(s.Dir, "logs"), lost: make(chan *process.Process, 2)}
	if err := os.MkdirAll(b.logs, 0o755); err != nil {
		return err
	}
	if err := s.ofItsOwn(); err != nil {
		return err
	}
	sims, magento, b1, err := listenSimulators(s)
	if err != nil {
		return err
	}
	simsCtx, stopSims := context.WithCancel(context.WithoutCancel(ctx))
	simsDone := make(chan error, 1)
	go func() { simsDone <- sims.serve(simsCtx, magento, b1) }()

	err = b.startAndWatch(ctx)
	fmt.Println("\nstopping …")
	b.stop()
	stopSims()
	if simsErr := <-simsDone; err == nil || errors.Is(err, context.Canceled) {
		err = simsErr
	}
	if err == nil {
		fmt.Println("stopped; the next run carries on (make clean-data starts afresh)")
	}
	return err
}

func (b *sandbox) startAndWatch(ctx context.Context) error {
	begin := time.Now()
	if err := b.startServers(ctx); err != nil {
		return err
	}
	if err := b.writeEnvironment(); err != nil {
		return err
	}
	worker, err := b.start("worker", nil)
	if err != nil {
		return err
	}
	gateway, err := b.startAndAwait(ctx, "gateway", b.ready("http://"+b.settings.Gateway+"/readyz"))
	if err != nil {
		return err
	}
	if err := b.apply(ctx); err != nil {
		return err
	}
	fmt.Print(b.welcome(time.Since(begin)))
	return b.watch(ctx, worker, gateway)
}

// startServers starts the embedded Temporal and store, unless others are named.
func (b *sandbox) startServers(ctx context.Context) error {
	s := b.settings
	if s.MongoDBURI == "" {
		host, port, _ := net.SplitHostPort(s.Store)
		if err := b.startServer(ctx, "mongod", process.Listening(s.Store),
			"--dbpath", filepath.Join(s.Dir, "mongodb"), "--port", port, "--bind_ip", host); err != nil {
			return err
		}
	}
	if s.TemporalAddress == "" {
		host, port, _ := net.SplitHostPort(s.Temporal)
		uiHost, uiPort, _ := net.SplitHostPort(s.TemporalUI)
		if err := b.startServer(ctx, "temporal", b.ready("http://"+s.TemporalUI+"/"),
			append([]string{"server", "start-dev", "--ip", host, "--port", port, "--ui-ip", uiHost, "--ui-port", uiPort},
				workshop.TemporalState(filepath.Join(s.Dir, "temporal.db"))...)...); err != nil {
			return err
		}
	}
	return nil
}

// start starts one of our programs with its output in a file of its own.
func (b *sandbox) start(name string, args []string) (*process.Process, error) {
	file, err := os.OpenFile(filepath.Join(b.logs, name+".log"), os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o644)
	if err != nil {
		return nil, err
	}
	b.files = append(b.files, file)
	p, err := process.Start(process.Spec{Name: name, Path: filepath.Join(b.settings.Bin, name), Args: args, Env: b.settings.environment(), Output: file})
	if err != nil {
		return nil, err
	}
	b.started = append(b.started, p)
	return p, nil
}

func (b *sandbox) startAndAwait(ctx context.Context, name string, ready func(context.Context) error, args ...string) (*process.Process, error) {
	p, err := b.start(name, args)
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(ctx, startLimit)
	defer cancel()
	if err := p.WaitFor(ctx, ready); err != nil {
		return nil, fmt.Errorf("%w\n%s", err, b.lastWords(name))
	}
	return p, nil
}

// startServer starts a server that everything else needs; when it ends by itself the sandbox does too.
func (b *sandbox) startServer(ctx context.Context, name string, ready func(context.Context) error, args ...string) error {
	p, err := b.startAndAwait(ctx, name, ready, args...)
	if err != nil {
		return err
	}
	go func() {
		<-p.Done()
		b.lost <- p
	}()
	return nil
}

// lastWords are the last lines that a program printed.
func (b *sandbox) lastWords(name string) string {
	text, err := os.ReadFile(filepath.Join(b.logs, name+".log"))
	if err != nil {
		return ""
	}
	lines := strings.Split(strings.TrimSpace(string(text)), "\n")
	return "  " + strings.Join(lines[max(0, len(lines)-10):], "\n  ")
}

func (b *sandbox) ready(url string) func(context.Context) error {
	return func(ctx context.Context) error {
		req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
		if err != nil {
			return err
		}
		res, err := http.DefaultClient.Do(req)
		if err != nil {
			return err
		}
		defer res.Body.Close()
		if res.StatusCode >= 400 {
			return fmt.Errorf("%s answers %s", url, res.Status)
		}
		return nil
	}
}

// apply creates the schedule, as an operator would.
func (b *sandbox) apply(ctx context.Context) error {
	cmd := exec.CommandContext(ctx, filepath.Join(b.settings.Bin, "starter"), "apply")
	cmd.Env = append(os.Environ(), b.settings.environment()...)
	out, err := cmd.CombinedOutput()
	if err != nil {
		return fmt.Errorf("starter apply: %w\n%s", err, out)
	}
	return nil
}

// writeEnvironment leaves the settings for programs started by hand.
func (b *sandbox) writeEnvironment() error {
	text := "# Settings of the running sandbox: set -a; . " + filepath.Join(b.settings.Dir, "sandbox.env") + "; set +a\n"
	for _, line := range b.settings.environment() {
		name, value, _ := strings.Cut(line, "=")
		text += name + "='" + value + "'\n"
	}
	return os.WriteFile(filepath.Join(b.settings.Dir, "sandbox.env"), []byte(text), 0o600)
}

// watch starts worker and gateway again when they end by themselves, and shows the orders move.
func (b *sandbox) watch(ctx context.Context, worker, gateway *process.Process) error {
	counts := newCounter(b.settings.Gateway, b.settings.Key)
	next := time.NewTimer(time.Second)
	defer next.Stop()
	for {
		var err error
		select {
		case <-ctx.Done():
			return ctx.Err()
		case p := <-b.lost:
			return fmt.Errorf("%s (process %d) has ended by itself (%w); its last words:\n%s", p.Name, p.ID(), p.Err(), b.lastWords(p.Name))
		case <-worker.Done():
			worker, err = b.restart(ctx, worker)
		case <-gateway.Done():
			gateway, err = b.restart(ctx, gateway)
		case <-next.C:
			asked := time.Now()
			if line := counts.line(ctx); line != "" {
				fmt.Println(line)
			}
			// A machine that is busy counts slowly: ask less often then, but not so seldom that all seems to stand still.
			next.Reset(2*time.Second + min(20*time.Since(asked), 8*time.Second))
		}
		if err != nil {
			return err
		}
	}
}

func (b *sandbox) restart(ctx context.Context, p *process.Process) (*process.Process, error) {
	fmt.Printf("%s (process %d) has ended (%v); starting it again\n", p.Name, p.ID(), p.Err())
	select {
	case <-ctx.Done():
		return p, ctx.Err()
	case <-time.After(restartWait): // a program that cannot start must not spin
	}
	again, err := b.start(p.Name, nil)
	if err == nil {
		fmt.Printf("%s runs again as process %d\n", again.Name, again.ID())
	}
	return again, err
}

// stop ends everything, last started first.
func (b *sandbox) stop() {
	for i := len(b.started) - 1; i >= 0; i-- {
		b.started[i].Stop(stopLimit)
	}
	for _, f := range b.files {
		f.Close()
	}
}
