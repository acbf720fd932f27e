package gate

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"net"
	"sync/atomic"
	"testing"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"
)

const patience = 10 * time.Second

// store stands in for FerretDB: it hands each command to the test and answers what the test says.
type store struct {
	commands chan *command
	replies  chan bson.D
}

func (s *store) dial() (net.Conn, error) {
	near, far := net.Pipe()
	go func() {
		defer far.Close()
		for {
			m, err := readMessage(far)
			if err != nil {
				return
			}
			c, err := parse(m)
			if err != nil {
				return
			}
			s.commands <- c
			body, err := bson.Marshal(<-s.replies)
			if err != nil {
				return
			}
			if _, err := far.Write(newReply(m.requestID(), body)); err != nil {
				return
			}
		}
	}()
	return near, nil
}

// next waits for the store's next command and answers it.
func (s *store) next(t *testing.T, reply bson.D) *command {
	t.Helper()
	select {
	case c := <-s.commands:
		s.replies <- reply
		return c
	case <-time.After(patience):
		t.Fatal("no command reached the store")
		return nil
	}
}

// quiet makes sure that no command is on its way to the store.
func (s *store) quiet(t *testing.T) {
	t.Helper()
	select {
	case c := <-s.commands:
		t.Fatalf("%s of %s reached the store too early", c.name, c.collection)
	case <-time.After(20 * time.Millisecond): // long enough to catch most of what would be wrong, never wrong by itself
	}
}

// serveGate runs a gate in front of a stand-in store.
func serveGate(t *testing.T, index func(string) ([]string, error)) (*Gate, *store, string) {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}

	s := &store{commands: make(chan *command), replies: make(chan bson.D)}
	g := New(Config{Dial: s.dial, Index: index, Logger: slog.New(slog.NewTextHandler(io.Discard, nil))})
	served := make(chan error, 1)
	go func() { served <- g.Serve(listener) }()
	t.Cleanup(func() {
		cut, cancel := context.WithCancel(context.Background())
		cancel() // at once
		g.Shutdown(cut)
		_ = listener.Close()
		if err := <-served; err != nil {
			t.Errorf("Serve ended with %v", err)
		}
	})
	return g, s, listener.Addr().String()
}

// send sends a command on a connection of its own and returns the reply later.
func send(t *testing.T, address string, body bson.D) <-chan bson.Raw {
	t.Helper()
	conn, err := net.Dial("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	if _, err := conn.Write(newRequest(9, append([]byte{0}, raw(t, body)...))); err != nil {
		t.Fatal(err)
	}

	reply := make(chan bson.Raw, 1)
	go func() {
		defer close(reply)
		if m, err := readMessage(conn); err == nil {
			body, _ := bodyOf(m)
			reply <- body
		}
	}()
	return reply
}

func receive(t *testing.T, reply <-chan bson.Raw) bson.Raw {
	t.Helper()
	select {
	case r := <-reply:
		return r
	case <-time.After(patience):
		t.Fatal("no reply")
		return nil
	}
}

func insertInto(database, collection string) bson.D {
	return bson.D{{Key: "insert", Value: collection}, {Key: "$db", Value: database}}
}

var done = bson.D{{Key: "n", Value: 1}, {Key: "ok", Value: 1.0}}

func noIndex(string) ([]string, error) { return nil, nil }

func TestOneWriterAtATimeInADatabase(t *testing.T) {
	_, store, address := serveGate(t, noIndex)

	first := send(t, address, insertInto("shop", "orders"))
	held := <-store.commands // and no reply yet

	second := send(t, address, insertInto("shop", "cuts"))
	store.quiet(t)

	// readers and other databases do not wait
	reading := send(t, address, bson.D{{Key: "find", Value: "orders"}, {Key: "$db", Value: "shop"}})
	if c := <-store.commands; c.name != "find" {
		t.Errorf("got %s, want the find", c.name)
	}
	other := send(t, address, insertInto("other", "orders"))
	if c := <-store.commands; c.database != "other" {
		t.Errorf("got %s, want the other database", c.database)
	}

	for range 3 {
		store.replies <- done
	}
	if c := store.next(t, done); held.collection != "orders" || c.collection != "cuts" {
		t.Errorf("got %s, then %s, want orders, then cuts", held.collection, c.collection)
	}
	for _, reply := range []<-chan bson.Raw{first, second, reading, other} {
		receive(t, reply)
	}
}

func TestIndexIsMadeBeforeTheReply(t *testing.T) {
	var calls atomic.Int32
	_, store, address := serveGate(t, func(database string) ([]string, error) {
		if calls.Add(1) == 1 {
			return nil, errors.New("busy")
		}
		return []string{"orders"}, nil
	})

	for i, want := range []int32{1, 2, 2, 2} { // fails; succeeds; is known; is known
		reply := send(t, address, insertInto("shop", "orders"))
		store.next(t, done)
		receive(t, reply)
		if got := calls.Load(); got != want {
			t.Errorf("%d calls of the hook after write %d, want %d", got, i+1, want)
		}
	}

	reply := send(t, address, bson.D{{Key: "drop", Value: "orders"}, {Key: "$db", Value: "shop"}})
	store.next(t, done)
	receive(t, reply)
	reply = send(t, address, insertInto("shop", "orders"))
	store.next(t, done)
	receive(t, reply)
	if got := calls.Load(); got != 3 {
		t.Errorf("%d calls of the hook after the collection was dropped and made again, want 3", got)
	}
}

