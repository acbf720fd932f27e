package gate

import (
	"bufio"
	"errors"
	"fmt"
	"net"
	"time"
)

// relay carries the messages of one client connection to a FerretDB connection of its own and the replies back, one at
// a time, as both sides of the protocol do by themselves.
type relay struct {
	gate *Gate

	client     net.Conn
	fromClient *bufio.Reader

	backend     net.Conn
	fromBackend *bufio.Reader
}

func newRelay(gate *Gate, client, backend net.Conn) *relay {
	return &relay{
		gate:   gate,
		client: client, fromClient: bufio.NewReader(client),
		backend: backend, fromBackend: bufio.NewReader(backend),
	}
}

// finish lets the relay answer the command that it is busy with and read no other.
func (r *relay) finish() { _ = r.client.SetReadDeadline(time.Unix(0, 0)) }

// close ends the relay at once.
func (r *relay) close() {
	_ = r.client.Close()
	_ = r.backend.Close()
}

// run ends with the error that ended the connection; never with nil.
func (r *relay) run() error {
	for {
		request, err := readMessage(r.fromClient)
		if err != nil {
			return err
		}

		silent := wantsNoReply(request)
		reply, err := r.answer(request)
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
	if reply, ok := r.read(c, request); ok {
		return reply, nil
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
