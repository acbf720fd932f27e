package gate

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"time"
)

// relay carries the messages of one client connection to a FerretDB connection of its own and the replies back, one at
// a time, as both sides of the protocol do by themselves.
type relay struct {
	gate *Gate

	client     net.Conn
	fromClient *bufio.Reader
	// inbox has the next message, or the end of the client: it is read ahead, so that a question of one who has gone ends early.
	inbox chan arrival

	backend     net.Conn
	fromBackend *bufio.Reader

	// ctx ends with the relay; asking, for questions alone, when the client has gone as well.
	ctx, asking context.Context
	stop, gone  context.CancelFunc
}

// arrival is what came from the client.
type arrival struct {
	request message
	err     error
}

func newRelay(gate *Gate, client, backend net.Conn) *relay {
	r := &relay{
		gate:   gate,
		client: client, fromClient: bufio.NewReader(client), inbox: make(chan arrival),
		backend: backend, fromBackend: bufio.NewReader(backend),
	}
	r.ctx, r.stop = context.WithCancel(context.Background())
	r.asking, r.gone = context.WithCancel(r.ctx)
	return r
}

// finish lets the relay answer the command that it is busy with and read no other.
func (r *relay) finish() { _ = r.client.SetReadDeadline(time.Unix(0, 0)) }

// close ends the relay at once.
func (r *relay) close() {
	r.stop()
	_ = r.client.Close()
	_ = r.backend.Close()
}

// receive reads the client's messages until it has no more.
func (r *relay) receive() {
	for {
		request, err := readMessage(r.fromClient)
		if err != nil && !errors.Is(err, os.ErrDeadlineExceeded) { // after finish the client is still there
			r.gone()
		}
		select {
		case r.inbox <- arrival{request, err}:
		case <-r.ctx.Done():
			return
		}
		if err != nil {
			return
		}
	}
}

// run ends with the error that ended the connection; never with nil.
func (r *relay) run() error {
	go r.receive()
	for {
		var next arrival
		select {
		case next = <-r.inbox:
		case <-r.ctx.Done():
			return r.ctx.Err()
		}
		if next.err != nil {
			return next.err
		}

		silent := wantsNoReply(next.request)
		reply, err := r.answer(next.request)
		if err != nil {
			return err
		}
		if silent {
			continue
		}
		if _, err := r.client.Write(reply); err != nil {
			return err
		}
	}
}

// wantsNoReply clears the flag that asks for no reply: FerretDB answers every message, and the reply tells that a write
// was carried out. The relay throws it away afterwards.
func wantsNoReply(request message) bool {
	if !request.isCommand() || request.flags()&flagMoreToCome == 0 {
		return false
	}
	request.setFlags(request.flags() &^ flagMoreToCome)
	return true
}

// answer returns the reply to the request.
func (r *relay) answer(request message) (message, error) {
	if !request.isCommand() {
		return r.exchange(request)
	}

	c, err := parse(request)
	if err != nil {
		return nil, err
	}
	if reply, err := r.read(c, request); reply != nil || err != nil {
		return reply, err
	}
	if ids, ok := c.ids(); ok {
		return r.findEach(c, ids, request)
	}
	if !c.writes() {
		return r.exchange(request)
	}
	return r.write(c, request)
}

// exchange sends a message to FerretDB and waits for its reply.
func (r *relay) exchange(m message) (message, error) {
	if _, err := r.backend.Write(m); err != nil {
		return nil, fmt.Errorf("send to the store: %w", err)
	}
	reply, err := readMessage(r.fromBackend)
	if err != nil {
		return nil, errStoreGone
	}
	return reply, nil
}

// errStoreGone hides an io.EOF that would look like a client that left. FerretDB ends a connection when a command makes
// it panic, as a Decimal128 value does.
var errStoreGone = errors.New("the store ended the connection: it cannot carry out this command")
