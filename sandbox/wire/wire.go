// Package wire is a cable between two programs that a test can cut: a TCP proxy that passes bytes on until it is told to lose,
// hold or delay them.
package wire

import (
	"net"
	"sync"
	"time"
)

// Fault is what is wrong with the cable.
type Fault string

const (
	// Whole passes everything on.
	Whole Fault = ""
	// Reset breaks every connection with a reset, and every new one as soon as it is made.
	Reset Fault = "reset"
	// BlackHole takes connections and bytes and gives nothing: no answer, and no end either.
	BlackHole Fault = "black hole"
	// Slow holds every piece back for Delay in each direction.
	Slow Fault = "slow"
	// CutAnswers breaks each connection after a few bytes of the next answer (half of its first piece, at most 40).
	CutAnswers Fault = "cut answers"
)

// Delay is how long Slow holds a piece back.
const Delay = 150 * time.Millisecond

// Wire leads from an address of its own to another. Its methods are safe for concurrent use.
type Wire struct {
	target   string
	listener net.Listener
	done     sync.WaitGroup

	mu     sync.Mutex
	fault  Fault
	struck int
	// changed is closed when the fault changes: who waits in a black hole looks again.
	changed chan struct{}
	closed  bool
	open    map[net.Conn]bool
}

// New lays a wire to a target (host:port), which need not answer yet. It ends with Close.
func New(target string) (*Wire, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	w := &Wire{target: target, listener: l, changed: make(chan struct{}), open: map[net.Conn]bool{}}
	w.done.Go(w.accept)
	return w, nil
}

// Address is where programs connect to (host:port).
func (w *Wire) Address() string { return w.listener.Addr().String() }

// Set changes what is wrong from now on, with the connections that are open as well: Reset breaks them at once. What a black
// hole took never arrives: it breaks the connections that it held when it ends, as a router that comes back knows none of them.
func (w *Wire) Set(f Fault) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if f == Reset || w.fault == BlackHole && f != BlackHole {
		w.breakAll()
	}
	w.fault = f
	close(w.changed)
	w.changed = make(chan struct{})
}

// Struck counts the pieces and connections that a fault has met since the wire was laid.
func (w *Wire) Struck() int {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.struck
}

// Close breaks all connections and ends the wire.
func (w *Wire) Close() error {
	err := w.listener.Close()
	w.mu.Lock()
	w.closed = true
	w.breakAll()
	close(w.changed)
	w.changed = make(chan struct{})
	w.mu.Unlock()
	w.done.Wait()
	return err
}

// breakAll resets every connection. The caller has the lock.
func (w *Wire) breakAll() {
	for c := range w.open {
		hangUp(c)
		w.struck++
	}
}

// state is the fault in force, counted as striking, and what ends it. ended is true when the wire is closed.
func (w *Wire) state() (f Fault, changed <-chan struct{}, ended bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.fault != Whole {
		w.struck++
	}
	return w.fault, w.changed, w.closed
}

// keep remembers a connection to be broken; false when the wire is closed.
func (w *Wire) keep(c net.Conn) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.closed {
		return false
	}
	w.open[c] = true
	return true
}

func (w *Wire) forget(c net.Conn) {
	w.mu.Lock()
	defer w.mu.Unlock()
	delete(w.open, c)
}

// hangUp closes a connection with a reset.
func hangUp(c net.Conn) {
	if t, ok := c.(*net.TCPConn); ok {
		_ = t.SetLinger(0) // it may be closed already, which is as good
	}
	_ = c.Close()
}
