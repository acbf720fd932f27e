package gate

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"sync"

	"datawald/tools/mongod/lookup"
	"datawald/tools/mongod/repair"
)

// Config says what stands behind a [Gate].
type Config struct {
	// Dial connects to FerretDB. It is called once for each client connection.
	Dial func() (net.Conn, error)

	// Index is called when a collection or an index of the database may be new, before any later command of any client is let in to
	// write to that database. It indexes by _id what is not indexed yet and returns the names of all collections that are.
	// When it fails it is called again at the next write to that collection.
	Index func(database string) (collections []string, err error)

	// Renew makes one index of the database anew, the first that is wanted and answers nothing as it is; it returns the zero Index when
	// there is none. Nobody writes to the database meanwhile. It may be nil.
	Renew func(ctx context.Context, database string, wanted func(repair.Index) bool) (repair.Index, error)

	// Reader answers what it can by index, instead of FerretDB. It may be nil.
	Reader *lookup.Reader

	Logger *slog.Logger
}

// Gate serves clients. See the package comment for what it does to their commands.
type Gate struct {
	Config
	turns    *turns
	failures failures

	mu      sync.Mutex
	relays  map[*relay]struct{}
	closing bool
	wg      sync.WaitGroup
}

// New makes a gate that serves nobody yet.
func New(config Config) *Gate {
	return &Gate{Config: config, turns: newTurns(), relays: map[*relay]struct{}{}}
}

// Serve takes clients in until the listener is closed. It returns nil after [Gate.Shutdown].
func (g *Gate) Serve(listener net.Listener) error {
	for {
		client, err := listener.Accept()
		if err != nil {
			if g.isClosing() {
				return nil
			}
			return fmt.Errorf("accept clients: %w", err)
		}
		go g.serve(client)
	}
}

// Shutdown ends all client connections, each after the command that it is waiting for, and waits for them. Commands
// still running when ctx is done are cut off. New clients are turned away; the caller closes the listener afterwards.
func (g *Gate) Shutdown(ctx context.Context) {
	g.mu.Lock()
	g.closing = true
	for r := range g.relays {
		r.finish()
	}
	g.mu.Unlock()

	defer context.AfterFunc(ctx, g.cutOff)()
	g.wg.Wait()
}

func (g *Gate) isClosing() bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.closing
}

// admit remembers a relay until it is discharged, unless the gate is closing.
func (g *Gate) admit(r *relay) bool {
	g.mu.Lock()
	defer g.mu.Unlock()

	if g.closing {
		return false
	}
	g.relays[r] = struct{}{}
	g.wg.Add(1)
	return true
}

func (g *Gate) discharge(r *relay) {
	g.mu.Lock()
	defer g.mu.Unlock()

	delete(g.relays, r)
	g.wg.Done()
}

// cutOff ends the relays that did not end by themselves.
func (g *Gate) cutOff() {
	g.mu.Lock()
	defer g.mu.Unlock()

	for r := range g.relays {
		r.close()
	}
}

// serve carries one client's commands until either side ends the connection.
func (g *Gate) serve(client net.Conn) {
	backend, err := g.Dial()
	if err != nil {
		_ = client.Close()
		if !g.isClosing() {
			g.Logger.Error("cannot reach the store behind the gate", "error", err)
		}
		return
	}

	r := newRelay(g, client, backend)
	defer r.close()
	if !g.admit(r) {
		return
	}
	defer g.discharge(r)

	if err := r.run(); !errors.Is(err, io.EOF) && !g.isClosing() {
		g.Logger.Info("connection ended", "client", client.RemoteAddr().String(), "error", err)
	}
}

// wrote takes note of a command that was carried out. The caller holds the turn.
func (g *Gate) wrote(turn *turn, c *command) {
	if !c.writesDocuments() {
		clear(turn.indexed)
	}
	if c.removes() {
		g.forget(c.database)
		return
	}
	if c.collection == "" || turn.indexed[c.collection] {
		return
	}
	defer g.forget(c.database)

	collections, err := g.Index(c.database)
	if err != nil {
		g.Logger.Error("cannot index a new collection; it stays slow until this works",
			"database", c.database, "collection", c.collection, "error", err)
		return
	}
	for _, name := range collections {
		turn.indexed[name] = true
	}
}

// forget lets the reader look anew which collections and indexes there are.
func (g *Gate) forget(database string) {
	if g.Reader != nil {
		g.Reader.Forget(database)
	}
}