func TestCompareAndSetIsAskedThenWritten(t *testing.T) {
	_, store, address := serveGate(t, noIndex)
	for _, tt := range []struct {
		name  string
		found bson.A
		want  string
	}{
		{"Match", bson.A{bson.D{{Key: "_id", Value: "a"}}}, "a"},
		{"NoMatch", bson.A{}, noDocument},
	} {
		t.Run(tt.name, func(t *testing.T) {
			reply := send(t, address, bson.D{
				{Key: "findAndModify", Value: "orders"},
				{Key: "query", Value: bson.D{{Key: "_id", Value: "a"}, {Key: "rev", Value: 1}}},
				{Key: "$db", Value: "shop"},
			})

			question := store.next(t, bson.D{{Key: "cursor", Value: bson.D{{Key: "firstBatch", Value: tt.found}}}, {Key: "ok", Value: 1.0}})
			if question.name != "aggregate" || question.collection != "orders" || question.database != "shop" {
				t.Errorf("asked by %s", question.body)
			}
			written := store.next(t, done)
			if got := written.body.Lookup("query", "_id").StringValue(); got != tt.want {
				t.Errorf("written with _id %q, want %q", got, tt.want)
			}
			receive(t, reply)
		})
	}
}

func TestStatementsAreSentOneByOne(t *testing.T) {
	_, store, address := serveGate(t, noIndex)
	statement := func(id string) bson.D { return bson.D{{Key: "q", Value: bson.D{{Key: "_id", Value: id}}}} }
	reply := send(t, address, bson.D{
		{Key: "update", Value: "orders"}, {Key: "ordered", Value: false}, {Key: "$db", Value: "shop"},
		{Key: "updates", Value: bson.A{statement("a"), statement("b"), statement("c"), statement("d")}},
	})

	for _, answer := range []bson.D{
		{{Key: "n", Value: 1}, {Key: "nModified", Value: 1}, {Key: "ok", Value: 1.0}},
		{{Key: "ok", Value: 0.0}, {Key: "code", Value: 1}, {Key: "errmsg", Value: "broken"}},
		{{Key: "n", Value: 1}, {Key: "nModified", Value: 0}, {Key: "upserted", Value: bson.A{bson.D{{Key: "index", Value: 0}, {Key: "_id", Value: "c"}}}}, {Key: "ok", Value: 1.0}},
		{{Key: "n", Value: 0}, {Key: "writeErrors", Value: bson.A{bson.D{{Key: "index", Value: 0}, {Key: "code", Value: 11000}, {Key: "errmsg", Value: "twice"}}}}, {Key: "ok", Value: 1.0}},
	} {
		if c := store.next(t, answer); len(c.statements()) != 1 {
			t.Errorf("%d statements at once", len(c.statements()))
		}
	}

	want := raw(t, bson.D{
		{Key: "n", Value: 2}, {Key: "nModified", Value: 1},
		{Key: "upserted", Value: bson.A{bson.D{{Key: "index", Value: 2}, {Key: "_id", Value: "c"}}}},
		{Key: "writeErrors", Value: bson.A{
			bson.D{{Key: "index", Value: 1}, {Key: "code", Value: 1}, {Key: "errmsg", Value: "broken"}},
			bson.D{{Key: "index", Value: 3}, {Key: "code", Value: 11000}, {Key: "errmsg", Value: "twice"}},
		}},
		{Key: "ok", Value: 1.0},
	})
	if got := receive(t, reply); got.String() != want.String() {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

func TestShutdownAnswersWhatIsBeingDone(t *testing.T) {
	g, store, address := serveGate(t, noIndex)
	idle, err := net.Dial("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	defer idle.Close()
	reply := send(t, address, insertInto("shop", "orders"))
	<-store.commands

	ended := make(chan struct{})
	go func() {
		defer close(ended)
		g.Shutdown(context.Background())
	}()
	for !g.isClosing() {
		time.Sleep(time.Millisecond)
	}
	store.replies <- done
	if receive(t, reply) == nil {
		t.Error("the running command was not answered")
	}

	select {
	case <-ended:
	case <-time.After(patience):
		t.Error("Shutdown waits for a client that does nothing")
	}
}

func TestClientOfABrokenStoreIsToldByTheEnd(t *testing.T) {
	g, store, address := serveGate(t, noIndex)
	_ = g
	reply := send(t, address, insertInto("shop", "orders"))
	<-store.commands
	store.replies <- bson.D{{Key: "cannot", Value: make(chan int)}} // the stand-in ends the connection
	if got := receive(t, reply); got != nil {
		t.Errorf("got %s, want the end of the connection", got)
	}
}
