package chaos

import (
	"context"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"datawald/sandbox/process"
)

const (
	partStore    = "store"
	partTemporal = "temporal"
	// restartPause keeps a program that cannot start from spinning.
	restartPause = 500 * time.Millisecond
)

// keeper keeps the processes of DataWald alive, as a supervisor does.
type keeper struct {
	parts map[string]*part
}

// part is one process that is started again whenever it ends.
type part struct {
	name  string
	start func(context.Context) (*process.Process, error)

	mu      sync.Mutex
	current *process.Process
	kills   int
	// ended counts the times when it ended by itself: a worker does when a server is away at its start.
	ended int
}

func (w *world) newKeeper() *keeper {
	k := &keeper{parts: map[string]*part{}}
	k.add(partStore, func(ctx context.Context) (*process.Process, error) {
		p, _, err := w.StartStore(ctx, w.ports.store)
		return p, err
	})
	k.add(partTemporal, func(ctx context.Context) (*process.Process, error) {
		p, _, err := w.StartTemporal(ctx, w.ports.temporal)
		return p, err
	})
	for n := range w.options.Workers {
		name := fmt.Sprintf("worker-%d", n+1)
		k.add(name, func(context.Context) (*process.Process, error) {
			return w.StartProgram(name, "worker", w.environment())
		})
	}
	return k
}

func (k *keeper) add(name string, start func(context.Context) (*process.Process, error)) {
	k.parts[name] = &part{name: name, start: start}
}

// begin starts the process and waits until it is ready.
func (p *part) begin(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, starting)
	defer cancel()
	running, err := p.start(ctx)
	if err != nil {
		return err
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.current = running
	return nil
}

// run starts again what ends, until ctx does. A server that cannot be started again ends it with an error.
func (k *keeper) run(ctx context.Context) error {
	g, ctx := errgroup.WithContext(ctx)
	for _, p := range k.parts {
		g.Go(func() error { return p.keep(ctx) })
	}
	return g.Wait()
}

func (p *part) keep(ctx context.Context) error {
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-p.running().Done():
		}
		p.mu.Lock()
		if p.current != nil {
			p.ended++
		}
		p.current = nil
		p.mu.Unlock()
		if !sleep(ctx, restartPause) {
			return nil
		}
		if err := p.begin(context.WithoutCancel(ctx)); err != nil { // what was begun to start must not be left half started
			return fmt.Errorf("%s cannot be started again: %w", p.name, err)
		}
	}
}

func (p *part) running() *process.Process {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.current
}

// alive reports whether the process runs.
func (p *part) alive() bool {
	running := p.running()
	if running == nil {
		return false
	}
	select {
	case <-running.Done():
		return false
	default:
		return true
	}
}

// kill ends the process at once, by its id; false when it is not running.
func (p *part) kill() bool {
	if !p.alive() {
		return false
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.current == nil {
		return false
	}
	p.current.Kill()
	p.kills++
	return true
}

// killing kills one process after the other, while B1 has orders to get: a kill when nothing is to be done proves nothing, and waits.
// Each has its turn before one comes again; the seed gives the order of each round.
func (w *world) killing(ctx context.Context) error {
	r := rand.New(rand.NewPCG(w.options.Seed, 1))
	names := slices.Sorted(maps.Keys(w.keeper.parts))
	var turns []string
	for sleep(ctx, w.options.KillEvery) && w.underLoad(ctx) {
		if len(turns) < len(names) { // a whole round is always known: one that is just starting is passed over, and is next
			for _, n := range r.Perm(len(names)) {
				turns = append(turns, names[n])
			}
		}
		for at, name := range turns {
			if w.keeper.parts[name].kill() {
				turns = slices.Delete(turns, at, at+1)
				w.load.killed(name)
				w.say("killed %s", name)
				w.recovery.after(killOf + kindOf(name))
				break
			}
		}
	}
	return nil
}

// killWorker is the name of all workers.
const killWorker = "a worker"

// killOf begins the name of a recovery from a kill.
const killOf = "kill of "

// kindOf puts all workers under one name.
func kindOf(name string) string {
	if name == partStore || name == partTemporal {
		return name
	}
	return killWorker
}

// stopWorkers lets the workers finish what they have in hand.
func (k *keeper) stopWorkers() {
	var all sync.WaitGroup
	for name, p := range k.parts {
		if running := p.running(); name != partStore && name != partTemporal && running != nil {
			all.Go(func() { running.Stop(30 * time.Second) })
		}
	}
	all.Wait()
}
