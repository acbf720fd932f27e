package testkit

import (
	"bytes"
	"context"
	"io"
	"net"
	"net/url"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"datawald/store"
)

// DeafStore opens a database a second time, over a connection that breaks at each message with the words, such as the name of a command and of its
// collection, while deaf is true: the server does not get them.
func DeafStore(t testing.TB, database string, deaf *atomic.Bool, words ...string) *store.Store {
	t.Helper()
	return TappedStore(t, database, func(message []byte) bool { return HasAll(message, words...) && deaf.Load() })
}

// HasAll reports whether a message has all the words.
func HasAll(message []byte, words ...string) bool {
	return !slices.ContainsFunc(words, func(w string) bool { return !bytes.Contains(message, []byte(w)) })
}

// TappedStore opens a database a second time, over a connection on which refused hears each message to the server; the connection breaks at one that it
// refuses, which the server does not get.
func TappedStore(t testing.TB, database string, refused func(message []byte) bool, with ...store.Option) *store.Store {
	t.Helper()
	uri, err := url.Parse(MongoURI(t))
	if err != nil {
		t.Fatal(err)
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = listener.Close() })
	server := uri.Host
	go func() {
		for {
			here, err := listener.Accept()
			if err != nil {
				return
			}
			go pass(here, server, refused)
		}
	}()
	uri.Host = listener.Addr().String()
	s, err := store.Open(t.Context(), uri.String(), database, with...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
		defer cancel()
		_ = s.Close(ctx) // its connection may be broken
	})
	return s
}

// pass takes messages to the server until one is refused. The driver sends one at a time and waits for its answer, so that each read has one.
func pass(here net.Conn, server string, refused func([]byte) bool) {
	defer here.Close()
	there, err := net.Dial("tcp", server)
	if err != nil {
		return
	}
	defer there.Close()
	go func() {
		_, _ = io.Copy(here, there) // it ends with the connection
		_ = here.Close()
	}()
	message := make([]byte, 1<<20)
	for {
		n, err := here.Read(message)
		if err != nil || refused(message[:n]) {
			return
		}
		if _, err := there.Write(message[:n]); err != nil {
			return
		}
	}
}
